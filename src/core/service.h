/* SPDX-License-Identifier: MIT */
/*
 * What a port is called and what usually runs there. Three sources, never mixed up: IANA's
 * registry, our list of what runs there today (each row with the document that says so), and the
 * machine's own /etc/services (read by sources/, kept in struct service_file).
 */
#ifndef BERTH_CORE_SERVICE_H
#define BERTH_CORE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sock.h"

struct strbuf;

struct service_usual {
	uint16_t port;
	uint8_t protos;	    /* enum service_protos */
	const char *name;   /* "Prometheus (or Cockpit)" */
	const char *source; /* the document that makes it usual */
};

struct service_advice {
	uint16_t port;
	uint8_t protos;
	const char *text; /* "clear text: do not use; use SSH (22)" */
};

extern const struct service_usual service_usual_rows[];
extern const size_t service_usual_count;
extern const struct service_advice service_advice_rows[];
extern const size_t service_advice_count;

/* IANA's name of the port, or NULL; its description in @ret_about unless that is NULL. */
const char *service_iana(enum sock_proto proto, uint16_t port, const char **ret_about);
/* Each NULL when nothing is known, or the protocol has no ports. */
const struct service_usual *service_usual(enum sock_proto proto, uint16_t port);
const struct service_advice *service_advice(enum sock_proto proto, uint16_t port);

/*
 * The port that IANA gives the name @len bytes of @name, in any case: "https" is 443. False if
 * there is none for this protocol; SOCK_PROTO_OTHER means any protocol.
 */
bool service_port(const char *name, size_t len, enum sock_proto proto, uint16_t *ret_port);

/*
 * What is known, with who says so, and no more: "postgresql (IANA)", "websm (IANA), usually
 * Prometheus (or Cockpit)", "usually WireGuard"; nothing for a port without a name. @file is the
 * name in /etc/services, told only where it differs from IANA's; NULL: none.
 */
void service_describe(enum sock_proto proto, uint16_t port, const char *file, struct strbuf *text);

/* IANA's ranges (RFC 6335 6). */
enum service_range { SERVICE_RANGE_SYSTEM, SERVICE_RANGE_USER, SERVICE_RANGE_DYNAMIC };
enum service_range service_range(uint16_t port);
const char *service_range_name(enum service_range range); /* "system", "registered", "dynamic" */

#endif
