/* SPDX-License-Identifier: MIT */
/* One SNMP counter of the own network namespace. */
#ifndef BERTH_PROBE_NETSTAT_H
#define BERTH_PROBE_NETSTAT_H

#include <stdint.h>

/* The value of "TcpExt"/"TCPRetransFail" in /proc/net/netstat; 0 when it cannot be read. */
uint64_t netstat_counter(const char *group, const char *name);

#endif
