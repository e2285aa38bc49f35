// OpenBLAS as Braid uses it: matrix products (cblas), its thread and build settings, and the LAPACK it carries. Nothing else
// lives here.
#pragma once
#include <stddef.h>
#include <cblas.h>

// LAPACK's Fortran routines: column-major, everything by address, the length of every character argument at the end.
void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info, size_t);
void dgetrf_(const blasint *m, const blasint *n, double *a, const blasint *lda, blasint *pivots, blasint *info);
void dgetrs_(const char *trans, const blasint *n, const blasint *columns, const double *a, const blasint *lda,
             const blasint *pivots, double *b, const blasint *ldb, blasint *info, size_t);
void dsyevd_(const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda, double *w, double *work,
             const blasint *lwork, blasint *iwork, const blasint *liwork, blasint *info, size_t, size_t);
void dgesdd_(const char *jobz, const blasint *m, const blasint *n, double *a, const blasint *lda, double *s, double *u,
             const blasint *ldu, double *vt, const blasint *ldvt, double *work, const blasint *lwork, blasint *iwork,
             blasint *info, size_t);
