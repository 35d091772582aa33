/* SPDX-License-Identifier: MIT */
/* "TCP  0A000005:0050 rr", then "  -> 0A000002:1F90   Masq    1 0 0" for each destination. */
#include "core/forward_iptables.h"
#include "core/sock.h"

#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 256 };

/* "0A000005:0050" or "[2001:0db8:0000:...]:0050". */
static bool read_place(const char *text, struct addr *ret_addr, uint16_t *ret_port)
{
	char address[64];
	unsigned number, port;

	if (sscanf(text, "%8X:%4X", &number, &port) == 2) {
		*ret_addr = addr_ipv4(number);
	} else {
		if (sscanf(text, "[%63[^]]]:%4X", address, &port) != 2 ||
		    !addr_parse(address, ret_addr))
			return false;
	}
	*ret_port = (uint16_t)port;
	return true;
}

struct reading {
	struct forward service;
	bool has_service, told;
	int (*add)(const struct forward *forward, void *data);
	void *data;
};

static int end_service(struct reading *reading)
{
	const bool bare = reading->has_service && !reading->told;

	reading->has_service = false;
	return bare ? reading->add(&reading->service, reading->data) : 0;
}

static int begin_service(struct reading *reading, const char *proto, const char *place)
{
	struct forward service = {.kind = FORWARD_IPVS, .by = "ipvs virtual service (ipvsadm -Ln)"};
	uint16_t port;

	if (!strcmp(proto, "TCP"))
		service.proto = SOCK_PROTO_TCP;
	else if (!strcmp(proto, "UDP"))
		service.proto = SOCK_PROTO_UDP;
	else
		return 0; /* SCTP, or by firewall mark */
	if (!read_place(place, &service.address, &port))
		return 0;
	/* Port 0 is for persistent services of any port. */
	service.ports = (struct port_range){port, port ? port : UINT16_MAX};
	reading->service = service;
	reading->has_service = true;
	reading->told = false;
	return 0;
}

static int read_line(struct reading *reading, const char *line)
{
	char first[8], place[80];
	struct forward forward = reading->service;

	if (sscanf(line, "%7s %79s", first, place) != 2)
		return 0;
	if (strcmp(first, "->") != 0) {
		int stop = end_service(reading);
		return stop ? stop : begin_service(reading, first, place);
	}
	if (!reading->has_service || !read_place(place, &forward.to, &forward.to_ports.low))
		return 0;
	forward.to_ports.high = forward.to_ports.low;
	reading->told = true;
	return reading->add(&forward, reading->data);
}

int forward_from_ipvs(const char *text, int (*add)(const struct forward *forward, void *data),
		      void *data)
{
	struct reading reading = {.add = add, .data = data};
	char line[LINE_SIZE];
	int stop = 0;

	while (*text && !stop) {
		const size_t n = strcspn(text, "\n");
		if (n < sizeof(line)) {
			memcpy(line, text, n);
			line[n] = '\0';
			stop = read_line(&reading, line);
		}
		text += n + (text[n] == '\n');
	}
	return stop ? stop : end_service(&reading);
}
