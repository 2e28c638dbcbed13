/* SPDX-License-Identifier: MIT */
/*
 * A program that embeds Python: embed SCENARIO [LIBPYTHON]. With LIBPYTHON it opens that library,
 * RTLD_LOCAL, as plug-in hosts do; else it is linked with one (EMBED_LINKED). No Python headers:
 * the functions used here have been the same since Python 2.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 3, ROUNDS = 50, TINY_STACK = 32 << 10 };

#define FUNCTIONS(X)                             \
	X(void, Py_InitializeEx, (int))          \
	X(void, Py_Finalize, (void))             \
	X(void *, PyEval_SaveThread, (void))     \
	X(void, PyEval_RestoreThread, (void *))  \
	X(void, PyEval_InitThreads, (void))      \
	X(int, PyGILState_Ensure, (void))        \
	X(void, PyGILState_Release, (int))       \
	X(void, PyErr_Clear, (void))             \
	X(int, PyRun_SimpleStringFlags, (const char *, void *))

#define MEMBER(type, name, parameters) type(*name) parameters;
static struct {
	FUNCTIONS(MEMBER)
} py;

static void load(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
#define FIND(type, name, parameters) *(void **)&py.name = dlsym(handle, #name);
	FUNCTIONS(FIND)
}

static void run(const char *code)
{
	if (py.PyRun_SimpleStringFlags(code, NULL))
		exit(1);
}

static void *foreign(void *tiny)
{
	for (int i = 0; i < ROUNDS; i++) {
		int state = py.PyGILState_Ensure();

		if (tiny) /* no room to run Python code */
			py.PyErr_Clear();
		else
			run("sum(range(20000))");
		py.PyGILState_Release(state);
	}
	return NULL;
}

static void foreign_threads(size_t stack_bytes)
{
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	void *held = py.PyEval_SaveThread();

	pthread_attr_init(&attr);
	if (stack_bytes)
		pthread_attr_setstacksize(&attr, stack_bytes);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], &attr, foreign, stack_bytes ? &py : NULL))
			exit(1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_destroy(&attr);
	py.PyEval_RestoreThread(held);
}

static void one_life(size_t stack_bytes)
{
	py.Py_InitializeEx(0);
	if (py.PyEval_InitThreads) /* gone since 3.13, needed before 3.7 */
		py.PyEval_InitThreads();
	run("import threading\n"
	    "t = threading.Thread(target=sum, args=(range(1000),)); t.start(); t.join()\n");
	foreign_threads(stack_bytes);
	py.Py_Finalize();
}

static void *in_a_thread(void *unused)
{
	one_life(0);
	return unused;
}

int main(int argc, char **argv)
{
	const char *scenario = argc > 1 ? argv[1] : "";
	pthread_t thread;

#ifdef EMBED_LINKED
	load(NULL);
#else
	if (argc < 3)
		return 2;
	load(argv[2]);
#endif
	if (!strcmp(scenario, "foreign")) {
		one_life(0);
	} else if (!strcmp(scenario, "tiny")) {
		one_life(TINY_STACK);
	} else if (!strcmp(scenario, "again")) {
		for (int life = 0; life < 3; life++)
			one_life(0);
	} else if (!strcmp(scenario, "thread")) {
		if (pthread_create(&thread, NULL, in_a_thread, NULL))
			return 1;
		pthread_join(thread, NULL);
	} else {
		return 2;
	}
	puts("done");
	return 0;
}
