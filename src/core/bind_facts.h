/* SPDX-License-Identifier: MIT */
/*
 * What bind() looks at that sock_diag does not tell: beside the sockets, only when FACT_REUSE was
 * asked for. The options themselves (SO_REUSEADDR ...) are in struct sock.options.
 */
#ifndef BERTH_CORE_BIND_FACTS_H
#define BERTH_CORE_BIND_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct bind_facts {
	bool known;
	/* The SO_REUSEPORT group: sockets with the same id (of a namespace) share their port. */
	uint32_t reuseport_id;	    /* 0: no group, or one whose id was never asked for */
	uint16_t reuseport_members; /* 0: no group */
	/* TCP: what the port's bucket remembers of earlier binds (net/ipv4/inet_connection_sock.c). */
	bool has_bucket;
	bool bucket_v6only;
	int8_t bucket_fastreuse, bucket_fastreuseport;
	uint8_t bucket_family; /* enum addr_family */
	uint32_t bucket_uid;
};

#endif
