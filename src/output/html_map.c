// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A picture of each swap device: a cell for each cluster, filled as the slots of the
 * cluster are, and one cluster slot by slot. It stands without scripts; with them any
 * cluster can be looked at, for which the slots are written along, as runs.
 *
 * What the file holds is bounded: cells by CELLS_MAX for each device, for larger ones
 * stand for several clusters; runs by RUNS_BYTES_MAX, after which clusters without
 * findings are told as sums alone.
 */
#include "output/html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/slot_map.h"

#define CELLS_MAX	4096
#define PITCH		10	/* from cell to cell; a cell is one less */
#define SIDE		(PITCH - 1)
#define ZOOM_COLUMNS	32	/* slots in a row of a cluster */
#define CLUSTER_DEFAULT	512	/* where the kernel has none */
#define RUNS_BYTES_MAX	(2UL << 20)
#define LINKS_MAX	300	/* cells that lead to a finding */

/* As the style sheet and the script call them. */
static const struct {
	char letter;
	const char *class;
	const char *name;
} kinds[SLOT_CLASSES] = {
	[SLOT_FREE] = {'f', "kf", "free"},
	[SLOT_OUT] = {'o', "ko", "in use, not cached"},
	[SLOT_SHADOW] = {'s', "ks", "shadow"},
	[SLOT_CACHED] = {'c', "kc", "cached"},
	[SLOT_LARGE_FIRST] = {'L', "kl", "cached, large folio"},
	[SLOT_LARGE] = {'l', "kl", NULL},
	[SLOT_BAD] = {'b', "kb", "bad"},
	[SLOT_UNSEEN] = {'u', "ku", "not seen"},
};

/* One device being drawn. */
struct picture {
	FILE *stream;
	const struct html_report *html;
	const struct slot_map_device *device;
	const struct html_mark *marks;	/* of this device */
	size_t mark_count;
	uint32_t cluster;		/* slots */
	uint64_t cell;			/* slots of a cell */
	uint64_t cells;
	unsigned int columns;		/* cells in a row of the map */
	size_t *written;		/* bytes of runs, of all devices */
};

/* What a cell stands for. */
struct cell {
	uint64_t counts[SLOT_CLASSES];
	uint64_t broken;		/* slots of findings, as far as they are counted */
	const struct html_mark *mark;	/* the first of them; an error if there is one */
};

/* ------------------------------------------------------------------- findings */

static int compare_marks(const void *one, const void *other)
{
	const struct html_mark *a = one, *b = other;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->finding < b->finding ? -1 : a->finding > b->finding;
}

/* In order of their first slots, and how far all up to each one reach. */
static void sort_marks(struct html_report *html)
{
	size_t i;

	if (html->mark_count)
		qsort(html->marks, html->mark_count, sizeof(*html->marks), compare_marks);
	for (i = 0; i < html->mark_count; i++) {
		struct html_mark *mark = &html->marks[i];

		mark->furthest = mark->last;
		if (i && mark[-1].type == mark->type && mark[-1].furthest > mark->last)
			mark->furthest = mark[-1].furthest;
	}
}

/* The first mark that may reach @slot: all before it end earlier. */
static size_t first_mark(const struct picture *picture, uint64_t slot)
{
	size_t low = 0, high = picture->mark_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (picture->marks[middle].furthest < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void take_marks(struct picture *picture)
{
	const struct html_report *html = picture->html;
	size_t first = 0, end;

	while (first < html->mark_count && html->marks[first].type != picture->device->type)
		first++;
	for (end = first; end < html->mark_count &&
	     html->marks[end].type == picture->device->type; end++)
		;
	picture->marks = html->mark_count ? html->marks + first : NULL;
	picture->mark_count = end - first;
}

/* All broken slots of [first, end), each mark that reaches there asked. */
static void mark_cell(const struct picture *picture, struct cell *cell, uint64_t first,
		      uint64_t end)
{
	size_t i;

	for (i = first_mark(picture, first); i < picture->mark_count &&
	     picture->marks[i].first < end; i++) {
		const struct html_mark *mark = &picture->marks[i];
		uint64_t low = mark->first > first ? mark->first : first;
		uint64_t high = mark->last + 1 < end ? mark->last + 1 : end;

		if (mark->last < first)
			continue;
		cell->broken += mark->partial ? 1 : high - low;
		if (!cell->mark || (mark->error && !cell->mark->error))
			cell->mark = mark;
	}
}

static void read_cell(const struct picture *picture, uint64_t index, struct cell *cell)
{
	uint64_t first = index * picture->cell, end = first + picture->cell;

	*cell = (struct cell){0};
	if (end > picture->device->slots)
		end = picture->device->slots;
	slot_map_count(picture->device, first, end, cell->counts);
	mark_cell(picture, cell, first, end);
}

/* ---------------------------------------------------------------------- the map */

static void begin_svg(FILE *stream, const char *class, uint64_t columns, uint64_t rows,
		      const char *label)
{
	html_raw(stream, "<svg class=\"");
	html_raw(stream, class);
	fprintf(stream, "\" viewBox=\"0 0 %" PRIu64 " %" PRIu64 "\" role=\"img\"",
		columns * PITCH, rows * PITCH);
	html_raw(stream, " aria-label=\"");
	html_raw(stream, label);
	html_raw(stream, "\">");
}

/* A rectangle of a path. */
static void write_box(FILE *stream, uint64_t x, uint64_t y, unsigned int width,
		      unsigned int height)
{
	fprintf(stream, "M%" PRIu64 " %" PRIu64 "h%uv%uh-%uz", x, y, width, height, width);
}

/* Heights of the classes in a cell of @side; what is there at all is seen. */
static void share_out(const struct cell *cell, unsigned int heights[SLOT_CLASSES])
{
	uint64_t total = 0;
	unsigned int sum = 0, i, largest;

	for (i = 0; i < SLOT_CLASSES; i++)
		total += cell->counts[i];
	for (i = 0; i < SLOT_CLASSES; i++) {
		heights[i] = total ? (unsigned int)(cell->counts[i] * SIDE / total) : 0;
		if (cell->counts[i] && !heights[i])
			heights[i] = 1;
		sum += heights[i];
	}
	while (sum && sum != SIDE) {
		for (largest = i = 0; i < SLOT_CLASSES; i++)
			if (heights[i] > heights[largest])
				largest = i;
		heights[largest] += sum < SIDE ? 1 : -1;
		sum += sum < SIDE ? 1 : -1;
	}
}

/* From the ground up: what holds memory first. */
static const enum slot_class strata[] = {
	SLOT_LARGE_FIRST, SLOT_CACHED, SLOT_SHADOW, SLOT_OUT, SLOT_BAD, SLOT_UNSEEN, SLOT_FREE,
};

static void draw_stratum(const struct picture *picture, const struct cell *cells,
			 enum slot_class class)
{
	uint64_t index;
	bool any = false;
	size_t i;

	for (index = 0; index < picture->cells; index++) {
		unsigned int heights[SLOT_CLASSES], below = 0;

		if (!cells[index].counts[class])
			continue;
		share_out(&cells[index], heights);
		for (i = 0; strata[i] != class; i++)
			below += heights[strata[i]];
		if (!any)
			fprintf(picture->stream, "<path class=\"%s\" d=\"", kinds[class].class);
		any = true;
		write_box(picture->stream, index % picture->columns * PITCH,
			  index / picture->columns * PITCH + SIDE - below - heights[class], SIDE,
			  heights[class]);
	}
	if (any)
		html_raw(picture->stream, "\"/>\n");
}

/* Height of the part of a cell that is broken. */
static unsigned int broken_height(const struct picture *picture, const struct cell *cell)
{
	uint64_t height = cell->broken * SIDE / picture->cell;

	return height < 3 ? 3 : height > SIDE ? SIDE : (unsigned int)height;
}

static void draw_broken(const struct picture *picture, const struct cell *cells, bool error)
{
	uint64_t index;
	bool any = false;

	for (index = 0; index < picture->cells; index++) {
		if (!cells[index].mark || cells[index].mark->error != error)
			continue;
		if (!any)
			html_raw(picture->stream, error ? "<path class=\"ke\" d=\"" :
				 "<path class=\"kw\" d=\"");
		any = true;
		write_box(picture->stream, index % picture->columns * PITCH,
			  index / picture->columns * PITCH, SIDE,
			  broken_height(picture, &cells[index]));
	}
	if (any)
		html_raw(picture->stream, "\"/>\n");
}

/* A way to the finding, without scripts too. */
static void link_cells(const struct picture *picture, const struct cell *cells)
{
	FILE *stream = picture->stream;
	uint64_t index;
	size_t links = 0;

	for (index = 0; index < picture->cells && links < LINKS_MAX; index++) {
		const struct html_mark *mark = cells[index].mark;

		if (!mark || !mark->shown)
			continue;
		links++;
		fprintf(stream, "<a href=\"#f%" PRIu64 "\"><rect x=\"%" PRIu64 "\" y=\"%" PRIu64
			"\" width=\"%u\" height=\"%u\"><title>slots %" PRIu64 "-%" PRIu64
			": finding %" PRIu64 "</title></rect></a>\n", mark->finding,
			index % picture->columns * PITCH, index / picture->columns * PITCH, SIDE,
			SIDE,
			index * picture->cell, (index + 1) * picture->cell - 1, mark->finding);
	}
}

static void draw_map(const struct picture *picture, const struct cell *cells)
{
	size_t i;

	begin_svg(picture->stream, "map", picture->columns,
		  (picture->cells + picture->columns - 1) / picture->columns,
		  "map of the clusters");
	fputc('\n', picture->stream);
	for (i = 0; i < sizeof(strata) / sizeof(strata[0]); i++)
		draw_stratum(picture, cells, strata[i]);
	draw_broken(picture, cells, false);
	draw_broken(picture, cells, true);
	link_cells(picture, cells);
	html_raw(picture->stream, "</svg>\n");
}

/* ------------------------------------------------------------ one cluster, by slots */

static void draw_slots(const struct picture *picture, uint64_t first, uint64_t end,
		       enum slot_class class)
{
	uint64_t slot, next;
	bool any = false;
	size_t hint = 0;

	for (slot = first; slot < end; slot = next) {
		if (slot_map_run(picture->device, slot, &hint, &next) != class)
			continue;
		for (; slot < next && slot < end; slot++) {
			uint64_t i = slot - first;

			if (!any)
				fprintf(picture->stream, "<path class=\"%s\" d=\"",
					kinds[class].class);
			any = true;
			/* what goes on a large folio sticks to what was before */
			if (class == SLOT_LARGE && i % ZOOM_COLUMNS)
				write_box(picture->stream, i % ZOOM_COLUMNS * PITCH - 1,
					  i / ZOOM_COLUMNS * PITCH, PITCH, SIDE);
			else
				write_box(picture->stream, i % ZOOM_COLUMNS * PITCH,
					  i / ZOOM_COLUMNS * PITCH, SIDE, SIDE);
		}
	}
	if (any)
		html_raw(picture->stream, "\"/>\n");
}

static void draw_marks(const struct picture *picture, uint64_t first, uint64_t end, bool error)
{
	bool any = false;
	uint64_t slot;
	size_t i;

	for (i = first_mark(picture, first); i < picture->mark_count &&
	     picture->marks[i].first < end; i++) {
		const struct html_mark *mark = &picture->marks[i];

		if (mark->error != error)
			continue;
		for (slot = mark->first > first ? mark->first : first;
		     slot <= mark->last && slot < end; slot++) {
			if (!any)
				html_raw(picture->stream, error ? "<path class=\"ke\" d=\"" :
					 "<path class=\"kw\" d=\"");
			any = true;
			write_box(picture->stream, (slot - first) % ZOOM_COLUMNS * PITCH + 1,
				  (slot - first) / ZOOM_COLUMNS * PITCH + 1, 7, 7);
		}
	}
	if (any)
		html_raw(picture->stream, "\"/>\n");
}

/* Slots of the class that a cell has most of. */
static uint64_t most(const struct cell *cell)
{
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < SLOT_CLASSES; i++)
		if (cell->counts[i] > most)
			most = cell->counts[i];
	return most;
}

/* The cluster that is shown first: one with an error, or the one that is most mixed. */
static uint64_t choose_cluster(const struct picture *picture, const struct cell *cells)
{
	uint64_t index, best = 0;
	size_t i;

	for (i = 0; i < picture->mark_count; i++)
		if (picture->marks[i].error)
			return picture->marks[i].first / picture->cluster;
	if (picture->mark_count)
		return picture->marks[0].first / picture->cluster;
	for (index = 0; index < picture->cells; index++)
		if (most(&cells[index]) < most(&cells[best]))
			best = index;
	return best * picture->cell / picture->cluster;
}

static void draw_cluster(const struct picture *picture, uint64_t number)
{
	uint64_t first = number * picture->cluster, end = first + picture->cluster;
	unsigned int class;

	if (end > picture->device->slots)
		end = picture->device->slots;
	html_raw(picture->stream, "<figure class=\"zoom\">\n");
	begin_svg(picture->stream, "slots", ZOOM_COLUMNS,
		  (picture->cluster + ZOOM_COLUMNS - 1) / ZOOM_COLUMNS, "slots of one cluster");
	fputc('\n', picture->stream);
	for (class = 0; class < SLOT_CLASSES; class++)
		draw_slots(picture, first, end, class);
	draw_marks(picture, first, end, false);
	draw_marks(picture, first, end, true);
	html_raw(picture->stream, "</svg>\n<figcaption>");
	html_words(picture->stream, "cluster %" PRIu64 ": slots %" PRIu64 "-%" PRIu64, number,
		   first, end - 1);
	html_raw(picture->stream, "</figcaption>\n</figure>\n");
}

/* ----------------------------------------------------------------- for the script */

static bool has_mark(const struct picture *picture, uint64_t first, uint64_t end)
{
	size_t i;

	for (i = first_mark(picture, first); i < picture->mark_count &&
	     picture->marks[i].first < end; i++)
		if (picture->marks[i].last >= first)
			return true;
	return false;
}

/* "f12L1l511": the runs; "?f12o500": sums alone. */
static void describe_cluster(const struct picture *picture, uint64_t first, uint64_t end,
			     char *text, size_t size)
{
	uint64_t counts[SLOT_CLASSES] = {0}, next;
	bool sums = *picture->written > RUNS_BYTES_MAX && !has_mark(picture, first, end);
	size_t used = 0, hint = 0, i;

	*text = 0;
	if (sums) {
		slot_map_count(picture->device, first, end, counts);
		used = (size_t)snprintf(text, size, "?");
		for (i = 0; i < SLOT_CLASSES; i++)
			if (counts[i])
				used += (size_t)snprintf(text + used, size - used, "%c%" PRIu64,
							 kinds[i].letter, counts[i]);
		return;
	}
	for (; first < end && used + 32 < size; first = next) {
		char letter = kinds[slot_map_run(picture->device, first, &hint, &next)].letter;

		if (next > end)
			next = end;
		text[used++] = letter;
		if (next - first > 1)
			used += (size_t)snprintf(text + used, size - used, "%" PRIu64,
						 next - first);
	}
	text[used] = 0;
}

static void write_same(const struct picture *picture, const char *text, uint64_t times)
{
	if (!times)
		return;
	*picture->written += strlen(text) + 1;
	fputs(text, picture->stream);
	if (times > 1)
		fprintf(picture->stream, "*%" PRIu64, times);
	fputc(',', picture->stream);
}

/* Clusters one after the other; "f512*7," are seven of them. */
static void write_runs(const struct picture *picture)
{
	char last[2048] = "", text[2048];
	uint64_t first, times = 0;

	/* what is not known to the map has no runs, whatever a damaged device says it has */
	for (first = 0; first < picture->device->known; first += picture->cluster) {
		uint64_t end = first + picture->cluster;

		if (end > picture->device->slots)
			end = picture->device->slots;
		describe_cluster(picture, first, end, text, sizeof(text));
		if (times && !strcmp(text, last)) {
			times++;
			continue;
		}
		write_same(picture, last, times);
		memcpy(last, text, sizeof(last));
		times = 1;
	}
	write_same(picture, last, times);
}

/* "16385-16895e1,": first, last, error or warning (capital: not in the table), number. */
static void write_marks(const struct picture *picture)
{
	size_t i;

	for (i = 0; i < picture->mark_count; i++) {
		const struct html_mark *mark = &picture->marks[i];

		fprintf(picture->stream, "%" PRIu64 "-%" PRIu64 "%c%" PRIu64 ",", mark->first,
			mark->last, mark->shown ? mark->error ? 'e' : 'w' : mark->error ? 'E' : 'W',
			mark->finding);
	}
}

static void write_data(const struct picture *picture, uint64_t number)
{
	FILE *stream = picture->stream;

	fprintf(stream, "<div class=\"device\" data-type=\"%u\" data-slots=\"%" PRIu64 "\"",
		picture->device->type, picture->device->slots);
	fprintf(stream, " data-cluster=\"%" PRIu32 "\" data-cell=\"%" PRIu64
		"\" data-columns=\"%u\" data-shown=\"%" PRIu64 "\" data-marks=\"",
		picture->cluster, picture->cell, picture->columns, number);
	write_marks(picture);
	html_raw(stream, "\" data-runs=\"");
	write_runs(picture);
	html_raw(stream, "\">\n");
}

/* ---------------------------------------------------------------------- a device */

static void write_legend_item(FILE *stream, const char *class, const char *name, uint64_t count)
{
	html_raw(stream, "<li><svg viewBox=\"0 0 9 9\" aria-hidden=\"true\"><path class=\"");
	html_raw(stream, class);
	html_raw(stream, "\" d=\"M0 0h9v9h-9z\"/></svg> ");
	html_raw(stream, name);
	html_raw(stream, " <b>");
	html_number(stream, count);
	html_raw(stream, "</b></li>\n");
}

static void write_legend(const struct picture *picture)
{
	uint64_t counts[SLOT_CLASSES] = {0};
	unsigned int i;

	slot_map_count(picture->device, 0, picture->device->slots, counts);
	counts[SLOT_LARGE_FIRST] += counts[SLOT_LARGE];
	html_raw(picture->stream, "<ul class=\"legend\">\n");
	for (i = 0; i < SLOT_CLASSES; i++)
		if (kinds[i].name && (counts[i] || i == SLOT_FREE))
			write_legend_item(picture->stream, kinds[i].class, kinds[i].name,
					  counts[i]);
	if (picture->mark_count)
		write_legend_item(picture->stream, "ke", "places of findings",
				  picture->mark_count);
	html_raw(picture->stream, "</ul>\n");
}

static void write_scale(const struct picture *picture)
{
	FILE *stream = picture->stream;

	html_raw(stream, "<p class=\"scale\">Each cell is ");
	if (picture->cell == picture->cluster)
		html_words(stream, "a cluster of %" PRIu32 " slots", picture->cluster);
	else
		html_words(stream, "%" PRIu64 " clusters of %" PRIu32 " slots",
			   picture->cell / picture->cluster, picture->cluster);
	html_words(stream, ", filled from below as its slots are; a row is %" PRIu64
		   " slots.", picture->columns * picture->cell);
	if (picture->device->cut)
		html_raw(stream, " It is too mixed to be kept: the end is shown as not seen.");
	html_raw(stream, "</p>\n");
}

static void write_name(const struct picture *picture)
{
	FILE *stream = picture->stream;

	fprintf(stream, "<h3 id=\"d%u\">", picture->device->type);
	html_text(stream, picture->device->name[0] ? picture->device->name : "?");
	html_words(stream, " (type %u)", picture->device->type);
	html_raw(stream, " <small>");
	html_number(stream, picture->device->slots);
	html_raw(stream, " slots</small></h3>\n");
}

static void set_scale(struct picture *picture)
{
	picture->cell = picture->cluster;
	while ((picture->device->slots + picture->cell - 1) / picture->cell > CELLS_MAX)
		picture->cell *= 2;
	picture->cells = (picture->device->slots + picture->cell - 1) / picture->cell;
	picture->columns = picture->cells > 1024 ? 64 : picture->cells > 128 ? 32 : 16;
}

static void draw_device(struct picture *picture, struct html_report *html)
{
	struct cell *cells;
	uint64_t i, number;

	take_marks(picture);
	set_scale(picture);
	cells = calloc(picture->cells + 1, sizeof(*cells));
	if (!cells) {
		html->out_of_memory = true;
		return;
	}
	for (i = 0; i < picture->cells; i++) {
		read_cell(picture, i, &cells[i]);
		/* both are of large folios */
		cells[i].counts[SLOT_LARGE_FIRST] += cells[i].counts[SLOT_LARGE];
		cells[i].counts[SLOT_LARGE] = 0;
	}
	number = choose_cluster(picture, cells);
	write_name(picture);
	write_data(picture, number);
	write_legend(picture);
	draw_map(picture, cells);
	write_scale(picture);
	draw_cluster(picture, number);
	html_raw(picture->stream, "</div>\n");
	free(cells);
}

void html_map(struct output *output)
{
	struct html_report *html = output->html;
	size_t written = 0, i;

	sort_marks(html);
	for (i = 0; i < html->map->count; i++) {
		struct picture picture = {
			.stream = output->options.stream,
			.html = html,
			.device = &html->map->devices[i],
			.cluster = html->cluster_slots ? html->cluster_slots : CLUSTER_DEFAULT,
			.written = &written,
		};

		draw_device(&picture, html);
	}
	if (!html->map->count)
		html_raw(output->options.stream, "<p>No swap device was on.</p>\n");
	if (html->marks_lost) {
		html_raw(output->options.stream, "<p>Not in the pictures: ");
		html_number(output->options.stream, html->marks_lost);
		html_raw(output->options.stream, " more findings.</p>\n");
	}
}
