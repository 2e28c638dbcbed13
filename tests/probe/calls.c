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

static void open_file(void)
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

#define FUNCTIONS(X)                                                                      \
	X(pthread_mutex_init) X(pthread_mutex_destroy) X(pthread_mutex_lock)              \
	X(pthread_mutex_unlock) X(pthread_cond_init) X(pthread_cond_destroy)              \
	X(pthread_cond_signal) X(pthread_cond_wait) X(pthread_cond_timedwait)             \
	X(sem_init) X(sem_wait) X(sem_trywait) X(sem_post)

#define FIELD(name) __typeof__(&name) name;
static struct {
	FUNCTIONS(FIELD)
} behind;

static void *next_symbol(const char *name)
{
	void *symbol = NULL;

	/* On x86-64 the unversioned name may mean the incompatible condition variable of 2.2.5. */
	if (!strncmp(name, "pthread_cond_", strlen("pthread_cond_")))
		symbol = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
	return symbol ? symbol : dlsym(RTLD_NEXT, name);
}

#define RESOLVE(name) *(void **)&behind.name = next_symbol(#name);
static void resolve(void)
{
	FUNCTIONS(RESOLVE)
}

/* The function behind ours. Before the constructor there is one thread. */
#define REAL(name) (behind.name ? behind.name : (resolve(), behind.name))

/*
 * Not at the first call: that one may be LTTng's, in a thread for which the
 * first thread waits with the loader's lock.
 */
__attribute__((constructor)) static void prepare(void)
{
	resolve();
	open_file();
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
	int ret = REAL(pthread_mutex_init)(mutex, attr);

	say(attr ? 'J' : 'I', mutex);
	return ret;
}

EXPORTED int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	say('D', mutex);
	return REAL(pthread_mutex_destroy)(mutex);
}

EXPORTED int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	int ret = REAL(pthread_mutex_lock)(mutex);

	say('L', mutex);
	return ret;
}

EXPORTED int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	say('U', mutex);
	return REAL(pthread_mutex_unlock)(mutex);
}

EXPORTED int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
	int ret = REAL(pthread_cond_init)(cond, attr);

	say('C', cond);
	return ret;
}

EXPORTED int pthread_cond_destroy(pthread_cond_t *cond)
{
	say('E', cond);
	return REAL(pthread_cond_destroy)(cond);
}

EXPORTED int pthread_cond_signal(pthread_cond_t *cond)
{
	say('S', cond);
	return REAL(pthread_cond_signal)(cond);
}

EXPORTED int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	int ret;

	say('W', cond);
	ret = REAL(pthread_cond_wait)(cond, mutex);
	say('w', cond);
	return ret;
}

EXPORTED int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				    const struct timespec *deadline)
{
	int ret;

	say('T', cond);
	ret = REAL(pthread_cond_timedwait)(cond, mutex, deadline);
	say(ret == ETIMEDOUT ? 'o' : 't', cond);
	return ret;
}

EXPORTED int sem_init(sem_t *sem, int shared, unsigned value)
{
	int ret = REAL(sem_init)(sem, shared, value);

	say('N', sem);
	return ret;
}

EXPORTED int sem_wait(sem_t *sem)
{
	int ret;

	say('A', sem);
	ret = REAL(sem_wait)(sem);
	say(ret ? 'e' : 'a', sem);
	return ret;
}

EXPORTED int sem_trywait(sem_t *sem)
{
	int ret = REAL(sem_trywait)(sem);

	say(ret ? 'y' : 'Y', sem);
	return ret;
}

EXPORTED int sem_post(sem_t *sem)
{
	say('P', sem);
	return REAL(sem_post)(sem);
}
