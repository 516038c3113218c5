// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that look at tasks and what the kernel says of itself: task bt log rcu. */
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kernel/address_map.h"
#include "kernel/page_table.h"
#include "kernel/printk.h"
#include "kernel/rcu.h"
#include "kernel/swap_device.h"
#include "output/explain_chain.h"
#include "shell/chain.h"
#include "shell/lookup.h"

#define TYPES_MAX 32u

/* ----------------------------------------------------------------------- states */

/*
 * include/linux/sched.h; the same numbers since 4.14, as far as they are there. Letters as
 * those of /proc.
 */
static const struct {
	uint64_t bits;
	char letter;
	const char *name;
} states[] = {
	{TASK_UNINTERRUPTIBLE | TASK_NOLOAD, 'I', "idle"},
	{TASK_INTERRUPTIBLE, 'S', "sleeping"},
	{TASK_UNINTERRUPTIBLE, 'D', "uninterruptible"},
	{0x4, 'T', "stopped"},
	{0x8, 't', "traced"},
	{0x80, 'X', "dead"},
	{0x40, 'P', "parked"},
	{0x1000, 'D', "waiting for a lock of an RT kernel"},
	{0x8000, 'D', "frozen"},
	{0x200, 'R', "waking up"},
	{0x800, 'R', "new"},
};

#define STATE_COUNT (sizeof(states) / sizeof(states[0]))

static const char *state_name(const struct task_details *details, char *letter)
{
	size_t i;

	*letter = details->exit_state & EXIT_ZOMBIE ? 'Z' : details->exit_state ? 'X' : 'R';
	if (details->exit_state)
		return details->exit_state & EXIT_ZOMBIE ? "zombie" : "dead";
	if (details->state == TASK_RUNNING)
		return "running or ready to run";
	for (i = 0; i < STATE_COUNT; i++)
		if ((details->state & states[i].bits) == states[i].bits) {
			*letter = states[i].letter;
			return states[i].name;
		}
	*letter = '?';
	return "unknown state";
}

/* ------------------------------------------------------------------ list of tasks */

struct task_list {
	struct answer answer;
	struct task_layout layout;
	const char *comm;	/* NULL: all */
	uint64_t count, unreadable;
};

static void say_listed(const struct task_list *list, const struct task *task,
		       const struct task_details *details)
{
	char comm[64], letter, cpu[12] = "-", mm[20] = "-";

	state_name(details, &letter);
	if (details->cpu_known)
		snprintf(cpu, sizeof(cpu), "%u", details->cpu);
	if (details->mm)
		snprintf(mm, sizeof(mm), "%016" PRIx64, details->mm);
	fprintf(list->answer.options.stream, "%c %7" PRId32 " %7" PRId32 " %c %3s %016" PRIx64
		" %-16s %s\n", task->on_cpu ? '>' : ' ', details->pid, details->tgid, letter, cpu,
		details->address, mm, text_visible(details->comm, comm, sizeof(comm)));
}

static void write_details(struct json_writer *json, const struct task_details *details)
{
	char letter[2] = "";
	const char *state = state_name(details, letter);

	json_number(json, "pid", (uint64_t)(uint32_t)details->pid);
	json_number(json, "tgid", (uint64_t)(uint32_t)details->tgid);
	json_string(json, "comm", details->comm);
	json_address(json, "task", details->address);
	json_address(json, "state", details->state);
	json_address(json, "exit_state", details->exit_state);
	json_string(json, "state_name", state);
	json_string(json, "state_letter", letter);
	if (details->cpu_known)
		json_number(json, "cpu", details->cpu);
	json_address(json, "mm", details->mm);
	json_bool(json, "kernel_thread", details->kernel_thread);
}

static bool list_task(void *data, const struct task *task)
{
	struct task_list *list = data;
	struct json_writer *json = &list->answer.json;
	struct task_details details;

	if (!task_details_read(list->answer.kernel, &list->layout, task->address, &details)) {
		list->unreadable++;
		return !shell_stopped(list->answer.shell);
	}
	if (list->comm && strcmp(list->comm, details.comm))
		return !shell_stopped(list->answer.shell);
	list->count++;
	if (list->answer.is_json) {
		json_flat_object(json, NULL);
		write_details(json, &details);
		json_bool(json, "on_cpu", task->on_cpu);
		json_close(json, '}');
	} else {
		say_listed(list, task, &details);
	}
	return !shell_stopped(list->answer.shell);
}

/* All tasks, or all of one name. */
static bool list_tasks(struct shell *shell, const char *comm, struct error *err)
{
	struct task_list list = {.comm = comm};
	char number[TEXT_NUMBER_SIZE];
	bool whole;

	if (!task_layout_resolve(&shell->dump.kernel, &list.layout))
		return error_set(err, ERROR_MISSING, "this kernel's types or symbols do not tell "
				 "how tasks are kept");
	answer_init(&list.answer, shell);
	answer_begin(&list.answer, "task");
	if (list.answer.is_json)
		json_array(&list.answer.json, "tasks");
	else
		fprintf(shell->out, "  %7s %7s S CPU %-16s %-16s %s\n", "PID", "TGID", "TASK", "MM",
			"COMM");
	whole = task_for_each(&shell->dump.kernel, &list.layout, list_task, &list);
	if (list.answer.is_json) {
		json_close(&list.answer.json, ']');
		json_bool(&list.answer.json, "complete", whole && !list.unreadable);
	} else if (list.unreadable) {
		answer_plain(&list.answer, 0, "%s tasks are not readable",
			     text_number(list.unreadable, number));
	}
	if (!whole && !shell_stopped(shell))
		answer_plain(&list.answer, 0, "the list of tasks is damaged or not all in the "
			     "dump: there may be more");
	answer_end(&list.answer);
	return true;
}

/* --------------------------------------------------------------------- one task */

/* Swap entries in the page tables of one process. */
struct swapped {
	bool known;
	uint64_t by_type[TYPES_MAX];
	uint64_t others;	/* migration entries and the like */
	struct page_table_sweep sweep;
	struct shell *shell;
};

static bool count_entry(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	struct swapped *swapped = data;
	unsigned int type;
	uint64_t slot;

	(void)address, (void)place;
	if (!page_table_swap_entry(&swapped->shell->dump.kernel, pte, &type, &slot))
		return true;
	if (type < TYPES_MAX && type < swapped->shell->dump.kernel.swap.nr_swapfiles)
		swapped->by_type[type]++;
	else
		swapped->others++;
	return !shell_stopped(swapped->shell);
}

static void count_swapped(struct shell *shell, uint64_t mm, struct swapped *swapped)
{
	const struct kernel *kernel = &shell->dump.kernel;
	struct address_map_layout map;
	struct page_table_layout tables;
	uint64_t pgd;

	*swapped = (struct swapped){.shell = shell};
	if (!mm || !address_map_layout_resolve(kernel, &map) ||
	    !page_table_layout_resolve(kernel, &tables) ||
	    !mm_page_table(kernel, &map, mm, &pgd))
		return;
	page_table_for_each_swap(kernel, &tables, pgd, count_entry, swapped, &swapped->sweep);
	swapped->known = true;
}

static void say_swapped(const struct answer *answer, const struct task_details *details,
			const struct swapped *swapped)
{
	struct kswapck_device device;
	char number[TEXT_NUMBER_SIZE], name[80];
	struct phrase phrase;
	unsigned int type;

	if (!details->mm)
		return;
	if (!swapped->known) {
		answer_line(answer, "swapped", "its page tables cannot be found");
		return;
	}
	phrase_begin(&phrase, "%s", "");
	for (type = 0; type < TYPES_MAX; type++) {
		if (!swapped->by_type[type])
			continue;
		snprintf(name, sizeof(name), "type %u", type);
		if (swap_device_read(answer->kernel, type, &device) == SWAP_DEVICE_OK)
			lookup_device_name(&device, name, sizeof(name));
		phrase_add(&phrase, "%s%s pages on %s", phrase.length ? ", " : "",
			   text_number(swapped->by_type[type], number), name);
	}
	if (!phrase.length)
		phrase_add(&phrase, "no pages");
	if (swapped->others)
		phrase_add(&phrase, ", %s other entries", text_number(swapped->others, number));
	phrase_add(&phrase, "; ");
	words_count(&phrase, swapped->sweep.tables, "page table");
	if (swapped->sweep.unreadable || swapped->sweep.truncated)
		phrase_add(&phrase, ", %s not readable",
			   text_number(swapped->sweep.unreadable, number));
	answer_line(answer, "swapped", "%s", phrase.text);
}

static void say_task(const struct answer *answer, const struct found_task *found,
		     const struct swapped *swapped)
{
	const struct task_details *details = &found->details;
	char minor[TEXT_NUMBER_SIZE], major[TEXT_NUMBER_SIZE], letter;
	const char *state = state_name(details, &letter);
	struct phrase phrase;

	phrase_begin(&phrase, "%s", "");
	words_task(&phrase, details->pid, details->comm);
	if (details->tgid != details->pid)
		phrase_add(&phrase, ", a thread of pid %" PRId32, details->tgid);
	if (details->kernel_thread)
		phrase_add(&phrase, ", a kernel thread");
	answer_line(answer, "task", "%s; task_struct 0x%" PRIx64, phrase.text, details->address);
	phrase_begin(&phrase, "0x%" PRIx64 " (%c): %s", details->state, letter, state);
	if (found->task.on_cpu)
		phrase_add(&phrase, ", on a CPU");
	if (details->cpu_known)
		phrase_add(&phrase, "%s %u", found->task.on_cpu ? ":" : ", last on CPU",
			   details->cpu);
	answer_line(answer, "state", "%s", phrase.text);
	if (details->rcu_nesting_known)
		answer_line(answer, "RCU", "rcu_read_lock_nesting %" PRId32, details->rcu_nesting);
	answer_line(answer, "stack", "0x%" PRIx64 "; stack pointer when it last went to sleep 0x%"
		    PRIx64, found->task.stack, found->task.sp);
	if (details->mm)
		answer_line(answer, "mm", "0x%" PRIx64, details->mm);
	answer_line(answer, "faults", "%s minor, %s major; %.3f s in user mode, %.3f s in the "
		    "kernel", text_number(details->min_flt, minor),
		    text_number(details->maj_flt, major),
		    (double)details->utime / 1e9, (double)details->stime / 1e9);
	say_swapped(answer, details, swapped);
}

static void write_task(struct answer *answer, const struct found_task *found,
		       const struct swapped *swapped)
{
	struct json_writer *json = &answer->json;
	const struct task_details *details = &found->details;
	unsigned int type;

	write_details(json, details);
	json_bool(json, "on_cpu", found->task.on_cpu);
	json_address(json, "stack", found->task.stack);
	json_address(json, "sp", found->task.sp);
	json_number(json, "min_flt", details->min_flt);
	json_number(json, "maj_flt", details->maj_flt);
	json_number(json, "utime", details->utime);
	json_number(json, "stime", details->stime);
	if (details->rcu_nesting_known)
		json_signed(json, "rcu_read_lock_nesting", details->rcu_nesting);
	if (!swapped->known) {
		json_null(json, "swapped");
		return;
	}
	json_array(json, "swapped");
	for (type = 0; type < TYPES_MAX; type++) {
		if (!swapped->by_type[type])
			continue;
		json_flat_object(json, NULL);
		json_number(json, "type", type);
		json_number(json, "pages", swapped->by_type[type]);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_number(json, "page_tables", swapped->sweep.tables);
	json_number(json, "page_tables_unreadable", swapped->sweep.unreadable);
}

static bool run_task(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct found_task found;
	struct swapped swapped;
	struct answer answer;

	if (argc > 2)
		return shell_usage(shell_task_commands, "task", err);
	if (argc == 1)
		return list_tasks(shell, NULL, err);
	if (!lookup_task(shell, argv[1], &found, err))
		return false;
	if (found.others)
		return list_tasks(shell, argv[1], err);
	count_swapped(shell, found.details.mm, &swapped);
	answer_init(&answer, shell);
	answer_begin(&answer, "task");
	if (answer.is_json)
		write_task(&answer, &found, &swapped);
	else
		say_task(&answer, &found, &swapped);
	answer_end(&answer);
	return true;
}

/* -------------------------------------------------------------------------- bt */

static void show_chain(struct answer *answer, const struct story_thread *thread)
{
	if (answer->is_json)
		chain_write(&answer->json, thread);
	else
		chain_print(&answer->options, thread);
}

static bool show_cpu(struct answer *answer, struct chains *chains, const struct cpu *cpu,
		     struct error *err)
{
	struct story_thread thread;
	bool done = chain_of_cpu(chains, cpu, &thread, err);

	if (done)
		show_chain(answer, &thread);
	chain_free(&thread);
	return done;
}

static void begin_chains(struct answer *answer)
{
	answer_begin(answer, "bt");
	if (answer->is_json)
		json_array(&answer->json, "stacks");
}

static void end_chains(struct answer *answer)
{
	if (answer->is_json && answer->begun)
		json_close(&answer->json, ']');
	answer_end(answer);
}

static bool bt_cpus(struct answer *answer, struct chains *chains, struct error *err)
{
	const struct cpus *cpus = chains_cpus(chains);
	unsigned int i;

	begin_chains(answer);
	for (i = 0; i < cpus->count && !shell_stopped(answer->shell); i++) {
		if (i && !answer->is_json)
			fputc('\n', answer->options.stream);
		if (!show_cpu(answer, chains, &cpus->cpus[i], err))
			return false;
	}
	return true;
}

static bool bt_cpu(struct answer *answer, struct chains *chains, const char *text,
		   struct error *err)
{
	const struct cpus *cpus = chains_cpus(chains);
	uint64_t number;
	unsigned int i;

	if (!shell_number(answer->shell, text, false, &number, err))
		return false;
	for (i = 0; i < cpus->count; i++)
		if (cpus->cpus[i].number == number) {
			begin_chains(answer);
			return show_cpu(answer, chains, &cpus->cpus[i], err);
		}
	return error_set(err, ERROR_INPUT, "no CPU %" PRIu64 " was online", number);
}

/* A number is that of a task; "bt 0" may have meant the CPU. */
static void hint_at_cpu(const struct cpus *cpus, const char *text, struct error *err)
{
	const struct error told = *err;
	char number[24];
	unsigned int i;

	for (i = 0; i < cpus->count; i++) {
		snprintf(number, sizeof(number), "%u", cpus->cpus[i].number);
		if (!strcmp(text, number))
			error_set(err, told.kind, "%s; 'bt cpu %s' unwinds the CPU", told.text,
				  number);
	}
}

static bool bt_task(struct answer *answer, struct chains *chains, const char *text,
		    struct error *err)
{
	struct story_thread thread;
	struct found_task found;
	bool done;

	if (!lookup_task(answer->shell, text, &found, err)) {
		hint_at_cpu(chains_cpus(chains), text, err);
		return false;
	}
	done = chain_of_task(chains, &found.task, &thread, err);
	if (done) {
		begin_chains(answer);
		show_chain(answer, &thread);
		if (found.others)
			answer_plain(answer, 0, "%" PRIu64 " more tasks are called %s ('task %s' "
				     "lists them)", found.others, text, text);
	}
	chain_free(&thread);
	return done;
}

static bool is_cpu_word(const char *word)
{
	return !strcasecmp(word, "cpu") || !strcmp(word, "-c");
}

static bool run_bt(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct answer answer;
	struct chains *chains;
	bool done;

	if (argc < 2 || argc > 3 || (argc == 3 && !is_cpu_word(argv[1])))
		return shell_usage(shell_task_commands, "bt", err);
	chains = chains_open(shell, err);
	if (!chains)
		return false;
	answer_init(&answer, shell);
	if (argc == 3)
		done = bt_cpu(&answer, chains, argv[2], err);
	else if (!strcmp(argv[1], "-a"))
		done = bt_cpus(&answer, chains, err);
	else
		done = bt_task(&answer, chains, argv[1], err);
	end_chains(&answer);
	chains_close(chains);
	return done;
}

/* ------------------------------------------------------------------------- log */

struct log_view {
	struct answer answer;
	const regex_t *wanted;	/* NULL: all */
	bool callers;
	uint64_t shown;
};

static bool is_shown(const struct log_view *view, const struct log_record *record)
{
	return !view->wanted || regexec(view->wanted, record->text, 0, NULL, 0) == 0;
}

/* The kernel indents with tabs, which text_visible() would not leave. */
static void take_line(const char *text, size_t length, char *line)
{
	size_t i;

	for (i = 0; i < length; i++)
		line[i] = text[i] == '\t' ? ' ' : text[i];
	line[length] = 0;
}

static void say_record(const struct log_view *view, const struct log_record *record)
{
	FILE *stream = view->answer.options.stream;
	char visible[PRINTK_TEXT_MAX + 1], caller[24] = "", line[PRINTK_TEXT_MAX + 1];
	const char *text = record->text;

	if (view->callers && record->has_cpu)
		snprintf(caller, sizeof(caller), "[%10s%u]", "C", record->cpu);
	else if (view->callers && record->has_pid)
		snprintf(caller, sizeof(caller), "[%10s%" PRIu32 "]", "T", record->pid);
	/* each line of it under the same time, as dmesg has it */
	do {
		size_t length = strcspn(text, "\n");

		take_line(text, length, line);
		fprintf(stream, "[%5" PRIu64 ".%06" PRIu64 "]%s %s\n", record->time / 1000000000,
			record->time / 1000 % 1000000, caller,
			text_visible(line, visible, sizeof(visible)));
		text += length + (text[length] == '\n');
	} while (*text);
}

static void write_record(struct json_writer *json, const struct log_record *record)
{
	json_flat_object(json, NULL);
	json_number(json, "sequence", record->sequence);
	json_number(json, "nanoseconds", record->time);
	json_number(json, "level", record->level);
	if (record->has_cpu)
		json_number(json, "cpu", record->cpu);
	if (record->has_pid)
		json_number(json, "pid", record->pid);
	json_string(json, "text", record->text);
	json_close(json, '}');
}

static bool show_record(void *data, const struct log_record *record)
{
	struct log_view *view = data;

	if (is_shown(view, record)) {
		view->shown++;
		if (view->answer.is_json)
			write_record(&view->answer.json, record);
		else
			say_record(view, record);
	}
	return !shell_stopped(view->answer.shell);
}

static void end_log(struct log_view *view, const struct printk_gaps *gaps)
{
	struct json_writer *json = &view->answer.json;

	if (view->answer.is_json) {
		json_close(json, ']');
		json_number(json, "unreadable", gaps->unreadable);
		json_number(json, "damaged", gaps->damaged);
		json_number(json, "cut", gaps->cut);
		return;
	}
	if (gaps->unreadable || gaps->damaged || gaps->cut)
		answer_plain(&view->answer, 0, "(not readable: %" PRIu64 " records; damaged: %"
			     PRIu64 "; cut: %" PRIu64 ")", gaps->unreadable, gaps->damaged,
			     gaps->cut);
}

/* Before anything is written: is there a log at all? */
static bool any_record(void *data, const struct log_record *record)
{
	(void)data, (void)record;
	return false;
}

static bool show_log(struct log_view *view, struct shell *shell, struct error *err)
{
	struct printk_gaps gaps = {0};

	if (!printk_for_each(&shell->dump.kernel, any_record, NULL, &gaps, err))
		return false;
	answer_init(&view->answer, shell);
	answer_begin(&view->answer, "log");
	if (view->answer.is_json)
		json_array(&view->answer.json, "records");
	gaps = (struct printk_gaps){0};
	printk_for_each(&shell->dump.kernel, show_record, view, &gaps, NULL);
	end_log(view, &gaps);
	answer_end(&view->answer);
	return true;
}

static bool run_log(struct shell *shell, int argc, char **argv, struct error *err)
{
	const char *pattern = shell_option_value(&argc, argv, "-r");
	struct log_view view = {.callers = shell_option(&argc, argv, "-c")};
	char why[256];
	regex_t wanted;
	bool done;
	int code;

	if (argc != 1)
		return shell_usage(shell_task_commands, "log", err);
	if (!pattern)
		return show_log(&view, shell, err);
	code = regcomp(&wanted, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (code) {
		regerror(code, &wanted, why, sizeof(why));
		return error_set(err, ERROR_USAGE, "log: %s: %s", pattern, why);
	}
	view.wanted = &wanted;
	done = show_log(&view, shell, err);
	regfree(&wanted);
	return done;
}

/* ------------------------------------------------------------------------- rcu */

static void blocker_words(const struct answer *answer, const struct task_layout *tasks,
			  const struct rcu_blocker *blocker, struct phrase *phrase)
{
	struct task_details details;

	if (blocker->kind == RCU_BLOCKER_CPU) {
		phrase_begin(phrase, "CPU %u: it has not passed through a quiescent state",
			     blocker->cpu);
		return;
	}
	phrase_begin(phrase, "%s", "");
	if (task_details_read(answer->kernel, tasks, blocker->task, &details))
		words_task(phrase, details.pid, details.comm);
	else
		phrase_add(phrase, "a task that cannot be read");
	phrase_add(phrase, ", a reader that was preempted within rcu_read_lock(); task_struct 0x%"
		   PRIx64, blocker->task);
}

static void say_blockers(const struct answer *answer, const struct task_layout *tasks,
			 const char *label, const struct rcu_blocker *blockers, unsigned int count)
{
	struct phrase phrase;
	unsigned int i;

	for (i = 0; i < count && i < RCU_BLOCKERS_MAX; i++) {
		blocker_words(answer, tasks, &blockers[i], &phrase);
		answer_line(answer, label, "%s", phrase.text);
	}
	if (count > RCU_BLOCKERS_MAX)
		answer_line(answer, label, "%u more", count - RCU_BLOCKERS_MAX);
}

static void say_grace_period(const struct answer *answer, const struct rcu_view *rcu)
{
	char flavour[64], number[TEXT_NUMBER_SIZE];
	struct phrase phrase;

	phrase_begin(&phrase, "%s", text_visible(rcu->flavour, flavour, sizeof(flavour)));
	phrase_add(&phrase, "%sgrace period g=%" PRId64, *flavour ? ": " : "",
		   (int64_t)rcu->sequence);
	phrase_add(&phrase, rcu->in_progress ? " is in progress" : ", none is in progress");
	if (rcu->in_progress && rcu->age_known)
		phrase_add(&phrase, ", %.1f s old (t=%" PRIu64 " jiffies)", rcu->age,
			   rcu->age_jiffies);
	if (rcu->stall_timeout_known)
		phrase_add(&phrase, "; stall timeout %u s", rcu->stall_timeout);
	phrase_add(&phrase, "; %s callbacks wait", text_number(rcu->callbacks, number));
	if (rcu->cpus_unread)
		phrase_add(&phrase, " (rcu_data of %u CPUs not readable)", rcu->cpus_unread);
	answer_line(answer, "RCU", "%s", phrase.text);
}

static void say_kthread(const struct answer *answer, const struct task_layout *tasks,
			const struct rcu_view *rcu)
{
	struct task_details details;
	struct phrase phrase;

	if (!rcu->gp_kthread)
		return;
	phrase_begin(&phrase, "%s", "");
	if (task_details_read(answer->kernel, tasks, rcu->gp_kthread, &details))
		words_task(&phrase, details.pid, details.comm);
	else
		phrase_add(&phrase, "task_struct 0x%" PRIx64, rcu->gp_kthread);
	phrase_add(&phrase, ": %s", rcu_gp_state_name(rcu->gp_state));
	if (rcu->idle_known)
		phrase_add(&phrase, ", last did something %.1f s before", rcu->idle);
	if (rcu->starved)
		phrase_add(&phrase, ": it does not get to run");
	answer_line(answer, "kthread", "%s", phrase.text);
}

static void say_rcu(const struct answer *answer, const struct task_layout *tasks,
		    const struct rcu_view *rcu)
{
	say_grace_period(answer, rcu);
	say_blockers(answer, tasks, "waits for", rcu->blockers, rcu->blocker_count);
	if (rcu->in_progress && !rcu->blocker_count)
		answer_line(answer, "waits for", "nobody");
	if (!rcu->blockers_complete)
		answer_line(answer, "", "not all rcu_nodes could be read: there may be more");
	if (rcu->expedited_in_progress) {
		answer_line(answer, "expedited", "a grace period of synchronize_rcu_expedited() is "
			    "in progress, s=%" PRIu64, rcu->expedited_sequence);
		say_blockers(answer, tasks, "waits for", rcu->expedited_blockers,
			     rcu->expedited_blocker_count);
	}
	say_kthread(answer, tasks, rcu);
	answer_line(answer, "rcu_state", "0x%" PRIx64, rcu->state_address);
}

static void write_blockers(struct json_writer *json, const char *key,
			   const struct rcu_blocker *blockers, unsigned int count)
{
	unsigned int i;

	json_array(json, key);
	for (i = 0; i < count && i < RCU_BLOCKERS_MAX; i++) {
		json_flat_object(json, NULL);
		if (blockers[i].kind == RCU_BLOCKER_CPU)
			json_number(json, "cpu", blockers[i].cpu);
		else
			json_address(json, "task", blockers[i].task);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_rcu(struct json_writer *json, const struct rcu_view *rcu)
{
	json_string(json, "flavour", rcu->flavour);
	json_bool(json, "in_progress", rcu->in_progress);
	json_address(json, "gp_seq", rcu->sequence);
	if (rcu->age_known)
		json_seconds(json, "age", rcu->age);
	json_number(json, "callbacks", rcu->callbacks);
	write_blockers(json, "blockers", rcu->blockers, rcu->blocker_count);
	json_number(json, "blocker_count", rcu->blocker_count);
	json_bool(json, "blockers_complete", rcu->blockers_complete);
	json_bool(json, "expedited_in_progress", rcu->expedited_in_progress);
	write_blockers(json, "expedited_blockers", rcu->expedited_blockers,
		       rcu->expedited_blocker_count);
	json_address(json, "gp_kthread", rcu->gp_kthread);
	json_string(json, "gp_state", rcu_gp_state_name(rcu->gp_state));
	json_bool(json, "starved", rcu->starved);
	json_address(json, "rcu_state", rcu->state_address);
}

static bool run_rcu(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct task_layout tasks;
	struct answer answer;
	struct rcu_view rcu;

	(void)argv;
	if (argc != 1)
		return shell_usage(shell_task_commands, "rcu", err);
	task_layout_resolve(&shell->dump.kernel, &tasks);
	if (!rcu_read(&shell->dump.kernel, &rcu, err))
		return false;
	answer_init(&answer, shell);
	answer_begin(&answer, "rcu");
	if (answer.is_json)
		write_rcu(&answer.json, &rcu);
	else
		say_rcu(&answer, &tasks, &rcu);
	answer_end(&answer);
	return true;
}

const struct shell_command shell_task_commands[] = {
	{
		.name = "task",
		.arguments = "[PID | ADDR | COMM]",
		.summary = "all tasks, or one in detail",
		.help = "Without an argument it lists all threads but the idle ones; > marks "
			"those on a CPU. With the pid, the address of the task_struct, or the "
			"name of one it shows that one, with the swapped pages in its page "
			"tables; of a name that several have, it lists these.\n"
			"States: R running or ready, S sleeping, D uninterruptible, I idle kernel "
			"thread, T stopped, t traced, P parked, Z zombie, X dead.",
		.completion = COMPLETE_TASK,
		.run = run_task,
	},
	{
		.name = "bt",
		.arguments = "PID | ADDR | COMM | cpu N | -a",
		.summary = "call chain of a task or a CPU",
		.help = "Unwinds the kernel stack of a task, of what ran on CPU N, or with -a of "
			"all CPUs, across the stacks of interrupts, and says why the chain ends. "
			"With a vmlinux that has DWARF, inlined functions and lines are shown too.",
		.completion = COMPLETE_TASK,
		.run = run_bt,
	},
	{
		.name = "log",
		.arguments = "[-r REGEX] [-c]",
		.summary = "the kernel log",
		.help = "Shows the records of the kernel's log buffer, with seconds since boot. "
			"-r shows those that match an extended regular expression, in any case; "
			"-c who wrote each one (T and the thread's pid, C and the CPU), where the "
			"kernel keeps that.",
		.completion = COMPLETE_NOTHING,
		.run = run_log,
	},
	{
		.name = "rcu",
		.arguments = "",
		.summary = "grace periods, and whom RCU waits for",
		.help = "Shows the current grace period of RCU, its age, the CPUs and the "
			"preempted readers that keep it from ending, expedited ones too, and what "
			"its kthread does.",
		.completion = COMPLETE_NOTHING,
		.run = run_rcu,
	},
	{.name = NULL},
};
