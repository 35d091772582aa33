/* SPDX-License-Identifier: MIT */
/* Parts of `berth why` that its forms share. */
#ifndef BERTH_COMMANDS_WHY_H
#define BERTH_COMMANDS_WHY_H

#include <stdint.h>

struct case_facts;
struct evidence;
struct invocation;

enum { WHY_TIMEOUT_S = 10 };

/* --timeout in seconds, which is valid. */
double why_timeout(const struct invocation *inv);
/* Diagnose and print; returns the exit code that fits. */
int why_answer(const struct invocation *inv, const struct case_facts *facts);

/* Where a port or address was refused: collect the sockets that hold it. */
void why_holders(struct case_facts *facts);

/* bind: what the port rules say of it, beside what the kernel said. */
void why_rules(const struct invocation *inv, struct case_facts *facts);

/* --trace-firewall, or yes at the prompt: the kernel traces one more packet through nftables. */
void why_firewall(const struct invocation *inv, struct case_facts *facts, struct evidence *evidence);

/* Try, diagnose and print for another command's sake: why does nobody answer at @host:@port? */
void why_explain(const char *host, uint16_t port);

int why_connect(const struct invocation *inv, struct case_facts *facts);
/* @words: [PROTO] PORT */
int why_inbound(const struct invocation *inv, struct case_facts *facts, char **words, int n);
int why_bind(const struct invocation *inv, struct case_facts *facts);
/* why -- COMMAND: returns the command's exit code. */
int why_command(const struct invocation *inv, struct case_facts *facts, char **command);

#endif
