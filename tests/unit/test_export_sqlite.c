/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include "base/err.h"
#include "play.h"
#include "viz/export.h"
#include "base/text.h"

#include <cmocka.h>
#include <sqlite3.h>

static const char battle[] =
	"@1000\ncreate 100\n"
	"t1 thread 1 t1\nt2 thread 2 t2\n"
	"@1100\nt1 100 0 ENTRY\n@1110\nt1 100 0 ACQUIRE\n"
	"@1200\nt2 100 0 ENTRY\n@1210\nt2 90 0 BUSY\n"
	"@1300\nt1 100 1 RELEASE request\n@1310\nt1 100 1 ENTRY\n@1320\nt1 100 1 ACQUIRE\n"
	"@1330\nt2 99 1 RETRY timeout\n"
	"@1500\nt1 100 2 RELEASE request\n"
	"@1540\nt2 100 2 ACQUIRE\n@1600\nt2 50 2 RELEASE\n";

struct fixture {
	char folder[64], path[128];
	sqlite3 *db;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/gilscope-sqlite.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/gil.sqlite", f->folder);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sqlite3_close(f->db);
	unlink(f->path);
	assert_int_equal(rmdir(f->folder), 0); /* nothing was left behind */
	free(f);
	return 0;
}

/* Exports what was played; @change may falsify the results before they are written. */
static int export_battle(struct fixture *f,
			 void (*change)(struct thread_metrics *threads, struct gil_metrics *gil))
{
	cleanup(export_freep) struct export *x = NULL;
	struct play p = { .extra = NULL };
	struct quality quality = { .damage = NULL };
	struct results r = { .quality = &quality };
	struct thread_metrics threads[2];
	struct gil_metrics gil;
	int code;

	assert_int_equal(export_new(&x, &export_sqlite, f->path), 0);
	p.extra = x->sink;
	play(&p, battle);
	quality.end = *metrics_end(p.metrics);
	r.trace = metrics_trace(p.metrics);
	r.n_threads = metrics_threads(p.metrics, &r.threads);
	r.n_gils = metrics_gils(p.metrics, &r.gils);
	r.n_pairs = metrics_pairs(p.metrics, &r.pairs);
	memcpy(threads, r.threads, sizeof(threads));
	gil = r.gils[0];
	if (change)
		change(threads, &gil);
	r.threads = threads;
	r.gils = &gil;
	code = export_finish(x, &r);
	play_done(&p);
	return code;
}

/* What a query says, cells with | between; "" for NULL. */
static const char *ask(struct fixture *f, const char *query)
{
	static char answer[512];
	sqlite3_stmt *s;

	if (!f->db)
		assert_int_equal(sqlite3_open_v2(f->path, &f->db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(f->db, query, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(f->db));
	*answer = '\0';
	while (sqlite3_step(s) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			const char *cell = (const char *)sqlite3_column_text(s, i);

			if (*answer)
				strcat(answer, "|");
			strcat(answer, cell ? cell : "");
		}
	sqlite3_finalize(s);
	return answer;
}

static void test_it_holds_the_report(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(export_battle(f, NULL), 0);
	assert_string_equal(ask(f, "PRAGMA user_version"), "1");
	assert_string_equal(ask(f, "PRAGMA integrity_check"), "ok");
	assert_string_equal(ask(f, "SELECT name, busy, failed_attempts, wait_total_ns, holding_ns, is_main "
				   "FROM threads WHERE name = 't2'"), "t2|1|2|340|60|0");
	assert_string_equal(ask(f, "SELECT waiter_name, holder_name, wait_ns FROM pairs "
				   "WHERE holder IS NOT NULL"), "t2|t1|280");
	assert_string_equal(ask(f, "SELECT events, begin_ns, duration_ns, events_acquire FROM trace"),
			    "14|1000|600|3");
	assert_string_equal(ask(f, "SELECT incomplete, damage IS NULL FROM quality"), "0|1");
	assert_string_equal(ask(f, "SELECT typeof(gil_id), typeof(utilisation), typeof(held_ns) FROM gils"),
			    "text|real|integer");
}

static void test_it_holds_each_interval_and_wait(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(export_battle(f, NULL), 0);
	assert_string_equal(ask(f, "SELECT sum(duration_ns) FROM intervals WHERE state = 'holding'"), "430");
	assert_string_equal(ask(f, "SELECT sum(duration_ns) = (SELECT held_ns FROM gils) "
				   "FROM intervals WHERE state = 'holding'"), "1");
	assert_string_equal(ask(f, "SELECT wait, name, duration_ns, outcome, reason, w.retries, holder "
				   "FROM waits w JOIN threads ON w.thread = number ORDER BY duration_ns DESC LIMIT 1"),
			    "2|t2|340|acquired||1|0");
	/* The blames of each whole wait sum to it. */
	assert_string_equal(ask(f, "SELECT count(*) FROM waits w WHERE whole AND duration_ns != "
				   "(SELECT total(wait_ns) FROM blames WHERE wait = w.wait)"), "0");
	assert_string_equal(ask(f, "SELECT sum(wait_ns) FROM blames b JOIN waits USING (wait) "
				   "WHERE busy AND b.holder = 0"), "280");
	assert_non_null(strstr(ask(f, "EXPLAIN QUERY PLAN SELECT * FROM intervals WHERE thread = 1 AND "
				      "from_ns > 5"), "intervals_thread"));
}

#define HOSTILE "a,\"b\"\r\n\t\x01'; DROP TABLE threads; <script>\xc3\xa4"

static void make_hostile(struct thread_metrics *threads, struct gil_metrics *gil)
{
	strcpy(threads[0].info.name, HOSTILE "\xff");
	gil->acquisitions = (UINT64_C(1) << 53) - 1;
	gil->info.id = UINT64_MAX;
	gil->contention = NAN;
	gil->checks = METRIC_UNKNOWN;
}

static void test_hostile_names_and_great_numbers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(export_battle(f, make_hostile), 0);
	assert_string_equal(ask(f, "SELECT name FROM threads WHERE thread = 0"), HOSTILE TEXT_BROKEN);
	assert_string_equal(ask(f, "SELECT acquisitions, gil_id, contention IS NULL, checks IS NULL FROM gils"),
			    "9007199254740991|18446744073709551615|1|1");
}

/* Teardown sees that nothing is there. */
static void test_a_full_disk_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, little;

	getrlimit(RLIMIT_FSIZE, &before);
	little = (struct rlimit){ .rlim_cur = 40960, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &little);
	assert_int_equal(export_battle(f, NULL), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_non_null(strstr(err_innermost(), "File too large"));
	err_clear();
	assert_int_not_equal(access(f->path, F_OK), 0);
}

static void test_it_needs_a_file(void **state)
{
	struct export *x = NULL;

	(void)state;
	assert_int_equal(export_new(&x, &export_sqlite, "/dev/full"), -ESPIPE);
	assert_non_null(strstr(err_innermost(), "/dev/full"));
	err_clear();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_it_holds_the_report),
		TEST(test_it_holds_each_interval_and_wait),
		TEST(test_hostile_names_and_great_numbers),
		TEST(test_a_full_disk_leaves_nothing),
		TEST(test_it_needs_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
