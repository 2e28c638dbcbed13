/* SPDX-License-Identifier: MIT */
#include "viz/rule.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "viz/cell.h"
#include "viz/choice.h"
#include "viz/nearest.h"

enum { WORD = 96 };

/* Where a metric is looked for, in this order. */
static const char *const tables_of_rules[] = { "gils", "threads", "pairs", "buckets", "quality", "trace",
					       NULL };

static const struct {
	const char *text;
	enum rule_op op;
} operators[] = {
	/* Those of two characters first. */
	{ ">=", RULE_GE }, { "<=", RULE_LE }, { "==", RULE_EQ }, { "!=", RULE_NE },
	{ ">", RULE_GT },  { "<", RULE_LT },
};

/* ---- reading one --------------------------------------------------------------------- */

/* Not isspace(): a rule is quoted in sentences, and what turns a terminal's page is no blank of ours. */
static bool is_blank(char c)
{
	return c == ' ';
}

/* The word in [from, to) without the blanks around it. @return 0, or -EINVAL when it is too long. */
static int word_between(char word[WORD], const char *from, const char *to)
{
	while (from < to && is_blank(*from))
		from++;
	while (to > from && is_blank(to[-1]))
		to--;
	if (to - from >= WORD)
		return -EINVAL;
	memcpy(word, from, (size_t)(to - from));
	word[to - from] = '\0';
	return 0;
}

static int parse_operator(struct rule *rule, const char **at)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t length = strlen(operators[i].text);

		if (!strncmp(*at, operators[i].text, length)) {
			rule->op = operators[i].op;
			*at += length;
			return 0;
		}
	}
	return err(-EINVAL, "'%s': a rule compares with >, >=, <, <=, == or !=", rule->text);
}

/* Where the comparison begins; the end of the text where there is none. */
static const char *operator_in(const char *text)
{
	return text + strcspn(text, "<>=!");
}

static int no_metric(const struct rule *rule, const char *metric, const char *bare, bool course)
{
	struct nearest near = { .wanted = bare };
	char words[NEAREST_WORDS];

	for (const char *const *name = tables_of_rules; *name; name++) {
		const struct table_columns *t = table_find(*name);

		for (size_t i = 0; i < t->n_columns; i++)
			if (course || strcmp(*name, "buckets"))
				nearest_offer(&near, t->columns[i].name);
	}
	return err(-EINVAL, "'%s': there is no metric '%s'%s", rule->text, metric,
		   nearest_words(words, sizeof(words), &near));
}

static int find_metric(struct rule *rule, const char *metric, bool course)
{
	const char *dot = strchr(metric, '.'), *bare = dot ? dot + 1 : metric;

	for (const char *const *name = tables_of_rules; *name && !rule->column; name++) {
		bool meant = !dot || (strlen(*name) == (size_t)(dot - metric) &&
				      !strncmp(*name, metric, (size_t)(dot - metric)));

		if (!meant || (!course && !strcmp(*name, "buckets")))
			continue;
		rule->table = table_find(*name);
		rule->column = choice_column(rule->table, bare);
	}
	if (rule->column)
		return 0;
	if (dot && !course && !strncmp(metric, "buckets.", strlen("buckets.")))
		return err(-EINVAL, "'%s': there are buckets only with --by", rule->text);
	return no_metric(rule, metric, bare, course);
}

/* A number with one of the units; "" is the unit of a bare one. */
struct unit {
	const char *name;
	double factor, divisor; /* 57 / 100 is 0.57, but 57 * 0.01 is not */
};

/* Nothing measured is negative, and strtod() also reads "inf", "nan" and "0x10". */
static bool begins_decimal(const char *text)
{
	return (isdigit((unsigned char)*text) || *text == '.') && text[1] != 'x' && text[1] != 'X';
}

/* "10ms", "10 ms" */
static int parse_number(const struct rule *rule, const char *text, const struct unit *units,
			const char *wants, double *out)
{
	char *end;
	double number = strtod(text, &end);

	if (end != text && isfinite(number) && begins_decimal(text))
		for (end += strspn(end, " "); units->name; units++)
			if (!strcmp(end, units->name)) {
				*out = number * units->factor / units->divisor;
				return 0;
			}
	return err(-EINVAL, "'%s': %s is compared with %s, not with '%s'", rule->text,
		   rule->column->name, wants, text);
}

/* As exact as what is measured: whole ns. */
static int parse_duration(struct rule *rule, const char *text)
{
	static const struct unit units[] = { { "ns", 1, 1 },  { "us", 1e3, 1 }, { "ms", 1e6, 1 },
					     { "s", 1e9, 1 }, { NULL, 0, 0 } };
	int r;

	if (!strcmp(text, "0"))
		return 0;
	r = parse_number(rule, text, units, "a duration such as 10ms (ns, us, ms, s)", &rule->value);
	rule->value = round(rule->value);
	return r;
}

static int parse_ratio(struct rule *rule, const char *text)
{
	static const struct unit units[] = { { "", 1, 1 }, { "%", 1, 100 }, { NULL, 0, 0 } };
	int r = parse_number(rule, text, units, "a number such as 0.5 or 50%", &rule->value);

	rule->value = column_rounded(rule->value);
	return r;
}

static int parse_value(struct rule *rule, const char *text)
{
	static const struct unit counts[] = { { "", 1, 1 }, { NULL, 0, 0 } };

	switch (rule->column->type) {
	case COLUMN_NS:
		return parse_duration(rule, text);
	case COLUMN_RATIO:
		return parse_ratio(rule, text);
	case COLUMN_COUNT:
		return parse_number(rule, text, counts, "a number", &rule->value);
	case COLUMN_FLAG:
		rule->value = !strcmp(text, "true");
		if (!strcmp(text, "true") || !strcmp(text, "false"))
			return 0;
		return err(-EINVAL, "'%s': %s is compared with true or false, not with '%s'", rule->text,
			   rule->column->name, text);
	default:
		return err(-EINVAL, "'%s': %s is no measure", rule->text, rule->column->name);
	}
}

static int parse_finding(struct rule *rule, const char *name)
{
	struct nearest near = { .wanted = name };
	char words[NEAREST_WORDS];
	const char *known;

	for (size_t i = 0; (known = findings_name(i)); i++) {
		nearest_offer(&near, known);
		if (!strcmp(known, name))
			rule->finding = known;
	}
	if (rule->finding)
		return 0;
	return err(-EINVAL, "'%s': there is no finding '%s'%s; a rule about a metric is METRIC OP VALUE",
		   rule->text, name, nearest_words(words, sizeof(words), &near));
}

int rule_parse(struct rule *out, const char *text, bool course)
{
	const char *at = operator_in(text);
	char left[WORD], right[WORD];
	int r = 0;

	*out = (struct rule){ .text = text, .op = RULE_EQ };
	if (word_between(left, text, at) || (*at && !left[0]) || !*text)
		return err(-EINVAL, "'%s': a rule is METRIC OP VALUE, or the name of a finding", text);
	if (!*at)
		return parse_finding(out, left);
	r = parse_operator(out, &at);
	if (r)
		return r;
	if (word_between(right, at, at + strlen(at)) || !right[0])
		return err(-EINVAL, "'%s': what is the value?", text);
	if (!strcmp(left, "finding") && (out->op == RULE_EQ || out->op == RULE_NE))
		return parse_finding(out, right);
	r = find_metric(out, left, course);
	return r ? r : parse_value(out, right);
}

/* ---- holding a recording against it ------------------------------------------------------ */

static double number(const struct column *c, struct value v)
{
	return c->type == COLUMN_RATIO ? v.ratio : c->type == COLUMN_FLAG ? v.flag : (double)v.count;
}

static bool is_broken(const struct rule *rule, double measured)
{
	switch (rule->op) {
	case RULE_GT:
		return measured > rule->value;
	case RULE_GE:
		return measured >= rule->value;
	case RULE_LT:
		return measured < rule->value;
	case RULE_LE:
		return measured <= rule->value;
	case RULE_EQ:
		return !(measured < rule->value) && !(measured > rule->value);
	default:
		return measured < rule->value || measured > rule->value;
	}
}

/* The GIL that a row is about; NULL: all. */
static const struct gil_info *gil_of(const struct rule *rule, const struct results *r, const void *row)
{
	const char *table = rule->table->name;
	uint32_t index = UINT32_MAX;

	if (!strcmp(table, "gils"))
		return &((const struct gil_metrics *)row)->info;
	if (!strcmp(table, "threads"))
		return ((const struct thread_metrics *)row)->info.gil;
	if (!strcmp(table, "pairs"))
		return r->threads[((const struct pair_metrics *)row)->waiter].info.gil;
	if (!strcmp(table, "buckets"))
		index = ((const struct bucket *)row)->gil;
	for (size_t i = 0; i < r->n_gils; i++)
		if (r->gils[i].info.index == index)
			return &r->gils[i].info;
	return NULL;
}

/* A thread that --thread left out is only named: nothing was measured. */
static bool was_measured(const struct rule *rule, const void *row)
{
	const struct thread_metrics *t = row;

	return strcmp(rule->table->name, "threads") || t->info.selected;
}

static bool is_known(const struct rule *rule, const struct results *r, const void *row,
		     struct value value)
{
	const struct gil_info *gil = gil_of(rule, r, row);

	/* A 0 for "no values" is a 0; one for "cannot be seen" is not known. */
	return value.known &&
	       (rule->column->statistic || !gil || !cell_says_nothing(rule->column, row, gil));
}

/*
 * Is a ratio not known for the only reason that nothing happened: 0 of 0? Of the ratios that are not
 * listed, what is divided is 0 wherever its divisor is.
 */
static bool nothing_happened(const struct rule *rule, const struct results *r, const void *row)
{
	static const struct {
		const char *ratio, *divided;
	} ratios[] = {
		{ "badness", "failed_attempts" },
		{ "retries_per_acquisition", "retries" },
		{ "ticks_per_check", "ticks" },
	};
	const struct gil_info *gil = gil_of(rule, r, row);

	if (rule->column->type != COLUMN_RATIO || (gil && cell_says_nothing(rule->column, row, gil)))
		return false;
	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++)
		if (!strcmp(ratios[i].ratio, rule->column->name))
			return !column_value(r, column_find(rule->table, ratios[i].divided), row).count;
	return true;
}

struct verdict {
	size_t known, idle, unknown, broken; /* rows */
	const void *worst;
	double measured;
};

static void look(struct verdict *v, const struct rule *rule, const struct results *r, const void *row)
{
	struct value value = column_value(r, rule->column, row);
	bool low = rule->op == RULE_LT || rule->op == RULE_LE;
	double measured;

	if (!was_measured(rule, row))
		return;
	if (!is_known(rule, r, row, value)) {
		*(nothing_happened(rule, r, row) ? &v->idle : &v->unknown) += 1;
		return;
	}
	v->known++;
	measured = number(rule->column, value);
	if (!is_broken(rule, measured))
		return;
	if (!v->broken++ || (low ? measured < v->measured : measured > v->measured)) {
		v->worst = row;
		v->measured = measured;
	}
}

static void say_thread(const struct results *r, uint32_t row, const struct page *page)
{
	const struct thread_metrics *t;

	if (row >= r->n_threads) {
		fputs(row == PAIR_OTHERS ? "others" : "nobody", page->out);
		return;
	}
	t = &r->threads[row];
	fprintf(page->out, "%s", t->folded ? "(others)" : NAME(page, t->info.name));
	if (!t->folded)
		fprintf(page->out, " (tid %" PRId32 ")", t->info.tid);
}

static void say_where(const struct rule *rule, const struct results *r, const void *row,
		      const struct page *page)
{
	const char *table = rule->table->name;
	const struct gil_info *gil = gil_of(rule, r, row);

	if (!strcmp(table, "threads")) {
		fputs(" of thread ", page->out);
		say_thread(r, (uint32_t)((const struct thread_metrics *)row - r->threads), page);
	} else if (!strcmp(table, "pairs")) {
		fputs(" of ", page->out);
		say_thread(r, ((const struct pair_metrics *)row)->waiter, page);
		fputs(" waiting for ", page->out);
		say_thread(r, ((const struct pair_metrics *)row)->holder, page);
	} else if (!strcmp(table, "buckets")) {
		uint64_t from_ns = results_since_begin(r, ((const struct bucket *)row)->from_ns);

		fprintf(page->out, " from +%.6f s on", (double)from_ns / 1e9);
	}
	if (gil && (r->n_gils > 1 || !strcmp(table, "gils")))
		fprintf(page->out, " of GIL %" PRIu32 " (process %" PRId32 ")", gil->index, gil->pid);
}

/* "12.3 ms (12,345,678 ns)": as people read it, and exactly. */
static void say_value(const struct rule *rule, const struct results *r, const void *row,
		      const struct page *page)
{
	char text[CELL_TEXT], exact[COLUMN_TEXT_SIZE];
	struct value value = column_value(r, rule->column, row);

	column_number(exact, rule->column, value);
	if (rule->column->type == COLUMN_COUNT || rule->column->type == COLUMN_FLAG)
		fputs(exact, page->out);
	else
		fprintf(page->out, "%s (%s%s)", cell_text(text, sizeof(text), page, rule->column, value),
			exact, rule->column->type == COLUMN_NS ? " ns" : "");
}

static bool check_findings(const struct rule *rule, const struct results *r, const struct page *page)
{
	bool wanted = rule->op == RULE_EQ;
	char text[4 * sizeof(r->findings->verdict)];

	if (!r->n_findings) {
		fprintf(page->out, "%s: nothing was found in this trace, not even that there is no problem\n",
			rule->text);
		return false;
	}
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];

		if ((strcmp(f->name, rule->finding) == 0) != wanted)
			continue;
		fprintf(page->out, "%s: %s was found: %s\n", rule->text, f->name,
			text_name(text, sizeof(text), page, f->verdict));
		return false;
	}
	return true;
}

static void say_broken(const struct rule *rule, const struct results *r, const struct verdict *v,
		       const struct page *page)
{
	fprintf(page->out, "%s: %s", rule->text, rule->column->name);
	say_where(rule, r, v->worst, page);
	fputs(" is ", page->out);
	say_value(rule, r, v->worst, page);
	if (v->broken > 1)
		fprintf(page->out, "; %s more of the %s break it", COUNT(v->broken - 1),
			rule->table->name);
	fputc('\n', page->out);
}

bool rule_check(const struct rule *rule, const struct results *r, const struct page *page)
{
	struct verdict v = { .broken = 0 };
	size_t rows;

	if (rule->finding)
		return check_findings(rule, r, page);
	rows = rule->table->rows(r);
	for (size_t i = 0; i < rows; i++)
		look(&v, rule, r, rule->table->row(r, i));
	if (v.broken) {
		say_broken(rule, r, &v, page);
		return false;
	}
	if (v.known || (v.idle && !v.unknown))
		return true;
	/* Nobody waited for anybody: that is known, where there was a GIL at all. */
	if (!rows && r->n_gils && !strcmp(rule->table->name, "pairs"))
		return true;
	fprintf(page->out, "%s: %s is not known in this trace\n", rule->text, rule->column->name);
	return false;
}
