/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FINDINGS_WORDS_H
#define GILSCOPE_ANALYZER_FINDINGS_WORDS_H

#include "analyzer/results.h"
#include "base/numbers.h"

/*
 * How findings name threads and write sentences. Names are copied as they are,
 * whatever is in them: each output escapes.
 */

/* As snprintf(); what does not fit is cut between two characters of UTF-8. */
void words_write(char *buffer, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define SAY(array, ...) words_write(array, sizeof(array), __VA_ARGS__)

/* A ratio as "49.1 %" or "0.491", a count as text_count() does; "-" where the trace cannot tell. */
const char *words_share(char buffer[TEXT_NUMBER], double ratio);
#define SHARE(ratio) words_share((char[TEXT_NUMBER]){ 0 }, (ratio))
const char *words_ratio(char buffer[TEXT_NUMBER], double ratio);
#define RATIO(ratio) words_ratio((char[TEXT_NUMBER]){ 0 }, (ratio))
const char *words_count(char buffer[TEXT_NUMBER], uint64_t count);
#define KNOWN(count) words_count((char[TEXT_NUMBER]){ 0 }, (count))

/* The threads with the largest numbers, in this order. */
struct cast {
	uint32_t rows[FINDING_THREADS];
	uint64_t numbers[FINDING_THREADS];
	size_t n;   /* that are kept */
	size_t all; /* that were added */
};

/* Once per thread; a number of 0 is nobody. */
void cast_add(struct cast *cast, uint32_t row, uint64_t number);

/* "t1"; "t1 and t2"; "t1, t2 and 6 more" */
enum { CAST_NAMES = 160 };
const char *cast_names(char buffer[CAST_NAMES], const struct results *r, const struct cast *cast);
#define NAMES(r, cast) cast_names((char[CAST_NAMES]){ 0 }, (r), (cast))

/* The name of one; of the first: the numbers beside it are to be its own. */
const char *words_name(char buffer[CAST_NAMES], const struct results *r, uint32_t row);
#define NAME(r, row) words_name((char[CAST_NAMES]){ 0 }, (r), (row))
#define FIRST_NAME(r, cast) NAME(r, (cast)->n ? (cast)->rows[0] : PAIR_NOBODY)

/* "wait" or "waits", after names of so many */
#define VERB(cast, word) ((cast)->all == 1 ? word "s" : word)

/* Names the finding's threads: the first of `who`, the first of `whom` (NULL: nobody), then the others of `who`. */
void cast_into(struct finding *found, const struct cast *who, const struct cast *whom);

/* Who waited because of it. */
void cast_into_waiters(struct finding *found, const struct cast *waiters);

#endif
