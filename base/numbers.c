/* SPDX-License-Identifier: MIT */
#include "base/numbers.h"

#include <inttypes.h>
#include <stdio.h>

const char *text_count(char *buffer, size_t size, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t at = 0;

	for (int i = 0; i < len && at + 2 < size; i++) {
		if (i && (len - i) % 3 == 0)
			buffer[at++] = ',';
		buffer[at++] = digits[i];
	}
	buffer[at] = '\0';
	return buffer;
}

const char *text_duration(char *buffer, size_t size, uint64_t ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	size_t u = 0;
	double value;

	if (ns < 1000) {
		snprintf(buffer, size, "%" PRIu64 " ns", ns);
		return buffer;
	}
	/* 999.5 us reads as 1.00 ms, not as 1000 us. */
	while (u < 2 && (double)ns / (double)units[u].ns >= 999.5)
		u++;
	value = (double)ns / (double)units[u].ns;
	if (value >= 999.5)
		snprintf(buffer, size, "%s s", COUNT((uint64_t)(value + 0.5)));
	else
		snprintf(buffer, size, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value,
			 units[u].unit);
	return buffer;
}

const char *text_percent(char *buffer, size_t size, uint64_t part, uint64_t whole)
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;

	if (!whole)
		snprintf(buffer, size, "-");
	else
		snprintf(buffer, size, "%.1f %%", percent);
	return buffer;
}
