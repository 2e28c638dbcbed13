/* SPDX-License-Identifier: MIT */
/* What --gil, --thread and --fields take, and what they find. */
#include "analyzer/filter.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "bytes.h"
#include "viz/battle.h"

static void match(const char *filter, const char *name, int32_t tid)
{
	struct gil_info gil = { .index = 1, .id = UINT64_C(0x100000001), .pid = tid };
	struct thread_info thread = { .gil = &gil, .tid = tid, .pid = tid };
	struct gil_filter by_gil;
	char everything[sizeof(thread.name) + 2];

	snprintf(thread.name, sizeof(thread.name), "%s", name);
	thread_filter_match(filter, &thread);
	snprintf(everything, sizeof(everything), ",%d", tid);
	/* What must be found. */
	if (!thread_filter_match(NULL, &thread) || (tid >= 0 && !thread_filter_match(everything, &thread)))
		abort();
	err_clear();
	if (gil_filter_parse(&by_gil, filter)) {
		if (!*err_innermost())
			abort();
		return;
	}
	if (gil_filter_match(&by_gil, &gil) != (by_gil.by == GIL_FILTER_ALL ||
						(by_gil.by == GIL_FILTER_INDEX && by_gil.value == gil.index) ||
						(by_gil.by == GIL_FILTER_ID && by_gil.value == gil.id) ||
						(by_gil.by == GIL_FILTER_PID && tid > 0 && by_gil.value == (uint64_t)tid)))
		abort();
}

static void parse_fields(const char *text)
{
	unsigned before = BATTLE_FIELDS, fields = before;
	const char *bad = NULL;

	if (!battle_parse_fields(text, &fields, &bad))
		return;
	if (fields != before || !bad || bad < text || bad > text + strlen(text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	int32_t tid = (int32_t)take(&b, 4);
	/* fnmatch() takes time that grows with each star. */
	cleanup(freep) char *filter = take_text(&b, 300), *name = take_text(&b, 100);
	size_t stars = 0;

	for (const char *p = filter; *p; p++)
		stars += *p == '*' || *p == '(';
	if (stars <= 4)
		match(filter, name, tid);
	parse_fields(filter);
	return 0;
}
