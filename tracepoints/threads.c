/* SPDX-License-Identifier: MIT */
#include "tracepoints/threads.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

_Thread_local __attribute__((tls_model("initial-exec"))) struct emit_thread self;

/* A creator names its threads at once: few wait for their first event. */
enum { NOTES = 32 };

static struct {
	pthread_mutex_t lock;
	struct emit_thread *first;
	struct {
		uint64_t ident; /* 0: free */
		char os_name[THREADS_OS_NAME_SIZE];
	} notes[NOTES];
	unsigned next_note; /* the oldest gives way */
} threads = { .lock = PTHREAD_MUTEX_INITIALIZER };

void threads_lock(void)
{
	pthread_mutex_lock(&threads.lock);
}

bool threads_try_lock(void)
{
	return pthread_mutex_trylock(&threads.lock) == 0;
}

void threads_unlock(void)
{
	pthread_mutex_unlock(&threads.lock);
}

/* ---- the list ------------------------------------------------------------ */

static void link_self(void)
{
	self.prev = &threads.first;
	self.next = threads.first;
	if (threads.first)
		threads.first->prev = &self.next;
	threads.first = &self;
}

void threads_forked(void)
{
	threads.first = NULL;
	memset(threads.notes, 0, sizeof(threads.notes));
	if (self.ident)
		link_self();
}

/* A thread that another named, and which ended unseen, may have left its ident to a new one. */
static void read_notes(void)
{
	char now[THREADS_OS_NAME_SIZE] = "";

	for (unsigned i = 0; i < NOTES; i++) {
		if (threads.notes[i].ident != self.ident)
			continue;
		if (!prctl(PR_GET_NAME, now) && !strcmp(now, threads.notes[i].os_name))
			atomic_store(&self.os_name_is_own, true);
		threads.notes[i].ident = 0;
	}
}

void threads_join(void)
{
	if (self.ident || self.ended)
		return;
	self.ident = (uint64_t)pthread_self();
	link_self();
	read_notes();
}

void threads_leave(void)
{
	if (!self.ident)
		return;
	*self.prev = self.next;
	if (self.next)
		self.next->prev = self.prev;
	self.ident = 0;
}

struct emit_thread *threads_find(uint64_t ident)
{
	struct emit_thread *thread = threads.first;

	while (thread && thread->ident != ident)
		thread = thread->next;
	return thread;
}

/* ---- names --------------------------------------------------------------- */

void threads_set_name(struct emit_thread *thread, const char *name)
{
	size_t n = strnlen(name, THREADS_NAME_SIZE);

	if (n == THREADS_NAME_SIZE)
		for (n--; n && ((unsigned char)name[n] & 0xc0) == 0x80; n--)
			;
	memcpy(thread->name, name, n);
	thread->name[n] = '\0';
}

void threads_leave_os_name(uint64_t ident, const char *os_name)
{
	unsigned i = threads.next_note++ % NOTES;

	threads.notes[i].ident = ident;
	strncpy(threads.notes[i].os_name, os_name, THREADS_OS_NAME_SIZE - 1);
}

void threads_see_os_name(void)
{
	if (prctl(PR_GET_NAME, self.os_name_inherited))
		self.os_name_inherited[0] = '\0';
}

const char *threads_own_os_name(char os_name[THREADS_OS_NAME_SIZE])
{
	if (prctl(PR_GET_NAME, os_name))
		return "";
	if (!atomic_load(&self.os_name_is_own) && !strcmp(os_name, self.os_name_inherited))
		return "";
	return os_name;
}
