/* SPDX-License-Identifier: MIT */
/* Any bytes as a line of /proc/net, and as lists of ports in /proc/sys. */
#include "core/host.h"
#include "core/snapshot.h"
#include "sources/proc_net.h"
#include "sources/sysctls.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot *snap = snapshot_new();
	struct port_range range, ranges[4];
	struct sock sock = {};

	if (!size || !snap) {
		snapshot_free(snap);
		return 0;
	}
	char *text = malloc(size);
	if (text) {
		memcpy(text, data + 1, size - 1);
		if (!proc_net_parse(text, size - 1, data[0] % N_SOCK_PROTOS, snap, &sock) &&
		    (sock.state >= N_SOCK_STATES || sock.timer > SOCK_TIMER_PROBE0))
			abort();
		text[size - 1] = '\0';
		sysctl_parse_range(text, &range);
		sysctl_parse_ranges(text, 4, ranges);
	}
	free(text);
	snapshot_free(snap);
	return 0;
}
