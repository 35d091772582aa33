/* SPDX-License-Identifier: MIT */
/* From where an open port can be reached, as far as addresses tell; firewalls are another matter. */
#include "commands/ports.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/snapshot.h"

#include <string.h>

/* What the addresses of a row come to. */
struct reach {
	bool ipv4, ipv6; /* every address of the family */
	bool only_loopback;
	uint32_t device; /* every socket is bound to it; 0: no */
};

static const struct host *host_of(const struct snapshot *snap, const struct sock *sock)
{
	if (sock->netns < snap->n_namespaces && snap->namespaces[sock->netns].host.n_interfaces)
		return &snap->namespaces[sock->netns].host;
	return &snap->host;
}

static struct reach reach_of(const struct snapshot *snap, const struct port_row *row)
{
	struct reach reach = {.only_loopback = true, .device = row->first->device};

	for (uint32_t i = 0; i < row->n_socks; i++) {
		const struct sock *sock = &snap->socks[row->socks[i]];
		if (sock->device != reach.device)
			reach.device = 0;
		if (!addr_is_loopback(&sock->local))
			reach.only_loopback = false;
		if (!addr_is_any(&sock->local))
			continue;
		if (sock->local.family == ADDR_IPV4 || addr_is_mapped(&sock->local)) {
			reach.ipv4 = true;
			continue;
		}
		reach.ipv6 = true;
		/* An IPv6 wildcard takes IPv4 too unless it says otherwise (RFC 3493 5.3). */
		reach.ipv4 |= sock->options_known & SOCK_OPTION_V6ONLY &&
			      !sock_option_is(sock, SOCK_OPTION_V6ONLY);
	}
	return reach;
}

const char *port_reach_word(const struct snapshot *snap, const struct port_row *row)
{
	const struct reach reach = reach_of(snap, row);

	if (reach.only_loopback)
		return "loopback";
	if (reach.device)
		return "device";
	if (reach.ipv4 && reach.ipv6)
		return "all";
	if (reach.ipv4 || reach.ipv6)
		return reach.ipv4 ? "ipv4" : "ipv6";
	return "address";
}

static const char *interface_name(const struct host *host, uint32_t index)
{
	const struct interface *interface = host_interface(host, index);

	return interface ? interface->name : NULL;
}

/* "eth0 10.0.0.5"; "lo" is left out, the address says it. */
static void add_address(const struct snapshot *snap, const struct sock *sock, struct strbuf *text)
{
	const struct host *host = host_of(snap, sock);
	struct addr addr = addr_unmapped(&sock->local);
	const struct interface_address *own = host_address(host, &addr);
	const char *name = interface_name(host, own ? own->interface : addr.scope);
	char plain[ADDR_TEXT_SIZE];

	if (addr_is_loopback(&addr)) {
		strbuf_add_text(text, "this machine");
		return;
	}
	if (addr_is_multicast(&addr))
		strbuf_add_text(text, "multicast ");
	else if (!own && host->n_addresses)
		strbuf_add_text(text, "not ours: ");
	if (name) {
		escape_add(text, name, strlen(name));
		strbuf_add_char(text, ' ');
		addr.scope = 0; /* the name of the interface says it */
	}
	strbuf_add_text(text, addr_format(&addr, plain));
}

static bool same_place(const struct sock *a, const struct sock *b)
{
	return addr_equal(&a->local, &b->local) ||
	       (addr_is_loopback(&a->local) && addr_is_loopback(&b->local));
}

static void add_addresses(const struct snapshot *snap, const struct port_row *row,
			  struct strbuf *text)
{
	enum { SHOWN = 3 };
	const struct sock *last = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < row->n_socks; i++) {
		const struct sock *sock = &snap->socks[row->socks[i]];
		if (last && same_place(last, sock))
			continue;
		last = sock;
		if (n++ >= SHOWN)
			continue;
		if (text->len)
			strbuf_add_text(text, ", ");
		add_address(snap, sock, text);
	}
	if (n > SHOWN)
		strbuf_printf(text, " and %u more", n - SHOWN);
}

void port_reach_add(const struct snapshot *snap, const struct port_row *row, struct strbuf *text)
{
	const struct reach reach = reach_of(snap, row);
	const char *device = interface_name(host_of(snap, row->first), reach.device);

	if (reach.only_loopback) {
		strbuf_add_text(text, "this machine");
		return;
	}
	if (reach.ipv4 && reach.ipv6)
		strbuf_add_text(text, "everywhere");
	else if (reach.ipv4 || reach.ipv6)
		strbuf_add_text(text, reach.ipv4 ? "everywhere IPv4" : "everywhere IPv6");
	else
		add_addresses(snap, row, text);
	if (!reach.device)
		return;
	strbuf_add_text(text, " via ");
	if (device)
		escape_add(text, device, strlen(device));
	else
		strbuf_printf(text, "if%u", reach.device);
}
