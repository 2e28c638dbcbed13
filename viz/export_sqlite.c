/* SPDX-License-Identifier: MIT */
/*
 * A database for SQL: the tables of the report, and every interval and wait,
 * which are written while the trace is read. The only file that knows SQLite.
 */
#include "viz/export.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "analyzer/stream.h"
#include "base/err.h"
#include "viz/outfile.h"
#include "base/text.h"

/* Of the tables' layout: PRAGMA user_version. Additions do not change it. */
#define LAYOUT "1"

struct sqlite_export {
	struct export base;
	struct sink sink;
	struct stream stream;
	struct outfile file;
	sqlite3 *db;
	sqlite3_stmt *intervals, *waits, *blames;
};

static const char indexes[] =
	"CREATE INDEX intervals_time ON intervals(from_ns);"
	"CREATE INDEX intervals_thread ON intervals(thread, from_ns);"
	"CREATE INDEX intervals_gil ON intervals(gil, from_ns);"
	"CREATE INDEX waits_time ON waits(from_ns);"
	"CREATE INDEX waits_thread ON waits(thread, from_ns);"
	"CREATE INDEX waits_gil ON waits(gil, from_ns);"
	"CREATE INDEX blames_wait ON blames(wait);"
	"CREATE INDEX blames_holder ON blames(holder);"
	"CREATE INDEX threads_number ON threads(number);"
	"CREATE INDEX threads_gil ON threads(gil);"
	"CREATE INDEX pairs_waiter ON pairs(waiter);"
	"CREATE INDEX pairs_holder ON pairs(holder);"
	"CREATE INDEX buckets_time ON buckets(gil, from_ns);"
	"CREATE INDEX findings_gil ON findings(gil);";

/* ---- errors --------------------------------------------------------------------------- */

/* The errno below SQLite's last error; 0: it was another one. */
static int system_error(sqlite3 *db)
{
	int code = sqlite3_errcode(db);
	int number = 0;

	if (code == SQLITE_FULL)
		return ENOSPC;
	if (code == SQLITE_IOERR)
		sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
	return number ? number : sqlite3_system_errno(db);
}

static int fail(const struct sqlite_export *x)
{
	int code = x->db ? system_error(x->db) : ENOMEM;

	if (code)
		return err(-code, "cannot write '%s': %s", x->file.path, strerror(code));
	return err(-EIO, "cannot write '%s': %s", x->file.path, sqlite3_errmsg(x->db));
}

static int execute(const struct sqlite_export *x, const char *sql)
{
	return sqlite3_exec(x->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(x);
}

/* ---- tables ------------------------------------------------------------------------------ */

/* 64 bits without a sign do not fit into an INTEGER. */
static const char *affinity(enum column_type type)
{
	if (type == COLUMN_TEXT || type == COLUMN_ID)
		return "TEXT";
	return type == COLUMN_RATIO ? "REAL" : "INTEGER";
}

/* Is it the number of the row itself? The first column of threads, gils and waits. */
static bool is_key(const struct table_columns *table, size_t i)
{
	const char *name = table->columns[i].name;
	size_t len = strlen(name);

	if (i || table->columns[i].type == COLUMN_TEXT)
		return false;
	return !strncmp(table->name, name, len) && !strcmp(table->name + len, "s");
}

/* "CREATE TABLE ..." or "INSERT INTO ...". Freed by the caller; NULL: out of memory. */
static char *say(const struct table_columns *table, bool create)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	sqlite3_str_appendf(s, create ? "CREATE TABLE \"%w\"(" : "INSERT INTO \"%w\" VALUES(",
			    table->name);
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *c = &table->columns[i];

		if (i)
			sqlite3_str_appendall(s, ", ");
		if (create)
			sqlite3_str_appendf(s, "\"%w\" %s%s", c->name, affinity(c->type),
					    is_key(table, i) ? " PRIMARY KEY" : "");
		else
			sqlite3_str_appendchar(s, 1, '?');
	}
	sqlite3_str_appendchar(s, 1, ')');
	return sqlite3_str_finish(s);
}

static int create_table(const struct sqlite_export *x, const struct table_columns *table)
{
	char *sql = say(table, true);
	int r = sql ? execute(x, sql) : err(-ENOMEM, "out of memory");

	sqlite3_free(sql);
	return r;
}

static int prepare(const struct sqlite_export *x, sqlite3_stmt **out, const struct table_columns *table)
{
	char *sql = say(table, false);
	int r;

	if (!sql)
		return err(-ENOMEM, "out of memory");
	r = sqlite3_prepare_v2(x->db, sql, -1, out, NULL);
	sqlite3_free(sql);
	return r == SQLITE_OK ? 0 : fail(x);
}

/* ---- rows --------------------------------------------------------------------------------- */

static int bind_text(sqlite3_stmt *s, int i, const char *text)
{
	size_t size = 3 * strlen(text) + sizeof(TEXT_BROKEN) + 4;
	char *valid = malloc(size);

	if (!valid)
		return SQLITE_NOMEM;
	text_utf8(valid, size, text);
	return sqlite3_bind_text(s, i, valid, -1, free);
}

static int bind(sqlite3_stmt *s, int i, const struct column *c, struct value value)
{
	char number[COLUMN_TEXT_SIZE];

	if (!value.known)
		return sqlite3_bind_null(s, i);
	switch (c->type) {
	case COLUMN_TEXT:
		return bind_text(s, i, value.text);
	case COLUMN_ID:
		return bind_text(s, i, column_number(number, c, value));
	case COLUMN_RATIO:
		return sqlite3_bind_double(s, i, value.ratio);
	case COLUMN_FLAG:
		return sqlite3_bind_int(s, i, value.flag);
	default:
		return sqlite3_bind_int64(s, i, (sqlite3_int64)value.count);
	}
}

static int insert(const struct sqlite_export *x, sqlite3_stmt *s, const struct results *r,
		  const struct table_columns *table, const void *row)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *c = &table->columns[i];

		int code = bind(s, (int)i + 1, c, column_value(r, c, row));

		if (code == SQLITE_NOMEM) /* ours: SQLite knows of no error */
			return err(-ENOMEM, "out of memory");
		if (code != SQLITE_OK)
			return fail(x);
	}
	if (sqlite3_step(s) != SQLITE_DONE)
		return fail(x);
	sqlite3_reset(s);
	return 0;
}

static int write_table(const struct sqlite_export *x, const struct results *r,
		       const struct table_columns *table)
{
	sqlite3_stmt *s = NULL;
	int code = create_table(x, table);

	if (!code)
		code = prepare(x, &s, table);
	for (size_t i = 0, n = table->rows(r); i < n && !code; i++)
		code = insert(x, s, r, table, table->row(r, i));
	sqlite3_finalize(s);
	return code;
}

/* ---- while the trace is read -------------------------------------------------------------- */

static int on_begin(void *data, const struct trace_info *trace)
{
	struct sqlite_export *x = data;

	stream_begin(&x->stream, trace);
	return 0;
}

static int on_interval(void *data, const struct interval *interval)
{
	struct sqlite_export *x = data;

	return insert(x, x->intervals, &x->stream.results, &stream_intervals, interval);
}

static int on_attempt(void *data, const struct attempt *attempt)
{
	struct sqlite_export *x = data;
	uint64_t number = x->stream.waits++;
	int r = insert(x, x->waits, &x->stream.results, &stream_waits,
		       &(struct wait_row){ .number = number, .attempt = attempt });

	for (uint32_t i = 0; i < attempt->n_blames && !r; i++)
		r = insert(x, x->blames, &x->stream.results, &stream_blames,
			   &(struct blame_row){ .wait = number, .blame = &attempt->blames[i] });
	return r;
}

/* Losses are summed up in the quality. */
static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int as_it_is(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int open_following(const char *name, int flags, int mode)
{
	return open(name, flags & ~O_NOFOLLOW, mode);
}

/*
 * A nameless file is opened through a link in /proc, which SQLite would refuse,
 * or follow to the name that the file does not have. Its open() is one for the whole
 * process, so that two of us must not exchange it at once.
 */
static int open_through_link(sqlite3 **db, const char *name)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	static sqlite3_vfs vfs;
	sqlite3_syscall_ptr before;
	int r = SQLITE_CANTOPEN;

	pthread_mutex_lock(&one_at_a_time);

	if (!vfs.zName && sqlite3_vfs_find(NULL)) {
		vfs = *sqlite3_vfs_find(NULL);
		vfs.zName = "gilscope";
		vfs.xFullPathname = as_it_is;
		sqlite3_vfs_register(&vfs, 0);
	}
	if (vfs.zName) {
		before = vfs.xGetSystemCall(&vfs, "open");
		vfs.xSetSystemCall(&vfs, "open", (sqlite3_syscall_ptr)open_following);
		r = sqlite3_open_v2(name, db, SQLITE_OPEN_READWRITE, vfs.zName);
		vfs.xSetSystemCall(&vfs, "open", before);
	}
	pthread_mutex_unlock(&one_at_a_time);
	return r;
}

static int open_database(struct sqlite_export *x, const char *path)
{
	char name[OUTFILE_NAME_SIZE];
	int r = outfile_reserve(&x->file, path, name);

	if (r)
		return r;
	if (open_through_link(&x->db, name) != SQLITE_OK)
		return fail(x);
	/* Nobody else sees the file, and a half one goes: nothing is to be guarded. */
	r = execute(x, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		       "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -8192;"
		       "PRAGMA user_version = " LAYOUT "; BEGIN");
	if (!r)
		r = create_table(x, &stream_intervals);
	if (!r)
		r = create_table(x, &stream_waits);
	if (!r)
		r = create_table(x, &stream_blames);
	if (!r)
		r = prepare(x, &x->intervals, &stream_intervals);
	if (!r)
		r = prepare(x, &x->waits, &stream_waits);
	return r ? r : prepare(x, &x->blames, &stream_blames);
}

static void close_database(struct sqlite_export *x)
{
	sqlite3_finalize(steal(&x->intervals));
	sqlite3_finalize(steal(&x->waits));
	sqlite3_finalize(steal(&x->blames));
	sqlite3_close(steal(&x->db));
}

static int finish_sqlite(struct export *export, const struct results *r)
{
	struct sqlite_export *x = (struct sqlite_export *)export;
	int code = 0;

	for (const struct table_columns *t = tables; t->name && !code; t++)
		code = write_table(x, r, t);
	if (!code)
		code = execute(x, indexes);
	if (!code)
		code = execute(x, "COMMIT");
	close_database(x);
	return code ? code : outfile_commit(&x->file);
}

static void free_sqlite(struct export *export)
{
	struct sqlite_export *x = (struct sqlite_export *)export;

	close_database(x);
	outfile_drop(&x->file);
	free(x);
}

static int open_sqlite(struct export **out, const char *path)
{
	struct sqlite_export *x = calloc(1, sizeof(*x));
	int r = x ? open_database(x, path) : err(-ENOMEM, "out of memory");

	if (r) {
		if (x)
			free_sqlite(&x->base);
		return r;
	}
	x->sink = (struct sink){ .name = "sqlite", .data = x, .begin = on_begin,
				 .interval = on_interval, .attempt = on_attempt, .lost = on_lost };
	x->base.sink = &x->sink;
	*out = &x->base;
	return 0;
}

const struct exporter export_sqlite = {
	.name = "sqlite", .suffix = ".sqlite", .needs_place = true,
	.open = open_sqlite, .finish = finish_sqlite, .free = free_sqlite,
};
