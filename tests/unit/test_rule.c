/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "base/err.h"
#include "played.h"
#include "viz/rule.h"

#include <cmocka.h>

/* t2 waits 300 us for t1, then 200 us; its retry timed out. */
static const char fight[] =
	"@1000\ncreate 100\nt1 thread 1 t1\nt2 thread 2 t2\n"
	"t1 100 0 ENTRY\nt1 100 0 ACQUIRE\n"
	"@100000\nt2 100 0 ENTRY\nt2 90 0 BUSY\n"
	"@300000\nt2 90 0 RETRY timeout\n"
	"@400000\nt1 100 1 RELEASE\nt2 90 1 ACQUIRE\nt2 90 1 RELEASE\n"
	"@500000\nt1 90 1 ENTRY\nt1 90 1 ACQUIRE\n@600000\nt1 90 1 RELEASE\n";

static const struct finding battle = { .name = "battle", .verdict = "GIL battle: t1 and t2." };

static struct played trace;

static int setup(void **state)
{
	(void)state;
	played(&trace, fight, 100000);
	trace.results.findings = &battle;
	trace.results.n_findings = 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	played_done(&trace);
	return 0;
}

/* Why the recording does not pass; "" when it does. */
static char *check(const char *text, const struct results *r)
{
	struct page page = { .utf8 = true };
	struct rule rule;
	char *why;
	size_t size;
	bool pass;

	if (rule_parse(&rule, text, true))
		fail_msg("%s", err_innermost());
	page.out = open_memstream(&why, &size);
	pass = rule_check(&rule, r, &page);
	fclose(page.out);
	assert_int_equal(pass, !*why);
	return why;
}

static void assert_passes(const char *text)
{
	cleanup(freep) char *why = check(text, &trace.results);

	assert_string_equal(why, "");
}

static void assert_fails(const char *text, const char *part)
{
	cleanup(freep) char *why = check(text, &trace.results);

	assert_has(why, text);
	assert_has(why, part);
	assert_string_equal(strchr(why, '\n'), "\n");
}

static void assert_wrong(const char *text, bool course, const char *part)
{
	struct rule rule;

	assert_true(rule_parse(&rule, text, course) < 0);
	assert_has(err_innermost(), part);
	err_clear();
}

static void test_durations(void **state)
{
	(void)state;
	assert_fails("wait_max_ns>300us", "wait_max_ns of thread t2 (tid 2) is 300 us (300010 ns)");
	assert_fails("wait_max > 0.3ms", "of thread t2");
	assert_passes("wait_max>300011ns");
	assert_fails("wait_max>=300010ns", "t2");
	assert_passes("wait_max>1s");
	assert_fails("hold_min<1 us", "hold_min_ns of thread t2 (tid 2) is 10 ns (10 ns)");
	assert_fails("hold_max>0", "of thread t1 (tid 1) is 399 us (398960 ns); 1 more of the threads break it");
}

static void test_each_operator_on_a_count(void **state)
{
	(void)state;
	assert_fails("threads.failed_attempts>1", "is 2");
	assert_fails("threads.failed_attempts>=2", "is 2");
	assert_fails("threads.failed_attempts==2", "is 2");
	assert_fails("threads.failed_attempts<1", "of thread t1 (tid 1) is 0");
	assert_fails("threads.failed_attempts<=0", "of thread t1");
	assert_fails("gils.failed_attempts!=3", "of GIL 0 (process 77) is 2");
	assert_passes("threads.failed_attempts>2");
	assert_passes("threads.failed_attempts<0");
	assert_passes("gils.failed_attempts!=2");
	assert_passes("gils.failed_attempts==3");
}

/* gils, threads, pairs, buckets, quality, trace: the first that has it. */
static void test_tables(void **state)
{
	(void)state;
	assert_fails("failed_attempts>0", "of GIL 0");
	assert_fails("hold_count>0", "of thread t1");
	assert_fails("pairs.failed_attempts>0", "of t2 (tid 2) waiting for t1 (tid 1) is 2");
	assert_fails("buckets.failed_attempts>=1", "is 1; 1 more of the buckets break it");
	assert_fails("violations<1", "violations is 0");
	assert_fails("events>=1", "events is 14");
	assert_passes("lost_events>0");
	assert_passes("incomplete==true");
	assert_fails("incomplete==false", "incomplete is false");
}

static void test_ratios(void **state)
{
	(void)state;
	assert_fails("contention>50%", "contention of GIL 0 (process 77) is 50.1 % (0.50");
	assert_fails("contention > 0.5", "contention");
	assert_passes("contention>51 %");
}

/* 57 * 0.01 is not 0.57, and 1.001 * 1000 is not 1001. */
static void test_values_are_as_exact_as_what_is_measured(void **state)
{
	struct results r = trace.results;
	struct gil_metrics gil = r.gils[0];
	cleanup(freep) char *why = NULL;
	struct rule rule;

	(void)state;
	r.gils = &gil;
	gil.utilisation = 0.57;
	why = check("utilisation>=57%", &r);
	assert_has(why, "is 57.0 % (0.57)");
	free(steal(&why));
	why = check("utilisation==57%", &r);
	assert_has(why, "is 57.0 % (0.57)");
	free(steal(&why));
	why = check("utilisation>57 %", &r);
	assert_string_equal(why, "");
	free(steal(&why));
	why = check("utilisation==0.56999999", &r);
	assert_has(why, "0.57)");
	assert_int_equal(rule_parse(&rule, "wait_max==1.001us", true), 0);
	assert_true(rule.value >= 1001 && rule.value <= 1001);
}

static void test_findings(void **state)
{
	(void)state;
	assert_fails("battle", "battle was found: GIL battle: t1 and t2.");
	assert_fails("finding==battle", "battle was found");
	assert_fails("finding!=no_contention", "battle was found");
	assert_passes("finding!=battle");
	assert_passes("no_contention");
}

static void test_what_is_not_known_fails(void **state)
{
	struct results nothing = trace.results, silent = trace.results;
	struct gil_metrics gil = trace.results.gils[0];
	cleanup(freep) char *why = NULL;

	(void)state;
	nothing.n_gils = nothing.n_threads = nothing.n_pairs = 0;
	why = check("wait_p99>1s", &nothing);
	assert_has(why, "wait_p99_ns is not known in this trace");
	free(steal(&why));
	why = check("pairs.wait_ns>1s", &nothing);
	assert_has(why, "not known");
	free(steal(&why));
	/* Nobody waited: that is known. */
	nothing.n_gils = 1;
	why = check("pairs.wait_ns>1s", &nothing);
	assert_string_equal(why, "");
	free(steal(&why));
	/* A GIL that does not show retries has 0 of them. */
	gil.info.flags |= GIL_FLAG_NO_RETRIES;
	silent.gils = &gil;
	why = check("retries>1000", &silent);
	assert_has(why, "retries is not known");
	free(steal(&why));
	silent.n_findings = 0;
	why = check("battle", &silent);
	assert_has(why, "nothing was found");
}

/* A Python 3 in which nobody asked for the GIL has no checks. */
static void test_a_ratio_of_nothing_to_nothing_breaks_no_rule(void **state)
{
	struct results quiet = trace.results;
	struct gil_metrics gils[2] = { trace.results.gils[0], trace.results.gils[0] };
	cleanup(freep) char *why = NULL;

	(void)state;
	quiet.gils = gils;
	quiet.n_gils = 1;
	gils[0].badness = NAN;
	gils[0].failed = gils[0].checks = 0;
	why = check("badness>3", &quiet);
	assert_string_equal(why, "");
	free(steal(&why));
	gils[0].parallelism_bound = NAN;
	why = check("parallelism_bound<1", &quiet);
	assert_string_equal(why, "");
	free(steal(&why));
	/* Somebody failed, of how many nobody knows: there, or in another GIL. */
	gils[0].failed = 1;
	why = check("badness>3", &quiet);
	assert_has(why, "badness is not known in this trace");
	free(steal(&why));
	gils[1] = gils[0];
	gils[1].failed = 0;
	quiet.n_gils = 2;
	why = check("badness>3", &quiet);
	assert_has(why, "not known");
	free(steal(&why));
	/* The trace cannot tell. */
	gils[0].info.flags |= GIL_FLAG_NO_RETRIES;
	why = check("retries>1000", &(struct results){ .gils = gils, .n_gils = 1, .quality = quiet.quality,
						       .trace = quiet.trace });
	assert_has(why, "not known");
}

static void test_wrong_rules(void **state)
{
	(void)state;
	assert_wrong("wait_p99>-1ms", false, "duration such as 10ms");
	assert_wrong("wait_p99>0x10ms", false, "duration such as 10ms");
	assert_wrong("wait_p99>infms", false, "duration such as 10ms");
	assert_wrong("wait_p99>1e999s", false, "duration such as 10ms");
	assert_wrong("wait_p99>nan", false, "duration such as 10ms");
	assert_wrong("contention>-inf", false, "0.5 or 50%");
	assert_wrong("contention>0x1", false, "0.5 or 50%");
	assert_wrong("failed_attempts>-1", false, "a number");
	assert_wrong("wait_p9>1ms", false, "no metric 'wait_p9'; near it: wait_p9");
	assert_wrong("threads.contention>1", false, "no metric 'threads.contention'");
	assert_wrong("wait_p99>10", false, "duration such as 10ms");
	assert_wrong("wait_p99>10h", false, "duration such as 10ms");
	assert_wrong("wait_p99>", false, "what is the value?");
	assert_wrong("wait_p99=1ms", false, "==");
	assert_wrong("failed_attempts>5%", false, "a number");
	assert_wrong("failed_attempts>nan", false, "a number");
	assert_wrong("contention>5ms", false, "0.5 or 50%");
	assert_wrong("incomplete==1", false, "true or false");
	assert_wrong("design==cond", false, "no measure");
	assert_wrong("gil_id==1", false, "no measure");
	assert_wrong("buckets.checks>1", false, "only with --by");
	assert_wrong("batle", false, "no finding 'batle'; near it: battle");
	assert_wrong("finding==batle", false, "near it: battle");
	assert_wrong("", false, "METRIC OP VALUE");
	assert_wrong(">1", false, "METRIC OP VALUE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_each_operator_on_a_count),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_values_are_as_exact_as_what_is_measured),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_what_is_not_known_fails),
		cmocka_unit_test(test_a_ratio_of_nothing_to_nothing_breaks_no_rule),
		cmocka_unit_test(test_wrong_rules),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
