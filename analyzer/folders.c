/* SPDX-License-Identifier: MIT */
#include "analyzer/folders.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/tree.h"
#include "tracepoints/names.h"

/* ---- the layout that LTTng-UST gives to its packets (CTF 1.8) and index files ------ */

#define PACKET_MAGIC UINT32_C(0xc1fc1fc1)
#define INDEX_MAGIC UINT32_C(0xc1f1dcc1)

struct packet_start {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t stream_id;
	uint64_t stream_instance_id;
	uint64_t timestamp_begin, timestamp_end;
	uint64_t content_bits, packet_bits;
	uint64_t sequence, discarded_events;
	uint32_t cpu; /* events follow */
} __attribute__((packed));

struct index_header { /* big endian, all of them */
	uint32_t magic, major, minor, entry_bytes;
} __attribute__((packed));

struct index_entry {
	uint64_t offset, packet_bits;
} __attribute__((packed));

static int no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

__attribute__((format(printf, 1, 2)))
static char *print_to_new(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : text;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* A trace has no symbolic links: through one its reader would open what is no part of it. */
static int refuse_link(const char *folder, const char *name)
{
	return err(-ELOOP, "'%s/%s' is a symbolic link, as no recording leaves one: put there what it points to", folder,
		   name);
}

int folders_open(const char *folder, const char *name)
{
	cleanup(fdp) int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = at < 0 ? -1 : openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* ---- stream files --------------------------------------------------------------- */

/* Where the file should end, by its index; 0 without one; < 0. */
static int64_t end_by_index(const char *folder, const char *name)
{
	cleanup(freep) char *path = print_to_new("%s/index/%s.idx", folder, name);
	cleanup(fdp) int fd = path ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	struct index_header header;
	struct index_entry last;
	struct stat st;
	int64_t entries;

	if (!path)
		return no_memory();
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return err(-errno, "cannot read '%s': %s", path, strerror(errno));
	if (fd < 0 || fstat(fd, &st) || read(fd, &header, sizeof(header)) != sizeof(header))
		return 0;
	header.entry_bytes = be32toh(header.entry_bytes);
	if (be32toh(header.magic) != INDEX_MAGIC || header.entry_bytes < sizeof(last))
		return 0;
	entries = (st.st_size - (int64_t)sizeof(header)) / header.entry_bytes;
	if (entries < 1 || pread(fd, &last, sizeof(last),
				 (int64_t)sizeof(header) + (entries - 1) * header.entry_bytes) !=
			   sizeof(last))
		return 0;
	return (int64_t)(be64toh(last.offset) + be64toh(last.packet_bits) / 8);
}

/* A pipe, say: babeltrace2 would wait for who writes to it. */
static int look_at_index(struct trace_folder *t, const char *name)
{
	cleanup(freep) char *path = print_to_new("%s/index/%s.idx", t->path, name);
	struct stat st;

	if (!path)
		return no_memory();
	t->has_strange_index |= !stat(path, &st) && !S_ISREG(st.st_mode);
	return 0;
}

static bool holds_events(const struct packet_start *p)
{
	return p->content_bits / 8 > sizeof(*p) || p->discarded_events;
}

/*
 * babeltrace2 2.0 never gets past a packet without a size, and aborts where its content is larger or
 * its time, its stream's number or one of its counts is what stands for none.
 */
static bool is_sound(const struct packet_start *p)
{
	return p->packet_bits / 8 >= sizeof(*p) && p->content_bits <= p->packet_bits &&
	       p->timestamp_begin != UINT64_MAX && p->timestamp_end != UINT64_MAX &&
	       p->stream_instance_id != UINT64_MAX && p->discarded_events != UINT64_MAX &&
	       p->sequence != UINT64_MAX;
}

/* The stream files of a channel are named after it. */
static bool is_of_facts(const char *name)
{
	return !strncmp(name, GIL_CHANNEL_RARE "_", strlen(GIL_CHANNEL_RARE "_"));
}

struct stream_look {
	bool has_events;
	uint64_t late_begin, end;
	struct stream_end at_end;
};

/* babeltrace2 writes packets of another layout, and says in the metadata who wrote them. */
static bool is_of_babeltrace(const char *folder)
{
	cleanup(fdp) int fd = folders_open(folder, "metadata");
	char begin[256];
	ssize_t n = fd < 0 ? -1 : pread(fd, begin, sizeof(begin) - 1, 0);

	if (n < 0)
		return false;
	begin[n] = '\0';
	return strstr(begin, "Babeltrace `sink.ctf.fs`") != NULL;
}

static void look_at_packet(struct stream_end *end, const struct packet_start *packet)
{
	end->class_id = packet->stream_id;
	end->instance_id = packet->stream_instance_id;
	end->sequence = packet->sequence;
	stream_end_follow(end, packet->packet_bits, packet->content_bits, packet->discarded_events);
}

/* Steps over the packets. @return 1: the file is cut, 0: it is not, or of another layout; < 0. */
static int find_cut(const struct trace_folder *t, const char *name, struct cut_stream *cut, struct stream_look *look)
{
	cleanup(fdp) int fd = open(cut->path, O_RDONLY | O_CLOEXEC);
	struct packet_start packet;
	int64_t whole;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		cut->error = errno;
		return cut->error == EMFILE || cut->error == ENFILE || cut->error == ENOMEM ?
		       err(-cut->error, "cannot read '%s': %s", cut->path, strerror(cut->error)) : 1;
	}
	while (cut->bytes < st.st_size) {
		ssize_t n = pread(fd, &packet, sizeof(packet), cut->bytes);
		int64_t bytes = n == sizeof(packet) ? (int64_t)(packet.packet_bits / 8) : 0;

		look->has_events |= n != sizeof(packet) || packet.magic != PACKET_MAGIC ||
				    holds_events(&packet);
		if (n >= (ssize_t)sizeof(packet.magic) && packet.magic != PACKET_MAGIC)
			return 0;
		if (n < (ssize_t)sizeof(packet) || !is_sound(&packet))
			return 1;
		if (cut->bytes == 0 && packet.sequence > 0)
			look->late_begin = packet.timestamp_begin;
		look->end = packet.timestamp_end;
		look_at_packet(&look->at_end, &packet);
		cut->class_id = packet.stream_id;
		cut->instance_id = packet.stream_instance_id;
		if (bytes > st.st_size - cut->bytes) {
			cut->torn_at = cut->bytes;
			cut->bytes = st.st_size;
			return 1;
		}
		cut->bytes += bytes;
	}
	whole = end_by_index(t->path, name);
	return whole < 0 ? (int)whole : cut->bytes < whole;
}

/* In a folder that is open. One that has just gone counts: what it was cannot be known. */
static bool is_stream_file(int folder, const char *name)
{
	struct stat st;

	if (name[0] == '.' || !strcmp(name, "metadata"))
		return false;
	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) ? errno == ENOENT : S_ISREG(st.st_mode);
}

static void limit(struct trace_folder *t, const struct stream_look *look)
{
	if (look->late_begin > t->late_begin)
		t->late_begin = look->late_begin;
	if (look->end && (!t->early_end || look->end < t->early_end))
		t->early_end = look->end;
}

/* Takes the path. */
static int add_cut(struct trace_folder *t, const struct cut_stream *cut, char **path)
{
	struct cut_stream *cuts = reallocarray(t->cuts, t->n_cuts + 1, sizeof(*cuts));

	if (!cuts)
		return no_memory();
	t->cuts = cuts;
	cuts[t->n_cuts] = *cut;
	cuts[t->n_cuts++].path = steal(path);
	return 0;
}

static void count_stream(struct trace_folder *t, const struct cut_stream *cut, const struct stream_look *look, bool of_facts)
{
	bool has_events = look->has_events || cut->error; /* or may have had */

	t->has_events |= has_events;
	if (of_facts)
		return;
	t->has_hot_events |= has_events;
	t->n_hot++;
	t->n_empty += !cut->bytes && !has_events;
	limit(t, look);
}

static int check_stream(struct trace_folder *t, const char *name)
{
	cleanup(freep) char *path = print_to_new("%s/%s", t->path, name);
	struct cut_stream cut = { .path = path, .torn_at = -1 };
	struct stream_look look = { .has_events = false };
	int r, is_cut;

	if (!path)
		return no_memory();
	t->n_streams++;
	r = look_at_index(t, name);
	if (r)
		return r;
	if (t->of_babeltrace) {
		t->has_events = t->has_hot_events = true;
		return 0;
	}
	is_cut = find_cut(t, name, &cut, &look);
	if (is_cut < 0)
		return is_cut;
	count_stream(t, &cut, &look, is_of_facts(name));
	if (look.at_end.full_bytes)
		r = stream_ends_add(&t->ends, &look.at_end);
	return is_cut && !r ? add_cut(t, &cut, &path) : r;
}

static bool is_link(DIR *folder, const char *name)
{
	struct stat st;

	return !fstatat(dirfd(folder), name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode);
}

/* babeltrace2 opens what is in there. */
static int check_index(const struct trace_folder *t)
{
	cleanup(freep) char *path = print_to_new("%s/index", t->path);
	cleanup(closedirp) DIR *dir = path ? opendir(path) : NULL;

	if (!path)
		return no_memory();
	if (!dir && errno != ENOENT && errno != ENOTDIR)
		return err(-errno, "cannot read '%s': %s", path, strerror(errno));
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (is_link(dir, e->d_name))
			return refuse_link(path, e->d_name);
	return 0;
}

static int check_streams(struct trace_folder *t)
{
	cleanup(closedirp) DIR *dir = opendir(t->path);
	int r = 0;

	if (!dir)
		return err(-errno, "cannot read '%s': %s", t->path, strerror(errno));
	t->of_babeltrace = is_of_babeltrace(t->path);
	for (struct dirent *e; !r && (e = readdir(dir));)
		r = is_link(dir, e->d_name) ? refuse_link(t->path, e->d_name) :
		    is_stream_file(dirfd(dir), e->d_name) ? check_stream(t, e->d_name) : 0;
	t->has_hot_events |= trace_folder_lacks_stream(t);
	t->has_events |= t->has_hot_events;
	return r ? r : check_index(t);
}

/* ---- mending ---------------------------------------------------------------------- */

static int make_temporary(struct folders *f)
{
	const char *tmp = getenv("TMPDIR");
	cleanup(freep) char *path = NULL;

	if (f->temporary)
		return 0;
	path = print_to_new("%s/gilscope-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!path)
		return no_memory();
	if (!mkdtemp(path))
		return err(-errno, "cannot make a folder in '%s' to mend the trace in: %s; set TMPDIR",
			   tmp && *tmp ? tmp : "/tmp", strerror(errno));
	f->temporary = steal(&path);
	return 0;
}

/* Makes a torn packet one that ends where the file does. Its last event may be torn, too. */
static int shorten_packet(int fd, const struct cut_stream *cut)
{
	uint64_t bits = (uint64_t)(cut->bytes - cut->torn_at) * 8;
	struct packet_start packet;

	if (pread(fd, &packet, sizeof(packet), cut->torn_at) != sizeof(packet))
		return err(-EIO, "cannot read the copy of '%s'", cut->path);
	packet.packet_bits = bits;
	if (packet.content_bits > bits)
		packet.content_bits = bits;
	if (pwrite(fd, &packet, sizeof(packet), cut->torn_at) != sizeof(packet))
		return err(-EIO, "cannot write the copy of '%s': %s", cut->path, strerror(errno));
	return 0;
}

static int copy_cut_stream(const struct cut_stream *cut, const char *to)
{
	cleanup(fdp) int in = open(cut->path, O_RDONLY | O_CLOEXEC);
	cleanup(fdp) int out = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int64_t left = cut->bytes;

	if (in < 0 || out < 0)
		return err(-errno, "cannot copy '%s' to '%s': %s", cut->path, to, strerror(errno));
	while (left > 0) {
		ssize_t n = sendfile(out, in, NULL, (size_t)left);
		if (n <= 0)
			return err(n ? -errno : -EIO, "cannot copy '%s' to '%s': %s", cut->path, to,
				   n ? strerror(errno) : "it became shorter");
		left -= n;
	}
	return cut->torn_at < 0 ? 0 : shorten_packet(out, cut);
}

static const struct cut_stream *find_cut_of(const struct trace_folder *t, const char *path)
{
	for (size_t i = 0; i < t->n_cuts; i++)
		if (!strcmp(t->cuts[i].path, path))
			return &t->cuts[i];
	return NULL;
}

static int mend_entry(const struct trace_folder *t, int folder, const char *name, bool facts_only)
{
	cleanup(freep) char *from = print_to_new("%s/%s", t->path, name);
	cleanup(freep) char *to = print_to_new("%s/%s", t->mended, name);
	cleanup(freep) char *real = NULL;
	const struct cut_stream *cut;

	if (!from || !to)
		return no_memory();
	if (facts_only && strcmp(name, "metadata") && !is_of_facts(name))
		return 0;
	cut = find_cut_of(t, from);
	if (cut)
		return cut->bytes ? copy_cut_stream(cut, to) : 0;
	/* The index folder stays away: it speaks of packets that are gone. */
	if (strcmp(name, "metadata") != 0 && !is_stream_file(folder, name))
		return 0;
	real = realpath(from, NULL);
	if (!real || symlink(real, to))
		return err(-errno, "cannot link '%s' to '%s': %s", to, from, strerror(errno));
	return 0;
}

static int mend(struct folders *f, struct trace_folder *t, bool facts_only)
{
	cleanup(closedirp) DIR *dir = NULL;
	int r = make_temporary(f);

	if (r)
		return r;
	t->mended = print_to_new("%s/%zu", f->temporary, (size_t)(t - f->all));
	if (!t->mended)
		return no_memory();
	dir = opendir(t->path);
	if (!dir || mkdir(t->mended, 0700))
		return err(-errno, "cannot mend '%s' in '%s': %s", t->path, t->mended,
			   strerror(errno));
	for (struct dirent *e; !r && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			r = mend_entry(t, dirfd(dir), e->d_name, facts_only);
	return r;
}

/* ---- finding ------------------------------------------------------------------------ */

static int add_folder(struct folders *f, const char *path)
{
	struct trace_folder *all = reallocarray(f->all, f->n + 1, sizeof(*all));

	if (!all)
		return no_memory();
	f->all = all;
	f->all[f->n] = (struct trace_folder){ .path = strdup(path) };
	return f->all[f->n++].path ? 0 : no_memory();
}

static int find_below(struct folders *f, const char *path, int depth)
{
	cleanup(closedirp) DIR *dir = opendir(path);
	struct stat metadata;
	int r = 0;

	if (!dir)
		return err(-errno, "cannot read '%s': %s", path, strerror(errno));
	if (!fstatat(dirfd(dir), "metadata", &metadata, AT_SYMLINK_NOFOLLOW) &&
	    (S_ISREG(metadata.st_mode) || S_ISLNK(metadata.st_mode)))
		return add_folder(f, path);
	for (struct dirent *e; !r && depth > 0 && (e = readdir(dir));) {
		cleanup(freep) char *below = print_to_new("%s/%s", path, e->d_name);
		struct stat st;

		if (!below)
			return no_memory();
		if (e->d_name[0] != '.' && !lstat(below, &st) && S_ISDIR(st.st_mode))
			r = find_below(f, below, depth - 1);
	}
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct trace_folder *)a)->path, ((const struct trace_folder *)b)->path);
}

static int find(struct folders *f, const char *path)
{
	enum { DEPTH = 12 }; /* session/archives/chunk/ust/pid/program is 6 */
	cleanup(freep) char *trimmed = strdup(path);
	struct stat st;
	int r;

	if (!trimmed)
		return no_memory();
	for (size_t n = strlen(trimmed); n > 1 && trimmed[n - 1] == '/'; n--)
		trimmed[n - 1] = '\0';
	if (stat(path, &st))
		return err(-errno, "cannot read the trace '%s': %s%s", path, strerror(errno),
			   errno == ENOENT ? "; make one with 'gilscope record COMMAND'" : "");
	if (!S_ISDIR(st.st_mode))
		return err(-ENOTDIR, "'%s' is not a trace: a trace is a folder, as 'gilscope record' and "
			   "'lttng create' make them", path);
	r = find_below(f, trimmed, DEPTH);
	if (!r && !f->n)
		return err(-ENOENT, "'%s' holds no trace (no 'metadata' file in or below it): make one "
			   "with 'gilscope record COMMAND'", path);
	return r;
}

int folders_find(struct folders *f, const char *path, bool facts_only)
{
	int r;

	*f = (struct folders){ 0 };
	r = find(f, path);
	if (r)
		return r;
	qsort(f->all, f->n, sizeof(*f->all), by_path);
	for (size_t i = 0; i < f->n && !r; i++) {
		r = check_streams(&f->all[i]);
		if (!r && (facts_only || f->all[i].n_cuts || f->all[i].has_strange_index))
			r = mend(f, &f->all[i], facts_only);
	}
	return r;
}

void folders_deinit(struct folders *f)
{
	if (f->temporary)
		tree_remove(f->temporary);
	for (size_t i = 0; i < f->n; i++) {
		for (size_t j = 0; j < f->all[i].n_cuts; j++)
			free(f->all[i].cuts[j].path);
		free(f->all[i].cuts);
		stream_ends_deinit(&f->all[i].ends);
		free(f->all[i].mended);
		free(f->all[i].path);
	}
	free(f->all);
	free(f->temporary);
	*f = (struct folders){ 0 };
}

bool trace_folder_is_silent(const struct trace_folder *t)
{
	return t->n_streams && !t->has_events;
}

uint64_t trace_folder_lost_events(const struct trace_folder *t)
{
	uint64_t events = 0;

	for (size_t i = 0; i < t->ends.n; i++)
		events += t->ends.all[i].discarded_events;
	return events;
}

bool trace_folder_lacks_stream(const struct trace_folder *t)
{
	return t->n_empty && t->n_empty < t->n_hot;
}

bool trace_folder_lost_uncounted(const struct trace_folder *t)
{
	for (size_t i = 0; i < t->ends.n; i++)
		if (t->ends.all[i].is_open)
			return true;
	return t->n_cuts || trace_folder_lacks_stream(t);
}

bool trace_folder_has_shrunk(const struct trace_folder *t)
{
	cleanup(closedirp) DIR *dir = opendir(t->path);
	size_t n_streams = 0;
	struct stat metadata;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR;
	for (struct dirent *e; (e = readdir(dir));)
		n_streams += is_stream_file(dirfd(dir), e->d_name);
	return n_streams < t->n_streams ||
	       (fstatat(dirfd(dir), "metadata", &metadata, AT_SYMLINK_NOFOLLOW) && errno == ENOENT);
}

const char *trace_folder_readable(const struct trace_folder *t)
{
	return t->mended ? t->mended : t->path;
}
