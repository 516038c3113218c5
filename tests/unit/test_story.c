// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a story is made of, part by part: releases and fixes, lookups on stacks of each
 * generation of the kernel, findings, the verdict, and lines of the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story/parts.h"

/* ------------------------------------------------------------------ releases, fixes */

static const struct known_bug *bug_named(const char *name)
{
	const struct known_bug *bug;
	size_t i;

	for (i = 0; (bug = known_bug_at(i)); i++)
		if (!strcmp(bug->name, name))
			return bug;
	fail_msg("no bug '%s'", name);
	return NULL;
}

static void assert_base(const char *release, const char *version, enum kernel_vendor vendor,
			unsigned int major, unsigned int minor, unsigned int patch)
{
	struct kernel_build build = story_build_of(release, version);

	if (!build.base_known || build.vendor != vendor || build.base.major != major ||
	    build.base.minor != minor || build.base.patch != patch)
		fail_msg("%s %s: vendor %d, %u.%u.%u%s", release, version, (int)build.vendor,
			 build.base.major, build.base.minor, build.base.patch,
			 build.base_known ? "" : ", not known");
}

static void test_release(void **state)
{
	static const char smp[] = "#1 SMP PREEMPT_DYNAMIC Thu Jan 1 00:00:00 UTC 2026";

	(void)state;
	assert_base("6.1.70", smp, VENDOR_UPSTREAM, 6, 1, 70);
	assert_base("6.7", smp, VENDOR_UPSTREAM, 6, 7, 0);
	assert_base("6.7.0", "", VENDOR_UPSTREAM, 6, 7, 0);
	assert_base("6.7.0-rc3", smp, VENDOR_UPSTREAM, 6, 7, 0);
	assert_base("6.1.192-kswapck-bug", smp, VENDOR_OTHER, 6, 1, 192);
	assert_base("6.1.0-17-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.69-1 (2023-12-30)",
		    VENDOR_DEBIAN, 6, 1, 69);
	assert_base("6.1.0-0.deb11.13-amd64",
		    "#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1~bpo11+1 (2023-10-08)",
		    VENDOR_DEBIAN, 6, 1, 55);
	assert_base("6.12.12+bpo-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.12-1~bpo12+1",
		    VENDOR_DEBIAN, 6, 12, 12);
	assert_base("5.15.0-91-generic", "#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023",
		    VENDOR_UBUNTU, 5, 15, 0);
	assert_base("5.15.0-1051-aws", "#56~20.04.1-Ubuntu SMP Tue Nov 28 15:43:31 UTC 2023",
		    VENDOR_UBUNTU, 5, 15, 0);
	assert_base("4.18.0-513.el8.x86_64", smp, VENDOR_REDHAT, 4, 18, 0);
	assert_base("5.14.0-362.8.1.el9_3.x86_64", smp, VENDOR_REDHAT, 5, 14, 0);
	assert_base("6.6.9-200.fc39.x86_64", smp, VENDOR_FEDORA, 6, 6, 9);
	assert_base("5.14.21-150500.55.39-default", smp, VENDOR_SUSE, 5, 14, 0);
	assert_base("5.15.137-android14-11-g0123456789ab-ab1234567", smp, VENDOR_ANDROID, 5, 15,
		    137);
}

static void test_release_garbage(void **state)
{
	static const char *const garbage[] = {
		"", "linux", "6", "6.", "6.x", ".6.1", "-6.1", " 6.1", "v6.1.5", "+6.1.5",
		"\xff\xfe",
	};
	const struct known_bug *bug = bug_named("migration-replaces-one-slot");
	struct kernel_build build;
	char why[320];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		build = story_build_of(garbage[i], "");
		if (build.base_known)
			fail_msg("'%s' is taken for %u.%u", garbage[i], build.base.major,
				 build.base.minor);
		assert_int_equal(story_fix_judge(bug, &build, why, sizeof(why)), FIX_UNKNOWN);
		assert_true(*why);
	}
	/* Debian's own number is what counts, and it is not there */
	build = story_build_of("6.1.0-17-amd64", "#1 SMP PREEMPT_DYNAMIC Debian ");
	assert_false(build.base_known);
	build = story_build_of("99999999999.99999999999.99999999999", "");
	assert_int_equal(story_fix_judge(bug, &build, why, sizeof(why)), FIX_UNKNOWN);
}

struct judged {
	const char *release, *version;
	enum story_fix_status status;
	const char *said;		/* a part of the reason; NULL: any */
};

static void assert_judged(const char *name, const struct judged *cases, size_t count)
{
	const struct known_bug *bug = bug_named(name);
	char why[320];
	size_t i;

	for (i = 0; i < count; i++) {
		struct kernel_build build = story_build_of(cases[i].release, cases[i].version);
		enum story_fix_status status = story_fix_judge(bug, &build, why, sizeof(why));

		if (status != cases[i].status || (cases[i].said && !strstr(why, cases[i].said)))
			fail_msg("%s on %s %s: %s (%s)", name, cases[i].release, cases[i].version,
				 story_fix_name(status), why);
	}
}

#define ASSERT_JUDGED(name, cases) \
	assert_judged(name, cases, sizeof(cases) / sizeof((cases)[0]))

static void test_fix_upstream(void **state)
{
	static const struct judged one_slot[] = {
		{"5.10.200", "", FIX_NOT_NEEDED, "5.17"},
		{"5.16.20", "", FIX_NOT_NEEDED, "5.17"},
		{"5.17.0", "", FIX_ABSENT, "6.7"},
		/* branches that ended before the fix */
		{"5.18.19", "", FIX_ABSENT, "6.7"}, {"5.19.17", "", FIX_ABSENT, "6.7"},
		{"6.0.19", "", FIX_ABSENT, "6.7"}, {"6.2.16", "", FIX_ABSENT, "6.7"},
		{"6.3.13", "", FIX_ABSENT, "6.7"}, {"6.4.16", "", FIX_ABSENT, "6.7"},
		{"6.5.13", "", FIX_ABSENT, "6.7"},
		{"6.1.0", "", FIX_ABSENT, "6.1.71"}, {"6.1.70", "", FIX_ABSENT, "6.1.71"},
		{"6.1.71", "", FIX_PRESENT, "6.1.71"}, {"6.1.192", "", FIX_PRESENT, "6.1.71"},
		{"6.6.0", "", FIX_ABSENT, "6.6.10"}, {"6.6.9", "", FIX_ABSENT, "6.6.10"},
		{"6.6.10", "", FIX_PRESENT, "6.6.10"},
		{"6.7.0", "", FIX_PRESENT, "6.7"}, {"6.17.3", "", FIX_PRESENT, "6.7"},
		{"7.0.1", "", FIX_PRESENT, "6.7"},
	};
	static const struct judged head_private[] = {
		/* a huge page of the swap cache does not migrate before e71769ae5260 */
		{"4.14.5", "", FIX_NOT_NEEDED, "4.16"}, {"4.19.48", "", FIX_ABSENT, "4.19.312"},
		{"4.19.312", "", FIX_PRESENT, "4.19.312"}, {"4.20.1", "", FIX_ABSENT, "6.6"},
		{"5.4.273", "", FIX_ABSENT, "5.4.274"}, {"5.4.274", "", FIX_PRESENT, "5.4.274"},
		{"5.10.214", "", FIX_ABSENT, "5.10.215"}, {"5.10.215", "", FIX_PRESENT, NULL},
		{"5.15.153", "", FIX_ABSENT, "5.15.154"}, {"5.15.160", "", FIX_PRESENT, NULL},
		{"5.16.1", "", FIX_ABSENT, "6.6"}, {"6.1.83", "", FIX_ABSENT, "6.1.84"},
		{"6.1.84", "", FIX_PRESENT, NULL}, {"6.5.13", "", FIX_ABSENT, "6.6"},
		{"6.6.0", "", FIX_PRESENT, "6.6"},
	};
	static const struct judged clobbers[] = {
		{"5.18.19", "", FIX_NOT_NEEDED, "5.19"}, {"5.19.17", "", FIX_ABSENT, "6.1"}, {"6.0.6", "", FIX_ABSENT, "6.0.7"},
		{"6.0.7", "", FIX_PRESENT, NULL}, {"6.1.0", "", FIX_PRESENT, "6.1"},
	};

	static const struct judged moves[] = {
		{"6.1.100", "", FIX_NOT_NEEDED, "6.8"}, {"6.7.12", "", FIX_NOT_NEEDED, "6.8"},
		{"6.8.0", "", FIX_ABSENT, "6.14"}, {"6.11.11", "", FIX_ABSENT, "6.14"},
		{"6.12.19", "", FIX_ABSENT, "6.12.20"}, {"6.12.20", "", FIX_PRESENT, "6.12.20"},
		{"6.13.12", "", FIX_ABSENT, "6.14"}, {"6.14.0", "", FIX_PRESENT, "6.14"},
		{"6.12.107-kswapck-bug", "", FIX_PRESENT, "may have been changed"},
	};
	static const struct judged races[] = {
		{"6.7.12", "", FIX_NOT_NEEDED, "6.8"}, {"6.12.36", "", FIX_ABSENT, "6.12.37"},
		{"6.12.37", "", FIX_PRESENT, NULL}, {"6.15.1", "", FIX_ABSENT, "6.16"},
		{"6.16.0", "", FIX_PRESENT, "6.16"},
	};

	(void)state;
	ASSERT_JUDGED("migration-replaces-one-slot", one_slot);
	ASSERT_JUDGED("migration-copies-head-private", head_private);
	ASSERT_JUDGED("split-clobbers-entry", clobbers);
	ASSERT_JUDGED("userfaultfd-moves-cached-folio", moves);
	ASSERT_JUDGED("userfaultfd-move-races-with-swapin", races);
}

/* A release candidate of 6.7 may be older than the fix, which came late in it. */
static void test_fix_candidate(void **state)
{
	static const struct judged cases[] = {
		{"6.7.0-rc1", "", FIX_UNKNOWN, "candidate"},
		{"6.7.0-rc8+", "", FIX_UNKNOWN, "candidate"},
		{"6.7.0-rc3-next-20231130", "", FIX_UNKNOWN, "candidate"},
		{"6.7-rc3-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.7~rc3-1~exp1 (2023-12-01)",
		 FIX_UNKNOWN, "candidate"},
		{"6.7.0-0.rc5.20231212git26aff849438c.42.fc40.x86_64", "", FIX_UNKNOWN,
		 "candidate"},
		{"6.7.0-060700rc3-generic", "#202311262331 SMP PREEMPT_DYNAMIC", FIX_UNKNOWN,
		 "candidate"},
	};

	(void)state;
	ASSERT_JUDGED("migration-replaces-one-slot", cases);
}

static void test_fix_distributions(void **state)
{
	static const struct judged one_slot[] = {
		/* what the base has, they have; what it has not, they may have */
		{"6.1.0-16-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.67-1 (2023-12-12)",
		 FIX_UNKNOWN, "Debian may have"},
		{"6.1.0-18-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)",
		 FIX_PRESENT, "6.1.71"},
		{"5.10.0-28-amd64", "#1 SMP Debian 5.10.209-2 (2024-01-31)", FIX_NOT_NEEDED, NULL},
		{"6.5.0-14-generic", "#14~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC", FIX_UNKNOWN,
		 "Ubuntu may have"},
		{"6.1.0-1028-oem", "#28-Ubuntu SMP PREEMPT_DYNAMIC", FIX_UNKNOWN, "Ubuntu"},
		{"6.8.0-31-generic", "#31-Ubuntu SMP PREEMPT_DYNAMIC", FIX_PRESENT, "6.7"},
		/* frozen at an old number, with much newer code */
		{"5.14.0-427.el9.x86_64", "", FIX_UNKNOWN, "Red Hat may have"},
		{"5.15.0-91-generic", "#101-Ubuntu SMP", FIX_UNKNOWN, "Ubuntu may have"},
		{"4.18.0-513.el8.x86_64", "", FIX_UNKNOWN, "Red Hat"},
		{"6.12.0-55.el10.x86_64", "", FIX_PRESENT, "6.7"},
		{"6.6.9-200.fc39.x86_64", "", FIX_UNKNOWN, "Fedora may have"},
		{"6.6.11-200.fc39.x86_64", "", FIX_PRESENT, "6.6.10"},
		{"5.14.21-150500.55.39-default", "", FIX_UNKNOWN, "SUSE may have"},
		{"6.4.0-150600.21-default", "", FIX_UNKNOWN, "SUSE may have"},
		{"6.1.57-android14-11-g0123456789ab", "", FIX_UNKNOWN, "Android"},
		{"6.1.99-android14-11-g0123456789ab", "", FIX_PRESENT, "6.1.71"},
		{"6.1.70-custom", "", FIX_UNKNOWN, "may have"},
		{"6.1.192-kswapck-bug", "", FIX_PRESENT, "may have been changed"},
	};
	static const struct judged head_private[] = {
		/* a huge page of the swap cache does not migrate before e71769ae5260 */
		{"4.14.5", "", FIX_NOT_NEEDED, "4.16"}, {"4.19.48", "", FIX_ABSENT, "4.19.312"},
		{"4.19.312", "", FIX_PRESENT, "4.19.312"}, {"4.20.1", "", FIX_ABSENT, "6.6"},
		{"5.10.0-28-amd64", "#1 SMP Debian 5.10.209-2 (2024-01-31)", FIX_UNKNOWN,
		 "Debian may have"},
		{"5.10.0-29-amd64", "#1 SMP Debian 5.10.216-1 (2024-05-03)", FIX_PRESENT,
		 "5.10.215"},
		{"4.18.0-513.el8.x86_64", "", FIX_UNKNOWN, "Red Hat may have"},
		{"5.4.0-169-generic", "#187~18.04.1-Ubuntu SMP", FIX_UNKNOWN, "Ubuntu may have"},
	};

	(void)state;
	ASSERT_JUDGED("migration-replaces-one-slot", one_slot);
	ASSERT_JUDGED("migration-copies-head-private", head_private);
}

/* Reasons are whole sentences, whoever built the kernel, and never overrun. */
static void test_fix_reasons(void **state)
{
	static const char *const releases[] = {
		"5.4.1", "5.10.300", "6.1.1", "6.6.99", "6.7.0", "6.9.0-rc1", "5.14.0-427.el9",
		"6.1.1-android14-11-gabc", "6.99.99-whoever-built-it", "",
	};
	const struct known_bug *bug;
	char why[320], small[8];
	size_t i, j;

	(void)state;
	for (i = 0; (bug = known_bug_at(i)); i++)
		for (j = 0; j < sizeof(releases) / sizeof(releases[0]); j++) {
			struct kernel_build build = story_build_of(releases[j], "");

			memset(why, 'x', sizeof(why));
			story_fix_judge(bug, &build, why, sizeof(why));
			assert_non_null(memchr(why, '\0', sizeof(why)));
			assert_true(strlen(why) > 10 && strlen(why) < sizeof(why) - 1);
			assert_int_equal(why[strlen(why) - 1], '.');
			story_fix_judge(bug, &build, small, sizeof(small));
			assert_non_null(memchr(small, '\0', sizeof(small)));
		}
}

/* Each stable release is of its branch, and the branches are in order. */
static void test_known_bugs(void **state)
{
	const struct known_bug *bug;
	size_t i, j;

	(void)state;
	for (i = 0; (bug = known_bug_at(i)); i++) {
		assert_non_null(bug->summary);
		assert_non_null(bug->leaves);
		assert_non_null(bug->fix_commit);
		assert_true(story_build_of(bug->fixed, "").base_known);
		assert_true(!bug->introduced || story_build_of(bug->introduced, "").base_known);
		for (j = 0; j < STORY_FIXES_MAX && bug->fixes[j].branch; j++) {
			size_t length = strlen(bug->fixes[j].branch);

			assert_memory_equal(bug->fixes[j].release, bug->fixes[j].branch, length);
			assert_int_equal(bug->fixes[j].release[length], '.');
		}
		assert_true(j < STORY_FIXES_MAX);
	}
}

/* ------------------------------------------------------------------------- lookups */

#define R FRAME_RUNNING
#define C FRAME_CALL
#define I FRAME_INTERRUPTED
#define FRAMES_MAX 24

struct made_frame {
	const char *function;	/* "name", "module:name", "?": no name, "~name": guessed */
	enum frame_kind kind;
};

struct made_thread {
	struct story_thread thread;
	struct story_frame frames[FRAMES_MAX];
};

static void make_frame(struct story_frame *frame, const struct made_frame *made)
{
	const char *name = made->function, *colon;

	frame->kind = made->kind;
	frame->stack = STACK_TASK;
	frame->guessed = *name == '~';
	name += frame->guessed;
	frame->named = strcmp(name, "?") != 0;
	colon = strchr(name, ':');
	if (colon)
		snprintf(frame->name.module, sizeof(frame->name.module), "%.*s",
			 (int)(colon - name), name);
	if (frame->named)
		snprintf(frame->name.function, sizeof(frame->name.function), "%s",
			 colon ? colon + 1 : name);
}

static void make_thread(struct made_thread *made, const struct made_frame *frames)
{
	unsigned int i;

	memset(made, 0, sizeof(*made));
	for (i = 0; frames[i].function; i++) {
		assert_true(i < FRAMES_MAX);
		make_frame(&made->frames[i], &frames[i]);
	}
	made->thread.frames = made->frames;
	made->thread.frame_count = i;
}

/* @frame: innermost of the lookup; @place: function of the loop. */
static void assert_lookup(const struct made_frame *frames, unsigned int frame,
			  const char *function, const char *wanted_by, const char *place)
{
	struct lookup lookup = {0};
	struct made_thread made;

	make_thread(&made, frames);
	if (!story_lookup_find(&made.thread, false, &lookup))
		fail_msg("no lookup by %s", function);
	assert_string_equal(lookup.function, function);
	assert_string_equal(lookup.wanted_by, wanted_by);
	assert_non_null(lookup.place);
	assert_string_equal(lookup.place->function, place);
	assert_string_equal(lookup.place->file, "mm/filemap.c");
	assert_int_equal(lookup.frame, frame);
	assert_true(lookup.last > lookup.frame && lookup.last < made.thread.frame_count);
}

static void assert_no_lookup(const struct made_frame *frames)
{
	struct lookup lookup = {0};
	struct made_thread made;

	make_thread(&made, frames);
	if (story_lookup_find(&made.thread, false, &lookup))
		fail_msg("%s is a lookup by %s", frames[0].function, lookup.function);
}

#define FAULT_5 {"handle_mm_fault", C}, {"do_user_addr_fault", C}, {"exc_page_fault", C}, \
	{"asm_exc_page_fault", C}, {0}
#define FAULT_6 {"__handle_mm_fault", C}, FAULT_5

/* 6.18 and later: the loop is in swap_cache_get_folio() itself. */
static void assert_table_lookup(const struct made_frame *frames, unsigned int frame,
				const char *wanted_by, bool reclaims, const char *held)
{
	struct lookup lookup = {0};
	struct made_thread made;

	make_thread(&made, frames);
	assert_true(story_lookup_find(&made.thread, true, &lookup));
	assert_string_equal(lookup.wanted_by, wanted_by);
	assert_non_null(lookup.place);
	assert_int_equal(lookup.frame, frame);
	assert_int_equal(lookup.reclaims, reclaims);
	if (held)
		assert_string_equal(lookup.held, held);
	else
		assert_null(lookup.held);
}

#define EXIT {"unmap_vmas", C}, {"exit_mmap", C}, {"do_exit", C}, {0}

static void test_lookup_in_tables(void **state)
{
	static const struct made_frame fault[] = {
		{"swap_cache_get_folio", R}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame rcu[] = {
		{"__rcu_read_unlock", R}, {"swap_cache_get_folio", C}, {"shmem_swapin_folio", C},
		{"shmem_get_folio_gfp", C}, {0},
	};
	static const struct made_frame zap[] = {
		{"swap_cache_get_folio", R}, {"__try_to_reclaim_swap", C},
		{"swap_put_entries_direct", C}, {"zap_pte_range", C}, {"unmap_page_range", C}, EXIT,
	};
	static const struct made_frame mismatch[] = {
		{"folio_unlock", R}, {"__try_to_reclaim_swap", C}, {"swap_reclaim_full_clusters", C},
		{"swap_reclaim_work", C}, {0},
	};
	static const struct made_frame allocator[] = {
		{"__try_to_reclaim_swap", R}, {"cluster_reclaim_range", C},
		{"alloc_swap_scan_cluster", C}, {"folio_alloc_swap", C}, {"shrink_folio_list", C},
		{0},
	};
	static const struct made_frame moving[] = {
		{"swap_cache_get_folio", R}, {"move_pages_ptes", C}, {"userfaultfd_move", C}, {0},
	};
	/* done with the lookup, or with something else below it */
	static const struct made_frame reading[] = {
		{"submit_bio", R}, {"swap_read_folio", C}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame freeing[] = {
		{"swap_cache_del_folio", R}, {"__try_to_reclaim_swap", C},
		{"swap_put_entries_direct", C}, {"zap_pte_range", C}, EXIT,
	};
	struct lookup lookup = {0};
	struct made_thread made;

	(void)state;
	assert_table_lookup(fault, 0, "do_swap_page", false, NULL);
	assert_table_lookup(rcu, 0, "shmem_swapin_folio", false, NULL);
	assert_table_lookup(zap, 0, "swap_put_entries_direct", true, "the lock of a page table");
	assert_table_lookup(mismatch, 0, "swap_reclaim_full_clusters", true, NULL);
	assert_table_lookup(allocator, 0, "cluster_reclaim_range", true,
			    "the local lock of the slot allocator");
	assert_table_lookup(moving, 0, "move_pages_ptes", false,
			    "rcu_read_lock() of pte_offset_map()");
	make_thread(&made, reading);
	assert_false(story_lookup_find(&made.thread, true, &lookup));
	make_thread(&made, freeing);
	assert_false(story_lookup_find(&made.thread, true, &lookup));
	/* in a tree it is no loop at all */
	make_thread(&made, fault);
	assert_false(story_lookup_find(&made.thread, false, &lookup));
}

static void test_lookup_generations(void **state)
{
	static const struct made_frame v4_19[] = {
		{"__radix_tree_lookup", R}, {"radix_tree_lookup_slot", C}, {"find_get_entry", C},
		{"pagecache_get_page", C}, {"lookup_swap_cache", C}, {"do_swap_page", C}, FAULT_5,
	};
	static const struct made_frame v4_19_ahead[] = {
		{"radix_tree_lookup_slot", R}, {"find_get_entry", C}, {"pagecache_get_page", C},
		{"__read_swap_cache_async", C}, {"swap_cluster_readahead", C}, {0},
	};
	static const struct made_frame v5_10[] = {
		{"find_get_entry", R}, {"pagecache_get_page", C}, {"lookup_swap_cache", C},
		{"do_swap_page", C}, FAULT_5,
	};
	static const struct made_frame v5_10_xas[] = {
		{"xas_start", R}, {"xas_load", C}, {"find_get_entry", C},
		{"pagecache_get_page", C}, {"lookup_swap_cache", C}, {"do_swap_page", C}, FAULT_5,
	};
	static const struct made_frame v5_15[] = {
		{"xas_load", R}, {"pagecache_get_page", C}, {"lookup_swap_cache", C},
		{"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame v6_1[] = {
		{"xas_descend", R}, {"xas_load", C}, {"__filemap_get_folio", C},
		{"swap_cache_get_folio", C}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame v6_1_itself[] = {
		{"__filemap_get_folio", R}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame v6_6[] = {
		{"xas_load", R}, {"filemap_get_entry", C}, {"__filemap_get_folio", C},
		{"swap_cache_get_folio", C}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame v6_12_itself[] = {
		{"filemap_get_entry", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, FAULT_6,
	};

	(void)state;
	assert_lookup(v4_19, 0, "lookup_swap_cache", "do_swap_page", "find_get_entry");
	assert_lookup(v4_19_ahead, 0, "__read_swap_cache_async", "swap_cluster_readahead",
		      "find_get_entry");
	assert_lookup(v5_10, 0, "lookup_swap_cache", "do_swap_page", "find_get_entry");
	assert_lookup(v5_10_xas, 0, "lookup_swap_cache", "do_swap_page", "find_get_entry");
	assert_lookup(v5_15, 0, "lookup_swap_cache", "do_swap_page", "mapping_get_entry");
	assert_lookup(v6_1, 0, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	assert_lookup(v6_1_itself, 0, "swap_cache_get_folio", "do_swap_page",
		      "mapping_get_entry");
	assert_lookup(v6_6, 0, "swap_cache_get_folio", "do_swap_page", "filemap_get_entry");
	assert_lookup(v6_12_itself, 0, "swap_cache_get_folio", "do_swap_page",
		      "filemap_get_entry");
}

static void test_lookup_others(void **state)
{
	static const struct made_frame mincore[] = {
		{"filemap_get_entry", R}, {"filemap_get_incore_folio", C}, {"mincore_page", C},
		{"__x64_sys_mincore", C}, {0},
	};
	static const struct made_frame swapoff[] = {
		{"find_get_entry", R}, {"pagecache_get_page", C}, {"lookup_swap_cache", C},
		{"unuse_pte_range", C}, {"try_to_unuse", C}, {0},
	};
	static const struct made_frame readahead[] = {
		{"__rcu_read_lock", R}, {"__filemap_get_folio", C},
		{"__read_swap_cache_async", C}, {"swap_cluster_readahead", C}, {0},
	};
	static const struct made_frame suffixes[] = {
		{"xas_load", R}, {"__filemap_get_folio.part.0", C},
		{"swap_cache_get_folio.isra.0", C}, {"do_swap_page", C}, {0},
	};

	(void)state;
	assert_lookup(mincore, 0, "filemap_get_incore_folio", "mincore_page",
		      "filemap_get_entry");
	assert_lookup(swapoff, 0, "lookup_swap_cache", "unuse_pte_range", "find_get_entry");
	assert_lookup(readahead, 0, "__read_swap_cache_async", "swap_cluster_readahead",
		      "mapping_get_entry");
	assert_lookup(suffixes, 0, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
}

static void test_lookup_interrupted(void **state)
{
	static const struct made_frame in_loop[] = {
		{"rcu_sched_clock_irq", R}, {"update_process_times", C},
		{"asm_sysvec_apic_timer_interrupt", C}, {"xas_load", I},
		{"__filemap_get_folio", C}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame by_nmi_in_interrupt[] = {
		{"nmi_shootdown", R}, {"asm_exc_nmi", C}, {"read_hpet", I}, {"ktime_get", C},
		{"asm_sysvec_apic_timer_interrupt", C}, {"xas_descend", I}, {"xas_load", C},
		{"__filemap_get_folio", C}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame preempted[] = {
		{"__schedule", C}, {"preempt_schedule_irq", C}, {"irqentry_exit", C},
		{"asm_sysvec_apic_timer_interrupt", C}, {"xas_descend", I}, {"xas_load", C},
		{"__filemap_get_folio", C}, {"swap_cache_get_folio", C}, {"do_swap_page", C},
		FAULT_6,
	};
	/* the lookup is over, or not yet begun */
	static const struct made_frame outside[] = {
		{"rcu_sched_clock_irq", R}, {"asm_sysvec_apic_timer_interrupt", C},
		{"swap_cache_get_folio", I}, {"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame only_fault[] = {
		{"do_swap_page", R}, FAULT_6,
	};

	(void)state;
	assert_lookup(in_loop, 3, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	assert_lookup(by_nmi_in_interrupt, 5, "swap_cache_get_folio", "do_swap_page",
		      "mapping_get_entry");
	assert_lookup(preempted, 4, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	assert_no_lookup(outside);
	assert_no_lookup(only_fault);
}

static void test_lookup_none(void **state)
{
	static const struct made_frame asleep[] = {
		{"__schedule", C}, {"schedule", C}, {"schedule_timeout", C},
		{"schedule_timeout_uninterruptible", C}, {"__read_swap_cache_async", C},
		{"swap_cluster_readahead", C}, {"swapin_readahead", C}, {"do_swap_page", C},
		FAULT_6,
	};
	static const struct made_frame page_cache[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"filemap_fault", C},
		{"__do_fault", C}, FAULT_6,
	};
	static const struct made_frame shmem[] = {
		{"xas_load", R}, {"filemap_get_entry", C}, {"shmem_get_folio_gfp", C}, {0},
	};
	static const struct made_frame other_tree[] = {
		{"xas_load", R}, {"xa_load", C}, {"spin:lab_spin_in_xarray", C},
		{"spin:lab_spin", C}, {"kthread", C}, {"ret_from_fork", C}, {0},
	};
	/* the swap cache's tree, but no lookup */
	static const struct made_frame add[] = {
		{"xas_load", R}, {"xas_store", C}, {"add_to_swap_cache", C},
		{"__read_swap_cache_async", C}, {"swap_cluster_readahead", C}, {0},
	};
	static const struct made_frame no_place[] = {
		{"xas_load", R}, {"swap_cache_get_folio", C}, {"do_swap_page", C}, {0},
	};
	static const struct made_frame of_module[] = {
		{"xas_load", R}, {"other:__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, {0},
	};
	static const struct made_frame swap_of_module[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"other:swap_cache_get_folio", C},
		{"other:do_swap_page", C}, {0},
	};
	static const struct made_frame no_name[] = {
		{"?", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, {0},
	};
	static const struct made_frame alike[] = {
		{"xas_load_all", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, {0},
	};
	static const struct made_frame nothing[] = {{0}};

	(void)state;
	assert_no_lookup(asleep);
	assert_no_lookup(page_cache);
	assert_no_lookup(shmem);
	assert_no_lookup(other_tree);
	assert_no_lookup(add);
	assert_no_lookup(no_place);
	assert_no_lookup(of_module);
	assert_no_lookup(swap_of_module);
	assert_no_lookup(no_name);
	assert_no_lookup(alike);
	assert_no_lookup(nothing);
}

/* Frames that may be none are passed over, and it is said that they were. */
static void test_lookup_guessed(void **state)
{
	static const struct made_frame guessed[] = {
		{"xas_load", R}, {"~timekeeping_advance", C}, {"~__filemap_get_folio", C},
		{"~schedule", C}, {"~swap_cache_get_folio", C}, {"~do_swap_page", C}, {0},
	};
	static const struct made_frame elsewhere[] = {
		{"copy_page", R}, {"~__filemap_get_folio", C}, {"~swap_cache_get_folio", C},
		{"~do_swap_page", C}, {0},
	};
	static const struct made_frame known[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"~do_swap_page", C}, {0},
	};
	struct lookup lookup = {0};
	struct made_thread made;

	(void)state;
	assert_lookup(guessed, 0, "swap_cache_get_folio", "do_swap_page", "mapping_get_entry");
	make_thread(&made, guessed);
	assert_true(story_lookup_find(&made.thread, false, &lookup));
	assert_true(lookup.guessed);
	assert_no_lookup(elsewhere);
	make_thread(&made, known);
	assert_true(story_lookup_find(&made.thread, false, &lookup));
	assert_false(lookup.guessed);
}

static void test_fault(void **state)
{
	static const struct made_frame fault[] = {
		{"xas_load", R}, {"__filemap_get_folio", C}, {"swap_cache_get_folio", C},
		{"do_swap_page", C}, FAULT_6,
	};
	static const struct made_frame handler[] = {
		{"exc_page_fault", R}, {"asm_exc_page_fault", C}, {0},
	};
	static const struct made_frame other[] = {
		{"do_idle", R}, {"other:handle_mm_fault", C}, {"exc_page_faults", C},
		{"?", C}, {0},
	};
	struct made_thread made;
	unsigned int frame = 99;

	(void)state;
	make_thread(&made, fault);
	assert_true(story_fault_find(&made.thread, &frame));
	assert_string_equal(made.frames[frame].name.function, "asm_exc_page_fault");
	make_thread(&made, handler);
	assert_true(story_fault_find(&made.thread, &frame));
	assert_int_equal(frame, 1);
	make_thread(&made, other);
	assert_false(story_fault_find(&made.thread, &frame));
	made.thread.frame_count = 0;
	assert_false(story_fault_find(&made.thread, &frame));
}

/* ------------------------------------------------------------------------ findings */

static const struct kswapck_problem freed = {.id = "KS101", .name = "freed-folio"};
static const struct kswapck_problem reused = {.id = "KS102", .name = "reused-page"};
static const struct kswapck_problem tail = {.id = "KS107", .name = "tail-private"};
static const struct kswapck_problem partial = {.id = "KS105", .name = "partial-folio"};

static void add(struct story_findings *findings, const struct kswapck_problem *problem,
		unsigned int type, uint64_t first, uint64_t last)
{
	const struct kswapck_device device = {.type = type, .name = "vda"};
	const struct kswapck_finding finding = {
		.problem = problem, .device = &device, .first_slot = first, .last_slot = last,
		.count = last - first + 1,
	};

	story_findings_add(findings, &finding);
}

static void assert_at(const struct story_findings *findings, unsigned int type, uint64_t slot,
		      const struct kswapck_problem *problem)
{
	const struct story_range *range = story_findings_at(findings, type, slot, NULL);

	if ((range ? range->problem : NULL) != problem)
		fail_msg("slot %u:%llu: %s", type, (unsigned long long)slot,
			 range ? range->problem->name : "nothing");
}

static void test_findings(void **state)
{
	struct story_findings findings = {0};

	(void)state;
	story_findings_sort(&findings);
	assert_at(&findings, 0, 5, NULL);
	add(&findings, &tail, 1, 100, 199);
	add(&findings, &partial, 0, 0, UINT64_MAX);	/* nobody gets stuck at it */
	add(&findings, &freed, 0, 16385, 16895);
	add(&findings, &reused, 0, 7, 7);
	story_findings_sort(&findings);
	assert_int_equal(findings.count, 4);
	assert_int_equal(findings.ranges[0].effect, EFFECT_REFAULT);
	assert_int_equal(findings.ranges[1].effect, EFFECT_SPIN);
	assert_int_equal(findings.ranges[3].effect, EFFECT_NONE);
	assert_int_equal(findings.spin_slots, 511);
	assert_int_equal(findings.refault_slots, 101);
	assert_string_equal(findings.ranges[0].device, "vda");
	assert_at(&findings, 0, 6, NULL);
	assert_at(&findings, 0, 7, &reused);
	assert_at(&findings, 0, 8, NULL);
	assert_at(&findings, 0, 16384, NULL);
	assert_at(&findings, 0, 16385, &freed);
	assert_at(&findings, 0, 16895, &freed);
	assert_at(&findings, 0, 16896, NULL);
	assert_at(&findings, 0, UINT64_MAX, NULL);
	assert_at(&findings, 1, 99, NULL);
	assert_at(&findings, 1, 100, &tail);
	assert_at(&findings, 1, 199, &tail);
	assert_at(&findings, 1, 200, NULL);
	assert_at(&findings, 2, 100, NULL);
	story_findings_free(&findings);
	assert_null(findings.ranges);
}

/* A small range within a large one does not hide what lies behind it. */
static void test_findings_overlap(void **state)
{
	struct story_findings findings = {0};

	(void)state;
	add(&findings, &freed, 0, 100, 199);
	add(&findings, &tail, 0, 150, 151);
	add(&findings, &tail, 0, 120, 120);
	story_findings_sort(&findings);
	assert_at(&findings, 0, 110, &freed);
	assert_non_null(story_findings_at(&findings, 0, 150, NULL));
	assert_at(&findings, 0, 121, &freed);
	assert_at(&findings, 0, 160, &freed);
	assert_at(&findings, 0, 199, &freed);
	assert_at(&findings, 0, 200, NULL);
	story_findings_free(&findings);
}

/* Slots of one page with others between them: what such a slot holds decides. */
static void test_findings_gaps(void **state)
{
	const struct kswapck_device device = {.name = "vda"};
	const struct kswapck_finding odd = {
		.problem = &freed, .device = &device, .first_slot = 101, .last_slot = 199,
		.count = 50, .page = 0xffffea0000001000,
	}, even = {
		.problem = &freed, .device = &device, .first_slot = 102, .last_slot = 200,
		.count = 50, .page = 0xffffea0000002000,
	};
	struct slot_view view = {.kind = KSWAPCK_ENTRY_PAGE, .entry = even.page};
	struct story_findings findings = {0};

	(void)state;
	story_findings_add(&findings, &odd);
	story_findings_add(&findings, &even);
	story_findings_sort(&findings);
	assert_non_null(story_findings_at(&findings, 0, 150, NULL));
	assert_ptr_equal(story_findings_at(&findings, 0, 150, &view), &findings.ranges[1]);
	view.entry = odd.page;
	assert_ptr_equal(story_findings_at(&findings, 0, 151, &view), &findings.ranges[0]);
	view.entry = 0xffffea0000003000;
	assert_null(story_findings_at(&findings, 0, 150, &view));
	view = (struct slot_view){.kind = KSWAPCK_ENTRY_SHADOW, .entry = odd.page};
	assert_null(story_findings_at(&findings, 0, 150, &view));
	story_findings_free(&findings);
}

/* A freed page is in the slot, whatever the folio that should be there is like. */
static void test_findings_same_slots(void **state)
{
	const struct kswapck_problem *order[2][2] = {{&freed, &tail}, {&tail, &freed}};
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct story_findings findings = {0};

		add(&findings, order[i][0], 0, 16385, 16895);
		add(&findings, order[i][1], 0, 16385, 16895);
		story_findings_sort(&findings);
		assert_at(&findings, 0, 16385, &freed);
		assert_at(&findings, 0, 16895, &freed);
		story_findings_free(&findings);
	}
}

static const struct kswapck_problem moved = {.id = "KS602", .name = "anon-vma"};
static const struct kswapck_problem no_device = {.id = "KS505", .name = "entry-without-device"};
static const struct kswapck_problem dead_users = {.id = "KS453", .name = "dead-users"};
static const struct kswapck_problem count = {.id = "KS501", .name = "swap-count"};

/* Nobody gets stuck at these, and they hide nothing where somebody does. */
static void test_findings_that_do_not_loop(void **state)
{
	const struct kswapck_finding named = {
		.problem = &no_device, .count = 3, .first_slot = 5, .last_slot = 7, .mm = 99,
		.address = 0x7f0000001000, .pid = 12, .comm = "owner",
	};
	struct story_findings findings = {0};

	(void)state;
	add(&findings, &moved, 0, 100, 120);
	add(&findings, &tail, 0, 110, 110);
	add(&findings, &dead_users, 0, 0, 0);
	add(&findings, &count, 0, 1, 1000);
	story_findings_add(&findings, &named);
	story_findings_sort(&findings);
	assert_int_equal(findings.ranges[0].effect, EFFECT_REFAULT);
	assert_int_equal(findings.refault_slots, 1);
	assert_int_equal(findings.spin_slots, 0);
	assert_int_equal(findings.rmap_slots, 21);
	assert_int_equal(findings.lost_slots, 3);
	assert_int_equal(findings.dead_devices, 1);
	assert_at(&findings, 0, 105, NULL);
	assert_at(&findings, 0, 110, &tail);
	assert_at(&findings, 0, 5, NULL);
	assert_int_equal(findings.ranges[3].pid, 12);
	assert_false(findings.ranges[3].has_device);
	story_findings_free(&findings);
}

static void test_findings_limit(void **state)
{
	struct kswapck_finding nowhere = {.problem = &partial, .count = 1};
	struct story_findings findings = {0};
	uint64_t i;

	(void)state;
	for (i = STORY_RANGES_MAX + 10; i > 0; i--)
		add(&findings, &freed, 0, 2 * i, 2 * i);
	assert_int_equal(findings.count, STORY_RANGES_MAX);
	assert_int_equal(findings.lost, 10);
	assert_int_equal(findings.spin_slots, STORY_RANGES_MAX + 10);
	story_findings_sort(&findings);
	assert_at(&findings, 0, 2 * STORY_RANGES_MAX, &freed);
	assert_at(&findings, 0, 2 * STORY_RANGES_MAX + 1, NULL);
	story_findings_add(&findings, &nowhere);
	assert_int_equal(findings.lost, 11);
	story_findings_free(&findings);
	/* one of no device */
	story_findings_add(&findings, &nowhere);
	assert_int_equal(findings.count, 1);
	story_findings_free(&findings);
}

/* ------------------------------------------------------------------------- verdict */

struct scene {
	struct story story;
	struct story_findings findings;
	struct story_options options;
	struct telling telling;
	struct audit_summary audit;
};

static struct scene *make_scene(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->telling.story = &scene->story;
	scene->telling.findings = &scene->findings;
	scene->telling.options = &scene->options;
	scene->telling.audit = &scene->audit;
	return scene;
}

static enum story_verdict verdict_of(struct scene *scene)
{
	story_verdict_find(&scene->telling);
	return scene->story.verdict;
}

static void test_verdict(void **state)
{
	struct scene *scene = make_scene();

	(void)state;
	scene->audit.devices = 1;
	/* nobody could tell of a stall */
	assert_int_equal(verdict_of(scene), VERDICT_UNKNOWN);
	scene->story.rcu.read = true;
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.log.event_count = 1;
	scene->story.log.events[0].kind = EVENT_SOFT_LOCKUP;
	/* long ago, and over */
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.log.events[0].recent = true;
	assert_int_equal(verdict_of(scene), VERDICT_UNRELATED);
	scene->story.log.events[0].kind = EVENT_PANIC;
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.rcu.stalled = true;
	assert_int_equal(verdict_of(scene), VERDICT_UNRELATED);
	/* what was not seen may be what it stalls on */
	scene->audit.nodes_unreadable = 1;
	assert_int_equal(verdict_of(scene), VERDICT_UNKNOWN);
	scene->audit.warnings = 1;
	assert_int_equal(verdict_of(scene), VERDICT_DAMAGE);
	scene->findings.refault_slots = 1;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	scene->story.spinner_count = 1;
	scene->story.spinners[0].loop = LOOP_REFAULT;
	assert_int_equal(verdict_of(scene), VERDICT_REFAULT);
	scene->story.spinner_count = 2;
	scene->story.spinners[1].loop = LOOP_STALL;
	assert_int_equal(verdict_of(scene), VERDICT_STALL);
	free(scene);
}

/* ----------------------------------------------------------------------------- log */

/* Each of these waits for a touch; who has died of one comes first. */
static void test_verdict_touch(void **state)
{
	struct scene *scene = make_scene();

	(void)state;
	scene->audit.errors = 1;
	assert_int_equal(verdict_of(scene), VERDICT_DAMAGE);
	scene->story.moved.pages = scene->story.moved.copied = 5;
	assert_int_equal(verdict_of(scene), VERDICT_DAMAGE);
	scene->story.moved.copied = 4;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	scene->story.moved.copied = 5;
	scene->findings.lost_slots = 1;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	scene->findings.lost_slots = 0;
	scene->findings.dead_devices = 1;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	/* a swapoff in progress is no verdict */
	scene->findings.dead_devices = 0;
	scene->audit.errors = 0;
	scene->story.moved.pages = scene->story.moved.copied = 0;
	scene->story.rcu.read = true;
	scene->story.swapoff_count = 1;
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.crash.happened = true;
	assert_int_equal(verdict_of(scene), VERDICT_CRASH);
	scene->story.spinner_count = 1;
	scene->story.spinners[0].loop = LOOP_STALL;
	assert_int_equal(verdict_of(scene), VERDICT_STALL);
	free(scene);
}

/* ------------------------------------------------------------------------ swapoffs */

#define SWAPOFF(name) {name, C}, {"do_syscall_64", C}, {"entry_SYSCALL_64_after_hwframe", C}, {0}

static struct scene *look_at_swapoff(const struct made_frame *frames, uint64_t task_state)
{
	struct scene *scene = make_scene();
	struct made_thread made;

	make_thread(&made, frames);
	made.thread.task.state = task_state;
	scene->story.threads = &made.thread;
	scene->story.thread_count = 1;
	scene->telling.device_count = 2;
	scene->telling.device_states[0] = DEVICE_ON;
	scene->telling.device_states[1] = DEVICE_LEAVING;
	scene->telling.devices[1] = (struct kswapck_device){.type = 1, .name = "vdb", .inuse = 9};
	story_swapoff_look(&scene->telling, 0);
	scene->story.threads = NULL;
	scene->story.thread_count = 0;
	return scene;
}

static void assert_step(const struct made_frame *frames, uint64_t task_state,
			enum story_swapoff_step step)
{
	struct scene *scene = look_at_swapoff(frames, task_state);

	assert_int_equal(scene->story.swapoff_count, 1);
	if (scene->story.swapoffs[0].step != step)
		fail_msg("%s: %s", frames[0].function,
			 story_swapoff_name(scene->story.swapoffs[0].step));
	assert_true(scene->story.swapoffs[0].device_known);
	assert_int_equal(scene->story.swapoffs[0].type, 1);
	free(scene);
}

static void test_swapoff_steps(void **state)
{
	static const struct made_frame reads_5_10[] = {
		{"__schedule", I}, {"schedule", C}, {"io_schedule_timeout", C}, {"swap_readpage", C},
		{"swap_cluster_readahead", C}, {"try_to_unuse", C}, SWAPOFF("__do_sys_swapoff"),
	};
	static const struct made_frame page_6_12[] = {
		{"__schedule", I}, {"io_schedule", C}, {"folio_wait_bit_common", C},
		{"unuse_pte_range", C}, SWAPOFF("__do_sys_swapoff"),
	};
	static const struct made_frame lock[] = {
		{"__schedule", I}, {"rwsem_down_read_slowpath", C}, {"down_read", C},
		SWAPOFF("__x64_sys_swapoff"),
	};
	static const struct made_frame rcu[] = {
		{"__schedule", I}, {"wait_for_completion", C}, {"__wait_rcu_gp", C},
		{"synchronize_rcu", C}, SWAPOFF("__ia32_sys_swapoff"),
	};
	static const struct made_frame users[] = {
		{"__schedule", I}, {"schedule_timeout", C}, {"wait_for_completion", C},
		SWAPOFF("__do_sys_swapoff"),
	};
	static const struct made_frame work[] = {
		{"__schedule", I}, {"wait_for_completion", C}, {"__flush_work.isra.0", C},
		SWAPOFF("__do_sys_swapoff"),
	};

	(void)state;
	assert_step(reads_5_10, TASK_UNINTERRUPTIBLE, SWAPOFF_READS);
	assert_step(page_6_12, TASK_UNINTERRUPTIBLE, SWAPOFF_PAGE);
	assert_step(page_6_12, TASK_RUNNING, SWAPOFF_RUNS);
	assert_step(lock, TASK_UNINTERRUPTIBLE, SWAPOFF_MMAP_LOCK);
	assert_step(rcu, TASK_UNINTERRUPTIBLE, SWAPOFF_RCU);
	assert_step(users, TASK_UNINTERRUPTIBLE, SWAPOFF_USERS);
	assert_step(work, TASK_UNINTERRUPTIBLE, SWAPOFF_OTHER);
}

static void test_swapoff_none(void **state)
{
	static const struct made_frame guessed[] = {{"schedule", I}, {"~__do_sys_swapoff", C}, {0}};
	static const struct made_frame module[] = {{"schedule", I}, {"other:sys_swapoff", C}, {0}};
	static const struct made_frame frontswap[] = {
		{"schedule", I}, {"try_to_unuse", C}, {"frontswap_shrink", C}, {0},
	};
	static const struct made_frame swapoff[] = {{"schedule", I}, SWAPOFF("__do_sys_swapoff")};
	const struct made_frame *const others[] = {guessed, module, frontswap};
	struct made_thread made;
	struct scene *scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		scene = look_at_swapoff(others[i], TASK_UNINTERRUPTIBLE);
		assert_int_equal(scene->story.swapoff_count, 0);
		free(scene);
	}
	/* it looks for the device, or has done all */
	make_thread(&made, swapoff);
	scene = make_scene();
	scene->story.threads = &made.thread;
	scene->story.thread_count = 1;
	scene->telling.device_count = 1;
	scene->telling.device_states[0] = DEVICE_ON;
	story_swapoff_look(&scene->telling, 0);
	assert_int_equal(scene->story.swapoff_count, 0);
	/* two are being turned off, and nothing tells which one this is */
	scene->telling.device_count = 2;
	scene->telling.device_states[0] = scene->telling.device_states[1] = DEVICE_LEAVING;
	story_swapoff_look(&scene->telling, 0);
	assert_int_equal(scene->story.swapoff_count, 1);
	assert_false(scene->story.swapoffs[0].device_known);
	free(scene);
}

static void test_swapoff_joined(void **state)
{
	static const struct made_frame work[] = {{"schedule", R}, SWAPOFF("__do_sys_swapoff")};
	static const struct kswapck_problem empty = {.id = "KS201", .name = "mark-without-folio"};
	struct scene *scene = look_at_swapoff(work, TASK_RUNNING);
	struct story_swapoff *swapoff = &scene->story.swapoffs[0];

	(void)state;
	story_swapoffs_join(&scene->telling);
	assert_string_equal(swapoff->device, "vdb");
	assert_int_equal(swapoff->left, 9);
	assert_false(swapoff->endless);
	assert_null(swapoff->problem);
	/* of the other device; of this one, in doubt; of this one, for sure */
	add(&scene->findings, &empty, 0, 1, 9);
	story_swapoffs_join(&scene->telling);
	assert_false(swapoff->endless);
	add(&scene->findings, &count, 1, 4, 4);
	story_swapoffs_join(&scene->telling);
	assert_false(swapoff->endless);
	assert_int_equal(swapoff->doubtful, 1);
	assert_ptr_equal(swapoff->problem, &count);
	add(&scene->findings, &empty, 1, 7, 8);
	story_swapoffs_join(&scene->telling);
	assert_true(swapoff->endless);
	assert_int_equal(swapoff->broken, 2);
	assert_ptr_equal(swapoff->problem, &empty);
	story_findings_free(&scene->findings);
	swapoff->broken = 0;
	/* it spins, or waits for one who does; who refaults lets go each time round */
	scene->story.spinner_count = 1;
	scene->story.spinners[0] = (struct story_spinner){.thread = 7, .loop = LOOP_REFAULT};
	scene->story.waiters = calloc(1, sizeof(*scene->story.waiters));
	assert_non_null(scene->story.waiters);
	scene->story.waiter_count = 1;
	swapoff->endless = false;
	story_swapoffs_join(&scene->telling);
	assert_false(swapoff->endless);
	scene->story.spinners[0].loop = LOOP_STALL;
	story_swapoffs_join(&scene->telling);
	assert_true(swapoff->endless);
	assert_int_equal(swapoff->step, SWAPOFF_RUNS);
	scene->story.spinners[0].thread = 0;
	story_swapoffs_join(&scene->telling);
	assert_int_equal(swapoff->step, SWAPOFF_SPINS);
	free(scene->story.waiters);
	free(scene);
}

/* What the log holds; the real printk_for_each() is not linked. */
static const char *const *log_lines;
static const uint64_t *log_times;	/* seconds; NULL: all at once */
static size_t log_length;		/* that is said of each record; 0: the true one */

bool printk_for_each(const struct kernel *kernel, printk_fn *visit, void *data,
		     struct printk_gaps *gaps, struct error *err)
{
	struct log_record record = {0};
	size_t i;

	(void)kernel;
	(void)err;
	*gaps = (struct printk_gaps){0};
	for (i = 0; log_lines[i]; i++) {
		record.sequence = i;
		record.time = (log_times ? log_times[i] : 100) * UINT64_C(1000000000) + i;
		record.length = strnlen(log_lines[i], PRINTK_TEXT_MAX);
		memset(record.text, 0, sizeof(record.text));
		memcpy(record.text, log_lines[i], record.length);
		if (log_length)
			record.length = log_length;
		if (!visit(data, &record))
			break;
	}
	return true;
}

static struct scene *read_log(const char *const *lines)
{
	struct scene *scene = make_scene();

	log_lines = lines;
	story_log_read(&scene->telling);
	assert_true(scene->story.log.read);
	return scene;
}

static const struct story_event *event_of(const struct scene *scene, enum story_event_kind kind)
{
	const struct story_log *log = &scene->story.log;
	unsigned int i;

	for (i = 0; i < log->event_count; i++)
		if (log->events[i].kind == kind)
			return &log->events[i];
	fail_msg("no %s", story_event_name(kind));
	return NULL;
}

static bool names_cpu(const struct story_event *event, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < event->cpu_count; i++)
		if (event->cpus[i] == cpu)
			return true;
	return false;
}

static bool names_pid(const struct story_event *event, int32_t pid)
{
	unsigned int i;

	for (i = 0; i < event->pid_count; i++)
		if (event->pids[i] == pid)
			return true;
	return false;
}

static void assert_names(const char *const *lines, enum story_event_kind kind, unsigned int cpu,
			 int32_t pid)
{
	struct scene *scene = read_log(lines);
	const struct story_event *event = event_of(scene, kind);

	if (cpu != UINT32_MAX ? !names_cpu(event, cpu) : event->cpu_count)
		fail_msg("'%s': names %u CPUs, the first is %u", lines[0], event->cpu_count,
			 event->cpus[0]);
	if (pid ? !names_pid(event, pid) : event->pid_count)
		fail_msg("'%s': names %u tasks, the first is %d", lines[0], event->pid_count,
			 event->pids[0]);
	assert_string_equal(event->text, lines[0]);
	assert_int_equal(event->count, 1);
	free(scene);
}

#define STALLS "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:"
#define SELF "rcu: INFO: rcu_sched self-detected stall on CPU"
#define NOBODY UINT32_MAX

static void test_log_stalls(void **state)
{
	static const char *const by_task[] = {
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		"rcu: \t(detected by 1, t=5252 jiffies, g=1001, q=44 ncpus=2)", NULL,
	};
	static const char *const by_tasks[] = {
		STALLS, "rcu: Tasks blocked on level-1 rcu_node (CPUs 0-15): P12 P37/1:b..l", NULL,
	};
	static const char *const by_cpu[] = {
		STALLS, "rcu: \t1-....: (5250 ticks this GP) idle=0a4c/1/0x4000000000000000 "
		"softirq=54/54 fqs=2500", NULL,
	};
	/* the CPU has not even seen that a grace period began */
	static const char *const behind[] = {
		STALLS, "rcu: \t3-...!: (0 GPs behind) idle=0a4c/0/0x0 softirq=54/54 fqs=0", NULL,
	};
	static const char *const far_behind[] = {
		STALLS, "rcu: \t3-O.!.: (12 GPs behind) idle=0a4c/0/0x0 softirq=54/54 fqs=0 "
		"(false positive?)", NULL,
	};
	static const char *const itself[] = {
		SELF, "rcu: \t0-....: (5249 ticks this GP) idle=102/1/0x4000000000000002", NULL,
	};
	static const char *const backtrace[] = {
		STALLS, "NMI backtrace for cpu 2", "CPU: 2 PID: 41 Comm: spinner Not tainted", NULL,
	};
	static const char *const newer[] = {
		SELF, "CPU: 5 UID: 0 PID: 43 Comm: spinner Not tainted 6.12.0 #1", NULL,
	};
	static const char *const one_record[] = {
		SELF "\nrcu: \t6-....: (5249 ticks this GP)", NULL,
	};
	struct scene *scene;

	(void)state;
	assert_names(by_task, EVENT_RCU_STALL, NOBODY, 37);
	assert_names(by_tasks, EVENT_RCU_STALL, NOBODY, 12);
	assert_names(by_tasks, EVENT_RCU_STALL, NOBODY, 37);
	assert_names(by_cpu, EVENT_RCU_STALL, 1, 0);
	assert_names(behind, EVENT_RCU_STALL, 3, 0);
	assert_names(far_behind, EVENT_RCU_STALL, 3, 0);
	assert_names(itself, EVENT_RCU_STALL, 0, 0);
	assert_names(backtrace, EVENT_RCU_STALL, 2, 41);
	assert_names(newer, EVENT_RCU_STALL, 5, 43);
	scene = read_log(one_record);
	assert_true(names_cpu(event_of(scene, EVENT_RCU_STALL), 6));
	free(scene);
}

/* One line says it all: print_cpu_stall_info() has no part in it. */
static void test_log_expedited(void **state)
{
	static const char *const lines[] = {
		"rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: "
		"{ 1-...D P39 } 5252 jiffies s: 77 root: 0x2/.", NULL,
	};

	(void)state;
	assert_names(lines, EVENT_RCU_STALL, 1, 39);
}

static void test_log_others(void **state)
{
	static const char *const soft[] = {
		"watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [kworker/1:1:36]", NULL,
	};
	static const char *const hard[] = {"NMI watchdog: Watchdog detected hard LOCKUP on cpu 3",
		NULL};
	static const char *const hung[] = {
		"INFO: task kworker/0:1H:38 blocked for more than 122 seconds.",
		"      Not tainted 6.1.0 #1",
		"task:kworker/0:1H    state:D stack:0     pid:38    ppid:2      flags:0x00004000",
		NULL,
	};
	static const char *const panic[] = {
		"Kernel panic - not syncing: RCU Stall",
		"CPU: 0 PID: 39 Comm: init Not tainted 6.1.192 #1", NULL,
	};
	static const char *const idle[] = {
		"Kernel panic - not syncing: sysrq triggered crash",
		"CPU: 1 PID: 0 Comm: swapper/1 Not tainted", NULL,
	};
	static const char *const bad_swap[] = {
		"get_swap_device: Bad swap offset entry 3ffffffffffff", NULL};
	static const char *const bad_page[] = {"BUG: Bad page state in process init  pfn:12345",
		NULL};
	static const char *const oom[] = {
		"Out of memory: Killed process 123 (hog) total-vm:1000kB", NULL};
	static const char *const starved[] = {
		"rcu: rcu_preempt kthread starved for 5252 jiffies! g77 f0x0 RCU_GP_WAIT_FQS(5) "
		"->state=0x0 ->cpu=0", NULL,
	};

	(void)state;
	assert_names(soft, EVENT_SOFT_LOCKUP, 1, 36);
	assert_names(hard, EVENT_HARD_LOCKUP, 3, 0);
	assert_names(hung, EVENT_HUNG_TASK, NOBODY, 38);
	assert_names(panic, EVENT_PANIC, 0, 39);
	assert_names(idle, EVENT_PANIC, 1, 0);
	assert_names(bad_swap, EVENT_BAD_SWAP, NOBODY, 0);
	assert_names(bad_page, EVENT_BAD_PAGE, NOBODY, 0);
	assert_names(oom, EVENT_OOM, NOBODY, 123);
	assert_names(starved, EVENT_RCU_STARVED, NOBODY, 0);
}

/* What an oops says in several lines is one; what comes later is another. */
static void test_log_joined(void **state)
{
	static const char *const lines[] = {
		"BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"#PF: supervisor read access in kernel mode",
		"Oops: 0000 [#1] PREEMPT SMP",
		"CPU: 1 PID: 77 Comm: victim Not tainted",
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		"usb 1-1: new device: CPU: 7 PID: 99", NULL,
	};
	static const uint64_t times[] = {100, 100, 100, 100, 110, 110, 131, 131, 150};
	const struct story_event *event;
	struct scene *scene;

	(void)state;
	log_times = times;
	scene = read_log(lines);
	log_times = NULL;
	assert_int_equal(scene->story.log.event_count, 2);
	event = event_of(scene, EVENT_OOPS);
	assert_int_equal(event->count, 1);
	assert_true(names_pid(event, 77));
	event = event_of(scene, EVENT_RCU_STALL);
	assert_int_equal(event->count, 2);
	assert_int_equal(event->pid_count, 1);
	assert_true(event->last_time - event->first_time >= UINT64_C(21000000000));
	assert_int_equal(event->cpu_count, 0);
	free(scene);
}

/* The BUG of VM_BUG_ON_FOLIO(): the page comes before it, registers after it. */
static void test_log_bug(void **state)
{
	static const char *const lines[] = {
		"page: refcount:2 mapcount:1 mapping:000000004c486186 index:0x7f023d88e pfn:0xff46",
		"page dumped because: VM_BUG_ON_FOLIO(folio_anon_vma(folio)->root != root)",
		"------------[ cut here ]------------",
		"kernel BUG at mm/rmap.c:1278!",
		"Oops: invalid opcode: 0000 [#1] PREEMPT SMP",
		"CPU: 0 UID: 0 PID: 41 Comm: init Not tainted 6.12.107 #1",
		"RIP: 0010:__page_check_anon_rmap+0x7a/0x90",
		"RSP: 0000:ffffad3b4020fce0 EFLAGS: 00000286",
		"CR2: 00007f023d943000 CR3: 00000000082d0000 CR4: 00000000007506b0",
		"RIP: 0033:0x402d17", "RIP: 0010:other+0x1/0x2", "CR2: 0000000000000001 CR3: 0", NULL,
	};
	static const char *const none[] = {
		"kernel BUG at mm/rmap.c:1278!", "RIP: 0010:", "RIP: 0010:0xffffffff81000000",
		"CR2: ", "RIP: 0033:0x402d17", NULL,
	};
	struct scene *scene = read_log(lines);
	const struct story_event *event = event_of(scene, EVENT_OOPS);

	(void)state;
	assert_int_equal(scene->story.log.event_count, 1);
	assert_string_equal(event->function, "__page_check_anon_rmap");
	assert_string_equal(event->reason,
			    "VM_BUG_ON_FOLIO(folio_anon_vma(folio)->root != root)");
	assert_true(event->address == 0x7f023d943000);
	assert_true(names_pid(event, 41));
	free(scene);
	scene = read_log(none);
	event = event_of(scene, EVENT_OOPS);
	assert_string_equal(event->function, "");
	assert_string_equal(event->reason, "");
	assert_true(event->address == 0);
	free(scene);
}

/* A BUG is tied to a finding by process or address, and only if it is of that kind. */
static void test_crash(void **state)
{
	static const struct kernel kernel;
	struct kswapck_finding finding = {
		.problem = &moved, .count = 5, .first_slot = 10, .last_slot = 14, .mm = 99,
		.address = 0x7f0000001000, .pid = 41,
	};
	struct scene *scene = make_scene();
	struct story_event *event = &scene->story.log.events[0];

	(void)state;
	scene->story.log.event_count = 1;
	*event = (struct story_event){
		.kind = EVENT_OOPS, .pids = {41}, .pid_count = 1, .thread = SIZE_MAX,
		.function = "__page_check_anon_rmap",
	};
	scene->telling.kernel = &kernel;
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	story_findings_add(&scene->findings, &finding);
	story_crash_find(&scene->telling);
	assert_true(scene->story.crash.happened);
	assert_false(scene->story.crash.proved);
	scene->story.crash.happened = false;
	event->pids[0] = 42;
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	event->address = 0x7f0000005fff;
	story_crash_find(&scene->telling);
	assert_true(scene->story.crash.happened);
	scene->story.crash.happened = false;
	event->address = 0x7f0000006000;
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	event->address = 0x7f0000001000;
	snprintf(event->function, sizeof(event->function), "__page_check_anon_rmap_not");
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	story_findings_free(&scene->findings);
	free(scene);
}

static void test_log_limits(void **state)
{
	static char text[200][96];
	static const char *lines[201];
	static const char *const odd[] = {
		"INFO: task :99999999999999999999 blocked for more than 1 seconds.",
		"INFO: task blocked for more than 1 seconds.", " blocked for more than ",
		"soft lockup - CPU#", "soft lockup - CPU#99999999999999999999 stuck [x:]",
		"detected stalls on CPUs/tasks:", "rcu:", "rcu: \t", "rcu: 1", "rcu: 1-",
		"rcu: 4294967295-....: (1 ticks this GP)", "Tasks blocked on level-",
		"Tasks blocked on level-)", "Tasks blocked on level-) P", "CPU: ", "CPU: x PID: 1",
		"\n\n\n", "", "\xff\xfe\x01", NULL,
	};
	struct scene *scene;
	unsigned int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		snprintf(text[i], sizeof(text[i]),
			 "INFO: task hang:%u blocked for more than 122 seconds.", i + 1);
		lines[i] = text[i];
	}
	scene = read_log(lines);
	assert_int_equal(scene->story.log.event_count, STORY_EVENTS_MAX);
	assert_int_equal(scene->story.log.events_lost, 200 - STORY_EVENTS_MAX);
	assert_int_equal(scene->story.log.records, 200);
	free(scene);
	scene = read_log(odd);
	assert_int_equal(event_of(scene, EVENT_RCU_STALL)->cpu_count, 0);
	free(scene);
	/* a length that is no length */
	log_length = SIZE_MAX;
	scene = read_log(odd);
	log_length = 0;
	free(scene);
}

static void test_log_spinner(void **state)
{
	static const char *const lines[] = {
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		"watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [other:12]",
		"NMI watchdog: Watchdog detected hard LOCKUP on cpu 1", NULL,
	};
	struct story_thread threads[2] = {
		{.task = {.pid = 12}, .on_cpu = true, .cpu = 0},
		{.task = {.pid = 37}, .on_cpu = true, .cpu = 1},
	};
	struct scene *scene = read_log(lines);

	(void)state;
	scene->story.threads = threads;
	scene->story.thread_count = 2;
	scene->story.spinner_count = 1;
	scene->story.spinners[0].thread = 1;
	story_log_join(&scene->telling);
	assert_int_equal(event_of(scene, EVENT_RCU_STALL)->spinner, 0);
	/* the CPU is the spinner's, but another was on it then */
	assert_true(event_of(scene, EVENT_SOFT_LOCKUP)->spinner == SIZE_MAX);
	/* the CPU alone tells, while it is on it */
	assert_int_equal(event_of(scene, EVENT_HARD_LOCKUP)->spinner, 0);
	free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_release_garbage),
		cmocka_unit_test(test_fix_upstream),
		cmocka_unit_test(test_fix_candidate),
		cmocka_unit_test(test_fix_distributions),
		cmocka_unit_test(test_fix_reasons),
		cmocka_unit_test(test_known_bugs),
		cmocka_unit_test(test_lookup_generations),
		cmocka_unit_test(test_lookup_in_tables),
		cmocka_unit_test(test_lookup_others),
		cmocka_unit_test(test_lookup_interrupted),
		cmocka_unit_test(test_lookup_none),
		cmocka_unit_test(test_lookup_guessed),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_findings_overlap),
		cmocka_unit_test(test_findings_gaps),
		cmocka_unit_test(test_findings_same_slots),
		cmocka_unit_test(test_findings_that_do_not_loop),
		cmocka_unit_test(test_findings_limit),
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_verdict_touch),
		cmocka_unit_test(test_swapoff_steps),
		cmocka_unit_test(test_swapoff_none),
		cmocka_unit_test(test_swapoff_joined),
		cmocka_unit_test(test_log_stalls),
		cmocka_unit_test(test_log_expedited),
		cmocka_unit_test(test_log_others),
		cmocka_unit_test(test_log_joined),
		cmocka_unit_test(test_log_bug),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_log_limits),
		cmocka_unit_test(test_log_spinner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
