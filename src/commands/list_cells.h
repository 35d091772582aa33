/* SPDX-License-Identifier: MIT */
/* Cells of simple text, which nearly all are, without detours: a list may have millions. */
#ifndef BERTH_COMMANDS_LIST_CELLS_H
#define BERTH_COMMANDS_LIST_CELLS_H

#include <stddef.h>
#include <stdint.h>

struct list_column;
struct snapshot;
struct sock;

/* How wide the widest cell of the sockets with these indices is; 0: not all are simple. */
size_t list_cells_widest(const struct list_column *column, const struct snapshot *snap,
			 const uint32_t *rows, size_t n);

/*
 * Write the cell at @to (room for TABLE_PUT_ROOM bytes) where it is short printable ASCII. Returns
 * the length; 0: it is not, so list_column_add_text() must make it.
 */
size_t list_cells_put(const struct list_column *column, const struct snapshot *snap,
		      const struct sock *sock, char *to);

#endif
