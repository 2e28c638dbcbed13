/* SPDX-License-Identifier: MIT */
#include "played.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void played(struct played *p, const char *events, uint64_t width_ns)
{
	played_with(p, &(struct model_options){ .gil = NULL }, events, width_ns);
}

void played_with(struct played *p, const struct model_options *options, const char *events, uint64_t width_ns)
{
	struct results *r = &p->results;

	*p = (struct played){ .play.options = *options };
	if (width_ns) {
		assert_int_equal(course_new(&p->course, width_ns), 0);
		p->play.extra = course_sink(p->course);
	}
	play(&p->play, events);
	assert_int_equal(p->play.result, 0);
	p->quality.end = *metrics_end(p->play.metrics);
	r->quality = &p->quality;
	r->trace = metrics_trace(p->play.metrics);
	r->n_violations = metrics_violations(p->play.metrics, &r->violations);
	r->n_gils = metrics_gils(p->play.metrics, &r->gils);
	r->n_threads = metrics_threads(p->play.metrics, &r->threads);
	r->n_pairs = metrics_pairs(p->play.metrics, &r->pairs);
	if (p->course)
		r->n_buckets = course_buckets(p->course, &r->buckets);
}

void played_done(struct played *p)
{
	play_done(&p->play);
	p->course = course_free(p->course);
}

/* cmocka cuts long messages. */
static void fail_about(const char *part, const char *what, const char *text)
{
	fprintf(stderr, "'%s' %s:\n%s\n", part, what, text);
	fail();
}

void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_about(part, "is not in", text);
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_about(part, "is in", text);
}

void assert_begins(const char *text, const char *begin)
{
	if (strncmp(text, begin, strlen(begin)) != 0)
		fail_about(begin, "is not the begin of", text);
}

void assert_order(const char *text, const char *first, const char *then)
{
	assert_has(text, first);
	if (!strstr(strstr(text, first), then))
		fail_about(then, "does not come later in", text);
}
