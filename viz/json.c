/* SPDX-License-Identifier: MIT */
#include "viz/json.h"

#include <string.h>

#include "base/text.h"

/* One character of a string; quotes, backslashes and control characters are escaped. */
static void put_character(FILE *out, const char *s, unsigned len)
{
	unsigned char c = (unsigned char)*s;

	if (len > 1)
		fwrite(s, 1, len, out);
	else if (c == '"' || c == '\\')
		fprintf(out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		fprintf(out, "\\u%04x", c);
	else
		putc(c, out);
}

void json_put_text(FILE *out, const char *text)
{
	uint32_t c;

	putc('"', out);
	while (*text) {
		unsigned len = text_character(text, &c);

		if (len)
			put_character(out, text, len);
		else
			fputs(TEXT_BROKEN, out);
		text += len ? len : 1;
	}
	putc('"', out);
}

void json_put_value(FILE *out, const struct column *column, struct value value)
{
	char number[COLUMN_TEXT_SIZE];

	if (!value.known)
		fputs("null", out);
	else if (column->type == COLUMN_TEXT)
		json_put_text(out, value.text);
	else if (column->type == COLUMN_ID || column->type == COLUMN_EPOCH)
		json_put_text(out, column_number(number, column, value));
	else
		fputs(column_number(number, column, value), out);
}

static bool same_group(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void json_put_row(FILE *out, const struct results *r, const struct table_columns *table,
		  const void *row)
{
	const char *group = NULL;

	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *c = &table->columns[i];
		bool same = same_group(c->group, group);

		if (group && !same)
			putc('}', out);
		if (i)
			putc(',', out);
		if (c->group && !same)
			fprintf(out, "\"%s\":{", c->group);
		group = c->group;
		fprintf(out, "\"%s\":", group ? c->member : c->name);
		json_put_value(out, c, column_value(r, c, row));
	}
	if (group)
		putc('}', out);
}

void json_put_known(FILE *out, const struct results *r, const struct table_columns *table,
		    const void *row)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *c = &table->columns[i];
		struct value value = column_value(r, c, row);

		if (!value.known)
			continue;
		fputs(",\"", out);
		fputs(c->name, out);
		fputs("\":", out);
		json_put_value(out, c, value);
	}
}
