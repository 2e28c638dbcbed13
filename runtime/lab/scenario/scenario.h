/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_SCENARIO_H
#define GILSCOPE_LAB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

/*
 * What the threads of the lab do, as read from a scenario file; the language is
 * described in docs/scenarios.md. All of it is read-only after
 * scenario_load(), and may then be used by any thread.
 */

enum {
	SCENARIO_THREADS_MAX = 4096, /* all copies together, without the main thread */
	SCENARIO_STATEMENTS_MAX = 3800, /* of a body: jumps in its bytecode have two bytes */
	SCENARIO_NESTING_MAX = 8,    /* of `repeat` */
	SCENARIO_SEND_MAX = 4096,    /* bytes: what a pipe takes whole */
};

enum statement_kind {
	STATEMENT_COUNT,           /* number: n of count(n) */
	STATEMENT_SLEEP,           /* number: ns */
	STATEMENT_HOLD,            /* number: ns */
	STATEMENT_SEND,            /* object: a channel; number: bytes, 1 to SCENARIO_SEND_MAX, in one write */
	STATEMENT_RECV,            /* object: a channel; number: bytes, > 0 */
	STATEMENT_READ,            /* text: a file's path */
	STATEMENT_START,           /* object: a body; all its copies, in order */
	STATEMENT_JOIN,            /* object: a body; all its copies, in order */
	STATEMENT_KILL,            /* number: a signal, sent to the process */
	STATEMENT_CHECK_INTERVAL,  /* number: ticks, 1 to INT32_MAX */
	STATEMENT_SWITCH_INTERVAL, /* number: ns, at least 1000 */
	STATEMENT_PRINT,           /* text, with {name} and {pid} still in it */
	STATEMENT_REPEAT,          /* number: times, or SCENARIO_FOREVER; object: its END's index in the body */
	STATEMENT_END,             /* of a repeat; object: the index of its REPEAT */
};

#define SCENARIO_FOREVER (-1)

struct statement {
	enum statement_kind kind;
	unsigned line, column; /* in the file, from 1: for messages */
	int64_t number;
	size_t object;
	char *text;
};

enum body_kind { BODY_MAIN, BODY_THREAD, BODY_HANDLER };

/* What the main thread, each copy of a thread, or a signal handler does. */
struct body {
	enum body_kind kind;
	char *name;         /* "main"; the thread's; "on_SIGUSR1" */
	unsigned line, column;
	struct statement *statements;
	size_t n_statements;
	/* BODY_THREAD: */
	size_t copies;      /* may be 0: then start and join do nothing */
	bool numbered;      /* the copies are called NAME1, NAME2, ...; else the only one NAME */
	bool detached;      /* cannot be joined; waited for at the end */
	bool daemon;        /* ends when all the others have ended, at its next check */
	size_t stack_bytes; /* 0: the system's default */
	/* BODY_HANDLER: */
	int signal;
};

struct channel_spec {
	char *name;
	bool is_socket; /* else a pipe */
	unsigned line, column;
};

struct scenario {
	char *name;        /* "battle": the file's, without folder and ending */
	char *path;        /* the file */
	char *description; /* the first comment line of the file, without #; "" */
	struct body *bodies; /* the first is the main thread's */
	size_t n_bodies;
	struct channel_spec *channels;
	size_t n_channels;
	size_t n_threads;  /* of all bodies and copies, without the main thread */
};

/* A variable of the scenario that the command line sets, "count" to "1000". Borrowed. */
struct setting {
	const char *name, *value;
};

/*
 * Reads and checks a scenario. @name: of one that is shipped, or a path (it has
 * a '/' or ends with ".gil"). The caller frees it with scenario_free().
 * @return 0, or < 0 with a sentence that begins with FILE:LINE:COLUMN where
 * the text is wrong.
 */
int scenario_load(struct scenario **out, const char *name, const struct setting *settings,
		  size_t n_settings);
struct scenario *scenario_free(struct scenario *s); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct scenario *, scenario_free);

/* Prints the name and description of each shipped scenario. @return 0, or < 0 with a sentence. */
int scenario_list(FILE *out);

/* What scenario_load() calls after parsing: whatever can be known before a run. @return 0, or < 0 with a sentence. */
int scenario_check(const struct scenario *s);

/* The name of copy `copy` (from 0) of a body's thread. */
void body_thread_name(const struct body *body, size_t copy, char *name, size_t size);

/*
 * Writes the same program in Python, for 2.7 and 3: each body is a function of
 * the same statements, so that CPython 2.7 compiles it to the lab's own bytecode.
 * @return 0, or < 0 with a sentence.
 */
int scenario_write_python(const struct scenario *s, FILE *out);

#endif
