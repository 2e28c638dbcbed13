/* SPDX-License-Identifier: MIT */
#include "runtime/lab/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "runtime/lab/deadlock.h"

static int open_one(struct channel *channel, const struct channel_spec *spec)
{
	int fds[2];

	if (spec->is_socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) : pipe2(fds, O_CLOEXEC))
		return err(-errno, "cannot open channel '%s': %s", spec->name, strerror(errno));
	*channel = (struct channel){ .read_fd = fds[0], .write_fd = fds[1] };
	/* So that a writer knows that it waits, which deadlock.c wants to know. */
	fcntl(channel->write_fd, F_SETFL, O_WRONLY | O_NONBLOCK);
	return 0;
}

int channels_open(struct run *run)
{
	const struct scenario *s = run->scenario;
	int r = 0;

	run->channels = calloc(s->n_channels + 1, sizeof(*run->channels));
	if (!run->channels)
		return err(-ENOMEM, "no memory for %zu channels", s->n_channels);
	for (size_t i = 0; i < s->n_channels; i++)
		run->channels[i] = (struct channel){ .read_fd = -1, .write_fd = -1 };
	for (size_t i = 0; i < s->n_channels && !r; i++)
		r = open_one(&run->channels[i], &s->channels[i]);
	return r;
}

void channels_close(struct run *run)
{
	for (size_t i = 0; run->channels && i < run->scenario->n_channels; i++) {
		fdp(&run->channels[i].read_fd);
		fdp(&run->channels[i].write_fd);
	}
	free(steal(&run->channels));
}

static int failed(const struct transfer *t, const char *what)
{
	int code = -errno;

	return code == -EINTR ? code :
		err(code, "%s: cannot %s '%s': %s", t->worker->state.gil->name, what,
		    t->worker->run->scenario->channels[t->channel].name, strerror(-code));
}

/* ---- sending ------------------------------------------------------------- */

static int wait_for_room(const struct transfer *t, const struct channel *channel)
{
	struct pollfd fd = { .fd = channel->write_fd, .events = POLLOUT };
	int r;

	deadlock_begin_wait(t->worker, WAIT_SEND, t->channel);
	r = poll(&fd, 1, -1) < 0 ? failed(t, "send to") : 0;
	deadlock_end_wait(t->worker);
	return r;
}

static void count_sent(struct run *run, struct channel *channel, uint64_t bytes)
{
	pthread_mutex_lock(&run->mutex);
	channel->sent += bytes;
	pthread_mutex_unlock(&run->mutex);
}

int channel_send(void *transfer)
{
	static const char zeros[SCENARIO_SEND_MAX];
	struct transfer *t = transfer;
	struct channel *channel = &t->worker->run->channels[t->channel];

	count_sent(t->worker->run, channel, t->left);
	while (t->left) {
		ssize_t n = write(channel->write_fd, zeros, t->left);
		int r = 0;

		if (n >= 0)
			t->left -= (uint64_t)n;
		else if (errno == EAGAIN)
			r = wait_for_room(t, channel);
		else
			r = failed(t, "send to");
		if (r) {
			/* What is left is counted again when it goes on. */
			count_sent(t->worker->run, channel, -t->left);
			return r;
		}
	}
	return 0;
}

/* ---- receiving ----------------------------------------------------------- */

int channel_recv(void *transfer)
{
	struct transfer *t = transfer;
	struct run *run = t->worker->run;
	struct channel *channel = &run->channels[t->channel];
	char bytes[1 << 12];

	while (t->left) {
		size_t most = t->left < sizeof(bytes) ? (size_t)t->left : sizeof(bytes);
		ssize_t n;

		deadlock_begin_wait(t->worker, WAIT_RECV, t->channel);
		n = read(channel->read_fd, bytes, most);
		if (n > 0)
			deadlock_end_recv(t->worker, (uint64_t)n);
		else
			deadlock_end_wait(t->worker);
		if (n <= 0)
			return failed(t, "receive from");
		t->left -= (uint64_t)n;
	}
	return 0;
}
