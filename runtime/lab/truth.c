/* SPDX-License-Identifier: MIT */
/* The only file of the lab that knows the JSON library. */
#include "runtime/lab/truth.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/signals.h"

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Beyond 2^63 JSON's integers end. */
static json_t *decimal(uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return json_string(text);
}

static json_t *thread_object(const struct worker *w)
{
	const struct gil_thread *t = w->state.gil;
	const struct gil_counts *c = &t->counts;

	return json_pack("{s:s, s:i, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", t->name, "tid", (int)t->tid, "is_main", (int)t->is_main,
			 "started", (int)w->started,
			 "gil_id", decimal(w->state.interp->gil->emit.id),
			 "acquisitions", number(c->acquisitions),
			 "acquisitions_contended", number(c->acquisitions_contended),
			 "busy", number(c->busy),
			 "retries", number(c->retries),
			 "retries_timed_out", number(c->retries_timed_out),
			 "releases", number(c->releases),
			 "releases_requested", number(c->releases_requested),
			 "checks", number(c->checks),
			 "ticks", number(c->ticks));
}

static json_t *thread_array(const struct run *run)
{
	cleanup(json_decrefp) json_t *array = json_array();

	for (size_t i = 0; array && i < run->n_workers; i++)
		if (json_array_append_new(array, thread_object(&run->workers[i])))
			return NULL;
	return steal(&array);
}

static json_t *signal_array(void)
{
	cleanup(json_decrefp) json_t *array = json_array();
	const struct handled *handled;
	size_t n = signals_handled(&handled);

	for (size_t i = 0; array && i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "SIG%s", sigabbrev_np(handled[i].signal));
		if (json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "signal", name,
							   "latency_ns", number(handled[i].latency_ns),
							   "checks", number(handled[i].checks))))
			return NULL;
	}
	return steal(&array);
}

/* The hot kinds, by the names of the trace without "gil:". */
static json_t *event_object(const struct gil_counts *total)
{
	static const char *const names[] = GIL_EVENT_NAMES;
	cleanup(json_decrefp) json_t *object = json_object();

	for (int kind = GIL_FIRST_HOT; object && kind < GIL_KINDS; kind++)
		if (json_object_set_new(object, names[kind] + strlen(GIL_PROVIDER ":"),
					number(total->events[kind])))
			return NULL;
	return steal(&object);
}

static json_t *truth_object(const struct run *run)
{
	const struct interp *interp = run->interps[0];
	const struct gil_counts total = run_total(run);

	json_t *name = json_string(run->scenario->name);

	return json_pack("{s:s, s:o, s:i, s:o, s:s, s:b, s:b, s:o, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o}",
			 "schema", "gilrun-truth-1",
			 "scenario", name ? name : json_string("?"), /* a file's name need not be UTF-8 */
			 "pid", (int)getpid(),
			 "gil_id", decimal(interp->gil->emit.id),
			 "design", run->design->name,
			 "ticked", (int)run->design->ticked,
			 "own", (int)run->design->own,
			 "interval", json_integer(run->interval),
			 "interval_unit", run->design->ticked ? "ticks" : "us",
			 "checks", number(total.checks),
			 "ticker", (int)gil_tick(interp->gil),
			 "wall_ns", number(run->wall_ns),
			 "threads", thread_array(run),
			 "events", event_object(&total),
			 "signals_sent", number(signals_sent()),
			 "signals", signal_array());
}

static int write_to(const char *path, const json_t *truth)
{
	cleanup(filep) FILE *out = NULL;

	errno = 0;
	out = fopen(path, "we");
	if (!out || json_dumpf(truth, out, JSON_INDENT(1)) || fputc('\n', out) == EOF ||
	    fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}

int truth_write(const struct run *run, const char *path)
{
	cleanup(json_decrefp) json_t *truth = truth_object(run);
	char temporary[PATH_MAX];
	struct stat st;
	int r;

	if (!truth)
		return err(-ENOMEM, "no memory for the truth");
	/* Only a file makes room for a file: no device, no link such as /dev/stdout. */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		r = write_to(path, truth);
	} else if (snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path, (int)getpid()) >=
		   (int)sizeof(temporary)) {
		r = -ENAMETOOLONG;
	} else {
		r = write_to(temporary, truth);
		if (!r && rename(temporary, path))
			r = -errno;
		if (r)
			unlink(temporary);
	}
	return r ? err(r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}
