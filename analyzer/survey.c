/* SPDX-License-Identifier: MIT */
#include "analyzer/survey.h"

#include "analyzer/analysis.h"
#include "analyzer/folders.h"
#include "base/cleanup.h"
#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One folder. */
struct look {
	struct survey *survey;
	const struct trace_folder *folder;
	size_t n_before; /* processes of the folders before this one */
};

static uint32_t nonce_of(const struct gil_info *gil)
{
	return (uint32_t)(gil->id >> 32);
}

static struct survey_process *find(struct look *look, uint32_t nonce)
{
	struct survey *s = look->survey;

	for (size_t i = look->n_before; i < s->n; i++)
		if (s->processes[i].nonce == nonce)
			return &s->processes[i];
	return NULL;
}

/* Without the count of tracepoints/image.h. */
static const char *name_end(const char *name, const char *end)
{
	const char *plus = end;

	while (plus > name && isdigit((unsigned char)plus[-1]))
		plus--;
	return plus < end && plus - 1 > name && plus[-1] == '+' ? plus - 1 : end;
}

/*
 * Per-process buffers are in a folder NAME-PID-DATE-TIME; per-user ones in one called 64-bit.
 * @return the pid, or 0.
 */
static int32_t read_name(char *program, size_t size, const char *path)
{
	enum { PARTS_BEHIND_NAME = 3 };
	const char *name = strrchr(path, '/'), *end;
	int32_t pid = 0;

	name = name ? name + 1 : path;
	end = name + strlen(name);
	for (int parts = 0; parts < PARTS_BEHIND_NAME && end > name; parts++)
		while (end > name && *--end != '-')
			;
	program[0] = '\0';
	if (end > name && sscanf(end, "-%" SCNd32 "-", &pid) == 1)
		snprintf(program, size, "%.*s", (int)(name_end(name, end) - name), name);
	return pid;
}

/* @gil NULL: the process has hot events, but did not say yet of which GIL. */
static int add(struct look *look, const struct gil_info *gil)
{
	struct survey *s = look->survey;
	struct survey_process *all = reallocarray(s->processes, s->n + 1, sizeof(*all)), *p;

	if (!all)
		return err(-ENOMEM, "out of memory");
	s->processes = all;
	p = &all[s->n++];
	*p = (struct survey_process){ .took_gil = look->folder->has_hot_events };
	p->pid = read_name(p->program, sizeof(p->program), look->folder->path);
	if (gil) {
		p->pid = gil->pid;
		p->nonce = nonce_of(gil);
		snprintf(p->design, sizeof(p->design), "%s", gil->design);
		snprintf(p->version, sizeof(p->version), "%s", gil->version);
	}
	s->recorded += p->took_gil;
	return 0;
}

static int on_gil(void *data, const struct gil_info *gil)
{
	return gil->known && !find(data, nonce_of(gil)) ? add(data, gil) : 0;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

/* A folder without a GIL of the recording is no failure. */
static void look_into(struct survey *survey, const struct trace_folder *folder, const char *recording)
{
	struct look look = { .survey = survey, .folder = folder, .n_before = survey->n };
	struct sink sink = { .name = "survey", .data = &look, .gil = on_gil, .lost = on_lost };
	struct analysis_options options = {
		.path = folder->path, .facts_only = true, .recording = recording,
	};
	int mark = err_mark();

	analysis_run(&options, (struct sink *[]){ &sink }, 1);
	if (survey->n == look.n_before && !recording && folder->has_hot_events)
		add(&look, NULL);
	err_forget(mark);
	if (survey->n == look.n_before)
		return;
	survey->lost_events += trace_folder_lost_events(folder);
	survey->loss_unknown |= trace_folder_lost_uncounted(folder);
}

int survey_recording(struct survey *out, const char *path, const char *recording)
{
	cleanup(folders_deinit) struct folders folders = { 0 };
	int r = folders_find(&folders, path, false);

	*out = (struct survey){ 0 };
	for (size_t i = 0; i < folders.n && !r; i++)
		if (!trace_folder_is_silent(&folders.all[i]))
			look_into(out, &folders.all[i], recording);
	return r;
}

void survey_deinit(struct survey *survey)
{
	free(survey->processes);
	*survey = (struct survey){ 0 };
}
