/* SPDX-License-Identifier: MIT */
#include "viz/perfetto/packets.h"

#include "base/text.h"

/* All is on one sequence: the differences between times are the smallest so. */
enum { SEQUENCE = 1 };

/* A numbered name, in the place where it is looked for. */
static void add_entry(struct proto *interned, uint32_t place, uint64_t iid, const char *text)
{
	struct proto entry = { .n = 0 };

	proto_varint(&entry, ENTRY_IID, iid);
	proto_text(&entry, ENTRY_TEXT, text);
	proto_message(interned, place, &entry);
}

static void write_packet(struct packets *p, struct proto *packet)
{
	proto_varint(packet, PACKET_SEQUENCE_ID, SEQUENCE);
	proto_write(p->out, TRACE_PACKET, packet);
}

/* ---- the first ones --------------------------------------------------------------------- */

static void add_clock(struct proto *snapshot, uint64_t id, int64_t ns, bool incremental)
{
	struct proto clock = { .n = 0 };

	proto_varint(&clock, CLOCK_FIELD_ID, id);
	proto_varint(&clock, CLOCK_FIELD_TIMESTAMP, (uint64_t)ns);
	if (incremental)
		proto_varint(&clock, CLOCK_FIELD_INCREMENTAL, true);
	proto_message(snapshot, SNAPSHOT_CLOCKS, &clock);
}

static void write_clocks(struct packets *p, int64_t begin_ns)
{
	struct proto packet = { .n = 0 }, snapshot = { .n = 0 };

	add_clock(&snapshot, CLOCK_ID_REALTIME, begin_ns, false);
	add_clock(&snapshot, CLOCK_ID_DELTA, begin_ns, true);
	proto_varint(&snapshot, SNAPSHOT_PRIMARY, CLOCK_ID_REALTIME);
	proto_message(&packet, PACKET_CLOCK_SNAPSHOT, &snapshot);
	write_packet(p, &packet);
}

static void add_names(struct proto *interned)
{
	static const char *const slices[SLICE_NAMES] = {
		[SLICE_OFF] = "off GIL", [SLICE_WAITING] = "waiting for GIL", [SLICE_RUNNING] = "running with GIL",
		[SLICE_FAILED] = "GIL attempt failed", [SLICE_LOST] = "lost events",
	};
	static const char *const notes[NOTES] = {
		[NOTE_WAIT_NS] = "wait_ns", [NOTE_HOLD_NS] = "hold_ns", [NOTE_FORCED] = "forced",
		[NOTE_HOLDER] = "holder", [NOTE_CPU] = "cpu", [NOTE_LOST_EVENTS] = "lost_events",
	};

	for (unsigned i = 1; i < SLICE_NAMES; i++)
		add_entry(interned, INTERNED_EVENT_NAMES, i, slices[i]);
	for (unsigned i = 1; i < NOTES; i++)
		add_entry(interned, INTERNED_NOTE_NAMES, i, notes[i]);
}

void packets_begin(struct packets *p, FILE *out, int64_t begin_ns)
{
	struct proto packet = { .n = 0 }, defaults = { .n = 0 }, interned = { .n = 0 };

	*p = (struct packets){ .out = out, .last_ns = begin_ns, .last_text = SLICE_NAMES };
	write_clocks(p, begin_ns);
	proto_varint(&packet, PACKET_SEQUENCE_FLAGS, SEQUENCE_STATE_CLEARED);
	proto_varint(&defaults, DEFAULTS_CLOCK_ID, CLOCK_ID_DELTA);
	proto_message(&packet, PACKET_DEFAULTS, &defaults);
	add_names(&interned);
	proto_message(&packet, PACKET_INTERNED_DATA, &interned);
	write_packet(p, &packet);
}

uint64_t packets_text(struct packets *p, const char *text)
{
	struct proto packet = { .n = 0 }, interned = { .n = 0 };
	const char *clean = UTF8(text);
	uint64_t iid = ++p->last_text;

	/* Of an event and of an annotation's value: two places, one number. */
	add_entry(&interned, INTERNED_EVENT_NAMES, iid, clean);
	add_entry(&interned, INTERNED_NOTE_TEXTS, iid, clean);
	proto_varint(&packet, PACKET_SEQUENCE_FLAGS, SEQUENCE_NEEDS_STATE);
	proto_message(&packet, PACKET_INTERNED_DATA, &interned);
	write_packet(p, &packet);
	return iid;
}

uint64_t packets_flow(struct packets *p)
{
	return ++p->last_flow;
}

/* ---- tracks ------------------------------------------------------------------------------- */

static void write_track(struct packets *p, const struct proto *track)
{
	struct proto packet = { .n = 0 };

	proto_message(&packet, PACKET_TRACK_DESCRIPTOR, track);
	write_packet(p, &packet);
}

uint64_t packets_process(struct packets *p, int32_t pid)
{
	struct proto track = { .n = 0 }, process = { .n = 0 };
	char name[32];

	snprintf(name, sizeof(name), "process %d", (int)pid);
	proto_varint(&process, PROCESS_PID, (uint64_t)pid);
	proto_text(&process, PROCESS_NAME, name);
	proto_varint(&track, TRACK_UUID, ++p->last_track);
	proto_message(&track, TRACK_PROCESS, &process);
	write_track(p, &track);
	return p->last_track;
}

void packets_rename_thread(struct packets *p, uint64_t track, int32_t pid, int32_t tid, const char *name)
{
	struct proto descriptor = { .n = 0 }, thread = { .n = 0 };

	proto_varint(&thread, THREAD_PID, (uint64_t)pid);
	proto_varint(&thread, THREAD_TID, (uint64_t)tid);
	proto_text(&thread, THREAD_NAME, UTF8(name));
	proto_varint(&descriptor, TRACK_UUID, track);
	proto_message(&descriptor, TRACK_THREAD, &thread);
	write_track(p, &descriptor);
}

uint64_t packets_thread(struct packets *p, int32_t pid, int32_t tid, const char *name)
{
	packets_rename_thread(p, ++p->last_track, pid, tid, name);
	return p->last_track;
}

static void start_track(struct proto *descriptor, uint64_t track, uint64_t parent, const char *name)
{
	proto_varint(descriptor, TRACK_UUID, track);
	if (parent)
		proto_varint(descriptor, TRACK_PARENT, parent);
	proto_text(descriptor, TRACK_NAME, UTF8(name));
}

void packets_rename_track(struct packets *p, uint64_t track, uint64_t parent, const char *name)
{
	struct proto descriptor = { .n = 0 };

	start_track(&descriptor, track, parent, name);
	/* Two threads of one name are two tracks. */
	proto_varint(&descriptor, TRACK_MERGE, MERGE_NONE);
	write_track(p, &descriptor);
}

uint64_t packets_track(struct packets *p, uint64_t parent, const char *name)
{
	packets_rename_track(p, ++p->last_track, parent, name);
	return p->last_track;
}

uint64_t packets_counter(struct packets *p, uint64_t parent, const char *name, const char *unit)
{
	struct proto descriptor = { .n = 0 }, counter = { .n = 0 };

	start_track(&descriptor, ++p->last_track, parent, name);
	proto_text(&counter, COUNTER_UNIT_NAME, unit);
	proto_message(&descriptor, TRACK_COUNTER, &counter);
	write_track(p, &descriptor);
	return p->last_track;
}

/* ---- events ------------------------------------------------------------------------------- */

void event_begin(struct proto *event, enum event_type type, uint64_t track, uint64_t name)
{
	event->n = 0;
	proto_varint(event, EVENT_TYPE, type);
	if (name)
		proto_varint(event, EVENT_NAME_IID, name);
	proto_varint(event, EVENT_TRACK, track);
}

static void add_note(struct proto *event, enum note name, uint32_t field, uint64_t value)
{
	struct proto note;

	note.n = 0;
	proto_varint(&note, NOTE_NAME_IID, name);
	proto_varint(&note, field, value);
	proto_message(event, EVENT_NOTES, &note);
}

void event_note(struct proto *event, enum note name, uint64_t value)
{
	add_note(event, name, NOTE_UINT, value);
}

void event_note_flag(struct proto *event, enum note name, bool value)
{
	add_note(event, name, NOTE_BOOL, value);
}

void event_note_text(struct proto *event, enum note name, uint64_t text)
{
	add_note(event, name, NOTE_TEXT_IID, text);
}

void packets_late_event(struct packets *p, const struct proto *event, int64_t ts_ns)
{
	struct proto packet;

	packet.n = 0;
	proto_varint(&packet, PACKET_TIMESTAMP, (uint64_t)ts_ns);
	proto_varint(&packet, PACKET_CLOCK_ID, CLOCK_ID_REALTIME);
	proto_message(&packet, PACKET_TRACK_EVENT, event);
	write_packet(p, &packet);
}

void packets_event(struct packets *p, const struct proto *event, int64_t ts_ns)
{
	struct proto packet;

	if (ts_ns < p->last_ns) {
		packets_late_event(p, event, ts_ns);
		return;
	}
	packet.n = 0;
	proto_varint(&packet, PACKET_TIMESTAMP, (uint64_t)(ts_ns - p->last_ns));
	p->last_ns = ts_ns;
	proto_message(&packet, PACKET_TRACK_EVENT, event);
	write_packet(p, &packet);
}

/* ---- facts -------------------------------------------------------------------------------- */

static void say(struct packets *p, const struct proto *attribute)
{
	struct proto packet = { .n = 0 }, attributes = { .n = 0 };

	proto_message(&attributes, ATTRIBUTES_ATTRIBUTE, attribute);
	proto_message(&packet, PACKET_ATTRIBUTES, &attributes);
	write_packet(p, &packet);
}

void packets_say_number(struct packets *p, const char *key, uint64_t value)
{
	struct proto attribute = { .n = 0 };

	proto_text(&attribute, ATTRIBUTE_KEY, key);
	proto_varint(&attribute, ATTRIBUTE_NUMBER, value);
	say(p, &attribute);
}

void packets_say_text(struct packets *p, const char *key, const char *text)
{
	struct proto attribute = { .n = 0 };

	proto_text(&attribute, ATTRIBUTE_KEY, key);
	proto_text(&attribute, ATTRIBUTE_TEXT, UTF8(text));
	say(p, &attribute);
}
