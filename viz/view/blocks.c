/* SPDX-License-Identifier: MIT */
#include "viz/view/blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "viz/view/part.h"

enum column { TIMES, CODES, CPUS, TICKS, COUNTERS, EXTRAS, COLUMNS };
enum { VARINT_SIZE = 10, WIDEST = 2 * VARINT_SIZE }; /* of one event in a column: two numbers */
enum { FIRST_SIZE = 16, COPY_SIZE = 1 << 16 };

/* What the numbers of a lane or GIL count from; of another block: from the begin. */
struct lane_base {
	uint64_t block; /* + 1 */
	int32_t cpu, tick;
};

struct gil_base {
	uint64_t block;
	uint64_t counter;
};

struct blocks {
	FILE *file;
	struct part part;
	struct block *list;
	size_t n, size;

	/* The present one: */
	struct block now;
	uint8_t *columns[COLUMNS];
	size_t length[COLUMNS];
	struct lane_base *lanes; /* BLOCK_LANES */
	struct gil_base *gils;
	size_t n_gils;
};

/* ---- numbers ------------------------------------------------------------------------- */

static size_t put_varint(uint8_t *at, uint64_t n)
{
	size_t length = 0;

	for (; n > 0x7f; n >>= 7)
		at[length++] = (uint8_t)(n | 0x80);
	at[length++] = (uint8_t)n;
	return length;
}

static uint64_t zigzag(int64_t n)
{
	return (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
}

static void put(struct blocks *b, enum column column, uint64_t n)
{
	b->length[column] += put_varint(b->columns[column] + b->length[column], n);
}

static void put_byte(struct blocks *b, enum column column, uint8_t byte)
{
	b->columns[column][b->length[column]++] = byte;
}

/* ---- a block that is full ------------------------------------------------------------ */

static int file_error(void)
{
	int code = errno ? -errno : -EIO;

	return err(code, "cannot write a temporary file: %s; TMPDIR names another place", strerror(-code));
}

static int note_block(struct blocks *b)
{
	size_t size = b->size ? 2 * b->size : FIRST_SIZE;
	void *list = b->list;

	if (b->n == b->size) {
		list = reallocarray(b->list, size, sizeof(*b->list));
		if (!list)
			return err(-ENOMEM, "out of memory");
		b->list = list;
		b->size = size;
	}
	b->list[b->n++] = b->now;
	return 0;
}

static int flush(struct blocks *b)
{
	uint8_t head[(2 + COLUMNS) * VARINT_SIZE];
	size_t n = put_varint(head, b->now.events);
	int r;

	n += put_varint(head + n, b->now.first_ns);
	for (size_t i = 0; i < COLUMNS; i++)
		n += put_varint(head + n, b->length[i]);
	part_begin(&b->part, "block");
	part_put(&b->part, head, n);
	for (size_t i = 0; i < COLUMNS; i++) {
		part_put(&b->part, b->columns[i], b->length[i]);
		b->length[i] = 0;
	}
	part_end(&b->part);
	if (ferror(b->file))
		return file_error();
	r = note_block(b);
	b->now.events = 0;
	return r;
}

/* ---- events -------------------------------------------------------------------------- */

static struct lane_base *lane_of(struct blocks *b, uint32_t lane)
{
	struct lane_base *l = &b->lanes[lane];

	if (l->block != b->n + 1)
		*l = (struct lane_base){ .block = b->n + 1, .cpu = -1 };
	return l;
}

static int gil_of(struct blocks *b, uint32_t gil, struct gil_base **out)
{
	size_t n = b->n_gils ? b->n_gils : FIRST_SIZE;
	struct gil_base *gils;

	if (gil >= b->n_gils) {
		while (n <= gil)
			n *= 2;
		gils = reallocarray(b->gils, n, sizeof(*gils));
		if (!gils)
			return err(-ENOMEM, "out of memory");
		memset(gils + b->n_gils, 0, (n - b->n_gils) * sizeof(*gils));
		b->gils = gils;
		b->n_gils = n;
	}
	*out = &b->gils[gil];
	if ((*out)->block != b->n + 1)
		**out = (struct gil_base){ .block = b->n + 1 };
	return 0;
}

static int put_counts(struct blocks *b, struct lane_base *lane, const struct block_event *e)
{
	struct gil_base *gil = NULL;
	int r = gil_of(b, e->gil, &gil);

	if (r)
		return r;
	if (e->ticked) {
		put(b, TICKS, zigzag((int64_t)e->tick - lane->tick));
		lane->tick = e->tick;
	}
	put(b, COUNTERS, zigzag((int64_t)(e->counter - gil->counter)));
	gil->counter = e->counter;
	if (e->kind < BLOCK_RELEASE)
		return 0;
	put(b, EXTRAS, e->checks);
	if (e->ticked)
		put(b, EXTRAS, e->ticks);
	return 0;
}

int blocks_add(struct blocks *b, const struct block_event *e)
{
	struct lane_base *lane = lane_of(b, e->lane);
	bool other_cpu = e->kind != BLOCK_STATE && e->cpu != lane->cpu;
	int r = 0;

	if (!b->now.events)
		b->now.first_ns = b->now.last_ns = e->ts_ns;
	put(b, TIMES, e->ts_ns - b->now.last_ns);
	put(b, CODES, (uint64_t)e->lane << 5 | (uint64_t)other_cpu << 4 | (uint64_t)e->kind);
	b->now.last_ns = e->ts_ns;
	b->now.events++;
	if (other_cpu) {
		put(b, CPUS, e->cpu < 0 ? 0 : (uint64_t)e->cpu + 1);
		lane->cpu = e->cpu;
	}
	if (e->kind <= BLOCK_RELEASE_REQUESTED)
		r = put_counts(b, lane, e);
	if (e->kind == BLOCK_STATE) {
		put_byte(b, EXTRAS, (uint8_t)(e->state | e->unlawful << 3 | e->last_holder << 4));
		put(b, EXTRAS, e->back_ns);
	}
	return r || b->now.events < BLOCK_EVENTS ? r : flush(b);
}

/* ---- the whole ----------------------------------------------------------------------- */

/* May grow large: /tmp is memory on many systems. */
static FILE *open_nameless(void)
{
	const char *folder = getenv("TMPDIR");
	int fd = open(folder && *folder ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (!file && fd >= 0)
		close(fd);
	return file ? file : tmpfile();
}

static int allocate(struct blocks *b)
{
	bool all = true;

	for (size_t i = 0; i < COLUMNS; i++) {
		b->columns[i] = malloc((size_t)BLOCK_EVENTS * WIDEST);
		all &= b->columns[i] != NULL;
	}
	b->lanes = calloc(BLOCK_LANES, sizeof(*b->lanes));
	return all && b->lanes ? 0 : err(-ENOMEM, "out of memory");
}

int blocks_new(struct blocks **out)
{
	cleanup(blocks_freep) struct blocks *b = calloc(1, sizeof(*b));
	int r = b ? allocate(b) : err(-ENOMEM, "out of memory");

	if (r)
		return r;
	b->file = open_nameless();
	if (!b->file)
		return file_error();
	r = part_init(&b->part, b->file);
	if (!r)
		*out = steal(&b);
	return r;
}

struct blocks *blocks_free(struct blocks *b)
{
	if (!b)
		return NULL;
	part_deinit(&b->part);
	if (b->file)
		fclose(b->file);
	for (size_t i = 0; i < COLUMNS; i++)
		free(b->columns[i]);
	free(b->lanes);
	free(b->gils);
	free(b->list);
	free(b);
	return NULL;
}

int blocks_end(struct blocks *b)
{
	int r = b->now.events ? flush(b) : 0;

	if (!r && fflush(b->file))
		r = file_error();
	return r;
}

size_t blocks_list(const struct blocks *b, const struct block **out)
{
	*out = b->list;
	return b->n;
}

int blocks_copy(const struct blocks *b, FILE *out)
{
	char buffer[COPY_SIZE];
	size_t n;

	rewind(b->file);
	while ((n = fread(buffer, 1, sizeof(buffer), b->file)) > 0)
		fwrite(buffer, 1, n, out);
	return ferror(b->file) ? file_error() : 0;
}
