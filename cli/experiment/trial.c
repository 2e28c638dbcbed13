/* SPDX-License-Identifier: MIT */
#include "cli/experiment/trial.h"

#include "base/err.h"
#include "base/tree.h"
#include "cli/binary.h"
#include "cli/experiment/child.h"
#include "cli/experiment/strace.h"
#include "cli/experiment/trace.h"
#include "cli/recorder.h"
#include "cli/tracee.h"
#include "cli/unseen.h"
#include "tracepoints/names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* The files of one trial. */
struct places {
	char folder[PATH_MAX];
	char truth[PATH_MAX], calls[PATH_MAX], errors[PATH_MAX], program[PATH_MAX];
	char strace[PATH_MAX]; /* the program */
};

/* ---- command lines --------------------------------------------------------------------- */

enum { WORDS_MAX = 40 };
struct words {
	const char *list[WORDS_MAX]; /* borrowed; NULL ends */
	size_t n;
};

static void add_all(struct words *w, const char *const *words)
{
	for (; *words && w->n < WORDS_MAX - 1; words++)
		w->list[w->n++] = *words;
}
#define ADD(w, ...) add_all((w), (const char *const[]){ __VA_ARGS__, NULL })

static void add_settings(struct words *w, const struct trial *t)
{
	for (int i = 0; i < TRIAL_SETTINGS && *t->settings[i]; i++)
		ADD(w, "--set", t->settings[i]);
}

/* Says what is to be run, in the words of a lab's program and of a Python's. */
static void compose(struct words *w, const struct trial *t, const struct places *p)
{
	if (t->mode == TRIAL_COUNTED)
		ADD(w, p->strace, "-f", "-c", "-o", p->calls);
	ADD(w, t->subject->program);
	if (t->subject->is_python)
		ADD(w, p->program);
	if (!t->subject->is_python && t->mode != TRIAL_RECORDED)
		ADD(w, "--no-trace");
	if (t->interval)
		ADD(w, t->subject->sliced ? "--switch-interval" : "--check-interval", t->interval);
	ADD(w, "--truth", p->truth);
	if (t->subject->is_python)
		return;
	ADD(w, "--gil", t->subject->name, "--cpus", t->cpus->list);
	add_settings(w, t);
	ADD(w, t->scenario);
}

/* ---- running it ------------------------------------------------------------------------ */

static struct child child_of(const struct trial *t, const struct places *p, const struct words *w)
{
	return (struct child){
		.argv = (char *const *)w->list, .errors = p->errors, .limit_ns = t->limit_ns,
		/* gilrun does it itself, so that LTTng's threads keep out of the way. */
		.cpus = t->subject->is_python ? &t->cpus->set : NULL,
	};
}

/* The scenario as a Python program. */
static int write_program(const struct trial *t, const struct places *p)
{
	struct words w = { .n = 0 };
	struct child child;
	int r;

	ADD(&w, t->gilrun, "--python");
	add_settings(&w, t);
	ADD(&w, t->scenario);
	child = child_of(t, p, &w);
	child.output = p->program;
	r = child_run(&child);
	return r ? err(r, "gilrun has no Python program of '%s'", t->scenario) : 0;
}

static const char *watch(void *recorder)
{
	return recorder_watch(recorder);
}

static int run_program(struct trial *t, const struct places *p, struct recorder *rec,
		       const struct environment *e)
{
	struct words w = { .n = 0 };
	struct child child;
	int r;

	compose(&w, t, p);
	child = child_of(t, p, &w);
	child.environment = e;
	if (rec) {
		child.watch = watch;
		child.data = rec;
	}
	r = child_run(&child);
	t->context_switches = child.context_switches;
	return r;
}

/* ---- recording it ---------------------------------------------------------------------- */

static int run_recorded(struct trial *t, const struct places *p, struct recorder *rec)
{
	struct environment e;
	int r = environment_init(&e, rec->info.id, recorder_home(rec));

	if (!r)
		r = environment_add(&e, GIL_ENV_LATE, rec->late_file);
	if (!r)
		r = run_program(t, p, rec, &e);
	environment_deinit(&e);
	return r;
}

static bool lost_something(const struct recorder *rec)
{
	return !rec->info.loss_known || rec->info.lost_events || rec->info.lost_packets ||
	       rec->info.absent || rec->info.late;
}

/* A program of which nothing was recorded, though LTTng served it. */
static int explain_nothing(const struct trial *t, const struct recorder *rec)
{
	struct binary program;
	char reason[PATH_MAX + 256];

	binary_look(&program, t->subject->program);
	unseen_explain(reason, sizeof(reason), rec->survey, rec->info.absent, &program);
	return err(-ENODATA, "nothing was recorded: %s", reason);
}

static int read_recording(struct trial *t, const struct recorder *rec)
{
	bool whole = false;
	int r;

	t->incomplete = lost_something(rec);
	if (!recorder_recorded(rec))
		return rec->info.absent ? 0 : explain_nothing(t, rec);
	r = trace_read(t->trace, t->recording, NULL, &t->recorded, &whole);
	if (!r && !trace_totals(t->recorded).pid)
		r = err(-ENODATA, "the recording has no GIL that somebody took");
	t->incomplete |= !whole;
	return r;
}

static int record(struct trial *t, const struct places *p)
{
	struct recorder rec = { .output = t->trace };
	char *command[] = { (char *)t->subject->program, NULL };
	int r, closed;

	rec.info.command = command;
	r = recorder_open(&rec);
	if (!r)
		r = run_recorded(t, p, &rec);
	closed = recorder_close(&rec);
	snprintf(t->recording, sizeof(t->recording), "%s", rec.info.id);
	r = r ? r : closed;
	if (!r)
		r = read_recording(t, &rec);
	gilscope_survey_free(rec.survey);
	return r;
}

/* ---- a trial --------------------------------------------------------------------------- */

static int place(char path[PATH_MAX], const char *folder, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? 0 :
		err(-ENAMETOOLONG, "'%s' is too long a name", folder);
}

static int prepare(struct trial *t, struct places *p)
{
	int r = place(p->folder, t->folder, "trial");

	if (!r)
		r = tree_remove(p->folder);
	if (r && r != -ENOENT)
		return err(r, "cannot empty '%s': %s", p->folder, strerror(-r));
	if (mkdir(p->folder, 0700))
		return err(-errno, "cannot create '%s': %s", p->folder, strerror(errno));
	if (place(p->truth, p->folder, "truth.json") || place(p->calls, p->folder, "calls") ||
	    place(p->errors, p->folder, "errors") || place(p->program, p->folder, "program.py") ||
	    place(t->trace, p->folder, "trace"))
		return -ENAMETOOLONG;
	if (t->keep)
		snprintf(t->trace, PATH_MAX, "%s", t->keep);
	if (t->mode == TRIAL_COUNTED && tracee_find("strace", p->strace))
		return -ENOENT;
	return t->subject->is_python ? write_program(t, p) : 0;
}

int trial_run(struct trial *t)
{
	struct places p;
	int r = prepare(t, &p);

	if (!r)
		r = t->mode == TRIAL_RECORDED ? record(t, &p) : run_program(t, &p, NULL, NULL);
	if (!r)
		r = truth_read(&t->truth, p.truth);
	if (!r && t->mode == TRIAL_COUNTED)
		r = strace_count(p.calls, &t->system_calls);
	return r;
}

void trial_set(struct trial *t, const char *name, uint64_t value)
{
	int i = 0;

	while (i < TRIAL_SETTINGS - 1 && *t->settings[i])
		i++;
	snprintf(t->settings[i], sizeof(t->settings[i]), "%s=%" PRIu64, name, value);
}

void trial_deinit(struct trial *t)
{
	truth_deinit(&t->truth);
	gilscope_free(t->recorded);
	t->recorded = NULL;
}
