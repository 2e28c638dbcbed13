/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_CLEANUP_H
#define GILSCOPE_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Every local that owns something is declared with cleanup(); the only way to
 * hand ownership on is steal(&x).
 */
#define cleanup(fn) __attribute__((cleanup(fn)))

#define steal(pp) __extension__           \
	({                                \
		__auto_type pp_ = (pp);   \
		__auto_type v_ = *pp_;    \
		*pp_ = NULL;              \
		v_;                       \
	})

/* DEFINE_CLEANUP(struct x *, x_free) makes x_freep for cleanup(x_freep). */
#define DEFINE_CLEANUP(type, fn)                                   \
	static inline void fn##p(type *p)                          \
	{                                                          \
		if (*p)                                            \
			fn(*p);                                    \
	}                                                          \
	struct fn##_needs_semicolon

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void filep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#endif
