/* SPDX-License-Identifier: MIT */
/*
 * The rules by which Linux hands out ports and packets, by name. Every verdict names the rule that
 * decided; every rule has a page docs/rules/<id>.md. Ids are forever.
 *
 * A space can be told to live without a rule (model_space_disable): that is how the tests prove
 * that the comparison with the kernel would notice a wrong rule.
 */
#ifndef BERTH_MODEL_RULES_H
#define BERTH_MODEL_RULES_H

#include <stdbool.h>

/* X(name, id) - see rules.c for what each says and where the kernel does it. */
#define MODEL_RULES(X)                                                                             \
	X(OK, "ok")                                                                                \
	X(FAMILY, "address-family")                                                                \
	X(NOT_LOCAL, "address-not-local")                                                          \
	X(NONLOCAL, "nonlocal-allowed")                                                            \
	X(SYSTEM_PORT, "system-port")                                                              \
	X(ALREADY_BOUND, "already-bound")                                                          \
	X(MULTICAST_STREAM, "multicast-stream")                                                    \
	X(MAPPED_V6ONLY, "mapped-v6only")                                                          \
	X(SCOPE, "link-local-scope")                                                               \
	X(DEVICE_UNKNOWN, "device-unknown")                                                        \
	X(DEVICE_ADDRESS, "device-address")                                                        \
	X(BIND_NO_PORT, "bind-no-port")                                                            \
	X(PORT_FREE, "port-free")                                                                  \
	X(PORT_IN_USE, "port-in-use")                                                              \
	X(CONNECTION_HOLDS, "connection-holds")                                                    \
	X(TIME_WAIT_HOLDS, "time-wait-holds")                                                      \
	X(REUSEADDR, "reuseaddr")                                                                  \
	X(REUSEADDR_LISTEN, "reuseaddr-listen")                                                    \
	X(REUSEPORT, "reuseport")                                                                  \
	X(REUSEPORT_UID, "reuseport-uid")                                                          \
	X(REUSEPORT_PROGRAM, "reuseport-program")                                                  \
	X(REUSEPORT_TIME_WAIT, "reuseport-time-wait")                                              \
	X(DEVICE_APART, "device-apart")                                                            \
	X(ADDRESS_APART, "address-apart")                                                          \
	X(WILDCARD, "wildcard-covers")                                                             \
	X(DUAL_STACK, "dual-stack")                                                                \
	X(V6ONLY_APART, "v6only-apart")                                                            \
	X(DUMMY_ADDRESS, "dummy-address")                                                          \
	X(VRF_APART, "vrf-apart")                                                                  \
	X(PORT_MEMORY, "port-memory")                                                              \
	X(REUSE_MEMORY, "reuse-memory")                                                            \
	X(LISTEN_RECHECK, "listen-recheck")                                                        \
	X(LISTEN_STATE, "listen-state")                                                            \
	X(NOT_STREAM, "not-stream")                                                                \
	X(GROUP_BUSY, "group-busy")                                                                \
	X(PORT_RELEASED, "port-released")                                                          \
	X(ADDRESS_RELEASED, "address-released")                                                    \
	X(AUTOBIND_PARITY, "autobind-parity")                                                      \
	X(AUTOBIND_HALF, "autobind-half")                                                          \
	X(AUTOBIND_NO_SHARE, "autobind-no-share")                                                  \
	X(AUTOBIND_REUSE, "autobind-reuse")                                                        \
	X(AUTOBIND_EXHAUSTED, "autobind-exhausted")                                                \
	X(RESERVED_PORT, "reserved-port")                                                          \
	X(SOCKET_RANGE, "socket-range")                                                            \
	X(NO_ROUTE, "no-route")                                                                    \
	X(SOURCE_ADDRESS, "source-address")                                                        \
	X(ALREADY_CONNECTED, "already-connected")                                                  \
	X(CONNECT_PARITY, "connect-parity")                                                        \
	X(CONNECT_SHARES, "connect-shares")                                                        \
	X(CONNECT_RETURNS, "connect-returns")                                                      \
	X(CONNECT_EXHAUSTED, "connect-exhausted")                                                  \
	X(TUPLE_TAKEN, "tuple-taken")                                                              \
	X(TUPLE_DEVICE, "tuple-device")                                                            \
	X(TIME_WAIT_REUSE, "time-wait-reuse")                                                      \
	X(SELF_CONNECT, "self-connect")                                                            \
	X(REFUSED, "connect-refused")                                                              \
	X(NO_CONNECTION, "accept-empty")                                                           \
	X(OPTION, "option-refused")                                                                \
	X(UDP_BIND_ORDER, "udp-bind-order")                                                        \
	X(UDP_LONG_CHAIN, "udp-long-chain")                                                        \
	X(UDP_AUTOBIND, "udp-autobind")                                                            \
	X(UDP_REHASH, "udp-rehash")                                                                \
	X(UDP_BROADCAST, "udp-broadcast-option")                                                   \
	X(ESTABLISHED_FIRST, "established-first")                                                  \
	X(NEWEST_FIRST, "newest-first")                                                            \
	X(DEVICE_MATCH, "device-match")                                                            \
	X(TIME_WAIT_SYN, "time-wait-syn")                                                          \
	X(EXACT_FIRST, "exact-first")                                                              \
	X(LISTENER, "listener")                                                                    \
	X(SCORE_DEVICE, "score-device")                                                            \
	X(SCORE_FAMILY, "score-family")                                                            \
	X(SCORE_CPU, "score-cpu")                                                                  \
	X(REUSEPORT_HASH, "reuseport-hash")                                                        \
	X(REUSEPORT_ENDS, "reuseport-ends-scan")                                                   \
	X(REUSEPORT_TAIL, "reuseport-v6-tail")                                                     \
	X(REUSEPORT_CPU, "reuseport-cpu")                                                          \
	X(REUSEPORT_STEERED, "reuseport-steered")                                                  \
	X(NO_LISTENER, "no-listener")                                                              \
	X(UDP_TUPLE_TABLE, "udp-tuple-table")                                                      \
	X(UDP_SCORE, "udp-score")                                                                  \
	X(UDP_CONNECTED, "udp-connected")                                                          \
	X(UDP_FALLBACK, "udp-fallback")                                                            \
	X(UDP_MULTICAST, "udp-multicast")                                                          \
	X(MULTICAST_ALL, "multicast-all")                                                          \
	X(EARLY_REGROUP, "early-regroup")                                                          \
	X(NO_SOCKET, "no-socket")

enum model_rule {
#define X(name, id) MODEL_RULE_##name,
	MODEL_RULES(X)
#undef X
};
enum { N_MODEL_RULES = MODEL_RULE_NO_SOCKET + 1 };

struct model_rule_row {
	const char *id;	    /* "reuseport-uid" */
	const char *says;   /* one sentence, no full stop */
	const char *kernel; /* the function that does it */
};

struct model_rule_row model_rule_row(enum model_rule rule);
const char *model_rule_id(enum model_rule rule);
/* Can the model live without it? Some only name an outcome. */
bool model_rule_is_switchable(enum model_rule rule);
/* The rule with this id, or -1. */
int model_rule_find(const char *id);

#endif
