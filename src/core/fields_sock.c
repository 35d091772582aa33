/* SPDX-License-Identifier: MIT */
/* Fields of the socket itself: protocol, state, queues, addresses, timer, identity. */
#include "base/auto.h"
#include "core/fields.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/field_values.h"
#include "core/link_names.h"
#include "core/snapshot.h"
#include "core/sock.h"
#include "core/sock_device.h"

#include <stdio.h>
#include <sys/socket.h>

#define GETTER(name)                                                                               \
	static bool get_##name(const struct snapshot *snap, const struct sock *sock,               \
			       uint32_t nth, struct value *ret)

GETTER(proto)
{
	return !nth && value_text(ret, sock_proto_name(sock->proto));
}

static const char *netid(const struct sock *sock)
{
	switch ((enum sock_proto)sock->proto) {
	case SOCK_PROTO_UNIX:
		if (sock->type == SOCK_STREAM)
			return "u_str";
		return sock->type == SOCK_DGRAM ? "u_dgr" : "u_seq";
	case SOCK_PROTO_PACKET:
		return sock->type == SOCK_DGRAM ? "p_dgr" : "p_raw";
	case SOCK_PROTO_NETLINK:
		return "nl";
	case SOCK_PROTO_TCP:
		return sock_option_is(sock, SOCK_OPTION_MPTCP) ? "mptcp" : "tcp";
	case SOCK_PROTO_UDPLITE:
		return "udplite";
	case SOCK_PROTO_UDP:
	case SOCK_PROTO_RAW:
	case SOCK_PROTO_ICMP:
	case SOCK_PROTO_OTHER:
		return sock_proto_name(sock->proto);
	}
	return "other";
}

GETTER(netid)
{
	return !nth && value_text(ret, netid(sock));
}

/* Words of ours are short and plain. */
static size_t put_word(const char *word, char *to)
{
	size_t n = 0;

	for (; word[n]; n++)
		to[n] = word[n];
	return n;
}

static size_t put_netid(const struct sock *sock, char *to)
{
	return put_word(netid(sock), to);
}

GETTER(family)
{
	const char *word = NULL;

	if (sock->local.family == ADDR_IPV4)
		word = "inet";
	else if (sock->local.family == ADDR_IPV6)
		word = "inet6";
	else if (sock->proto == SOCK_PROTO_UNIX)
		word = "unix";
	else if (sock->proto == SOCK_PROTO_PACKET)
		word = "packet";
	else if (sock->proto == SOCK_PROTO_NETLINK)
		word = "netlink";
	return !nth && value_text(ret, word);
}

GETTER(type)
{
	static const char *const words[] = {
		[SOCK_STREAM] = "stream", [SOCK_DGRAM] = "dgram", [SOCK_RAW] = "raw",
		[SOCK_RDM] = "rdm",	  [SOCK_SEQPACKET] = "seqpacket",
	};
	const bool known = sock->type < N_ELEMENTS(words);

	return !nth && value_text(ret, known ? words[sock->type] : NULL);
}

GETTER(state)
{
	return !nth && value_text(ret, sock_state_name(sock->state));
}

static size_t put_state(const struct sock *sock, char *to)
{
	return put_word(sock_state_name(sock->state), to);
}

GETTER(recv_queue)
{
	return !nth && value_number(ret, sock->recv_queue);
}

GETTER(send_queue)
{
	return !nth && value_number(ret, sock->send_queue);
}

static bool address(const struct addr *addr, uint32_t nth, struct value *ret)
{
	if (nth || addr->family == ADDR_NONE)
		return false;
	ret->addr = *addr;
	return true;
}

GETTER(local_address)
{
	return address(&sock->local, nth, ret);
}

GETTER(remote_address)
{
	return address(&sock->remote, nth, ret);
}

/* A port of 0 is none: raw sockets without a protocol, unconnected ends. */
GETTER(local_port)
{
	return !nth && sock->local_port && value_number(ret, sock->local_port);
}

GETTER(remote_port)
{
	return !nth && sock->remote_port && value_number(ret, sock->remote_port);
}

static bool path_text(const struct snapshot *snap, const struct sock *sock, struct value *ret)
{
	ret->text = snapshot_text(snap, sock->name, &ret->len);
	return ret->len > 0;
}

static bool endpoint(const struct addr *addr, uint16_t port, struct value *ret)
{
	_Static_assert(VALUE_SCRATCH_SIZE >= ADDR_TEXT_SIZE + 8, "an address and port must fit");
	if (port) {
		addr_format_port(addr, port, ret->scratch);
	} else {
		const bool brackets = addr->family == ADDR_IPV6;
		char text[ADDR_TEXT_SIZE];
		snprintf(ret->scratch, sizeof(ret->scratch), brackets ? "[%s]:*" : "%s:*",
			 addr_format(addr, text));
	}
	return value_scratch(ret);
}

/* "ip:eth0", "*:*": what a packet socket takes, and where. */
static bool packet_endpoint(const struct snapshot *snap, const struct sock *sock,
			    struct value *ret)
{
	enum { ETHERTYPE_ALL = 3 }; /* linux/if_ether.h */
	const char *device = sock_device_name(snap, sock);
	const char *name = ethertype_name(sock->local_port);
	char number[16], index[16];

	snprintf(number, sizeof(number), "0x%04x", sock->local_port);
	snprintf(index, sizeof(index), "if%u", sock->device);
	if (!sock->local_port || sock->local_port == ETHERTYPE_ALL)
		name = "*";
	if (!device)
		device = sock->device ? index : "*";
	snprintf(ret->scratch, sizeof(ret->scratch), "%s:%s", name ? name : number, device);
	return value_scratch(ret);
}

GETTER(local)
{
	if (nth)
		return false;
	if (sock_is_inet(sock))
		return endpoint(&sock->local, sock->local_port, ret);
	if (sock->proto == SOCK_PROTO_PACKET)
		return packet_endpoint(snap, sock, ret);
	return path_text(snap, sock, ret);
}

GETTER(remote)
{
	if (nth)
		return false;
	if (sock_is_inet(sock) && sock->remote.family != ADDR_NONE)
		return endpoint(&sock->remote, sock->remote_port, ret);
	const struct sock *peer = snapshot_sock_by_inode(snap, sock->peer);
	return peer && path_text(snap, peer, ret);
}

static size_t width_local(const struct sock *sock)
{
	return sock->local_port ? addr_port_width(&sock->local, sock->local_port) : 0;
}

static size_t put_local(const struct sock *sock, char *to)
{
	if (!sock_is_inet(sock) || !sock->local_port)
		return 0;
	return addr_put_port(&sock->local, sock->local_port, to);
}

static size_t put_remote(const struct sock *sock, char *to)
{
	if (!sock_is_inet(sock) || !sock->remote_port || sock->remote.family == ADDR_NONE)
		return 0;
	return addr_put_port(&sock->remote, sock->remote_port, to);
}

static size_t width_remote(const struct sock *sock)
{
	return sock->remote_port ? addr_port_width(&sock->remote, sock->remote_port) : 0;
}

GETTER(path)
{
	return !nth && sock->proto == SOCK_PROTO_UNIX && path_text(snap, sock, ret);
}

GETTER(peer_inode)
{
	return !nth && sock->peer && value_number(ret, sock->peer);
}

GETTER(device)
{
	if (nth || !sock->device)
		return false;
	if (value_text(ret, sock_device_name(snap, sock)))
		return true;
	snprintf(ret->scratch, sizeof(ret->scratch), "if%u", sock->device);
	return value_scratch(ret);
}

static const struct namespace *namespace_of(const struct snapshot *snap, const struct sock *sock)
{
	return sock->netns < snap->n_namespaces ? &snap->namespaces[sock->netns] : NULL;
}

GETTER(netns)
{
	const struct namespace *netns = namespace_of(snap, sock);

	if (nth || !netns)
		return false;
	if (value_text(ret, netns->name))
		return true;
	if (!netns->inode)
		return netns->is_self && value_text(ret, "self");
	snprintf(ret->scratch, sizeof(ret->scratch), "net:[%llu]",
		 (unsigned long long)netns->inode);
	return value_scratch(ret);
}

GETTER(netns_inode)
{
	const struct namespace *netns = namespace_of(snap, sock);

	return !nth && netns && netns->inode && value_number(ret, netns->inode);
}

GETTER(uid)
{
	return !nth && sock->uid != UINT32_MAX && value_number(ret, sock->uid);
}

GETTER(user)
{
	if (nth || sock->uid == UINT32_MAX)
		return false;
	if (value_text(ret, snapshot_user_name(snap, sock->uid)))
		return true;
	ret->scratch[format_u64(ret->scratch, sock->uid)] = '\0';
	return value_scratch(ret);
}

GETTER(inode)
{
	return !nth && sock->inode && value_number(ret, sock->inode);
}

GETTER(cookie)
{
	return !nth && sock->cookie && value_number(ret, sock->cookie);
}

GETTER(mark)
{
	return !nth && sock->mark && value_number(ret, sock->mark);
}

GETTER(cgroup)
{
	ret->text = snapshot_text(snap, sock->cgroup, &ret->len);
	return !nth && ret->len;
}

GETTER(timer)
{
	static const char *const words[] = {
		[SOCK_TIMER_RETRANS] = "retransmit",
		[SOCK_TIMER_KEEPALIVE] = "keepalive",
		[SOCK_TIMER_TIME_WAIT] = "timewait",
		[SOCK_TIMER_PROBE0] = "persist",
	};
	const bool known = sock->timer < N_ELEMENTS(words);

	return !nth && value_text(ret, known ? words[sock->timer] : NULL);
}

GETTER(timer_left)
{
	return !nth && sock->timer && value_seconds(ret, sock->timer_ms / 1000.0);
}

GETTER(retransmits)
{
	return !nth && sock->timer && value_number(ret, sock->retransmits);
}

#define ROW(id, ...) const struct field field_##id = {.name = #id, .get = get_##id, __VA_ARGS__};

ROW(netid, .title = "Netid", .type = VALUE_TEXT, .put = put_netid,
    .help = "kind of socket in ss's words: tcp, udp, u_str, u_dgr, nl, ...")
ROW(proto, .title = "Proto", .type = VALUE_TEXT, .aliases = "protocol",
    .help = "tcp, udp, udplite, raw, icmp, unix, packet, netlink or other")
ROW(family, .title = "Family", .type = VALUE_TEXT,
    .help = "address family: inet, inet6, unix, packet or netlink")
ROW(type, .title = "Type", .type = VALUE_TEXT, .aliases = "socktype",
    .help = "stream, dgram, seqpacket or raw")
ROW(state, .title = "State", .type = VALUE_TEXT, .put = put_state, .help = "state in ss's spelling: LISTEN, ESTAB ...")
ROW(recv_queue, .title = "Recv-Q", .type = VALUE_NUMBER, .right = true, .aliases = "recvq rq",
    .help = "bytes not yet read by the program; LISTEN: connections waiting for accept()")
ROW(send_queue, .title = "Send-Q", .type = VALUE_NUMBER, .right = true, .aliases = "sendq sq",
    .help = "bytes not yet acknowledged by the other side; LISTEN: the backlog")
ROW(local, .title = "Local", .type = VALUE_TEXT, .width = width_local, .put = put_local,
    .help = "local address and port; UNIX path; ethertype and device of a packet socket")
ROW(remote, .title = "Remote", .type = VALUE_TEXT, .width = width_remote, .put = put_remote, .aliases = "peer",
    .help = "remote address and port, or the path of a UNIX socket's other end")
ROW(local_address, .title = "Local Address", .type = VALUE_ADDRESS, .aliases = "laddr saddr",
    .help = "local address; 0.0.0.0 and :: are every address")
ROW(local_port, .title = "Port", .type = VALUE_PORT, .right = true, .aliases = "lport sport",
    .help = "local port; raw sockets: the IP protocol number")
ROW(remote_address, .title = "Peer Address", .type = VALUE_ADDRESS, .aliases = "raddr daddr",
    .help = "address of the other side")
ROW(remote_port, .title = "Port", .type = VALUE_PORT, .right = true, .aliases = "rport dport",
    .help = "port of the other side")
ROW(path, .title = "Path", .type = VALUE_TEXT,
    .help = "name of a UNIX socket; an abstract one starts with a NUL byte or '@'")
ROW(peer_inode, .title = "Peer Inode", .type = VALUE_NUMBER, .right = true,
    .help = "inode of the other end of a UNIX socket")
ROW(device, .title = "Device", .type = VALUE_TEXT, .aliases = "dev interface", .needs = FACT_HOST,
    .help = "interface the socket is bound to (SO_BINDTODEVICE)")
ROW(netns, .title = "Netns", .type = VALUE_TEXT, .help = "name of the network namespace")
ROW(netns_inode, .title = "Netns Inode", .type = VALUE_NUMBER, .right = true, .aliases = "netnsino",
    .help = "inode of the network namespace, as in /proc/PID/ns/net")
ROW(uid, .title = "Uid", .type = VALUE_NUMBER, .right = true,
    .help = "user id the socket was made by")
ROW(user, .title = "User", .type = VALUE_TEXT,
    .help = "name of the user the socket was made by; the number if it has no name")
ROW(inode, .title = "Inode", .type = VALUE_NUMBER, .right = true, .aliases = "ino",
    .help = "inode of the socket; none once no program has it open")
ROW(cookie, .title = "Cookie", .type = VALUE_NUMBER, .right = true, .aliases = "sk", .needs = FACT_COOKIE,
    .help = "the kernel's 64-bit id of the socket")
ROW(mark, .title = "Mark", .type = VALUE_NUMBER, .right = true, .aliases = "fwmark",
    .needs = FACT_SOCKOPT, .help = "firewall mark of its packets (SO_MARK)")
ROW(cgroup, .title = "Cgroup", .type = VALUE_TEXT, .needs = FACT_CGROUP,
    .help = "control group the socket was made in")
ROW(timer, .title = "Timer", .type = VALUE_TEXT,
    .help = "running timer: retransmit, keepalive, timewait or persist")
ROW(timer_left, .title = "Timer Left", .type = VALUE_SECONDS, .right = true,
    .aliases = "timer_expires", .help = "time until the timer fires; TIME-WAIT: until it is gone")
ROW(retransmits, .title = "Retrans", .type = VALUE_NUMBER, .right = true,
    .help = "unanswered retransmissions or probes so far")
