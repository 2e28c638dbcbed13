/* SPDX-License-Identifier: MIT */
#include "viz/words.h"

#include <ctype.h>
#include <string.h>

const char *words_gil(char *buffer, size_t size, const struct page *page,
		      const struct gil_info *gil)
{
	/* The probe says "3.11.2" of design "cpython"; the laboratory "gilrun 0.1.0" of its designs. */
	bool cpython = !strcmp(gil->design, "cpython");
	int n;

	if (!gil->known) {
		snprintf(buffer, size, "an interpreter that did not say what it is");
		return buffer;
	}
	if (!strcmp(gil->design, GIL_DESIGN_PYPY)) {
		snprintf(buffer, size, "PyPy, which takes its GIL without a call that could be seen");
		return buffer;
	}
	n = snprintf(buffer, size, "%s%s", cpython ? "CPython " : "", NAME(page, gil->version));
	if (!cpython && *gil->design)
		n += snprintf(buffer + n, size - (size_t)n, ", GIL design '%s'", NAME(page, gil->design));
	if (gil->interval && gil_is_ticked(gil))
		n += snprintf(buffer + n, size - (size_t)n, ", a check every %s ticks",
			      COUNT((uint64_t)gil->interval));
	else if (gil->interval)
		n += snprintf(buffer + n, size - (size_t)n, ", switch interval %s",
			      DURATION((uint64_t)gil->interval * 1000));
	if (!gil_shows_retries(gil))
		snprintf(buffer + n, size - (size_t)n, ", failed wake-ups not visible");
	return buffer;
}
