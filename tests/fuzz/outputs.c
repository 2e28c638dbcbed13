/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/tree.h"

static void gilscopep(struct gilscope **g)
{
	gilscope_free(*g);
}

/* ---- a place for files --------------------------------------------------------------- */

static char folder[PATH_MAX];

static void remove_folder(void)
{
	tree_remove(folder);
}

const char *outputs_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (*folder)
		return folder;
	snprintf(folder, sizeof(folder), "%s/gilscope-fuzz-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		wrong(folder, "cannot be made: %s", strerror(errno));
	atexit(remove_folder);
	return folder;
}

/* ---- text ------------------------------------------------------------------------------ */

/* The length of the character at `at`, and which one it is; 0: it is none. */
static size_t decode(const unsigned char *at, size_t left, uint32_t *out)
{
	size_t n = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = n < 2 ? *at : *at & (0xffu >> (n + 1));

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	*out = c;
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

/* Or hides there. */
static bool acts_on_terminal(uint32_t c)
{
	return (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       c >= 0xe0000;
}

void outputs_check_text(const char *what, const char *text, size_t size, bool utf8)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + size;

	while (at < end) {
		uint32_t c = 0;
		size_t n = decode(at, (size_t)(end - at), &c);

		if (!n)
			wrong(what, "is no UTF-8 from byte %zu on: %s", (size_t)(at - (const unsigned char *)text), text);
		if (acts_on_terminal(c))
			wrong(what, "has the character U+%04X: %s", c, text);
		if (!utf8 && c > 0x7f)
			wrong(what, "has the character U+%04X, which is no ASCII: %s", c, text);
		at += n;
	}
}

void outputs_check_sentence(void)
{
	const char *text = gilscope_error();

	if (!*text)
		wrong("a failure", "says nothing");
	outputs_check_text("a sentence", text, strlen(text), true);
}

/* ---- texts for people -------------------------------------------------------------------- */

struct text {
	const char *what;
	char *bytes;
	size_t size;
	struct gilscope_page page;
};

static void text_begin(struct text *t, const char *what, const struct outputs *o)
{
	*t = (struct text){ .what = what };
	t->page = (struct gilscope_page){ .size = sizeof(t->page), .utf8 = o->utf8, .width = o->utf8 ? 0 : 80 };
	t->page.out = open_memstream(&t->bytes, &t->size);
	if (!t->page.out)
		abort();
}

static void text_close(struct text *t)
{
	if (t->page.out)
		fclose(t->page.out);
	t->page.out = NULL;
}

static void text_end(struct text *t, int result)
{
	if (result)
		outputs_check_sentence();
	text_close(t);
	outputs_check_text(t->what, t->bytes, t->size, t->page.utf8);
}

static void text_deinit(struct text *t)
{
	text_close(t);
	free(t->bytes);
}

/* Those that hold whatever was lost. */
static void check_laws(const struct text *t)
{
	static const char *const broken[] = { "\nFAIL  attempts:", "\nFAIL  holds:", "\nFAIL  lives:", "\nFAIL  GIL" };

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		if (strstr(t->bytes, broken[i]))
			wrong(t->what, "%s", t->bytes);
}

static void print_report(struct gilscope *g, const struct outputs *o)
{
	cleanup(text_deinit) struct text t = { .bytes = NULL };

	text_begin(&t, "report", o);
	text_end(&t, gilscope_print_report(g, &t.page, &o->report));
}

static void print_timeline(struct gilscope *g, const struct outputs *o)
{
	cleanup(text_deinit) struct text t = { .bytes = NULL };

	text_begin(&t, "timeline", o);
	text_end(&t, gilscope_print_timeline(g, &t.page));
}

static void print_laws(struct gilscope *g, const struct outputs *o)
{
	cleanup(text_deinit) struct text t = { .bytes = NULL };
	bool lawful;

	text_begin(&t, "laws", o);
	text_end(&t, gilscope_print_laws(g, &t.page, &lawful));
	check_laws(&t);
}

static void print_diff(struct gilscope *g, const struct outputs *o)
{
	struct gilscope_diff_options options = { .size = sizeof(options) };
	cleanup(text_deinit) struct text t = { .bytes = NULL };

	text_begin(&t, "diff", o);
	text_end(&t, gilscope_print_diff(g, g, &t.page, &options));
}

static void test_rule(struct gilscope *g, const struct outputs *o)
{
	cleanup(text_deinit) struct text t = { .bytes = NULL };
	bool pass;

	if (!o->rule)
		return;
	text_begin(&t, "rule", o);
	text_end(&t, gilscope_test_rule(g, o->rule, &t.page, &pass));
}

static void walk_tables(const struct gilscope *g)
{
	char cell[64];

	for (size_t t = 0; t < gilscope_tables(); t++)
		for (size_t row = 0; row < gilscope_rows(g, gilscope_table_name(t)); row++)
			for (size_t c = 0; c < gilscope_columns(t); c++)
				gilscope_text(cell, sizeof(cell), gilscope_value(g, t, row, c));
}

static void check_warnings(const struct gilscope *g)
{
	const char *const *sentences;
	size_t n = gilscope_warnings(g, &sentences);

	for (size_t i = 0; i < n; i++)
		outputs_check_text("a warning", sentences[i], strlen(sentences[i]), true);
}

static void print_all(struct gilscope *g, const struct outputs *o)
{
	check_warnings(g);
	walk_tables(g);
	print_report(g, o);
	print_timeline(g, o);
	print_laws(g, o);
	print_diff(g, o);
	test_rule(g, o);
}

/* ---- files for machines --------------------------------------------------------------------- */

static const struct check {
	const char *format;
	void (*check)(const struct content *c);
} checks[] = {
	{ "json", check_json }, { "jsonl", check_json_lines }, { "csv", check_csv },
	{ "svg", check_xml }, { "html", check_html },
	{ "perfetto", check_perfetto }, { "sqlite", check_sqlite },
};

static void check_file(const char *format, const char *path)
{
	cleanup(filep) FILE *file = fopen(path, "re");
	cleanup(freep) char *text = NULL;
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		wrong(path, "is not there");
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	if (!text || fread(text, 1, (size_t)size, file) != (size_t)size)
		wrong(path, "cannot be read");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!strcmp(checks[i].format, format))
			checks[i].check(&(struct content){ path, text, (size_t)size });
}

static void check_folder(const char *format, const char *path)
{
	DIR *dir = opendir(path);

	if (!dir)
		wrong(path, "is not there");
	for (struct dirent *e; (e = readdir(dir));) {
		char file[PATH_MAX];

		if (*e->d_name != '.' && snprintf(file, sizeof(file), "%s/%s", path, e->d_name) < (int)sizeof(file))
			check_file(format, file);
	}
	closedir(dir);
}

enum { MOST_FORMATS = 16 };
struct files {
	const char *formats[MOST_FORMATS];
	char paths[MOST_FORMATS][PATH_MAX];
	size_t n;
};

static void add_files(struct gilscope *g, const struct outputs *o, struct files *files)
{
	const char *name;

	for (size_t i = 0; i < MOST_FORMATS && (name = gilscope_format_name(i)); i++) {
		char *path = files->paths[files->n];

		if (!(o->formats >> i & 1))
			continue;
		snprintf(path, PATH_MAX, "%s/out%s", outputs_folder(), gilscope_format_suffix(i));
		if (gilscope_add_export(g, name, path)) {
			outputs_check_sentence();
			continue;
		}
		files->formats[files->n++] = name;
	}
}

static void check_files(struct files *files, bool there)
{
	for (size_t i = 0; i < files->n; i++) {
		const char *path = files->paths[i];

		if (!there && !access(path, F_OK))
			wrong(path, "was left behind");
		if (there && !strcmp(files->formats[i], "csv"))
			check_folder(files->formats[i], path);
		else if (there)
			check_file(files->formats[i], path);
		tree_remove(path);
	}
}

/* ---- all ---------------------------------------------------------------------------------- */

bool outputs_check(const struct outputs *o)
{
	cleanup(gilscopep) struct gilscope *g = NULL;
	cleanup(text_deinit) struct text battle = { .bytes = NULL };
	cleanup(freep) struct files *files = calloc(1, sizeof(*files));
	int r = gilscope_open(&g, &o->options);

	if (!files)
		abort();
	if (r) {
		outputs_check_sentence();
		return false;
	}
	add_files(g, o, files);
	text_begin(&battle, "battle", o);
	if (gilscope_add_battle(g, &battle.page, &o->battle) || gilscope_add_timeline(g, &o->timeline))
		outputs_check_sentence();
	r = gilscope_run(g);
	text_end(&battle, r);
	if (!r)
		print_all(g, o);
	/* What could not be finished is gone now. */
	gilscope_free(steal(&g));
	check_files(files, !r);
	return !r;
}
