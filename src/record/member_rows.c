/* SPDX-License-Identifier: MIT */
/* The rows: every struct that a recording carries. A new member of one is one line here. */
#include "record/members.h"
#include "core/coverage.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"
#include "core/translation.h"

#define MEMBER(type, name, what)                                                                   \
	{.key = #name, .kind = (what), .offset = offsetof(struct type, name),                        \
	 .size = sizeof(((struct type *)0)->name)}
#define NUMBER(type, name)  MEMBER(type, name, MEMBER_UNSIGNED)
#define TEXT(type, name)    MEMBER(type, name, MEMBER_TEXT)
#define FLAG(type, name)    MEMBER(type, name, MEMBER_BOOL)
#define ADDRESS(type, name) MEMBER(type, name, MEMBER_ADDRESS)
#define WORD(type, name, words)                                                                    \
	{.key = #name, .kind = MEMBER_WORD, .offset = offsetof(struct type, name),                 \
	 .size = sizeof(((struct type *)0)->name), .word = (words)}

static const char *proto_word(unsigned index)
{
	return index < N_SOCK_PROTOS ? sock_proto_name(index) : NULL;
}

static const char *state_word(unsigned index)
{
	return index < N_SOCK_STATES ? sock_state_name(index) : NULL;
}

static const char *timer_word(unsigned index)
{
	static const char *const words[] = {"none", "retransmit", "keepalive", "timewait",
					    "persist"};

	return index <= SOCK_TIMER_PROBE0 ? words[index] : NULL;
}

static const char *manager_word(unsigned index)
{
	const char *word = index <= PROC_MANAGER_LXC ? proc_manager_name(index) : NULL;

	return index == PROC_MANAGER_NONE ? "none" : word;
}

static const char *forward_word(unsigned index)
{
	return index <= FORWARD_SK_LOOKUP ? forward_kind_name(index) : NULL;
}

static const char *note_word(unsigned index)
{
	return index < N_NOTE_KINDS ? note_kind_name(index) : NULL;
}

static const char *level_word(unsigned index)
{
	static const char *const words[] = {"not-asked", "none", "partial", "full"};

	return index <= COVERAGE_FULL ? words[index] : NULL;
}

/* first_owner and n_owners are not here: owners travel inside the socket's record. */
const struct member sock_members[] = {
	WORD(sock, proto, proto_word),
	WORD(sock, state, state_word),
	NUMBER(sock, type),
	NUMBER(sock, netns),
	ADDRESS(sock, local),
	NUMBER(sock, local_port),
	ADDRESS(sock, remote),
	NUMBER(sock, remote_port),
	MEMBER(sock, name, MEMBER_TEXT_ID),
	NUMBER(sock, peer),
	NUMBER(sock, recv_queue),
	NUMBER(sock, send_queue),
	NUMBER(sock, uid),
	NUMBER(sock, inode),
	NUMBER(sock, cookie),
	NUMBER(sock, device),
	NUMBER(sock, mark),
	WORD(sock, timer, timer_word),
	NUMBER(sock, timer_ms),
	NUMBER(sock, retransmits),
	MEMBER(sock, cgroup, MEMBER_TEXT_ID),
	NUMBER(sock, options),
	NUMBER(sock, options_known),
	{},
};

const struct member extra_members[] = {
	{.key = "tcp_info_len", .kind = MEMBER_UNSIGNED,
	 .offset = offsetof(struct sock_extra, tcp_info.len), .size = 2},
	{.key = "tcp_info", .kind = MEMBER_HEX,
	 .offset = offsetof(struct sock_extra, tcp_info.bytes),
	 .size = sizeof(((struct tcp_info_bytes *)0)->bytes)},
	MEMBER(sock_extra, congestion, MEMBER_CHARS),
	FLAG(sock_extra, has_skmem),
	MEMBER(sock_extra, skmem, MEMBER_NUMBERS),
	FLAG(sock_extra, has_tos),
	NUMBER(sock_extra, tos),
	FLAG(sock_extra, has_tclass),
	NUMBER(sock_extra, tclass),
	NUMBER(sock_extra, class_id),
	FLAG(sock_extra, has_sockopt),
	NUMBER(sock_extra, sockopt),
	NUMBER(sock_extra, cc_kind),
	MEMBER(sock_extra, cc_info, MEMBER_HEX),
	TEXT(sock_extra, ulp),
	{},
};

const struct member bind_members[] = {
	FLAG(bind_facts, known),
	NUMBER(bind_facts, reuseport_id),
	NUMBER(bind_facts, reuseport_members),
	FLAG(bind_facts, group_has_conns),
	FLAG(bind_facts, group_has_closed),
	FLAG(bind_facts, has_place),
	NUMBER(bind_facts, behind_in_port),
	NUMBER(bind_facts, behind_in_chain),
	FLAG(bind_facts, has_bucket),
	FLAG(bind_facts, bucket_v6only),
	MEMBER(bind_facts, bucket_fastreuse, MEMBER_SIGNED),
	MEMBER(bind_facts, bucket_fastreuseport, MEMBER_SIGNED),
	NUMBER(bind_facts, bucket_uid),
	ADDRESS(bind_facts, bucket_addr),
	{},
};

const struct member proc_members[] = {
	NUMBER(proc, pid),
	NUMBER(proc, parent),
	NUMBER(proc, uid),
	NUMBER(proc, pid_inner),
	NUMBER(proc, uid_inner),
	FLAG(proc, has_uid_inner),
	NUMBER(proc, start_ticks),
	NUMBER(proc, started_ns),
	NUMBER(proc, netns_inode),
	NUMBER(proc, pidns_inode),
	NUMBER(proc, userns_inode),
	TEXT(proc, comm),
	TEXT(proc, exe),
	TEXT(proc, cmdline),
	TEXT(proc, cgroup),
	TEXT(proc, unit),
	TEXT(proc, slice),
	TEXT(proc, container),
	TEXT(proc, container_name),
	TEXT(proc, image),
	TEXT(proc, pod),
	NUMBER(proc, n_fds),
	WORD(proc, manager, manager_word),
	NUMBER(proc, state),
	{},
};

const struct member namespace_members[] = {
	NUMBER(namespace, inode),
	TEXT(namespace, name),
	NUMBER(namespace, pid),
	FLAG(namespace, is_self),
	FLAG(namespace, wanted),
	{},
};

const struct member host_members[] = {
	{.key = "ephemeral_low", .kind = MEMBER_UNSIGNED,
	 .offset = offsetof(struct host, ephemeral.low), .size = 2},
	{.key = "ephemeral_high", .kind = MEMBER_UNSIGNED,
	 .offset = offsetof(struct host, ephemeral.high), .size = 2},
	NUMBER(host, unprivileged_start),
	NUMBER(host, somaxconn),
	FLAG(host, nonlocal_bind4),
	FLAG(host, nonlocal_bind6),
	FLAG(host, bindv6only),
	FLAG(host, autobind_reuse),
	FLAG(host, known),
	{},
};

const struct member interface_members[] = {
	NUMBER(interface, index), NUMBER(interface, master), NUMBER(interface, mtu),
	NUMBER(interface, flags), TEXT(interface, name),     {.key = "type", .kind = MEMBER_TEXT,
	 .offset = offsetof(struct interface, kind), .size = sizeof(char *)},
	{},
};

const struct member address_members[] = {
	{.key = "address", .kind = MEMBER_ADDRESS,
	 .offset = offsetof(struct interface_address, addr), .size = sizeof(struct addr)},
	ADDRESS(interface_address, broadcast),
	NUMBER(interface_address, interface),
	NUMBER(interface_address, prefix_bits),
	NUMBER(interface_address, flags),
	{},
};

const struct member coverage_members[] = {
	TEXT(coverage, source),
	TEXT(coverage, how),
	{.key = "level", .kind = MEMBER_WORD, .offset = offsetof(struct coverage, level),
	 .size = sizeof(enum coverage_level), .word = level_word},
	MEMBER(coverage, error, MEMBER_SIGNED),
	NUMBER(coverage, seen),
	NUMBER(coverage, total),
	TEXT(coverage, what),
	TEXT(coverage, needs),
	{},
};

#define RANGE(type, name, first, last)                                                             \
	{.key = first, .kind = MEMBER_UNSIGNED, .offset = offsetof(struct type, name.low),         \
	 .size = sizeof(uint16_t)},                                                                \
	{.key = last, .kind = MEMBER_UNSIGNED, .offset = offsetof(struct type, name.high),         \
	 .size = sizeof(uint16_t)}

const struct member translation_members[] = {
	WORD(translation, proto, proto_word),
	NUMBER(translation, netns),
	ADDRESS(translation, source),
	NUMBER(translation, source_port),
	ADDRESS(translation, destination),
	NUMBER(translation, destination_port),
	ADDRESS(translation, new_source),
	NUMBER(translation, new_source_port),
	ADDRESS(translation, new_destination),
	NUMBER(translation, new_destination_port),
	{},
};

const struct member forward_members[] = {
	{.key = "by_kind", .kind = MEMBER_WORD, .offset = offsetof(struct forward, kind),
	 .size = sizeof(uint8_t), .word = forward_word},
	WORD(forward, proto, proto_word),
	NUMBER(forward, netns),
	FLAG(forward, own_traffic),
	RANGE(forward, ports, "port_low", "port_high"),
	ADDRESS(forward, address),
	ADDRESS(forward, to),
	RANGE(forward, to_ports, "to_port_low", "to_port_high"),
	TEXT(forward, by),
	{},
};

const struct member user_members[] = {
	NUMBER(user, uid),
	TEXT(user, name),
	{},
};

const struct member note_members[] = {
	NUMBER(note, sock),
	{.key = "what", .kind = MEMBER_WORD, .offset = offsetof(struct note, kind),
	 .size = sizeof(uint8_t), .word = note_word},
	NUMBER(note, pid),
	MEMBER(note, fd, MEMBER_SIGNED),
	TEXT(note, subject),
	TEXT(note, object),
	TEXT(note, comm),
	{},
};
