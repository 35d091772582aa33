/* SPDX-License-Identifier: MIT */
/* Fields of socket options: those in the socket record and those `list --tos` and co. ask for. */
#include "core/fields.h"
#include "core/facts.h"
#include "core/field_values.h"
#include "core/snapshot.h"
#include "core/sock.h"
#include "core/sock_extra.h"

static bool option(const struct sock *sock, enum sock_option bit, uint32_t nth, struct value *ret)
{
	if (nth || !(sock->options_known & bit))
		return false;
	return value_number(ret, (sock->options & bit) != 0);
}

/* A bit of struct sock: the title is the C name in lower case, as people search for it. */
#define OPTION(id, bit, facts, words)                                                              \
	static bool get_##id(const struct snapshot *snap, const struct sock *sock, uint32_t nth,   \
			     struct value *ret)                                                    \
	{                                                                                          \
		return option(sock, SOCK_OPTION_##bit, nth, ret);                                  \
	}                                                                                          \
	const struct field field_##id = {                                                          \
		.name = #id,                                                                       \
		.title = #id,                                                                      \
		.type = VALUE_BOOL,                                                                \
		.needs = (facts),                                                                  \
		.get = get_##id,                                                                   \
		.help = words,                                                                     \
	};

OPTION(v6only, V6ONLY, FACT_SOCKOPT, "takes no IPv4 traffic (IPV6_V6ONLY)")
OPTION(reuseaddr, REUSEADDR, FACT_REUSE, "SO_REUSEADDR is set")
OPTION(reuseport, REUSEPORT, FACT_REUSE, "SO_REUSEPORT is set")
OPTION(reuseport_program, REUSEPORT_PROG, FACT_REUSE,
       "a BPF program picks the member of its SO_REUSEPORT group")
OPTION(freebind, FREEBIND, FACT_SOCKOPT, "may bind addresses this host does not have (IP_FREEBIND)")
OPTION(transparent, TRANSPARENT, FACT_SOCKOPT, "takes traffic of other hosts (IP_TRANSPARENT)")
OPTION(bind_address_no_port, BIND_ADDRESS_NO_PORT, FACT_SOCKOPT,
       "bind() leaves the port to connect() (IP_BIND_ADDRESS_NO_PORT)")
OPTION(mptcp, MPTCP, 0, "is a subflow of a multipath TCP connection")
OPTION(bound_address, LOCK_ADDR, FACT_SOCKOPT, "bind() chose the local address")
OPTION(bound_port, LOCK_PORT, FACT_SOCKOPT, "bind() chose the local port")

static bool get_shutdown(const struct snapshot *snap, const struct sock *sock, uint32_t nth,
			 struct value *ret)
{
	const uint16_t both = SOCK_OPTION_SHUT_READ | SOCK_OPTION_SHUT_WRITE;
	const uint16_t shut = sock->options & both;

	if (nth || (sock->options_known & both) != both)
		return false;
	if (shut == both)
		return value_text(ret, "both");
	if (shut)
		return value_text(ret, shut == SOCK_OPTION_SHUT_READ ? "read" : "write");
	return value_text(ret, "none");
}

const struct field field_shutdown = {
	.name = "shutdown",
	.title = "Shutdown",
	.type = VALUE_TEXT,
	.get = get_shutdown,
	.help = "directions closed by shutdown(): none, read, write or both",
};

/* A member of struct sock_extra, known where @condition holds. */
#define EXTRA(id, heading, kind, facts, condition, number, words)                                  \
	static bool get_##id(const struct snapshot *snap, const struct sock *sock, uint32_t nth,   \
			     struct value *ret)                                                    \
	{                                                                                          \
		const struct sock_extra *extra = sock_extra(snap, sock);                             \
		return !nth && extra && (condition) && value_number(ret, (number));                \
	}                                                                                          \
	const struct field field_##id = {                                                          \
		.name = #id,                                                                       \
		.title = heading,                                                                  \
		.type = kind,                                                                      \
		.right = kind != VALUE_BOOL,                                                       \
		.needs = (facts),                                                                  \
		.get = get_##id,                                                                   \
		.help = words,                                                                     \
	};

EXTRA(tos, "TOS", VALUE_NUMBER, FACT_SOCKOPT, extra->has_tos, extra->tos,
      "type of service of its IPv4 packets (IP_TOS)")
EXTRA(tclass, "TClass", VALUE_NUMBER, FACT_SOCKOPT, extra->has_tclass, extra->tclass,
      "traffic class of its IPv6 packets (IPV6_TCLASS)")
EXTRA(class_id, "Class", VALUE_NUMBER, FACT_SOCKOPT, extra->class_id, extra->class_id,
      "net_cls class or socket priority")

/* Bits of struct inet_diag_sockopt in the order the kernel lays them out (linux/inet_diag.h). */
#define SOCKOPT(id, bit, words)                                                                    \
	EXTRA(id, #id, VALUE_BOOL, FACT_SOCKOPT, extra->has_sockopt, extra->sockopt >> (bit) & 1,  \
	      words)

SOCKOPT(recverr, 0, "IP_RECVERR is set")
SOCKOPT(hdrincl, 3, "IP_HDRINCL is set: the program writes IP headers itself")
SOCKOPT(mc_loop, 4, "IP_MULTICAST_LOOP is set")
SOCKOPT(mc_all, 6, "IP_MULTICAST_ALL is set")
SOCKOPT(nodefrag, 7, "IP_NODEFRAG is set")
SOCKOPT(recverr_rfc4884, 9, "IP_RECVERR_RFC4884 is set")
SOCKOPT(defer_connect, 10, "TCP Fast Open: connect() waits for the first data")

/* SK_MEMINFO_*, linux/sock_diag.h; the letters are those of `ss -m`. */
#define MEMORY(id, heading, index, kind, words)                                                    \
	EXTRA(id, heading, kind, FACT_SKMEM, extra->has_skmem, extra->skmem[index], words)

MEMORY(mem_recv, "Mem r", 0, VALUE_BYTES, "memory of data received and not read (skmem r)")
MEMORY(mem_recv_buffer, "Mem rb", 1, VALUE_BYTES, "receive buffer, SO_RCVBUF (skmem rb)")
MEMORY(mem_sent, "Mem t", 2, VALUE_BYTES, "memory of data handed to the network layer (skmem t)")
MEMORY(mem_send_buffer, "Mem tb", 3, VALUE_BYTES, "send buffer, SO_SNDBUF (skmem tb)")
MEMORY(mem_forward, "Mem f", 4, VALUE_BYTES, "memory reserved and not used (skmem f)")
MEMORY(mem_send_queue, "Mem w", 5, VALUE_BYTES, "memory of data waiting to be sent (skmem w)")
MEMORY(mem_options, "Mem o", 6, VALUE_BYTES, "memory of socket options (skmem o)")
MEMORY(mem_backlog, "Mem bl", 7, VALUE_BYTES, "memory of packets not yet processed (skmem bl)")
MEMORY(drops, "Drops", 8, VALUE_NUMBER, "packets dropped at this socket (skmem d)")

static bool get_congestion(const struct snapshot *snap, const struct sock *sock, uint32_t nth,
			   struct value *ret)
{
	const struct sock_extra *extra = sock_extra(snap, sock);

	return !nth && extra && value_text(ret, extra->congestion);
}

const struct field field_congestion = {
	.name = "congestion",
	.title = "Congestion",
	.type = VALUE_TEXT,
	.aliases = "cc",
	.needs = FACT_TCP_INFO,
	.get = get_congestion,
	.help = "congestion control: cubic, bbr, ...",
};

static bool get_ulp(const struct snapshot *snap, const struct sock *sock, uint32_t nth,
		    struct value *ret)
{
	const struct sock_extra *extra = sock_extra(snap, sock);

	return !nth && extra && value_text(ret, extra->ulp);
}

const struct field field_ulp = {
	.name = "ulp",
	.title = "ULP",
	.type = VALUE_TEXT,
	.needs = FACT_TCP_INFO,
	.get = get_ulp,
	.help = "upper layer protocol in the kernel: tls, mptcp, ...",
};
