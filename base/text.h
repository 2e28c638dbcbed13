/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_TEXT_H
#define GILSCOPE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/numbers.h"

/*
 * What the text outputs share: where and how to print, and how names look to
 * people. How counts and durations do: base/numbers.h.
 * Everything here is thread-safe: no state.
 */

/* Where text goes and what it may look like there. `out` is borrowed. */
struct page {
	FILE *out;
	bool colour;    /* ANSI colours; never the only carrier of a meaning */
	bool utf8;      /* else ASCII only */
	unsigned width; /* columns; 0: tables as wide as they want, prose TEXT_PROSE (a pipe) */
};

enum ink { INK_PLAIN, INK_STRONG, INK_FAINT, INK_GOOD, INK_BAD, INK_NOTE };

/* The escape sequence of a colour; "" on a page without colours. INK_PLAIN ends one. */
const char *text_ink(const struct page *page, enum ink ink);

/* One of a few colours that are no ink's: tells threads apart, the first ones at least. */
const char *text_ink_of(const struct page *page, uint32_t index);

enum { TEXT_NAME = 512 };

/*
 * A name that may be shown anywhere: control characters, invisible and
 * direction marks, broken UTF-8, and on an ASCII page all but ASCII become \xNN.
 * At most `size` bytes, zero included; the macro's buffer lives until the end
 * of the enclosing block.
 */
const char *text_name(char *buffer, size_t size, const struct page *page, const char *name);
#define NAME(page, name) text_name((char[TEXT_NAME]){ 0 }, TEXT_NAME, (page), (name))

/* The same for a sentence that may hold names. */
enum { TEXT_SENTENCE = 2048 };
#define SENTENCE(page, text) text_name((char[TEXT_SENTENCE]){ 0 }, TEXT_SENTENCE, (page), (text))

/* `text` as valid UTF-8 for machines: each broken byte becomes U+FFFD. At most size - 1 bytes. */
const char *text_utf8(char *buffer, size_t size, const char *text);
#define UTF8(text) text_utf8((char[TEXT_NAME]){ 0 }, TEXT_NAME, (text))

/* Reads one character of valid UTF-8. @return its length; 0: it is broken, shown as TEXT_BROKEN (U+FFFD). */
unsigned text_character(const char *s, uint32_t *out);
#define TEXT_BROKEN "\xef\xbf\xbd"

/* How many columns a string takes on a terminal. */
unsigned text_columns(const char *s);

/* Prints s and spaces so that it takes `columns`; a longer one is cut, with an ellipsis. */
void text_pad(const struct page *page, const char *s, unsigned columns, bool right);

/* The same, left-aligned and cut in the middle: what tells pool-1 from pool-2 is at the end. */
void text_pad_middle(const struct page *page, const char *s, unsigned columns);

/*
 * Prints a paragraph, broken at page->width (0: at TEXT_PROSE, UINT_MAX: nowhere), each line led by `lead`.
 * A number and its unit stay together.
 */
enum { TEXT_PROSE = 100 };
void text_paragraph(const struct page *page, const char *lead, const char *text);

#endif
