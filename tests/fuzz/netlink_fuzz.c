/* SPDX-License-Identifier: MIT */
/* Any bytes as answers of the kernel: the walk and every decoder must stay within them. */
#include "core/host.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"
#include "sources/inet_diag.h"
#include "sources/interfaces.h"
#include "sources/netlink.h"
#include "sources/sock_diag.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
	struct snapshot *snap;
	unsigned kind;
};

static int decode(const struct nlmsghdr *msg, void *data)
{
	const struct target *target = data;
	struct sock sock = {};
	struct sock_extra extra = {};
	struct interface interface = {};
	struct interface_address address = {};
	uint64_t cgroup_id;

	switch (target->kind % 6) {
	case 0:
		inet_diag_decode(msg, SOCK_PROTO_TCP, &sock, &extra, &cgroup_id);
		break;
	case 1:
		if (!unix_diag_decode(msg, target->snap, &sock))
			unix_diag_decode_extra(msg, &target->snap->arena, &extra);
		break;
	case 2:
		packet_diag_decode(msg, target->snap, &sock);
		break;
	case 3:
		netlink_diag_decode(msg, target->snap, &sock);
		break;
	case 4:
		interface_decode(msg, &target->snap->arena, &interface);
		break;
	default:
		interface_address_decode(msg, &address);
	}
	if (sock.state >= N_SOCK_STATES || sock.timer > SOCK_TIMER_PROBE0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	struct target target = {.snap = snapshot_new(), .kind = data[0]};
	const struct netlink_reader reader = {.message = decode, .data = &target};
	struct netlink nl = {.fd = -1};
	/* A copy of its own size, so that a byte too far is seen; aligned as a read buffer is. */
	void *bytes = malloc(size);
	if (target.snap && bytes) {
		memcpy(bytes, data + 1, size - 1);
		netlink_walk(&nl, bytes, size - 1, &reader);
	}
	free(bytes);
	snapshot_free(target.snap);
	return 0;
}
