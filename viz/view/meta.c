/* SPDX-License-Identifier: MIT */
#include "viz/view/meta.h"

#include <inttypes.h>

#include "viz/json.h"

static uint64_t since_begin(const struct view *v, int64_t ts_ns)
{
	return ts_ns > v->begin_ns ? (uint64_t)(ts_ns - v->begin_ns) : 0;
}

static void separate(FILE *out, size_t i)
{
	fputs(i ? ",\n" : "\n", out);
}

static void put_text(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	json_put_text(out, text);
}

static void put_flag(FILE *out, const char *name, bool flag)
{
	fprintf(out, ",\"%s\":%s", name, flag ? "true" : "false");
}

static void put_gils(FILE *out, const struct view *v)
{
	fputs(",\n\"gils\":[", out);
	for (uint32_t row = 0; row < v->lanes.n_gils; row++) {
		const struct view_gil *g = lanes_gil_of_row(&v->lanes, row);

		separate(out, row);
		fprintf(out, "{\"gil\":%u,\"pid\":%d", row, g->info->pid);
		put_flag(out, "ticked", g->ticked);
		put_text(out, "design", g->info->design);
		put_text(out, "version", g->info->version);
		fprintf(out, ",\"interval\":%" PRId64 "}", g->info->interval);
	}
	fputs("]", out);
}

static void put_lane(FILE *out, const struct view *v, const struct lane *lane)
{
	const struct thread_info *t = lane->info;

	fprintf(out, "{\"gil\":%u,\"number\":%u,\"row\":", v->lanes.gils[lane->gil]->row, t->index);
	if (lane->row == LANES_NO_ROW)
		fputs("null", out);
	else
		fprintf(out, "%u", lane->row);
	fprintf(out, ",\"pid\":%d,\"tid\":%d", t->pid, t->tid);
	put_text(out, "name", t->name);
	put_flag(out, "is_main", t->is_main);
	fprintf(out, ",\"first_ns\":%" PRIu64 ",\"last_ns\":%" PRIu64 "}", since_begin(v, t->first_ns),
		since_begin(v, t->last_ns));
}

static void put_count(FILE *out, const char *name, uint64_t n, bool known)
{
	if (known)
		fprintf(out, ",\"%s\":%" PRIu64, name, n);
	else
		fprintf(out, ",\"%s\":null", name);
}

static void put_losses(FILE *out, const struct view *v)
{
	fputs(",\n\"losses\":[", out);
	for (size_t i = 0; i < v->losses.n; i++) {
		const struct gil_loss *loss = &v->losses.list[i];

		separate(out, i);
		fprintf(out, "{\"from_ns\":%" PRIu64 ",\"to_ns\":%" PRIu64, since_begin(v, loss->from_ns),
			since_begin(v, loss->to_ns));
		put_count(out, "events", loss->events, loss->events_known);
		put_count(out, "packets", loss->packets, true);
		put_count(out, "pid", (uint64_t)loss->pid, loss->pid > 0);
		fputs("}", out);
	}
	fputs("]", out);
}

static void put_blocks(FILE *out, const struct view *v)
{
	const struct block *list;
	size_t n = blocks_list(v->blocks, &list);

	fputs(",\n\"blocks\":[", out);
	for (size_t i = 0; i < n; i++) {
		separate(out, i);
		fprintf(out, "{\"first_ns\":%" PRIu64 ",\"last_ns\":%" PRIu64 ",\"events\":%u}", list[i].first_ns,
			list[i].last_ns, list[i].events);
	}
	fputs("]", out);
}

void meta_write(FILE *out, const struct view *v)
{
	const struct story *s = &v->story;

	fprintf(out, "{\"schema\":\"gilscope-view-1\",\n\"duration_ns\":%" PRIu64, v->duration_ns);
	put_gils(out, v);
	fputs(",\n\"lanes\":[", out);
	for (size_t i = 0; i < v->lanes.n; i++) {
		separate(out, i);
		put_lane(out, v, v->lanes.lanes[i]);
	}
	fputs("]", out);
	put_losses(out, v);
	fprintf(out, ",\n\"overview\":{\"width_ns\":%" PRIu64 ",\"buckets\":%zu}", overview_width_ns(&v->overview),
		v->overview.buckets);
	put_blocks(out, v);
	fprintf(out, ",\n\"left_out\":{\"events\":%" PRIu64, s->left_out);
	put_count(out, "from_ns", since_begin(v, s->left_out_from_ns), s->left_out > 0);
	put_count(out, "threads", v->lanes.left_out, true);
	fputs("}}\n", out);
}
