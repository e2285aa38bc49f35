// OpenBLAS as Braid uses it: matrix products (cblas) and its thread and build settings. Nothing else lives here.
#pragma once
#include <cblas.h>
