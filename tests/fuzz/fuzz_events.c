/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of events, as a reader would tell them, through the whole
 * analyzer: the model, the metrics and findings, every text and every export.
 */
#include <limits.h>

#include "bytes.h"
#include "outputs.h"
#include "recorded.h"

enum { GILS = 4, THREADS = 8, MOST_EVENTS = 2000 };

/* What an input says between events. */
enum {
	SAY_LOSS = GIL_KINDS, SAY_TICK, SAY_TIME, SAY_TEXT, SAY_GIL, SAY_TID, SAYINGS,
};

struct script {
	struct bytes bytes;
	int64_t ts_ns;
	uint64_t gils[GILS], checks;
	int32_t tids[THREADS], tick;
	char *text; /* of what comes next: a name, a design */
	int n;
};

static int hot_event(struct script *s, struct gil_event *ev, unsigned who)
{
	bool flag = who & 1 << 5;

	s->checks += who >> 6 & 1;
	ev->checks = s->checks;
	ev->tick = s->tick;
	if (ev->kind == GIL_RETRY)
		ev->timed_out = flag;
	if (ev->kind == GIL_RELEASE)
		ev->drop_requested = flag;
	if (ev->kind == GIL_LEAVE) {
		ev->reason = who >> 5 & 3;
		ev->tick = GIL_NO_TICK;
		ev->checks = 0;
	}
	return 0;
}

static int cold_event(struct script *s, struct gil_event *ev, unsigned who)
{
	uint64_t facts = take(&s->bytes, 4);

	if (ev->kind == GIL_INTERVAL) {
		ev->interval = (int64_t)take(&s->bytes, 8);
	} else if (ev->kind == GIL_THREAD) {
		ev->thread = (struct gil_thread_fields){
			.pid = 70 + (int32_t)(facts & 3), .serial = facts >> 8 & 0xff, .ident = facts >> 16,
			.is_main = facts & 4, .name = s->text,
		};
	} else {
		ev->create = (struct gil_create_fields){
			.pid = 70 + (int32_t)(facts & 3), .schema = facts >> 2 & 3, .flags = facts >> 8 & 0xff,
			.interval = (int16_t)(facts >> 16), .recording = who & 0x80 ? s->text : "",
			.design = who & 0x40 ? s->text : "cond", .version = who & 0x20 ? s->text : "3.11",
		};
	}
	return 0;
}

static void say_loss(struct script *s, struct gil_loss *loss)
{
	uint64_t what = take(&s->bytes, 1);

	loss->from_ns = s->ts_ns;
	loss->to_ns = s->ts_ns + (int64_t)take(&s->bytes, 2);
	if (what & 1 && __builtin_add_overflow(loss->from_ns, (int64_t)take(&s->bytes, 8), &loss->to_ns))
		loss->to_ns = INT64_MAX;
	loss->events_known = what & 2;
	loss->events = loss->events_known ? take(&s->bytes, what & 4 ? 8 : 1) : 0;
	loss->packets = what & 2 ? 0 : what >> 4;
	loss->pid = what & 8 ? 70 : 0;
}

/* What changes what comes next. */
static void say(struct script *s, unsigned what, unsigned who)
{
	switch (what) {
	case SAY_TICK:
		s->tick = (int32_t)take(&s->bytes, 4);
		s->checks = take(&s->bytes, who & 1 ? 8 : 1);
		break;
	case SAY_TIME:
		s->ts_ns = (int64_t)take(&s->bytes, 8);
		break;
	case SAY_TEXT:
		free(s->text);
		s->text = take_text(&s->bytes, 200);
		break;
	case SAY_GIL:
		s->gils[who % GILS] = take(&s->bytes, 8);
		break;
	case SAY_TID:
		s->tids[who % THREADS] = (int32_t)take(&s->bytes, 4);
		break;
	default:
		break;
	}
}

/* From nothing to a second. */
static void pass_time(struct script *s)
{
	unsigned step = (unsigned)take(&s->bytes, 1);

	if (__builtin_add_overflow(s->ts_ns, (int64_t)(step & 0xf) << (step >> 4) * 2, &s->ts_ns))
		s->ts_ns = INT64_MAX;
}

static int next(void *data, struct gil_event *ev, struct gil_loss *loss, bool *is_loss)
{
	struct script *s = data;

	while (s->bytes.left && s->n < MOST_EVENTS) {
		unsigned what = (unsigned)take(&s->bytes, 1) % SAYINGS, who = (unsigned)take(&s->bytes, 1);

		s->n++;
		*is_loss = what == SAY_LOSS;
		if (*is_loss) {
			say_loss(s, loss);
			return 0;
		}
		if (what > SAY_LOSS) {
			say(s, what, who);
			continue;
		}
		pass_time(s);
		*ev = (struct gil_event){ .kind = what, .ts_ns = s->ts_ns, .gil = s->gils[who % GILS],
					  .tid = s->tids[who >> 2 & 7], .cpu = (int32_t)(who & 7) - 1 };
		return what < GIL_FIRST_HOT ? cold_event(s, ev, who) : hot_event(s, ev, who);
	}
	return 1;
}

/* What was asked for, of what is good enough to be tried: anything else is fuzz_filter's and fuzz_time's. */
static struct outputs choose(struct bytes *b)
{
	static const char *const times[] = { NULL, NULL, NULL, "10%,90%", "+1us,+1ms", ",50%", "+0.5s,", "1.5,2" };
	static const char *const threads[] = { NULL, NULL, NULL, "t1", "*", "101,main*", "nobody", "t[12]" };
	static const char *const gils[] = { NULL, NULL, NULL, NULL, NULL, "0", "1", "pid:70" };
	static const char *const rules[] = { NULL, "wait_p99>10ms", "battle", "threads.badness>=0", "hold_max<1us",
					     "quality.incomplete==true", "buckets.waiting>0", "contention!=50%" };
	unsigned filter = (unsigned)take(b, 2), look = (unsigned)take(b, 2);
	struct outputs o = { .formats = (uint32_t)take(b, 1), .utf8 = look & 1, .rule = rules[look >> 1 & 7] };

	o.options = (struct gilscope_options){
		.size = sizeof(o.options), .path = "/dev/null", .time = times[filter & 7], .thread = threads[filter >> 3 & 7],
		.gil = gils[filter >> 6 & 7], .course = filter & 1 << 9, .course_ns = (filter >> 10 & 3) * UINT64_C(1000000),
		.recording = filter & 1 << 12 ? "mine" : NULL,
	};
	o.battle = (struct gilscope_battle_options){
		.size = sizeof(o.battle), .explain = look & 16, .brackets = look & 32, .limit = look >> 6 & 3,
		.fields = look & 256 ? "+time,+delta,+cpu,+tid" : NULL, .around = look & 512 ? "50%" : NULL,
		.min_wait_ns = (look & 1024) / 8,
	};
	o.timeline = (struct gilscope_timeline_options){
		.size = sizeof(o.timeline), .axis = look & 2048 ? "ticks" : "time", .limit = look >> 12 & 3,
	};
	o.report = (struct gilscope_report_options){ .size = sizeof(o.report), .limit = look >> 14 ? GILSCOPE_ALL : 0 };
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = { .bytes = { data, size }, .ts_ns = INT64_C(1700000000000000000), .tick = 100 };
	struct recorded trace = { .trace = { .domain = "ust" }, .damage = "", .next = next, .data = &s };
	struct outputs o = choose(&s.bytes);
	unsigned more = (unsigned)take(&s.bytes, 1);

	s.text = take_text(&s.bytes, sizeof(trace.trace.host) - 1);
	snprintf(trace.trace.host, sizeof(trace.trace.host), "%s", s.text);
	trace.trace.begins_late = more & 1;
	trace.other_events = more & 2;
	trace.damage = more & 4 ? "'x' is cut off" : "";
	trace.end_ns = s.ts_ns + (int64_t)(more >> 3) * 10000000;
	for (int i = 0; i < GILS; i++)
		s.gils[i] = UINT64_C(0x100000001) + (uint64_t)i;
	for (int i = 0; i < THREADS; i++)
		s.tids[i] = 100 + i;
	recorded = &trace;
	outputs_check(&o);
	free(s.text);
	return 0;
}
