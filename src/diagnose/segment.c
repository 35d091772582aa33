/* SPDX-License-Identifier: MIT */
/* What blocks the segment between two hops: bridge ports, overlays, macvlan, the far interface. */
#include "diagnose/drops.h"
#include "diagnose/link_case.h"
#include "diagnose/rule.h"

#include <linux/neighbour.h>
#include <string.h>

static struct finding *start_segment(const struct link_case *c, enum cause cause,
				     const struct place *place, struct findings *to)
{
	struct finding *f = link_finding(c, cause, PROOF_KERNEL, place, to);
	const struct neighbour *n = place_neighbour(c->place, c->hop->out_link, &c->hop->next_hop);

	if (f) /* that the neighbour did not answer shows that the segment does not carry */
		f->inferred = !(n && n->state & (NUD_FAILED | NUD_INCOMPLETE)) &&
			      !shown_at(c->facts, place);
	return f;
}

void segment_obstacle(const struct link_case *c, struct findings *to)
{
	const char *reason = c->hop->reason ? c->hop->reason : "";
	const char *name = c->stop ? c->stop->name : "?";
	const char *where = place_label(to, c->facts, c->stop_place);
	struct finding *f;

	if (!strcmp(reason, "port-isolated") || !strcmp(reason, "port-blocked")) {
		f = start_segment(c, CAUSE_SWITCH_PORT_BLOCKED, c->stop_place, to);
		finding_says(to, f, "Bridge port %s in %s %s.", name, where,
			     reason[5] == 'i' ? "is isolated, and so is the one the frames come from"
					      : "is not forwarding (STP)");
		for (size_t i = 0; i < c->stop_place->n_links; i++) {
			const struct link_facts *l = &c->stop_place->links[i];
			if (l->port_isolated || (*l->slave_kind && l->port_state != 3))
				finding_evidence(to, f, "bridge", "port %s: %s, state %u", l->name,
						 l->port_isolated ? "isolated" : "not isolated",
						 l->port_state);
		}
		finding_fix(to, f, "bridge link set dev %s isolated off (or state 3)", name);
	} else if (!strcmp(reason, "vni") || !strcmp(reason, "vxlan-port")) {
		f = start_segment(c, CAUSE_OVERLAY_MISMATCH, c->stop_place, to);
		finding_says(to, f, "The two ends of the VXLAN disagree: %s has VNI %u port %u, %s in %s "
				    "has VNI %u port %u.", c->out->name, c->out->vni,
			     c->out->vxlan_port, name, where, c->stop ? c->stop->vni : 0,
			     c->stop ? c->stop->vxlan_port : 0);
		finding_evidence(to, f, "link", "%s vxlan id %u, %s vxlan id %u", c->out->name,
				 c->out->vni, name, c->stop ? c->stop->vni : 0);
		const struct kernel_event *drop = find_drop(c->facts, 0, NULL, "VXLAN_VNI_NOT_FOUND");
		if (drop)
			drop_evidence(to, f, drop);
		finding_fix(to, f, "give both ends the same VXLAN id and port");
	} else if (!strcmp(reason, "macvlan")) {
		f = start_segment(c, CAUSE_MACVLAN_ISOLATION, c->place, to);
		const bool child = !strcmp(c->out->kind, "macvlan");
		finding_says(to, f, "A host and its own macvlan child cannot talk to each other: %s has %s on "
				    "%s in %s.", child ? c->out->name : name, child ? "a way to" : "its address",
			     c->next, where);
		finding_evidence(to, f, "link", "macvlan %s over %s, the other end is in %s",
				 child ? c->out->name : name, child ? name : c->out->name, where);
		finding_fix(to, f, "give the host a macvlan of its own in bridge mode, or use a bridge");
	} else if (!strcmp(reason, "link-down") && c->stop != c->out) {
		f = start_segment(c, CAUSE_INTERFACE_DOWN, c->stop_place, to);
		finding_says(to, f, "Interface %s in %s is down.", name, where);
		finding_evidence(to, f, "link", "%s is administratively DOWN", name);
		finding_fix(to, f, "ip link set %s up there", name);
	}
}
