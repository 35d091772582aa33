/* SPDX-License-Identifier: MIT */
/* How `berth ss` differs from `berth list`. */
#ifndef BERTH_COMMANDS_LIKE_SS_H
#define BERTH_COMMANDS_LIKE_SS_H

struct list;

/* Give the columns of @list ss's titles and texts. */
void like_ss_columns(struct list *list);

#endif
