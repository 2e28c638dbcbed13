/* SPDX-License-Identifier: MIT */
/* Is a file what its format says? */
#include <expat.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "outputs.h"

void wrong(const char *what, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", what);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* ---- JSON ---------------------------------------------------------------------- */

/* Whole numbers of 64 bits are too large for jansson. */
static void check_json_part(const char *what, const char *text, size_t size)
{
	json_error_t error;
	json_t *doc = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);

	if (!doc)
		wrong(what, "%s at byte %d of %.*s", error.text, error.position, (int)(size < 4000 ? size : 4000), text);
	json_decref(doc);
}

void check_json(const struct content *c)
{
	check_json_part(c->what, c->text, c->size);
}

void check_json_lines(const struct content *c)
{
	const char *line = c->text, *end = c->text + c->size;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		if (!newline)
			wrong(c->what, "its last line has no end");
		check_json_part(c->what, line, (size_t)(newline - line));
		line = newline + 1;
	}
}

/* ---- CSV ------------------------------------------------------------------------ */

/* @return behind the cell, at a comma or at the line's end. */
static const char *skip_cell(const char *at, const char *what)
{
	if (*at != '"')
		return at + strcspn(at, ",\r\n\"");
	do {
		at = strchr(at + 1, '"');
		if (!at)
			wrong(what, "a quote without its end");
		at++;
	} while (*at == '"');
	return at;
}

void check_csv(const struct content *c)
{
	const char *at = c->text;
	size_t columns = 0;

	while (*at) {
		size_t n = 1;

		for (at = skip_cell(at, c->what); *at == ','; n++)
			at = skip_cell(at + 1, c->what);
		if (at[0] == '\r' && at[1] == '\n')
			at++;
		if (*at != '\n')
			wrong(c->what, "byte %#x behind a cell: %.40s", (unsigned char)*at, at);
		at++;
		columns = columns ? columns : n;
		if (n != columns)
			wrong(c->what, "%zu cells below %zu", n, columns);
	}
	if (at != c->text + c->size)
		wrong(c->what, "a NUL in it");
}

/* ---- XML ------------------------------------------------------------------------- */

static void XMLCALL on_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
	const struct content *c = data;

	if (!strcasecmp(name, "script"))
		wrong(c->what, "a script in it");
	for (; *attributes; attributes += 2)
		if (!strncasecmp(*attributes, "on", 2) || strstr(attributes[1], "javascript:"))
			wrong(c->what, "a program in it: %s", *attributes);
}

void check_xml(const struct content *c)
{
	XML_Parser parser = XML_ParserCreate(NULL);

	XML_SetUserData(parser, (void *)c);
	XML_SetStartElementHandler(parser, on_element);
	if (XML_Parse(parser, c->text, (int)c->size, 1) == XML_STATUS_ERROR)
		wrong(c->what, "line %lu: %s", XML_GetCurrentLineNumber(parser), XML_ErrorString(XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
}

/* ---- Protocol Buffers, for Perfetto ------------------------------------------------------ */

/* @return behind the number; NULL: there is none. */
static const unsigned char *read_varint(const unsigned char *at, const unsigned char *end, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
		*out |= (uint64_t)(*at & 0x7f) << shift;
		if (!(*at++ & 0x80))
			return at;
	}
	return NULL;
}

/* One field. @return behind it; NULL: it is none, or goes beyond the end. */
static const unsigned char *skip_field(const unsigned char *at, const unsigned char *end, uint64_t *tag)
{
	enum { VARINT, FIXED64, BYTES, FIXED32 = 5 };
	uint64_t n = 0;

	at = read_varint(at, end, tag);
	if (!at || !(*tag >> 3))
		return NULL;
	switch (*tag & 7) {
	case VARINT:
		return read_varint(at, end, &n);
	case FIXED64:
		n = 8;
		break;
	case FIXED32:
		n = 4;
		break;
	case BYTES:
		at = read_varint(at, end, &n);
		break;
	default:
		return NULL;
	}
	return at && n <= (uint64_t)(end - at) ? at + n : NULL;
}

/* A Trace is packets (field 1), each of them fields. */
void check_perfetto(const struct content *c)
{
	enum { PACKET = 1 << 3 | 2 };
	const unsigned char *at = (const unsigned char *)c->text, *end = at + c->size, *packet, *next;
	uint64_t tag, size;

	if (at == end)
		wrong(c->what, "no packet in it");
	for (; at < end; at = next) {
		next = skip_field(at, end, &tag);
		if (!next || *at != PACKET)
			wrong(c->what, "no packet at byte %zu", (size_t)(at - (const unsigned char *)c->text));
		for (packet = read_varint(at + 1, end, &size); packet < next;) {
			packet = skip_field(packet, next, &tag);
			if (!packet)
				wrong(c->what, "no field in the packet at byte %zu", (size_t)(at - (const unsigned char *)c->text));
		}
	}
}

/* ---- SQLite --------------------------------------------------------------------------- */

static void databasep(sqlite3 **db)
{
	sqlite3_close(*db);
}

static int says_ok(void *what, int n, char **cells, char **names)
{
	(void)names;
	if (n != 1 || strcmp(cells[0], "ok") != 0)
		wrong(what, "%s", cells[0]);
	return 0;
}

void check_sqlite(const struct content *c)
{
	cleanup(databasep) sqlite3 *db = NULL;

	if (!c->size)
		wrong(c->what, "nothing in it");
	if (sqlite3_open_v2(c->what, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_exec(db, "PRAGMA integrity_check", says_ok, (void *)c->what, NULL))
		wrong(c->what, "%s", sqlite3_errmsg(db));
}

/* ---- the viewer's page ---------------------------------------------------------------- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* In place. @return how many bytes. */
static size_t decode_base64(char *text, size_t size)
{
	static uint8_t values[128];
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	for (uint8_t i = 0; base64[i]; i++)
		values[(unsigned char)base64[i]] = i;
	for (size_t i = 0; i < size; i++) {
		bits = bits << 6 | values[text[i] & 127];
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			text[n++] = (char)(bits >> n_bits);
		}
	}
	return n;
}

/* A part: what it unpacks to, however much that is. */
static void check_part(const char *what, char *packed, size_t size, bool is_json)
{
	enum { FIRST = 1 << 20 };
	cleanup(freep) char *text = NULL;
	z_stream z = { .next_in = (Bytef *)packed };
	size_t room = FIRST;
	int rc = inflateInit2(&z, 15 + 16);

	z.avail_in = (uInt)decode_base64(packed, size);
	for (; rc == Z_OK; room *= 2) {
		text = realloc(text, room);
		if (!text)
			abort();
		z.next_out = (Bytef *)text + z.total_out;
		z.avail_out = (uInt)(room - z.total_out);
		rc = inflate(&z, Z_NO_FLUSH);
	}
	if (rc != Z_STREAM_END || z.avail_in)
		wrong(what, "a part cannot be unpacked");
	if (is_json)
		check_json_part(what, text, z.total_out);
	inflateEnd(&z);
}

/* All but the parts is the same in each page: @sum of it. */
static void check_rest(const char *what, uLong sum)
{
	static uLong usual;

	usual = usual ? usual : sum;
	if (sum != usual)
		wrong(what, "there is more of the trace in it than its parts");
}

void check_html(const struct content *c)
{
	static const char begin[] = "<script type=\"application/octet-stream\" data-part=\"";
	const char *at = c->text, *part;
	uLong sum = crc32(0, NULL, 0);

	while ((part = strstr(at, begin))) {
		const char *name = part + strlen(begin), *packed = strchr(name, '>') + 1;
		size_t size = strspn(packed, base64);
		bool is_json = !strncmp(name, "meta\"", 5) || !strncmp(name, "report\"", 7);
		cleanup(freep) char *copy = strndup(packed, size);

		if (!copy)
			abort();
		sum = crc32(sum, (const Bytef *)at, (uInt)(part - at));
		at = packed + size + strspn(packed + size, "=");
		if (strncmp(at, "</script>\n", 10))
			wrong(c->what, "a part does not end where its base64 does");
		at += 10;
		check_part(c->what, copy, size, is_json);
	}
	sum = crc32(sum, (const Bytef *)at, (uInt)(c->text + c->size - at));
	check_rest(c->what, sum);
}
