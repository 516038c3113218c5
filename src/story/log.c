// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel log: what it says of stalls and damage, and of whom. */
#include "story/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines after the first of a report that may still name its CPUs and tasks. */
#define REPORT_LINES 120
#define REPORT_NANOSECONDS UINT64_C(2000000000)

#define RECENT_SECONDS 100

/* First lines of reports; the kernel's own words. The first that fits is taken. */
static const struct {
	const char *words;
	enum story_event_kind kind;
} reports[] = {
	{"kthread starved for", EVENT_RCU_STARVED},	/* kernel/rcu/tree_stall.h */
	{"detected stalls on CPUs/tasks", EVENT_RCU_STALL},
	{"self-detected stall on CPU", EVENT_RCU_STALL},
	{"detected expedited stalls on CPUs/tasks", EVENT_RCU_STALL},
	{"soft lockup - CPU#", EVENT_SOFT_LOCKUP},	/* kernel/watchdog.c */
	{"hard LOCKUP on cpu", EVENT_HARD_LOCKUP},
	{" blocked for more than ", EVENT_HUNG_TASK},	/* kernel/hung_task.c */
	{"Kernel panic - not syncing", EVENT_PANIC},	/* kernel/panic.c */
	{"BUG: Bad page state", EVENT_BAD_PAGE},	/* mm/page_alloc.c */
	{"BUG: Bad page cache", EVENT_BAD_PAGE},	/* mm/filemap.c */
	{"BUG: Bad rss-counter", EVENT_BAD_PAGE},
	{"BUG: Bad page map", EVENT_BAD_PAGE},
	{"Bad swap file entry", EVENT_BAD_SWAP},	/* mm/swapfile.c */
	{"Bad swap offset entry", EVENT_BAD_SWAP},
	{"Unused swap file entry", EVENT_BAD_SWAP},
	{"Unused swap offset entry", EVENT_BAD_SWAP},
	{"kernel BUG at", EVENT_OOPS},
	{"BUG: kernel NULL pointer", EVENT_OOPS},
	{"BUG: unable to handle", EVENT_OOPS},
	{"general protection fault", EVENT_OOPS},
	{"Oops:", EVENT_OOPS},
	{"Out of memory: Killed process", EVENT_OOM},
	{"invoked oom-killer", EVENT_OOM},
};

struct reading {
	struct telling *telling;
	struct story_event *open;	/* the report that is being read; NULL */
	unsigned int lines;		/* of it */
	/* of the last page that was dumped: BUG comes after it */
	char reason[160];
	uint64_t reason_time;
};

static bool kind_of(const char *text, enum story_event_kind *kind)
{
	size_t i;

	/* "---[ end Kernel panic - not syncing: ... ]---" repeats it */
	if (strstr(text, "---[ end "))
		return false;

	for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		if (strstr(text, reports[i].words)) {
			*kind = reports[i].kind;
			return true;
		}
	return false;
}

static void add_cpu(struct story_event *event, unsigned long cpu)
{
	unsigned int i;

	for (i = 0; i < event->cpu_count; i++)
		if (event->cpus[i] == cpu)
			return;
	if (event->cpu_count < STORY_EVENT_CPUS_MAX && cpu < UINT32_MAX)
		event->cpus[event->cpu_count++] = (unsigned int)cpu;
}

static void add_pid(struct story_event *event, unsigned long pid)
{
	unsigned int i;

	for (i = 0; i < event->pid_count; i++)
		if (event->pids[i] == (int32_t)pid)
			return;
	/* pid 0 is the idle task: of no use */
	if (event->pid_count < STORY_EVENT_CPUS_MAX && pid && pid <= INT32_MAX)
		event->pids[event->pid_count++] = (int32_t)pid;
}

/* The number right after @words, wherever they are in @text. */
static bool number_after(const char *text, const char *words, unsigned long *number)
{
	const char *at = strstr(text, words);

	if (!at)
		return false;
	at += strlen(words);
	while (*at == ' ')
		at++;
	if (!isdigit((unsigned char)*at))
		return false;
	*number = strtoul(at, NULL, 10);
	return true;
}

/* The number that ends before @words: "INFO: task init:37 blocked", "[init:37]". */
static bool number_before(const char *text, const char *words, unsigned long *number)
{
	const char *end = strstr(text, words), *at = end;

	while (at && at > text && isdigit((unsigned char)at[-1]))
		at--;
	if (!at || at == end || at == text || at[-1] != ':')
		return false;
	*number = strtoul(at, NULL, 10);
	return true;
}

/*
 * "rcu: \t1-....: (5250 ticks this GP) ...", "(12 GPs behind)": print_cpu_stall_info()
 */
static void take_stalled_cpu(struct story_event *event, const char *line)
{
	const char *at = strncmp(line, "rcu:", 4) ? line : line + 4;
	char *end;
	unsigned long cpu;

	while (*at == ' ' || *at == '\t')
		at++;
	if (!isdigit((unsigned char)*at))
		return;
	cpu = strtoul(at, &end, 10);
	if (*end == '-' && (strstr(end, "this GP") || strstr(end, "GPs behind")))
		add_cpu(event, cpu);
}

/* "Tasks blocked on level-0 rcu_node (CPUs 0-1): P37/1:b..l": rcu_print_task_stall() */
static void take_blocked_tasks(struct story_event *event, const char *line)
{
	const char *at = strstr(line, "Tasks blocked on level-");

	for (at = at ? strchr(at, ')') : NULL; at; at = strchr(at + 1, ' '))
		if (at[0] == ' ' && at[1] == 'P' && isdigit((unsigned char)at[2]))
			add_pid(event, strtoul(at + 2, NULL, 10));
}

/* "... stalls on CPUs/tasks: { 1-...D P39 } 5252 jiffies": expedited, in one line */
static void take_expedited(struct story_event *event, const char *line)
{
	const char *at = strchr(line, '{'), *stop = at ? strchr(at, '}') : NULL;
	char *end;

	if (!stop || !strstr(line, "expedited stalls"))
		return;
	for (at++; at < stop; at++) {
		unsigned long number;

		if (at[-1] != ' ' && at[-1] != '{')
			continue;
		if (*at == 'P' && isdigit((unsigned char)at[1])) {
			add_pid(event, strtoul(at + 1, NULL, 10));
		} else if (isdigit((unsigned char)*at)) {
			number = strtoul(at, &end, 10);
			if (*end == '-')
				add_cpu(event, number);
		}
	}
}

/*
 * "RIP: 0010:__page_check_anon_rmap+0x7a/0x90", "CR2: 00007f023d943000 CR3: ...":
 * __show_regs() of arch/x86. What is of user mode has the other code segment.
 */
static void take_registers(struct story_event *event, const char *line)
{
	static const char rip[] = "RIP: 0010:", cr2[] = "CR2: ";
	const char *at = strstr(line, rip);
	size_t length;

	if (at && !event->function[0]) {
		at += strlen(rip);
		length = strcspn(at, "+ ");
		if (length < sizeof(event->function) && at[length] == '+')
			snprintf(event->function, sizeof(event->function), "%.*s", (int)length,
				 at);
	}
	at = strstr(line, cr2);
	if (at && !event->address)
		event->address = strtoull(at + strlen(cr2), NULL, 16);
}

static void take_names(struct story_event *event, const char *line)
{
	unsigned long number;

	if (event->kind == EVENT_OOPS && event->count == 1)
		take_registers(event, line);
	if (number_after(line, "CPU: ", &number)) {
		add_cpu(event, number);
		if (number_after(line, " PID: ", &number))
			add_pid(event, number);
		return;
	}
	if (number_after(line, "NMI backtrace for cpu ", &number) ||
	    number_after(line, "soft lockup - CPU#", &number) ||
	    number_after(line, "hard LOCKUP on cpu ", &number))
		add_cpu(event, number);
	if ((strstr(line, "task:") && (number_after(line, " pid:", &number))) ||
	    number_before(line, " blocked for more than", &number) ||
	    (strstr(line, "soft lockup") && number_before(line, "]", &number)) ||
	    number_after(line, "Killed process ", &number))
		add_pid(event, number);
	if (event->kind == EVENT_RCU_STALL) {
		take_stalled_cpu(event, line);
		take_blocked_tasks(event, line);
		take_expedited(event, line);
	}
}

/* Reports of one kind are joined, except that tasks that hang are told apart. */
static struct story_event *event_for(struct story_log *log, enum story_event_kind kind,
				     const char *text)
{
	unsigned long pid = 0;
	unsigned int i;

	if (kind == EVENT_HUNG_TASK)
		number_before(text, " blocked for more than", &pid);
	for (i = 0; i < log->event_count; i++) {
		struct story_event *event = &log->events[i];

		if (event->kind == kind && (kind != EVENT_HUNG_TASK ||
		    (event->pid_count && event->pids[0] == (int32_t)pid)))
			return event;
	}
	if (log->event_count == STORY_EVENTS_MAX) {
		log->events_lost++;
		return NULL;
	}
	log->events[log->event_count] = (struct story_event){
		.kind = kind,
		.spinner = SIZE_MAX,
		.thread = SIZE_MAX,
	};
	return &log->events[log->event_count++];
}

static void begin_report(struct reading *reading, enum story_event_kind kind,
			 const struct log_record *record, const char *line)
{
	struct story_event *event = event_for(&reading->telling->story->log, kind, line);

	reading->open = event;
	reading->lines = 0;
	if (!event)
		return;
	if (!event->count++) {
		event->first_time = record->time;
		snprintf(event->text, sizeof(event->text), "%s", line);
		if (kind == EVENT_OOPS && reading->reason[0] &&
		    record->time - reading->reason_time < REPORT_NANOSECONDS)
			memcpy(event->reason, reading->reason, sizeof(event->reason));
	}
	event->last_time = record->time;
}

/* An oops within its own report says BUG: first, Oops: later. */
static bool belongs_to(const struct reading *reading, enum story_event_kind kind,
		       const struct log_record *record)
{
	return reading->open && reading->open->kind == kind && reading->lines < REPORT_LINES &&
	       kind == EVENT_OOPS && record->time - reading->open->last_time < REPORT_NANOSECONDS;
}

/* mm/debug.c dump_page(), by which VM_BUG_ON_FOLIO() and its like begin */
static void take_reason(struct reading *reading, const struct log_record *record,
			const char *line)
{
	static const char words[] = "page dumped because: ";
	const char *at = strstr(line, words);

	if (!at)
		return;
	snprintf(reading->reason, sizeof(reading->reason), "%s", at + strlen(words));
	reading->reason_time = record->time;
}

static void take_line(struct reading *reading, const struct log_record *record,
		      const char *line)
{
	enum story_event_kind kind;

	take_reason(reading, record, line);
	if (kind_of(line, &kind) && !belongs_to(reading, kind, record))
		begin_report(reading, kind, record, line);
	else if (reading->open && (++reading->lines > REPORT_LINES ||
		 record->time - reading->open->last_time > REPORT_NANOSECONDS))
		reading->open = NULL;
	if (reading->open)
		take_names(reading->open, line);
}

static bool take_record(void *data, const struct log_record *record)
{
	struct reading *reading = data;
	struct story_log *log = &reading->telling->story->log;
	char text[PRINTK_TEXT_MAX + 1], *line, *next;

	log->records++;
	log->last_time = record->time;
	memcpy(text, record->text, sizeof(text));
	text[record->length <= PRINTK_TEXT_MAX ? record->length : PRINTK_TEXT_MAX] = '\0';
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		take_line(reading, record, line);
	}
	return !story_stopped(reading->telling);
}

void story_log_read(struct telling *telling)
{
	struct story_log *log = &telling->story->log;
	struct reading reading = {.telling = telling};
	struct error err = {0};

	log->read = printk_for_each(telling->kernel, take_record, &reading, &log->gaps, &err);
	if (!log->read)
		story_gap(telling->story, "kernel log", "%s", err.text);
	else if (log->gaps.unreadable || log->gaps.damaged)
		story_gap(telling->story, "kernel log", "%llu records are not in the dump, %llu are "
			  "damaged", (unsigned long long)log->gaps.unreadable,
			  (unsigned long long)log->gaps.damaged);
}

static bool names_pid(const struct story_event *event, const struct story_thread *thread)
{
	unsigned int i;

	for (i = 0; i < event->pid_count; i++)
		if (event->pids[i] == thread->task.pid)
			return true;
	return false;
}

/* The CPU alone tells only as long as the same task is on it: no pid, and just now. */
static bool names_cpu(const struct story_event *event, const struct story_thread *thread)
{
	unsigned int i;

	for (i = 0; i < event->cpu_count; i++)
		if (!event->pid_count && event->recent && thread->on_cpu &&
		    event->cpus[i] == thread->cpu)
			return true;
	return false;
}

static size_t find_thread(const struct story *story, const struct story_event *event)
{
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		if (names_pid(event, &story->threads[i]) || names_cpu(event, &story->threads[i]))
			return i;
	return SIZE_MAX;
}

static size_t find_spinner(const struct story *story, const struct story_event *event)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++) {
		const struct story_thread *thread = &story->threads[story->spinners[i].thread];

		if (names_pid(event, thread) || names_cpu(event, thread))
			return i;
	}
	return SIZE_MAX;
}

/*
 * Whatever holds on is told again: soft lockups twice in 20 seconds or so, RCU
 * stalls after three times the timeout. Without a clock the last record counts.
 */
static bool is_recent(const struct story *story, const struct story_event *event)
{
	double now = story->uptime > 0 ? story->uptime : (double)story->log.last_time / 1e9;

	return (double)event->last_time / 1e9 + RECENT_SECONDS >= now;
}

static bool is_lockup(const struct story_event *event)
{
	return event->kind == EVENT_RCU_STALL || event->kind == EVENT_SOFT_LOCKUP ||
	       event->kind == EVENT_HARD_LOCKUP;
}

void story_log_join(struct telling *telling)
{
	struct story *story = telling->story;
	unsigned int i;

	for (i = 0; i < story->log.event_count; i++) {
		struct story_event *event = &story->log.events[i];

		event->recent = is_recent(story, event);
		event->thread = find_thread(story, event);
		if (is_lockup(event) && event->recent && event->thread != SIZE_MAX)
			story_spinner_without_slot(story, event->thread);
		event->spinner = find_spinner(story, event);
		if (event->spinner != SIZE_MAX)
			event->thread = story->spinners[event->spinner].thread;
	}
}
