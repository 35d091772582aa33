/* SPDX-License-Identifier: MIT */
/*
 * What bind() looks at that sock_diag does not tell: beside the sockets, only when FACT_REUSE was
 * asked for. The options themselves (SO_REUSEADDR ...) are in struct sock.options.
 */
#ifndef BERTH_CORE_BIND_FACTS_H
#define BERTH_CORE_BIND_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct bind_facts {
	bool known;
	/* The SO_REUSEPORT group: sockets with the same id (of a namespace) share their port. */
	uint32_t reuseport_id;	    /* 0: no group, or one whose id was never asked for */
	uint16_t reuseport_members; /* 0: no group */
	bool group_has_conns;	    /* a UDP group one of whose members was connected */
	bool group_has_closed;	    /* a group that keeps shut-down members (tcp_migrate_req) */
	/*
	 * Its place in the kernel's chains, as the number of sockets behind it: UDP in the chain of
	 * the port and in that of port and address, TCP listeners in the latter only.
	 */
	bool has_place;
	uint32_t behind_in_port, behind_in_chain;
	/* TCP: what the port's bucket remembers of earlier binds (net/ipv4/inet_connection_sock.c). */
	bool has_bucket;
	bool bucket_v6only;
	int bucket_fastreuse, bucket_fastreuseport; /* -1 to 2 */
	uint32_t bucket_uid;
	struct addr bucket_addr; /* of the SO_REUSEPORT socket it remembers, as is .bucket_uid */
};

#endif
