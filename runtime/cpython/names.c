/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/names.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "runtime/cpython/interpreter.h"
#include "tracepoints/emit.h"

/* ---- Python's C API, as it is in all versions since 2.7 --------------------- */

typedef struct python_object object; /* known by its address alone */

typedef object *function_with_keywords(object *self, object *args, object *keywords);

struct method {
	const char *name;
	function_with_keywords *function;
	int flags;
	const char *doc;
};
enum { METH_VARARGS = 1, METH_KEYWORDS = 2 };

/* Result, name, parameters. A result of type object * is a new reference, unless it says otherwise. */
#define PYTHON_API(X)                                                                  \
	X(object *, PyImport_GetModuleDict, (void)) /* borrowed */                     \
	X(object *, PyDict_GetItemString, (object *, const char *)) /* borrowed */     \
	X(object *, PyDict_Values, (object *))                                         \
	X(object *, PyList_GetItem, (object *, ssize_t)) /* borrowed */                \
	X(object *, PyTuple_GetItem, (object *, ssize_t)) /* borrowed */               \
	X(object *, PyObject_GetAttrString, (object *, const char *))                  \
	X(int, PyObject_SetAttrString, (object *, const char *, object *))             \
	X(object *, PyObject_Call, (object *, object *, object *))                     \
	X(object *, PyObject_CallMethod, (object *, const char *, const char *, ...))  \
	X(object *, PyCFunction_NewEx, (struct method *, object *, object *))          \
	X(function_with_keywords *, PyCFunction_GetFunction, (object *))               \
	X(unsigned long, PyLong_AsUnsignedLong, (object *))                            \
	X(void, PyErr_Fetch, (object **, object **, object **))                        \
	X(void, PyErr_Restore, (object *, object *, object *))                         \
	X(void, PyErr_Clear, (void))                                                   \
	X(void, Py_DecRef, (object *))                                                 \
	X(void *, PyGILState_GetThisThreadState, (void))

#define PYTHON_2_API(X)                                                                \
	X(object *, PyMethod_New, (object *, object *, object *))                      \
	X(const char *, PyString_AsString, (object *))

#define PYTHON_3_API(X)                                                                \
	X(object *, PyInstanceMethod_New, (object *))                                  \
	X(object *, PyUnicode_AsEncodedString, (object *, const char *, const char *)) \
	X(const char *, PyBytes_AsString, (object *))

/* The state of the thread that has the GIL: the last one up to 3.5, the others since. */
#define PYTHON_CURRENT(X)                                                              \
	X(void *, PyThreadState_GetUnchecked, (void))                                  \
	X(void *, _PyThreadState_UncheckedGet, (void))                                 \
	X(void *, _PyThreadState_Current, )

#define PYTHON_ALL(X) PYTHON_API(X) PYTHON_2_API(X) PYTHON_3_API(X) PYTHON_CURRENT(X)

#define ENTRY(result, name, parameters) result (*name) parameters;
static struct {
	PYTHON_ALL(ENTRY)
} py;

#define NAME(result, name, parameters) #name,
static const char *const api_names[] = { PYTHON_ALL(NAME) };
enum { API_SIZE = sizeof(api_names) / sizeof(api_names[0]) };
_Static_assert(sizeof(py) == API_SIZE * sizeof(void *), "py is filled as an array of addresses");

#define IS_THERE(result, name, parameters) && py.name
static bool is_python_2(void)
{
	return true PYTHON_2_API(IS_THERE);
}

static bool api_is_complete(void)
{
	return true PYTHON_API(IS_THERE) && (is_python_2() || (true PYTHON_3_API(IS_THERE))) &&
	       (py.PyThreadState_GetUnchecked || py._PyThreadState_UncheckedGet ||
		py._PyThreadState_Current);
}

/* One interpreter library in a process is served: the first that starts a thread. */
static bool is_in_served(const void *caller)
{
	static const void *_Atomic base; /* of the one whose API is in py */
	enum { NOBODY, LOADING, SERVED, NEVER };
	static _Atomic int state;
	int expected = NOBODY;
	void *symbols[API_SIZE];
	Dl_info info;

	if (!dladdr(caller, &info))
		return false;
	if (atomic_load(&state) != NOBODY)
		return atomic_load(&state) == SERVED && atomic_load(&base) == info.dli_fbase;
	if (interpreter_symbols(caller, api_names, symbols, API_SIZE) ||
	    !atomic_compare_exchange_strong(&state, &expected, LOADING))
		return false;
	memcpy(&py, symbols, sizeof(py));
	atomic_store(&base, info.dli_fbase);
	atomic_store(&state, api_is_complete() ? SERVED : NEVER);
	return atomic_load(&state) == SERVED;
}

/* CPython starts its threads in one place; dladdr() searches all symbols of a library, 20 us in Python's. */
static bool is_served(const void *caller)
{
	static const void *_Atomic known;

	if (atomic_load(&known) == caller)
		return true;
	if (!is_in_served(caller))
		return false;
	atomic_store(&known, caller);
	return true;
}

/* As PyGILState_Check(), which 2.7 does not have. */
static bool has_gil(void)
{
	void *current = py.PyThreadState_GetUnchecked ? py.PyThreadState_GetUnchecked() :
			py._PyThreadState_UncheckedGet ? py._PyThreadState_UncheckedGet() :
			*(void *volatile *)py._PyThreadState_Current;

	return current && current == py.PyGILState_GetThisThreadState();
}

static bool wanted;

/* Before the program can change its environment. */
__attribute__((constructor)) static void read_wish(void)
{
	wanted = !secure_getenv(GIL_ENV_NO_PYTHON_NAMES);
}

/* ---- a thread's name --------------------------------------------------------- */

static void drop(object **o)
{
	if (*o)
		py.Py_DecRef(*o);
}
#define OWNED __attribute__((cleanup(drop))) object

static object *get(object *of, const char *name)
{
	object *attribute = of ? py.PyObject_GetAttrString(of, name) : NULL;

	if (!attribute)
		py.PyErr_Clear();
	return attribute;
}

/* What stands in the Thread object itself: its properties are Python code. */
static void tell_name(object *thread)
{
	bool two = is_python_2();
	OWNED *ident = get(thread, two ? "_Thread__ident" : "_ident");
	OWNED *name = get(thread, two ? "_Thread__name" : "_name");
	OWNED *utf8 = two || !name ? NULL : py.PyUnicode_AsEncodedString(name, "utf-8", "replace");
	unsigned long number = ident ? py.PyLong_AsUnsignedLong(ident) : ULONG_MAX;
	const char *text = NULL;

	if (two && name)
		text = py.PyString_AsString(name);
	else if (utf8)
		text = py.PyBytes_AsString(utf8);
	if (text && number != ULONG_MAX) /* not None: it has begun */
		emit_thread_name(number, text);
	py.PyErr_Clear();
}

static object *call_and_tell(object *original, object *args, object *keywords)
{
	object *result = py.PyObject_Call(original, args, keywords), *thread;

	if (!result)
		return NULL;
	thread = py.PyTuple_GetItem(args, 0);
	if (thread)
		tell_name(thread);
	else
		py.PyErr_Clear();
	return result;
}

/* ---- threading.Thread --------------------------------------------------------- */

static struct method set_ident_method = {
	"_set_ident", call_and_tell, METH_VARARGS | METH_KEYWORDS, NULL,
}, set_name_method = {
	"name", call_and_tell, METH_VARARGS | METH_KEYWORDS, NULL,
};

static object *wrap(struct method *method, object *original)
{
	return original ? py.PyCFunction_NewEx(method, original, NULL) : NULL;
}

static bool is_ours(object *function)
{
	bool ours = function && py.PyCFunction_GetFunction(function) == call_and_tell;

	py.PyErr_Clear();
	return ours;
}

static void wrap_name(object *class)
{
	OWNED *property = get(class, "name");
	OWNED *original = get(property, "fset");
	OWNED *setter = wrap(&set_name_method, original);
	OWNED *wrapped = setter ? py.PyObject_CallMethod(property, "setter", "(O)", setter) : NULL;

	if (wrapped)
		py.PyObject_SetAttrString(class, "name", wrapped);
	py.PyErr_Clear();
}

/* A built-in does not become a method by being in a class, as a function of Python does. */
static void wrap_set_ident(object *class, object *original)
{
	OWNED *function = wrap(&set_ident_method, original);
	OWNED *method = !function ? NULL : is_python_2() ? py.PyMethod_New(function, NULL, class) :
						  py.PyInstanceMethod_New(function);

	if (method)
		py.PyObject_SetAttrString(class, "_set_ident", method);
	py.PyErr_Clear();
}

/* Those that began before. */
static void tell_all(object *threading)
{
	OWNED *active = get(threading, "_active");
	OWNED *list = active ? py.PyDict_Values(active) : NULL;
	object *thread;

	for (ssize_t i = 0; list && (thread = py.PyList_GetItem(list, i)); i++)
		tell_name(thread);
	py.PyErr_Clear();
}

static atomic_bool watching; /* in one interpreter at least */

/* In this interpreter: each has its own threading, maybe none yet. */
static void watch(void)
{
	object *modules = py.PyImport_GetModuleDict();
	object *threading = modules ? py.PyDict_GetItemString(modules, "threading") : NULL;
	OWNED *class = get(threading, "Thread");
	OWNED *method = get(class, "_set_ident");
	OWNED *function = is_python_2() ? get(method, "__func__") : NULL;
	object *original = function ? function : method;

	if (!original || is_ours(original))
		return;
	wrap_name(class);
	wrap_set_ident(class, original);
	atomic_store(&watching, true);
	tell_all(threading);
}

static atomic_bool asked; /* for a call of watch() that is still to come */

static void watch_if_possible(const void *interpreter_code)
{
	object *type, *value, *traceback;
	int saved = errno;

	if (wanted && emit_table() && is_served(interpreter_code) && has_gil()) {
		py.PyErr_Fetch(&type, &value, &traceback);
		watch();
		py.PyErr_Restore(type, value, traceback);
	}
	errno = saved;
}

void names_before_thread(const void *caller)
{
	watch_if_possible(caller);
}

/* In Python's main thread, which has the GIL. */
static int pending_call(void *data)
{
	const struct interpreter *interpreter = data;

	atomic_store(&asked, false);
	watch_if_possible(*(void *const *)&interpreter->is_initialized);
	return 0;
}

void names_before_first_entry(struct interpreter *interpreter)
{
	int saved = errno;

	if (wanted && !atomic_load(&watching) && interpreter->add_pending_call && interpreter->is_initialized() &&
	    !atomic_exchange(&asked, true) &&
	    interpreter->add_pending_call(pending_call, interpreter))
		atomic_store(&asked, false);
	errno = saved;
}
