/* SPDX-License-Identifier: MIT */
/*
 * Listens beside our own sockets (a packet socket, needs CAP_NET_RAW) for answers that our kernel
 * does not hand to them: from another address, or thrown away on arrival.
 */
#ifndef BERTH_PROBE_TAP_H
#define BERTH_PROBE_TAP_H

#include <stdint.h>

struct attempt;
struct case_facts;
struct tap;

/* NULL without the right to listen; that is no error. */
struct tap *tap_start(void);
/*
 * Note what came for the attempt's or the probes' ports in facts->probes: .stray, or
 * .answer_arrived for the right answer that the socket never saw.
 */
void tap_finish(struct tap *tap, struct case_facts *facts, const struct attempt *attempt);
void tap_free(struct tap *tap); /* or NULL */
/* This port of ours is waited at too; @tap may be NULL. */
void tap_add_port(struct tap *tap, uint16_t port);

#endif
