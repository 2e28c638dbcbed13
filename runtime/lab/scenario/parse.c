/* SPDX-License-Identifier: MIT */
#include "runtime/lab/scenario/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/scenario/text.h"

enum { NAME_LENGTH_MAX = 40 };

#define SECOND_NS INT64_C(1000000000)
#define DAY_NS (86400 * SECOND_NS)
#define STACK_MIN (32 * 1024) /* what Python takes */
#define STACK_MAX (1024 * 1024 * 1024)

struct variable {
	const char *name;
	struct value value;
	unsigned line;
};

/* A statement that names a thread or channel, which may come further down. */
struct reference {
	size_t body, statement;
	const char *name;
	unsigned column;
};

struct parser {
	struct scenario *s;
	const struct setting *settings;
	size_t n_settings;
	struct variable *variables;
	size_t n_variables;
	struct reference *references;
	size_t n_references;
	unsigned line;
	struct word words[TEXT_WORDS_MAX]; /* of this line */
	size_t n_words;
	bool in_body;
	size_t body;                       /* the one that this line is in */
	size_t open[SCENARIO_NESTING_MAX]; /* its repeats that have no end yet */
	size_t depth;
};

#define wrong(p, word, ...) text_error((p)->s->path, (p)->line, (word)->column, __VA_ARGS__)

static int no_memory(void)
{
	return err(-ENOMEM, "no memory for a scenario");
}

/* Room for one more behind n; arrays grow in powers of two. NULL: `array` still stands. */
static void *grow(void *array, size_t n, size_t size)
{
	if (array && n & (n - 1))
		return array;
	return reallocarray(array, n ? 2 * n : 1, size);
}

/* --- words ------------------------------------------------------------------ */

static const struct variable *find_variable(const struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->n_variables; i++)
		if (!strcmp(p->variables[i].name, name))
			return &p->variables[i];
	return NULL;
}

/* A number or time, or the name of a variable that is one. */
static int parse_value(const struct parser *p, const struct word *word, struct value *out)
{
	const struct variable *variable;
	const char *why;

	if (word->quoted)
		return wrong(p, word, "a text is no number: take its quotes away");
	if (!isalpha((unsigned char)*word->text) && *word->text != '_') {
		why = text_value(word->text, out);
		return why ? wrong(p, word, "'%.40s' %s", word->text, why) : 0;
	}
	variable = find_variable(p, word->text);
	if (!variable)
		return wrong(p, word, "there is no variable '%.40s': write a number, or 'let %.40s 100' above",
			     word->text, word->text);
	*out = variable->value;
	return 0;
}

static int check_range(const struct parser *p, const struct word *word, const char *what,
		       int64_t min, int64_t max, int64_t number)
{
	if (number >= min && number <= max)
		return 0;
	return wrong(p, word, "%s: from %" PRId64 " to %" PRId64 ", not %" PRId64, what, min, max,
		     number);
}

static int parse_number(const struct parser *p, const struct word *word, const char *what,
			int64_t min, int64_t max, int64_t *out)
{
	struct value value;
	int r = parse_value(p, word, &value);

	if (r)
		return r;
	if (value.is_time)
		return wrong(p, word, "%s is a number: '%.40s' is a time", what, word->text);
	*out = value.number;
	return check_range(p, word, what, min, max, *out);
}

static int parse_time(const struct parser *p, const struct word *word, int64_t min_ns,
		      int64_t *out_ns)
{
	struct value value;
	int r = parse_value(p, word, &value);

	if (r)
		return r;
	if (!value.is_time)
		return wrong(p, word, "a time has a unit, such as 5ms (ns, us, ms, s): '%.40s' has none",
			     word->text);
	*out_ns = value.number;
	return check_range(p, word, "a time, in ns", min_ns, DAY_NS, *out_ns);
}

static int parse_signal(const struct parser *p, const struct word *word, int *out)
{
	*out = text_signal(word->text);
	return *out ? 0 : wrong(p, word, "'%.40s' cannot be handled: " TEXT_SIGNALS, word->text);
}

/* A new name, which becomes a part of Python's names as well. */
static int check_name(const struct parser *p, const struct word *word)
{
	static const char *const ours[] = { "main", "daemon", "detached", "stack", "forever" };
	size_t length = 0;

	while (isalnum((unsigned char)word->text[length]) || word->text[length] == '_')
		length++;
	if (word->quoted || !length || word->text[length] || isdigit((unsigned char)*word->text))
		return wrong(p, word, "'%.40s' is no name: a letter, then letters, digits and _",
			     word->text);
	if (length > NAME_LENGTH_MAX)
		return wrong(p, word, "the name is longer than %d letters: cut it", NAME_LENGTH_MAX);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strcmp(word->text, ours[i]))
			return wrong(p, word, "'%s' is a word of the language: choose another name",
				     ours[i]);
	return 0;
}

static int copy_text(const char *text, char **out)
{
	*out = strdup(text);
	return *out ? 0 : no_memory();
}

/* --- statements ------------------------------------------------------------- */

static struct body *this_body(const struct parser *p)
{
	return &p->s->bodies[p->body];
}

static int parse_count(struct parser *p, struct statement *st)
{
	return parse_number(p, &p->words[1], "count", 0, INT64_MAX, &st->number);
}

static int parse_duration(struct parser *p, struct statement *st)
{
	return parse_time(p, &p->words[1], 0, &st->number);
}

static int refer(struct parser *p, const struct word *word)
{
	struct reference *new = grow(p->references, p->n_references, sizeof(*new));

	if (!new)
		return no_memory();
	p->references = new;
	p->references[p->n_references++] = (struct reference){
		.body = p->body,
		.statement = this_body(p)->n_statements,
		.name = word->text,
		.column = word->column,
	};
	return 0;
}

static int parse_reference(struct parser *p, struct statement *st)
{
	(void)st;
	return refer(p, &p->words[1]);
}

static int parse_transfer(struct parser *p, struct statement *st)
{
	/* Not more than a pipe takes in one piece; who receives may ask again and again. */
	int64_t max = st->kind == STATEMENT_SEND ? SCENARIO_SEND_MAX : INT32_MAX;
	int r = refer(p, &p->words[1]);

	st->number = 1;
	if (!r && p->n_words > 2)
		r = parse_number(p, &p->words[2], "bytes", 1, max, &st->number);
	return r;
}

static int parse_read(struct parser *p, struct statement *st)
{
	if (!*p->words[1].text)
		return wrong(p, &p->words[1], "read needs the path of a file");
	return copy_text(p->words[1].text, &st->text);
}

static int parse_print(struct parser *p, struct statement *st)
{
	if (!p->words[1].quoted)
		return wrong(p, &p->words[1], "print wants its text in quotes: print \"TEXT\"");
	return copy_text(p->words[1].text, &st->text);
}

static int parse_kill(struct parser *p, struct statement *st)
{
	int signal, r = parse_signal(p, &p->words[1], &signal);

	st->number = signal;
	return r;
}

static int parse_repeat(struct parser *p, struct statement *st)
{
	if (p->depth == SCENARIO_NESTING_MAX)
		return wrong(p, &p->words[0], "more than %d repeats in each other",
			     SCENARIO_NESTING_MAX);
	p->open[p->depth++] = this_body(p)->n_statements;
	if (!p->words[1].quoted && !strcmp(p->words[1].text, "forever")) {
		st->number = SCENARIO_FOREVER;
		return 0;
	}
	return parse_number(p, &p->words[1], "times", 0, INT64_MAX, &st->number);
}

static int parse_check_interval(struct parser *p, struct statement *st)
{
	return parse_number(p, &p->words[1], "ticks", 1, INT32_MAX, &st->number);
}

static int parse_switch_interval(struct parser *p, struct statement *st)
{
	return parse_time(p, &p->words[1], 1000, &st->number);
}

static const struct form {
	const char *word;
	enum statement_kind kind;
	size_t min, max; /* operands */
	const char *usage;
	int (*parse)(struct parser *p, struct statement *st);
} forms[] = {
	{ "count", STATEMENT_COUNT, 1, 1, "count N", parse_count },
	{ "sleep", STATEMENT_SLEEP, 1, 1, "sleep TIME", parse_duration },
	{ "hold", STATEMENT_HOLD, 1, 1, "hold TIME", parse_duration },
	{ "send", STATEMENT_SEND, 1, 2, "send CHANNEL [BYTES]", parse_transfer },
	{ "recv", STATEMENT_RECV, 1, 2, "recv CHANNEL [BYTES]", parse_transfer },
	{ "read", STATEMENT_READ, 1, 1, "read FILE (in quotes, if it has spaces)", parse_read },
	{ "start", STATEMENT_START, 1, 1, "start THREAD", parse_reference },
	{ "join", STATEMENT_JOIN, 1, 1, "join THREAD", parse_reference },
	{ "kill", STATEMENT_KILL, 1, 1, "kill SIGNAL", parse_kill },
	{ "repeat", STATEMENT_REPEAT, 1, 1, "repeat N, or: repeat forever", parse_repeat },
	{ "checkinterval", STATEMENT_CHECK_INTERVAL, 1, 1, "checkinterval TICKS", parse_check_interval },
	{ "switchinterval", STATEMENT_SWITCH_INTERVAL, 1, 1, "switchinterval TIME", parse_switch_interval },
	{ "print", STATEMENT_PRINT, 1, 1, "print \"TEXT\"", parse_print },
};

#define STATEMENTS \
	"count, sleep, hold, send, recv, read, start, join, kill, repeat, checkinterval, switchinterval, print"
#define DECLARATIONS "let, channel, thread, on, main"

static const struct form *find_form(const char *word)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(word, forms[i].word))
			return &forms[i];
	return NULL;
}

static int check_operands(const struct parser *p, size_t min, size_t max, const char *usage)
{
	if (p->n_words - 1 < min)
		return wrong(p, &p->words[0], "something is missing: %s", usage);
	if (p->n_words - 1 > max)
		return wrong(p, &p->words[max + 1], "'%.40s' is too much: %s",
			     p->words[max + 1].text, usage);
	return 0;
}

/* The body owns what is in it, also after an error. */
static int add_statement(struct parser *p, const struct statement *st)
{
	struct body *body = this_body(p);
	struct statement *new = grow(body->statements, body->n_statements, sizeof(*new));

	if (!new) {
		free(st->text);
		return no_memory();
	}
	body->statements = new;
	body->statements[body->n_statements++] = *st;
	return 0;
}

static int parse_statement(struct parser *p, const struct form *form)
{
	struct statement st = { .kind = form->kind, .line = p->line, .column = p->words[0].column };
	int r = check_operands(p, form->min, form->max, form->usage);

	if (!r)
		r = form->parse(p, &st);
	return r ? r : add_statement(p, &st);
}

static int parse_end(struct parser *p)
{
	struct body *body = this_body(p);
	size_t repeat;
	int r = check_operands(p, 0, 0, "end");

	if (r)
		return r;
	if (!p->in_body)
		return wrong(p, &p->words[0], "there is nothing to end here: delete it");
	if (!p->depth) {
		p->in_body = false;
		return 0;
	}
	repeat = p->open[--p->depth];
	body->statements[repeat].object = body->n_statements;
	return add_statement(p, &(struct statement){
		.kind = STATEMENT_END, .object = repeat, .line = p->line, .column = p->words[0].column,
	});
}

/* --- declarations ----------------------------------------------------------- */

/* What the command line says instead, the last word first. */
static const struct setting *find_setting(const struct parser *p, const char *name)
{
	for (size_t i = p->n_settings; i-- > 0;)
		if (!strcmp(p->settings[i].name, name))
			return &p->settings[i];
	return NULL;
}

static int apply_setting(const struct parser *p, struct variable *variable)
{
	const struct setting *setting = find_setting(p, variable->name);
	bool is_time = variable->value.is_time;
	const char *why;

	if (!setting)
		return 0;
	why = text_value(setting->value, &variable->value);
	if (!why && variable->value.is_time != is_time)
		why = is_time ? "is a number, and must be a time, such as 5ms" :
				"is a time, and must be a number";
	if (!why)
		return 0;
	return err(-EINVAL, "%s of scenario '%s': '%.40s' %s", variable->name, p->s->name,
		   setting->value, why);
}

static int parse_let(struct parser *p)
{
	struct variable variable = { .line = p->line }, *new;
	const struct variable *old;
	int r = check_operands(p, 2, 2, "let NAME VALUE");

	if (!r)
		r = check_name(p, &p->words[1]);
	if (!r)
		r = parse_value(p, &p->words[2], &variable.value);
	if (r)
		return r;
	variable.name = p->words[1].text;
	old = find_variable(p, variable.name);
	if (old)
		return wrong(p, &p->words[1], "there is a variable '%s' already, in line %u",
			     variable.name, old->line);
	r = apply_setting(p, &variable);
	if (r)
		return r;
	new = grow(p->variables, p->n_variables, sizeof(*new));
	if (!new)
		return no_memory();
	p->variables = new;
	p->variables[p->n_variables++] = variable;
	return 0;
}

static const struct channel_spec *find_channel(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->n_channels; i++)
		if (!strcmp(s->channels[i].name, name))
			return &s->channels[i];
	return NULL;
}

static int parse_channel(struct parser *p)
{
	struct channel_spec channel = { .line = p->line, .column = p->words[0].column }, *new;
	const struct channel_spec *old;
	int r = check_operands(p, 2, 2, "channel NAME pipe, or: channel NAME socket");

	if (!r)
		r = check_name(p, &p->words[1]);
	if (r)
		return r;
	channel.is_socket = !strcmp(p->words[2].text, "socket");
	if (!channel.is_socket && strcmp(p->words[2].text, "pipe"))
		return wrong(p, &p->words[2], "a channel is a pipe or a socket, not a '%.40s'",
			     p->words[2].text);
	old = find_channel(p->s, p->words[1].text);
	if (old)
		return wrong(p, &p->words[1], "there is a channel '%s' already, in line %u",
			     old->name, old->line);
	new = grow(p->s->channels, p->s->n_channels, sizeof(*new));
	if (!new)
		return no_memory();
	p->s->channels = new;
	r = copy_text(p->words[1].text, &channel.name);
	if (!r)
		p->s->channels[p->s->n_channels++] = channel;
	return r;
}

static const struct body *find_body(const struct scenario *s, enum body_kind kind, const char *name)
{
	for (size_t i = 0; i < s->n_bodies; i++)
		if (s->bodies[i].kind == kind && !strcmp(s->bodies[i].name, name))
			return &s->bodies[i];
	return NULL;
}

/* From here on statements belong to this body. */
static int open_body(struct parser *p, const struct body *body, const char *name)
{
	struct scenario *s = p->s;
	struct body *new = grow(s->bodies, s->n_bodies, sizeof(*new));
	int r;

	if (!new)
		return no_memory();
	s->bodies = new;
	s->bodies[s->n_bodies] = *body;
	r = copy_text(name, &s->bodies[s->n_bodies].name);
	if (r)
		return r;
	p->body = s->n_bodies++;
	p->in_body = true;
	return 0;
}

static int parse_stack(const struct parser *p, size_t at, size_t *out)
{
	const struct word *word = &p->words[at];
	int64_t bytes;
	const char *why = NULL;
	int r = 0;

	if (at >= p->n_words)
		return wrong(p, word - 1, "stack needs a size, such as 64K");
	if (isdigit((unsigned char)*word->text)) {
		why = text_size(word->text, &bytes);
	} else {
		r = parse_number(p, word, "stack", 0, INT64_MAX, &bytes);
	}
	if (why)
		return wrong(p, word, "'%.40s' %s", word->text, why);
	if (!r)
		r = check_range(p, word, "bytes of stack", STACK_MIN, STACK_MAX, bytes);
	if (!r)
		*out = (size_t)bytes;
	return r;
}

static int parse_attributes(struct parser *p, size_t at, struct body *body)
{
	for (; at < p->n_words; at++) {
		const struct word *word = &p->words[at];

		if (!strcmp(word->text, "daemon") && !body->daemon) {
			body->daemon = true;
		} else if (!strcmp(word->text, "detached") && !body->detached) {
			body->detached = true;
		} else if (!strcmp(word->text, "stack") && !body->stack_bytes) {
			int r = parse_stack(p, ++at, &body->stack_bytes);

			if (r)
				return r;
		} else {
			return wrong(p, word, "'%.40s' is no attribute, or said twice: thread NAME "
				     "[COPIES] [daemon] [detached] [stack SIZE]", word->text);
		}
		if (body->daemon && body->detached)
			return wrong(p, word, "daemon or detached: a detached thread is waited for "
				     "at the end, a daemon is not");
	}
	return 0;
}

static bool is_attribute(const struct word *word)
{
	return !strcmp(word->text, "daemon") || !strcmp(word->text, "detached") ||
	       !strcmp(word->text, "stack");
}

static int parse_copies(struct parser *p, struct body *body)
{
	int64_t copies;
	int r = parse_number(p, &p->words[2], "copies of a thread", 0, SCENARIO_THREADS_MAX, &copies);

	if (r)
		return r;
	body->copies = (size_t)copies;
	body->numbered = true;
	return 0;
}

static int parse_thread(struct parser *p)
{
	struct body body = {
		.kind = BODY_THREAD, .line = p->line, .column = p->words[0].column, .copies = 1,
	};
	const struct body *old;
	size_t attributes = 2;
	int r = check_operands(p, 1, TEXT_WORDS_MAX,
			       "thread NAME [COPIES] [daemon] [detached] [stack SIZE]");

	if (!r)
		r = check_name(p, &p->words[1]);
	if (!r && p->n_words > 2 && !is_attribute(&p->words[2])) {
		r = parse_copies(p, &body);
		attributes++;
	}
	if (!r)
		r = parse_attributes(p, attributes, &body);
	if (r)
		return r;
	old = find_body(p->s, BODY_THREAD, p->words[1].text);
	if (old)
		return wrong(p, &p->words[1], "there is a thread '%s' already, in line %u",
			     old->name, old->line);
	p->s->n_threads += body.copies;
	if (p->s->n_threads > SCENARIO_THREADS_MAX)
		return wrong(p, &p->words[1], "that makes %zu threads: at most %d",
			     p->s->n_threads, SCENARIO_THREADS_MAX);
	return open_body(p, &body, p->words[1].text);
}

static int parse_on(struct parser *p)
{
	struct body body = {
		.kind = BODY_HANDLER, .line = p->line, .column = p->words[0].column,
	};
	char name[32];
	const struct body *old;
	int r = check_operands(p, 1, 1, "on SIGNAL");

	if (!r)
		r = parse_signal(p, &p->words[1], &body.signal);
	if (r)
		return r;
	snprintf(name, sizeof(name), "on_%s", p->words[1].text);
	old = find_body(p->s, BODY_HANDLER, name);
	if (old)
		return wrong(p, &p->words[1], "%s has a handler already, in line %u",
			     p->words[1].text, old->line);
	return open_body(p, &body, name);
}

static int parse_main(struct parser *p)
{
	struct body *body = &p->s->bodies[0];
	int r = check_operands(p, 0, 0, "main");

	if (r)
		return r;
	if (body->line)
		return wrong(p, &p->words[0], "there is a main already, in line %u", body->line);
	body->line = p->line;
	body->column = p->words[0].column;
	p->body = 0;
	p->in_body = true;
	return 0;
}

static const struct {
	const char *word;
	int (*parse)(struct parser *p);
} declarations[] = {
	{ "let", parse_let }, { "channel", parse_channel }, { "thread", parse_thread },
	{ "on", parse_on }, { "main", parse_main },
};

/* --- the whole -------------------------------------------------------------- */

static int parse_declaration(struct parser *p)
{
	const char *word = p->words[0].text;

	for (size_t i = 0; i < sizeof(declarations) / sizeof(declarations[0]); i++) {
		if (strcmp(word, declarations[i].word))
			continue;
		if (p->in_body)
			return wrong(p, &p->words[0], "'%s' does not belong into '%s', line %u: is "
				     "an 'end' missing?", word, this_body(p)->name,
				     this_body(p)->line);
		return declarations[i].parse(p);
	}
	if (p->in_body)
		return wrong(p, &p->words[0], "there is no statement '%.40s': " STATEMENTS, word);
	return wrong(p, &p->words[0], "'%.40s' begins nothing here: " DECLARATIONS, word);
}

static int parse_words(struct parser *p)
{
	const struct form *form = find_form(p->words[0].text);

	if (!strcmp(p->words[0].text, "end"))
		return parse_end(p);
	if (!form)
		return parse_declaration(p);
	if (!p->in_body)
		return wrong(p, &p->words[0], "'%s' belongs into a thread, on or main", form->word);
	return parse_statement(p, form);
}

/* The first line that is a comment, if nothing else comes before it. */
static int take_description(struct parser *p, char *text)
{
	char *end = text + strlen(text);

	text += strspn(text, " \t");
	if (*text != '#' || p->s->description)
		return 0;
	text += 1 + strspn(text + 1, "# \t");
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return copy_text(text, &p->s->description);
}

static int parse_line(struct parser *p, char *text, size_t length)
{
	int r;

	if (length && text[length - 1] == '\r')
		text[--length] = '\0';
	r = text_check_line(p->s->path, p->line, text, length);
	if (!r)
		r = take_description(p, text);
	if (!r)
		r = text_split(p->s->path, p->line, text, p->words, &p->n_words);
	if (r || !p->n_words)
		return r;
	if (!p->s->description && (r = copy_text("", &p->s->description)))
		return r;
	return parse_words(p);
}

static int parse_lines(struct parser *p, char *text, size_t length)
{
	char *end = text + length, *next;
	int r = 0;

	for (p->line = 1; !r && text < end; p->line++, text = next) {
		char *newline = memchr(text, '\n', (size_t)(end - text));

		next = newline ? newline + 1 : end;
		if (newline)
			*newline = '\0';
		r = parse_line(p, text, (size_t)((newline ? newline : end) - text));
	}
	return r;
}

static int check_ended(const struct parser *p)
{
	const struct body *body = this_body(p);

	if (p->depth) {
		const struct statement *st = &body->statements[p->open[p->depth - 1]];

		return text_error(p->s->path, st->line, st->column, "this repeat has no 'end'");
	}
	if (p->in_body)
		return text_error(p->s->path, body->line, body->column, "'%s' has no 'end'",
				  body->name);
	return 0;
}

static int resolve(const struct parser *p, const struct reference *ref)
{
	struct scenario *s = p->s;
	struct statement *st = &s->bodies[ref->body].statements[ref->statement];

	if (st->kind == STATEMENT_SEND || st->kind == STATEMENT_RECV) {
		const struct channel_spec *channel = find_channel(s, ref->name);

		if (!channel)
			return text_error(s->path, st->line, ref->column, "there is no channel "
					  "'%.40s': 'channel %.40s pipe' makes one", ref->name, ref->name);
		st->object = (size_t)(channel - s->channels);
	} else {
		const struct body *body = find_body(s, BODY_THREAD, ref->name);

		if (!body)
			return text_error(s->path, st->line, ref->column, "there is no thread "
					  "'%.40s': 'thread %.40s' makes one", ref->name, ref->name);
		st->object = (size_t)(body - s->bodies);
	}
	return 0;
}

static int check_settings(const struct parser *p)
{
	char names[512] = "none";
	size_t length = 0;

	for (size_t i = 0; i < p->n_variables && length < sizeof(names); i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   i ? ", " : "", p->variables[i].name);
	for (size_t i = 0; i < p->n_settings; i++)
		if (!find_variable(p, p->settings[i].name))
			return err(-EINVAL, "scenario '%s' has no variable '%.40s': it has %s",
				   p->s->name, p->settings[i].name, names);
	return 0;
}

static int parse_all(struct parser *p, char *text, size_t length)
{
	/* Main is the first, wherever it stands. */
	int r = open_body(p, &(struct body){ .kind = BODY_MAIN }, "main");

	p->in_body = false;
	if (!r)
		r = parse_lines(p, text, length);
	if (!r)
		r = check_ended(p);
	for (size_t i = 0; !r && i < p->n_references; i++)
		r = resolve(p, &p->references[i]);
	if (!r && !p->s->description)
		r = copy_text("", &p->s->description);
	return r ? r : check_settings(p);
}

int parse_scenario(struct scenario *s, char *text, size_t length, const struct setting *settings,
		   size_t n_settings)
{
	struct parser p = { .s = s, .settings = settings, .n_settings = n_settings };
	int r = parse_all(&p, text, length);

	free(p.variables);
	free(p.references);
	return r;
}
