/* SPDX-License-Identifier: MIT */
#include "viz/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 64 };

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters must be put in, taken out or exchanged (Levenshtein), row by row. */
static size_t edits(const char *a, const char *b)
{
	size_t row[LONGEST + 1], na = strlen(a), nb = strlen(b);

	if (na > LONGEST || nb > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t above = row[j];
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);

			row[j] = least(above + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = above;
		}
	}
	return row[nb];
}

/* "acquired", "acquisitions": 5 */
static size_t common_begin(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/*
 * Who writes only a part of a name is nearer than who writes another one, and its begin nearest.
 * FAR: so many edits that nobody can have meant it.
 */
enum { SUBSTRING = 1, EDITED = 2, FAR = LONGEST };
static size_t distance(const char *wanted, const char *name)
{
	size_t n = edits(wanted, name);

	if (!strncmp(name, wanted, strlen(wanted)))
		return 0;
	if (strstr(name, wanted) || strstr(wanted, name))
		return SUBSTRING;
	if (2 * n > strlen(wanted) + 1 && 2 * common_begin(wanted, name) <= strlen(wanted))
		return FAR;
	return EDITED + n;
}

void nearest_offer(struct nearest *n, const char *name)
{
	size_t d = distance(n->wanted, name), at = n->n;

	if (d == FAR)
		return;
	for (size_t i = 0; i < n->n; i++)
		if (!strcmp(n->names[i], name))
			return;
	while (at > 0 && n->distances[at - 1] > d)
		at--;
	if (at == NEAREST_NAMES)
		return;
	if (n->n < NEAREST_NAMES)
		n->n++;
	for (size_t i = n->n - 1; i > at; i--) {
		n->names[i] = n->names[i - 1];
		n->distances[i] = n->distances[i - 1];
	}
	n->names[at] = name;
	n->distances[at] = d;
}

const char *nearest_words(char *buffer, size_t size, const struct nearest *n)
{
	size_t at = 0;

	*buffer = '\0';
	for (size_t i = 0; i < n->n && at < size; i++) {
		const char *before = i == 0 ? "; near it: " : ", ";

		at += (size_t)snprintf(buffer + at, size - at, "%s%s", before, n->names[i]);
	}
	return buffer;
}
