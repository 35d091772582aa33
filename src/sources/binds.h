/* SPDX-License-Identifier: MIT */
/* Told by the kernel when some program of this machine has bound a socket: bind() returned 0. */
#ifndef BERTH_SOURCES_BINDS_H
#define BERTH_SOURCES_BINDS_H

struct binds;

/*
 * By the tracepoint syscalls/sys_exit_bind, on every processor. -errno where it may not be used
 * (root may) or the kernel has none. Not told: sockets bound through io_uring, and ports that the
 * kernel chooses without bind().
 */
int binds_open(struct binds **ret_binds);
void binds_close(struct binds *binds);
static inline void binds_closep(struct binds **binds)
{
	binds_close(*binds);
}

/* Readable when something was bound; then forget it with binds_clear() before looking. */
int binds_fd(const struct binds *binds);
void binds_clear(struct binds *binds);

#endif
