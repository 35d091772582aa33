/* SPDX-License-Identifier: MIT */
/* Later packets of the connection: what they meet that the first one did not. */
#include "sources/routes.h"
#include "sources/walk_hooks.h"

#include <netinet/in.h>
#include <string.h>

static void through_hop(struct walker *w, const struct path *path, unsigned i, struct packet *p)
{
	const struct path_hop *hop = &path->hops[i];
	const bool last = i + 1 == path->n || hop->end != PATH_GOES_ON;

	walk_conntrack_state(w, hop->place, p);
	p->src = hop->src;
	p->dst = hop->dst;
	p->src_port = hop->src_port;
	p->dst_port = hop->dst_port;
	if (hop->in_link) {
		walk_set_in(w, hop->place, hop->in_link, p);
		walk_hook(w, hop->place, "ingress", p);
		walk_hook(w, hop->place, "prerouting", p);
		if (hop->sent_dst.family) {
			p->dst = hop->sent_dst;
			p->dst_port = hop->sent_dst_port;
		}
		if (last && hop->end == PATH_DELIVERED) {
			walk_hook(w, hop->place, "input", p);
			return;
		}
		walk_set_out(w, hop->place, hop->out_link, p);
		walk_hook(w, hop->place, "forward", p);
	} else {
		walk_set_out(w, hop->place, hop->out_link, p);
		walk_hook(w, hop->place, "output", p);
	}
	walk_hook(w, hop->place, "postrouting", p);
	walk_hook(w, hop->place, "egress", p);
}

void walk_data(struct walker *w, const struct route_question *q)
{
	const struct attempt *a = case_subject(w->facts);
	const struct path *path = &w->facts->forward;

	if (!a || q->ip_proto != IPPROTO_TCP || !a->connected)
		return;
	struct packet p = {
		.ip_proto = IPPROTO_TCP, .tcp_flags = TCP_FLAG_ACK | TCP_FLAG_PSH, .ttl = 64,
		.tcp_options_known = true, .is_data = true, .reverse_path = -1, .uid = q->uid,
		.has_payload = true, .payload = a->n_first_sent ? a->first_sent : NULL,
		.payload_len = a->n_first_sent, .mark_known = true, .mark = q->mark,
	};
	if (place_setting_number(&w->facts->places[0], "net.ipv4.tcp_timestamps", 1))
		p.tcp_options |= TCP_HAS_TIMESTAMP;
	w->is_reply = false;
	w->direction = EVENT_FORWARD;
	for (unsigned i = 0; i < path->n; i++)
		through_hop(w, path, i, &p);
}
