/* SPDX-License-Identifier: MIT */
/* Fields of a connection's other end, where that is a socket of this machine. */
#include "core/fields.h"
#include "core/facts.h"
#include "core/pair.h"
#include "core/snapshot.h"
#include "core/sock.h"

/* +1: the field peer_X is the field X of the other end. */
#define PEER(id, of, facts, ...)                                                                   \
	extern const struct field field_##of;                                                      \
	static bool get_##id(const struct snapshot *snap, const struct sock *sock, uint32_t nth,   \
			     struct value *ret)                                                    \
	{                                                                                          \
		const struct sock *other = sock_pair(snap, sock);                                  \
		return other && field_##of.get(snap, other, nth, ret);                             \
	}                                                                                          \
	const struct field field_##id = {                                                          \
		.name = #id, .get = get_##id, .needs = FACT_PAIRS | (facts), __VA_ARGS__};

PEER(peer_pid, pid, FACT_OWNERS, .title = "Peer Pid", .type = VALUE_NUMBER, .multiple = true,
     .right = true, .help = "processes at the other end, where that is on this machine")
PEER(peer_comm, comm, FACT_OWNERS, .title = "Peer Comm", .type = VALUE_TEXT, .multiple = true,
     .help = "short names of the processes at the other end")
PEER(peer_unit, unit, FACT_OWNERS | FACT_PROCESSES, .title = "Peer Unit", .type = VALUE_TEXT,
     .multiple = true, .help = "systemd units of the other end")
PEER(peer_container, container, FACT_OWNERS | FACT_PROCESSES, .title = "Peer Container",
     .type = VALUE_TEXT, .multiple = true, .help = "ids of the containers at the other end")
PEER(peer_local, local, 0, .title = "Peer Local", .type = VALUE_TEXT,
     .help = "address and port that the other end has for itself: NAT may stand between")
PEER(peer_state, state, 0, .title = "Peer State", .type = VALUE_TEXT,
     .help = "state of the socket at the other end")
PEER(peer_netns, netns, 0, .title = "Peer Netns", .type = VALUE_TEXT,
     .help = "network namespace of the other end")
