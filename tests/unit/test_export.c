/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "play.h"
#include "viz/export.h"

#include <cmocka.h>
#include <jansson.h>

static const char battle[] =
	"@1000\ncreate 100\n"
	"t1 thread 1 a,\"b\nt2 thread 2 t2\n"
	"@1100\nt1 100 0 ENTRY\n@1110\nt1 100 0 ACQUIRE\n"
	"@1200\nt2 100 0 ENTRY\n@1210\nt2 90 0 BUSY\n"
	"@1300\nt1 100 1 RELEASE request\n@1310\nt1 100 1 ENTRY\n@1320\nt1 100 1 ACQUIRE\n"
	"@1330\nt2 99 1 RETRY timeout\n"
	"@1500\nt1 100 2 RELEASE request\n"
	"@1540\nt2 100 2 ACQUIRE\n@1600\nt2 50 2 RELEASE\n";

struct fixture {
	struct play play;
	struct quality quality;
	struct results results;
	char folder[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/gilscope-export.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	play(&f->play, battle);
	f->quality.end = *metrics_end(f->play.metrics);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	play_done(&f->play);
	assert_int_equal(rmdir(f->folder), 0); /* nothing was left behind */
	free(f);
	return 0;
}

/* As the command does, but for the pass. */
static int write_to(struct fixture *f, const struct exporter *exporter, const char *path)
{
	cleanup(export_freep) struct export *x = NULL;
	struct results *r = &f->results;
	int code = export_new(&x, exporter, path);

	r->quality = &f->quality;
	r->trace = metrics_trace(f->play.metrics);
	r->n_violations = metrics_violations(f->play.metrics, &r->violations);
	r->n_gils = metrics_gils(f->play.metrics, &r->gils);
	r->n_threads = metrics_threads(f->play.metrics, &r->threads);
	r->n_pairs = metrics_pairs(f->play.metrics, &r->pairs);
	return code ? code : export_finish(x, r);
}

static json_int_t number(const json_t *o, const char *key, const char *inner)
{
	const json_t *v = json_object_get(o, key);

	if (inner)
		v = json_object_get(v, inner);
	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static json_t *exported_json(struct fixture *f)
{
	char path[128];
	json_error_t error;
	json_t *doc;

	snprintf(path, sizeof(path), "%s/gil.json", f->folder);
	assert_int_equal(write_to(f, &export_json, path), 0);
	doc = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(doc);
	unlink(path);
	return doc;
}

static void test_json_says_what_the_metrics_say(void **state)
{
	struct fixture *f = *state;
	const struct thread_metrics *t2 = play_thread(&f->play, "t2");
	json_t *doc = exported_json(f);
	const json_t *trace = json_object_get(doc, "trace"), *threads = json_object_get(doc, "threads");
	const json_t *second = json_array_get(threads, 1), *gil, *pair;

	assert_string_equal(json_string_value(json_object_get(doc, "schema")), "gilscope-report-1");
	assert_string_equal(json_string_value(json_object_get(trace, "begin_ns")), "1000");
	assert_string_equal(json_string_value(json_object_get(trace, "end_ns")), "1600");
	assert_int_equal(number(trace, "duration_ns", NULL), 600);
	assert_int_equal(number(trace, "events_by_kind", "acquire"), 3);
	assert_int_equal(json_array_size(threads), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(threads, 0), "name")), "a,\"b");
	assert_int_equal(number(second, "busy", NULL), t2->busy);
	assert_int_equal(number(second, "retries_timed_out", NULL), 1);
	assert_int_equal(number(second, "failed_attempts", NULL), 2);
	assert_int_equal(number(second, "wait_ns", "total"), histogram_total(t2->wait_ns));
	assert_int_equal(number(second, "wait_contended_ns", "max"), 340);
	assert_int_equal(number(second, "first_ns", NULL), t2->info.first_ns - 1000);
	assert_int_equal(number(second, "state_ns", "holding"), 60);
	assert_int_equal(number(second, "failed_other_cpu", NULL), 2);
	gil = json_array_get(json_object_get(doc, "gils"), 0);
	assert_int_equal(number(gil, "failed_same_cpu", NULL), 0);
	assert_int_equal(number(gil, "failed_other_cpu", NULL), 2);
	assert_int_equal(number(gil, "switches_same_cpu", NULL), 0);
	assert_int_equal(number(gil, "switches_other_cpu", NULL), 1);
	pair = json_array_get(json_object_get(doc, "pairs"), 0);
	assert_int_equal(number(pair, "waiter", NULL), 1);
	assert_int_equal(number(pair, "holder", NULL), 0);
	assert_int_equal(number(pair, "wait_ns", NULL), play_pair(&f->play, "t2", "a,\"b")->wait_ns);
	assert_int_equal(json_array_size(json_object_get(doc, "findings")), 0);
	assert_int_equal(number(json_object_get(doc, "quality"), "violations", NULL), 0);
	json_decref(doc);
}

/* The cell of a row and a column in a CSV file without line breaks in cells; the row 0 is the header. */
static void read_cell(char cell[128], const char *path, int row, const char *column)
{
	cleanup(filep) FILE *f = fopen(path, "r");
	char header[8192], line[8192], *names = header, *name;
	const char *at = line;

	assert_non_null(f);
	assert_non_null(fgets(header, sizeof(header), f));
	for (int i = 0; i < row; i++)
		assert_non_null(fgets(line, sizeof(line), f));
	header[strcspn(header, "\n")] = '\0';
	while ((name = strsep(&names, ","))) {
		bool quoted = *at == '"';
		size_t n = 0;

		for (at += quoted; *at && *at != '\n' && (quoted || *at != ','); at++) {
			if (quoted && *at == '"' && *++at != '"')
				break;
			cell[n++] = *at;
		}
		cell[n] = '\0';
		if (!strcmp(name, column))
			return;
		at++;
	}
	fail_msg("%s has no column %s", path, column);
}

static uint64_t cell_count(const char *folder, const char *table, int row, const char *column)
{
	char path[160], cell[128], *end;
	uint64_t n;

	snprintf(path, sizeof(path), "%s/csv/%s.csv", folder, table);
	read_cell(cell, path, row, column);
	n = strtoull(cell, &end, 10);
	assert_true(*cell && !*end);
	return n;
}

static void test_csv_says_what_the_metrics_say(void **state)
{
	static const char *const files[] = { "threads", "pairs", "gils", "summary", "buckets",
					      "findings", "intervals", "waits" };
	struct fixture *f = *state;
	const struct thread_metrics *t2 = play_thread(&f->play, "t2");
	char path[160], cell[128];

	snprintf(path, sizeof(path), "%s/csv", f->folder);
	assert_int_equal(write_to(f, &export_csv, path), 0);
	snprintf(path, sizeof(path), "%s/csv/threads.csv", f->folder);
	read_cell(cell, path, 1, "name");
	assert_string_equal(cell, "a,\"b");
	assert_int_equal(cell_count(f->folder, "threads", 2, "failed_attempts"), 2);
	assert_int_equal(cell_count(f->folder, "threads", 2, "wait_total_ns"), histogram_total(t2->wait_ns));
	assert_int_equal(cell_count(f->folder, "threads", 2, "wait_count"), 1);
	assert_int_equal(cell_count(f->folder, "threads", 1, "ticks"), 202);
	assert_int_equal(cell_count(f->folder, "threads", 2, "holding_ns"), 60);
	assert_int_equal(cell_count(f->folder, "pairs", 1, "wait_ns"),
			 play_pair(&f->play, "t2", "a,\"b")->wait_ns);
	assert_int_equal(cell_count(f->folder, "gils", 1, "failed_attempts"), 2);
	assert_int_equal(cell_count(f->folder, "gils", 1, "failed_other_cpu"), 2);
	assert_int_equal(cell_count(f->folder, "gils", 1, "switches_other_cpu"), 1);
	assert_int_equal(cell_count(f->folder, "threads", 2, "failed_other_cpu"), 2);
	assert_int_equal(cell_count(f->folder, "summary", 1, "events"), f->quality.end.events);
	snprintf(path, sizeof(path), "%s/csv/summary.csv", f->folder);
	read_cell(cell, path, 1, "incomplete");
	assert_string_equal(cell, "false");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/csv/%s.csv", f->folder, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	snprintf(path, sizeof(path), "%s/csv", f->folder);
	assert_int_equal(rmdir(path), 0);
}

static void test_losses_make_it_incomplete(void **state)
{
	struct fixture *f = *state;
	json_t *doc;

	f->quality.end.lost_events = 7;
	doc = exported_json(f);
	assert_int_equal(number(json_object_get(doc, "quality"), "lost_events", NULL), 7);
	assert_true(json_is_true(json_object_get(json_object_get(doc, "quality"), "incomplete")));
	json_decref(doc);
}

static void test_an_unwritable_place_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/no/gil.json", f->folder);
	assert_int_equal(write_to(f, &export_json, path), -ENOENT);
	assert_non_null(strstr(err_innermost(), path));
	err_clear();
	/* A full disk must not replace what was there. */
	if (!access("/dev/full", W_OK)) {
		assert_int_equal(write_to(f, &export_json, "/dev/full"), -ENOSPC);
		assert_non_null(strstr(err_innermost(), "/dev/full"));
		err_clear();
	}
}

static void test_a_device_is_not_replaced(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(write_to(f, &export_json, "/dev/null"), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_json_says_what_the_metrics_say),
		TEST(test_csv_says_what_the_metrics_say),
		TEST(test_losses_make_it_incomplete),
		TEST(test_an_unwritable_place_leaves_nothing),
		TEST(test_a_device_is_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
