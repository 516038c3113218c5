// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/dump.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/page_owner.h"
#include "kernel/swap_cache.h"
#include "source/unpack.h"

/* Others have work to do on a machine that runs. */
#define NICENESS 10

static void go_gently(void)
{
	setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICENESS);
	/* Swapped out itself it would wait, and stir what it looks at. */
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	/* To make room for large pages (heap_prepare()) it would migrate what it looks at. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

bool dump_identify(struct dump *dump, struct source *source, const char *name,
		   const struct dump_options *options, struct error *err)
{
	const struct image_options image_options = {
		.vmlinux = options->vmlinux,
		.search = options->search,
		.download = options->download,
		.live = options->live,
	};

	memset(dump, 0, sizeof(*dump));
	dump->source = source;
	dump->memory = memory_new(dump->source, 0);
	if (!dump->memory) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		goto fail;
	}
	dump->image = image_open(dump->memory, source_facts(dump->source), &image_options, err);
	if (!dump->image)
		goto fail;
	dump->types = types_open(dump->image, err);
	if (!dump->types)
		goto fail;
	if (kernel_open(&dump->kernel, dump->source, dump->image, dump->types, err)) {
		/* of the running kernel a struct page may have changed since */
		if (!options->live)
			page_owner_guard(&dump->kernel);
		return true;
	}
fail:
	/* where the file itself is to blame, that says better what to do */
	if (source_whole(dump->source, err))
		error_prefix(err, "%s", name);
	dump_close(dump);
	return false;
}

bool dump_temporaries(const char *const *files, size_t count, int **made, struct error *err)
{
	bool good = true;
	size_t i;

	*made = NULL;
	for (i = 0; i < count && good; i++) {
		if (!unpack_wanted(files[i]))
			continue;
		if (!*made) {
			*made = malloc(count * sizeof(**made));
			if (!*made)
				return error_set(err, ERROR_SYSTEM, "out of memory");
			memset(*made, 0xff, count * sizeof(**made));	/* -1 */
		}
		(*made)[i] = unpack_temporary(err);
		good = (*made)[i] >= 0;
	}
	if (!good) {
		dump_temporaries_free(*made, count);
		*made = NULL;
	}
	return good;
}

void dump_temporaries_free(int *made, size_t count)
{
	size_t i;

	for (i = 0; made && i < count; i++)
		if (made[i] >= 0)
			close(made[i]);
	free(made);
}

static struct source *open_source(const char *const *files, size_t count,
				  const struct dump_options *options, struct error *err)
{
	struct source_options source_options = {
		.architecture = options->architecture,
		.live = options->live,
		.raw = options->raw_count > 0,
		.temporary = options->temporary,
		.record = options->record,
	};
	struct source *source;
	int *own = NULL;

	if (!options->temporary && !options->live && !dump_temporaries(files, count, &own, err))
		return NULL;
	if (own)
		source_options.temporary = own;
	source = source_open(files, count, &source_options, err);
	dump_temporaries_free(own, count);
	return source;
}

bool dump_open(struct dump *dump, const char *const *files, size_t count,
	       const struct dump_options *options, struct error *err)
{
	struct source *source;

	memset(dump, 0, sizeof(*dump));
	if (options->live)
		go_gently();
	source = open_source(files, count, options, err);
	return source && dump_identify(dump, source, files[0], options, err);
}

void dump_close(struct dump *dump)
{
	types_close(dump->types);
	image_close(dump->image);
	memory_free(dump->memory);
	source_close(dump->source);
	memset(dump, 0, sizeof(*dump));
}

void dump_refresh(struct dump *dump)
{
	struct kernel fresh;

	memory_forget(dump->memory);
	if (kernel_open(&fresh, dump->source, dump->image, dump->types, NULL))
		dump->kernel = fresh;
}

void dump_describe(const struct dump *dump, const char *const *files, size_t count,
		   struct report_subject *subject)
{
	const struct page_layout *page = &dump->kernel.page;

	*subject = (struct report_subject){
		.files = files,
		.file_count = count,
		.facts = source_facts(dump->source),
		.release = image_release(dump->image),
		.build_id = image_build_id(dump->image),
		.symbols_from = image_symbols_from(dump->image),
		.types_from = types_from(dump->types),
		.era = dump->kernel.swap_cache->name,
		.swap_tables = dump->kernel.swap.table.form != TABLE_NONE,
		.slab_is_page_type = page->type_slab != 0 && !page->flag_slab,
		.taken = clock_read(&dump->kernel),
	};
}
