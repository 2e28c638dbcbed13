/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_NUMBERS_H
#define GILSCOPE_BASE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How counts and durations look to people. Units: ns in, words out. Each
 * writes a string of at most `size` bytes, zero included, to `buffer` and
 * returns it. The macros give them a buffer that lives until the end of the
 * enclosing block. Thread-safe: no state.
 */
enum { TEXT_NUMBER = 32 };

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

#endif
