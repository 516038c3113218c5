// SPDX-License-Identifier: GPL-2.0-or-later
/* Of which kernel a release is, and whether it has the fix of a known bug. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "story/parts.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
