/* SPDX-License-Identifier: MIT */
/*
 * Where kernels differ in their port rules: the list behind struct model_behaviour (model/space.h),
 * and what trying the running kernel tells of it (probe/behaviour.h). Stable branches carry
 * backports, so a version number proves little.
 */
#ifndef BERTH_CORE_BEHAVIOUR_H
#define BERTH_CORE_BEHAVIOUR_H

#include <stdint.h>

/* X(name, since, before, says): as of mainline @since (5.15 is 515), and before @before if not 0. */
#define BEHAVIOURS(X)                                                                              \
	X(device_scores, 515, 0, "a device-bound listener scores more")                            \
	X(bind_by_address, 601, 0, "specific binds look at equal addresses and wildcards only")    \
	X(mapped_wildcard, 608, 0, "::ffff:A sees who holds ::ffff:0.0.0.0 (missed by 6.1 to 6.7)") \
	X(reset_on_fail, 601, 0, "a failed connect() gives its source address back")               \
	X(cpu_in_group, 602, 0, "SO_INCOMING_CPU steers inside a SO_REUSEPORT group")              \
	X(udp_rescore, 606, 0, "groups with connected members are scored again")                   \
	X(reuse_memory, 0, 608, "a port remembers SO_REUSEADDR that was cleared later")            \
	X(range_by_ones, 608, 0, "connect() walks a socket's own range by steps of one")           \
	X(early_regroup, 609, 0, "early demux asks the group again")                               \
	X(udp_tuple_table, 613, 0, "connected UDP sockets have a table of their own")              \
	X(udp_fallback, 614, 0, "UDP's last search is over the port's chain")                      \
	X(time_wait_delay, 614, 0, "tcp_tw_reuse_delay counts instead of whole seconds")           \
	X(owner_stays, 617, 0, "orphans and unaccepted connections keep their user")               \
	X(connect_returns, 618, 0, "ports go back to connect()'s sharing")                         \
	X(udp_wildcard_full, 618, 0, "UDP wildcard binds look at all sockets of a long chain")

enum behaviour {
#define X(name, since, before, says) BEHAVIOUR_##name,
	BEHAVIOURS(X)
#undef X
};
enum { N_BEHAVIOURS = BEHAVIOUR_udp_wildcard_full + 1 };

/* What was found out of one kernel: bit 1 << enum behaviour. */
struct kernel_behaviour {
	uint32_t known, on;
	int error; /* positive errno: why nothing is known; 0: it was tried */
};

#endif
