/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "play.h"

#include <cmocka.h>
#include <zlib.h>

#include "base/err.h"
#include "viz/base64.h"
#include "viz/export.h"
#include "viz/gzip.h"
#include "viz/view/losses.h"
#include "viz/view/story.h"

/* That what is in the file equals the report: tests/integration/test_view.py. */

static void test_base64(void **state)
{
	/* RFC 4648, section 10 */
	static const char *const cases[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfd", "//79" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct base64 b = { .n = 0 };
		char text[64] = "";
		FILE *out = fmemopen(text, sizeof(text), "w");

		/* It may come in pieces. */
		for (const char *c = cases[i][0]; *c; c++)
			base64_put(&b, out, c, 1);
		base64_end(&b, out);
		fclose(out);
		assert_string_equal(text, cases[i][1]);
	}
}

struct bytes {
	unsigned char data[1 << 16];
	size_t n;
};

static void keep(void *data, const void *bytes, size_t size)
{
	struct bytes *b = data;

	assert_true(b->n + size <= sizeof(b->data));
	memcpy(b->data + b->n, bytes, size);
	b->n += size;
}

/* Two members of the same input are the same. */
static void test_gzip(void **state)
{
	cleanup(gzip_freep) struct gzip *z = NULL;
	static struct bytes out[2];
	static unsigned char in[200000], back[200000];
	z_stream s = { .avail_in = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * i >> 7);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(gzip_new(&z, keep, &out[i]), 0);
		gzip_put(z, in, 100);
		gzip_put(z, in + 100, sizeof(in) - 100);
		gzip_end(z);
		z = gzip_free(z);
	}
	assert_int_equal(out[0].n, out[1].n);
	assert_memory_equal(out[0].data, out[1].data, out[0].n);
	assert_int_equal(inflateInit2(&s, 15 + 16), Z_OK);
	s.next_in = out[0].data;
	s.avail_in = (unsigned)out[0].n;
	s.next_out = back;
	s.avail_out = sizeof(back);
	assert_int_equal(inflate(&s, Z_FINISH), Z_STREAM_END);
	assert_int_equal(s.total_out, sizeof(in));
	assert_memory_equal(in, back, sizeof(in));
	inflateEnd(&s);
}

static int tell(void *data, const struct gil_event *event, const struct step *step)
{
	return story_event(data, event, step);
}

static int lost(void *data, const struct gil_loss *loss)
{
	(void)loss;
	return story_look(data);
}

/* What is beyond the limit is counted, with the time of the first. */
static void test_the_limit(void **state)
{
	cleanup(blocks_freep) struct blocks *blocks = NULL;
	struct lanes lanes = { .n = 0 };
	struct story story = { .lanes = &lanes, .limit = 3 };
	struct sink sink = { .name = "story", .data = &story, .event = tell, .lost = lost };
	struct play p = { .extra = &sink };
	const struct block *list;

	(void)state;
	assert_int_equal(blocks_new(&blocks), 0);
	story.blocks = blocks;
	play(&p, "create 100\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\nt1 90 0 RELEASE\n@1000\nt1 90 0 ENTRY\nt1 90 0 ACQUIRE\n");
	assert_int_equal(p.result, 0);
	assert_int_equal(story.told, 3);
	assert_int_equal(story.left_out, 2);
	assert_int_equal(story.left_out_from_ns, 1000);
	assert_int_equal(blocks_end(blocks), 0);
	assert_int_equal(blocks_list(blocks, &list), 1);
	assert_int_equal(list[0].events, 3);
	play_done(&p);
	lanes_deinit(&lanes);
}

/* Neighbours become one; nothing is lost but their edges. */
static void test_many_holes(void **state)
{
	struct losses l = { .n = 0 };
	uint64_t events = 0;

	(void)state;
	for (int64_t i = 0; i < 5000; i++)
		assert_int_equal(losses_add(&l, &(struct gil_loss){ .from_ns = 10 * i, .to_ns = 10 * i + 5, .events = 2,
								     .events_known = true, .pid = 7 }), 0);
	assert_true(l.n <= LOSSES_MAX);
	for (size_t i = 0; i < l.n; i++) {
		events += l.list[i].events;
		assert_true(!i || l.list[i].from_ns > l.list[i - 1].to_ns);
		assert_int_equal(l.list[i].pid, 7);
	}
	assert_int_equal(events, 10000);
	assert_int_equal(l.list[l.n - 1].to_ns, 49995);
	losses_deinit(&l);
}

/* Whatever happens, the pass succeeds, and what is not finished leaves nothing. */
static void test_any_events(void **state)
{
	static const struct model_options options[] = {
		{ 0 }, { .thread = "t2" }, { .time = "+500ns,+3us" }, { .thread = "n1", .time = "10%-90%" },
		{ .threads_limit = 2 },
	};
	char events[8192];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct play p = { .options = options[i % 5] };
		struct export *x = NULL;
		unsigned seed = i;

		assert_int_equal(export_new(&x, &export_html, "/dev/null"), 0);
		p.extra = x->sink;
		p.options.end_ns = 6000;
		play_any_events(events, sizeof(events), &seed);
		play(&p, events);
		err_clear(); /* a range or thread that is not there */
		export_free(x);
		play_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_the_limit),
		cmocka_unit_test(test_many_holes),
		cmocka_unit_test(test_any_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
