/* SPDX-License-Identifier: MIT */
#include "runtime/lab/builtins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/blocking.h"
#include "runtime/lab/channel.h"
#include "runtime/lab/engine/eval.h"
#include "runtime/lab/signals.h"
#include "runtime/lab/worker.h"

/* ---- time ---------------------------------------------------------------- */

static int op_sleep(void *until)
{
	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, until, NULL);
}

static struct timespec after(int64_t ns)
{
	uint64_t until_ns = run_now_ns() + (uint64_t)ns;

	return (struct timespec){ (time_t)(until_ns / 1000000000), (long)(until_ns % 1000000000) };
}

static int call_sleep(struct thread_state *ts, struct object *const *args, size_t n)
{
	struct timespec until = after(args[0]->value);

	(void)n;
	return blocking(ts, op_sleep, &until);
}

/* As C code that takes its time and does not let the GIL go. */
static int call_hold(struct thread_state *ts, struct object *const *args, size_t n)
{
	struct timespec until = after(args[0]->value);
	int r;

	(void)ts;
	(void)n;
	do {
		r = op_sleep(&until);
	} while (r == -EINTR);
	return r;
}

/* ---- channels ------------------------------------------------------------ */

static int call_send(struct thread_state *ts, struct object *const *args, size_t n)
{
	struct transfer t = { worker_of(ts), (size_t)args[0]->value, (uint64_t)args[1]->value };

	(void)n;
	return blocking(ts, channel_send, &t);
}

static int call_recv(struct thread_state *ts, struct object *const *args, size_t n)
{
	struct transfer t = { worker_of(ts), (size_t)args[0]->value, (uint64_t)args[1]->value };

	(void)n;
	return blocking(ts, channel_recv, &t);
}

/* ---- files --------------------------------------------------------------- */

enum { READ_BYTES = 1 << 16 };

struct file {
	const char *path;
	char *bytes; /* not on the stack, which may have 32 KiB */
	int fd;
	ssize_t got;
};

static int op_open(void *arg)
{
	struct file *f = arg;

	f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	return f->fd < 0 ? -errno : 0;
}

static int op_read(void *arg)
{
	struct file *f = arg;

	f->got = read(f->fd, f->bytes, READ_BYTES);
	return f->got < 0 ? -errno : 0;
}

static int op_close(void *arg)
{
	fdp(&((struct file *)arg)->fd);
	return 0;
}

/* Each system call without the GIL, as Python's files do. */
static int call_read(struct thread_state *ts, struct object *const *args, size_t n)
{
	cleanup(freep) char *bytes = malloc(READ_BYTES);
	struct file f = { .path = (const char *)(intptr_t)args[0]->value, .bytes = bytes, .fd = -1 };
	int r = bytes ? blocking(ts, op_open, &f) : -ENOMEM, closed;

	(void)n;
	do {
		if (!r)
			r = blocking(ts, op_read, &f);
	} while (!r && f.got > 0);
	if (r < 0)
		err(r, "%s:%u: cannot read '%s': %s", worker_of(ts)->run->scenario->path, eval_line(ts), f.path,
		    strerror(-r));
	closed = f.fd >= 0 ? blocking(ts, op_close, &f) : 0;
	return r ? r : closed;
}

/* ---- threads ------------------------------------------------------------- */

static int call_start(struct thread_state *ts, struct object *const *args, size_t n)
{
	(void)n;
	return worker_start_all(worker_of(ts)->run, (size_t)args[0]->value);
}

static int call_join(struct thread_state *ts, struct object *const *args, size_t n)
{
	struct run *run = worker_of(ts)->run;
	size_t body = (size_t)args[0]->value;
	int r = 0;

	(void)n;
	for (size_t i = 0; i < run->scenario->bodies[body].copies && !r; i++) {
		struct joining j = { worker_of(ts), &run->workers[run->first_worker[body] + i] };

		if (!worker_is_started(j.joined))
			return err(-EINVAL, "%s:%u: '%s' cannot be joined before it is started",
				   run->scenario->path, eval_line(ts), j.joined->state.gil->name);
		r = blocking(ts, worker_join, &j);
	}
	return r;
}

/* ---- the rest ------------------------------------------------------------ */

static int call_kill(struct thread_state *ts, struct object *const *args, size_t n)
{
	(void)ts;
	(void)n;
	signals_send((int)args[0]->value);
	return 0;
}

/* Each has a meaning on its own kind of GIL only, as in Python. */
static int call_check_interval(struct thread_state *ts, struct object *const *args, size_t n)
{
	(void)n;
	if (ts->interp->gil->design->ticked)
		interp_set_interval(ts->interp, args[0]->value);
	return 0;
}

static int call_switch_interval(struct thread_state *ts, struct object *const *args, size_t n)
{
	(void)n;
	if (!ts->interp->gil->design->ticked)
		interp_set_interval(ts->interp, args[0]->value / 1000);
	return 0;
}

struct line {
	char *text;
	size_t size, written;
};

static int op_write(void *arg)
{
	struct line *line = arg;

	while (line->written < line->size) {
		ssize_t n = write(STDOUT_FILENO, line->text + line->written, line->size - line->written);

		if (n < 0)
			return -errno;
		line->written += (size_t)n;
	}
	return 0;
}

/* {name} and {pid} are put in. */
static int expand(const struct thread_state *ts, const char *text, struct line *line)
{
	FILE *out = open_memstream(&line->text, &line->size);

	if (!out)
		return err(-ENOMEM, "no memory to print");
	for (; *text; text++) {
		if (!strncmp(text, "{name}", 6)) {
			fputs(ts->gil->name, out);
			text += 5;
		} else if (!strncmp(text, "{pid}", 5)) {
			fprintf(out, "%d", (int)getpid());
			text += 4;
		} else {
			fputc(*text, out);
		}
	}
	fputc('\n', out);
	return fclose(out) ? err(-ENOMEM, "no memory to print") : 0;
}

static int call_say(struct thread_state *ts, struct object *const *args, size_t n)
{
	struct line line = { 0 };
	int r = expand(ts, (const char *)(intptr_t)args[0]->value, &line);

	(void)n;
	if (!r) {
		r = blocking(ts, op_write, &line);
		if (r < 0)
			err(r, "cannot write to the standard output: %s", strerror(-r));
	}
	free(line.text);
	return r;
}

const struct program program = {
	.builtins = {
		[GLOBAL_SLEEP] = call_sleep,
		[GLOBAL_HOLD] = call_hold,
		[GLOBAL_SEND] = call_send,
		[GLOBAL_RECV] = call_recv,
		[GLOBAL_READ] = call_read,
		[GLOBAL_START] = call_start,
		[GLOBAL_JOIN] = call_join,
		[GLOBAL_KILL] = call_kill,
		[GLOBAL_CHECK_INTERVAL] = call_check_interval,
		[GLOBAL_SWITCH_INTERVAL] = call_switch_interval,
		[GLOBAL_SAY] = call_say,
	},
	.run_handlers = signals_run_handlers,
};
