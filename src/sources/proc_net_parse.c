/* SPDX-License-Identifier: MIT */
/* Lines of /proc/net into sockets; knows nothing of where the lines came from. */
#include "core/snapshot.h"
#include "sources/netlink_name.h"
#include "sources/proc_net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Reads left to right; after the first thing that is not there, .bad stays set. */
struct scan {
	const char *at, *end;
	bool bad;
};

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* At most @max digits of @base, at least one. */
static uint64_t digits(struct scan *scan, unsigned base, unsigned max)
{
	uint64_t number = 0;
	unsigned n = 0;

	for (; n < max && scan->at < scan->end; n++, scan->at++) {
		unsigned digit = (unsigned)digit_of(*scan->at);
		if (digit >= base)
			break;
		number = number * base + digit;
	}
	if (!n)
		scan->bad = true;
	return number;
}

static void skip_spaces(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at == ' ')
		scan->at++;
}

static uint64_t hex(struct scan *scan, unsigned max)
{
	skip_spaces(scan);
	return digits(scan, 16, max);
}

/* A sign (queues and drops may overflow into one) is read as no number at all: 0. */
static uint64_t decimal(struct scan *scan)
{
	skip_spaces(scan);
	if (scan->at < scan->end && *scan->at == '-') {
		scan->at++;
		digits(scan, 10, 19);
		return 0;
	}
	return digits(scan, 10, 19);
}

static void expect(struct scan *scan, char c)
{
	if (scan->at < scan->end && *scan->at == c)
		scan->at++;
	else
		scan->bad = true;
}

/* Addresses are printed as host-order words of network-order bytes: 8 digits, or 4 times 8. */
static void address(struct scan *scan, struct addr *ret)
{
	const char *start;
	size_t n = 0;

	skip_spaces(scan);
	for (start = scan->at; start + n < scan->end && digit_of(start[n]) < 16; n++)
		;
	if (n != 8 && n != 32) {
		scan->bad = true;
		return;
	}
	ret->family = n == 8 ? ADDR_IPV4 : ADDR_IPV6;
	for (size_t i = 0; i < n / 8; i++) {
		uint32_t word = (uint32_t)digits(scan, 16, 8);
		memcpy(ret->bytes + 4 * i, &word, sizeof(word));
	}
}

static const uint8_t types[N_SOCK_PROTOS] = {
	[SOCK_PROTO_TCP] = SOCK_STREAM,	   [SOCK_PROTO_UDP] = SOCK_DGRAM,
	[SOCK_PROTO_UDPLITE] = SOCK_DGRAM, [SOCK_PROTO_RAW] = SOCK_RAW,
	[SOCK_PROTO_ICMP] = SOCK_DGRAM,
};

/* "0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1681 ..." */
static void parse_inet(struct scan *scan, struct sock *sock)
{
	decimal(scan);
	expect(scan, ':');
	address(scan, &sock->local);
	expect(scan, ':');
	sock->local_port = (uint16_t)hex(scan, 4);
	address(scan, &sock->remote);
	expect(scan, ':');
	sock->remote_port = (uint16_t)hex(scan, 4);
	sock->state = (uint8_t)hex(scan, 2);
	sock->send_queue = (uint32_t)hex(scan, 8);
	expect(scan, ':');
	sock->recv_queue = (uint32_t)hex(scan, 8);
	sock->timer = (uint8_t)hex(scan, 2);
	expect(scan, ':');
	const uint64_t hundredths = hex(scan, 16); /* USER_HZ */
	sock->retransmits = (uint8_t)hex(scan, 8);
	sock->uid = (uint32_t)decimal(scan);
	decimal(scan); /* unanswered probes */
	sock->inode = (uint32_t)decimal(scan);
	if (sock->state >= N_SOCK_STATES)
		sock->state = SOCK_STATE_UNKNOWN;
	if (sock->timer > SOCK_TIMER_PROBE0)
		sock->timer = SOCK_TIMER_NONE;
	/* A timer that is overdue is printed as a negative number. */
	if (sock->timer && hundredths < UINT32_MAX / 10)
		sock->timer_ms = (uint32_t)hundredths * 10;
	if (sock->local.family != sock->remote.family)
		scan->bad = true;
}

/* "ffff88: 00000002 00000000 00010000 0001 01 20482 /run/x": pointer may be hidden: zeros. */
static void parse_unix(struct scan *scan, struct snapshot *snap, struct sock *sock)
{
	enum { ACCEPTS = 1 << 16, CONNECTING = 2, CONNECTED = 3 }; /* include/linux/net.h */

	hex(scan, 16);
	expect(scan, ':');
	hex(scan, 8); /* references */
	hex(scan, 8); /* protocol */
	const uint64_t flags = hex(scan, 8);
	sock->type = (uint8_t)hex(scan, 4);
	const uint64_t state = hex(scan, 2);
	sock->inode = (uint32_t)decimal(scan);
	sock->uid = UINT32_MAX;
	sock->state = flags & ACCEPTS	    ? SOCK_STATE_LISTEN
		      : state == CONNECTED  ? SOCK_STATE_ESTABLISHED
		      : state == CONNECTING ? SOCK_STATE_SYN_SENT
					    : SOCK_STATE_CLOSE;
	if (scan->bad || scan->at == scan->end)
		return;
	expect(scan, ' ');
	char name[128];
	const size_t len = (size_t)(scan->end - scan->at);
	if (len > sizeof(name)) { /* longer than any sun_path: this is no such line */
		scan->bad = true;
		return;
	}
	memcpy(name, scan->at, len);
	if (len && name[0] == '@') /* how an abstract name's NUL is printed */
		name[0] = '\0';
	sock->name = snapshot_text_id(snap, name, len);
}

/* "ffff88 3      3    0003   2     1 0      0      30163" */
static void parse_packet(struct scan *scan, struct sock *sock)
{
	hex(scan, 16);
	decimal(scan); /* references */
	sock->type = (uint8_t)decimal(scan);
	sock->local_port = (uint16_t)hex(scan, 4);
	sock->device = (uint32_t)decimal(scan);
	decimal(scan); /* running */
	sock->recv_queue = (uint32_t)decimal(scan);
	sock->uid = (uint32_t)decimal(scan);
	sock->inode = (uint32_t)decimal(scan);
	sock->state = SOCK_STATE_CLOSE;
}

/* "ffff88 0   1234       00000000 0        0        0     2        0        1234" */
static void parse_netlink(struct scan *scan, struct snapshot *snap, struct sock *sock)
{
	hex(scan, 16);
	sock->local_port = (uint16_t)decimal(scan);
	const uint32_t portid = (uint32_t)decimal(scan);
	hex(scan, 8); /* groups */
	sock->recv_queue = (uint32_t)decimal(scan);
	sock->send_queue = (uint32_t)decimal(scan);
	decimal(scan); /* dump running */
	decimal(scan); /* references */
	decimal(scan); /* drops */
	sock->inode = (uint32_t)decimal(scan);
	sock->uid = UINT32_MAX;
	sock->type = SOCK_RAW;
	sock->state = SOCK_STATE_CLOSE;
	if (!scan->bad)
		sock->name = netlink_name(snap, sock->local_port, portid);
}

int proc_net_parse(const char *line, size_t len, enum sock_proto proto, struct snapshot *snap,
		   struct sock *ret)
{
	struct scan scan = {.at = line, .end = line + len};

	ret->proto = (uint8_t)proto;
	ret->type = types[proto];
	switch (proto) {
	case SOCK_PROTO_TCP:
	case SOCK_PROTO_UDP:
	case SOCK_PROTO_UDPLITE:
	case SOCK_PROTO_RAW:
	case SOCK_PROTO_ICMP:
		parse_inet(&scan, ret);
		break;
	case SOCK_PROTO_UNIX:
		parse_unix(&scan, snap, ret);
		break;
	case SOCK_PROTO_PACKET:
		parse_packet(&scan, ret);
		break;
	case SOCK_PROTO_NETLINK:
		parse_netlink(&scan, snap, ret);
		break;
	case SOCK_PROTO_OTHER:
		return -EBADMSG;
	}
	return scan.bad ? -EBADMSG : 0;
}
