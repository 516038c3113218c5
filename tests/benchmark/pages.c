// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a page read costs, against the limit: decompressing the same pages from
 * memory, with nothing around it. Prints nanoseconds of CPU per page, medians of
 * alternating rounds, and their ratio.
 *
 *   bench-pages DUMP		a plain (not flattened) kdump-compressed file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "source/codec.h"
#include "source/diskdump_headers.h"
#include "source/source.h"

#define PAGES	20000
#define ROUNDS	7

struct sample {
	uint64_t pfn;
	uint32_t flags, size;
	void *data;		/* compressed */
};

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

/* Load descriptor @index of the file and the data it names. */
static bool load(const struct file *file, const struct diskdump_headers *headers,
		 uint64_t index, struct sample *sample, struct error *err)
{
	struct page_descriptor descriptor;

	if (!file_read(file, headers->descriptors + index * sizeof(descriptor), &descriptor,
		       sizeof(descriptor), err))
		return false;
	sample->flags = descriptor.flags;
	sample->size = descriptor.size;
	sample->data = malloc(descriptor.size);
	return sample->data &&
	       file_read(file, descriptor.offset, sample->data, descriptor.size, err);
}

/* Every n-th page of the file, in an order that no read-ahead likes. */
static size_t load_all(const struct file *file, const struct diskdump_headers *headers,
		       uint64_t file_pages, struct sample *samples, struct error *err)
{
	uint64_t step = file_pages / PAGES + 1, index = 0, pfn;
	size_t count = 0, i;
	unsigned char byte;

	for (pfn = 0; pfn < headers->max_mapnr && count < PAGES; pfn++) {
		if (!file_read(file, headers->dumped_offset + pfn / 8, &byte, 1, err))
			return 0;
		if (!(byte & 1 << pfn % 8))
			continue;
		if (index++ % step)
			continue;
		samples[count].pfn = pfn;
		if (!load(file, headers, index - 1, &samples[count], err))
			return 0;
		count++;
	}
	srand(1);
	for (i = count; i > 1; i--) {
		size_t other = (size_t)rand() % i;
		struct sample swapped = samples[i - 1];

		samples[i - 1] = samples[other];
		samples[other] = swapped;
	}
	return count;
}

static double time_limit(struct codec *codec, const struct sample *samples, size_t count)
{
	static unsigned char page[4096];
	double begin = cpu_seconds();
	size_t i;

	for (i = 0; i < count; i++)
		if (samples[i].size == sizeof(page))
			memcpy(page, samples[i].data, sizeof(page));
		else if (!codec_unpack(codec, samples[i].flags, samples[i].data,
				       samples[i].size, page, sizeof(page)))
			abort();
	return (cpu_seconds() - begin) / (double)count;
}

static double time_source(struct source *source, const struct sample *samples, size_t count)
{
	static unsigned char page[4096];
	double begin = cpu_seconds();
	size_t i;

	for (i = 0; i < count; i++)
		if (source_read_page(source, ADDRESS_PHYSICAL, samples[i].pfn * 4096,
				     page) != READ_OK)
			abort();
	return (cpu_seconds() - begin) / (double)count;
}

int main(int argc, char **argv)
{
	static struct sample samples[PAGES];
	double limit[ROUNDS], read[ROUNDS], limit_median, read_median;
	struct source_options options = {0};
	struct diskdump_set *set = NULL;
	struct error err = {0};
	struct source *source;
	struct codec *codec = codec_new(DISKDUMP_CODECS, &err);
	struct file *file;
	size_t count = 0, i;

	if (argc != 2 || !codec)
		return 16;
	file = file_open(argv[1], -1, &err);
	if (file && !file_is_flattened(file))
		set = diskdump_set_read(&file, 1, &err);
	source = source_open((const char *const *)&argv[1], 1, &options, &err);
	if (set && source)
		count = load_all(file, &set->parts[0], source_facts(source)->file_pages,
				 samples, &err);
	if (!count) {
		fprintf(stderr, "bench-pages: %s: %s\n", argv[1],
			err.text[0] ? err.text : "not a plain kdump-compressed file");
		return 8;
	}
	for (i = 0; i < ROUNDS; i++) {
		limit[i] = time_limit(codec, samples, count);
		read[i] = time_source(source, samples, count);
	}
	limit_median = median(limit);
	read_median = median(read);
	printf("%s: %zu pages, read %.0f ns, limit %.0f ns, ratio %.2f\n",
	       source_facts(source)->format, count, 1e9 * read_median, 1e9 * limit_median,
	       read_median / limit_median);
	return 0;
}
