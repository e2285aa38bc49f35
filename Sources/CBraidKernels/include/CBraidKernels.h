// The loops everything numeric goes through. Rules of this room: float pointers and sizes in, numbers out; no allocation,
// no threads, no globals. One header a family; this one collects them.
#pragma once
#include "kernels_elementwise.h"
#include "kernels_activation.h"
#include "kernels_reduction.h"
#include "kernels_softmax.h"
#include "kernels_norm.h"
#include "kernels_recurrent.h"
#include "kernels_attention.h"
#include "kernels_tensor_product.h"
#include "kernels_convolution.h"
#include "kernels_pooling.h"
#include "kernels_gather.h"
#include "kernels_gemm.h"
#include "kernels_random.h"
#include "kernels_optimizer.h"
