/* SPDX-License-Identifier: MIT */
/*
 * The functions that this library puts before those of the C library. Each
 * looks whether the call is on a GIL, says what it means, and passes it on
 * unchanged. Nothing here needs cleaning up when a wait is cancelled.
 */
#include <errno.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cpython/gils.h"
#include "runtime/cpython/grammar.h"
#include "runtime/cpython/names.h"
#include "runtime/cpython/real.h"
#include "runtime/cpython/sem_gil.h"

#define INTERPOSED __attribute__((visibility("default")))

/* initial-exec: reading it allocates nothing. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct gil_thread self;
static _Thread_local __attribute__((tls_model("initial-exec"))) struct sem_thread sem_self;

/* ---- hot: what is not near a GIL passes without a stack frame ---------------- */

#define APART __attribute__((noinline))

APART static int lock_near_gil(pthread_mutex_t *mutex)
{
	struct known_gil *k = gils_with(GILS_M, mutex);

	if (k && !self.number)
		names_before_first_entry(&k->interpreter);
	if (k)
		gil_enter(&k->gil, &self);
	return real.pthread_mutex_lock(mutex);
}

APART static int unlock_near_gil(pthread_mutex_t *mutex)
{
	struct known_gil *k = gils_with(GILS_M, mutex);

	if (k)
		gil_exit(&k->gil, &self);
	return real.pthread_mutex_unlock(mutex);
}

APART static int signal_near_gil(pthread_cond_t *cond)
{
	struct known_gil *k;

	if ((k = gils_with(GILS_SC, cond)))
		gil_acquire(&k->gil, &self);
	else if ((k = gils_with(GILS_C, cond)))
		gil_release(&k->gil, &self);
	return real.pthread_cond_signal(cond);
}

/*
 * A daemon thread may still wait for the GIL of an interpreter that is gone.
 * When its wait times out, CPython (3.10) uses freed memory and crashes, unless
 * the process has ended by then; LTTng's destructor would give it the time. So
 * such a wait never ends, as in CPython itself since 3.14.
 */
static void stay_if_over(struct known_gil *k, pthread_mutex_t *mutex)
{
	if (!atomic_load_explicit(&k->over, memory_order_relaxed))
		return;
	real.pthread_mutex_unlock(mutex);
	for (;;)
		pause();
}

static int64_t ns_until(const struct timespec *deadline, clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (deadline->tv_sec - now.tv_sec) * INT64_C(1000000000) + deadline->tv_nsec - now.tv_nsec;
}

APART static int timedwait_near_gil(pthread_cond_t *cond, pthread_mutex_t *mutex,
				    const struct timespec *deadline)
{
	struct known_gil *k = gils_with(GILS_C, cond);
	int ret;

	if (!k)
		return real.pthread_cond_timedwait(cond, mutex, deadline);
	if (gil_wants_deadline(&k->gil))
		gil_saw_deadline(&k->gil, ns_until(deadline, k->clock));
	gil_wait(&k->gil, &self);
	ret = real.pthread_cond_timedwait(cond, mutex, deadline);
	stay_if_over(k, mutex);
	gil_waited(&k->gil, &self, ret == ETIMEDOUT);
	return ret;
}

APART static int sem_wait_near_gil(sem_t *sem)
{
	struct known_gil *k = gils_saw_sem_wait(sem);

	if (k)
		return sem_gil_wait(&k->gil, &k->sem, &self, &sem_self, sem);
	if (gils_are_guarded_by(sem))
		sem_self.current = false;
	return real.sem_wait(sem);
}

APART static int sem_post_near_gil(sem_t *sem)
{
	struct known_gil *k = gils_with(GILS_S, sem);

	return k ? sem_gil_post(&k->gil, &k->sem, &self, &sem_self, sem) : real.sem_post(sem);
}

INTERPOSED int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return gils_within(&gils_mutexes, mutex) ? lock_near_gil(mutex) : real.pthread_mutex_lock(mutex);
}

INTERPOSED int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	return gils_within(&gils_mutexes, mutex) ? unlock_near_gil(mutex) : real.pthread_mutex_unlock(mutex);
}

INTERPOSED int pthread_cond_signal(pthread_cond_t *cond)
{
	return gils_within(&gils_conds, cond) ? signal_near_gil(cond) : real.pthread_cond_signal(cond);
}

INTERPOSED int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				      const struct timespec *deadline)
{
	if (gils_within(&gils_conds, cond))
		return timedwait_near_gil(cond, mutex, deadline);
	return real.pthread_cond_timedwait(cond, mutex, deadline);
}

INTERPOSED int sem_wait(sem_t *sem)
{
	return gils_within(&gils_sems, sem) ? sem_wait_near_gil(sem) : real.sem_wait(sem);
}

INTERPOSED int sem_post(sem_t *sem)
{
	return gils_within(&gils_sems, sem) ? sem_post_near_gil(sem) : real.sem_post(sem);
}

/* ---- rare ------------------------------------------------------------------ */

INTERPOSED int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
	int ret = real.pthread_mutex_init(mutex, attr);

	gils_saw_mutex_init(mutex, attr);
	return ret;
}

INTERPOSED int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	gils_saw_end(mutex);
	return real.pthread_mutex_destroy(mutex);
}

INTERPOSED int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
	int ret = real.pthread_cond_init(cond, attr);

	gils_saw_cond_init(cond, attr, __builtin_return_address(0));
	return ret;
}

INTERPOSED int pthread_cond_destroy(pthread_cond_t *cond)
{
	gils_saw_end(cond);
	return real.pthread_cond_destroy(cond);
}

INTERPOSED int sem_init(sem_t *sem, int shared, unsigned value)
{
	int ret = real.sem_init(sem, shared, value);

	gils_saw_sem_init(sem, __builtin_return_address(0));
	return ret;
}

INTERPOSED int sem_destroy(sem_t *sem)
{
	gils_saw_end(sem);
	return real.sem_destroy(sem);
}

/* ---- threads and their names ------------------------------------------------ */

INTERPOSED int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
			      void *argument)
{
	names_before_thread(__builtin_return_address(0));
	return real.pthread_create(thread, attr, start, argument);
}

INTERPOSED int pthread_setname_np(pthread_t thread, const char *name)
{
	int ret = real.pthread_setname_np(thread, name);

	if (!ret)
		emit_os_name((uint64_t)thread, name);
	return ret;
}

/* As the C library's, which has no list of its arguments; here they are as in the kernel. */
int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

INTERPOSED int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	int ret = real.prctl(option, a, b, c, d);

	if (option == PR_SET_NAME && !ret)
		emit_os_name((uint64_t)pthread_self(), (const char *)a);
	return ret;
}

/* ---- programs that close everything, or choose a number ------------------------ */

INTERPOSED int close(int fd)
{
	if (emit_refuses_close(fd)) {
		errno = EBADF;
		return -1;
	}
	return real.close(fd);
}

/*
 * LTTng opened its descriptors where the program had none and no low number is one (low_fds.h),
 * save where a recording began later. LTTng would write into what takes their place.
 */
static bool is_taken(int from, int to)
{
	if (to < 0 || from == to || emit_owned_fd((unsigned)to, (unsigned)to) != to)
		return false;
	errno = EBUSY;
	return true;
}

INTERPOSED int dup2(int from, int to)
{
	return is_taken(from, to) ? -1 : real.dup2(from, to);
}

INTERPOSED int dup3(int from, int to, int flags)
{
	return is_taken(from, to) ? -1 : real.dup3(from, to, flags);
}

INTERPOSED int close_range(unsigned first, unsigned last, int flags)
{
	int spared;

	while ((spared = emit_owned_fd(first, last)) >= 0) {
		if ((unsigned)spared > first && real.close_range(first, (unsigned)spared - 1, flags))
			return -1;
		if ((unsigned)spared == last)
			return 0;
		first = (unsigned)spared + 1;
	}
	return real.close_range(first, last, flags);
}
