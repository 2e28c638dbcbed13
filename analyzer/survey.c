/* SPDX-License-Identifier: MIT */
#include "analyzer/survey.h"

#include "analyzer/analysis.h"
#include "analyzer/folders.h"
#include "base/cleanup.h"
#include "base/err.h"

#include <string.h>

struct look {
	const char *recording;
	bool ours;
};

/* Says so before its first other event: one GIL tells for its process. */
static int on_gil(void *data, const struct gil_info *gil)
{
	struct look *look = data;

	look->ours = !strcmp(gil->recording, look->recording);
	return gil->known ? SINK_E_ENOUGH : 0;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

static bool is_ours(const struct trace_folder *folder, const char *recording)
{
	struct look look = { .recording = recording };
	struct sink sink = { .name = "survey", .data = &look, .gil = on_gil, .lost = on_lost };
	struct analysis_options options = { .path = folder->path };
	int mark = err_mark();

	analysis_run(&options, (struct sink *[]){ &sink }, 1);
	err_forget(mark);
	return look.ours;
}

int survey_recording(struct survey *out, const char *path, const char *recording)
{
	cleanup(folders_deinit) struct folders folders = { 0 };
	int r = folders_find(&folders, path);

	*out = (struct survey){ 0 };
	for (size_t i = 0; i < folders.n && !r; i++) {
		if (trace_folder_is_silent(&folders.all[i]) || !is_ours(&folders.all[i], recording))
			continue;
		out->processes++;
		out->lost_events += folders.all[i].lost_events;
	}
	return r;
}
