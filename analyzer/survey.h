/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_SURVEY_H
#define GILSCOPE_ANALYZER_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A quick look at a finished recording of our own: whose it is and what was
 * lost. The packets' headers and the rare events are read, not the hot ones.
 */
struct survey_process {
	int32_t pid;
	uint32_t nonce;    /* of its GILs' ids; another one after exec(); 0 where no GIL is known */
	bool took_gil;     /* its buffers hold attempts (where they are shared: anybody's) */
	char program[32];  /* as the system calls it; "" where the buffers are shared */
	char design[32], version[64]; /* of its first GIL */
};

struct survey {
	struct survey_process *processes; /* that have a GIL of this recording */
	size_t n;
	unsigned recorded;    /* of these, those that took it */
	uint64_t lost_events; /* discarded in them, by the tracer's own count; */
	bool loss_unknown;    /* and perhaps more, which stands nowhere: see stream_ends.h */
};

/*
 * @recording NULL: all processes count; else those of other recordings, which may be in the trace
 * as well, do not. @return 0, or < 0 with a sentence. Call survey_deinit() in any case. Not thread-safe.
 */
int survey_recording(struct survey *out, const char *path, const char *recording);
void survey_deinit(struct survey *survey);

#endif
