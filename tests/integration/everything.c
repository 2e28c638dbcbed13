/* SPDX-License-Identifier: MIT */
/* Prints all that the library tells of a trace, a line each, and checks what it promises: see test_library.py. */
#include <gilscope.h>
#include <inttypes.h>
#include <string.h>

static int64_t begin_ns;
static int failures;

#define CHECK(condition) \
	((condition) ? (void)0 : (void)(failures++, fprintf(stderr, "line %d: %s\n", __LINE__, #condition)))

static int on_begin(void *data, const struct gilscope_trace *trace)
{
	(void)data;
	begin_ns = trace->begin_ns;
	return 0;
}

static void print_index(uint32_t index)
{
	if (index == GILSCOPE_NONE)
		printf(" -");
	else
		printf(" %" PRIu32, index);
}

static int on_thread(void *data, const struct gilscope_thread *t)
{
	(void)data;
	printf("thread %" PRIu32 " %" PRIu32 " %" PRId32 " %s\n", t->index, t->gil, t->tid, t->name);
	return 0;
}

static int on_event(void *data, const struct gilscope_event *e)
{
	(void)data;
	printf("event %" PRId64 " %s %" PRIu32, e->ts_ns - begin_ns, gilscope_event_name(e->kind), e->gil);
	print_index(e->thread);
	printf(" %s", e->thread == GILSCOPE_NONE ? "-" : gilscope_state_name(e->after));
	print_index(e->holder);
	printf(" %" PRIu32 "\n", e->waiters);
	return 0;
}

static int on_interval(void *data, const struct gilscope_interval *i)
{
	(void)data;
	printf("interval %" PRIu32 " %" PRIu32 " %s %" PRId64 " %" PRId64 " %d\n", i->thread, i->gil,
	       gilscope_state_name(i->state), i->from_ns - begin_ns, i->to_ns - begin_ns, i->whole);
	return 0;
}

static int on_attempt(void *data, const struct gilscope_attempt *a)
{
	int64_t sum_ns = 0;

	(void)data;
	for (size_t i = 0; i < a->n_blames; i++)
		sum_ns += a->blames[i].ns;
	CHECK(!a->whole || sum_ns == a->to_ns - a->from_ns);
	printf("attempt %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRId64 " %" PRIu32 " %" PRIu32 " %zu\n", a->thread,
	       a->gil, a->from_ns - begin_ns, a->to_ns - begin_ns, a->busy, a->retries, a->n_blames);
	return 0;
}

static int on_handover(void *data, const struct gilscope_handover *h)
{
	(void)data;
	printf("handover %" PRIu32 " %" PRIu32 " %" PRId64 "\n", h->from, h->to, h->acquired_ns - begin_ns);
	return 0;
}

/* Has enough after its first event. */
static int count(void *data, const struct gilscope_event *e)
{
	(void)e;
	(*(int *)data)++;
	return GILSCOPE_ENOUGH;
}

static int count_end(void *data, const struct gilscope_end *end)
{
	(void)end;
	*(int *)data += 100;
	return 0;
}

static void print_tables(const struct gilscope *g)
{
	char cell[4096];

	for (size_t t = 0; t < gilscope_tables(); t++)
		for (size_t row = 0; row < gilscope_rows(g, gilscope_table_name(t)); row++)
			for (size_t c = 0; c < gilscope_columns(t); c++)
				printf("cell %s %zu %s %s\n", gilscope_table_name(t), row, gilscope_column_name(t, c),
				       gilscope_text(cell, sizeof(cell), gilscope_value(g, t, row, c)));
}

static void check_what_is_not_there(const struct gilscope *g)
{
	CHECK(!gilscope_get(g, "threads", 0, "colour").known);
	CHECK(!gilscope_get(g, "colours", 0, "name").known);
	CHECK(!gilscope_get(g, "threads", 1000000, "name").known);
	CHECK(gilscope_find_table("colours") == -1 && gilscope_find_column(0, "colour") == -1);
	CHECK(!gilscope_table_name(1000) && !gilscope_column_name(0, 1000) && !gilscope_columns(1000));
	CHECK(gilscope_rows(g, "colours") == 0);
}

/* What is asked wrongly: with a sentence, and nothing else happens. */
static void check_options(const char *path)
{
	struct gilscope_options newer[2] = { { .size = sizeof(newer), .path = path }, { .size = 1 } };
	struct gilscope_options o = { .path = path };
	struct gilscope *g;

	CHECK(gilscope_read(&g, &o) == GILSCOPE_E_OPTION && !g && *gilscope_error());
	CHECK(gilscope_read(&g, newer) == GILSCOPE_E_OPTION && strstr(gilscope_error(), "older than the program"));
	newer[1].size = 0;
	CHECK(!gilscope_open(&g, newer));
	gilscope_free(g);
	/* An older program, that knew nothing behind the path. */
	o.size = offsetof(struct gilscope_options, gil);
	o.gil = "nonsense";
	CHECK(!gilscope_open(&g, &o));
	gilscope_free(g);
	o.size = sizeof(o);
	CHECK(gilscope_open(&g, &o) == GILSCOPE_E_OPTION && strstr(gilscope_error(), "names no GIL"));
	o.gil = NULL;
	o.path = "/nowhere";
	CHECK(gilscope_read(&g, &o) < 0 && !g && strstr(gilscope_error(), "no trace"));
	CHECK(!*gilscope_error());
	gilscope_free(NULL);
	gilscope_survey_free(NULL);
}

static void check_steps(const char *path)
{
	struct gilscope_options o = { .size = sizeof(o), .path = path, .only_listen = true };
	struct gilscope_page page = { .size = sizeof(page), .out = stdout };
	struct gilscope_listener counter = { .size = sizeof(counter), .event = count, .end = count_end };
	struct gilscope *g;
	int counted = 0;

	counter.data = &counted;
	CHECK(!gilscope_open(&g, &o));
	CHECK(gilscope_print_report(g, &page, NULL) < 0 && gilscope_rows(g, "trace") == 0);
	CHECK(!gilscope_add_listener(g, &counter) && !gilscope_run(g) && counted == 101);
	CHECK(gilscope_run(g) < 0 && gilscope_add_listener(g, &counter) < 0);
	CHECK(gilscope_rows(g, "trace") == 1 && gilscope_rows(g, "threads") == 0);
	CHECK(gilscope_print_report(g, &page, NULL) < 0 && gilscope_add_export(g, "json", "-") < 0);
	CHECK(gilscope_is_whole(g));
	gilscope_free(g);
	gilscope_error_clear();
	CHECK(!*gilscope_error());
}

static void check_survey(const char *path)
{
	struct gilscope_survey *survey;

	CHECK(!gilscope_survey(&survey, path, NULL));
	CHECK(survey->recorded >= 1 && survey->n >= 1 && survey->processes[0]->pid > 0);
	gilscope_survey_free(survey);
}

int main(int argc, char **argv)
{
	struct gilscope_options o = { .size = sizeof(o), .path = argv[argc - 1], .course = true };
	const struct gilscope_listener listener = {
		.size = sizeof(listener), .begin = on_begin, .thread = on_thread, .event = on_event,
		.interval = on_interval, .attempt = on_attempt, .handover = on_handover,
	};
	struct gilscope *g;

	check_options(o.path);
	check_steps(o.path);
	check_survey(o.path);
	if (gilscope_open(&g, &o) || gilscope_add_listener(g, &listener) || gilscope_run(g)) {
		fprintf(stderr, "%s\n", gilscope_error());
		return 1;
	}
	print_tables(g);
	check_what_is_not_there(g);
	gilscope_free(g);
	return failures ? 1 : 0;
}
