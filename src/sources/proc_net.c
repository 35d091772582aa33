/* SPDX-License-Identifier: MIT */
/* Reads the files of /proc/net that belong to a protocol, and keeps what the request wants. */
#include "sources/proc_net.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "sources/dump.h"
#include "sources/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Per protocol: the file of IPv4 (or the only one) and that of IPv6. */
static const struct {
	const char *name, *name6;
	const char *counted, *counted6; /* in /proc/net/protocols */
	const char *blind;
} files[N_SOCK_PROTOS] = {
	[SOCK_PROTO_TCP] = {"tcp", "tcp6", "TCP", "TCPv6",
			    "bound but unconnected sockets, backlogs, cookies, bound devices"},
	[SOCK_PROTO_UDP] = {"udp", "udp6", "UDP", "UDPv6", "cookies, bound devices"},
	[SOCK_PROTO_UDPLITE] = {"udplite", "udplite6", "UDP-Lite", "UDPLITEv6",
				"cookies, bound devices"},
	[SOCK_PROTO_RAW] = {"raw", "raw6", "RAW", "RAWv6", NULL},
	[SOCK_PROTO_ICMP] = {"icmp", "icmp6", "PING", "PINGv6", NULL},
	[SOCK_PROTO_UNIX] = {"unix", NULL, NULL, NULL, "peers, queues, users, cookies"},
	[SOCK_PROTO_PACKET] = {"packet", NULL, "PACKET", NULL, NULL},
	[SOCK_PROTO_NETLINK] = {"netlink", NULL, NULL, NULL, NULL},
};

const char *proc_net_blind_spots(enum sock_proto proto)
{
	return files[proto].blind;
}

struct reading {
	struct dump *dump;
	enum sock_proto proto;
	size_t first;
	unsigned n_lines;
};

static bool wanted(const struct request *request, const struct sock *sock)
{
	if (request->local_port && sock_is_inet(sock) && sock->local_port != request->local_port)
		return false;
	return sock->proto != SOCK_PROTO_TCP || request->states & STATE_BIT(sock->state);
}

/* The kernel prints a newline in a UNIX name as it is: the name goes on in the next line. */
static void continue_name(struct reading *reading, const char *line, size_t len)
{
	struct snapshot *snap = reading->dump->snap;
	struct sock *sock = &snap->socks[snap->n_socks - 1];
	char name[128];
	size_t old_len;
	const char *old = snapshot_text(snap, sock->name, &old_len);

	if (old_len + 1 + len > sizeof(name))
		return;
	memcpy(name, old, old_len);
	name[old_len] = '\n';
	memcpy(name + old_len + 1, line, len);
	sock->name = snapshot_text_id(snap, name, old_len + 1 + len);
}

static int add_line(const char *line, size_t len, void *data)
{
	struct reading *reading = data;
	struct snapshot *snap = reading->dump->snap;

	if (!reading->n_lines++) /* the headings */
		return 0;
	struct sock *sock = snapshot_add_sock(snap);
	if (!sock)
		return -ENOMEM;
	if (!proc_net_parse(line, len, reading->proto, snap, sock) &&
	    wanted(reading->dump->request, sock)) {
		sock->netns = reading->dump->netns;
		return 0;
	}
	const bool bad = !sock->inode && !sock->state;
	snap->n_socks--;
	if (bad && reading->proto == SOCK_PROTO_UNIX && snap->n_socks > reading->first)
		continue_name(reading, line, len);
	return 0;
}

static int read_file(struct reading *reading, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	reading->n_lines = 0;
	int err = lines_read(path, add_line, reading);
	if (err)
		reading->dump->snap->n_socks = reading->first;
	return err;
}

int proc_net_dump(struct dump *dump, enum sock_proto proto)
{
	struct reading reading = {.dump = dump, .proto = proto, .first = dump->snap->n_socks};
	const bool one = !files[proto].name6;
	int err = one || dump->request->ipv4 ? read_file(&reading, files[proto].name) : 0;

	if (err || one || !dump->request->ipv6)
		return err;
	err = read_file(&reading, files[proto].name6);
	return err == -ENOENT ? 0 : err; /* IPv6 is switched off */
}

struct counting {
	uint32_t *counts, *mptcp;
};

static void count(uint32_t *to, uint32_t n)
{
	*to = *to == UINT32_MAX ? n : *to + n;
}

/* "UDPv6     1472      3       0   NI ..." */
static int count_line(const char *line, size_t len, void *data)
{
	const struct counting *counting = data;
	char name[32], size[16];
	unsigned sockets;
	char copy[64] = "";

	memcpy(copy, line, len < sizeof(copy) ? len : sizeof(copy) - 1);
	if (sscanf(copy, "%31s %15s %u", name, size, &sockets) != 3)
		return 0;
	if (!strcmp(name, "MPTCP") || !strcmp(name, "MPTCPv6"))
		count(counting->mptcp, sockets);
	for (size_t i = 0; i < N_SOCK_PROTOS; i++)
		if ((files[i].counted && !strcmp(name, files[i].counted)) ||
		    (files[i].counted6 && !strcmp(name, files[i].counted6)))
			count(&counting->counts[i], sockets);
	return 0;
}

void proc_net_counts(uint32_t ret_counts[N_SOCK_PROTOS], uint32_t *ret_mptcp)
{
	struct counting counting = {ret_counts, ret_mptcp};

	memset(ret_counts, 0xff, N_SOCK_PROTOS * sizeof(*ret_counts));
	*ret_mptcp = UINT32_MAX;
	lines_read("/proc/thread-self/net/protocols", count_line, &counting);
}

struct sockstat {
	uint32_t orphans, time_waits, allocated;
};

/* "TCP: inuse 5 orphan 0 tw 3 alloc 9 mem 0" */
static int sockstat_line(const char *line, size_t len, void *data)
{
	struct sockstat *stat = data;
	char copy[96] = "";

	memcpy(copy, line, len < sizeof(copy) ? len : sizeof(copy) - 1);
	sscanf(copy, "TCP: inuse %*u orphan %u tw %u alloc %u", &stat->orphans, &stat->time_waits,
	       &stat->allocated);
	return 0;
}

static struct sockstat read_sockstat(void)
{
	struct sockstat stat = {UINT32_MAX, UINT32_MAX, 0};

	lines_read("/proc/thread-self/net/sockstat", sockstat_line, &stat);
	return stat;
}

uint32_t proc_net_time_waits(void)
{
	return read_sockstat().time_waits;
}

bool proc_net_has_unowned(void)
{
	const struct sockstat stat = read_sockstat();

	return stat.orphans || stat.time_waits;
}

uint32_t proc_net_tcp_allocated(void)
{
	return read_sockstat().allocated;
}
