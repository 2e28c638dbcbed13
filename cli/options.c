/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 48, HELP_COLUMN = 26 };

const char *cli_command_name;

int cli_usage(const char *fmt, ...)
{
	va_list ap;

	fputs("gilscope: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry 'gilscope %s%s--help'.\n", cli_command_name ? cli_command_name : "",
		cli_command_name ? " " : "");
	return EXIT_USAGE;
}

void cli_warn(const char *fmt, ...)
{
	va_list ap;

	fputs("gilscope: warning: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* ---- values ---------------------------------------------------------------- */

int cli_parse_count(const char *text, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return CLI_E_BAD;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno || *end ? CLI_E_BAD : 0;
}

struct unit {
	const char *name;
	double factor;
};

/* A non-negative decimal number with one of the units; "" is the unit of a bare number. */
static int parse_with_unit(const char *text, const struct unit *units, uint64_t *out)
{
	char *end;
	double value;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return CLI_E_BAD;
	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text)
		return CLI_E_BAD;
	for (; units->name; units++) {
		if (strcasecmp(end, units->name))
			continue;
		value *= units->factor;
		if (!(value < 9.2e18))
			return CLI_E_BAD;
		*out = (uint64_t)(value + 0.5);
		return 0;
	}
	return CLI_E_BAD;
}

int cli_parse_size(const char *text, uint64_t *out_bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "k", 1 << 10 }, { "kib", 1 << 10 }, { "m", 1 << 20 }, { "mib", 1 << 20 },
		{ "g", 1 << 30 }, { "gib", 1 << 30 }, { NULL, 0 },
	};
	return parse_with_unit(text, units, out_bytes);
}

int cli_parse_duration(const char *text, uint64_t *out_ns)
{
	static const struct unit units[] = {
		{ "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 }, { "m", 60e9 },
		{ "min", 60e9 }, { "h", 3600e9 }, { NULL, 0 },
	};
	return parse_with_unit(text, units, out_ns);
}

/* ---- parsing --------------------------------------------------------------- */

static int add_words(struct cli_words *list, char *value)
{
	if (!*value || *value == ',' || strstr(value, ",,") || value[strlen(value) - 1] == ',')
		return CLI_E_BAD;
	for (char *word; list->n < CLI_WORDS_MAX && (word = strsep(&value, ","));)
		list->words[list->n++] = word;
	return value ? CLI_E_BAD : 0;
}

static int store(const struct cli_option *o, char *value)
{
	static const char *const wants[] = {
		[CLI_WORDS] = "a list such as one,two",
		[CLI_COUNT] = "a whole number",
		[CLI_DURATION] = "a duration such as 1.5s, 200ms or 50us",
		[CLI_SIZE] = "a size such as 64K, 16M or 1G",
	};
	int r = 0;

	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)o->target = true;
		break;
	case CLI_STRING:
		*(const char **)o->target = value;
		break;
	case CLI_WORDS:
		r = add_words(o->target, value);
		break;
	case CLI_COUNT:
		r = cli_parse_count(value, o->target);
		break;
	case CLI_DURATION:
		r = cli_parse_duration(value, o->target);
		break;
	case CLI_SIZE:
		r = cli_parse_size(value, o->target);
		break;
	}
	if (r)
		cli_usage("--%s wants %s, not '%s'", o->name, wants[o->kind], value);
	return r;
}

/* The two tables of a command, one after the other. */
static const struct cli_option *option_at(const struct cli_command *c, int i)
{
	const struct cli_option *tables[] = { c->options, c->common };

	for (int t = 0; t < 2; t++)
		for (const struct cli_option *o = tables[t]; o && o->name; o++)
			if (i-- == 0)
				return o;
	return NULL;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, int *first)
{
	struct option longs[MAX_OPTIONS + 2] = { 0 };
	char shorts[4 + 2 * MAX_OPTIONS], *end = shorts;
	const struct cli_option *o;
	int n = 0, c;

	end += sprintf(end, command->stops_at_argument ? "+:" : ":");
	for (; n < MAX_OPTIONS && (o = option_at(command, n)); n++) {
		int has_value = o->kind == CLI_FLAG ? no_argument : required_argument;
		longs[n] = (struct option){ o->name, has_value, NULL, 256 + n };
		if (o->letter)
			end += sprintf(end, has_value ? "%c:" : "%c", o->letter);
	}
	longs[n] = (struct option){ "help", no_argument, NULL, 'h' };
	strcpy(end, "h");
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h') {
			cli_print_command_help(command, stdout);
			return CLI_E_HELP;
		}
		if (c == '?' || c == ':') {
			const char *word = argv[optind - 1];
			if (c == ':')
				cli_usage("%s needs a value", word);
			else if (optopt && optopt < 256 && word[1] != '-')
				cli_usage("unknown option '-%c'", optopt);
			else
				cli_usage("unknown option '%s'", word);
			return CLI_E_BAD;
		}
		o = NULL;
		if (c >= 256)
			o = option_at(command, c - 256);
		else
			for (int i = 0; (o = option_at(command, i)) && o->letter != c; i++)
				;
		if (o && store(o, optarg))
			return CLI_E_BAD;
	}
	*first = optind;
	return 0;
}

/* ---- help ------------------------------------------------------------------ */

static void print_option(const struct cli_option *o, FILE *out)
{
	char left[80];
	int n = 0;

	if (o->letter)
		n += snprintf(left, sizeof(left), "-%c, ", o->letter);
	else
		n += snprintf(left, sizeof(left), "    ");
	snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	if (strlen(left) < HELP_COLUMN)
		fprintf(out, "  %-*s %s\n", HELP_COLUMN, left, o->help);
	else
		fprintf(out, "  %s\n  %-*s %s\n", left, HELP_COLUMN, "", o->help);
}

void cli_print_command_help(const struct cli_command *c, FILE *out)
{
	static const struct cli_option help = { "help", 'h', CLI_FLAG, NULL, "print this help", NULL };
	const struct cli_option *o;

	fprintf(out, "Usage: gilscope %s [OPTION]...%s%s\n%s.\n\n%s\n", c->name,
		*c->arguments ? " " : "", c->arguments, c->summary, c->text);
	if (c->more)
		c->more(out);
	fputs("\nOptions:\n", out);
	for (int i = 0; (o = option_at(c, i)); i++)
		print_option(o, out);
	print_option(&help, out);
	if (!c->examples)
		return;
	fputs("\nExamples:\n", out);
	for (const char *const *e = c->examples; e[0]; e += 2)
		fprintf(out, "  %s\n      %s\n", e[0], e[1]);
}
