/* SPDX-License-Identifier: MIT */
/* Questions that many rules ask about the attempt that is explained. */
#ifndef BERTH_DIAGNOSE_SYMPTOM_H
#define BERTH_DIAGNOSE_SYMPTOM_H

#include <stdbool.h>

#include "core/case.h"

/* No answer to the handshake or the datagram: timed out, with nothing said by anybody. */
bool is_silent(const struct attempt *a);
/* Refused by a TCP reset during the handshake (not by ICMP). */
bool is_reset_refused(const struct attempt *a);
/* The handshake completed and something went wrong after it. */
bool is_after_connect(const struct attempt *a);
/* The first ICMP error that came from outside or from this host's own address, or NULL. */
const struct icmp_seen *first_icmp(const struct attempt *a);
/* Same address, scope apart, ::ffff:a.b.c.d equal to a.b.c.d. */
bool same_host(const struct addr *a, const struct addr *b);
/* An address of the asker's own host (as far as its addresses are known). */
bool is_own_address(const struct case_facts *facts, const struct addr *addr);
/* "10.1.2.2:8080" into @text of ADDR_TEXT_SIZE + 8 bytes; returns @text. */
const char *remote_text(const struct attempt *a, char *text);
/* The last rung of the ladder before the target that answered, or NULL. */
const struct probe *last_answering_hop(const struct probes *probes);

#endif
