/* SPDX-License-Identifier: MIT */
#include "analyzer/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void registry_init(struct registry *reg)
{
	*reg = (struct registry){ 0 };
	reg->last_gil = &reg->first_gil;
	reg->last_thread = &reg->first_thread;
}

void registry_deinit(struct registry *reg)
{
	threads_free(reg->first_thread);
	for (struct gil *g = reg->first_gil, *next; g; g = next) {
		next = g->next;
		table_deinit(&g->threads);
		reign_log_deinit(&g->log);
		free(g);
	}
	table_deinit(&reg->gils);
	registry_init(reg);
}

/* ---- GILs ---------------------------------------------------------------- */

struct gil *registry_find_gil(struct registry *reg, uint64_t id)
{
	if (!reg->found || reg->found->info.id != id)
		reg->found = table_get(&reg->gils, id);
	return reg->found;
}

int registry_add_gil(struct registry *reg, uint64_t id, struct gil **out)
{
	struct gil *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return err(-ENOMEM, "out of memory");
	r = table_put(&reg->gils, id, g);
	if (r) {
		free(g);
		return r;
	}
	g->info.id = id;
	g->released_ns = g->hole_until_ns = g->info.at_ns = INT64_MIN;
	g->log.since_ns = INT64_MIN;
	*reg->last_gil = g;
	reg->last_gil = &g->next;
	*out = g;
	return 0;
}

/* Copies as much as fits. @return whether it differs from what was there. */
static bool learn_text(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	if (!strncmp(to, from, length) && !to[length])
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

bool gil_learn(struct gil *g, const struct gil_create_fields *facts)
{
	struct gil_info *info = &g->info;
	bool news = !info->known || info->pid != facts->pid || info->schema != facts->schema ||
		    info->flags != facts->flags || info->interval != facts->interval;

	info->known = true;
	info->pid = facts->pid;
	info->schema = facts->schema;
	info->flags = facts->flags;
	info->interval = facts->interval;
	news |= learn_text(info->design, sizeof(info->design), facts->design);
	news |= learn_text(info->version, sizeof(info->version), facts->version);
	news |= learn_text(info->recording, sizeof(info->recording), facts->recording);
	return news;
}

/* ---- threads ------------------------------------------------------------- */

struct thread *gil_find_thread(const struct gil *g, int32_t tid)
{
	struct thread *t = table_get(&g->threads, (uint32_t)tid);

	return t && t->info.state != STATE_ENDED ? t : NULL;
}

int registry_add_thread(struct registry *reg, struct gil *g, int32_t tid, int64_t ts_ns,
			struct thread **out)
{
	struct thread *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err(-ENOMEM, "out of memory");
	r = table_put(&g->threads, (uint32_t)tid, t);
	if (r) {
		free(t);
		return r;
	}
	t->info = (struct thread_info){
		.index = reg->n_threads++,
		.gil = &g->info,
		.pid = g->info.pid,
		.tid = tid,
		.state = STATE_UNKNOWN,
		.first_ns = ts_ns,
		.last_ns = ts_ns,
	};
	t->gil = g;
	t->since_ns = ts_ns;
	t->cpu = -1;
	t->prev_live = &g->live;
	t->next_live = g->live;
	if (g->live)
		g->live->prev_live = &t->next_live;
	g->live = t;
	*reg->last_thread = t;
	reg->last_thread = &t->next;
	reg->n_known++;
	*out = t;
	return 0;
}

void thread_end(struct thread *t)
{
	*t->prev_live = t->next_live;
	if (t->next_live)
		t->next_live->prev_live = t->prev_live;
	wait_account_deinit(&t->account);
}

void threads_free(struct thread *first)
{
	for (struct thread *next; first; first = next) {
		next = first->next;
		wait_account_deinit(&first->account);
		free(first);
	}
}

/* The info is the first member of its thread. */
static void refer(const struct thread_info *info)
{
	if (info)
		((struct thread *)info)->referred = true;
}

static void mark(const struct gil *g)
{
	refer(g->last_holder ? &g->last_holder->info : NULL);
	for (size_t i = 0; i < g->log.n; i++)
		refer(g->log.reigns[i].info);
	for (const struct thread *t = g->live; t; t = t->next_live)
		for (uint32_t i = 0; thread_wants(t) && i < t->account.n; i++)
			refer(t->account.blames[i].holder);
}

/* What the sinks have a pointer to, but never heard the name of, they could not be told to forget. */
static bool may_go(const struct thread *t, bool announced)
{
	return t->info.state == STATE_ENDED && !t->referred && (t->announced ? announced : !t->told);
}

static void sweep(struct registry *reg, bool announced, struct thread **out)
{
	struct thread **link = &reg->first_thread;

	for (struct thread *t; (t = *link);) {
		if (may_go(t, announced)) {
			*link = t->next;
			t->next = *out;
			*out = t;
			reg->n_known--;
			reg->any_taken = true;
		} else {
			t->referred = false;
			link = &t->next;
		}
	}
	reg->last_thread = link;
}

/* A table does not lose a key: it is made anew. */
static int find_the_living(struct gil *g)
{
	int r = 0;

	table_deinit(&g->threads);
	for (struct thread *t = g->live; t && !r; t = t->next_live)
		r = table_put(&g->threads, (uint32_t)t->info.tid, t);
	return r;
}

int registry_take_ended(struct registry *reg, bool announced, struct thread **out)
{
	int r = 0;

	*out = NULL;
	for (const struct gil *g = reg->first_gil; g; g = g->next)
		mark(g);
	sweep(reg, announced, out);
	for (struct gil *g = reg->first_gil; g && !r; g = g->next)
		r = find_the_living(g);
	return r;
}

/* MainThread; t1, t2, ... count the others in order of appearance, whether they need it or not. */
static void default_name(struct thread *t, char name[static 64])
{
	if (!t->info.is_main && !t->number)
		t->number = ++t->gil->next_number;
	if (t->info.is_main)
		snprintf(name, 64, "MainThread");
	else
		snprintf(name, 64, "t%u", t->number);
}

bool thread_learn(struct thread *t, const struct gil_thread_fields *facts)
{
	struct thread_info *info = &t->info;
	char name[sizeof(info->name)] = "";
	bool news = !info->serial || info->pid != facts->pid || info->ident != facts->ident ||
		    info->is_main != facts->is_main;

	info->pid = facts->pid;
	info->serial = facts->serial;
	info->ident = facts->ident;
	info->is_main = facts->is_main;
	default_name(t, name);
	if (facts->name[0])
		info->named = true;
	else if (info->named)
		return news; /* a name once given stays */
	return learn_text(info->name, sizeof(info->name), facts->name[0] ? facts->name : name) || news;
}

bool thread_is_other(const struct thread *t, const struct gil_thread_fields *facts)
{
	return t->info.serial && facts->serial != t->info.serial;
}
