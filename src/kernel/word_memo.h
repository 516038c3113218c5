/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the functions at words of stacks are. The same few thousand return addresses are on
 * all stacks of a machine; a name is looked up once for each.
 */
#ifndef KSWAPCK_WORD_MEMO_H
#define KSWAPCK_WORD_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#define WORD_MEMO_SIZE 4096

/* Names looked up in all, of damaged stacks that have no word twice: half a second. */
#define WORD_MEMO_LOOKUPS (1U << 20)

/** All zeros: empty. */
struct word_memo {
	uint64_t words[WORD_MEMO_SIZE];		/* 0: none */
	unsigned int values[WORD_MEMO_SIZE];
	unsigned int lookups;
};

static inline unsigned int word_memo_place(uint64_t word)
{
	return (unsigned int)(word * 0x9e3779b97f4a7c15 >> 52);
}

/** word_memo_get - false: @word is to be looked up. */
static inline bool word_memo_get(const struct word_memo *memo, uint64_t word,
				 unsigned int *value)
{
	unsigned int place = word_memo_place(word);

	*value = memo->values[place];
	return memo->words[place] == word;
}

/** word_memo_full - were so many looked up that there is to be no more of it? */
static inline bool word_memo_full(const struct word_memo *memo)
{
	return memo->lookups >= WORD_MEMO_LOOKUPS;
}

static inline void word_memo_put(struct word_memo *memo, uint64_t word, unsigned int value)
{
	unsigned int place = word_memo_place(word);

	memo->words[place] = word;
	memo->values[place] = value;
	memo->lookups++;
}

#endif
