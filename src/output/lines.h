/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines with a label on the left, and colours: what all texts for people share. */
#ifndef KSWAPCK_LINES_H
#define KSWAPCK_LINES_H

#include "output/output.h"

#define LINES_LABEL 10		/* columns of a label */

#define LINES_BOLD	"\033[1m"
#define LINES_RED	"\033[1;31m"
#define LINES_YELLOW	"\033[1;33m"
#define LINES_GREEN	"\033[1;32m"
#define LINES_PLAIN	"\033[0m"

/** lines_paint - one of the above, if colours are wanted. */
void lines_paint(const struct output_options *options, const char *colour);

/** lines_labelled - "devices   " and then words that wrap under themselves. */
void lines_labelled(const struct output_options *options, const char *label, const char *text);
/** lines_marked - the same with a label in yellow: what could not be seen. */
void lines_marked(const struct output_options *options, const char *label, const char *text);

#endif
