/* SPDX-License-Identifier: MIT */
#include "cli/summary.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/unseen.h"

#include <inttypes.h>
#include <string.h>

enum { PROCESSES_SHOWN = 16 };

/* The trace as the user would name it. */
static void print_result(const struct recorder *rec)
{
	fputs(rec->output, stderr);
	if (rec->info.snapshots)
		fputs(strrchr(rec->result, '/'), stderr);
}

static void print_losses(const struct recorder *rec)
{
	const struct recording *info = &rec->info;

	if (!info->loss_known && info->lost_events)
		fprintf(stderr, "at least %" PRIu64 " events LOST, how many more is not known: use a larger --buffer-size\n",
			info->lost_events);
	else if (!info->loss_known)
		fputs("whether events were lost is not known\n", stderr);
	else if (info->lost_events || info->lost_packets)
		fprintf(stderr, "%" PRIu64 " events LOST: use a larger --buffer-size\n", info->lost_events);
	else
		fputs("no event was lost\n", stderr);
}

/* Where the trace does not say it, the process may still. */
static void print_process(const struct gilscope_process *p)
{
	char path[64], name[32] = "";

	snprintf(name, sizeof(name), "%s", p->program);
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)p->pid);
	cleanup(filep) FILE *comm = *name ? NULL : fopen(path, "re");
	if (comm && fgets(name, sizeof(name), comm))
		name[strcspn(name, "\n")] = '\0';
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	fprintf(stderr, "%s%s%d", name, *name ? " " : "", (int)p->pid);
}

static void print_processes(const struct gilscope_survey *survey)
{
	unsigned shown = 0;

	fputs("gilscope: these were: ", stderr);
	for (size_t i = 0; i < survey->n && shown < PROCESSES_SHOWN; i++) {
		if (!survey->processes[i]->took_gil)
			continue;
		fputs(shown++ ? ", " : "", stderr);
		print_process(survey->processes[i]);
	}
	if (survey->recorded > shown)
		fprintf(stderr, " and %u more", survey->recorded - shown);
	fputc('\n', stderr);
}

static void print_recorded(const struct recorder *rec)
{
	fprintf(stderr, "gilscope: recorded %u process%s in %.2f s: %.1f MiB in ", recorder_recorded(rec),
		recorder_recorded(rec) == 1 ? "" : "es", rec->seconds,
		(double)output_size_bytes(rec->result) / (1 << 20));
	print_result(rec);
	fputs("; ", stderr);
	print_losses(rec);
	if (rec->everything)
		print_processes(rec->survey);
}

static void print_late(const struct recorder *rec)
{
	const char *reason = rec->out_of_memory ?
		"/dev/shm had no room for their buffers; use --buffers uid or a smaller --buffer-size" :
		"LTTng's session daemon did not serve them within a second";
	unsigned all = recorder_recorded(rec) + rec->info.absent;

	if (rec->info.absent)
		cli_warn("%u of %u processes are not in the trace%s: %s", rec->info.absent, all,
			 rec->info.late ? ", and some not from their begin on" : "", reason);
	else if (rec->info.late)
		cli_warn("%u of %u processes are not in the trace from their begin on: %s", rec->info.late, all,
			 reason);
}

void summary_print(const struct recorder *rec, const struct binary *program)
{
	char reason[PATH_MAX + 256];

	if (recorder_recorded(rec)) {
		print_recorded(rec);
	} else {
		unseen_explain(reason, sizeof(reason), rec->survey, rec->info.absent, program);
		fprintf(stderr, "gilscope: nothing was recorded: %s\n", reason);
	}
	if (recorder_recorded(rec))
		print_late(rec);
	if (rec->everything && rec->out_of_memory)
		cli_warn("/dev/shm was nearly full: a process that came then is not in the trace; use "
			 "--buffers uid or a smaller --buffer-size");
}
