/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include <inttypes.h>
#include <stdarg.h>

#include "viz/words.h"

/* A line of the summary, broken where the page is narrow. */
__attribute__((format(printf, 2, 3)))
static void say(const struct section *s, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_paragraph(s->page, "  ", text);
}

static void say_what(const struct section *s)
{
	const struct gil_info *gil = &s->gil->info;

	say(s, "Process %" PRId32 ": %s. A thread must hold its GIL to run Python code: one runs, all "
	    "others wait.", gil->pid, GIL(s->page, gil));
	if (gil->flags & GIL_FLAG_MORE_GILS)
		say(s, "The process had more GILs at a time than can be told apart: the further ones were "
		    "not recorded.");
}

static void say_use(const struct section *s)
{
	const struct gil_metrics *g = s->gil;
	uint64_t wall_ns = (uint64_t)(g->last_ns - g->first_ns);

	say(s, "In %s %s it %s of the time (utilisation), and %s of the time %s asleep waiting for it "
	    "(contention). Held 100 %% is fine if nobody waits.",
	    DURATION(wall_ns), s->all ? "somebody held" : "these threads held",
	    METRIC(s, "utilisation"), METRIC(s, "contention"),
	    s->all ? "somebody was" : "one or more of them were");
}

static void say_traffic(const struct section *s)
{
	const struct gil_metrics *g = s->gil;

	if (!g->switches) {
		say(s, "%s %s, no switch from thread to thread.", COUNT(g->acquisitions),
		    PLURAL(g->acquisitions, "acquisition"));
		return;
	}
	say(s, "%s %s, %s %s from thread to thread (%s per second). A hand-over "
	    "to a waiting thread took %s (p50), %s (p99); between two holders it was free though wanted for %s, %s of the "
	    "time (dead time).",
	    COUNT(g->acquisitions), PLURAL(g->acquisitions, "acquisition"), COUNT(g->switches),
	    g->switches == 1 ? "switch" : "switches", METRIC(s, "switches_per_s"),
	    METRIC(s, "handover_p50_ns"), METRIC(s, "handover_p99_ns"), METRIC(s, "dead_ns"),
	    METRIC(s, "dead_ratio"));
}

/* On one CPU with the holder: it was not running, or had moved on, or had let go. */
static const char *where_words(char *buffer, size_t size, const struct gil_metrics *g)
{
	*buffer = '\0';
	if (g->failed_same_cpu + g->failed_other_cpu)
		snprintf(buffer, size, "; %s on another CPU than the holder's, %s on the same",
			 COUNT(g->failed_other_cpu), COUNT(g->failed_same_cpu));
	return buffer;
}

static const char *badness_words(char *buffer, size_t size, const struct section *s)
{
	const struct gil_info *gil = &s->gil->info;

	*buffer = '\0';
	if (s->gil->checks)
		snprintf(buffer, size, " %s %s%s; badness, the failed attempts per check: %s%s.",
			 COUNT(s->gil->checks), PLURAL(s->gil->checks, "check"),
			 gil->flags & GIL_FLAG_CHECKS_EXACT ? "" : " (those that let it go on request)",
			 gil_shows_retries(gil) ? "" : "at least ", METRIC(s, "badness"));
	return buffer;
}

static void say_failures(const struct section *s)
{
	const struct gil_metrics *g = s->gil;
	char where[160], badness[256];

	where_words(where, sizeof(where), g);
	badness_words(badness, sizeof(badness), s);
	if (g->busy && !gil_shows_retries(&g->info))
		say(s, "At least %s failed %s: each found it taken (busy); who woke up in vain (retries) "
		    "cannot be seen here%s.%s", COUNT(g->busy), PLURAL(g->busy, "attempt"), where, badness);
	else if (g->failed)
		say(s, "%s failed %s: %s found it taken (busy), %s woke up in vain (retries: %s timed out, %s "
		    "lost the race)%s.%s", COUNT(g->failed), PLURAL(g->failed, "attempt"), COUNT(g->busy),
		    COUNT(g->retries), COUNT(g->retries_timed_out),
		    COUNT(g->retries - g->retries_timed_out), where, badness);
	else
		say(s, "No attempt failed: whoever wanted it found it free.%s", badness);
}

static void say_demand(const struct section *s)
{
	say(s, "Demand %s (above 1 somebody has to wait); %s waiting on average, at most %s at a time; "
	    "fairness %s (1: each got the same part of what it wanted). Without a GIL these threads could use "
	    "at most %s CPUs: an upper bound, not a forecast.",
	    METRIC(s, "demand"), METRIC(s, "waiters_mean"), METRIC(s, "waiters_max"),
	    METRIC(s, "fairness_progress"), METRIC(s, "parallelism_bound"));
}

void section_print_summary(const struct section *s)
{
	say_what(s);
	if (!section_is_unused(s)) {
		say_use(s);
		say_traffic(s);
		say_failures(s);
		say_demand(s);
	}
	fputc('\n', s->page->out);
}
