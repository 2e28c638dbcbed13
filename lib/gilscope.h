/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_H
#define GILSCOPE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * libgilscope: what a recording of Python's GIL means, for programs.
 *
 *     struct gilscope_options options = { .size = sizeof(options), .path = "gil.trace" };
 *     struct gilscope *g;
 *
 *     if (gilscope_read(&g, &options))
 *         fprintf(stderr, "%s\n", gilscope_error());
 *     else
 *         printf("%s\n", gilscope_get(g, "findings", 0, "verdict").text);
 *     gilscope_free(g);
 *
 * Units: names that end in _ns are nanoseconds. A ts_ns is a time since the
 * Unix epoch in the callbacks, and a time since the trace's begin in the tables.
 *
 * Errors: a function that returns int returns 0, or
 *     < 0  it failed: -errno;
 *     GILSCOPE_E_OPTION  what was asked for makes no sense: a filter, a field, a format.
 * In both cases gilscope_error() says in sentences what happened and what to do.
 * Handles, names and structs that are handed in must not be NULL where nothing else is said.
 *
 * Threads: each handle belongs to one thread at a time; different handles may
 * be used by different threads at once. Functions without a handle may be
 * called by any thread at any time.
 *
 * Stability: handles are opaque. A struct that the program fills in begins
 * with its `size`; what a newer library knows more counts as zero. Structs
 * that the library hands out, and enumerations, grow at their ends only:
 * be ready for kinds, columns and tables that are not listed here.
 */

#if defined(__GNUC__)
#define GILSCOPE_API __attribute__((visibility("default")))
#else
#define GILSCOPE_API
#endif

enum { GILSCOPE_E_OPTION = 1 };

/* "1.2.3": of the library that runs. Static. */
GILSCOPE_API const char *gilscope_version(void);

/*
 * What failed in the calling thread since it asked last, in sentences, the
 * outermost first, a line each; "" when nothing did. Borrowed until it asks again.
 * A program that goes on after a failure without asking forgets them with
 * gilscope_error_clear().
 */
GILSCOPE_API const char *gilscope_error(void);
GILSCOPE_API void gilscope_error_clear(void);

/* ---- reading a trace --------------------------------------------------------------- */

struct gilscope;

struct gilscope_options {
	size_t size;           /* sizeof(struct gilscope_options) */
	const char *path;      /* what `gilscope record` made, or any LTTng trace, or a folder of traces */
	const char *gil;       /* only this GIL: its index, its id, or "pid:123"; NULL: all */
	const char *thread;    /* only these: names, shell patterns or tids, with commas; NULL: all */
	const char *time;      /* "FROM,TO": "+1.5s,+2s", "10%-20%", seconds since 1970; NULL: all */
	const char *recording; /* only what this recording made; NULL: the one that the path is of */
	bool all_recordings;   /* also what others left in the trace */
	bool only_listen;      /* no results but the tables "trace" and "quality": for what is added */
	bool course;           /* also the table "buckets": the course over time */
	uint64_t course_ns;    /* width of a bucket; 0: chosen */
	/* About ten times a second while it reads, with what part is done, 0 to 1; may be NULL. */
	void (*progress)(void *data, double fraction);
	void *progress_data;
	const volatile sig_atomic_t *interrupted; /* not 0: end early, with what was read; may be NULL */
	unsigned picture_width; /* of the export "svg", 400 to 10000 px; 0: 1000 */
};

/*
 * Opens, reads, and has all results: gilscope_open() and gilscope_run().
 * @out to be freed with gilscope_free(); NULL where it fails.
 * Strings of the options need to live until it returns.
 */
GILSCOPE_API int gilscope_read(struct gilscope **out, const struct gilscope_options *options);

/*
 * The same in steps, for what is to be fed in the same pass: open, add, run.
 * Strings of the options need to live until gilscope_run() is done.
 * -ENOENT: there is no such trace.
 */
GILSCOPE_API int gilscope_open(struct gilscope **out, const struct gilscope_options *options);

/* Reads the trace, once. Results are there afterwards; where it fails the handle is good for gilscope_free() only. */
GILSCOPE_API int gilscope_run(struct gilscope *g);

/* Frees the handle and all that was borrowed from it. NULL is fine. */
GILSCOPE_API void gilscope_free(struct gilscope *g);

/*
 * After the run: sentences about what is missing, damaged or unlawful in the
 * trace. Borrowed from the handle. @return how many: 0 where all is well.
 */
GILSCOPE_API size_t gilscope_warnings(const struct gilscope *g, const char *const **sentences);

/* After the run: is everything that happened in the trace, and lawful? */
GILSCOPE_API bool gilscope_is_whole(const struct gilscope *g);

/* ---- results: tables of numbers ------------------------------------------------------ */

/*
 * Every number has one name, in all outputs: docs/metrics.md (installed in
 * share/doc/gilscope) says what each one means. Tables of one row: "trace", "quality"; of many: "gils",
 * "threads", "pairs", "buckets", "findings" (the costliest first).
 */
enum gilscope_type {
	GILSCOPE_COUNT, /* .count, below 2^53 */
	GILSCOPE_NS,    /* .count: a duration, or a time since the trace's begin */
	GILSCOPE_ROW,   /* .count: a row of another table */
	GILSCOPE_ID,    /* .count: any 64 bits */
	GILSCOPE_EPOCH, /* .count: ns since 1970 */
	GILSCOPE_RATIO, /* .ratio */
	GILSCOPE_FLAG,  /* .flag */
	GILSCOPE_TEXT,  /* .text: any bytes; borrowed from the handle */
};

/* This one never grows. */
struct gilscope_value {
	enum gilscope_type type;
	bool known; /* else the trace cannot tell, or there is no such table, row or column */
	union {
		uint64_t count; /* 0 where it is not known */
		double ratio;
		bool flag;
		const char *text;
	};
};

/* By name. After the run. */
GILSCOPE_API size_t gilscope_rows(const struct gilscope *g, const char *table);
GILSCOPE_API struct gilscope_value gilscope_get(const struct gilscope *g, const char *table, size_t row,
						const char *column);

/*
 * By number, to walk all there is: tables are 0 to gilscope_tables() - 1, the
 * columns of each 0 to gilscope_columns() - 1. Names are static.
 * The first four need no handle. gilscope_find_...() return -1 where there is none.
 */
GILSCOPE_API size_t gilscope_tables(void);
GILSCOPE_API const char *gilscope_table_name(size_t table); /* NULL: there is none */
GILSCOPE_API size_t gilscope_columns(size_t table);
GILSCOPE_API const char *gilscope_column_name(size_t table, size_t column); /* NULL: there is none */
GILSCOPE_API int gilscope_find_table(const char *name);
GILSCOPE_API int gilscope_find_column(size_t table, const char *name);
GILSCOPE_API struct gilscope_value gilscope_value(const struct gilscope *g, size_t table, size_t row,
						  size_t column);

/*
 * A value as it stands in the exports: "12", "0.25", "true", the text; "" where
 * it is not known. Cut to size - 1 bytes. @return buffer
 */
GILSCOPE_API const char *gilscope_text(char *buffer, size_t size, struct gilscope_value value);

/* ---- events, while they are read ------------------------------------------------------- */

/* No thread, no GIL. */
#define GILSCOPE_NONE UINT32_MAX

enum gilscope_event_kind {
	GILSCOPE_CREATE, GILSCOPE_DESTROY, GILSCOPE_THREAD, GILSCOPE_INTERVAL,
	GILSCOPE_ENTRY, GILSCOPE_BUSY, GILSCOPE_RETRY, GILSCOPE_ACQUIRE, GILSCOPE_RELEASE,
	GILSCOPE_LEAVE,
};

enum gilscope_state {
	GILSCOPE_UNKNOWN, GILSCOPE_OUTSIDE, GILSCOPE_ENTERING, GILSCOPE_WAITING, GILSCOPE_HOLDING,
	GILSCOPE_ENDED,
};

enum gilscope_leave_reason {
	GILSCOPE_LEAVE_POKE, GILSCOPE_LEAVE_GONE, GILSCOPE_LEAVE_GIL_OFF, GILSCOPE_LEAVE_THREAD_END,
};

/* "gil:entry", ... and "waiting", ...; static; NULL: there is no such one. */
GILSCOPE_API const char *gilscope_event_name(enum gilscope_event_kind kind);
GILSCOPE_API const char *gilscope_state_name(enum gilscope_state state);

struct gilscope_trace {
	const char *path, *host; /* host "" where unknown */
	int64_t origin_ns;       /* the first gil event: the zero of times such as "+1.5s" */
	int64_t begin_ns;        /* that, or the begin of the time asked for: the zero of the tables' times */
};

struct gilscope_gil {
	uint32_t index; /* 0, 1, 2, ... in order of appearance: its row in "gils" */
	uint64_t id;
	int32_t pid;    /* 0 until known */
	int64_t interval; /* ticks if `ticked`, else microseconds; 0 unknown */
	bool known;     /* the trace said what it is; else all below is empty */
	bool ticked, ticks_exact, checks_exact, retries_visible;
	const char *design, *version, *recording;
};

struct gilscope_thread {
	uint32_t index; /* 0, 1, 2, ... over the whole trace */
	uint32_t gil;   /* index */
	int32_t pid, tid;
	uint32_t serial; /* number of the thread in its process: a reused tid has a new one; 0 unknown */
	uint64_t ident; /* pthread_self() */
	bool is_main, named; /* named: else we named it */
	bool selected;  /* by options.thread; the others are only named, as holders */
	const char *name; /* any bytes */
};

struct gilscope_event {
	int64_t ts_ns;
	enum gilscope_event_kind kind;
	uint32_t gil, thread;    /* indexes; GILSCOPE_NONE for the thread of CREATE, DESTROY, INTERVAL */
	int32_t tid, cpu;        /* cpu -1: unknown */
	int32_t tick;            /* what is left of the check interval; -1: it has none */
	uint64_t checks;
	bool timed_out;          /* RETRY */
	bool drop_requested;     /* RELEASE */
	enum gilscope_leave_reason reason; /* LEAVE */
	enum gilscope_state before, after;
	uint32_t holder;         /* BUSY, RETRY: who is blamed; GILSCOPE_NONE: nobody known */
	uint32_t waiters;        /* threads that sleep waiting now */
	const char *violation;   /* why it is unlawful, or NULL */
};

/* One stay of a thread in a state. */
struct gilscope_interval {
	uint32_t gil, thread;
	enum gilscope_state state;
	int64_t from_ns, to_ns;
	bool whole;              /* neither an end of the trace nor a hole cut it */
	int32_t cpu;             /* where it began; -1 unknown */
	uint64_t checks, ticks;  /* HOLDING: honoured, executed in it */
	bool drop_requested, contended; /* HOLDING: at its end somebody had asked, waited */
};

/* How long one holder stood in the way of one wait. Never grows. */
struct gilscope_blame {
	uint32_t holder; /* GILSCOPE_NONE: the GIL was free, or its holder unknown */
	int64_t ns;
};

/* From ENTRY to ACQUIRE or LEAVE. */
struct gilscope_attempt {
	uint32_t gil, thread;
	int64_t from_ns, to_ns;
	bool whole;          /* was seen from its begin to its end */
	bool acquired;       /* else it left (see reason), or still waits, or was cut by a hole */
	bool still_waiting, cut;
	enum gilscope_leave_reason reason;
	uint32_t busy, retries, retries_timed_out;
	size_t n_blames;
	const struct gilscope_blame *blames; /* they sum to the wait where it is whole */
};

/* The GIL goes from one thread to another. */
struct gilscope_handover {
	uint32_t gil, from, to;
	int64_t released_ns; /* INT64_MIN unknown */
	int64_t acquired_ns;
	int64_t wanted_ns;   /* of the time between: how long somebody wanted it */
};

/* Events or packets that the tracer dropped. */
struct gilscope_loss {
	int64_t from_ns, to_ns; /* the hole is somewhere in here */
	uint64_t events, packets;
	bool events_known;
	int32_t pid;            /* of the process that wrote the stream; 0 unknown */
};

/* The counts are in the tables "trace" and "quality". */
struct gilscope_end {
	int64_t begin_ns, end_ns;
	uint64_t events;
	bool interrupted;
};

/*
 * Called in the order of time, by the thread that is in gilscope_run(). What
 * an event ended (interval, attempt, handover) comes just before it. Any may be
 * NULL. Pointers are borrowed until the callback returns.
 * Return 0; GILSCOPE_ENOUGH: this one needs nothing more (`end` still comes, and
 * when nobody needs more the reading ends); or < 0: gilscope_run() fails with it.
 */
enum { GILSCOPE_ENOUGH = 1 };
struct gilscope_listener {
	size_t size; /* sizeof(struct gilscope_listener) */
	void *data;  /* first argument of each */
	int (*begin)(void *data, const struct gilscope_trace *trace);
	int (*gil)(void *data, const struct gilscope_gil *gil);          /* appeared or changed */
	int (*thread)(void *data, const struct gilscope_thread *thread); /* appeared or was renamed */
	int (*event)(void *data, const struct gilscope_event *event);
	int (*interval)(void *data, const struct gilscope_interval *interval);
	int (*attempt)(void *data, const struct gilscope_attempt *attempt);
	int (*handover)(void *data, const struct gilscope_handover *handover);
	int (*lost)(void *data, const struct gilscope_loss *loss);
	int (*end)(void *data, const struct gilscope_end *end);
};

/* Before the run. Copied; its data is the caller's. */
GILSCOPE_API int gilscope_add_listener(struct gilscope *g, const struct gilscope_listener *listener);

/* ---- text for people --------------------------------------------------------------------- */

/* Where text goes and what it may look like there. */
struct gilscope_page {
	size_t size;    /* sizeof(struct gilscope_page) */
	FILE *out;      /* the caller's; not closed */
	bool colour;    /* ANSI colours; never the only carrier of a meaning */
	bool utf8;      /* else ASCII only */
	unsigned width; /* columns; 0: tables as wide as they want, prose 100 */
};

struct gilscope_battle_options {
	size_t size;
	const char *fields; /* "+time,-tick" or "time,thread,event"; NULL: thread, tick, checks, event */
	uint64_t limit;     /* lines; 0: all */
	bool explain;       /* say in sentences what happens; with brackets */
	/* Only what happened around a time ("+1.5s", "10%", or seconds since 1970), or during attempts that waited so long: */
	const char *around;   /* NULL: not so */
	uint64_t min_wait_ns; /* 0: not so */
	uint64_t context;     /* with `around`: lines before and after it, 0: 20; else of each wait the last so many, 0: 1,000 */
	bool brackets;        /* tie a RELEASE to the RETRY that it caused, in a margin of nine columns */
	bool fold;            /* one line for rounds that repeat: the same thread lets the GIL go and takes it back */
};

/* Are the options good? To be asked before a trace is opened. */
GILSCOPE_API int gilscope_check_battle(const struct gilscope_battle_options *options);

/* Before the run, during which each event is printed. `options` may be NULL. Both are copied. */
GILSCOPE_API int gilscope_add_battle(struct gilscope *g, const struct gilscope_page *page,
				     const struct gilscope_battle_options *options);

struct gilscope_timeline_options {
	size_t size;
	const char *axis; /* "time" or "ticks"; NULL: time */
	uint64_t limit;   /* runs to list for each thread; 0: all, kept in memory */
};

/* Before the run, during which it is collected; printed afterwards. `options` may be NULL. */
GILSCOPE_API int gilscope_add_timeline(struct gilscope *g, const struct gilscope_timeline_options *options);
GILSCOPE_API int gilscope_print_timeline(const struct gilscope *g, const struct gilscope_page *page);

/*
 * The report: verdict, summary, findings, threads, who waited for whom, quality. Lists end with NULL.
 * Columns are those of "threads"; a trailing "_ns" may be left off.
 */
#define GILSCOPE_ALL UINT64_MAX
struct gilscope_report_options {
	size_t size;
	const char *const *fields; /* "+hold_p99", "-busy", or without signs a new list; NULL: the usual ones */
	const char *const *sort;   /* "hold_max": the largest first; "+hold_max": the smallest; NULL: as usual */
	uint64_t limit;            /* of threads, pairs and findings; 0: as usual; GILSCOPE_ALL */
};

/* Are the options good? To be asked before a trace is read. */
GILSCOPE_API int gilscope_check_report(const struct gilscope_report_options *options);

/* After the run. `options` may be NULL. With options.course, also the course over time. */
GILSCOPE_API int gilscope_print_report(const struct gilscope *g, const struct gilscope_page *page,
				       const struct gilscope_report_options *options);

/*
 * Two traces side by side. As above; `sort` has one column: the threads where it changed most come first.
 * With options.course of both, the marks know how much counts vary within a trace, and so are fewer.
 */
struct gilscope_diff_options {
	size_t size;
	const char *const *fields;
	const char *sort;
	uint64_t limit; /* of threads */
};
GILSCOPE_API int gilscope_check_diff(const struct gilscope_diff_options *options);
GILSCOPE_API int gilscope_print_diff(const struct gilscope *a, const struct gilscope *b,
				     const struct gilscope_page *page,
				     const struct gilscope_diff_options *options);

/*
 * What a trace must not be: "METRIC OP VALUE", such as "wait_contended_p99>10ms", or the name of a finding, as
 * `gilscope report --fail-if` takes it. @course: will the table "buckets" be there?
 */
GILSCOPE_API int gilscope_check_rule(const char *rule, bool course);

/* The names that findings can have, by number: "battle", "convoy", ...; static; NULL: there are no more. */
GILSCOPE_API const char *gilscope_finding_name(size_t finding);

/* After the run. Where the rule is broken it says on the page, in a line, where and by what. */
GILSCOPE_API int gilscope_test_rule(const struct gilscope *g, const char *rule, const struct gilscope_page *page,
				    bool *pass);

/* After the run: each law that holds in every trace, with both its sides. */
GILSCOPE_API int gilscope_print_laws(const struct gilscope *g, const struct gilscope_page *page, bool *lawful);

/* ---- files for machines -------------------------------------------------------------------- */

/* The formats by number, "json", ..., and the usual end of their files' names, ".json". NULL: there are no more. Static. */
GILSCOPE_API const char *gilscope_format_name(size_t format);
GILSCOPE_API const char *gilscope_format_suffix(size_t format);

/* Is it a folder, or a file that is not written from its begin to its end: not for the standard output? */
GILSCOPE_API bool gilscope_format_needs_place(size_t format);

/*
 * Before the run, which writes the file (or folder) and gives it its name at its end: nobody
 * reads half a file, and what stood there is replaced in one step. A place that cannot be
 * written is found now. @path "-" is the standard output, where the format needs no place; it
 * has to live until the run is done.
 * gilscope_run() fails where a file cannot be written: what stood there before stays.
 */
GILSCOPE_API int gilscope_add_export(struct gilscope *g, const char *format, const char *path);

/* ---- what a recording is of ------------------------------------------------------------------ */

struct gilscope_process {
	int32_t pid;
	uint32_t nonce;      /* upper half of its GILs' ids; another one when it becomes another program; 0 unknown */
	bool took_gil;       /* its buffers hold attempts */
	const char *program; /* as the system calls it; "" unknown */
	const char *design, *version; /* of its first GIL */
};

/* A quick look that does not read the events: whose GILs, and what was lost. */
struct gilscope_survey {
	size_t n;
	const struct gilscope_process *const *processes; /* that have a GIL */
	unsigned recorded;    /* of these, those that took it */
	uint64_t lost_events;
	bool loss_unknown;    /* and perhaps more: of streams that end early, by a full buffer, a kill or a damage, nobody counts */
};

/*
 * @recording only what this recording made; NULL: all. @out to be freed with
 * gilscope_survey_free(), which takes NULL; NULL where it fails.
 */
GILSCOPE_API int gilscope_survey(struct gilscope_survey **out, const char *path, const char *recording);
GILSCOPE_API void gilscope_survey_free(struct gilscope_survey *survey);

#ifdef __cplusplus
}
#endif

#endif
