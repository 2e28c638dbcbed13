/* SPDX-License-Identifier: MIT */
#include "tracepoints/owned_fds.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Exported by liblttng-ust-common for close() overrides; its header is not installed. */
int lttng_ust_safe_close_fd(int fd, int (*close_cb)(int));

enum { MAP_FDS = 4096, WORD_BITS = 64, LISTING_BYTES = 4096 };

static _Atomic uint64_t map[MAP_FDS / WORD_BITS];
static _Atomic uintptr_t map_signature; /* 0: there is no map */

static int not_owned(int fd)
{
	(void)fd;
	return 0;
}

bool owned_fds_is(int fd)
{
	return lttng_ust_safe_close_fd(fd, not_owned) != 0;
}

static void look_at(const char *name)
{
	char *end;
	long fd = strtol(name, &end, 10);

	if (end != name && !*end && fd < MAP_FDS && owned_fds_is((int)fd))
		atomic_fetch_or(&map[fd / WORD_BITS], UINT64_C(1) << fd % WORD_BITS);
}

struct listed { /* what getdents64(2) writes */
	uint64_t inode, offset;
	unsigned short bytes;
	unsigned char type;
	char name[];
};

/* System calls only: the caller may be a signal handler, and close() is interposed. */
static bool list_descriptors(void)
{
	_Alignas(struct listed) char listing[LISTING_BYTES];
	int fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n = -1;

	if (fd < 0)
		return false;
	while ((n = syscall(SYS_getdents64, fd, listing, sizeof(listing))) > 0)
		for (long at = 0; at < n;) {
			const struct listed *entry = (const void *)(listing + at);
			look_at(entry->name);
			at += entry->bytes;
		}
	syscall(SYS_close, fd);
	return n == 0;
}

bool owned_fds_may(int fd, uintptr_t signature)
{
	if (fd < 0 || fd >= MAP_FDS)
		return fd >= 0;
	/* Bits stay set: a descriptor that was LTTng's once is asked about, and that is all. */
	if (atomic_load(&map_signature) != signature && list_descriptors())
		atomic_store(&map_signature, signature);
	return atomic_load(&map_signature) != signature ||
	       (atomic_load_explicit(&map[fd / WORD_BITS], memory_order_relaxed) >> fd % WORD_BITS & 1);
}
