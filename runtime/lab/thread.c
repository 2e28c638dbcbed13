/* SPDX-License-Identifier: MIT */
#include "runtime/lab/thread.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "tracepoints/emit.h"

enum { OS_NAME_SIZE = 16 };

struct start {
	void (*function)(void *arg);
	void *arg;
	char name[];
};

static void *run(void *data)
{
	cleanup(freep) struct start *s = data;
	char os_name[OS_NAME_SIZE];

	snprintf(os_name, sizeof(os_name), "%s", s->name);
	pthread_setname_np(pthread_self(), os_name);
	emit_thread_name((uint64_t)pthread_self(), s->name);
	s->function(s->arg);
	return NULL;
}

static int attr_init(pthread_attr_t *attr, const struct thread_options *options)
{
	size_t stack_bytes = options->stack_bytes;
	int status = pthread_attr_init(attr);

	if (status)
		return status;
	if (stack_bytes && stack_bytes < THREAD_STACK_MIN)
		stack_bytes = THREAD_STACK_MIN;
	if (stack_bytes)
		status = pthread_attr_setstacksize(attr, stack_bytes);
	if (!status)
		status = pthread_attr_setscope(attr, PTHREAD_SCOPE_SYSTEM);
	if (!status && options->detached)
		status = pthread_attr_setdetachstate(attr, PTHREAD_CREATE_DETACHED);
	if (status)
		pthread_attr_destroy(attr);
	return status;
}

int thread_start(pthread_t *out, const char *name, const struct thread_options *options,
		 void (*function)(void *arg), void *arg)
{
	static const struct thread_options defaults;
	size_t name_size = strlen(name) + 1;
	cleanup(freep) struct start *s = malloc(sizeof(*s) + name_size);
	pthread_attr_t attr;
	int status;

	if (!s)
		return err(-ENOMEM, "no memory to start thread '%s'", name);
	s->function = function;
	s->arg = arg;
	memcpy(s->name, name, name_size);
	status = attr_init(&attr, options ? options : &defaults);
	if (!status) {
		status = pthread_create(out, &attr, run, s);
		pthread_attr_destroy(&attr);
	}
	if (status)
		return err(-status, "cannot start thread '%s': %s", name, strerror(status));
	(void)steal(&s);
	return 0;
}
