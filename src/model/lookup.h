/* SPDX-License-Identifier: MIT */
/* Lookups inside the model, shared by deliveries and by connect(). */
#ifndef BERTH_MODEL_LOOKUP_H
#define BERTH_MODEL_LOOKUP_H

#include "model/flows.h"

struct lookup {
	struct flow_key key; /* .local: the destination */
	struct hearing hearing;
	uint32_t device; /* the real one: UDP's early and multicast lookups */
	bool v6;	 /* a packet of IPv6 */
	bool from_wire;	 /* not from this host itself */
	int16_t cpu;
	uint8_t proto;
	struct flow_place place; /* of .key */
};

/* Only the listeners (3.3). */
void lookup_listener(const struct model_space *space, const struct lookup *lookup,
		     struct model_delivery *ret);
void lookup_udp(const struct model_space *space, const struct lookup *lookup,
		struct model_delivery *ret);
void lookup_multicast(const struct model_space *space, const struct lookup *lookup,
		      struct model_delivery *ret);

/* @id, or one of its group, as the answer. */
void answer_with(const struct model_space *space, const struct lookup *lookup, uint32_t id,
		 enum model_rule rule, struct model_delivery *ret);

#endif
