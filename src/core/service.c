/* SPDX-License-Identifier: MIT */
/* Binary search in sorted tables; the generated one keeps its texts in a single block. */
#include "core/service.h"
#include "base/strbuf.h"
#include "core/service_table.h"

#include <string.h>
#include <strings.h>

static uint8_t proto_bit(enum sock_proto proto)
{
	switch (proto) {
	case SOCK_PROTO_TCP:
		return SERVICE_TCP;
	case SOCK_PROTO_UDP:
	case SOCK_PROTO_UDPLITE: /* shares UDP's names: RFC 3828 7 */
		return SERVICE_UDP;
	case SOCK_PROTO_OTHER:
		return SERVICE_TCP | SERVICE_UDP | SERVICE_SCTP | SERVICE_DCCP;
	case SOCK_PROTO_RAW:
	case SOCK_PROTO_UNIX:
	case SOCK_PROTO_PACKET:
	case SOCK_PROTO_NETLINK:
	case SOCK_PROTO_ICMP:
		return 0;
	}
	return 0;
}

/*
 * Every table begins its rows with the port and the protocols. The first row of @port at or behind
 * which rows of that port may stand.
 */
static size_t first_at(const void *rows, size_t n, size_t size, uint16_t port)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint16_t at;
		memcpy(&at, (const char *)rows + middle * size, sizeof(at));
		if (at < port)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *service_iana(enum sock_proto proto, uint16_t port, const char **ret_about)
{
	const struct service_row *rows = service_iana_rows;

	for (size_t i = first_at(rows, service_iana_count, sizeof(*rows), port);
	     i < service_iana_count && rows[i].port == port; i++) {
		if (!(rows[i].protos & proto_bit(proto)))
			continue;
		const char *name = service_iana_texts + rows[i].offset;
		if (ret_about)
			*ret_about = name + strlen(name) + 1;
		return name;
	}
	return NULL;
}

const struct service_usual *service_usual(enum sock_proto proto, uint16_t port)
{
	const struct service_usual *rows = service_usual_rows;

	for (size_t i = first_at(rows, service_usual_count, sizeof(*rows), port);
	     i < service_usual_count && rows[i].port == port; i++)
		if (rows[i].protos & proto_bit(proto))
			return &rows[i];
	return NULL;
}

const struct service_advice *service_advice(enum sock_proto proto, uint16_t port)
{
	const struct service_advice *rows = service_advice_rows;

	for (size_t i = first_at(rows, service_advice_count, sizeof(*rows), port);
	     i < service_advice_count && rows[i].port == port; i++)
		if (rows[i].protos & proto_bit(proto))
			return &rows[i];
	return NULL;
}

bool service_port(const char *name, size_t len, enum sock_proto proto, uint16_t *ret_port)
{
	for (size_t i = 0; i < service_iana_count; i++) {
		const char *known = service_iana_texts + service_iana_rows[i].offset;
		if (service_iana_rows[i].protos & proto_bit(proto) &&
		    !strncasecmp(known, name, len) && !known[len]) {
			*ret_port = service_iana_rows[i].port;
			return true;
		}
	}
	return false;
}

void service_describe(enum sock_proto proto, uint16_t port, const char *file, struct strbuf *text)
{
	const char *iana = service_iana(proto, port, NULL);
	const struct service_usual *usual = service_usual(proto, port);
	const char *separator = "";

	if (iana) {
		strbuf_printf(text, "%s (IANA)", iana);
		separator = ", ";
	}
	if (file && (!iana || strcasecmp(file, iana) != 0)) {
		strbuf_printf(text, "%s%s (/etc/services)", separator, file);
		separator = ", ";
	}
	/* "telnet (IANA), usually Telnet" would say it twice. */
	if (usual && (!iana || strcasecmp(usual->name, iana) != 0))
		strbuf_printf(text, "%susually %s", separator, usual->name);
}

enum service_range service_range(uint16_t port)
{
	if (port < 1024)
		return SERVICE_RANGE_SYSTEM;
	return port < 49152 ? SERVICE_RANGE_USER : SERVICE_RANGE_DYNAMIC;
}

const char *service_range_name(enum service_range range)
{
	switch (range) {
	case SERVICE_RANGE_SYSTEM:
		return "system";
	case SERVICE_RANGE_USER:
		return "registered";
	case SERVICE_RANGE_DYNAMIC:
		return "dynamic";
	}
	return "";
}
