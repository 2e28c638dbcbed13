/* SPDX-License-Identifier: MIT */
#include "viz/csv.h"

#include <string.h>

#include "base/text.h"

/* Each broken byte of UTF-8 becomes U+FFFD. */
static void put_text(FILE *out, const char *text)
{
	bool quoted = strpbrk(text, ",\"\r\n");
	uint32_t c;

	if (quoted)
		putc('"', out);
	while (*text) {
		unsigned len = text_character(text, &c);

		if (c == '"' && len)
			putc('"', out);
		if (len)
			fwrite(text, 1, len, out);
		else
			fputs(TEXT_BROKEN, out);
		text += len ? len : 1;
	}
	if (quoted)
		putc('"', out);
}

void csv_put_header(FILE *out, const struct table_columns *table)
{
	for (size_t i = 0; i < table->n_columns; i++)
		fprintf(out, "%s%s", i ? "," : "", table->columns[i].name);
}

void csv_put_row(FILE *out, const struct results *r, const struct table_columns *table,
		 const void *row)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *c = &table->columns[i];
		struct value value = column_value(r, c, row);
		char number[COLUMN_TEXT_SIZE];

		if (i)
			putc(',', out);
		if (c->type != COLUMN_TEXT)
			fputs(column_number(number, c, value), out);
		else if (value.known)
			put_text(out, value.text);
	}
}
