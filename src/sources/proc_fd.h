/* SPDX-License-Identifier: MIT */
/* Who holds each socket, by the fd directories of all processes. */
#ifndef BERTH_SOURCES_PROC_FD_H
#define BERTH_SOURCES_PROC_FD_H

struct snapshot;

/* Add the owners of the indexed @snap's sockets, and the coverage "owners". 0 or -errno. */
int proc_fd_collect(struct snapshot *snap);

#endif
