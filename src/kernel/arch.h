/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is not the same on all machines: where struct pages and all RAM are mapped, what the
 * entry of a swapped page looks like, what a register note holds, what a task that sleeps has
 * saved.
 *
 * An architecture is one file that ends in one const struct architecture; arch.c holds the
 * array of them. Its page tables are source/paging.h, its unwinder is kernel/unwind.h.
 */
#ifndef KSWAPCK_ARCH_H
#define KSWAPCK_ARCH_H

#include "kernel/kernel.h"
#include "kernel/registers.h"

struct cpu_stack_layout;
struct cpu_stacks;

/* Where a swapped page's entry has its type and its slot. */
struct swap_pte_form {
	uint8_t type_shift, type_bits;
	uint8_t slot_shift, slot_bits;
	bool inverted;		/* the bits of the slot are */
	uint64_t present;	/* any of these: the page is there, or only kept from its user */
	uint64_t ignored;	/* an entry with no others is empty */
};

/* A bit of a page table entry, for people. Bit 0 says everywhere that the CPU looks at the rest. */
struct entry_flag {
	uint64_t mask;
	const char *name;
	const char *lowest;	/* its name in a lowest table; NULL: the same */
	const char *absent;	/* ... when bit 0 is not set; NULL: the same */
};

struct architecture {
	const char *name;		/* as in source_facts */
	unsigned int user_bits;		/* of a user address, at most */
	const char *saved_sp;		/* of a task that sleeps: a path in struct task_struct */
	const char *current_task;	/* a per-CPU variable */
	uint32_t section_bits;		/* SECTION_SIZE_BITS, where VMCOREINFO does not tell */

	/* Address of the struct page of page frame 0. */
	bool (*vmemmap)(const struct kernel *kernel, uint64_t *address, struct error *err);
	/* As kernel_direct_map(). */
	bool (*direct_map)(const struct kernel *kernel, uint64_t *address);
	const struct entry_flag *entry_flags;	/* of present ones; end with name NULL */
	const struct entry_flag *swapped_flags;	/* of those of swapped pages */
	/*
	 * Of an entry that the CPU takes for absent: is the page there, kept from its user
	 * (mprotect(), NUMA balancing)? @plain: what it would be else.
	 */
	bool (*kept_back)(const struct kernel *kernel, uint64_t entry, unsigned int level,
			  uint64_t *plain);
	const struct swap_pte_form *(*swap_pte)(const struct kernel *kernel);
	/* SWAPFILE_CLUSTER with huge pages; 0: not known. @usual: without. */
	uint32_t (*swap_cluster)(const struct kernel *kernel, uint32_t usual);

	/* The stacks of a CPU besides its tasks'. */
	void (*cpu_stacks)(const struct kernel *kernel, const struct cpu_stack_layout *layout,
			   unsigned int cpu, struct cpu_stacks *stacks);

	/* The registers of a note, and all of its words that may hold anything. */
	size_t prstatus_size;		/* sizeof(struct elf_prstatus) */
	unsigned int prstatus_words;	/* of its pr_reg */
	void (*registers)(const uint64_t *words, struct registers *registers);
	const char *const *register_names;	/* REGISTER_COUNT; NULL: there is no such one */
	uint64_t kept;			/* bit i: a function gives register i back as it was */
};

#define PRSTATUS_REGS	  112	/* offset of pr_reg in struct elf_prstatus, bytes */
#define PRSTATUS_WORDS_MAX 40

extern const struct architecture arch_x86_64;	/* arch_x86_64.c */
extern const struct architecture arch_arm64;	/* arch_arm64.c */

/** architecture_find - by its name in source_facts; NULL: not known. */
const struct architecture *architecture_find(const char *name);

/** swap_pte_encode - the entry of a swapped page, no other bits set. */
uint64_t swap_pte_encode(const struct swap_pte_form *form, unsigned int type, uint64_t slot);

/** swap_pte_decode - type and slot of @pte; false if it is empty or present. */
bool swap_pte_decode(const struct swap_pte_form *form, uint64_t pte, unsigned int *type,
		     uint64_t *slot);

/**
 * prstatus_read - the @index-th register note of the dump.
 * @words: its prstatus_words; the rest is not touched.
 *
 * Return: false after the last, or if the note is none of this architecture.
 */
bool prstatus_read(const struct kernel *kernel, size_t index,
		   uint64_t words[PRSTATUS_WORDS_MAX]);

#endif
