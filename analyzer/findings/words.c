/* SPDX-License-Identifier: MIT */
#include "analyzer/findings/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A name must leave room for the numbers of a sentence. */
enum { NAME_BYTES = 24 };

/* How much of text[0..length) is left when a character that was cut goes. */
static size_t whole_length(const char *text, size_t length)
{
	size_t lead = length, tail;
	unsigned char c;

	while (lead && length - lead < 4 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (!lead)
		return length;
	c = (unsigned char)text[lead - 1];
	tail = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	return length - (lead - 1) < tail ? lead - 1 : length;
}

void words_write(char *buffer, size_t size, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsnprintf(buffer, size, fmt, ap);
	va_end(ap);
	if (length >= 0 && (size_t)length >= size)
		buffer[whole_length(buffer, size - 1)] = '\0';
}

const char *words_share(char buffer[TEXT_NUMBER], double ratio)
{
	if (isnan(ratio))
		return strcpy(buffer, "-");
	snprintf(buffer, TEXT_NUMBER, "%.1f %%", 100 * ratio);
	return buffer;
}

const char *words_ratio(char buffer[TEXT_NUMBER], double ratio)
{
	if (isnan(ratio))
		return strcpy(buffer, "-");
	snprintf(buffer, TEXT_NUMBER, "%.3f", ratio);
	return buffer;
}

const char *words_count(char buffer[TEXT_NUMBER], uint64_t count)
{
	return count == METRIC_UNKNOWN ? strcpy(buffer, "-") : text_count(buffer, TEXT_NUMBER, count);
}

void cast_add(struct cast *cast, uint32_t row, uint64_t number)
{
	size_t at = cast->n;

	if (!number)
		return;
	cast->all++;
	while (at && cast->numbers[at - 1] < number)
		at--;
	if (at == FINDING_THREADS)
		return;
	cast->n += cast->n < FINDING_THREADS;
	for (size_t i = cast->n - 1; i > at; i--) {
		cast->rows[i] = cast->rows[i - 1];
		cast->numbers[i] = cast->numbers[i - 1];
	}
	cast->rows[at] = row;
	cast->numbers[at] = number;
}

/* @return where it ends */
static char *put_name(char *at, const struct results *r, uint32_t row)
{
	const char *name = r->threads[row].info.name;
	size_t length = strlen(name);
	bool cut = length > NAME_BYTES;

	if (cut)
		length = whole_length(name, NAME_BYTES);
	memcpy(at, name, length);
	strcpy(at + length, cut ? "..." : "");
	return at + strlen(at);
}

const char *cast_names(char buffer[CAST_NAMES], const struct results *r, const struct cast *cast)
{
	char *at = buffer;

	*buffer = '\0';
	if (cast->n)
		at = put_name(at, r, cast->rows[0]);
	if (cast->n > 1) {
		at = stpcpy(at, cast->all > 2 ? ", " : " and ");
		at = put_name(at, r, cast->rows[1]);
	}
	if (cast->all > 2)
		snprintf(at, CAST_NAMES - (size_t)(at - buffer), " and %zu more", cast->all - 2);
	return buffer;
}

const char *words_name(char buffer[CAST_NAMES], const struct results *r, uint32_t row)
{
	if (row < r->n_threads)
		put_name(buffer, r, row);
	else
		strcpy(buffer, row == PAIR_OTHERS ? "(others)" : "nobody");
	return buffer;
}

static void add_thread(struct finding *found, uint32_t row)
{
	for (size_t i = 0; i < found->n_threads; i++)
		if (found->threads[i] == row)
			return;
	if (found->n_threads < FINDING_THREADS)
		found->threads[found->n_threads++] = row;
}

void cast_into(struct finding *found, const struct cast *who, const struct cast *whom)
{
	found->n_concerned = who->all;
	if (who->n)
		add_thread(found, who->rows[0]);
	if (whom && whom->n)
		add_thread(found, whom->rows[0]);
	for (size_t i = 1; i < who->n; i++)
		add_thread(found, who->rows[i]);
}

void cast_into_waiters(struct finding *found, const struct cast *waiters)
{
	size_t end = 0;

	for (size_t i = 0; i < waiters->n && waiters->n == waiters->all; i++)
		end += (size_t)snprintf(found->waiter_rows + end, sizeof(found->waiter_rows) - end, i ? " %" PRIu32 : "%" PRIu32, waiters->rows[i]);
}
