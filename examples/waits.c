/* SPDX-License-Identifier: MIT */
/* cc waits.c $(pkg-config --cflags --libs gilscope) && ./a.out gil.trace */
#include <gilscope.h>
#include <inttypes.h>

static uint64_t number(const struct gilscope *g, size_t thread, const char *column)
{
	return gilscope_get(g, "threads", thread, column).count;
}

static const char *text(const struct gilscope *g, const char *table, size_t row, const char *column)
{
	return gilscope_get(g, table, row, column).text;
}

int main(int argc, char **argv)
{
	struct gilscope_options options = {
		.size = sizeof(options),
		.path = argc > 1 ? argv[1] : "gil.trace",
	};
	struct gilscope *g;

	if (gilscope_read(&g, &options)) {
		fprintf(stderr, "%s\n", gilscope_error());
		return 1;
	}
	for (size_t i = 0; i < gilscope_rows(g, "threads"); i++)
		printf("%s: 99 %% of its waits for the GIL were at most %" PRIu64 " ns; failed attempts: %" PRIu64 "\n",
		       text(g, "threads", i, "name"), number(g, i, "wait_p99_ns"),
		       number(g, i, "failed_attempts"));
	for (size_t i = 0; i < gilscope_rows(g, "findings"); i++)
		printf("%s: %s\n", text(g, "findings", i, "finding"), text(g, "findings", i, "verdict"));
	gilscope_free(g);
	return 0;
}
