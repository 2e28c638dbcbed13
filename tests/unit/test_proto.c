/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "viz/proto.h"

#include <cmocka.h>

#define assert_bytes(p, ...)                                               \
	do {                                                               \
		static const uint8_t expected[] = { __VA_ARGS__ };         \
		assert_int_equal((p)->n, sizeof(expected));                \
		assert_memory_equal((p)->bytes, expected, (p)->n);         \
	} while (0)

static void test_varints_are_as_short_as_they_can_be(void **state)
{
	struct proto p = { .n = 0 };

	(void)state;
	proto_varint(&p, 1, 0);
	proto_varint(&p, 1, 127);
	proto_varint(&p, 1, 128);
	proto_varint(&p, 15, 300);
	proto_varint(&p, 16, 1);
	assert_bytes(&p, 0x08, 0x00, 0x08, 0x7f, 0x08, 0x80, 0x01, 0x78, 0xac, 0x02, 0x80, 0x01, 0x01);
}

static void test_the_largest_varint_takes_ten_bytes(void **state)
{
	struct proto p = { .n = 0 };

	(void)state;
	proto_varint(&p, 1, UINT64_MAX);
	assert_bytes(&p, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
}

static void test_fixed_numbers_are_little_endian(void **state)
{
	struct proto p = { .n = 0 };

	(void)state;
	proto_fixed64(&p, 47, 0x0102030405060708);
	proto_double(&p, 2, 1.0);
	assert_bytes(&p, 0xf9, 0x02, 8, 7, 6, 5, 4, 3, 2, 1, 0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f);
}

static void test_texts_and_messages_say_their_length(void **state)
{
	struct proto inner = { .n = 0 }, p = { .n = 0 };

	(void)state;
	proto_text(&inner, 2, "GIL");
	proto_text(&inner, 3, "");
	proto_message(&p, 4, &inner);
	assert_bytes(&p, 0x22, 7, 0x12, 3, 'G', 'I', 'L', 0x1a, 0);
}

static void test_what_does_not_fit_is_left_out_whole(void **state)
{
	struct proto p = { .n = 0 };
	char text[PROTO_SIZE];
	size_t n;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[PROTO_SIZE - 10] = '\0';
	proto_text(&p, 1, text);
	n = p.n;
	assert_int_equal(n, PROTO_SIZE - 7);
	proto_fixed64(&p, 1, 1);
	assert_int_equal(p.n, n);
	proto_varint(&p, 1, 1);
	assert_int_equal(p.n, n + 2);
}

static void test_a_stream_gets_tag_length_and_bytes(void **state)
{
	static const char expected[] = { 0x0a, 2, 0x08, 5 };
	struct proto p = { .n = 0 };
	char *bytes;
	size_t size;
	FILE *out = open_memstream(&bytes, &size);

	(void)state;
	assert_non_null(out);
	proto_varint(&p, 1, 5);
	proto_write(out, 1, &p);
	fclose(out);
	assert_int_equal(size, sizeof(expected));
	assert_memory_equal(bytes, expected, size);
	free(bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_varints_are_as_short_as_they_can_be),
		cmocka_unit_test(test_the_largest_varint_takes_ten_bytes),
		cmocka_unit_test(test_fixed_numbers_are_little_endian),
		cmocka_unit_test(test_texts_and_messages_say_their_length),
		cmocka_unit_test(test_what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(test_a_stream_gets_tag_length_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
