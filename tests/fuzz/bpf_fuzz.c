/* SPDX-License-Identifier: MIT */
/* Any bytes as what the kernel half copied of processes and sockets. */
#include "bpf/wire.h"
#include "core/bind_facts.h"
#include "core/snapshot.h"
#include "input.h"
#include "sources/bpf_decode.h"

/* A record of its own size, zeroed behind the end of the input. */
#define TAKE(type, input)	\
	({	\
		type record = {0};	\
		const size_t n = (input)->left < sizeof(record) ? (input)->left : sizeof(record);	\
		memcpy(&record, (input)->at, n);	\
		(input)->at += n;	\
		(input)->left -= n;	\
		record;	\
	})

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot *snap = snapshot_new();
	struct input input = {data, size, true};
	struct bind_facts bind = {0};
	struct proc proc = {0};
	struct sock sock = {0};

	if (!snap)
		return 0;
	const struct wire_process process = TAKE(struct wire_process, &input);
	const struct wire_socket from = TAKE(struct wire_socket, &input);
	const struct wire_bind more = TAKE(struct wire_bind, &input);
	if (!bpf_decode_process(&process, snap, &proc) &&
	    (!proc.comm || strlen(proc.comm) > sizeof(process.comm)))
		abort();
	bpf_decode_tcp(&from, &sock);
	bpf_decode_options(&from, &sock);
	bpf_decode_bind(&from, &sock, &bind);
	bpf_decode_more(&more, size & 1, &bind);
	if (sock.state >= N_SOCK_STATES || sock.proto >= N_SOCK_PROTOS)
		abort();
	bpf_decode_family(from.family);
	snapshot_free(snap);
	return 0;
}
