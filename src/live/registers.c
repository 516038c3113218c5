// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/registers.h"

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "live/sample.h"

#define SAMPLE_PERIOD	1000000		/* nanoseconds */
#define WATCH_TIME	20000000	/* nanoseconds */
/* A CPU of a virtual machine need not run at all in that time: wait for it so often. */
#define WATCHES_MAX	10

/* A page of control and those of the ring: some 70 samples. */
#define PAGE_BYTES	4096
#define RING_BYTES	(4 * PAGE_BYTES)
#define MAP_BYTES	(PAGE_BYTES + RING_BYTES)

/* Registers of a sample, in the order of the bits of the mask. */
struct sample {
	struct perf_event_header header;
	uint64_t abi;			/* PERF_SAMPLE_REGS_ABI_NONE: no registers follow */
	uint64_t values[SAMPLE_REGISTERS_MAX];	/* sample_count of them */
};

struct sampler {
	int event;
	unsigned int cpu;
	struct perf_event_mmap_page *control;
};

struct live_registers {
	struct sampler *samplers;
	size_t count;
};

static int open_event(unsigned int cpu)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = SAMPLE_PERIOD,
		.sample_type = PERF_SAMPLE_REGS_INTR,
		.sample_regs_intr = sample_mask,
		.disabled = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attributes, -1, (int)cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

/* False for a CPU that is off. */
static bool open_sampler(struct sampler *sampler, unsigned int cpu)
{
	void *map;

	*sampler = (struct sampler){.event = open_event(cpu), .cpu = cpu};
	if (sampler->event < 0)
		return false;
	map = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, sampler->event, 0);
	if (map == MAP_FAILED) {
		close(sampler->event);
		return false;
	}
	sampler->control = map;
	return true;
}

struct live_registers *live_registers_new(void)
{
	struct live_registers *registers = calloc(1, sizeof(*registers));
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (!registers || cpus < 1)
		goto none;
	registers->samplers = calloc((size_t)cpus, sizeof(*registers->samplers));
	if (!registers->samplers)
		goto none;
	for (long cpu = 0; cpu < cpus; cpu++)
		registers->count += open_sampler(&registers->samplers[registers->count],
						 (unsigned int)cpu);
	if (registers->count)
		return registers;
none:
	live_registers_free(registers);
	return NULL;
}

void live_registers_free(struct live_registers *registers)
{
	if (!registers)
		return;
	for (size_t i = 0; i < registers->count; i++) {
		munmap(registers->samplers[i].control, MAP_BYTES);
		close(registers->samplers[i].event);
	}
	free(registers->samplers);
	free(registers);
}

/* Bytes of the ring, which begins again at its start. */
static void copy_ring(const struct sampler *sampler, uint64_t from, void *to, size_t length)
{
	const unsigned char *ring = (const unsigned char *)sampler->control + PAGE_BYTES;

	for (size_t i = 0; i < length; i++)
		((unsigned char *)to)[i] = ring[(from + i) % RING_BYTES];
}

/* The last sample in the ring, which then is empty. */
static bool take_last(struct sampler *sampler, struct sample *last)
{
	struct perf_event_mmap_page *control = sampler->control;
	uint64_t head = __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = control->data_tail;
	const size_t whole = offsetof(struct sample, values) + sample_count * sizeof(uint64_t);
	bool found = false;
	struct sample sample;

	while (head - at >= sizeof(sample.header)) {
		copy_ring(sampler, at, &sample.header, sizeof(sample.header));
		if (sample.header.size < sizeof(sample.header) || sample.header.size > head - at)
			break;
		if (sample.header.type == PERF_RECORD_SAMPLE &&
		    sample.header.size == whole) {
			copy_ring(sampler, at, &sample, whole);
			*last = sample;
			found = true;
		}
		at += sample.header.size;
	}
	__atomic_store_n(&control->data_tail, head, __ATOMIC_RELEASE);
	return found;
}

static void fill_note(struct elf_prstatus *note, const struct sampler *sampler,
		      const struct sample *sample)
{
	memset(note, 0, sizeof(*note));
	note->pr_pid = (pid_t)sampler->cpu + 1;
	sample_note(note, sample->values);
}

static void switch_all(struct live_registers *registers, unsigned long request)
{
	for (size_t i = 0; i < registers->count; i++)
		ioctl(registers->samplers[i].event, request, 0);
}

static bool all_seen(const struct live_registers *registers)
{
	for (size_t i = 0; i < registers->count; i++) {
		const struct perf_event_mmap_page *control = registers->samplers[i].control;

		if (__atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE) == control->data_tail)
			return false;
	}
	return true;
}

/* At least once, so that what is seen is of now. */
static void watch_all(struct live_registers *registers)
{
	const struct timespec watch = {.tv_nsec = WATCH_TIME};
	unsigned int watches = 0;

	switch_all(registers, PERF_EVENT_IOC_ENABLE);
	do
		nanosleep(&watch, NULL);
	while (!all_seen(registers) && ++watches < WATCHES_MAX);
	switch_all(registers, PERF_EVENT_IOC_DISABLE);
}

void live_registers_sample(struct live_registers *registers, struct source *source)
{
	struct elf_prstatus *notes;
	struct sample sample;
	size_t count = 0;

	source_set_prstatus(source, NULL, 0, 0);
	notes = registers ? calloc(registers->count, sizeof(*notes)) : NULL;
	if (!notes)
		return;
	watch_all(registers);
	for (size_t i = 0; i < registers->count; i++)
		if (take_last(&registers->samplers[i], &sample) && sample.abi)
			fill_note(&notes[count++], &registers->samplers[i], &sample);
	source_set_prstatus(source, notes, sizeof(*notes), count);
	free(notes);
}
