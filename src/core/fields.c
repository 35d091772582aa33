/* SPDX-License-Identifier: MIT */
/* The list of fields in documented order, and finding one by any of its names. */
#include "core/fields.h"
#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

/* +1: a field is its row in a fields_*.c file, and one word here. */
#define SOCK_FIELDS(X)										\
	X(netid) X(proto) X(family) X(type) X(state) X(recv_queue) X(send_queue)		\
	X(local) X(remote) X(local_address) X(local_port) X(remote_address)			\
	X(remote_port) X(path) X(peer_inode) X(device) X(netns) X(netns_inode) X(uid)		\
	X(user) X(inode) X(cookie) X(mark) X(cgroup) X(timer) X(timer_left)			\
	X(retransmits)
#define PAIR_FIELDS(X)										\
	X(peer_pid) X(peer_comm) X(peer_unit) X(peer_container) X(peer_local) X(peer_state) X(peer_netns)
#define OWNER_FIELDS(X)										\
	X(pid) X(fd) X(comm) X(exe) X(cmdline) X(parent) X(process_uid) X(process_user)		\
	X(unit) X(slice) X(container) X(container_name) X(image) X(pod)				\
	X(process_cgroup) X(pid_inner) X(uid_inner) X(manager) X(age) X(start) X(note)
#define OPTION_FIELDS(X)									\
	X(v6only) X(reuseaddr) X(reuseport) X(reuseport_program) X(freebind)			\
	X(transparent) X(bind_address_no_port) X(mptcp) X(bound_address) X(bound_port)		\
	X(shutdown) X(tos) X(tclass) X(class_id) X(recverr) X(hdrincl) X(mc_loop)		\
	X(mc_all) X(nodefrag) X(recverr_rfc4884) X(defer_connect) X(mem_recv)			\
	X(mem_recv_buffer) X(mem_sent) X(mem_send_buffer) X(mem_forward)			\
	X(mem_send_queue) X(mem_options) X(mem_backlog) X(drops) X(congestion) X(ulp)
#define TCP_FIELDS(X)										\
	X(rtt) X(rttvar) X(min_rtt) X(rto) X(ato) X(rcv_rtt) X(last_sent)			\
	X(last_received) X(last_ack) X(busy) X(rwnd_limited) X(sndbuf_limited) X(cwnd)		\
	X(ssthresh) X(mss) X(rcv_mss) X(adv_mss) X(pmtu) X(bytes_sent)				\
	X(bytes_retransmitted) X(bytes_acked) X(bytes_received) X(segs_out) X(segs_in)		\
	X(data_segs_out) X(data_segs_in) X(pacing_rate) X(max_pacing_rate)			\
	X(delivery_rate) X(delivered) X(delivered_ce) X(unacked) X(sacked) X(lost)		\
	X(retrans) X(retrans_total) X(fackets) X(reordering) X(reorder_seen)			\
	X(dsack_dups) X(out_of_order) X(rcv_space) X(rcv_ssthresh) X(not_sent)			\
	X(send_window) X(recv_window) X(rehash) X(backoff) X(probes) X(rto_total)		\
	X(wscale_send) X(wscale_recv) X(app_limited) X(send_rate) X(tcp_options)
#define FIELDS(X) SOCK_FIELDS(X) OWNER_FIELDS(X) PAIR_FIELDS(X) OPTION_FIELDS(X) TCP_FIELDS(X)

#define DECLARE(id) extern const struct field field_##id;
FIELDS(DECLARE)
#undef DECLARE

#define ENTRY(id) &field_##id,
const struct field *const fields[] = {FIELDS(ENTRY) NULL};
#undef ENTRY

static char folded(char c)
{
	return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static bool same_name(const char *asked, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (folded(asked[i]) != name[i])
			return false;
	return !asked[len];
}

static bool has_alias(const char *aliases, const char *asked)
{
	while (aliases && *aliases) {
		size_t len = strcspn(aliases, " ");
		if (same_name(asked, aliases, len))
			return true;
		aliases += len + (aliases[len] == ' ');
	}
	return false;
}

const struct field *field_find(const char *name)
{
	for (size_t i = 0; fields[i]; i++)
		if (same_name(name, fields[i]->name, strlen(fields[i]->name)))
			return fields[i];
	for (size_t i = 0; fields[i]; i++)
		if (has_alias(fields[i]->aliases, name))
			return fields[i];
	return NULL;
}

const struct field *field_nearest(const char *name)
{
	struct nearest nearest = {.typed = name};
	const struct field *found = NULL;

	for (size_t i = 0; fields[i]; i++)
		if (nearest_try(&nearest, fields[i]->name))
			found = fields[i];
	return found;
}
