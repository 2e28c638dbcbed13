/* SPDX-License-Identifier: MIT */
#include "viz/outfile.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER_SIZE = 1 << 16 };

static bool is_special(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* A new file beside `path`, with the permissions that open() would have given it. */
static int open_temporary(struct outfile *o)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&o->temporary, "%s.XXXXXX", o->path) < 0) {
		o->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(o->temporary, O_CLOEXEC);
	if (fd < 0) {
		int code = -errno;

		free(steal(&o->temporary));
		return code;
	}
	fchmod(fd, 0666 & ~mask);
	return fd;
}

static int open_path(struct outfile *o)
{
	int fd;

	if (!strcmp(o->path, "-"))
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else if (is_special(o->path))
		fd = open(o->path, O_WRONLY | O_CLOEXEC);
	else
		return open_temporary(o);
	return fd < 0 ? -errno : fd;
}

static ssize_t write_all(void *cookie, const char *data, size_t size)
{
	struct outfile *o = cookie;

	for (size_t done = 0; done < size;) {
		ssize_t n = write(o->fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			o->error = o->error ? o->error : errno;
			return 0;
		}
		done += (size_t)n;
	}
	return (ssize_t)size;
}

static int close_fd(void *cookie)
{
	return close(((struct outfile *)cookie)->fd);
}

int outfile_open(struct outfile *o, const char *path)
{
	/* Through a link we replace what it points to, not the link. */
	char *real = realpath(path, NULL);
	int fd;

	*o = (struct outfile){ .path = real ? real : strdup(path) };
	if (!o->path)
		return err(-ENOMEM, "out of memory");
	fd = o->fd = open_path(o);
	if (fd >= 0)
		o->f = fopencookie(o, "w", (cookie_io_functions_t){ .write = write_all, .close = close_fd });
	if (o->f) {
		setvbuf(o->f, NULL, _IOFBF, BUFFER_SIZE);
		return 0;
	}
	if (fd >= 0) {
		close(fd);
		fd = -ENOMEM;
	}
	outfile_drop(o);
	return err(fd, "cannot write '%s': %s; name another place with -o", path, strerror(-fd));
}

static int cannot_write(const struct outfile *o, int code)
{
	return err(code, "cannot write '%s': %s", o->path, strerror(-code));
}

int outfile_check(const struct outfile *o)
{
	return o->error ? cannot_write(o, -o->error) : 0;
}

int outfile_commit(struct outfile *o)
{
	int code = fclose(steal(&o->f)) ? -errno : 0;

	if (o->error)
		code = -o->error;
	if (!code && o->temporary && rename(o->temporary, o->path))
		code = -errno;
	if (!code)
		free(steal(&o->temporary));
	else
		cannot_write(o, code);
	outfile_drop(o);
	return code;
}

void outfile_drop(struct outfile *o)
{
	if (o->f)
		fclose(o->f);
	if (o->temporary)
		unlink(o->temporary);
	free(o->temporary);
	free(o->path);
	*o = (struct outfile){ 0 };
}
