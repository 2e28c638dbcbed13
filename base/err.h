/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_ERR_H
#define GILSCOPE_BASE_ERR_H

#include <stdio.h>

/*
 * The one error rule.
 *
 *   0   done.
 *   <0  fatal: -errno. Each level may add one sentence with err(); it is
 *       forwarded unchanged to main(), which prints the chain once.
 *   >0  a condition that the function's header names (X_E_SOMETHING); the
 *       caller must handle it and never forwards it.
 *
 * The sentences belong to the calling thread. All functions are thread-safe.
 */

/* Adds a sentence for the level that calls it and returns `code` (< 0). */
int err(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints "<program>: <outermost>" and "  because: <inner>" lines, then forgets them. */
void err_print(FILE *out);

/*
 * For a caller that turns an error into a condition:
 *     int mark = err_mark();
 *     if (try_it() < 0)
 *         err_forget(mark);
 * forgets the sentences said since, and keeps those of an earlier failure.
 */
int err_mark(void);
void err_forget(int mark);

/* Forgets all sentences. */
void err_clear(void);

/* The innermost sentence, or "" - valid until the next err function call. */
const char *err_innermost(void);

/* The sentence that was said last, or "". As above. */
const char *err_outermost(void);

/* What err_print() prints, without a program's name; also forgets it. Valid until the next err_take(). */
const char *err_take(void);

#endif
