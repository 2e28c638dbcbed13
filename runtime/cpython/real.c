/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/real.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* musl has none, and its programs would not start: a child of a recorded one may be such. */
#pragma weak dlvsym

static void resolve(void);

/* What an entry holds until it is resolved. */
#define FIRST_CALL(name, parameters, arguments, without)                           \
	static int first_##name parameters                                         \
	{                                                                          \
		resolve();                                                         \
		return real.name == first_##name ? without : real.name arguments;  \
	}
REAL_FUNCTIONS(FIRST_CALL)

#define FIRST_ENTRY(name, parameters, arguments, without) .name = first_##name,
struct real real = { REAL_FUNCTIONS(FIRST_ENTRY) };

static bool in_same_object(const void *a, const void *b)
{
	Dl_info of_a, of_b;

	return dladdr(a, &of_a) && dladdr(b, &of_b) && of_a.dli_fbase == of_b.dli_fbase;
}

static void *next_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

#ifdef __GLIBC__
	/*
	 * On x86-64 the C library's unversioned name may mean the incompatible condition variable
	 * of 2.2.5. Another preloaded library, which comes before it, has no versions.
	 */
	if (dlvsym && symbol && !strncmp(name, "pthread_cond_", strlen("pthread_cond_"))) {
		void *versioned = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");

		if (versioned && in_same_object(symbol, versioned))
			symbol = versioned;
	}
#endif
	return symbol;
}

/* ISO C has no conversion from an object pointer to a function pointer; POSIX promises the bits. */
#define RESOLVE(name, parameters, arguments, without)                              \
	symbol = next_symbol(#name);                                               \
	if (symbol)                                                                \
		__atomic_store_n((void **)&real.name, symbol, __ATOMIC_RELAXED);

__attribute__((constructor)) static void resolve(void)
{
	static _Thread_local __attribute__((tls_model("initial-exec"))) bool resolving;
	void *symbol;

	if (resolving)
		return;
	resolving = true;
	REAL_FUNCTIONS(RESOLVE)
	resolving = false;
}
