/* SPDX-License-Identifier: MIT */
#include "cli/experiment/subject.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/paths.h"
#include "cli/experiment/child.h"
#include "cli/experiment/truth.h"
#include "cli/tracee.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DESIGNS_SIZE = 1024 };

static const uint64_t limit_ns = UINT64_C(20000000000);

/* ---- asking a program about itself ---------------------------------------------------- */

/* @folder/output has what it prints. */
static int ask(const char *folder, char *const *argv)
{
	char output[PATH_MAX], errors[PATH_MAX];
	struct child child = { .argv = argv, .output = output, .errors = errors, .limit_ns = limit_ns };

	if (snprintf(output, PATH_MAX, "%s/output", folder) >= PATH_MAX ||
	    snprintf(errors, PATH_MAX, "%s/errors", folder) >= PATH_MAX)
		return err(-ENAMETOOLONG, "'%s' is too long a name", folder);
	return child_run(&child);
}

static FILE *open_answer(const char *folder)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/output", folder);
	return fopen(path, "re");
}

static int add(struct subjects *s, const struct subject *subject)
{
	struct subject *list = realloc(s->list, (s->n + 1) * sizeof(*list));

	if (!list)
		return err(-ENOMEM, "out of memory");
	s->list = list;
	s->list[s->n++] = *subject;
	return 0;
}

/* ---- the lab ------------------------------------------------------------------------- */

/* The names of all designs, with spaces between them. */
static int list_designs(struct subjects *s, const char *folder, char names[DESIGNS_SIZE])
{
	char line[512];
	size_t length = 0;
	int r = ask(folder, (char *[]){ s->gilrun, "--list", NULL });

	if (r)
		return err(r, "gilrun does not list its designs");
	cleanup(filep) FILE *answer = open_answer(folder);
	*names = '\0';
	while (answer && fgets(line, sizeof(line), answer)) {
		line[strcspn(line, " \n")] = '\0';
		if (*line && length + strlen(line) + 2 < DESIGNS_SIZE)
			length += (size_t)sprintf(names + length, "%s%s", length ? " " : "", line);
	}
	return *names ? 0 : err(-ENOENT, "gilrun lists no designs");
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (; *words; words += strcspn(words, " "), words += *words == ' ')
		if (strcspn(words, " ") == length && !strncmp(words, word, length))
			return true;
	return false;
}

/* A design that fails here will say why in its own row. */
static bool is_sliced(const char *gilrun, const char *design, const char *folder)
{
	char path[PATH_MAX];
	struct truth truth = { .wall_ns = 0 };
	int mark = err_mark();
	bool sliced = false;

	snprintf(path, sizeof(path), "%s/truth", folder);
	if (!ask(folder, (char *[]){ (char *)gilrun, "--no-trace", "--gil", (char *)design, "--set",
				     "count=1", "--truth", path, "battle", NULL }) &&
	    !truth_read(&truth, path))
		sliced = truth.sliced;
	err_forget(mark);
	truth_deinit(&truth);
	return sliced;
}

static int add_design(struct subjects *s, const char *design, const char *folder)
{
	struct subject subject = { .sliced = is_sliced(s->gilrun, design, folder) };

	snprintf(subject.name, sizeof(subject.name), "%s", design);
	snprintf(subject.program, PATH_MAX, "%s", s->gilrun);
	return add(s, &subject) ? EXIT_RUNTIME : EXIT_OK;
}

static int choose_designs(struct subjects *s, const struct cli_words *designs, bool all,
			  const char *folder)
{
	char names[DESIGNS_SIZE], *rest = names;
	int status = EXIT_OK;

	if (!all && !designs->n)
		return EXIT_OK;
	if (list_designs(s, folder, names))
		return EXIT_RUNTIME;
	for (size_t i = 0; i < designs->n; i++)
		if (!has_word(names, designs->words[i]))
			return cli_usage("there is no GIL design '%s'; these are: %s", designs->words[i],
					 names);
	for (size_t i = 0; i < designs->n && !status; i++)
		status = add_design(s, designs->words[i], folder);
	for (char *name; all && !status && (name = strsep(&rest, " "));)
		status = add_design(s, name, folder);
	return status;
}

/* ---- Pythons -------------------------------------------------------------------------- */

static int add_python(struct subjects *s, const char *name, const char *folder)
{
	static char question[] = "import sys; print('%d %d %d' % tuple(sys.version_info[:3]))";
	struct subject subject = { .is_python = true };
	int major, minor, micro, mark = err_mark();

	if (tracee_find(name, subject.program)) {
		err_forget(mark);
		return cli_usage("--python: there is no program '%s'", name);
	}
	if (ask(folder, (char *[]){ subject.program, "-c", question, NULL })) {
		if (tracee_interrupted())
			return EXIT_RUNTIME;
		cli_usage("--python: '%s' is not a Python that works: %s", name, err_innermost());
		err_forget(mark);
		return EXIT_USAGE;
	}
	cleanup(filep) FILE *answer = open_answer(folder);
	if (!answer || fscanf(answer, "%d %d %d", &major, &minor, &micro) != 3)
		return cli_usage("--python: '%s' is not a Python: it does not say its version", name);
	snprintf(subject.name, sizeof(subject.name), "python %d.%d.%d", major, minor, micro);
	subject.python2 = major < 3;
	subject.sliced = major > 3 || (major == 3 && minor >= 2);
	return add(s, &subject) ? EXIT_RUNTIME : EXIT_OK;
}

int subjects_choose(struct subjects *s, const struct cli_words *designs,
		    const struct cli_words *pythons, const char *folder)
{
	int status;

	*s = (struct subjects){ .n = 0 };
	if (paths_find("gilrun", "runtime/lab", s->gilrun, sizeof(s->gilrun))) {
		err(-ENOENT, "gilrun is not where gilscope was installed: install gilscope again");
		return EXIT_RUNTIME;
	}
	status = choose_designs(s, designs, !designs->n && !pythons->n, folder);
	for (size_t i = 0; i < pythons->n && !status; i++)
		status = add_python(s, pythons->words[i], folder);
	return status;
}

void subjects_deinit(struct subjects *s)
{
	free(s->list);
	*s = (struct subjects){ .n = 0 };
}
