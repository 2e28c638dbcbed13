/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TESTS_FUZZ_OUTPUTS_H
#define GILSCOPE_TESTS_FUZZ_OUTPUTS_H

#include "lib/gilscope.h"

/* Every output of one trace, through the public header, each looked at. What is wrong aborts, with a sentence. */
struct outputs {
	struct gilscope_options options; /* its path is an existing file or folder */
	uint32_t formats;  /* bit i: the i-th format */
	bool utf8;         /* else ASCII only */
	struct gilscope_battle_options battle;
	struct gilscope_timeline_options timeline;
	struct gilscope_report_options report;
	const char *rule;  /* NULL: none */
};

/* @return whether the trace could be read; else there was a sentence, and nothing was left of the files. */
bool outputs_check(const struct outputs *wishes);

/* A folder of this program's own, in $TMPDIR, where it writes. */
const char *outputs_folder(void);

/* One clear sentence was said since the last, or the program aborts. */
void outputs_check_sentence(void);

/* Aborts where a text has what a terminal would act on, is no UTF-8, or (unless utf8) no ASCII. */
void outputs_check_text(const char *what, const char *text, size_t size, bool utf8);

/* ---- wellformed.c: files. Abort likewise. ---- */

struct content {
	const char *what; /* the file, for messages */
	const char *text; /* ended by a NUL */
	size_t size;
};

void check_json(const struct content *c);
void check_json_lines(const struct content *c);
void check_csv(const struct content *c);
void check_xml(const struct content *c);
void check_html(const struct content *c);
void check_perfetto(const struct content *c);
void check_sqlite(const struct content *c); /* opens the file */

/* "what: why", and abort(). */
void wrong(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));

#endif
