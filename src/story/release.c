// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which fixes a kernel has, by its release. Upstream's numbers decide for what
 * upstream made; a distribution's kernel has at least what its base release has,
 * and may have more.
 */
#include "story/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "-rc3", Debian's "~rc3-1", Fedora's "-0.rc5.fc40", Ubuntu's "-060700rc3-generic" */
static bool is_candidate(const char *rest)
{
	for (; (rest = strstr(rest, "rc")); rest += 2)
		if (isdigit((unsigned char)rest[2]))
			return true;
	return false;
}

/* "6.1.192-rc3..." to numbers; @rest is what follows them. */
static bool parse(const char *text, struct kernel_release *release, const char **rest)
{
	int length = 0;

	*release = (struct kernel_release){0};
	if (!isdigit((unsigned char)*text) ||
	    sscanf(text, "%3u.%4u%n", &release->major, &release->minor, &length) != 2)
		return false;
	text += length;
	if (*text == '.' && isdigit((unsigned char)text[1])) {
		length = 0;
		if (sscanf(text, ".%5u%n", &release->patch, &length) == 1)
			text += length;
	}
	release->candidate = is_candidate(text);
	if (rest)
		*rest = text;
	return true;
}

static int compare(const struct kernel_release *a, const struct kernel_release *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	if (a->patch != b->patch)
		return a->patch < b->patch ? -1 : 1;
	return 0;
}

static enum kernel_vendor vendor_of(const char *rest, const char *version)
{
	static const struct {
		const char *part;	/* of the release's suffix */
		enum kernel_vendor vendor;
	} suffixes[] = {
		{"uek", VENDOR_OTHER}, {".elrepo", VENDOR_OTHER},
		{".el", VENDOR_REDHAT},	{".fc", VENDOR_FEDORA},	{"-generic", VENDOR_UBUNTU},
		{"-lowlatency", VENDOR_UBUNTU}, {"-android", VENDOR_ANDROID},
		{"-default", VENDOR_SUSE},
	};
	size_t i;

	if (strstr(version, "Debian "))
		return VENDOR_DEBIAN;
	if (strstr(version, "Ubuntu"))
		return VENDOR_UBUNTU;
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strstr(rest, suffixes[i].part))
			return suffixes[i].vendor;
	/* "+" is put there when the source is not what the tag has */
	return *rest ? VENDOR_OTHER : VENDOR_UPSTREAM;
}

struct kernel_build story_build_of(const char *release, const char *version)
{
	struct kernel_build build = {.vendor = VENDOR_OTHER};
	const char *rest = "", *debian = strstr(version, "Debian ");

	build.base_known = parse(release, &build.base, &rest);
	build.vendor = vendor_of(build.base.candidate ? "" : rest, version);
	/* Debian's release has no patch number; "Debian 6.1.176-1" in the version has */
	if (build.vendor == VENDOR_DEBIAN)
		build.base_known = debian && parse(debian + strlen("Debian "), &build.base, NULL);
	/* theirs are ABI numbers or frozen: 5.15.0-91-generic, 5.14.0-427.el9 */
	if (build.vendor == VENDOR_UBUNTU || build.vendor == VENDOR_REDHAT ||
	    build.vendor == VENDOR_SUSE)
		build.base.patch = 0;
	return build;
}

static const char *vendor_name(enum kernel_vendor vendor)
{
	static const char *const names[] = {
		[VENDOR_UPSTREAM] = "upstream",
		[VENDOR_DEBIAN] = "Debian",
		[VENDOR_UBUNTU] = "Ubuntu",
		[VENDOR_REDHAT] = "Red Hat",
		[VENDOR_FEDORA] = "Fedora",
		[VENDOR_SUSE] = "SUSE",
		[VENDOR_ANDROID] = "an Android vendor",
		[VENDOR_OTHER] = "whoever built this kernel",
	};

	return names[vendor];
}

/* The fix of the base's own branch, or NULL. */
static const struct story_fix *branch_fix(const struct known_bug *bug,
					  const struct kernel_release *base)
{
	struct kernel_release branch;
	unsigned int i;

	for (i = 0; i < STORY_FIXES_MAX && bug->fixes[i].branch; i++)
		if (parse(bug->fixes[i].branch, &branch, NULL) &&
		    branch.major == base->major && branch.minor == base->minor)
			return &bug->fixes[i];
	return NULL;
}

static void write_release(const struct kernel_release *release, char *text, size_t size)
{
	if (release->patch)
		snprintf(text, size, "%u.%u.%u", release->major, release->minor, release->patch);
	else
		snprintf(text, size, "%u.%u", release->major, release->minor);
}

/* The kernel's base is at or past @release, the first with the fix. */
static enum story_fix_status say_present(const struct kernel_build *build, const char *base,
					 const char *release, char *why, size_t size)
{
	if (build->vendor == VENDOR_UPSTREAM || build->vendor == VENDOR_DEBIAN ||
	    build->vendor == VENDOR_FEDORA)
		snprintf(why, size, "%s is the base of this kernel, and %s has the fix.", base,
			 release);
	else
		snprintf(why, size, "It is built from %s by its number, and %s has the fix. The source "
			 "may have been changed: its release is not a plain upstream one.", base,
			 release);
	return FIX_PRESENT;
}

static enum story_fix_status say_absent(const struct kernel_build *build, const char *base,
					const char *fixed, char *why, size_t size)
{
	if (build->vendor == VENDOR_UPSTREAM) {
		snprintf(why, size, "By its number this is upstream's %s; the fix is in %s.", base, fixed);
		return FIX_ABSENT;
	}
	snprintf(why, size, "Upstream's %s has not the fix (%s has); %s may have taken it over into "
		 "this kernel: look for it in its change log.", base, fixed,
		 vendor_name(build->vendor));
	return FIX_UNKNOWN;
}

/* A candidate of 6.9 has what went into 6.8; of 6.9 itself, who knows. */
static enum story_fix_status judge_candidate(const struct known_bug *bug,
					     const struct kernel_build *build,
					     const char *name, char *why, size_t size)
{
	const struct kernel_release base = {build->base.major, build->base.minor, 0, false};
	struct kernel_release fixed;

	if (parse(bug->fixed, &fixed, NULL) && compare(&base, &fixed) > 0)
		return say_present(build, name, bug->fixed, why, size);
	snprintf(why, size, "This is a release candidate of %s: when the fix came in between cannot "
		 "be told by its number.", name);
	return FIX_UNKNOWN;
}

enum story_fix_status story_fix_judge(const struct known_bug *bug,
				      const struct kernel_build *build, char *why, size_t size)
{
	const struct kernel_release *base = &build->base;
	const struct story_fix *fix;
	struct kernel_release other;
	char name[32];

	if (!build->base_known) {
		snprintf(why, size, "The release of this kernel does not say what it is made from.");
		return FIX_UNKNOWN;
	}
	write_release(base, name, sizeof(name));
	if (base->candidate)
		return judge_candidate(bug, build, name, why, size);
	/* whoever is frozen at 5.14 may have the code of 5.17, and so its bugs */
	if (bug->introduced && parse(bug->introduced, &other, NULL) && compare(base, &other) < 0) {
		if (build->vendor == VENDOR_UPSTREAM || build->vendor == VENDOR_DEBIAN) {
			snprintf(why, size, "The bug came with %s; this kernel is made from %s.",
				 bug->introduced, name);
			return FIX_NOT_NEEDED;
		}
		snprintf(why, size, "The bug came with %s and this kernel is made from %s, but %s may "
			 "have taken over newer code, and with it the bug or its fix.",
			 bug->introduced, name, vendor_name(build->vendor));
		return FIX_UNKNOWN;
	}
	if (parse(bug->fixed, &other, NULL) && compare(base, &other) >= 0)
		return say_present(build, name, bug->fixed, why, size);
	fix = branch_fix(bug, base);
	if (fix && parse(fix->release, &other, NULL) && compare(base, &other) >= 0)
		return say_present(build, name, fix->release, why, size);
	return say_absent(build, name, fix ? fix->release : bug->fixed, why, size);
}

void story_version_read(const struct kernel *kernel, char *version, size_t size)
{
	struct field name, field;
	uint64_t address;

	version[0] = '\0';
	if (!image_symbol(kernel->image, "init_uts_ns", &address) ||
	    !kernel_field(kernel, "uts_namespace", "name", &name) ||
	    !kernel_field(kernel, "new_utsname", "version", &field) ||
	    memory_read_string(kernel->memory, address + name.offset + field.offset, version,
			       field.size < size ? field.size : size) != READ_OK)
		version[0] = '\0';
}

/* The bugs that leave this pattern; those that cannot be in this kernel last. */
void story_bugs_judge(struct telling *telling)
{
	static const enum story_fix_status order[] = {
		FIX_ABSENT, FIX_UNKNOWN, FIX_PRESENT, FIX_NOT_NEEDED,
	};
	struct story *story = telling->story;
	struct kernel_build build = story_build_of(story->release, story->version);
	const struct known_bug *bug;
	size_t pass, i;

	if (story->origin.pattern == PATTERN_NONE)
		return;
	for (pass = 0; pass < sizeof(order) / sizeof(order[0]); pass++)
		for (i = 0; (bug = known_bug_at(i)); i++) {
			struct story_bug judged = {.bug = bug};

			if (!(bug->patterns >> story->origin.pattern & 1) ||
			    story->bug_count == sizeof(story->bugs) / sizeof(story->bugs[0]))
				continue;
			judged.status = story_fix_judge(bug, &build, judged.why,
							sizeof(judged.why));
			if (judged.status == order[pass])
				story->bugs[story->bug_count++] = judged;
		}
}
