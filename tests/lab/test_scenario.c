/* SPDX-License-Identifier: MIT */
/* The language of scenarios: what each statement becomes, and where what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/scenario/scenario.h"

static char folder[] = "/tmp/test-scenario-XXXXXX";
static char path[sizeof(folder) + 16];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/own.gil", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int load_bytes(struct scenario **out, const char *text, size_t length,
		      const struct setting *settings, size_t n_settings)
{
	cleanup(filep) FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fflush(file), 0);
	err_clear();
	return scenario_load(out, path, settings, n_settings);
}

static struct scenario *load(const char *text)
{
	struct scenario *s = NULL;

	if (load_bytes(&s, text, strlen(text), NULL, 0))
		fail_msg("%s\n%s", text, err_innermost());
	return s;
}

/* The sentence without the path must begin with `expected`: "3:5: ..." */
static void check_wrong(const char *text, size_t length, const char *expected)
{
	struct scenario *s = NULL;
	const char *said;

	if (!load_bytes(&s, text, length, NULL, 0))
		fail_msg("accepted, instead of '%s':\n%s", expected, text);
	assert_null(s);
	said = err_innermost();
	if (strncmp(said, path, strlen(path)) || said[strlen(path)] != ':')
		fail_msg("no place: '%s'", said);
	said += strlen(path) + 1;
	if (strncmp(said, expected, strlen(expected)))
		fail_msg("'%s', instead of '%s', for:\n%s", said, expected, text);
}

struct bad {
	const char *text, *said;
};

static void check_all_wrong(const struct bad *bad, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_wrong(bad[i].text, strlen(bad[i].text), bad[i].said);
}

#define CHECK_ALL_WRONG(table) check_all_wrong(table, sizeof(table) / sizeof((table)[0]))

/* --- what is right ------------------------------------------------------------ */

static void test_each_statement(void **state)
{
	static const char text[] =
		"# A description.  \n"
		"let n 7\n"
		"let pause 5ms\n"
		"channel a pipe\n"
		"channel b socket\n"
		"on SIGUSR1\n count 1\nend\n"
		"thread t\n"
		"\trecv a n\n"
		"\trecv a\n"
		"\tsend b\n"
		"\tkill SIGUSR1\n"
		"end\n"
		"main # here\n"
		"\tstart t\n"
		"\tcount n\n"
		"\tcount 9223372036854775807\n"
		"\tsleep pause\n"
		"\tsleep 0ms\n"
		"\tsleep 3us\n"
		"\tsleep 2s\n"
		"\tsleep 9ns\n"
		"\thold 3ms\n"
		"\tsend a 4096\n"
		"\trecv b\n"
		"\tread /etc/passwd#x\n"
		"\tread \"/a b#c\\\"\\\\\"\n"
		"\trepeat 3\n"
		"\t\trepeat n\n"
		"\t\tend\n"
		"\tend\n"
		"\tcheckinterval 1000\n"
		"\tswitchinterval 5ms\n"
		"\tprint \"I am {name} # \xc3\xa9\"\n"
		"\tjoin t\n"
		"end\n";
	static const struct statement wanted[] = {
		{ STATEMENT_START, 16, 2, 0, 2, NULL },
		{ STATEMENT_COUNT, 17, 2, 7, 0, NULL },
		{ STATEMENT_COUNT, 18, 2, INT64_MAX, 0, NULL },
		{ STATEMENT_SLEEP, 19, 2, 5000000, 0, NULL },
		{ STATEMENT_SLEEP, 20, 2, 0, 0, NULL },
		{ STATEMENT_SLEEP, 21, 2, 3000, 0, NULL },
		{ STATEMENT_SLEEP, 22, 2, 2000000000, 0, NULL },
		{ STATEMENT_SLEEP, 23, 2, 9, 0, NULL },
		{ STATEMENT_HOLD, 24, 2, 3000000, 0, NULL },
		{ STATEMENT_SEND, 25, 2, 4096, 0, NULL },
		{ STATEMENT_RECV, 26, 2, 1, 1, NULL },
		{ STATEMENT_READ, 27, 2, 0, 0, (char *)"/etc/passwd" },
		{ STATEMENT_READ, 28, 2, 0, 0, (char *)"/a b#c\"\\" },
		{ STATEMENT_REPEAT, 29, 2, 3, 16, NULL },
		{ STATEMENT_REPEAT, 30, 3, 7, 15, NULL },
		{ STATEMENT_END, 31, 3, 0, 14, NULL },
		{ STATEMENT_END, 32, 2, 0, 13, NULL },
		{ STATEMENT_CHECK_INTERVAL, 33, 2, 1000, 0, NULL },
		{ STATEMENT_SWITCH_INTERVAL, 34, 2, 5000000, 0, NULL },
		{ STATEMENT_PRINT, 35, 2, 0, 0, (char *)"I am {name} # \xc3\xa9" },
		{ STATEMENT_JOIN, 36, 2, 0, 2, NULL },
	};
	cleanup(scenario_freep) struct scenario *s = load(text);
	const struct body *body = &s->bodies[0];

	(void)state;
	assert_string_equal(s->name, "own");
	assert_string_equal(s->path, path);
	assert_string_equal(s->description, "A description.");
	assert_int_equal(s->n_bodies, 3);
	assert_int_equal(s->n_threads, 1);
	assert_int_equal(body->kind, BODY_MAIN);
	assert_string_equal(body->name, "main");
	assert_int_equal(body->line, 15);
	assert_int_equal(body->n_statements, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < body->n_statements; i++) {
		const struct statement *a = &body->statements[i], *b = &wanted[i];

		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->line, b->line);
		assert_int_equal(a->column, b->column);
		assert_int_equal(a->number, b->number);
		assert_int_equal(a->object, b->object);
		if (b->text) {
			assert_string_equal(a->text, b->text);
		} else {
			assert_null(a->text);
		}
	}
	assert_int_equal(s->bodies[1].kind, BODY_HANDLER);
	assert_int_equal(s->bodies[1].signal, SIGUSR1);
	assert_string_equal(s->bodies[1].name, "on_SIGUSR1");
	assert_int_equal(s->bodies[2].statements[0].number, 7);
	assert_int_equal(s->bodies[2].statements[3].number, SIGUSR1);
	assert_int_equal(s->n_channels, 2);
	assert_false(s->channels[0].is_socket);
	assert_true(s->channels[1].is_socket);
}

static void test_thread_attributes(void **state)
{
	cleanup(scenario_freep) struct scenario *s =
		load("let n 3\nlet k 40000\n"
		     "thread a n\nend\n"
		     "thread b 1 daemon stack 64K\nrepeat forever\nend\nend\n"
		     "thread c detached stack k\nend\n"
		     "thread d 0 stack 1M\nend\n"
		     "main\nstart a\nstart b\nstart c\nstart d\njoin d\nend\n");
	const struct body *b = s->bodies;
	char name[32];

	(void)state;
	assert_int_equal(s->n_threads, 5);
	assert_int_equal(b[1].copies, 3);
	assert_true(b[1].numbered);
	assert_false(b[1].daemon || b[1].detached);
	assert_int_equal(b[1].stack_bytes, 0);
	body_thread_name(&b[1], 2, name, sizeof(name));
	assert_string_equal(name, "a3");
	assert_true(b[2].daemon && b[2].numbered);
	assert_int_equal(b[2].stack_bytes, 65536);
	assert_int_equal(b[2].statements[0].number, SCENARIO_FOREVER);
	assert_true(b[3].detached);
	assert_false(b[3].numbered);
	assert_int_equal(b[3].copies, 1);
	assert_int_equal(b[3].stack_bytes, 40000);
	body_thread_name(&b[3], 0, name, sizeof(name));
	assert_string_equal(name, "c");
	assert_int_equal(b[4].copies, 0);
	assert_int_equal(b[4].stack_bytes, 1048576);
}

static void test_empty_main_and_odd_lines(void **state)
{
	static const char *const texts[] = {
		"main\nend", "main\r\nend\r\n", "\n\n  main  # x\n\t\nend#y\n", "#\nmain\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cleanup(scenario_freep) struct scenario *s = load(texts[i]);

		assert_int_equal(s->n_bodies, 1);
		assert_int_equal(s->bodies[0].n_statements, 0);
		assert_string_equal(s->description, "");
	}
}

static const char with_variables[] =
	"let count 10\nlet pause 1ms\nmain\ncount count\nsleep pause\nend\n";

static void test_settings(void **state)
{
	static const struct setting settings[] = {
		{ "count", "20" }, { "pause", "2s" }, { "count", "30" },
	};
	cleanup(scenario_freep) struct scenario *s = NULL;

	(void)state;
	assert_int_equal(load_bytes(&s, with_variables, strlen(with_variables), settings, 3), 0);
	assert_int_equal(s->bodies[0].statements[0].number, 30);
	assert_int_equal(s->bodies[0].statements[1].number, 2000000000);
}

static void test_wrong_settings(void **state)
{
	static const struct {
		struct setting setting;
		const char *said;
	} bad[] = {
		{ { "nosuch", "1" }, "scenario 'own' has no variable 'nosuch': it has count, pause" },
		{ { "count", "x" }, "count of scenario 'own': 'x' is not a whole number" },
		{ { "count", "-1" }, "count of scenario 'own': '-1' is negative" },
		{ { "count", "" }, "count of scenario 'own': '' is not a whole number" },
		{ { "count", "5ms" }, "count of scenario 'own': '5ms' is a time" },
		{ { "count", "9223372036854775808" }, "count of scenario 'own': '9223372036854775808' is too large" },
		{ { "pause", "5" }, "pause of scenario 'own': '5' is a number" },
		{ { "pause", "5m" }, "pause of scenario 'own': '5m' is neither" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct scenario *s = NULL;

		assert_int_equal(load_bytes(&s, with_variables, strlen(with_variables),
					    &bad[i].setting, 1), -EINVAL);
		if (strncmp(err_innermost(), bad[i].said, strlen(bad[i].said)))
			fail_msg("'%s', instead of '%s'", err_innermost(), bad[i].said);
	}
}

/* --- what is wrong ------------------------------------------------------------ */

static void test_wrong_words(void **state)
{
	static const struct bad bad[] = {
		{ "main\n  cuont 5\nend\n", "2:3: there is no statement 'cuont': count, sleep, hold, send" },
		{ "moin\nend\n", "1:1: 'moin' begins nothing here: let, channel, thread, on, main" },
		{ " count 5\n", "1:2: 'count' belongs into" },
		{ "end\n", "1:1: there is nothing to end here" },
		{ "main\ncount\nend\n", "2:1: something is missing: count N" },
		{ "main\ncount 1 2\nend\n", "2:9: '2' is too much: count N" },
		{ "main\ncount 1 count 2\nend\n", "2:9: 'count' is too much" },
		{ "main now\nend\n", "1:6: 'now' is too much" },
		{ "main\nend now\n", "2:5: 'now' is too much" },
		{ "main\ncount -1\nend\n", "2:7: '-1' is negative" },
		{ "main\ncount +1\nend\n", "2:7: '+1' is not a whole number" },
		{ "main\ncount 0x10\nend\n", "2:7: '0x10' is neither" },
		{ "main\ncount 1.5\nend\n", "2:7: '1.5' is neither" },
		{ "main\ncount \"5\"\nend\n", "2:7: a text is no number" },
		{ "main\ncount 9223372036854775808\nend\n", "2:7: '9223372036854775808' is too large" },
		{ "main\ncount 5ms\nend\n", "2:7: count is a number: '5ms' is a time" },
		{ "main\ncount n\nend\n", "2:7: there is no variable 'n'" },
		{ "main\ncount n\nend\nlet n 5\n", "2:7: there is no variable 'n'" },
		{ "main\nsleep 5\nend\n", "2:7: a time has a unit, such as 5ms" },
		{ "main\nsleep 9223372036854775807s\nend\n", "2:7: '9223372036854775807s' is too large" },
		{ "main\nsleep 86401s\nend\n", "2:7: a time, in ns: from 0 to 86400000000000" },
		{ "main\nsleep 5 ms\nend\n", "2:9: 'ms' is too much" },
		{ "main\nsend ping\nend\n", "2:6: there is no channel 'ping'" },
		{ "channel c pipe\nmain\nsend c 0\nend\n", "3:8: bytes: from 1 to 4096, not 0" },
		{ "channel c pipe\nmain\nsend c 4097\nend\n", "3:8: bytes: from 1 to 4096, not 4097" },
		{ "channel c pipe\nmain\nrecv c 0\nend\n", "3:8: bytes: from 1 to 2147483647" },
		{ "main\nread\nend\n", "2:1: something is missing: read FILE" },
		{ "main\nread \"\"\nend\n", "2:6: read needs" },
		{ "main\nstart t\nend\n", "2:7: there is no thread 't'" },
		{ "main\njoin main\nend\n", "2:6: there is no thread 'main'" },
		{ "main\nkill SIGKILL\nend\n", "2:6: 'SIGKILL' cannot be handled: SIGUSR1" },
		{ "main\nkill 9\nend\n", "2:6: '9' cannot be handled" },
		{ "main\ncheckinterval 0\nend\n", "2:15: ticks: from 1 to 2147483647, not 0" },
		{ "main\nswitchinterval 999ns\nend\n", "2:16: a time, in ns: from 1000" },
		{ "main\nprint hello\nend\n", "2:7: print wants its text in quotes" },
		{ "main\nprint \"hello\nend\n", "2:7: a text begins here" },
		{ "main\nprint \"a\\nb\"\nend\n", "2:9: in a text, a \\ stands before" },
		{ "main\nprint \"a\"b\nend\n", "2:10: a space is missing" },
		{ "main\nprint a\"b\"\nend\n", "2:8: a space is missing" },
		{ "main\nprint \"a\\", "2:9: in a text, a \\" },
		{ "main\ncount 1 2 3 4 5 6 7 8 9 10 11 12\nend\n", "2:31: too many words" },
	};

	(void)state;
	CHECK_ALL_WRONG(bad);
}

static void test_wrong_declarations(void **state)
{
	static const struct bad bad[] = {
		{ "let\n", "1:1: something is missing: let NAME VALUE" },
		{ "let 5 5\n", "1:5: '5' is no name" },
		{ "let a-b 5\n", "1:5: 'a-b' is no name" },
		{ "let \xc3\xa9 5\n", "1:5: '\xc3\xa9' is no name" },
		{ "let forever 5\n", "1:5: 'forever' is a word of the language" },
		{ "let a b\n", "1:7: there is no variable 'b'" },
		{ "let a 1\nlet a 2\n", "2:5: there is a variable 'a' already, in line 1" },
		{ "let abcdefghijabcdefghijabcdefghijabcdefghijx 1\n", "1:5: the name is longer than 40" },
		{ "channel c\n", "1:1: something is missing: channel NAME pipe" },
		{ "channel c file\n", "1:11: a channel is a pipe or a socket, not a 'file'" },
		{ "channel c pipe\nchannel c pipe\n", "2:9: there is a channel 'c' already, in line 1" },
		{ "thread\nend\n", "1:1: something is missing: thread NAME" },
		{ "thread main\nend\n", "1:8: 'main' is a word of the language" },
		{ "thread t -1\nend\n", "1:10: '-1' is negative" },
		{ "thread t 4097\nend\n", "1:10: copies of a thread: from 0 to 4096, not 4097" },
		{ "thread t 1s\nend\n", "1:10: copies of a thread is a number" },
		{ "thread t 4000\nend\nthread u 97\nend\n", "3:8: that makes 4097 threads: at most 4096" },
		{ "thread t deamon\nend\n", "1:10: there is no variable 'deamon'" },
		{ "thread t 2 deamon\nend\n", "1:12: 'deamon' is no attribute" },
		{ "thread t daemon daemon\nend\n", "1:17: 'daemon' is no attribute, or said twice" },
		{ "thread t daemon detached\nend\n", "1:17: daemon or detached" },
		{ "thread t stack\nend\n", "1:10: stack needs a size" },
		{ "thread t stack 64G\nend\n", "1:16: '64G' is no size" },
		{ "thread t stack 1K\nend\n", "1:16: bytes of stack: from 32768" },
		{ "thread t stack 9223372036854775807M\nend\n", "1:16: '9223372036854775807M' is too large" },
		{ "thread t\nend\nthread t\nend\n", "3:8: there is a thread 't' already, in line 1" },
		{ "on SIGKILL\nend\n", "1:4: 'SIGKILL' cannot be handled" },
		{ "on SIGUSR1\nend\non SIGUSR1\nend\n", "3:4: SIGUSR1 has a handler already, in line 1" },
		{ "main\nend\nmain\nend\n", "3:1: there is a main already, in line 1" },
		{ "", "1:1: there is no main" },
		{ "# nothing\n", "1:1: there is no main" },
		{ "main\n", "1:1: 'main' has no 'end'" },
		{ "main\n  repeat 3\nend\n", "1:1: 'main' has no 'end'" },
		{ "main\n  repeat 3\n", "2:3: this repeat has no 'end'" },
		{ "main\nthread t\nend\nend\n", "2:1: 'thread' does not belong into 'main', line 1" },
		{ "main\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\n",
		  "10:1: more than 8 repeats" },
	};

	(void)state;
	CHECK_ALL_WRONG(bad);
}

static void test_wrong_starts_and_joins(void **state)
{
	static const struct bad bad[] = {
		{ "thread t\nend\nmain\nend\n", "1:1: 't' is never started" },
		{ "thread t 0\nend\nmain\nend\n", "1:1: 't' is never started" },
		{ "thread a\nstart b\nend\nthread b\nstart a\nend\nmain\nend\n", "1:1: 'a' is never started" },
		{ "thread a 0\nstart b\nend\nthread b\nend\nmain\nstart a\nend\n", "4:1: 'b' is never started" },
		{ "thread t\nend\nmain\nstart t\nstart t\nend\n", "5:1: 't' is started already, in line 4" },
		{ "thread t\nend\nmain\nrepeat 2\n start t\nend\nend\n", "5:2: a thread starts only once" },
		{ "thread a 2\nstart b\nend\nthread b\nend\nmain\nstart a\nend\n",
		  "2:1: 'b' would be started by each of the 2 copies of 'a'" },
		{ "thread t\njoin t\nend\nmain\nstart t\nend\n", "2:1: 't' would wait for itself" },
		{ "thread t detached\nend\nmain\nstart t\njoin t\nend\n", "5:1: 't' is detached" },
		{ "thread t daemon\nend\nmain\nstart t\njoin t\nend\n", "5:1: 't' is a daemon" },
		{ "thread t\nend\nmain\njoin t\nstart t\nend\n", "4:1: 't' is joined before it is started, in line 5" },
		{ "thread t 2\nend\nthread t2\nend\nmain\nstart t\nstart t2\nend\n",
		  "3:1: two threads would be called 't2'" },
		{ "thread MainThread\nend\nmain\nstart MainThread\nend\n",
		  "3:1: two threads would be called 'MainThread'" },
		{ "thread t\nrepeat forever\nend\nend\nmain\nstart t\nend\n", "2:1: only a daemon" },
		{ "thread t daemon\ncount 1\nrepeat forever\nend\nend\nmain\nstart t\nend\n",
		  "3:1: repeat forever must be all" },
		{ "thread t daemon\nrepeat forever\nend\ncount 1\nend\nmain\nstart t\nend\n",
		  "2:1: repeat forever must be all" },
		{ "thread t daemon\nrepeat forever\nrepeat forever\nend\nend\nend\nmain\nstart t\nend\n",
		  "3:1: repeat forever must be all" },
		{ "main\nrepeat forever\nend\nend\n", "2:1: only a daemon" },
	};

	(void)state;
	CHECK_ALL_WRONG(bad);
}

#define CHANNEL_AND_MAIN(threads) \
	"channel c pipe\n" threads "main\nstart a\nstart b\nend\n"

static void test_wrong_channels_and_signals(void **state)
{
	static const struct bad bad[] = {
		{ "channel c pipe\nmain\nrecv c\nend\n", "3:1: no other thread sends to 'c'" },
		{ "channel c pipe\nmain\nsend c\nend\n", "3:1: no other thread receives from 'c'" },
		{ "channel c pipe\nmain\nsend c\nrecv c\nend\n", "4:1: no other thread sends to 'c'" },
		{ "channel c pipe\nthread a 0\nsend c\nend\nmain\nstart a\nrecv c\nend\n",
		  "7:1: no other thread sends to 'c'" },
		{ "channel c pipe\nthread a\nrepeat 0\nsend c\nend\nend\nmain\nstart a\nrecv c\nend\n",
		  "9:1: no other thread sends to 'c'" },
		{ CHANNEL_AND_MAIN("thread a\nsend c 9\nend\nthread b\nrecv c 10\nend\n"),
		  "6:1: 10 bytes are received from 'c', and only 9 are sent" },
		{ CHANNEL_AND_MAIN("thread a\nrepeat 3\nsend c 3\nend\nend\nthread b 2\nrecv c 5\nend\n"),
		  "8:1: 10 bytes are received from 'c', and only 9 are sent" },
		{ "main\nkill SIGUSR1\nend\n", "2:1: nobody handles SIGUSR1" },
		{ "on SIGUSR1\nsleep 1ms\nend\nmain\nend\n", "2:1: a handler may only count and print" },
		{ "on SIGUSR1\nstart t\nend\nthread t\nend\nmain\nend\n", "2:1: a handler may only" },
		{ "on SIGUSR1\nrepeat forever\nend\nend\nmain\nend\n", "2:1: a handler may only" },
	};

	(void)state;
	CHECK_ALL_WRONG(bad);
}

static void test_channels_that_are_right(void **state)
{
	static const char *const texts[] = {
		/* Copies of one thread are each other's peers. */
		"channel c pipe\nthread t 2\nsend c\nrecv c\nend\nmain\nstart t\nend\n",
		/* Daemons send without end, and may wait without end. */
		CHANNEL_AND_MAIN("thread a daemon\nrepeat forever\nsend c\nend\nend\n"
				 "thread b\nrepeat 1000\nrecv c 1000000\nend\nend\n"),
		CHANNEL_AND_MAIN("thread a\nsend c\nend\n"
				 "thread b daemon\nrepeat forever\nrecv c\nend\nend\n"),
		CHANNEL_AND_MAIN("thread a\nrepeat 9223372036854775807\nsend c 4096\nend\nend\n"
				 "thread b\nrepeat 9223372036854775807\nrecv c 9\nend\nend\n"),
		/* A channel that nobody uses harms nobody. */
		"channel c pipe\nmain\nend\n",
		"thread a\nstart b\nend\nthread b\nend\nmain\nstart a\njoin a\njoin b\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		scenario_free(load(texts[i]));
}

/* --- what is no text at all --------------------------------------------------- */

static void test_no_text(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *said;
	} bad[] = {
		{ "main\nco\0unt\n", 11, "2:3: byte 0x00 is no text" },
		{ "main\x01\n", 6, "1:5: byte 0x01 is no text" },
		{ "\x7f" "ELF\n", 5, "1:1: byte 0x7f is no text" },
		{ "# \xff\n", 4, "1:3: byte 0xff is no text" },
		{ "# \xc3", 3, "1:3: byte 0xc3 is no text" },
		{ "# \xc0\x80", 4, "1:3: byte 0xc0 is no text" },
		{ "# \xed\xa0\x80", 5, "1:3: byte 0xed is no text" },
		{ "# \xf4\x90\x80\x80", 6, "1:3: byte 0xf4 is no text" },
		{ "main\rend\r", 9, "1:5: byte 0x0d is no text" },
		{ "\0", 1, "1:1: byte 0x00 is no text" },
	};
	char longer[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_wrong(bad[i].text, bad[i].length, bad[i].said);
	memset(longer, ' ', sizeof(longer));
	check_wrong(longer, sizeof(longer), "1:1001: the line is longer than 1000 bytes");
}

/* Nothing that is cut off or damaged in one byte may crash. */
static void test_damaged_text(void **state)
{
	static const char text[] =
		"# x\nlet n 3\nchannel c pipe\non SIGUSR1\nprint \"a\\\"{pid}\"\nend\n"
		"thread t n stack 64K\nrecv c n\nrepeat n\nrepeat 2\nsleep 1ms\nend\nend\nend\n"
		"main\nstart t\nsend c 9\nkill SIGUSR1\njoin t\nend\n";
	static const char damage[] = "\0\n\"#9-x \\\xff";
	char copy[sizeof(text)];

	(void)state;
	scenario_free(load(text));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		struct scenario *s = NULL;

		load_bytes(&s, text, i, NULL, 0);
		s = scenario_free(s);
		for (size_t j = 0; j < sizeof(damage) - 1; j++) {
			memcpy(copy, text, sizeof(text));
			copy[i] = damage[j];
			load_bytes(&s, copy, sizeof(text) - 1, NULL, 0);
			s = scenario_free(s);
		}
	}
}

static void check_file(const char *name, int code, const char *said)
{
	struct scenario *s = NULL;

	err_clear();
	assert_int_equal(scenario_load(&s, name, NULL, 0), code);
	assert_null(s);
	if (!strstr(err_innermost(), said))
		fail_msg("'%s' instead of '%s'", err_innermost(), said);
}

static void test_wrong_files(void **state)
{
	(void)state;
	check_file("nosuch", -ENOENT, "there is no scenario 'nosuch': gilrun --scenarios lists them");
	check_file("", -ENOENT, "there is no scenario ''");
	check_file("..", -ENOENT, "there is no scenario '..'");
	check_file("nosuch.gil", -ENOENT, "cannot read scenario 'nosuch.gil': No such file");
	check_file("/nosuch/x", -ENOENT, "cannot read scenario '/nosuch/x': No such file");
	check_file("/tmp/", -EISDIR, "cannot read scenario '/tmp/': it is a folder");
	check_file("/dev/zero", -EFBIG, "'/dev/zero' is larger than 1 MiB");
	check_file("/dev/null", -EINVAL, "/dev/null:1:1: there is no main");
	if (geteuid()) {
		scenario_free(load("main\nend\n"));
		assert_int_equal(chmod(path, 0), 0);
		check_file(path, -EACCES, "Permission denied");
		unlink(path);
	}
}

static void test_shipped_ones(void **state)
{
	cleanup(scenario_freep) struct scenario *s = NULL;
	char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);

	(void)state;
	err_clear();
	assert_int_equal(scenario_load(&s, "battle", NULL, 0), 0);
	assert_string_equal(s->name, "battle");
	assert_int_equal(s->n_threads, 2);
	assert_int_equal(s->bodies[1].statements[0].number, 1000000);
	assert_int_equal(scenario_list(out), 0);
	fclose(out);
	assert_ptr_equal(strstr(list, "battle       Two CPU-bound threads"), list);
	assert_non_null(strstr(list, "\ntasks "));
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_statement),
		cmocka_unit_test(test_thread_attributes),
		cmocka_unit_test(test_empty_main_and_odd_lines),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_wrong_settings),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_wrong_declarations),
		cmocka_unit_test(test_wrong_starts_and_joins),
		cmocka_unit_test(test_wrong_channels_and_signals),
		cmocka_unit_test(test_channels_that_are_right),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_damaged_text),
		cmocka_unit_test(test_wrong_files),
		cmocka_unit_test(test_shipped_ones),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
