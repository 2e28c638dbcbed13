/* SPDX-License-Identifier: MIT */
#include "analyzer/metadata.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/folders.h"
#include "base/cleanup.h"
#include "base/err.h"

#define METADATA_MAGIC UINT32_C(0x75d11d57)

struct metadata_start {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t checksum, content_bits, packet_bits;
	uint8_t schemes[3], version[2];
} __attribute__((packed));

/* ---- the text ----------------------------------------------------------------------- */

/* Moves the packets' contents together. @return the length of the text, 0 of another byte order; < 0: a packet is not whole. */
static int64_t unpack(char *text, int64_t size)
{
	struct metadata_start packet;
	int64_t length = 0;

	for (int64_t at = 0; at < size;) {
		int64_t bytes, content;

		if (size - at < (int64_t)sizeof(packet.magic))
			return at ? -1 : size;
		memcpy(&packet, text + at, (size_t)(size - at < (int64_t)sizeof(packet) ? size - at : (int64_t)sizeof(packet)));
		if (packet.magic == __builtin_bswap32(METADATA_MAGIC))
			return 0;
		if (packet.magic != METADATA_MAGIC)
			return at ? -1 : size; /* plain text: babeltrace's to judge */
		bytes = size - at < (int64_t)sizeof(packet) ? 0 : packet.packet_bits / 8;
		content = packet.content_bits / 8;
		if (bytes < (int64_t)sizeof(packet) || content > bytes || bytes > size - at)
			return -1;
		if (content > (int64_t)sizeof(packet)) {
			memmove(text + length, text + at + sizeof(packet), (size_t)content - sizeof(packet));
			length += content - (int64_t)sizeof(packet);
		}
		at += bytes;
	}
	return length;
}

/* ---- the fields of structures --------------------------------------------------------- */

enum { DEEPEST = 64 };

struct name {
	const char *text;
	size_t length;
};

struct block {
	bool has_fields; /* a structure or variant: each statement ends with a field's name */
	size_t first;    /* its fields begin there in `names` */
};

struct scan {
	const char *at, *end;
	struct block blocks[DEEPEST];
	unsigned depth;
	struct name *names; /* of the open blocks */
	size_t n, size;
	struct name word;   /* the last one of the statement */
	bool after_struct;  /* that keyword was in this statement, and no brace since */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void skip_until(struct scan *s, const char *what)
{
	const char *found = memmem(s->at, (size_t)(s->end - s->at), what, strlen(what));

	s->at = found ? found + strlen(what) : s->end;
}

static void skip_string(struct scan *s)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
		s->at += *s->at == '\\' && s->at + 1 < s->end;
	s->at += s->at < s->end;
}

static bool is(const struct name *name, const char *text)
{
	return name->length == strlen(text) && !memcmp(name->text, text, name->length);
}

static void read_word(struct scan *s)
{
	struct name word = { s->at, 0 };

	while (s->at < s->end && is_word(*s->at))
		s->at++;
	word.length = (size_t)(s->at - word.text);
	s->after_struct |= is(&word, "struct") || is(&word, "variant");
	s->word = word;
}

/* @return 1, 0: too deep to be any of LTTng's */
static int open_block(struct scan *s)
{
	if (s->depth == DEEPEST)
		return 0;
	s->blocks[s->depth++] = (struct block){ s->after_struct, s->n };
	s->after_struct = false;
	s->word.length = 0;
	return 1;
}

static int by_text(const void *a, const void *b)
{
	const struct name *one = a, *other = b;
	int order = memcmp(one->text, other->text, one->length < other->length ? one->length : other->length);

	return order ? order : (one->length > other->length) - (one->length < other->length);
}

/* @return 1, 0: it has two fields of a name. */
static int close_block(struct scan *s)
{
	size_t first;

	s->after_struct = false;
	s->word.length = 0;
	if (!s->depth)
		return 1;
	first = s->blocks[--s->depth].first;
	if (s->n > first)
		qsort(s->names + first, s->n - first, sizeof(*s->names), by_text);
	for (size_t i = first + 1; i < s->n; i++)
		if (!by_text(&s->names[i - 1], &s->names[i]))
			return 0;
	s->n = first;
	return 1;
}

static int add_name(struct scan *s, struct name name)
{
	struct name *names = s->names;

	if (s->n == s->size) {
		names = reallocarray(names, s->size * 2 + 64, sizeof(*names));
		if (!names)
			return err(-ENOMEM, "out of memory");
		s->names = names;
		s->size = s->size * 2 + 64;
	}
	names[s->n++] = name;
	return 1;
}

/* Or a part of it: `a, b;`. @return 1, or < 0. */
static int end_statement(struct scan *s)
{
	const struct block *block = s->depth ? &s->blocks[s->depth - 1] : NULL;
	struct name name = s->word;

	s->after_struct = false;
	s->word.length = 0;
	if (!block || !block->has_fields || !name.length)
		return 1;
	/* babeltrace2 takes one underscore off. */
	if (*name.text == '_' && name.length > 1)
		name = (struct name){ name.text + 1, name.length - 1 };
	return add_name(s, name);
}

/* The next token. @return 1, 0: what babeltrace2 would abort at, or < 0. */
static int scan_next(struct scan *s)
{
	char c = *s->at, next = s->at + 1 < s->end ? s->at[1] : '\0';

	if (c == '/' && (next == '*' || next == '/')) {
		s->at += 2;
		skip_until(s, next == '*' ? "*/" : "\n");
	} else if (c == '"')
		skip_string(s);
	else if (c == '[') /* how many of them: the name came before */
		skip_until(s, "]");
	else if (is_word(c))
		read_word(s);
	else {
		s->at++;
		if (c == '{')
			return open_block(s);
		if (c == '}')
			return close_block(s);
		if (c == ';' || c == ',')
			return end_statement(s);
	}
	return 1;
}

static void scan_deinit(struct scan *s)
{
	free(s->names);
}

static int scan_fields(const char *text, int64_t length)
{
	cleanup(scan_deinit) struct scan s = { .at = text, .end = text + length };
	int r = 1;

	while (r == 1 && s.at < s.end)
		r = scan_next(&s);
	return r;
}

int metadata_is_sound(const char *folder)
{
	enum { LARGEST = 64 << 20 }; /* LTTng's of our events has 10 KiB */
	cleanup(fdp) int fd = folders_open(folder, "metadata");
	cleanup(freep) char *text = NULL;
	int64_t length;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_size == 0 || st.st_size > LARGEST)
		return 0;
	text = malloc((size_t)st.st_size);
	if (!text)
		return err(-ENOMEM, "out of memory");
	if (pread(fd, text, (size_t)st.st_size, 0) != st.st_size)
		return 0;
	length = unpack(text, st.st_size);
	return length < 0 ? 0 : scan_fields(text, length);
}
