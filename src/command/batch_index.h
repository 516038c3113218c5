/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index over many dumps as a file: of batch --html and summarize --html. */
#ifndef KSWAPCK_BATCH_INDEX_H
#define KSWAPCK_BATCH_INDEX_H

#include "batch/records.h"

/** batch_index_write - write a page of merged records; a file of that name is replaced. */
bool batch_index_write(const char *path, const struct records *records, struct error *err);

/** batch_index_of - the same of a file of records. */
bool batch_index_of(const char *path, const char *results, struct error *err);

#endif
