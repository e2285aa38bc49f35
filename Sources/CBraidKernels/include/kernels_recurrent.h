#pragma once
#include "kernels_common.h"
