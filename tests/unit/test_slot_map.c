// SPDX-License-Identifier: GPL-2.0-or-later
/* What slots hold, kept as runs: small devices, written here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audit/slot_map.h"

#define SLOTS 16
#define SPACE 16384

/* One part of a device, whose slots are what @text says: one letter each. */
struct part {
	struct kswapck_device device;
	struct kswapck_space space;
	uint64_t entries[SPACE];
	uint8_t kinds[SPACE], map[SPACE], map_read[SPACE];
};

static struct part *make_part(const char *text, uint64_t first)
{
	struct part *part = calloc(1, sizeof(*part));
	size_t i;

	assert_non_null(part);
	part->device.slots = first + strlen(text);
	part->space = (struct kswapck_space){
		.device = &part->device,
		.first_slot = first,
		.slots = (uint32_t)strlen(text),
		.entries = part->entries,
		.kinds = part->kinds,
		.map = part->map,
		.map_read = part->map_read,
	};
	for (i = 0; text[i]; i++) {
		part->map_read[i] = text[i] != 'u';
		part->map[i] = text[i] == 'f' ? 0 : text[i] == 'b' ? SWAP_MAP_BAD : 1;
		if (text[i] == 'c')
			part->kinds[i] = KSWAPCK_ENTRY_PAGE;
		if (text[i] == 's')
			part->kinds[i] = KSWAPCK_ENTRY_SHADOW;
	}
	return part;
}

static void check(const struct slot_map_device *device, const char *wanted)
{
	static const char letters[] = "foscLlbu";
	size_t hint = 0;
	uint64_t slot, end;

	for (slot = 0; wanted[slot]; slot++) {
		assert_int_equal(letters[slot_map_run(device, slot, &hint, &end)], wanted[slot]);
		assert_true(end > slot);
	}
	/* and from anywhere */
	for (slot = strlen(wanted); slot-- > 0;) {
		hint = slot % 3;
		assert_int_equal(letters[slot_map_run(device, slot, &hint, &end)], wanted[slot]);
	}
}

static void classes(void **state)
{
	struct part *part = make_part("bffoosscccuf", 0);
	struct slot_map *map = slot_map_new();
	uint64_t counts[SLOT_CLASSES] = {0};

	(void)state;
	slot_map_device(map, &part->device);
	slot_map_space(map, &part->space);
	check(&map->devices[0], "bffoosscccuf");
	assert_int_equal(map->devices[0].count, 7);
	slot_map_count(&map->devices[0], 1, 9, counts);
	assert_int_equal(counts[SLOT_FREE], 2);
	assert_int_equal(counts[SLOT_OUT], 2);
	assert_int_equal(counts[SLOT_SHADOW], 2);
	assert_int_equal(counts[SLOT_CACHED], 2);
	assert_int_equal(counts[SLOT_BAD], 0);
	slot_map_free(map);
	free(part);
}

/* Large folios keep apart from their neighbours; a wrong one does not leave its space. */
static void large(void **state)
{
	struct part *part = make_part("cccccccc", 0);
	struct slot_map *map = slot_map_new();
	struct kswapck_folio folio = {.pages = 4};
	struct kswapck_run run = {.first_slot = 0};

	(void)state;
	slot_map_device(map, &part->device);
	slot_map_folio(map, &part->space, &run, &folio);
	run.first_slot = 4;
	folio.pages = 1ULL << 40;
	slot_map_folio(map, &part->space, &run, &folio);
	slot_map_space(map, &part->space);
	check(&map->devices[0], "LlllLlll");
	slot_map_free(map);
	free(part);
}

/* Parts that could not be read are not seen, and neither is the rest. */
static void holes(void **state)
{
	struct part *first = make_part("ff", 0), *third = make_part("oo", 6);
	struct slot_map *map = slot_map_new();
	uint64_t counts[SLOT_CLASSES] = {0};

	(void)state;
	third->device.slots = SLOTS;
	slot_map_device(map, &third->device);
	slot_map_space(map, &first->space);
	slot_map_space(map, &third->space);
	check(&map->devices[0], "ffuuuuoouuuuuuuu");
	slot_map_count(&map->devices[0], 0, SLOTS, counts);
	assert_int_equal(counts[SLOT_UNSEEN], 12);
	/* what comes again, or of another device, is not taken */
	slot_map_space(map, &first->space);
	third->device.type = 7;
	slot_map_space(map, &third->space);
	check(&map->devices[0], "ffuuuuoouuuuuuuu");
	slot_map_free(map);
	free(first);
	free(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(large),
		cmocka_unit_test(holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
