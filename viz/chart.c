/* SPDX-License-Identifier: MIT */
#include "viz/chart.h"

#include <string.h>

enum { POWERS = 64, ROWS = 4, STEPS = 8, LEFT = 10, WIDEST = 3, LABEL = 8 };

struct chart {
	uint64_t counts[POWERS], most;
	unsigned first, last; /* the columns that are not empty */
	unsigned width;       /* of a column, with a gap where there is room */
	bool any;
};

static void add(void *data, uint64_t from_ns, uint64_t to_ns, uint64_t count)
{
	struct chart *c = data;
	/* Buckets of the histogram lie within a power of two. */
	unsigned power = from_ns ? 63 - (unsigned)__builtin_clzll(from_ns) : 0;

	(void)to_ns;
	c->counts[power] += count;
	if (c->counts[power] > c->most)
		c->most = c->counts[power];
	if (!c->any)
		c->first = power;
	c->any = true;
	c->last = power;
}

/* In eighths of a row. */
static unsigned height(const struct chart *c, unsigned power)
{
	unsigned full = ROWS * STEPS;
	unsigned h = (unsigned)((double)c->counts[power] / (double)c->most * full + 0.5);

	return h || !c->counts[power] ? h : 1;
}

static unsigned fitting_width(const struct chart *c, const struct page *page)
{
	unsigned width = WIDEST, columns = c->last - c->first + 1;

	while (page->width && width > 1 && LEFT + 2 + columns * width + LABEL > page->width)
		width--;
	return width;
}

static void print_bar(const struct chart *c, const struct page *page, unsigned eighths)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ascii[] = " ..::||##";

	for (unsigned i = 0; i == 0 || i + 1 < c->width; i++)
		if (page->utf8)
			fputs(blocks[eighths], page->out);
		else
			fputc(ascii[eighths], page->out);
}

static void print_row(const struct chart *c, const struct page *page, unsigned row)
{
	unsigned blanks = 0; /* held back: no line ends with them */

	fprintf(page->out, "%*s %s", LEFT, row == ROWS - 1 ? COUNT(c->most) : "", page->utf8 ? "│" : "|");
	for (unsigned p = c->first; p <= c->last; p++) {
		unsigned h = height(c, p), base = row * STEPS;

		if (h <= base) {
			blanks += c->width;
			continue;
		}
		fprintf(page->out, "%*s", (int)blanks, "");
		print_bar(c, page, h - base > STEPS ? STEPS : h - base);
		blanks = c->width > 1;
	}
	fputc('\n', page->out);
}

/* "16 us": where a column begins, to two digits. */
static void label(char *buffer, size_t size, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	size_t unit = 0;

	for (; unit < 3 && value >= 999.5; unit++)
		value /= 1000;
	snprintf(buffer, size, "%.*f %s", value < 9.95 && unit ? 1 : 0, value, units[unit]);
}

static void print_labels(const struct chart *c, const struct page *page)
{
	unsigned every = LABEL / c->width + (LABEL % c->width != 0);
	char text[TEXT_NUMBER];

	fprintf(page->out, "%*s %s", LEFT, "", page->utf8 ? "└" : "+");
	for (unsigned p = c->first; p <= c->last; p += every) {
		label(text, sizeof(text), p ? UINT64_C(1) << p : 0);
		fprintf(page->out, "%-*s", p + every <= c->last ? (int)(c->width * every) : 0, text);
	}
	fputc('\n', page->out);
}

void chart_print(const struct histogram *h, const struct page *page)
{
	struct chart c = { .any = false };

	histogram_each(h, add, &c);
	if (!c.any)
		return;
	c.width = fitting_width(&c, page);
	for (unsigned row = ROWS; row-- > 0;)
		print_row(&c, page, row);
	print_labels(&c, page);
}
