/* SPDX-License-Identifier: MIT */
/*
 * ss joins the default states of all kinds and families it was asked for, so `-u -4` shows other
 * UDP sockets than `-u`; scripts rely on it. Its -x and -0 choose families, not kinds.
 */
#include "commands/list_select.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/sock.h"

#include <string.h>
#include <sys/socket.h>

enum {
	STATES_NOT_CONNECTED = STATE_BIT(SOCK_STATE_LISTEN) | STATE_BIT(SOCK_STATE_CLOSE) |
			       STATE_BIT(SOCK_STATE_TIME_WAIT) | STATE_BIT(SOCK_STATE_SYN_RECV) |
			       STATE_BIT(SOCK_STATE_NEW_SYN_RECV) |
			       STATE_BIT(SOCK_STATE_BOUND_INACTIVE) |
			       STATE_BIT(SOCK_STATE_UNKNOWN),
	STATES_CONNECTED = STATES_ALL & ~STATES_NOT_CONNECTED,
	STATES_UNCONNECTED = STATE_BIT(SOCK_STATE_CLOSE) | STATE_BIT(SOCK_STATE_UNKNOWN),
};

static const struct {
	const char *word;
	uint32_t kinds;
} query_words[] = {
	{"all", LIST_ALL},
	{"inet", LIST_INET},
	{"tcp", LIST_TCP},
	{"udp", LIST_UDP},
	{"raw", LIST_RAW},
	{"unix", LIST_UNIX},
	{"unix_dgram", LIST_UNIX_DGRAM},
	{"u_dgr", LIST_UNIX_DGRAM},
	{"unix_stream", LIST_UNIX_STREAM},
	{"u_str", LIST_UNIX_STREAM},
	{"unix_seqpacket", LIST_UNIX_SEQPACKET},
	{"u_seq", LIST_UNIX_SEQPACKET},
	{"packet", LIST_PACKET},
	{"packet_raw", LIST_PACKET_RAW},
	{"p_raw", LIST_PACKET_RAW},
	{"packet_dgram", LIST_PACKET_DGRAM},
	{"p_dgr", LIST_PACKET_DGRAM},
	{"netlink", LIST_NETLINK},
};

static const struct {
	const char *word;
	uint32_t family;
	uint32_t kinds;
	uint32_t states;
} family_rows[] = {
	{"inet", LIST_IPV4, LIST_INET, STATES_CONNECTED},
	{"inet6", LIST_IPV6, LIST_INET, STATES_CONNECTED},
	{"unix", LIST_FAMILY_UNIX, LIST_UNIX, STATES_CONNECTED},
	{"link", LIST_FAMILY_PACKET, LIST_PACKET, STATES_UNCONNECTED},
	{"netlink", LIST_FAMILY_NETLINK, LIST_NETLINK, STATES_UNCONNECTED},
};

static const struct {
	uint32_t kinds, states;
} default_states[] = {
	{LIST_TCP | LIST_UNIX_STREAM | LIST_UNIX_SEQPACKET, STATES_CONNECTED},
	{LIST_UDP | LIST_RAW, STATE_BIT(SOCK_STATE_ESTABLISHED)},
	{LIST_UNIX_DGRAM | LIST_PACKET | LIST_NETLINK | LIST_OTHER, STATES_UNCONNECTED},
};

void list_select_begin_query(struct list_select *select)
{
	select->kinds = 0;
	if (!select->states)
		select->states = STATES_CONNECTED;
}

bool list_select_query(struct list_select *select, const char *word)
{
	const bool excluded = *word == '!';

	for (size_t i = 0; i < N_ELEMENTS(query_words); i++) {
		if (strcmp(query_words[i].word, word + excluded) != 0)
			continue;
		if (!excluded)
			select->kinds |= query_words[i].kinds;
		else
			select->kinds = (select->kinds ? select->kinds : (uint32_t)LIST_ALL) &
					~query_words[i].kinds;
		return true;
	}
	return false;
}

bool list_select_family(struct list_select *select, const char *word)
{
	for (size_t i = 0; i < N_ELEMENTS(family_rows); i++)
		if (!strcmp(family_rows[i].word, word)) {
			select->families |= family_rows[i].family;
			return true;
		}
	return false;
}

void list_select_listening(struct list_select *select)
{
	select->states = STATE_BIT(SOCK_STATE_LISTEN) | STATES_UNCONNECTED;
}

void list_select_all(struct list_select *select)
{
	select->states = STATES_ALL;
}

void list_select_bound(struct list_select *select)
{
	select->states |= STATE_BIT(SOCK_STATE_BOUND_INACTIVE);
}

void list_select_finish(struct list_select *select)
{
	const bool nothing_asked = !select->kinds && !select->families;
	uint32_t states = nothing_asked ? (uint32_t)STATES_CONNECTED : 0;

	for (size_t i = 0; i < N_ELEMENTS(default_states); i++)
		if (select->kinds & default_states[i].kinds)
			states |= default_states[i].states;
	if (nothing_asked)
		select->kinds = LIST_ALL;
	for (size_t i = 0; i < N_ELEMENTS(family_rows); i++)
		if (select->families & family_rows[i].family) {
			if (!(select->kinds & family_rows[i].kinds))
				select->kinds |= family_rows[i].kinds;
			states |= family_rows[i].states;
		}
	if (!select->states)
		select->states = states;
}

void list_select_narrow(const struct list_select *select, struct request *request)
{
	static const struct {
		uint32_t kinds, protos;
	} rows[] = {
		{LIST_TCP, PROTO_BIT(SOCK_PROTO_TCP)},
		{LIST_UDP, PROTO_BIT(SOCK_PROTO_UDP) | PROTO_BIT(SOCK_PROTO_UDPLITE)},
		{LIST_RAW, PROTO_BIT(SOCK_PROTO_RAW) | PROTO_BIT(SOCK_PROTO_ICMP)},
		{LIST_UNIX, PROTO_BIT(SOCK_PROTO_UNIX)},
		{LIST_PACKET, PROTO_BIT(SOCK_PROTO_PACKET)},
		{LIST_NETLINK, PROTO_BIT(SOCK_PROTO_NETLINK)},
		{LIST_OTHER, PROTO_BIT(SOCK_PROTO_OTHER)},
	};
	const uint32_t inet = select->families & (LIST_IPV4 | LIST_IPV6);

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (select->kinds & rows[i].kinds)
			request->protos |= rows[i].protos;
	request->states = select->states;
	request->ipv4 = !inet || inet & LIST_IPV4;
	request->ipv6 = !inet || inet & LIST_IPV6;
}

static uint32_t kind_of(const struct sock *sock)
{
	switch ((enum sock_proto)sock->proto) {
	case SOCK_PROTO_TCP:
		return LIST_TCP;
	case SOCK_PROTO_UDP:
	case SOCK_PROTO_UDPLITE:
		return LIST_UDP;
	case SOCK_PROTO_RAW:
	case SOCK_PROTO_ICMP:
		return LIST_RAW;
	case SOCK_PROTO_UNIX:
		if (sock->type == SOCK_STREAM)
			return LIST_UNIX_STREAM;
		return sock->type == SOCK_DGRAM ? LIST_UNIX_DGRAM : LIST_UNIX_SEQPACKET;
	case SOCK_PROTO_PACKET:
		return sock->type == SOCK_DGRAM ? LIST_PACKET_DGRAM : LIST_PACKET_RAW;
	case SOCK_PROTO_NETLINK:
		return LIST_NETLINK;
	case SOCK_PROTO_OTHER:
		return LIST_OTHER;
	}
	return LIST_OTHER;
}

bool list_select_matches(const struct list_select *select, const struct sock *sock)
{
	const uint32_t inet = select->families & (LIST_IPV4 | LIST_IPV6);

	if (!(select->kinds & kind_of(sock)) || !(select->states & STATE_BIT(sock->state)))
		return false;
	if (!inet || !sock_is_inet(sock))
		return true;
	return inet & (sock->local.family == ADDR_IPV4 ? LIST_IPV4 : LIST_IPV6);
}
