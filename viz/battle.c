/* SPDX-License-Identifier: MIT */
#include "viz/battle.h"

#include "base/err.h"
#include "viz/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

static const struct {
	const char *name;
	enum battle_field field;
} field_names[] = {
	{ "time", BATTLE_TIME }, { "delta", BATTLE_DELTA },   { "cpu", BATTLE_CPU },
	{ "tid", BATTLE_TID },   { "thread", BATTLE_THREAD }, { "tick", BATTLE_TICK },
	{ "checks", BATTLE_CHECKS }, { "event", BATTLE_EVENT },
};

struct battle {
	struct page page;
	struct battle_options options;
	struct sink sink;
	int64_t origin_ns;
	int64_t last_ns; /* INT64_MIN before the first line */
	uint64_t lines;
	/* With more than one GIL each line says whose it is, as strace does with -f. */
	const struct gil_info **gils;
	size_t n_gils;
	bool siblings; /* a process has more than one */
	/* --explain holds lines back until it knows whether they belong into a bracket. */
	struct explainer *explainer;
	FILE *held;
	char *held_text;
	size_t held_size;
};

int battle_parse_fields(const char *text, unsigned *fields, const char **bad)
{
	unsigned result = *text == '+' || *text == '-' ? *fields : 0;

	for (const char *p = text, *end; *p; p = *end ? end + 1 : end) {
		bool removes = *p == '-';
		unsigned field = 0;

		p += *p == '+' || removes;
		end = strchrnul(p, ',');
		for (size_t i = 0; i < sizeof(field_names) / sizeof(field_names[0]); i++)
			if (!strncmp(p, field_names[i].name, (size_t)(end - p)) &&
			    !field_names[i].name[end - p])
				field = field_names[i].field;
		if (!field) {
			*bad = p;
			return BATTLE_E_FIELD;
		}
		result = removes ? result & ~field : result | field;
	}
	*fields = result;
	return 0;
}

/* ---- lines ------------------------------------------------------------------ */

static bool is_full(const struct battle *b)
{
	return (b->options.limit && b->lines >= b->options.limit) || ferror(b->page.out);
}

/* Prints one line, led by the margin in which the brackets stand. */
static void put_line(struct battle *b, const char *margin, const char *line, size_t len)
{
	if (is_full(b))
		return;
	b->lines++;
	if (b->explainer)
		fprintf(b->page.out, "%s%s%s", text_ink(&b->page, INK_NOTE), margin,
			text_ink(&b->page, INK_PLAIN));
	fwrite(line, 1, len, b->page.out);
	fputc('\n', b->page.out);
}

/* Prints what was held back, in a bracket or without. */
static void let_go(struct battle *b, bool bracket)
{
	const char *opening = b->page.utf8 ? "signal ╭ " : "signal ( ";
	const char *inside = b->page.utf8 ? "       │ " : "       ( ";
	const char *closing = b->page.utf8 ? "       ╰ " : "       ( ";
	const char *end;

	if (!b->held)
		return;
	fclose(steal(&b->held));
	for (const char *line = b->held_text; line && *line; line = end + 1) {
		const char *margin = line == b->held_text ? opening : inside;

		end = strchr(line, '\n');
		if (!end[1])
			margin = closing;
		put_line(b, bracket ? margin : "         ", line, (size_t)(end - line));
	}
	free(steal(&b->held_text));
}

static int hold_back(struct battle *b)
{
	if (!b->held)
		b->held = open_memstream(&b->held_text, &b->held_size);
	return b->held ? 0 : err(-ENOMEM, "out of memory");
}

/* A finished line goes to the page, or waits. */
static void emit(struct battle *b, const char *line, size_t len)
{
	if (b->held)
		fprintf(b->held, "%.*s\n", (int)len, line);
	else
		put_line(b, "         ", line, len);
}

/* ---- parts of a line ---------------------------------------------------------- */

struct line {
	char text[1024];
	size_t len;
};

/* Adds words to a line; what exceeds it is cut. */
__attribute__((format(printf, 2, 3)))
static void add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_prefix(struct line *l, const struct battle *b, const struct gil_info *gil)
{
	if (b->n_gils < 2 || !gil)
		return;
	if (b->siblings)
		add(l, "[pid %" PRId32 " gil %" PRIu32 "] ", gil->pid, gil->index);
	else
		add(l, "[pid %" PRId32 "] ", gil->pid);
}

/* Seconds with nine decimals, from exact integers. */
static void add_seconds(struct line *l, const char *sign, int width, int64_t ns)
{
	char number[48];

	snprintf(number, sizeof(number), "%s%lld.%09lld", ns < 0 ? "-" : sign,
		 llabs(ns) / 1000000000, llabs(ns) % 1000000000);
	add(l, "%*s ", width, number);
}

static void add_front(struct line *l, const struct battle *b, const struct gil_event *e)
{
	unsigned fields = b->options.fields;

	if (fields & BATTLE_TIME)
		add_seconds(l, "", 14, e->ts_ns - b->origin_ns);
	if (fields & BATTLE_DELTA)
		add_seconds(l, "+", 12, b->last_ns == INT64_MIN ? 0 : e->ts_ns - b->last_ns);
	if (fields & BATTLE_CPU && e->cpu >= 0)
		add(l, "[%03" PRId32 "] ", e->cpu);
	else if (fields & BATTLE_CPU)
		add(l, "[---] ");
	if (fields & BATTLE_TID)
		add(l, "%" PRId32 " ", e->tid);
}

static void add_event_word(struct line *l, const struct battle *b, const struct gil_event *e)
{
	static const char *const words[GIL_KINDS] = {
		[GIL_ENTRY] = "ENTRY",     [GIL_BUSY] = "BUSY",       [GIL_RETRY] = "RETRY",
		[GIL_ACQUIRE] = "ACQUIRE", [GIL_RELEASE] = "RELEASE", [GIL_LEAVE] = "LEAVE",
	};
	static const enum ink inks[GIL_KINDS] = {
		[GIL_BUSY] = INK_BAD, [GIL_RETRY] = INK_BAD,
		[GIL_ACQUIRE] = INK_GOOD, [GIL_RELEASE] = INK_NOTE,
	};
	static const char *const reasons[GIL_LEAVE_REASONS] = GIL_LEAVE_REASON_NAMES;

	if (inks[e->kind] != INK_PLAIN)
		add(l, "%s%s%s", text_ink(&b->page, inks[e->kind]), words[e->kind],
		    text_ink(&b->page, INK_PLAIN));
	else
		add(l, "%s", words[e->kind]);
	if (e->kind == GIL_LEAVE)
		add(l, " %s", (unsigned)e->reason < GIL_LEAVE_REASONS ? reasons[e->reason] : "?");
	add(l, " ");
}

static void add_columns(struct line *l, const struct battle *b, const struct gil_event *e,
			const struct step *step)
{
	unsigned fields = b->options.fields;

	if (fields & BATTLE_THREAD)
		add(l, "%s ", NAME(&b->page, step->thread->name));
	if (fields & BATTLE_TICK && e->kind != GIL_LEAVE && e->tick != GIL_NO_TICK)
		add(l, "%" PRId32 " ", e->tick);
	else if (fields & BATTLE_TICK)
		add(l, "- ");
	if (fields & BATTLE_CHECKS && e->kind != GIL_LEAVE)
		add(l, "%" PRIu64 " ", e->checks);
	else if (fields & BATTLE_CHECKS)
		add(l, "- ");
	if (fields & BATTLE_EVENT)
		add_event_word(l, b, e);
}

/* ---- whole lines -------------------------------------------------------------- */

/* What is no event stands after dots. */
__attribute__((format(printf, 4, 5)))
static void remark(struct battle *b, const struct gil_info *gil, enum ink ink, const char *fmt, ...)
{
	struct line l = { .len = 0 };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_prefix(&l, b, gil);
	add(&l, "%s..... %s%s", text_ink(&b->page, ink), text, text_ink(&b->page, INK_PLAIN));
	emit(b, l.text, l.len);
}

static void print_event(struct battle *b, const struct gil_event *e, const struct step *step)
{
	struct line l = { .len = 0 };

	add_prefix(&l, b, step->gil);
	add_front(&l, b, e);
	add_columns(&l, b, e, step);
	emit(b, l.text, l.len ? l.len - 1 : 0);
	b->last_ns = e->ts_ns;
}

/* A sentence stands on lines of its own, which begin with "#". */
static int print_sentence(struct battle *b, const char *sentence)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	struct page narrow = b->page;

	if (!*sentence)
		return 0;
	/* The margin takes nine columns; a pipe gets lines of one sentence. */
	if (narrow.width)
		narrow.width = narrow.width > 40 ? narrow.width - 9 : 31;
	else
		narrow.width = UINT_MAX;
	narrow.out = open_memstream(&text, &size);
	if (!narrow.out)
		return err(-ENOMEM, "out of memory");
	text_paragraph(&narrow, "  # ", sentence);
	fclose(narrow.out);
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		emit(b, line, (size_t)(end - line));
	}
	return 0;
}

/* ---- the sink ----------------------------------------------------------------- */

static int explain_event(struct battle *b, const struct gil_event *e, const struct step *step)
{
	enum bracket bracket;
	const char *sentence;
	int r = explainer_event(b->explainer, e, step, &bracket, &sentence);

	if (r)
		return r;
	if (bracket == BRACKET_OPEN)
		r = hold_back(b);
	if (r)
		return r;
	if (bracket == BRACKET_DROP)
		let_go(b, false);
	print_event(b, e, step);
	if (bracket == BRACKET_CLOSE)
		let_go(b, true);
	return print_sentence(b, sentence);
}

static int on_event(void *data, const struct gil_event *e, const struct step *step)
{
	struct battle *b = data;
	int r = 0;

	if (e->kind < GIL_FIRST_HOT || !step->thread)
		return 0;
	if (step->switched_from)
		remark(b, step->gil, INK_STRONG, "A thread switch");
	if (b->explainer)
		r = explain_event(b, e, step);
	else
		print_event(b, e, step);
	if (step->violation)
		remark(b, step->gil, INK_BAD, "unlawful: %s", step->violation);
	return r ? r : is_full(b) ? SINK_E_ENOUGH : 0;
}

static int on_begin(void *data, const struct trace_info *trace)
{
	struct battle *b = data;

	b->origin_ns = trace->origin_ns;
	return 0;
}

/* Notes a GIL that was not seen before. */
static int count_gil(struct battle *b, const struct gil_info *gil)
{
	const struct gil_info **grown;
	bool is_new = true;

	for (size_t i = 0; i < b->n_gils; i++) {
		is_new &= b->gils[i] != gil;
		b->siblings |= b->gils[i] != gil && gil->pid && b->gils[i]->pid == gil->pid;
	}
	if (!is_new)
		return 0;
	grown = reallocarray(b->gils, b->n_gils + 1, sizeof(const struct gil_info *));
	if (!grown)
		return err(-ENOMEM, "out of memory");
	b->gils = grown;
	b->gils[b->n_gils++] = gil;
	return 0;
}

static int on_gil(void *data, const struct gil_info *gil)
{
	struct battle *b = data;
	size_t before = b->n_gils;
	int r = count_gil(b, gil);

	if (r)
		return r;
	if (b->n_gils > before && !gil_shows_retries(gil))
		remark(b, gil, INK_STRONG, "No RETRY: failed wake-ups cannot be seen here");
	if (!b->explainer)
		return 0;
	return print_sentence(b, explainer_gil(b->explainer, gil));
}

static int on_thread(void *data, const struct thread_info *thread)
{
	struct battle *b = data;
	const char *sentence;
	int r;

	if (!b->explainer || !thread->selected)
		return 0;
	r = explainer_thread(b->explainer, thread, &sentence);
	return r ? r : print_sentence(b, sentence);
}

static int on_retire(void *data, const struct thread_info *const *threads, size_t n)
{
	explainer_retire(((struct battle *)data)->explainer, threads, n);
	return 0;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	struct battle *b = data;

	if (loss->packets)
		remark(b, NULL, INK_BAD, "%s %s of events lost here", COUNT(loss->packets),
		       PLURAL(loss->packets, "packet"));
	else if (loss->events_known)
		remark(b, NULL, INK_BAD, "%s %s lost here", COUNT(loss->events),
		       PLURAL(loss->events, "event"));
	else
		remark(b, NULL, INK_BAD, "events lost here, nobody knows how many");
	return is_full(b) ? SINK_E_ENOUGH : 0;
}

static int on_end(void *data, const struct trace_end *end)
{
	(void)end;
	let_go(data, false);
	return 0;
}

int battle_new(struct battle **out, const struct page *page, const struct battle_options *options)
{
	cleanup(battle_freep) struct battle *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return err(-ENOMEM, "out of memory");
	b->page = *page;
	b->options = *options;
	b->last_ns = INT64_MIN;
	b->sink = (struct sink){
		.name = "battle", .data = b, .begin = on_begin, .gil = on_gil,
		.thread = on_thread, .event = on_event, .lost = on_lost, .end = on_end,
	};
	if (options->explain) {
		r = explainer_new(&b->explainer, page);
		if (r)
			return r;
		b->sink.retire = on_retire;
	}
	*out = steal(&b);
	return 0;
}

struct battle *battle_free(struct battle *b)
{
	if (!b)
		return NULL;
	if (b->held)
		fclose(b->held);
	free(b->held_text);
	explainer_free(b->explainer);
	free(b->gils);
	free(b);
	return NULL;
}

struct sink *battle_sink(struct battle *b)
{
	return &b->sink;
}
