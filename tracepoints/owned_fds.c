/* SPDX-License-Identifier: MIT */
#include "tracepoints/owned_fds.h"

#include <errno.h>
#include <fcntl.h>

/* Exported by liblttng-ust-common for close() overrides; its header is not installed. */
int lttng_ust_safe_close_fd(int fd, int (*close_cb)(int));

static int not_owned(int fd)
{
	(void)fd;
	return 0;
}

bool owned_fds_is(int fd)
{
	return lttng_ust_safe_close_fd(fd, not_owned) != 0;
}

/* A sandbox may refuse the question (EPERM): then it is not known to be free. */
static int is_free(int fd)
{
	return fcntl(fd, F_GETFD) < 0 && errno == EBADF;
}

bool owned_fds_is_or_free(int fd)
{
	return lttng_ust_safe_close_fd(fd, is_free) != 0;
}
