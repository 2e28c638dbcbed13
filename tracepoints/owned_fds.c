/* SPDX-License-Identifier: MIT */
#include "tracepoints/owned_fds.h"

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

static int is_free(int fd)
{
	return fcntl(fd, F_GETFD) < 0;
}

bool owned_fds_is_or_free(int fd)
{
	return lttng_ust_safe_close_fd(fd, is_free) != 0;
}
