/* SPDX-License-Identifier: MIT */
/*
 * A preload library that writes down each call on a mutex, a condition
 * variable or a semaphore, into the file that GILSCOPE_CALLS names, for
 * check_calls.py. It knows nothing of GILs and shares no code with the probe:
 * what the probe makes of the calls can be held against it.
 *
 * All processes that are started with the same file append to it. A line is
 * written before a call that lets others go on (unlock, signal, post, the
 * begin of a wait) and after one that waited for others, so that the order of
 * the lines is the order in which things were held.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CAPACITY = 1 << 24 };

struct line {
	uint32_t pid, tid;
	uint64_t object;
	uint64_t what; /* a letter, see check_calls.py */
};

struct file {
	_Atomic uint64_t lines; /* may pass CAPACITY: then some are missing */
	struct line line[CAPACITY];
};

static struct file *file;

__attribute__((constructor)) static void open_file(void)
{
	const char *path = getenv("GILSCOPE_CALLS");
	void *mapped;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (!ftruncate(fd, sizeof(struct file))) { /* sparse */
		mapped = mmap(NULL, sizeof(struct file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (mapped != MAP_FAILED)
			file = mapped;
	}
	close(fd);
}

/* Neither number is cached: a fork changes both. */
static void say(char what, const void *object)
{
	uint64_t at;

	if (!file)
		return;
	at = atomic_fetch_add(&file->lines, 1);
	if (at < CAPACITY)
		file->line[at] = (struct line){
			.pid = (uint32_t)getpid(),
			.tid = (uint32_t)syscall(SYS_gettid),
			.object = (uintptr_t)object,
			.what = (unsigned char)what,
		};
}

static void *next_symbol(const char *name)
{
	void *symbol = NULL;

	/* On x86-64 the unversioned name may mean the incompatible condition variable of 2.2.5. */
	if (!strncmp(name, "pthread_cond_", strlen("pthread_cond_")))
		symbol = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
	return symbol ? symbol : dlsym(RTLD_NEXT, name);
}

/* The function behind ours; dlsym() keeps errno well enough, and allocates nothing today. */
#define REAL(name)                                                  \
	static __typeof__(&name) real;                              \
	if (!real)                                                  \
		*(void **)&real = next_symbol(#name)

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
	REAL(pthread_mutex_init);
	int ret = real(mutex, attr);

	say(attr ? 'J' : 'I', mutex);
	return ret;
}

EXPORTED int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	REAL(pthread_mutex_destroy);
	say('D', mutex);
	return real(mutex);
}

EXPORTED int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	REAL(pthread_mutex_lock);
	int ret = real(mutex);

	say('L', mutex);
	return ret;
}

EXPORTED int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	REAL(pthread_mutex_unlock);
	say('U', mutex);
	return real(mutex);
}

EXPORTED int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
	REAL(pthread_cond_init);
	int ret = real(cond, attr);

	say('C', cond);
	return ret;
}

EXPORTED int pthread_cond_destroy(pthread_cond_t *cond)
{
	REAL(pthread_cond_destroy);
	say('E', cond);
	return real(cond);
}

EXPORTED int pthread_cond_signal(pthread_cond_t *cond)
{
	REAL(pthread_cond_signal);
	say('S', cond);
	return real(cond);
}

EXPORTED int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	REAL(pthread_cond_wait);
	say('W', cond);
	int ret = real(cond, mutex);

	say('w', cond);
	return ret;
}

EXPORTED int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				    const struct timespec *deadline)
{
	REAL(pthread_cond_timedwait);
	say('T', cond);
	int ret = real(cond, mutex, deadline);

	say(ret == ETIMEDOUT ? 'o' : 't', cond);
	return ret;
}

EXPORTED int sem_init(sem_t *sem, int shared, unsigned value)
{
	REAL(sem_init);
	int ret = real(sem, shared, value);

	say('N', sem);
	return ret;
}

EXPORTED int sem_wait(sem_t *sem)
{
	REAL(sem_wait);
	say('A', sem);
	int ret = real(sem);

	say(ret ? 'e' : 'a', sem);
	return ret;
}

EXPORTED int sem_trywait(sem_t *sem)
{
	REAL(sem_trywait);
	int ret = real(sem);

	say(ret ? 'y' : 'Y', sem);
	return ret;
}

EXPORTED int sem_post(sem_t *sem)
{
	REAL(sem_post);
	say('P', sem);
	return real(sem);
}
