/* SPDX-License-Identifier: MIT */
#include "viz/outfile.h"

#include "base/err.h"
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER_SIZE = 1 << 16, PROC_NAME_SIZE = 32 };

static bool is_special(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* A file that a kill leaves nothing of. */
static int open_nameless(const char *path)
{
	cleanup(freep) char *copy = strdup(path);
	char name[PROC_NAME_SIZE];
	int fd;

	if (!copy)
		return -1;
	fd = open(dirname(copy), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	/* Without /proc it could not get a name. */
	if (fd >= 0 && access(name, F_OK)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A new file beside `path`, with the permissions that open() would have given it. */
static int open_named(struct outfile *o)
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

	if (!strcmp(o->path, "-")) {
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	} else if (is_special(o->path)) {
		fd = open(o->path, O_WRONLY | O_CLOEXEC);
	} else {
		fd = open_nameless(o->path);
		o->nameless = fd >= 0;
		return fd >= 0 ? fd : open_named(o);
	}
	return fd < 0 ? -errno : fd;
}

/* Said now, not when all is written and gets its name. */
static int refuse_folder(const char *path)
{
	size_t length = strlen(path);
	struct stat st;

	if (!length || path[length - 1] == '/' || (!stat(path, &st) && S_ISDIR(st.st_mode)))
		return err(-EISDIR, "'%s' is a folder, or no name for a file; name another place with -o", path);
	return 0;
}

/* All but the stream. */
static int open_file(struct outfile *o, const char *path)
{
	struct stat st;
	int code = paths_check_links(path);

	*o = (struct outfile){ .fd = -1 };
	if (!code)
		code = refuse_folder(path);
	if (code)
		return code;
	/* Through a link of ours we replace what it points to; what comes in its place now is replaced, not followed. */
	if (!lstat(path, &st) && S_ISLNK(st.st_mode))
		o->path = realpath(path, NULL);
	if (!o->path)
		o->path = strdup(path);
	if (!o->path)
		return err(-ENOMEM, "out of memory");
	code = open_path(o);
	if (code >= 0) {
		o->fd = code;
		return 0;
	}
	outfile_drop(o);
	return err(code, "cannot write '%s': %s; name another place with -o", path, strerror(-code));
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

int outfile_open(struct outfile *o, const char *path)
{
	int r = open_file(o, path);

	if (r)
		return r;
	o->f = fopencookie(o, "w", (cookie_io_functions_t){ .write = write_all });
	if (!o->f) {
		outfile_drop(o);
		return err(-ENOMEM, "out of memory");
	}
	setvbuf(o->f, NULL, _IOFBF, BUFFER_SIZE);
	__fsetlocking(o->f, FSETLOCKING_BYCALLER);
	return 0;
}

int outfile_reserve(struct outfile *o, const char *path, char name[OUTFILE_NAME_SIZE])
{
	int r;

	if (!strcmp(path, "-") || is_special(path))
		return err(-ESPIPE, "cannot write '%s': it is no file; name one with -o", path);
	r = open_file(o, path);
	if (r)
		return r;
	if (o->nameless)
		snprintf(name, OUTFILE_NAME_SIZE, "/proc/self/fd/%d", o->fd);
	else
		snprintf(name, OUTFILE_NAME_SIZE, "%s", o->temporary);
	return 0;
}

static int cannot_write(const struct outfile *o, int code)
{
	return err(code, "cannot write '%s': %s", o->path, strerror(-code));
}

int outfile_check(const struct outfile *o)
{
	return o->error ? cannot_write(o, -o->error) : 0;
}

/* A name for what has none: its own one, or where something stands there, one to rename. */
static int give_name(struct outfile *o)
{
	char from[PROC_NAME_SIZE];
	int r;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", o->fd);
	r = linkat(AT_FDCWD, from, AT_FDCWD, o->path, AT_SYMLINK_FOLLOW);
	for (unsigned i = 0; r && errno == EEXIST; i++) {
		free(steal(&o->temporary));
		if (asprintf(&o->temporary, "%s.%d.%u", o->path, (int)getpid(), i) < 0) {
			o->temporary = NULL;
			return -ENOMEM;
		}
		r = linkat(AT_FDCWD, from, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW);
	}
	if (!r)
		return 0;
	r = -errno;
	free(steal(&o->temporary)); /* it is not ours */
	return r;
}

static int close_file(struct outfile *o)
{
	int fd = o->fd;

	o->fd = -1;
	return close(fd) ? -errno : 0;
}

int outfile_commit(struct outfile *o)
{
	int code = 0, closed;

	if (o->f)
		fclose(steal(&o->f));
	code = -o->error;
	if (!code && o->nameless)
		code = give_name(o);
	closed = close_file(o);
	code = code ? code : closed;
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
	if (o->path && o->fd >= 0) /* all zero: the descriptor 0 is not ours */
		close(o->fd);
	if (o->temporary)
		unlink(o->temporary);
	free(o->temporary);
	free(o->path);
	*o = (struct outfile){ .fd = -1 };
}
