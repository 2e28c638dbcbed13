/* SPDX-License-Identifier: MIT */
/* What --fail-if, --fields and --sort of the report take, tried on a small trace. */
#include <limits.h>

#include "base/cleanup.h"
#include "bytes.h"
#include "outputs.h"
#include "recorded.h"

enum { A = 100, B = 101, EVENTS = 8 };

static int next(void *data, struct gil_event *ev, struct gil_loss *loss, bool *is_loss)
{
	static const struct gil_event events[EVENTS] = {
		{ .kind = GIL_ENTRY, .tid = A }, { .kind = GIL_ACQUIRE, .tid = A }, { .kind = GIL_ENTRY, .tid = B },
		{ .kind = GIL_BUSY, .tid = B }, { .kind = GIL_RETRY, .tid = B, .timed_out = true },
		{ .kind = GIL_RELEASE, .tid = A, .drop_requested = true }, { .kind = GIL_ACQUIRE, .tid = B },
		{ .kind = GIL_RELEASE, .tid = B },
	};
	int *at = data;

	(void)loss;
	(void)is_loss;
	if (*at == EVENTS)
		return 1;
	*ev = events[*at];
	ev->gil = UINT64_C(0x100000001);
	ev->ts_ns = INT64_C(1700000000000000000) + *at * 7000000;
	++*at;
	return 0;
}

/* Read once: rules and columns change nothing in it. */
static struct gilscope *trace(void)
{
	static struct gilscope *g;
	static int at;
	static struct recorded small = { .trace = { .domain = "ust" }, .damage = "", .next = next, .data = &at };
	struct gilscope_options options = { .size = sizeof(options), .path = "/dev/null", .course = true };

	if (g)
		return g;
	recorded = &small;
	if (gilscope_read(&g, &options))
		wrong("the trace", "%s", gilscope_error());
	return g;
}

static void check_report(const char *fields, const char *sort, FILE *out)
{
	const char *const all_fields[] = { *fields ? fields : NULL, NULL }, *const all_sort[] = { *sort ? sort : NULL, NULL };
	struct gilscope_report_options options = { .size = sizeof(options), .fields = all_fields, .sort = all_sort };
	struct gilscope_page page = { .size = sizeof(page), .out = out, .utf8 = true };

	if (gilscope_check_report(&options))
		outputs_check_sentence();
	else if (gilscope_print_report(trace(), &page, &options))
		wrong("report", "what was checked cannot be printed: %s", gilscope_error());
}

static void check_rule(const char *rule, FILE *out)
{
	struct gilscope_page page = { .size = sizeof(page), .out = out, .utf8 = true };
	bool pass;

	if (gilscope_check_rule(rule, true))
		outputs_check_sentence();
	else if (gilscope_test_rule(trace(), rule, &page, &pass))
		wrong("rule", "what was checked cannot be tested: %s", gilscope_error());
	if (gilscope_check_rule(rule, false))
		outputs_check_sentence();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	cleanup(freep) char *rule = take_text(&b, 300), *fields = take_text(&b, 100), *sort = take_text(&b, 100);
	cleanup(freep) char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	check_rule(rule, out);
	check_report(fields, sort, out);
	fclose(out);
	outputs_check_text("rule and report", text, length, true);
	return 0;
}
