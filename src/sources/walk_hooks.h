/* SPDX-License-Identifier: MIT */
/* The packet on the walk and the firewall hooks it meets; for walk.c. */
#ifndef BERTH_SOURCES_WALK_HOOKS_H
#define BERTH_SOURCES_WALK_HOOKS_H

#include "core/case.h"
#include "core/nft.h"
#include "core/packet.h"

struct bridge_passed;
struct firewalls;
struct route_question;
struct segment_end;
struct world;

enum { N_TRANSLATIONS = 8 };

/* NAT that the packet met: undone on the way back, in the same place only. */
struct translation {
	unsigned place;
	struct addr src, dst, new_src, new_dst;
	uint16_t src_port, dst_port, new_src_port, new_dst_port;
};

struct walker {
	struct case_facts *facts;
	struct world *world;
	struct firewalls *firewalls;
	bool everywhere; /* other namespaces may be looked at */
	bool is_reply;
	enum event_direction direction;
	struct translation translations[N_TRANSLATIONS];
	unsigned n_translations;
	struct addr new_source; /* that connection tracking gives at this place; ADDR_NONE: not known */
};

/* The cgroup of version 2 of the process whose call it is: "/a/b"; NULL: not known. */
const char *walk_cgroup(struct case_facts *facts);

/* The packet as the asker's program makes it. */
void walk_first_packet(struct walker *w, const struct route_question *q, struct packet *ret);
/* Interfaces of the packet in a place. */
void walk_set_in(struct walker *w, unsigned place, uint32_t link, struct packet *p);
void walk_set_out(struct walker *w, unsigned place, uint32_t link, struct packet *p);
/* What connection tracking of the place thinks of it. */
void walk_conntrack_state(struct walker *w, unsigned place, struct packet *p);

enum nft_fate walk_hook(struct walker *w, unsigned place, const char *hook, struct packet *p);
/* These two may translate the destination, which is remembered. */
enum nft_fate walk_prerouting(struct walker *w, unsigned place, struct packet *p);
enum nft_fate walk_output(struct walker *w, unsigned place, struct packet *p);
/* Source NAT at postrouting: @before is the packet as it came there. */
void walk_translate_source(struct walker *w, unsigned place, const struct packet *before,
			   struct packet *p);
enum nft_fate walk_bridge(struct walker *w, const struct bridge_passed *bridge,
			  const struct packet *p);
/* ARP or neighbour discovery between a place and the owner of @next_hop that was found. */
void walk_address_resolution(struct walker *w, unsigned place, uint32_t link,
			     const struct addr *next_hop, const struct segment_end *end);

/* Undo what this place translated on the way there: of a reply that comes in, or is made here. */
void walk_untranslate(struct walker *w, unsigned place, struct packet *p);
void walk_untranslate_output(struct walker *w, unsigned place, struct packet *p);

/* Send a later packet of the connection through the hooks of the way that was found. */
void walk_data(struct walker *w, const struct route_question *q);

#endif
