/* SPDX-License-Identifier: MIT */
#include "cli/unseen.h"

#include <stdio.h>
#include <string.h>

#include "tracepoints/names.h"

static const char pypy[] = ", which takes and drops its GIL without a call that could be seen";

/* A GIL was created, and nobody ever took it. */
static void explain_process(char *text, size_t size, const struct gilscope_process *p)
{
	if (!strcmp(p->design, GIL_DESIGN_PYPY))
		snprintf(text, size, "process %d is PyPy%s", (int)p->pid, pypy);
	else if (strstr(p->version, "free-threading"))
		snprintf(text, size, "process %d is a free-threaded Python (%s), which has a GIL but never "
				     "took it", (int)p->pid, p->version);
	else
		snprintf(text, size, "process %d (%s) created a GIL but never took it while it was recorded",
			 (int)p->pid, p->version);
}

static void explain_program(char *text, size_t size, const struct binary *b)
{
	const char *path = b->path;

	if (b->kind == BINARY_FOREIGN)
		snprintf(text, size, "'%s' is for another processor or word size than gilscope, so that the "
				     "probe cannot be loaded into it", path);
	else if (b->kind == BINARY_STATIC)
		snprintf(text, size, "'%s' is linked statically, so that the probe cannot be loaded into it",
			 path);
	else if (b->kind == BINARY_MUSL)
		snprintf(text, size, "'%s' uses the C library musl, and the probe and LTTng are made for "
				     "glibc", path);
	else if (b->privileged)
		snprintf(text, size, "'%s' runs with more rights than its user has (setuid, setgid or file "
				     "capabilities), so that the system lets nobody load a probe into it; "
				     "root may record it", path);
	else if (b->pypy)
		snprintf(text, size, "'%s' is PyPy%s", path, pypy);
	else if (b->python)
		snprintf(text, size, "'%s' is a Python, but made no GIL that gilscope knows (CPython 2.7 and "
				     "3.2 to 3.6 make theirs when the first thread is started, later ones "
				     "at once)", path);
	else
		snprintf(text, size, "neither '%s' nor a program that it ran is a Python that gilscope sees "
				     "(CPython 2.7, or 3.2 and later, dynamically linked)", path);
}

void unseen_explain(char *text, size_t size, const struct gilscope_survey *survey, unsigned absent,
		    const struct binary *program)
{
	if (survey && survey->n)
		explain_process(text, size, survey->processes[0]);
	else if (absent)
		snprintf(text, size, "LTTng's session daemon did not serve the program within a second, or "
				     "/dev/shm had no room for its buffers");
	else if (program)
		explain_program(text, size, program);
	else
		snprintf(text, size, "no process that carries the probe took its GIL; start programs with "
				     "'env $(gilscope env) COMMAND'");
}
