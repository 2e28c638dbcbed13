/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "play.h"
#include "viz/export.h"
#include "base/text.h"

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
	struct results *r;

	strcpy(f->folder, "/tmp/gilscope-export.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	play(&f->play, battle);
	f->quality.end = *metrics_end(f->play.metrics);
	r = &f->results;
	r->quality = &f->quality;
	r->trace = metrics_trace(f->play.metrics);
	r->n_violations = metrics_violations(f->play.metrics, &r->violations);
	r->n_gils = metrics_gils(f->play.metrics, &r->gils);
	r->n_threads = metrics_threads(f->play.metrics, &r->threads);
	r->n_pairs = metrics_pairs(f->play.metrics, &r->pairs);
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
	int code = export_new(&x, exporter, path);

	return code ? code : export_finish(x, &f->results);
}

/* As the command does: the exporter is fed while `events` are played. */
static void play_into(const struct exporter *exporter, const char *events, const char *path)
{
	cleanup(export_freep) struct export *x = NULL;
	struct play p = { .extra = NULL };
	struct quality quality = { .damage = NULL };
	struct results r = { .quality = &quality };

	assert_int_equal(export_new(&x, exporter, path), 0);
	p.extra = x->sink;
	play(&p, events);
	quality.end = *metrics_end(p.metrics);
	r.trace = metrics_trace(p.metrics);
	r.n_threads = metrics_threads(p.metrics, &r.threads);
	assert_int_equal(export_finish(x, &r), 0);
	play_done(&p);
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

/* Files of the folder "csv", and the folder. */
static void remove_csv(const char *folder)
{
	static const char *const files[] = { "threads", "pairs", "gils", "summary", "buckets",
					     "findings", "intervals", "waits" };
	char path[160];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/csv/%s.csv", folder, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	snprintf(path, sizeof(path), "%s/csv", folder);
	assert_int_equal(rmdir(path), 0);
}

static void test_csv_says_what_the_metrics_say(void **state)
{
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
	remove_csv(f->folder);
}

/* Of the second attempt of the battle, t2's, which lost twice. */
static void test_csv_has_each_interval_and_wait(void **state)
{
	struct fixture *f = *state;
	char path[160], cell[128];

	snprintf(path, sizeof(path), "%s/csv", f->folder);
	play_into(&export_csv, battle, path);
	assert_int_equal(cell_count(f->folder, "waits", 3, "wait"), 2);
	assert_int_equal(cell_count(f->folder, "waits", 3, "thread"), 1);
	assert_int_equal(cell_count(f->folder, "waits", 3, "from_ns"), 200);
	assert_int_equal(cell_count(f->folder, "waits", 3, "duration_ns"), 340);
	assert_int_equal(cell_count(f->folder, "waits", 3, "busy"), 1);
	assert_int_equal(cell_count(f->folder, "waits", 3, "retries_timed_out"), 1);
	assert_int_equal(cell_count(f->folder, "waits", 3, "holder"), 0);
	assert_int_equal(cell_count(f->folder, "waits", 3, "holder_ns"), 280);
	snprintf(path, sizeof(path), "%s/csv/waits.csv", f->folder);
	read_cell(cell, path, 3, "outcome");
	assert_string_equal(cell, "acquired");
	read_cell(cell, path, 3, "reason");
	assert_string_equal(cell, "");
	snprintf(path, sizeof(path), "%s/csv/intervals.csv", f->folder);
	read_cell(cell, path, 1, "state");
	assert_string_equal(cell, "unknown");
	remove_csv(f->folder);
}

static json_t *next_line(FILE *in)
{
	char line[4096];
	json_t *o;

	assert_non_null(fgets(line, sizeof(line), in));
	o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	return o;
}

static const char *member(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* Sums over the lines that the play put down. */
static void test_json_lines_say_everything_that_happened(void **state)
{
	struct fixture *f = *state;
	json_int_t held_ns = 0, blamed_ns = 0, failed = 0, losses = 0;
	char path[128], events[1024], type[16] = "";
	FILE *in;

	snprintf(path, sizeof(path), "%s/gil.jsonl", f->folder);
	snprintf(events, sizeof(events), "%slost 1610 1620 3\n", battle);
	play_into(&export_jsonl, events, path);
	in = fopen(path, "r");
	assert_non_null(in);
	while (strcmp(type, "end")) {
		json_t *o = next_line(in), *blame;
		size_t i;

		if (!*type) {
			assert_string_equal(member(o, "type"), "header");
			assert_string_equal(member(o, "schema"), "gilscope-events-1");
			assert_string_equal(member(o, "begin_ns"), "1000");
		}
		snprintf(type, sizeof(type), "%s", member(o, "type"));
		if (!strcmp(type, "interval") && !strcmp(member(o, "state"), "holding"))
			held_ns += number(o, "duration_ns", NULL);
		if (!strcmp(type, "event") && json_object_get(o, "holder"))
			failed++;
		if (!strcmp(type, "lost"))
			losses += number(o, "events", NULL);
		if (!strcmp(type, "attempt"))
			json_array_foreach(json_object_get(o, "blames"), i, blame)
				blamed_ns += number(blame, "wait_ns", NULL);
		if (!strcmp(type, "end")) {
			assert_true(json_is_false(json_object_get(o, "complete")));
			assert_int_equal(number(o, "events_by_kind", "acquire"), 3);
		}
		json_decref(o);
	}
	assert_int_equal(fgetc(in), EOF);
	fclose(in);
	unlink(path);
	assert_int_equal(held_ns, 190 + 180 + 60);
	assert_int_equal(blamed_ns, 10 + 10 + 340);
	assert_int_equal(failed, 2);
	assert_int_equal(losses, 3);
}

/* ---- hostile names and great numbers ------------------------------------------------- */

#define HOSTILE "a,\"b\"\r\n\t\x01\x1b[31m\x7f'; <script>\xc3\xa4\\"

static void test_hostile_names_stay_what_they_are(void **state)
{
	struct fixture *f = *state;
	struct thread_metrics threads[2];
	char path[160], text[8192] = "";
	cleanup(filep) FILE *in = NULL;
	json_t *doc;

	memcpy(threads, f->results.threads, sizeof(threads));
	strcpy(threads[0].info.name, HOSTILE "\xff\xc3");
	f->results.threads = threads;
	doc = exported_json(f);
	assert_string_equal(member(json_array_get(json_object_get(doc, "threads"), 0), "name"),
			    HOSTILE TEXT_BROKEN TEXT_BROKEN);
	assert_string_equal(member(json_array_get(json_object_get(doc, "pairs"), 0), "holder_name"),
			    HOSTILE TEXT_BROKEN TEXT_BROKEN);
	json_decref(doc);
	snprintf(path, sizeof(path), "%s/csv", f->folder);
	assert_int_equal(write_to(f, &export_csv, path), 0);
	snprintf(path, sizeof(path), "%s/csv/threads.csv", f->folder);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_true(fread(text, 1, sizeof(text) - 1, in) > 0);
	assert_non_null(strstr(text, ",\"a,\"\"b\"\"\r\n\t\x01\x1b[31m\x7f'; <script>\xc3\xa4\\"
				     TEXT_BROKEN TEXT_BROKEN "\","));
	remove_csv(f->folder);
}

/* What a program prints that reads `path`; the test is skipped where it is not installed. */
static void assert_read_by(const char *command, const char *path, const char *expected)
{
	char line[512], got[256] = "";
	FILE *in;

	snprintf(line, sizeof(line), "%s %s", command, path);
	in = popen(line, "r");
	assert_non_null(in);
	(void)!fgets(got, sizeof(got), in);
	if (WEXITSTATUS(pclose(in)) == 127) {
		print_message("# not installed: %s\n", command);
		return;
	}
	got[strcspn(got, "\n")] = '\0';
	assert_string_equal(got, expected);
}

static void test_great_numbers_are_read_exactly(void **state)
{
	static const char expected[] = "[9007199254740991,9007199254740990,\"18446744073709551615\","
				       "0.333333,null,null]";
	struct fixture *f = *state;
	struct gil_metrics gil = f->results.gils[0];
	char path[160], cell[128];

	gil.acquisitions = (UINT64_C(1) << 53) - 1;
	gil.held_ns = (UINT64_C(1) << 53) - 2;
	gil.info.id = UINT64_MAX;
	gil.utilisation = 1.0 / 3;
	gil.contention = NAN;
	gil.checks = METRIC_UNKNOWN;
	f->results.gils = &gil;
	snprintf(path, sizeof(path), "%s/gil.json", f->folder);
	assert_int_equal(write_to(f, &export_json, path), 0);
	assert_read_by("jq -c '.gils[0] | [.acquisitions, .held_ns, .gil_id, .utilisation, .contention, "
		       ".checks]' 2>/dev/null", path, expected);
	assert_read_by("node -e 'const g = JSON.parse(require(\"fs\").readFileSync(process.argv[1])).gils[0];"
		       "console.log(JSON.stringify([g.acquisitions, g.held_ns, g.gil_id, g.utilisation, "
		       "g.contention, g.checks]))' 2>/dev/null", path, expected);
	unlink(path);
	snprintf(path, sizeof(path), "%s/csv", f->folder);
	assert_int_equal(write_to(f, &export_csv, path), 0);
	assert_int_equal(cell_count(f->folder, "gils", 1, "acquisitions"), gil.acquisitions);
	assert_int_equal(cell_count(f->folder, "gils", 1, "gil_id"), UINT64_MAX);
	snprintf(path, sizeof(path), "%s/csv/gils.csv", f->folder);
	read_cell(cell, path, 1, "utilisation");
	assert_string_equal(cell, "0.333333");
	read_cell(cell, path, 1, "contention");
	assert_string_equal(cell, "");
	remove_csv(f->folder);
}

/* ---- places ------------------------------------------------------------------------------ */

/* The fixture's folder must be empty after it. */
static void test_what_is_not_finished_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	for (const struct exporter *const *e = exporters; *e; e++) {
		struct export *x = NULL;
		char path[160];

		snprintf(path, sizeof(path), "%s/gil%s", f->folder, (*e)->suffix);
		if (export_new(&x, *e, path))
			err_clear(); /* not built in */
		export_free(x);
	}
}

/* A reader sees the old file until the new one is whole. */
static void test_an_old_file_stays_until_the_end(void **state)
{
	struct fixture *f = *state;
	cleanup(export_freep) struct export *x = NULL;
	char path[128];
	struct stat st;
	FILE *old;

	snprintf(path, sizeof(path), "%s/gil.json", f->folder);
	old = fopen(path, "w");
	fputs("old", old);
	fclose(old);
	assert_int_equal(export_new(&x, &export_json, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(export_finish(x, &f->results), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 3);
	unlink(path);
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
		TEST(test_csv_has_each_interval_and_wait),
		TEST(test_json_lines_say_everything_that_happened),
		TEST(test_hostile_names_stay_what_they_are),
		TEST(test_great_numbers_are_read_exactly),
		TEST(test_what_is_not_finished_leaves_nothing),
		TEST(test_an_old_file_stays_until_the_end),
		TEST(test_losses_make_it_incomplete),
		TEST(test_an_unwritable_place_leaves_nothing),
		TEST(test_a_device_is_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
