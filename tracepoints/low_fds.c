/* SPDX-License-Identifier: MIT */
#include "tracepoints/low_fds.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracepoints/room.h"

/* Below the limit there is room for LTTng's, twice: a fork child opens new ones beside the old. */
static int low_end(void)
{
	rlim_t above = (rlim_t)2 * room_lttng_fds();
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur <= above)
		return 0;
	return limit.rlim_cur - above < LOW_FDS_END ? (int)(limit.rlim_cur - above) : LOW_FDS_END;
}

void low_fds_hold(struct low_fds *l)
{
	int end = low_end(), fd = end ? eventfd(0, EFD_CLOEXEC) : -1;

	memset(l, 0, sizeof(*l));
	while (fd >= 0 && fd < end) {
		l->held[fd / 64] |= UINT64_C(1) << fd % 64;
		fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, fd + 1); /* musl has no fcntl64() */
	}
	if (fd >= 0)
		syscall(SYS_close, fd);
}

/* Not close(): the probe's own would ask LTTng about each. */
void low_fds_give_back(struct low_fds *l)
{
	for (int fd = 0; fd < LOW_FDS_END; fd++)
		if (l->held[fd / 64] >> fd % 64 & 1)
			syscall(SYS_close, fd);
	memset(l, 0, sizeof(*l));
}
