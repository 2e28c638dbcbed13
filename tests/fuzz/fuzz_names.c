/* SPDX-License-Identifier: MIT */
/*
 * Names as hostile as they can be: of threads, the host, the GIL's design and
 * version, and of the trace itself, through every text and every export.
 */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "bytes.h"
#include "outputs.h"
#include "recorded.h"

enum { A = 100, B = 101 };
static const uint64_t gil = UINT64_C(0x100000001);

struct names {
	char *a, *b, *design, *version, *host, *trace;
	size_t at;
};

static const struct gil_event events[] = {
	{ .kind = GIL_CREATE }, { .kind = GIL_THREAD, .tid = A }, { .kind = GIL_THREAD, .tid = B },
	{ .kind = GIL_ENTRY, .tid = A }, { .kind = GIL_ACQUIRE, .tid = A }, { .kind = GIL_ENTRY, .tid = B },
	{ .kind = GIL_BUSY, .tid = B }, { .kind = GIL_RETRY, .tid = B, .timed_out = true },
	{ .kind = GIL_RELEASE, .tid = A, .drop_requested = true }, { .kind = GIL_ACQUIRE, .tid = B },
	{ .kind = GIL_ENTRY, .tid = B }, /* unlawful */
	{ .kind = GIL_THREAD, .tid = A }, /* renamed */
	{ .kind = GIL_LEAVE, .tid = B, .reason = GIL_LEAVE_THREAD_END },
};

static int next(void *data, struct gil_event *ev, struct gil_loss *loss, bool *is_loss)
{
	struct names *n = data;

	(void)loss;
	(void)is_loss;
	if (n->at == sizeof(events) / sizeof(events[0]))
		return 1;
	*ev = events[n->at++];
	ev->gil = gil;
	ev->ts_ns = INT64_C(1700000000000000000) + (int64_t)n->at * 7000000;
	if (ev->kind == GIL_CREATE)
		ev->create = (struct gil_create_fields){ .pid = 77, .schema = GIL_SCHEMA, .interval = 5000,
							 .recording = "", .design = n->design, .version = n->version };
	if (ev->kind == GIL_THREAD)
		ev->thread = (struct gil_thread_fields){ .pid = 77, .serial = (uint32_t)ev->tid,
							 .name = ev->tid == A && n->at < 4 ? n->a : n->b };
	return 0;
}

/* A folder that is called so. */
static void make_trace(char path[PATH_MAX], const char *name)
{
	char *slash;

	snprintf(path, PATH_MAX, "%s/trace-%.200s", outputs_folder(), name);
	while ((slash = strchr(path + strlen(outputs_folder()) + 1, '/')))
		*slash = '\\';
	if (mkdir(path, 0700) && errno != EEXIST)
		wrong(path, "cannot be made");
}

static void check(const struct names *n, const char *path, unsigned formats)
{
	struct recorded trace = { .trace = { .domain = "ust" }, .damage = "", .next = next, .data = (void *)n };
	struct outputs o = {
		.options = { .size = sizeof(o.options), .path = path, .course = true },
		.formats = formats, .utf8 = formats & 1,
		.battle = { .size = sizeof(o.battle), .explain = formats & 2, .fields = "+tid" },
		.timeline = { .size = sizeof(o.timeline) },
		.report = { .size = sizeof(o.report), .limit = GILSCOPE_ALL },
		.rule = "threads.acquisitions>0",
	};

	snprintf(trace.trace.host, sizeof(trace.trace.host), "%s", n->host);
	recorded = &trace;
	if (!outputs_check(&o))
		wrong("a trace with strange names", "cannot be read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	unsigned formats = (unsigned)take(&b, 1);
	cleanup(freep) char *a = take_text(&b, 12000), *other = take_text(&b, 200), *design = take_text(&b, 200),
			    *version = take_text(&b, 200), *host = take_text(&b, 200), *trace = take_text(&b, 200);
	struct names names = { a, other, design, version, host, trace, 0 };
	char path[PATH_MAX];

	make_trace(path, trace);
	check(&names, path, formats);
	rmdir(path);
	return 0;
}
