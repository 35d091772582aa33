/* SPDX-License-Identifier: MIT */
/* What the kernel half copied, in our words. Pure. */
#ifndef BERTH_SOURCES_BPF_DECODE_H
#define BERTH_SOURCES_BPF_DECODE_H

#include <stdbool.h>
#include <stdint.h>

struct bind_facts;
struct sock;
struct proc;
struct snapshot;
struct wire_bind;
struct wire_process;
struct wire_socket;

/* Fill @proc, which is not one of the arrays' if they may move. 0 or -ENOMEM. */
int bpf_decode_process(const struct wire_process *from, struct snapshot *snap, struct proc *proc);
/* Everything of the zeroed @sock but .netns and .timer_ms, which need more than the record. */
void bpf_decode_tcp(const struct wire_socket *from, struct sock *sock);
/* Set .options and .options_known of @sock. */
void bpf_decode_options(const struct wire_socket *from, struct sock *sock);
/* Fill the zeroed @bind, and what FACT_REUSE adds to the options. */
void bpf_decode_bind(const struct wire_socket *from, struct sock *sock, struct bind_facts *bind);
/* Add what follows a socket's record. @is_full: not what is left of a connection. */
void bpf_decode_more(const struct wire_bind *from, bool is_full, struct bind_facts *bind);
uint8_t bpf_decode_state(const struct wire_socket *from); /* enum sock_state of a TCP socket */
uint8_t bpf_decode_family(unsigned family); /* enum addr_family of an AF_ number */

#endif
