/* SPDX-License-Identifier: MIT */
/* The words for protocols and states. */
#include "core/sock.h"
#include "base/auto.h"

#include <string.h>
#include <strings.h>

static const char *const proto_names[N_SOCK_PROTOS] = {
	[SOCK_PROTO_TCP] = "tcp",	  [SOCK_PROTO_UDP] = "udp",
	[SOCK_PROTO_UDPLITE] = "udplite", [SOCK_PROTO_RAW] = "raw",
	[SOCK_PROTO_UNIX] = "unix",	  [SOCK_PROTO_PACKET] = "packet",
	[SOCK_PROTO_NETLINK] = "netlink", [SOCK_PROTO_ICMP] = "icmp",
	[SOCK_PROTO_OTHER] = "other",
};

static const char *const state_names[N_SOCK_STATES] = {
	[SOCK_STATE_UNKNOWN] = "UNKNOWN",
	[SOCK_STATE_ESTABLISHED] = "ESTAB",
	[SOCK_STATE_SYN_SENT] = "SYN-SENT",
	[SOCK_STATE_SYN_RECV] = "SYN-RECV",
	[SOCK_STATE_FIN_WAIT1] = "FIN-WAIT-1",
	[SOCK_STATE_FIN_WAIT2] = "FIN-WAIT-2",
	[SOCK_STATE_TIME_WAIT] = "TIME-WAIT",
	[SOCK_STATE_CLOSE] = "UNCONN",
	[SOCK_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
	[SOCK_STATE_LAST_ACK] = "LAST-ACK",
	[SOCK_STATE_LISTEN] = "LISTEN",
	[SOCK_STATE_CLOSING] = "CLOSING",
	[SOCK_STATE_NEW_SYN_RECV] = "NEW-SYN-RECV",
	[SOCK_STATE_BOUND_INACTIVE] = "BOUND",
};

static const struct {
	const char *word;
	enum sock_state state;
} state_words[] = {
	{"established", SOCK_STATE_ESTABLISHED},
	{"estab", SOCK_STATE_ESTABLISHED},
	{"syn-sent", SOCK_STATE_SYN_SENT},
	{"syn-recv", SOCK_STATE_SYN_RECV},
	{"syn-rcv", SOCK_STATE_SYN_RECV},
	{"fin-wait-1", SOCK_STATE_FIN_WAIT1},
	{"fin-wait-2", SOCK_STATE_FIN_WAIT2},
	{"time-wait", SOCK_STATE_TIME_WAIT},
	{"unconnected", SOCK_STATE_CLOSE},
	{"unconn", SOCK_STATE_CLOSE},
	{"close", SOCK_STATE_CLOSE},
	{"closed", SOCK_STATE_CLOSE},
	{"close-wait", SOCK_STATE_CLOSE_WAIT},
	{"last-ack", SOCK_STATE_LAST_ACK},
	{"listening", SOCK_STATE_LISTEN},
	{"listen", SOCK_STATE_LISTEN},
	{"closing", SOCK_STATE_CLOSING},
	{"bound-inactive", SOCK_STATE_BOUND_INACTIVE},
	{"bound", SOCK_STATE_BOUND_INACTIVE},
};

const char *sock_proto_name(enum sock_proto proto)
{
	return (unsigned)proto < N_SOCK_PROTOS ? proto_names[proto] : "other";
}

const char *sock_state_name(enum sock_state state)
{
	return (unsigned)state < N_SOCK_STATES ? state_names[state] : "UNKNOWN";
}

const char *sock_state_word(enum sock_state state)
{
	for (size_t i = 0; i < N_ELEMENTS(state_words); i++)
		if (state_words[i].state == state)
			return state_words[i].word;
	return "unknown";
}

bool sock_state_parse(const char *text, enum sock_state *ret)
{
	for (size_t i = 0; i < N_ELEMENTS(state_words); i++)
		if (!strcasecmp(state_words[i].word, text)) {
			*ret = state_words[i].state;
			return true;
		}
	return false;
}

bool sock_is_open_port(const struct sock *sock)
{
	switch ((enum sock_proto)sock->proto) {
	case SOCK_PROTO_TCP:
		return sock->state == SOCK_STATE_LISTEN;
	case SOCK_PROTO_UDP:
	case SOCK_PROTO_UDPLITE:
		return sock->state == SOCK_STATE_CLOSE && sock->local_port;
	case SOCK_PROTO_RAW:
	case SOCK_PROTO_UNIX:
	case SOCK_PROTO_PACKET:
	case SOCK_PROTO_NETLINK:
	case SOCK_PROTO_ICMP:
	case SOCK_PROTO_OTHER:
		return false;
	}
	return false;
}
