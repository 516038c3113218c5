// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (256 << 10)

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t length;

	if (!file)
		return NULL;
	text = malloc(FILE_MAX);
	if (text) {
		length = fread(text, 1, FILE_MAX - 1, file);
		text[length] = '\0';
	}
	fclose(file);
	return text;
}

/* What follows "name": in a document of which the writer is known. */
static const char *value_of(const char *text, const char *name)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", name);
	at = strstr(text, quoted);
	if (!at)
		return NULL;
	at += strlen(quoted);
	return *at == '"' ? at + 1 : at;
}

static uint64_t number_of(const char *text, const char *name)
{
	const char *at = value_of(text, name);

	return at ? strtoull(at, NULL, 0) : 0;
}

static void copy_string(char *to, size_t size, const char *from)
{
	size_t length = from ? strcspn(from, "\"\n") : 0;

	snprintf(to, size, "%.*s", (int)length, from ? from : "");
}

static void read_tasks(const char *text, struct guest *guest)
{
	const char *at = text, *start;

	while (guest->task_count < GUEST_TASKS_MAX && (at = strstr(at, " waits for "))) {
		struct guest_task *task = &guest->tasks[guest->task_count++];

		for (start = at; start > text && start[-1] != '"'; start--)
			;
		task->pid = (int32_t)strtol(start, NULL, 10);
		copy_string(task->text, sizeof(task->text), start);
		at++;
	}
}

static void read_planted(const char *at, struct guest *guest)
{
	char *end;

	while (at && guest->planted_count < GUEST_SLOTS_MAX) {
		uint64_t slot = strtoull(at, &end, 10);

		if (end == at)
			break;
		guest->planted[guest->planted_count++] = slot;
		at = end;
	}
}

static void read_facts(const char *text, struct guest *guest)
{
	const char *slots = value_of(text, "slots.0");

	copy_string(guest->scenario, sizeof(guest->scenario), value_of(text, "scenario"));
	guest->spinner = (int32_t)number_of(text, "spinner");
	guest->spinner_address = number_of(text, "spinner_address");
	guest->address = number_of(text, "address");
	guest->owner = (int32_t)number_of(text, "owner");
	guest->swapoff = (int32_t)number_of(text, "swapoff");
	if (!guest->spinner)
		guest->spinner = guest->swapoff;
	guest->moved_pages = number_of(text, "moved_pages");
	guest->moved_from = number_of(text, "moved_from");
	guest->moved_to = number_of(text, "moved_to");
	guest->toucher = (int32_t)number_of(text, "fault_pid");
	guest->touched = number_of(text, "fault_address");
	slots = slots ? strstr(slots, "offset ") : NULL;
	guest->first_slot = slots ? strtoull(slots + strlen("offset "), NULL, 10) : 0;
	read_tasks(text, guest);
	read_planted(value_of(text, "planted_slots"), guest);
}

/* The part of the manifest that is of the file named @name, cut off behind it. */
static char *part_of_manifest(char *text, const char *name)
{
	char quoted[256], *part, *end;

	snprintf(quoted, sizeof(quoted), "\"file\": \"%s\"", name);
	part = strstr(text, quoted);
	end = part ? strstr(part + 1, "\"file\": \"") : NULL;
	if (end)
		*end = '\0';
	return part;
}

bool guest_read(const char *path, struct guest *guest)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char other[4096], *text, *part;

	memset(guest, 0, sizeof(*guest));
	snprintf(other, sizeof(other), "%s.json", path);
	part = text = read_file(other);
	if (!text) {
		snprintf(other, sizeof(other), "%.*sMANIFEST.json", (int)(name - path), path);
		text = read_file(other);
		part = text ? part_of_manifest(text, name) : NULL;
	}
	if (part)
		read_facts(part, guest);
	free(text);
	return part && *guest->scenario;
}

uint64_t guest_slot(const struct guest *guest)
{
	return guest->first_slot + (guest->spinner_address - guest->address) / 4096;
}
