/* SPDX-License-Identifier: MIT */
#include "viz/battle.h"

#include "base/err.h"
#include "viz/array.h"
#include "viz/battle_fold.h"
#include "viz/battle_line.h"
#include "viz/battle_pick.h"
#include "viz/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

/* What the explainer makes of an event. */
struct meaning {
	enum bracket bracket;
	const char *sentence;
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
	/* What draws brackets holds lines back until it knows whether they belong into one. */
	struct explainer *explainer;
	bool holds;
	struct held_line {
		const struct gil_info *gil; /* NULL: of all */
		char *text;
		size_t len;
	} *held; /* `n_held_room` is its room */
	size_t n_held, n_held_room;
	struct battle_fold fold;
	struct picker *picker; /* NULL: all lines are shown */
	int broken;            /* memory was short */
};

/* ---- lines ------------------------------------------------------------------ */

static bool is_full(const struct battle *b)
{
	return (b->options.limit && b->lines >= b->options.limit) || ferror(b->page.out);
}

/* Nothing that is still to come will be shown. */
static bool is_done(const struct battle *b)
{
	return is_full(b) || (b->picker && picker_is_done(b->picker));
}

static void print_line(struct battle *b, const char *margin, const char *line, size_t len)
{
	if (is_full(b))
		return;
	b->lines++;
	fputs(margin, b->page.out);
	fwrite(line, 1, len, b->page.out);
	fputc('\n', b->page.out);
}

/* Prints one line, led by the margin in which the brackets stand; or leaves it to who chooses. */
static void put_line(struct battle *b, const struct gil_info *gil, const char *margin, const char *line,
		     size_t len)
{
	char inked[64] = "";

	if (b->explainer)
		snprintf(inked, sizeof(inked), "%s%s%s", text_ink(&b->page, INK_NOTE), margin,
			 text_ink(&b->page, INK_PLAIN));
	if (!b->picker)
		print_line(b, inked, line, len);
	else if (!b->broken)
		b->broken = picker_put(b->picker, gil, inked, line, len);
}

/* Prints what was held back, in a bracket or without. */
static void let_go(struct battle *b, bool bracket)
{
	const char *opening = b->page.utf8 ? "signal ╭ " : "signal ( ";
	const char *inside = b->page.utf8 ? "       │ " : "       ( ";
	const char *closing = b->page.utf8 ? "       ╰ " : "       ( ";

	for (size_t i = 0; i < b->n_held; i++) {
		struct held_line *l = &b->held[i];
		const char *margin = i == 0 ? opening : i + 1 < b->n_held ? inside : closing;

		put_line(b, l->gil, bracket ? margin : "         ", l->text, l->len);
		free(steal(&l->text));
	}
	b->n_held = 0;
	b->holds = false;
}

static void hold_back(struct battle *b, const struct gil_info *gil, const char *line, size_t len)
{
	char *copy = NULL;

	if (!b->broken)
		b->broken = array_reach(&b->held, &b->n_held_room, b->n_held, sizeof(*b->held));
	if (!b->broken)
		copy = strndup(line, len);
	if (!b->broken && !copy)
		b->broken = err(-ENOMEM, "out of memory");
	if (!b->broken)
		b->held[b->n_held++] = (struct held_line){ gil, copy, len };
}

/* A finished line goes to the page, or waits. */
static void emit(struct battle *b, const struct gil_info *gil, const char *line, size_t len)
{
	if (b->picker && !b->broken)
		b->broken = picker_announce(b->picker, gil);
	if (b->holds)
		hold_back(b, gil, line, len);
	else
		put_line(b, gil, "         ", line, len);
}

/* ---- whole lines -------------------------------------------------------------- */

static void add_prefix(struct battle_line *l, const struct battle *b, const struct gil_info *gil)
{
	if (b->n_gils < 2 || !gil)
		return;
	if (b->siblings)
		battle_line_add(l, "[pid %" PRId32 " gil %" PRIu32 "] ", gil->pid, gil->index);
	else
		battle_line_add(l, "[pid %" PRId32 "] ", gil->pid);
}

/* What is no event stands after dots. */
__attribute__((format(printf, 4, 5)))
static void remark(struct battle *b, const struct gil_info *gil, enum ink ink, const char *fmt, ...)
{
	struct battle_line l = { .len = 0 };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_prefix(&l, b, gil);
	battle_line_add(&l, "%s..... %s%s", text_ink(&b->page, ink), text, text_ink(&b->page, INK_PLAIN));
	emit(b, gil, l.text, l.len);
}

static void print_event(struct battle *b, const struct gil_event *e, const struct step *step)
{
	const struct battle_look look = { &b->page, b->options.fields, b->origin_ns, b->last_ns };
	struct battle_line l = { .len = 0 };

	add_prefix(&l, b, step->gil);
	battle_line_add_event(&l, &look, e, step);
	emit(b, step->gil, l.text, l.len);
	b->last_ns = e->ts_ns;
}

/* A sentence stands on lines of its own, which begin with "#". */
static int print_sentence(struct battle *b, const struct gil_info *gil, const char *sentence)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	struct page narrow = b->page;

	if (!*sentence || !b->options.explain)
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
		emit(b, gil, line, (size_t)(end - line));
	}
	return 0;
}

/* ---- the sink ----------------------------------------------------------------- */

static int explain_event(struct battle *b, const struct gil_event *e, const struct step *step, struct meaning *m)
{
	*m = (struct meaning){ BRACKET_NONE, "" };
	return b->explainer ? explainer_event(b->explainer, e, step, &m->bracket, &m->sentence) : 0;
}

/* What a callback returns. */
static int end_of(const struct battle *b)
{
	return b->broken ? b->broken : is_done(b) ? SINK_E_ENOUGH : 0;
}

/* All of the wait, also what a bracket of another GIL holds back. */
static void show_wait(struct battle *b)
{
	let_go(b, false);
	if (!b->broken)
		picker_show_due(b->picker);
}

static int show_event(struct battle *b, const struct gil_event *e, const struct step *step, const struct meaning *m)
{
	int r = b->picker ? picker_event(b->picker, e, step) : 0;

	if (r)
		return r;
	if (step->switched_from)
		remark(b, step->gil, INK_STRONG, "A thread switch");
	b->holds |= m->bracket == BRACKET_OPEN;
	if (m->bracket == BRACKET_DROP)
		let_go(b, false);
	print_event(b, e, step);
	if (m->bracket == BRACKET_CLOSE)
		let_go(b, true);
	r = print_sentence(b, step->gil, m->sentence);
	if (step->violation)
		remark(b, step->gil, INK_BAD, "unlawful: %s", step->violation);
	return r;
}

/* What is folded becomes a line; what was kept follows. */
static int unfold(struct battle *b)
{
	const struct meaning nothing = { BRACKET_NONE, "" };
	struct battle_fold *f = &b->fold;
	int r = 0;

	if (f->rounds) {
		remark(b, f->gil, INK_NOTE, "%s more %s like this, %s", COUNT(f->rounds), PLURAL(f->rounds, "round"),
		       DURATION((uint64_t)(f->to_ns - f->from_ns)));
		b->last_ns = f->to_ns;
	}
	for (size_t i = 0; i < f->n_kept && !r; i++)
		r = show_event(b, &f->kept[i].event, &f->kept[i].step, &nothing);
	battle_fold_clear(f);
	return r;
}

/* No round goes on over what comes now. */
static int end_fold(struct battle *b)
{
	b->fold.thread = NULL;
	return unfold(b);
}

static int on_event(void *data, const struct gil_event *e, const struct step *step)
{
	struct battle *b = data;
	struct meaning m;
	bool quiet;
	int r;

	if (e->kind < GIL_FIRST_HOT || !step->thread)
		return 0;
	r = explain_event(b, e, step, &m);
	if (r)
		return r;
	if (m.bracket == BRACKET_DROP && !b->holds)
		m.bracket = BRACKET_NONE;
	quiet = !step->switched_from && !step->violation && m.bracket == BRACKET_NONE &&
		(!b->options.explain || !*m.sentence);
	if (b->options.fold && battle_fold_takes(&b->fold, e, step, quiet))
		return 0;
	r = unfold(b);
	if (!r)
		r = show_event(b, e, step, &m);
	if (b->picker && picker_is_due(b->picker))
		show_wait(b);
	return r ? r : end_of(b);
}

/* What an attempt ended with comes after it; nothing does at the trace's end. */
static int on_attempt(void *data, const struct attempt *attempt)
{
	struct battle *b = data;
	bool is_long = b->options.min_wait_ns && (uint64_t)(attempt->to_ns - attempt->from_ns) >= b->options.min_wait_ns;
	/* Its ENTRY may be kept. */
	int r = is_long ? end_fold(b) : 0;

	if (!r)
		r = picker_attempt(b->picker, attempt);
	if (!r && attempt->still_waiting && picker_is_due(b->picker))
		show_wait(b);
	return r;
}

static int on_begin(void *data, const struct trace_info *trace)
{
	struct battle *b = data;

	b->origin_ns = trace->origin_ns;
	if (b->picker)
		picker_begin(b->picker, trace->origin_ns,
			     time_bound_resolve(&b->options.around, trace->origin_ns, trace->about_end_ns, 0));
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
	int r = end_fold(b);

	if (!r)
		r = count_gil(b, gil);

	if (r)
		return r;
	if (b->n_gils > before && !gil_shows_retries(gil))
		remark(b, gil, INK_STRONG, "No RETRY: failed wake-ups cannot be seen here");
	if (!b->explainer)
		return 0;
	return print_sentence(b, gil, explainer_gil(b->explainer, gil));
}

static int on_thread(void *data, const struct thread_info *thread)
{
	struct battle *b = data;
	const char *sentence;
	int r = end_fold(b);

	if (r || !b->explainer || !thread->selected)
		return r;
	r = explainer_thread(b->explainer, thread, &sentence);
	return r ? r : print_sentence(b, thread->gil, sentence);
}

static int on_retire(void *data, const struct thread_info *const *threads, size_t n)
{
	struct battle *b = data;
	int r = end_fold(b);

	if (b->explainer)
		explainer_retire(b->explainer, threads, n);
	return r;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	struct battle *b = data;
	int r = end_fold(b);

	if (r)
		return r;
	if (loss->packets)
		remark(b, NULL, INK_BAD, "%s %s of events lost here", COUNT(loss->packets),
		       PLURAL(loss->packets, "packet"));
	else if (loss->events_known)
		remark(b, NULL, INK_BAD, "%s %s lost here", COUNT(loss->events),
		       PLURAL(loss->events, "event"));
	else
		remark(b, NULL, INK_BAD, "events lost here, nobody knows how many");
	return end_of(b);
}

static int on_end(void *data, const struct trace_end *end)
{
	struct battle *b = data;
	int r = end_fold(b);

	(void)end;
	if (r)
		return r;
	let_go(b, false);
	if (b->picker && !b->broken)
		picker_end(b->picker);
	return b->broken;
}

/* What who chooses wants to be printed. */
static void print_picked(void *data, const struct gil_info *gil, const char *line, size_t len, bool shout)
{
	struct battle *b = data;
	struct battle_line l = { .len = 0 };

	if (!shout) {
		print_line(b, "", line, len);
		return;
	}
	add_prefix(&l, b, gil);
	battle_line_add(&l, "%s..... %.*s%s", text_ink(&b->page, INK_STRONG), (int)len, line, text_ink(&b->page, INK_PLAIN));
	print_line(b, b->explainer ? "         " : "", l.text, l.len);
}

static int choose(struct battle *b)
{
	const struct battle_options *o = &b->options;
	struct pick_options pick = { o->around.kind != BOUND_OPEN, o->context, o->min_wait_ns };

	if (!pick.around && !pick.min_wait_ns)
		return 0;
	if (!pick.context)
		pick.context = pick.around ? PICK_AROUND : PICK_WAIT;
	b->sink.attempt = on_attempt;
	return picker_new(&b->picker, &b->page, &pick, print_picked, b);
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
	r = choose(b);
	if (r)
		return r;
	if (options->explain || options->brackets) {
		r = explainer_new(&b->explainer, page);
		if (r)
			return r;
	}
	if (b->explainer || options->fold)
		b->sink.retire = on_retire;
	*out = steal(&b);
	return 0;
}

struct battle *battle_free(struct battle *b)
{
	if (!b)
		return NULL;
	for (size_t i = 0; i < b->n_held; i++)
		free(b->held[i].text);
	free(b->held);
	picker_free(b->picker);
	explainer_free(b->explainer);
	free(b->gils);
	free(b);
	return NULL;
}

struct sink *battle_sink(struct battle *b)
{
	return &b->sink;
}
