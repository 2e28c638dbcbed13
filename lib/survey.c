/* SPDX-License-Identifier: MIT */
#include "analyzer/survey.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "lib/gilscope.h"

/* The public struct first: what is handed out is a pointer to it. */
struct kept {
	struct gilscope_survey public;
	struct survey survey;
	struct gilscope_process *processes;
	const struct gilscope_process **pointers;
};

static void keptp(struct kept **k)
{
	if (!*k)
		return;
	survey_deinit(&(*k)->survey);
	free((*k)->processes);
	free((*k)->pointers);
	free(*k);
}

static int publish(struct kept *k)
{
	const struct survey *s = &k->survey;

	k->processes = calloc(s->n + 1, sizeof(*k->processes));
	k->pointers = calloc(s->n + 1, sizeof(*k->pointers));
	if (!k->processes || !k->pointers)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < s->n; i++) {
		const struct survey_process *p = &s->processes[i];

		k->processes[i] = (struct gilscope_process){ p->pid, p->nonce, p->took_gil, p->program, p->design,
							     p->version };
		k->pointers[i] = &k->processes[i];
	}
	k->public = (struct gilscope_survey){ s->n, k->pointers, s->recorded, s->lost_events, s->loss_unknown };
	return 0;
}

int gilscope_survey(struct gilscope_survey **out, const char *path, const char *recording)
{
	cleanup(keptp) struct kept *k = calloc(1, sizeof(*k));
	int r;

	*out = NULL;
	if (!k)
		return err(-ENOMEM, "out of memory");
	r = survey_recording(&k->survey, path, recording);
	if (!r)
		r = publish(k);
	if (!r)
		*out = &steal(&k)->public;
	return r;
}

void gilscope_survey_free(struct gilscope_survey *survey)
{
	struct kept *k = (struct kept *)survey;

	keptp(&k);
}
