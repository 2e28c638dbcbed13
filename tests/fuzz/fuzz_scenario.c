/* SPDX-License-Identifier: MIT */
/* The text of a scenario: parsed, checked, compiled, written as Python; else one sentence with a place. */
#include "base/cleanup.h"
#include "base/err.h"
#include "bytes.h"
#include "runtime/lab/scenario/compile.h"
#include "runtime/lab/scenario/parse.h"

static void compile_all(const struct scenario *s)
{
	for (size_t i = 0; i < s->n_bodies; i++) {
		cleanup(compiled_freep) struct code *code = NULL;
		char name[64];

		if (compile_body(&code, s, &s->bodies[i]) && !*err_innermost())
			abort();
		body_thread_name(&s->bodies[i], 0, name, sizeof(name));
	}
}

static void write_python(const struct scenario *s)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || (scenario_write_python(s, out) && !*err_innermost()))
		abort();
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct setting settings[] = { { "count", "10" }, { "threads", "3" } };
	cleanup(scenario_freep) struct scenario *s = calloc(1, sizeof(*s));
	cleanup(freep) char *text = malloc(size + 1);

	if (!s || !text)
		abort();
	err_clear();
	memcpy(text, data, size);
	text[size] = '\0';
	s->name = strdup("x");
	s->path = strdup("x.gil");
	if (parse_scenario(s, text, size, settings, size % 3) || scenario_check(s)) {
		if (!*err_innermost())
			abort();
		return 0;
	}
	compile_all(s);
	write_python(s);
	return 0;
}
