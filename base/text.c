/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <wchar.h>

const char *text_ink(const struct page *page, enum ink ink)
{
	static const char *const codes[] = {
		[INK_PLAIN] = "\033[0m", [INK_STRONG] = "\033[1m", [INK_FAINT] = "\033[2m",
		[INK_GOOD] = "\033[32m", [INK_BAD] = "\033[31m",   [INK_NOTE] = "\033[36m",
	};

	return page->colour ? codes[ink] : "";
}

const char *text_ink_of(const struct page *page, uint32_t index)
{
	static const char *const codes[] = { "\033[33m", "\033[94m", "\033[35m",
					     "\033[93m", "\033[34m", "\033[95m" };

	return page->colour ? codes[index % (sizeof(codes) / sizeof(codes[0]))] : "";
}

/* ---- strings --------------------------------------------------------------- */

unsigned text_character(const char *s, uint32_t *out)
{
	const unsigned char *b = (const unsigned char *)s;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned len = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 :
		       b[0] < 0xf5 ? 4 : 0;
	uint32_t c = len == 1 ? b[0] : len ? b[0] & (0x7fu >> len) : 0;

	for (unsigned i = 1; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3f);
	}
	if (len && (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)))
		return 0;
	*out = c;
	return len;
}

/* Characters that would move the cursor, hide, or turn the text around. */
static bool is_treacherous(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       c >= 0xe0000;
}

const char *text_name(char *buffer, size_t size, const struct page *page, const char *name)
{
	size_t at = 0;

	while (*name && at + 17 < size) {
		uint32_t c;
		unsigned len = text_character(name, &c);

		if (len && !is_treacherous(c) && (c < 0x80 || page->utf8)) {
			memcpy(buffer + at, name, len);
			at += len;
			name += len;
			continue;
		}
		for (unsigned i = 0; i < (len ? len : 1); i++, name++)
			at += (size_t)sprintf(buffer + at, "\\x%02x", (unsigned char)*name);
	}
	buffer[at] = '\0';
	return buffer;
}

const char *text_utf8(char *buffer, size_t size, const char *text)
{
	size_t at = 0;

	while (*text && at + 5 < size) {
		uint32_t c;
		unsigned len = text_character(text, &c);

		memcpy(buffer + at, len ? text : TEXT_BROKEN, len ? len : 3);
		at += len ? len : 3;
		text += len ? len : 1;
	}
	buffer[at] = '\0';
	return buffer;
}

/* The width of the character at s, and its length in bytes. */
static unsigned char_columns(const char *s, unsigned *len)
{
	uint32_t c;
	int columns;

	*len = text_character(s, &c);
	if (!*len) {
		*len = 1;
		return 1;
	}
	columns = wcwidth((wchar_t)c);
	return columns >= 0 ? (unsigned)columns : 1;
}

unsigned text_columns(const char *s)
{
	unsigned columns = 0, len;

	for (; *s; s += len)
		columns += char_columns(s, &len);
	return columns;
}

static void put_spaces(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

/* As char_columns(), of what is not to be cut: a character, or the four of an escape. */
static unsigned unit_columns(const char *s, unsigned *len)
{
	if (s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3]))
		return *len = 4;
	return char_columns(s, len);
}

/* The begin of a string that takes more than `columns`, and an ellipsis. @return how many it takes */
static unsigned put_begin(const struct page *page, const char *s, unsigned columns)
{
	unsigned used = 0, len, next;

	while ((next = unit_columns(s, &len)) + used < columns) {
		fwrite(s, 1, len, page->out);
		used += next;
		s += len;
	}
	fputs(page->utf8 ? "…" : "~", page->out);
	return used + 1;
}

void text_pad(const struct page *page, const char *s, unsigned columns, bool right)
{
	unsigned have = text_columns(s);

	if (have <= columns) {
		if (right)
			put_spaces(page->out, columns - have);
		fputs(s, page->out);
		if (!right)
			put_spaces(page->out, columns - have);
		return;
	}
	put_spaces(page->out, columns - put_begin(page, s, columns));
}

void text_pad_middle(const struct page *page, const char *s, unsigned columns)
{
	unsigned have = text_columns(s), left, len;

	if (have <= columns || columns < 3) {
		text_pad(page, s, columns, false);
		return;
	}
	left = columns - put_begin(page, s, columns / 2);
	for (; have > left; s += len)
		have -= unit_columns(s, &len);
	fputs(s, page->out);
	put_spaces(page->out, left - have);
}

/* The length of the next word; a number keeps its unit: "5.01 ms", "49.1 %)". */
static size_t word_length(const char *text)
{
	static const char *const units[] = { "%", "ns", "us", "ms", "s" };
	size_t word = strcspn(text, " ");
	const char *next = text + word + 1;

	if (!text[word] || !word || text[word - 1] < '0' || text[word - 1] > '9')
		return word;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i]);

		if (!strncmp(next, units[i], length) && strchr(" ,;.:)", next[length]))
			return word + 1 + strcspn(next, " ");
	}
	return word;
}

void text_paragraph(const struct page *page, const char *lead, const char *text)
{
	unsigned width = page->width ? page->width : TEXT_PROSE;
	unsigned left = text_columns(lead), at = left;

	fputs(lead, page->out);
	while (*text) {
		size_t bytes = word_length(text);
		unsigned columns = 0, len;

		for (size_t i = 0; i < bytes; i += len)
			columns += char_columns(text + i, &len);
		if (at > left && at + 1 + columns > width) {
			fprintf(page->out, "\n%s", lead);
			at = left;
		}
		if (at > left) {
			fputc(' ', page->out);
			at++;
		}
		fwrite(text, 1, bytes, page->out);
		at += columns;
		text += bytes;
		text += strspn(text, " ");
	}
	fputc('\n', page->out);
}
