/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_BATTLE_PICK_H
#define GILSCOPE_VIZ_BATTLE_PICK_H

#include "analyzer/sink.h"
#include "base/cleanup.h"
#include "base/text.h"

/*
 * Which lines of a battle are shown: those around a time, or those of long
 * waits. A line is first announced (its place is taken), and put later: brackets
 * hold lines back. It keeps the last lines of each GIL, however long the trace is. Not thread-safe.
 */
struct picker;

enum { PICK_AROUND = 20, PICK_WAIT = 1000, PICK_MOST = 100000 };

struct pick_options {
	bool around;          /* a time; else long waits */
	size_t context;       /* lines before and after it; of a wait the last so many */
	uint64_t min_wait_ns;
};

/* Prints a line that is shown. A `shout` is none of the events: it stands after dots. */
typedef void picker_print(void *data, const struct gil_info *gil, const char *line, size_t len, bool shout);

/* `page` (for names) and `options` are copied. @return 0 or < 0 */
int picker_new(struct picker **out, const struct page *page, const struct pick_options *options,
	       picker_print *print, void *data);
struct picker *picker_free(struct picker *p); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct picker *, picker_free);

/* A line of this GIL (NULL: of all) will come; here it is. @return 0 or < 0 */
int picker_announce(struct picker *p, const struct gil_info *gil);
int picker_put(struct picker *p, const struct gil_info *gil, const char *margin, const char *line, size_t len);

/* The trace's zero and, of --around, the time. */
void picker_begin(struct picker *p, int64_t origin_ns, int64_t around_ns);

/* Before the lines of an event are announced. @return 0 or < 0 */
int picker_event(struct picker *p, const struct gil_event *e, const struct step *step);

/* An attempt ended: a long one is due when the lines of the event that ended it were put. @return 0 or < 0 */
int picker_attempt(struct picker *p, const struct attempt *attempt);
bool picker_is_due(const struct picker *p);
void picker_show_due(struct picker *p);

/* All that was asked for was shown. */
bool picker_is_done(const struct picker *p);

/* The last words: what was left out. */
void picker_end(struct picker *p);

#endif
