/* SPDX-License-Identifier: MIT */
/* Questions about the sockets at the far end. */
#ifndef BERTH_DIAGNOSE_TARGET_H
#define BERTH_DIAGNOSE_TARGET_H

#include <stdbool.h>

#include "core/case.h"
#include "core/finding.h"

/* The place where the packets arrive and whose sockets are known, or NULL. */
const struct place *target_place(const struct case_facts *facts, const struct path_hop **ret_hop);
/* A listening TCP or unconnected UDP socket. */
bool is_open_socket(const struct place_socket *s);
/* Would it get packets for the hop's address and port over the link they come in by? */
bool socket_matches(const struct place_socket *s, const struct path_hop *hop, uint8_t proto);
/* The matching one that the kernel prefers (a specific address before the wildcard), or NULL. */
const struct place_socket *target_listener(const struct case_facts *facts);
/* "pid 4242 (nginx)" for its first holder, as evidence; and the socket itself. */
void add_socket_evidence(struct findings *to, struct finding *f, const struct place *place,
			 const struct place_socket *s);

#endif
