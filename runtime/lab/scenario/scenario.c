/* SPDX-License-Identifier: MIT */
#include "runtime/lab/scenario/scenario.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/paths.h"
#include "runtime/lab/scenario/parse.h"

enum { FILE_SIZE_MAX = 1 << 20 };

static const char ending[] = ".gil";

static bool is_path(const char *name)
{
	size_t length = strlen(name), end = sizeof(ending) - 1;

	return strchr(name, '/') || (length >= end && !strcmp(name + length - end, ending));
}

static int find_folder(char *path, size_t size)
{
	if (paths_find_shared("scenarios", "runtime/lab", path, size))
		return err(-ENOENT, "the folder of scenarios was not found beside the program: "
			   "is the installation complete?");
	return 0;
}

static int join_path(char **out, const char *folder, const char *file, const char *suffix)
{
	if (asprintf(out, "%s/%s%s", folder, file, suffix) >= 0)
		return 0;
	*out = NULL;
	return err(-ENOMEM, "no memory for a path");
}

static int find_shipped(const char *name, char **out)
{
	char folder[PATH_MAX];
	int r = find_folder(folder, sizeof(folder));

	if (!r)
		r = join_path(out, folder, name, ending);
	if (r)
		return r;
	if (access(*out, F_OK))
		return err(-ENOENT, "there is no scenario '%s': gilrun --scenarios lists them; "
			   "a file of your own ends with .gil", name);
	return 0;
}

/* The file's name without folder and ending. */
static char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length, end = sizeof(ending) - 1;

	path = slash ? slash + 1 : path;
	length = strlen(path);
	if (length > end && !strcmp(path + length - end, ending))
		length -= end;
	return strndup(path, length);
}

static int read_text(const char *path, char **text, size_t *length)
{
	cleanup(filep) FILE *file = fopen(path, "re");
	struct stat st;

	if (!file || fstat(fileno(file), &st))
		return err(-errno, "cannot read scenario '%s': %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err(-EISDIR, "cannot read scenario '%s': it is a folder, not a file", path);
	*text = malloc(FILE_SIZE_MAX + 1);
	if (!*text)
		return err(-ENOMEM, "no memory for scenario '%s'", path);
	*length = fread(*text, 1, FILE_SIZE_MAX + 1, file);
	if (ferror(file))
		return err(-errno, "cannot read scenario '%s': %s", path, strerror(errno));
	if (*length > FILE_SIZE_MAX)
		return err(-EFBIG, "'%s' is larger than 1 MiB: is it a scenario?", path);
	(*text)[*length] = '\0';
	return 0;
}

static int scenario_new(struct scenario **out, const char *name)
{
	cleanup(scenario_freep) struct scenario *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err(-ENOMEM, "no memory for a scenario");
	if (is_path(name)) {
		s->path = strdup(name);
	} else {
		r = find_shipped(name, &s->path);
		if (r)
			return r;
	}
	s->name = s->path ? base_name(s->path) : NULL;
	if (!s->name)
		return err(-ENOMEM, "no memory for a scenario");
	*out = steal(&s);
	return 0;
}

int scenario_load(struct scenario **out, const char *name, const struct setting *settings,
		  size_t n_settings)
{
	cleanup(scenario_freep) struct scenario *s = NULL;
	cleanup(freep) char *text = NULL;
	size_t length = 0;
	int r = scenario_new(&s, name);

	if (!r)
		r = read_text(s->path, &text, &length);
	if (!r)
		r = parse_scenario(s, text, length, settings, n_settings);
	if (!r)
		r = scenario_check(s);
	if (!r)
		*out = steal(&s);
	return r;
}

static void body_deinit(struct body *body)
{
	for (size_t i = 0; i < body->n_statements; i++)
		free(body->statements[i].text);
	free(body->statements);
	free(body->name);
}

struct scenario *scenario_free(struct scenario *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_bodies; i++)
		body_deinit(&s->bodies[i]);
	for (size_t i = 0; i < s->n_channels; i++)
		free(s->channels[i].name);
	free(s->bodies);
	free(s->channels);
	free(s->description);
	free(s->path);
	free(s->name);
	free(s);
	return NULL;
}

static int is_scenario(const struct dirent *entry)
{
	return *entry->d_name != '.' && is_path(entry->d_name);
}

static int print_line(const char *folder, const char *file, FILE *out)
{
	cleanup(scenario_freep) struct scenario *s = NULL;
	cleanup(freep) char *path = NULL;
	int r = join_path(&path, folder, file, "");

	if (!r)
		r = scenario_load(&s, path, NULL, 0);
	if (!r && fprintf(out, "%-12s %s\n", s->name, s->description) < 0)
		r = err(-errno, "cannot write the list of scenarios: %s", strerror(errno));
	return r;
}

int scenario_list(FILE *out)
{
	char folder[PATH_MAX];
	struct dirent **files;
	int n, r = find_folder(folder, sizeof(folder));

	if (r)
		return r;
	n = scandir(folder, &files, is_scenario, alphasort);
	if (n < 0)
		return err(-errno, "cannot list '%s': %s", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		r = r ? r : print_line(folder, files[i]->d_name, out);
		free(files[i]);
	}
	free(files);
	return r;
}

void body_thread_name(const struct body *body, size_t copy, char *name, size_t size)
{
	if (body->numbered) {
		snprintf(name, size, "%s%zu", body->name, copy + 1);
	} else {
		snprintf(name, size, "%s", body->name);
	}
}
