/* SPDX-License-Identifier: MIT */
#include "base/recording.h"

#include "base/cleanup.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char schema[] = "gilscope-recording-1";

static int path_of(const char *trace, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/gilscope.json", trace) >= PATH_MAX)
		return err(-ENAMETOOLONG, "'%s' is too long a name", trace);
	return 0;
}

int recording_snapshot_path(char *path, size_t size, const char *trace, unsigned number)
{
	if (snprintf(path, size, "%s/snapshot-%u", trace, number) >= (int)size)
		return err(-ENAMETOOLONG, "'%s' is too long a name", trace);
	return 0;
}

/* All of it, or what was there before. */
static int replace(const char *path, const json_t *doc)
{
	char fresh[PATH_MAX + 8];
	int code = 0, fd;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err(-errno, "cannot write '%s': %s", path, strerror(errno));
	if (json_dumpfd(doc, fd, JSON_INDENT(2)))
		code = errno ? -errno : -EIO;
	if (close(fd) && !code)
		code = -errno;
	if (!code && rename(fresh, path))
		code = -errno;
	if (!code)
		return 0;
	unlink(fresh);
	return err(code, "cannot write '%s': %s", path, strerror(-code));
}

int recording_write(const struct recording *r, const char *trace)
{
	cleanup(json_decrefp) json_t *command = json_array(), *doc = NULL;
	char path[PATH_MAX];
	int code = path_of(trace, path);

	if (code)
		return code;
	for (char **word = r->command; word && *word; word++) {
		json_t *text = json_string(*word); /* NULL: not UTF-8 */
		json_array_append_new(command, text ? text : json_string("?"));
	}
	doc = json_pack("{s:s, s:s, s:O, s:I, s:I, s:b, s:i, s:i, s:b, s:i}",
			"schema", schema, "recording", r->id,
			"command", command, "lost_events", (json_int_t)r->lost_events,
			"lost_packets", (json_int_t)r->lost_packets, "loss_known", (int)r->loss_known,
			"absent_processes", (int)r->absent, "late_processes", (int)r->late,
			"flight_recorder", (int)r->flight_recorder, "snapshots", (int)r->snapshots);
	if (!doc)
		return err(-ENOMEM, "out of memory");
	return replace(path, doc);
}

int recording_read(struct recording *r, const char *trace)
{
	cleanup(json_decrefp) json_t *doc = NULL;
	const char *its_schema, *id;
	json_int_t events, packets;
	char path[PATH_MAX];
	struct stat st;
	int known, absent = 0, late = 0, flight = 0, snapshots = 0, code = path_of(trace, path);

	*r = (struct recording){ 0 };
	if (code)
		return code;
	/* Not through a link, nor from a pipe: what others made may name anything. */
	cleanup(fdp) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return RECORDING_E_ABSENT;
	doc = fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ? NULL : json_loadfd(fd, 0, NULL);
	if (!doc || json_unpack(doc, "{s:s, s:s, s:I, s:I, s:b, s?i, s?i, s?b, s?i}",
				"schema", &its_schema, "recording", &id,
				"lost_events", &events, "lost_packets", &packets, "loss_known", &known,
				"absent_processes", &absent, "late_processes", &late,
				"flight_recorder", &flight, "snapshots", &snapshots))
		return err(-EINVAL, "'%s' is damaged: read the trace without it by removing it", path);
	if (strcmp(its_schema, schema) != 0)
		return err(-ENOTSUP, "'%s' is of '%.40s', and this gilscope knows '%s': read the trace with a later gilscope, "
				     "or without it by removing it", path, its_schema, schema);
	*r = (struct recording){ .lost_events = (uint64_t)events, .lost_packets = (uint64_t)packets,
				 .loss_known = known, .flight_recorder = flight,
				 .absent = (unsigned)absent, .late = (unsigned)late,
				 .snapshots = (unsigned)snapshots };
	snprintf(r->id, sizeof(r->id), "%s", id);
	return 0;
}
