/* SPDX-License-Identifier: MIT */
/* What each rule says in one sentence, and the kernel function that enforces it. */
#include "model/rules.h"

#include <string.h>

struct saying {
	const char *says, *kernel;
};

static const char *const ids[N_MODEL_RULES] = {
#define X(name, id) [MODEL_RULE_##name] = id,
	MODEL_RULES(X)
#undef X
};

#define ROW(rule, text, where) [MODEL_RULE_##rule] = {.says = text, .kernel = where}

static const struct saying sayings[N_MODEL_RULES] = {
	ROW(OK, "nothing stands against it", ""),
	ROW(FAMILY, "the address is of another family than the socket", "__inet_bind"),
	ROW(NOT_LOCAL, "no interface of this host has the address", "inet_addr_valid_or_nonlocal"),
	ROW(NONLOCAL, "foreign addresses may be bound (ip_nonlocal_bind, IP_FREEBIND, IP_TRANSPARENT)",
	    "inet_can_nonlocal_bind"),
	ROW(SYSTEM_PORT, "ports below ip_unprivileged_port_start need CAP_NET_BIND_SERVICE",
	    "inet_port_requires_bind_service"),
	ROW(ALREADY_BOUND, "the socket has a port or a connection already", "__inet_bind"),
	ROW(MULTICAST_STREAM, "a stream socket can not have an IPv6 multicast address",
	    "__inet6_bind"),
	ROW(MAPPED_V6ONLY, "an IPV6_V6ONLY socket can not use an IPv4-mapped address",
	    "__inet6_bind"),
	ROW(SCOPE, "a link-local address needs a device", "__inet6_bind"),
	ROW(DEVICE_UNKNOWN, "the socket is bound to a device that does not exist", "__inet6_bind"),
	ROW(DEVICE_ADDRESS, "a link-local or host-scope address must be on the socket's own device",
	    "ipv6_chk_addr"),
	ROW(BIND_NO_PORT, "IP_BIND_ADDRESS_NO_PORT: the address is taken, the port comes at connect()",
	    "__inet_bind"),
	ROW(PORT_FREE, "nobody who overlaps holds the port", "inet_csk_get_port"),
	ROW(PORT_IN_USE, "both would have to allow sharing by the same option", "inet_bind_conflict"),
	ROW(CONNECTION_HOLDS, "a connection holds its local port like a bound socket",
	    "inet_bind_conflict"),
	ROW(TIME_WAIT_HOLDS, "a TIME_WAIT entry holds its port against sockets that do not share",
	    "inet_bind_conflict"),
	ROW(REUSEADDR, "both have SO_REUSEADDR and the other one does not listen",
	    "inet_bind_conflict"),
	ROW(REUSEADDR_LISTEN, "SO_REUSEADDR never shares with a socket that listens",
	    "inet_bind_conflict"),
	ROW(REUSEPORT, "both have SO_REUSEPORT and the same user", "inet_bind_conflict"),
	ROW(REUSEPORT_UID, "SO_REUSEPORT shares only among sockets of one user",
	    "inet_bind_conflict"),
	ROW(REUSEPORT_PROGRAM, "a socket that has its SO_REUSEPORT group already (program attached) "
	    "can not join a port by SO_REUSEPORT", "inet_bind_conflict"),
	ROW(REUSEPORT_TIME_WAIT, "a TIME_WAIT entry has no user: SO_REUSEPORT shares with it",
	    "inet_bind_conflict"),
	ROW(DEVICE_APART, "sockets bound to different devices do not meet", "inet_bind_conflict"),
	ROW(ADDRESS_APART, "different addresses do not meet", "inet_rcv_saddr_equal"),
	ROW(WILDCARD, "the wildcard address overlaps every address of its family",
	    "inet_rcv_saddr_equal"),
	ROW(DUAL_STACK, "an IPv6 wildcard without IPV6_V6ONLY covers IPv4 too",
	    "ipv6_rcv_saddr_equal"),
	ROW(V6ONLY_APART, "an IPV6_V6ONLY socket does not meet IPv4", "ipv6_rcv_saddr_equal"),
	ROW(DUMMY_ADDRESS, "a dual-stack socket connected over IPv6 counts as IPv4 127.0.0.6",
	    "inet_rcv_saddr_equal"),
	ROW(VRF_APART, "each VRF has ports of its own for TCP", "inet_bind_bucket_match"),
	ROW(PORT_MEMORY, "the port remembers a SO_REUSEPORT user who covers this address; nobody "
	    "else is looked at", "sk_reuseport_match"),
	ROW(REUSE_MEMORY, "the port remembers that all on it had SO_REUSEADDR (before 6.8)",
	    "inet_csk_get_port"),
	ROW(LISTEN_RECHECK, "listen() checks the port again, with today's options and states",
	    "inet_csk_listen_start"),
	ROW(LISTEN_STATE, "the socket is connected, or its failed connect() was not collected",
	    "__inet_listen_sk"),
	ROW(NOT_STREAM, "only stream sockets listen and accept", "inet_listen"),
	ROW(GROUP_BUSY, "the socket still belongs to another SO_REUSEPORT group",
	    "reuseport_add_sock"),
	ROW(PORT_RELEASED, "a port that bind() did not name is given back when the socket closes",
	    "tcp_set_state"),
	ROW(ADDRESS_RELEASED, "an address that bind() did not name is given back on disconnect",
	    "inet_bhash2_reset_saddr"),
	ROW(AUTOBIND_PARITY, "bind() to port 0 prefers the parity that connect() does not",
	    "inet_csk_find_open_port"),
	ROW(AUTOBIND_HALF, "with SO_REUSEADDR the lower half of the range is tried first",
	    "inet_csk_find_open_port"),
	ROW(AUTOBIND_NO_SHARE, "a port chosen by the kernel is never shared",
	    "inet_csk_find_open_port"),
	ROW(AUTOBIND_REUSE, "ip_autobind_reuse lets a full range be shared by SO_REUSEADDR",
	    "inet_csk_find_open_port"),
	ROW(AUTOBIND_EXHAUSTED, "no port of the range is free", "inet_csk_find_open_port"),
	ROW(RESERVED_PORT, "ip_local_reserved_ports are never chosen by the kernel",
	    "inet_is_local_reserved_port"),
	ROW(SOCKET_RANGE, "IP_LOCAL_PORT_RANGE narrows the range of this socket",
	    "inet_sk_get_local_port_range"),
	ROW(NO_ROUTE, "there is no way to the address", "ip_route_connect"),
	ROW(SOURCE_ADDRESS, "the own address can not be a source for this destination",
	    "ip_route_output_key_hash"),
	ROW(ALREADY_CONNECTED, "the socket listens or is connected", "__inet_stream_connect"),
	ROW(CONNECT_PARITY, "connect() prefers ports of the parity of the range's start",
	    "__inet_hash_connect"),
	ROW(CONNECT_SHARES, "connect() shares a port only among ports that connect() chose",
	    "__inet_hash_connect"),
	ROW(CONNECT_RETURNS, "a port left by its bind()ers can be shared by connect() again",
	    "inet_bind_bucket_destroy"),
	ROW(CONNECT_EXHAUSTED, "no port of the range is free for this destination",
	    "__inet_hash_connect"),
	ROW(TUPLE_TAKEN, "a connection between these two ends exists", "__inet_check_established"),
	ROW(TUPLE_DEVICE, "a connection bound to another device does not count",
	    "__inet_check_established"),
	ROW(TIME_WAIT_REUSE, "the TIME_WAIT entry of the old connection may be taken over",
	    "tcp_twsk_unique"),
	ROW(SELF_CONNECT, "the socket connects to itself", "tcp_rcv_synsent_state_process"),
	ROW(REFUSED, "nobody listens there", "tcp_v4_send_reset"),
	ROW(NO_CONNECTION, "no connection waits", "inet_csk_accept"),
	ROW(OPTION, "the option can not be set now", "do_ipv6_setsockopt"),
	ROW(UDP_BIND_ORDER, "the newest overlapping socket of the port decides", "udp_lib_lport_inuse"),
	ROW(UDP_LONG_CHAIN, "with more than 10 sockets in the slot only equal addresses and "
	    "wildcards are looked at", "udp_lib_get_port"),
	ROW(UDP_AUTOBIND, "a UDP socket gets any port of the range that nobody blocks",
	    "udp_lib_get_port"),
	ROW(UDP_REHASH, "a UDP socket whose address or device changes leaves its group",
	    "udp_lib_rehash"),
	ROW(UDP_BROADCAST, "broadcast needs SO_BROADCAST", "__ip4_datagram_connect"),
	ROW(ESTABLISHED_FIRST, "the connection with exactly these two ends comes first",
	    "__inet_lookup_established"),
	ROW(NEWEST_FIRST, "among equals the newest comes first", "__inet_lookup_established"),
	ROW(DEVICE_MATCH, "a socket bound to a device hears only that device",
	    "inet_sk_bound_dev_eq"),
	ROW(TIME_WAIT_SYN, "a new SYN ends TIME_WAIT when somebody listens",
	    "tcp_timewait_state_process"),
	ROW(EXACT_FIRST, "a listener on the exact address comes before one on the wildcard",
	    "__inet_lookup_listener"),
	ROW(LISTENER, "the listener of the port", "inet_lhash2_lookup"),
	ROW(SCORE_DEVICE, "a listener bound to the device scores a point more", "compute_score"),
	ROW(SCORE_FAMILY, "an IPv4 listener scores a point more for IPv4", "compute_score"),
	ROW(SCORE_CPU, "a socket last used on this CPU (SO_INCOMING_CPU) scores a point more",
	    "compute_score"),
	ROW(REUSEPORT_HASH, "a hash of the connection picks a member of the SO_REUSEPORT group",
	    "reuseport_select_sock"),
	ROW(REUSEPORT_ENDS, "a SO_REUSEPORT listener that leads ends the search",
	    "inet_lhash2_lookup"),
	ROW(REUSEPORT_TAIL, "an IPv6 SO_REUSEPORT listener goes to the end of the chain",
	    "__inet_hash"),
	ROW(REUSEPORT_CPU, "SO_INCOMING_CPU picks the member of the group",
	    "reuseport_select_sock_by_hash"),
	ROW(REUSEPORT_STEERED, "a BPF program picks the member of the group",
	    "reuseport_select_sock"),
	ROW(NO_LISTENER, "nobody listens there: RST", "tcp_v4_rcv"),
	ROW(UDP_TUPLE_TABLE, "a connected UDP socket is found by both ends", "udp4_lib_lookup4"),
	ROW(UDP_SCORE, "the UDP socket that matches most", "udp4_lib_lookup2"),
	ROW(UDP_CONNECTED, "a connected UDP socket hears only its peer", "compute_score"),
	ROW(UDP_FALLBACK, "the chain of the port is searched last", "udp4_lib_lookup1"),
	ROW(UDP_MULTICAST, "every matching socket gets a copy", "__udp4_lib_mcast_deliver"),
	ROW(MULTICAST_ALL, "IP_MULTICAST_ALL: groups that others joined are heard too",
	    "ip_mc_sf_allow"),
	ROW(EARLY_REGROUP, "a single match found early may be replaced by another of its group",
	    "udp_v4_early_demux"),
	ROW(NO_SOCKET, "no socket has the port: port unreachable", "__udp4_lib_rcv"),
};

struct model_rule_row model_rule_row(enum model_rule rule)
{
	return (struct model_rule_row){
		.id = ids[rule],
		.says = sayings[rule].says,
		.kernel = sayings[rule].kernel,
	};
}

const char *model_rule_id(enum model_rule rule)
{
	return ids[rule];
}

bool model_rule_is_switchable(enum model_rule rule)
{
	return rule != MODEL_RULE_OK && rule != MODEL_RULE_PORT_FREE &&
	       rule != MODEL_RULE_NO_ROUTE && rule != MODEL_RULE_AUTOBIND_EXHAUSTED &&
	       rule != MODEL_RULE_CONNECT_EXHAUSTED && rule != MODEL_RULE_NO_CONNECTION &&
	       rule != MODEL_RULE_GROUP_BUSY && rule != MODEL_RULE_OPTION;
}

int model_rule_find(const char *id)
{
	for (int i = 0; i < N_MODEL_RULES; i++)
		if (!strcmp(ids[i], id))
			return i;
	return -1;
}
