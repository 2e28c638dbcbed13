/* SPDX-License-Identifier: MIT */
#include "cli/experiment/truth.h"

#include "base/err.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

static uint64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) && json_number_value(value) > 0 ? (uint64_t)json_number_value(value) : 0;
}

static int read_signals(struct truth *out, const json_t *array)
{
	size_t n = json_array_size(array);

	if (!n)
		return 0;
	out->signals = calloc(n, sizeof(*out->signals));
	if (!out->signals)
		return err(-ENOMEM, "out of memory");
	for (; out->n_signals < n; out->n_signals++) {
		const json_t *signal = json_array_get(array, out->n_signals);

		out->signals[out->n_signals] = (struct truth_signal){
			.latency_ns = number(signal, "latency_ns"),
			.checks = number(signal, "checks"),
			.has_checks = json_is_number(json_object_get(signal, "checks")),
		};
	}
	return 0;
}

int truth_read(struct truth *out, const char *path)
{
	json_error_t error;
	json_t *truth = json_load_file(path, 0, &error);
	int r;

	*out = (struct truth){ 0 };
	out->wall_ns = number(truth, "wall_ns");
	out->sliced = json_is_false(json_object_get(truth, "ticked"));
	if (!truth)
		r = err(-EBADMSG, "it left no truth that can be read: %s", error.text);
	else if (!out->wall_ns)
		r = err(-EBADMSG, "its truth does not say how long it took");
	else
		r = read_signals(out, json_object_get(truth, "signals"));
	json_decref(truth);
	return r;
}

void truth_deinit(struct truth *truth)
{
	free(truth->signals);
	*truth = (struct truth){ 0 };
}
