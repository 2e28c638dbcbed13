/* SPDX-License-Identifier: MIT */
/* What the threads of a process are called, with real threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

#include "tracepoints/threads.h"

static void in_thread(void *(*function)(void *))
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, function, NULL), 0);
	pthread_join(thread, NULL);
}

static void a_long_name_is_cut_between_characters(void **state)
{
	static const char *const names[][2] = {
		{ "short", "short" },
		{ "", "" },
		/* 63 bytes and 64: the last one goes. */
		{ "123456789012345678901234567890123456789012345678901234567890123",
		  "123456789012345678901234567890123456789012345678901234567890123" },
		{ "1234567890123456789012345678901234567890123456789012345678901234",
		  "123456789012345678901234567890123456789012345678901234567890123" },
		/* A character of three bytes from the 62nd on, and one that just fits. */
		{ "1234567890123456789012345678901234567890123456789012345678901\xe4\xb8\xad",
		  "1234567890123456789012345678901234567890123456789012345678901" },
		{ "123456789012345678901234567890123456789012345678901234567890\xe4\xb8\xad" "4",
		  "123456789012345678901234567890123456789012345678901234567890\xe4\xb8\xad" },
	};
	struct emit_thread thread;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		threads_set_name(&thread, names[i][0]);
		assert_string_equal(thread.name, names[i][1]);
	}
}

static void *joins_and_leaves(void *unused)
{
	(void)unused;
	threads_lock();
	assert_null(threads_find((uint64_t)pthread_self()));
	threads_join();
	threads_join();
	assert_ptr_equal(threads_find((uint64_t)pthread_self()), &self);
	threads_leave();
	assert_null(threads_find((uint64_t)pthread_self()));
	self.ended = true; /* whoever would be found now is gone before long */
	threads_join();
	assert_null(threads_find((uint64_t)pthread_self()));
	threads_unlock();
	return NULL;
}

static void a_thread_is_found_while_it_lives(void **state)
{
	(void)state;
	threads_lock();
	threads_join();
	threads_unlock();
	in_thread(joins_and_leaves);
	threads_lock();
	assert_ptr_equal(threads_find((uint64_t)pthread_self()), &self);
	threads_leave();
	threads_unlock();
}

static void *changes_its_name(void *unused)
{
	char name[THREADS_OS_NAME_SIZE];

	(void)unused;
	threads_see_os_name();
	assert_string_equal(threads_own_os_name(name), "");
	prctl(PR_SET_NAME, "mine");
	assert_string_equal(threads_own_os_name(name), "mine");
	return NULL;
}

static void an_inherited_os_name_is_not_its_own(void **state)
{
	(void)state;
	in_thread(changes_its_name);
}

static void *was_named(void *unused)
{
	char name[THREADS_OS_NAME_SIZE];

	(void)unused;
	threads_lock();
	threads_leave_os_name((uint64_t)pthread_self(), "given");
	prctl(PR_SET_NAME, "given");
	threads_see_os_name();
	threads_join();
	assert_string_equal(threads_own_os_name(name), "given");
	threads_leave();
	threads_unlock();
	return NULL;
}

static void *has_the_ident_of_one_that_was_named(void *unused)
{
	char name[THREADS_OS_NAME_SIZE];

	(void)unused;
	threads_lock();
	threads_leave_os_name((uint64_t)pthread_self(), "stale");
	threads_see_os_name();
	threads_join();
	assert_string_equal(threads_own_os_name(name), "");
	threads_leave();
	threads_unlock();
	return NULL;
}

static void a_name_given_before_its_first_event_is_its_own(void **state)
{
	(void)state;
	in_thread(was_named);
	in_thread(has_the_ident_of_one_that_was_named);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_name_is_cut_between_characters),
		cmocka_unit_test(a_thread_is_found_while_it_lives),
		cmocka_unit_test(an_inherited_os_name_is_not_its_own),
		cmocka_unit_test(a_name_given_before_its_first_event_is_its_own),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
