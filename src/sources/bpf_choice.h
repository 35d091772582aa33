/* SPDX-License-Identifier: MIT */
/* Whether a question is worth the 30 ms that loading BPF programs takes, and how much to ask them. */
#ifndef BERTH_SOURCES_BPF_CHOICE_H
#define BERTH_SOURCES_BPF_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

struct request;
struct snapshot;
struct wire_question;

struct bpf_choice {
	bool any;	  /* who holds sockets, and how they were bound */
	bool tcp;	  /* the TCP sockets themselves too, instead of by sock_diag */
	unsigned workers; /* threads */
	uint64_t n_files; /* open on the machine */
};

/* Do our capabilities suffice? The kernel may still be too old. */
bool bpf_is_allowed(void);

void bpf_choose(const struct request *request, struct bpf_choice *ret);

/* Put @request to the kernel half; what concerns @tcp sockets themselves only if they are asked for. */
void bpf_ask(const struct snapshot *snap, const struct request *request, bool tcp,
	     struct wire_question *ret);

/*
 * BPF could not be used, with @error (-errno): tell why in the coverage of @snap, but only if it
 * was asked for by name. 0 or -ENOMEM.
 */
int bpf_refused(struct snapshot *snap, const struct request *request, int error);

#endif
