/* SPDX-License-Identifier: MIT */
/* The only file that uses liblttng-ctl. */
#include "tracepoints/session.h"

#include "base/err.h"
#include "tracepoints/names.h"

#include <errno.h>
#include <lttng/lttng.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
	ANSWER_LIMIT_S = 10, /* one request to the daemon */
	CLOSE_LIMIT_S = 30,  /* writing out what is in the buffers */
	SUBBUFS = 4,
	FLIGHT_SUBBUFS = 16, /* what is overwritten is overwritten one sub-buffer at a time */
	MANY_PROCESSES = 16, /* so many may take half of the shared memory together */
	RARE_SHARE = 8,      /* a flight recorder keeps the facts about as long as the events */
};
static const uint64_t default_buffer_bytes = UINT64_C(16) << 20;
static const uint64_t least_buffer_bytes = UINT64_C(16) << 10;
static const uint64_t least_flight_bytes = UINT64_C(64) << 10; /* a page for each sub-buffer */
static const uint64_t most_process_bytes = UINT64_C(256) << 20;
static const uint64_t least_rare_bytes = UINT64_C(32) << 10, most_rare_bytes = UINT64_C(128) << 10;

struct session {
	char name[128], output[4096]; /* output: of the trace, or of the next snapshot */
	bool flight, per_user;
	uint64_t buffer_bytes, rare_bytes; /* per CPU: of the hot and of the rare channel */
	struct lttng_handle *handle;
	struct session_loss loss;
};

static struct session *session_free(struct session *s)
{
	if (s)
		lttng_destroy_handle(s->handle);
	free(s);
	return NULL;
}
DEFINE_CLEANUP(struct session *, session_free);

/* ---- time limits --------------------------------------------------------- */

/* A step that talks to the daemon, run in a thread of its own so that it can be given up. */
struct step {
	int (*run)(struct session *);
	struct session *session;
	int result;
	char sentence[512];
};

static void *step_thread(void *arg)
{
	struct step *step = arg;

	step->result = step->run(step->session);
	snprintf(step->sentence, sizeof(step->sentence), "%s", err_innermost());
	return NULL;
}

/* @return the step's result; -ETIMEDOUT: the thread may still use the session, which is then leaked on purpose. */
static int within(int limit_s, int (*run)(struct session *), struct session *session)
{
	struct step *step = calloc(1, sizeof(*step));
	struct timespec deadline;
	pthread_t thread;
	int r;

	if (!step)
		return err(-ENOMEM, "out of memory");
	step->run = run;
	step->session = session;
	r = pthread_create(&thread, NULL, step_thread, step);
	if (r) {
		free(step);
		return err(-r, "cannot start a thread: %s", strerror(r));
	}
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += limit_s;
	if (pthread_timedjoin_np(thread, NULL, &deadline)) {
		pthread_detach(thread);
		return err(-ETIMEDOUT,
			   "the LTTng session daemon did not answer for %d s (is it stopped?); "
			   "see 'gilscope doctor'", limit_s);
	}
	r = step->result;
	if (r < 0)
		err(r, "%s", step->sentence);
	free(step);
	return r;
}

/* ---- the steps ------------------------------------------------------------- */

/* liblttng-ctl: int functions give 0 or -LTTNG_ERR_*; *_ext ones LTTNG_OK (10) or a positive code. */
static int fail(const char *what, int code)
{
	int error = code < 0 ? -code : code;

	if (error == LTTNG_ERR_NO_SESSIOND || error == LTTNG_ERR_NO_USTCONSUMERD)
		return err(-EPIPE, "%s: LTTng's %s daemon died; the trace may end early, or not be readable, and what "
				   "it lost is unknown", what,
			   error == LTTNG_ERR_NO_SESSIOND ? "session" : "consumer");
	return err(-EIO, "%s: %s", what, lttng_strerror(-error));
}

static int create_session(const struct session *s)
{
	struct lttng_session_descriptor *d = s->flight ?
		lttng_session_descriptor_snapshot_create(s->name) :
		lttng_session_descriptor_local_create(s->name, s->output);
	enum lttng_error_code code = d ? lttng_create_session_ext(d) : LTTNG_ERR_NOMEM;

	lttng_session_descriptor_destroy(d);
	return code == LTTNG_OK ? 0 : fail("cannot create an LTTng session", code);
}

static int add_channel(struct session *s, const char *name, uint64_t bytes)
{
	struct lttng_channel *channel = lttng_channel_create(&s->handle->domain);
	uint64_t subbufs = s->flight ? FLIGHT_SUBBUFS : SUBBUFS;
	int r;

	if (!channel)
		return err(-ENOMEM, "out of memory");
	snprintf(channel->name, sizeof(channel->name), "%s", name);
	channel->attr.overwrite = s->flight; /* else discard: losses are counted exactly */
	channel->attr.subbuf_size = bytes / subbufs;
	channel->attr.num_subbuf = subbufs;
	lttng_channel_set_blocking_timeout(channel, 0);
	r = lttng_enable_channel(s->handle, channel);
	lttng_channel_destroy(channel);
	return r < 0 ? fail("cannot create an LTTng channel", r) : 0;
}

static int add_event(struct session *s, const char *name, const char *channel)
{
	struct lttng_event *event = lttng_event_create();
	int r;

	if (!event)
		return err(-ENOMEM, "out of memory");
	event->type = LTTNG_EVENT_TRACEPOINT;
	event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
	event->loglevel = -1;
	snprintf(event->name, sizeof(event->name), "%s", name);
	r = lttng_enable_event_with_exclusions(s->handle, event, channel, NULL, 0, NULL);
	lttng_event_destroy(event);
	return r < 0 ? fail("cannot enable the gil:* events", r) : 0;
}

static int open_step(struct session *s)
{
	static const char *const names[GIL_KINDS] = GIL_EVENT_NAMES;
	struct lttng_domain domain = {
		.type = LTTNG_DOMAIN_UST,
		.buf_type = s->per_user ? LTTNG_BUFFER_PER_UID : LTTNG_BUFFER_PER_PID,
	};
	int r = create_session(s);

	if (r)
		return r;
	s->handle = lttng_create_handle(s->name, &domain);
	if (!s->handle)
		return err(-ENOMEM, "out of memory");
	/* The facts first: a process that runs already has them on before its first event. */
	r = add_channel(s, GIL_CHANNEL_RARE, s->rare_bytes);
	if (!r)
		r = add_channel(s, GIL_CHANNEL_HOT, s->buffer_bytes);
	for (int kind = 0; !r && kind < GIL_KINDS; kind++)
		r = add_event(s, names[kind], kind < GIL_FIRST_HOT ? GIL_CHANNEL_RARE : GIL_CHANNEL_HOT);
	if (r)
		return r;
	r = lttng_start_tracing(s->name);
	return r < 0 ? fail("cannot start tracing", r) : 0;
}

static int stop_step(struct session *s)
{
	int r = lttng_stop_tracing(s->name); /* waits until all is written */

	if (r < 0 && r != -LTTNG_ERR_TRACE_ALREADY_STOPPED)
		return fail("cannot stop tracing", r);
	return 0;
}

static int snapshot_step(struct session *s)
{
	struct lttng_snapshot_output *output = lttng_snapshot_output_create();
	int r;

	if (!output)
		return err(-ENOMEM, "out of memory");
	r = lttng_snapshot_output_set_local_path(s->output, output);
	if (!r)
		r = lttng_snapshot_record(s->name, output, 0);
	lttng_snapshot_output_destroy(output);
	return r < 0 ? fail("cannot write what is in the buffers", r) : 0;
}

/* The counters die with the session. */
static int loss_step(struct session *s)
{
	struct lttng_channel *channels = NULL;
	int n = lttng_list_channels(s->handle, &channels);

	if (n < 0)
		return fail("cannot read the loss counters", n);
	s->loss.known = true;
	for (int i = 0; i < n; i++) {
		uint64_t events = 0, packets = 0;
		if (lttng_channel_get_discarded_event_count(&channels[i], &events) ||
		    lttng_channel_get_lost_packet_count(&channels[i], &packets))
			s->loss.known = false;
		s->loss.events += events;
		s->loss.packets += packets;
	}
	free(channels);
	return 0;
}

static int destroy_step(struct session *s)
{
	struct lttng_destruction_handle *handle = NULL;
	enum lttng_error_code code = lttng_destroy_session_ext(s->name, &handle), result = LTTNG_OK;
	enum lttng_destruction_handle_status status;

	if (code != LTTNG_OK)
		return fail("cannot end the LTTng session", code);
	status = lttng_destruction_handle_wait_for_completion(handle, CLOSE_LIMIT_S * 1000);
	if (status == LTTNG_DESTRUCTION_HANDLE_STATUS_COMPLETED)
		lttng_destruction_handle_get_result(handle, &result);
	lttng_destruction_handle_destroy(handle);
	if (status != LTTNG_DESTRUCTION_HANDLE_STATUS_COMPLETED)
		return err(-ETIMEDOUT, "the LTTng session did not end within %d s", CLOSE_LIMIT_S);
	return result == LTTNG_OK ? 0 : fail("cannot end the LTTng session", result);
}

static int close_step(struct session *s)
{
	int stopped = stop_step(s), counted = loss_step(s), destroyed = destroy_step(s);

	return stopped ? stopped : counted ? counted : destroyed;
}

/* ---- sizes --------------------------------------------------------------- */

static uint64_t cpus(void)
{
	return (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
}

uint64_t session_free_bytes(void)
{
	struct statvfs shm;

	return statvfs("/dev/shm", &shm) ? UINT64_MAX : (uint64_t)shm.f_bavail * shm.f_frsize;
}

/* A power of two, at most `wanted` per CPU and `most` for all of them. */
static uint64_t fitted_bytes(uint64_t wanted, uint64_t most)
{
	uint64_t bytes = least_buffer_bytes;

	while (bytes * 2 <= wanted && bytes * 2 * cpus() <= most)
		bytes *= 2;
	return bytes;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Who asked for a size may have a quarter of the shared memory for one process. */
static void size_buffers(struct session *s, const struct session_options *o)
{
	uint64_t half = session_free_bytes() / 2;

	if (s->flight) {
		s->buffer_bytes = larger(fitted_bytes(o->flight_bytes / cpus(), half), least_flight_bytes);
		s->rare_bytes = larger(s->buffer_bytes / RARE_SHARE, least_flight_bytes);
		return;
	}
	s->buffer_bytes = o->buffer_bytes ?
		fitted_bytes(o->buffer_bytes, smaller(most_process_bytes, half / 2)) :
		fitted_bytes(default_buffer_bytes,
			     smaller(most_process_bytes, s->per_user ? half / 2 : half / MANY_PROCESSES));
	s->rare_bytes = larger(smaller(most_rare_bytes, s->buffer_bytes), least_rare_bytes);
}

uint64_t session_cpu_buffer_bytes(const struct session *s)
{
	return s->buffer_bytes;
}

uint64_t session_buffers_bytes(const struct session *s)
{
	return (s->buffer_bytes + s->rare_bytes) * cpus();
}

/* ---- the interface ------------------------------------------------------- */

int session_open(struct session **out, const struct session_options *options)
{
	cleanup(session_freep) struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err(-ENOMEM, "out of memory");
	snprintf(s->name, sizeof(s->name), "%s", options->name);
	snprintf(s->output, sizeof(s->output), "%s", options->output);
	s->flight = options->flight_bytes != 0;
	s->per_user = s->flight || options->per_user;
	size_buffers(s, options);
	r = within(ANSWER_LIMIT_S, open_step, s);
	if (r == -ETIMEDOUT) {
		steal(&s);
		return r;
	}
	if (r) {
		within(ANSWER_LIMIT_S, destroy_step, s);
		return r;
	}
	*out = steal(&s);
	return 0;
}

int session_snapshot(struct session *s, const char *folder)
{
	snprintf(s->output, sizeof(s->output), "%s", folder);
	return within(CLOSE_LIMIT_S, snapshot_step, s);
}

int session_close(struct session *session, struct session_loss *loss)
{
	cleanup(session_freep) struct session *s = session;
	int mark = err_mark(), r;

	*loss = (struct session_loss){ 0 };
	/* One that is stopped is told in seconds from one that has much to write. */
	r = session_daemon_sessions();
	if (r != -ETIMEDOUT) {
		err_forget(mark);
		r = within(2 * CLOSE_LIMIT_S, close_step, s);
	}
	if (r == -ETIMEDOUT)
		steal(&s);
	else
		*loss = s->loss;
	return r;
}

int session_end(const char *name)
{
	struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err(-ENOMEM, "out of memory");
	snprintf(s->name, sizeof(s->name), "%s", name);
	r = within(CLOSE_LIMIT_S, destroy_step, s);
	if (r != -ETIMEDOUT)
		session_free(s);
	return r;
}

static int ping_step(struct session *unused)
{
	(void)unused;
	/* The group's members would be sent to root's daemon: never reach for that. */
	if (geteuid())
		lttng_set_tracing_group("gilscope-no-such-group");
	return lttng_session_daemon_alive() == 1;
}

static int count_step(struct session *unused)
{
	struct lttng_session *sessions = NULL;
	int n = lttng_list_sessions(&sessions);

	(void)unused;
	free(sessions);
	return n < 0 ? -EIO : n;
}

bool session_daemon_answers(void)
{
	int mark = err_mark(), r = within(ANSWER_LIMIT_S, ping_step, NULL);

	if (r < 0)
		err_forget(mark);
	return r == 1;
}

int session_daemon_sessions(void)
{
	return within(ANSWER_LIMIT_S, count_step, NULL);
}
