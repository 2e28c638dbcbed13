/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_TEXT_H
#define GILSCOPE_VIZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What the text outputs share: where and how to print, and how names,
 * counts and durations look to people. Units: ns in, words out.
 * Everything here is thread-safe: no state.
 */

/* Where text goes and what it may look like there. `out` is borrowed. */
struct page {
	FILE *out;
	bool colour;    /* ANSI colours; never the only carrier of a meaning */
	bool utf8;      /* else ASCII only */
	unsigned width; /* columns; 0: as wide as it wants (a pipe) */
};

enum ink { INK_PLAIN, INK_STRONG, INK_FAINT, INK_GOOD, INK_BAD, INK_NOTE };

/* The escape sequence of a colour; "" on a page without colours. INK_PLAIN ends one. */
const char *text_ink(const struct page *page, enum ink ink);

/*
 * The next three write a string of at most `size` bytes, zero included, to
 * `buffer` and return it. The macros give them a buffer that lives until the
 * end of the enclosing block.
 */
enum { TEXT_NUMBER = 32, TEXT_NAME = 512 };

/* 12,345,678 */
const char *text_count(char *buffer, size_t size, uint64_t n);
#define COUNT(n) text_count((char[TEXT_NUMBER]){ 0 }, TEXT_NUMBER, (n))

/* Three digits and a unit: 0 ns, 1.23 us, 45.6 ms, 1,234 s */
const char *text_duration(char *buffer, size_t size, uint64_t ns);
#define DURATION(ns) text_duration((char[TEXT_NUMBER]){ 0 }, TEXT_NUMBER, (ns))

/* part/whole as "49.1 %"; "-" when the whole is 0 */
const char *text_percent(char *buffer, size_t size, uint64_t part, uint64_t whole);
#define PERCENT(part, whole) text_percent((char[TEXT_NUMBER]){ 0 }, TEXT_NUMBER, (part), (whole))

/* "event" or "events" */
#define PLURAL(n, word) ((n) == 1 ? word : word "s")

/*
 * A name that may be shown anywhere: control characters, invisible and
 * direction marks, broken UTF-8, and on an ASCII page all but ASCII become \xNN.
 */
const char *text_name(char *buffer, size_t size, const struct page *page, const char *name);
#define NAME(page, name) text_name((char[TEXT_NAME]){ 0 }, TEXT_NAME, (page), (name))

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

/* Prints a paragraph, broken at page->width, each line led by `lead`. */
void text_paragraph(const struct page *page, const char *lead, const char *text);

#endif
