/* SPDX-License-Identifier: MIT */
/* Told by the kernel when somebody begins or ends to listen on a TCP port, instead of looking. */
#ifndef BERTH_SOURCES_LISTENS_H
#define BERTH_SOURCES_LISTENS_H

#include <stdint.h>

struct listens;

/*
 * Start watching in this network namespace, no port yet. -EPERM without CAP_BPF and CAP_PERFMON;
 * other -errno where the kernel has not what it takes.
 */
int listens_open(struct listens **ret_listens);
void listens_close(struct listens *listens);

/* From now on wake up for TCP @port as well: of any address, IPv4 or IPv6. */
void listens_add_port(struct listens *listens, uint16_t port);
/* Readable when something happened; then forget it with listens_clear() before looking. */
int listens_fd(const struct listens *listens);
void listens_clear(struct listens *listens);

#endif
