/* SPDX-License-Identifier: MIT */
/* Does a socket's end match what host_parse.c has read? */
#include "core/host_match.h"
#include "core/snapshot.h"
#include "core/sock.h"
#include "core/sock_device.h"

#include <string.h>

/* As net/ipv4/inet_diag.c: IPv4 also means its IPv4-mapped form, but not the other way round. */
static bool addr_agrees(const struct host_match *match, const struct addr *addr)
{
	const struct addr plain = addr_unmapped(addr);

	for (size_t i = 0; i < match->n_addrs; i++) {
		const struct addr *wanted = &match->addrs[i];
		const uint8_t most = wanted->family == ADDR_IPV4 ? 32 : 128;
		const uint8_t bits = match->bits < most ? match->bits : most;
		if (wanted->scope && wanted->scope != addr->scope)
			continue;
		if (addr_in_prefix(wanted->family == ADDR_IPV4 ? &plain : addr, wanted, bits))
			return true;
	}
	return false;
}

/* ss shows NUL bytes of abstract names as '@', so that is what patterns are written for. */
static bool name_matches(const struct glob *glob, const struct snapshot *snap, uint32_t id)
{
	char shown[128]; /* sun_path has 108 */
	size_t len;
	const char *name = snapshot_text(snap, id, &len);

	/* ss shows '*' for no name. */
	if (!len || len > sizeof(shown))
		return !len && glob->len == 1 && *glob->pattern == '*';
	for (size_t i = 0; i < len; i++)
		shown[i] = name[i] ? name[i] : '@';
	return glob_matches(glob, shown, len);
}

static bool unix_matches(const struct host_match *match, const struct snapshot *snap,
			 const struct sock *sock, bool remote)
{
	if (sock->proto != SOCK_PROTO_UNIX)
		return false;
	if (remote)
		sock = snapshot_sock_by_inode(snap, sock->peer);
	return sock && name_matches(&match->glob, snap, sock->name);
}

static bool link_matches(const struct host_match *match, const struct snapshot *snap,
			 const struct sock *sock, bool remote)
{
	if (sock->proto != SOCK_PROTO_PACKET || remote)
		return false;
	if (!match->any_number && sock->local_port != match->number)
		return false;
	return !match->text || sock_device_is(snap, sock, match->text);
}

/* The source names netlink sockets "route:1234" or "route:kernel". */
static bool netlink_matches(const struct host_match *match, const struct snapshot *snap,
			    const struct sock *sock, bool remote)
{
	if (sock->proto != SOCK_PROTO_NETLINK || remote)
		return false;
	if (!match->any_number && sock->local_port != match->number)
		return false;
	if (!match->text)
		return true;
	const char *colon = strchr(snapshot_text(snap, sock->name, NULL), ':');
	return colon && !strcmp(colon + 1, strcmp(match->text, "0") ? match->text : "kernel");
}

bool host_match_is(const struct host_match *match, const struct snapshot *snap,
		   const struct sock *sock, bool remote)
{
	const struct addr *addr = remote ? &sock->remote : &sock->local;
	const uint16_t port = remote ? sock->remote_port : sock->local_port;

	switch (match->kind) {
	case HOST_MATCH_ANY:
		return true;
	case HOST_MATCH_INET:
		if (!sock_is_inet(sock) || (match->family && addr->family != match->family))
			return false;
		if (port < match->ports.low || port > match->ports.high)
			return false;
		return !match->addrs || addr_agrees(match, addr);
	case HOST_MATCH_UNIX:
		return unix_matches(match, snap, sock, remote);
	case HOST_MATCH_LINK:
		return link_matches(match, snap, sock, remote);
	case HOST_MATCH_NETLINK:
		return netlink_matches(match, snap, sock, remote);
	}
	return false;
}
