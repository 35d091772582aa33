/* SPDX-License-Identifier: MIT */
/* Which socket of the target a packet belongs to. */
#include "diagnose/target.h"
#include "core/sock.h"
#include "diagnose/symptom.h"

#include <stdio.h>

const struct place *target_place(const struct case_facts *facts, const struct path_hop **ret_hop)
{
	const struct path_hop *hop = path_target(&facts->forward);
	const struct place *place = hop ? &facts->places[hop->place] : NULL;

	if (!place || !(place->known & PLACE_SOCKETS))
		return NULL;
	*ret_hop = hop;
	return place;
}

bool is_open_socket(const struct place_socket *s)
{
	return s->proto == SOCK_PROTO_TCP ? s->state == SOCK_STATE_LISTEN
					  : s->proto == SOCK_PROTO_UDP && !s->remote_port;
}

static bool address_matches(const struct place_socket *s, const struct addr *dst)
{
	const bool v4 = addr_unmapped(dst).family == ADDR_IPV4;

	if (!addr_is_any(&s->local))
		return same_host(&s->local, dst);
	if (s->local.family == ADDR_IPV4)
		return v4;
	return !v4 || !(s->v6only || addr_is_mapped(&s->local));
}

bool socket_matches(const struct place_socket *s, const struct path_hop *hop, uint8_t proto)
{
	return s->proto == proto && is_open_socket(s) && s->local_port == hop->dst_port &&
	       (!s->device || s->device == hop->in_link) && address_matches(s, &hop->dst);
}

const struct place_socket *target_listener(const struct case_facts *facts)
{
	const struct path_hop *hop;
	const struct place *place = target_place(facts, &hop);
	const struct place_socket *best = NULL;

	for (size_t i = 0; place && i < place->n_sockets; i++) {
		const struct place_socket *s = &place->sockets[i];
		if (s->netns != place->netns && s->netns)
			continue;
		if (!socket_matches(s, hop, facts->asked.proto))
			continue;
		if (!best || (addr_is_any(&best->local) && !addr_is_any(&s->local)) ||
		    (!best->device && s->device))
			best = s;
	}
	return best;
}

void add_socket_evidence(struct findings *to, struct finding *f, const struct place *place,
			 const struct place_socket *s)
{
	char local[ADDR_TEXT_SIZE + 8], device[48] = "";

	addr_format_port(&s->local, s->local_port, local);
	if (s->device_name)
		snprintf(device, sizeof(device), " on device %s", s->device_name);
	finding_evidence(to, f, "sock_diag", "%s %s %s%s, Recv-Q %u, Send-Q %u",
			 sock_proto_name((enum sock_proto)s->proto),
			 sock_state_name((enum sock_state)s->state), local, device, s->recv_queue,
			 s->send_queue);
	for (unsigned i = 0; i < s->n_pids; i++) {
		const struct place_process *p = place_process(place, s->pids[i]);
		finding_evidence(to, f, "proc", "held by pid %u (%s)", s->pids[i],
				 p && p->comm ? p->comm : "?");
	}
}
