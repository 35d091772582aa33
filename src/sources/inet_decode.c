/* SPDX-License-Identifier: MIT */
/* The bytes of an inet_diag answer made into a socket; knows nothing of how they were fetched. */
#include "base/auto.h"
#include "core/sock_extra.h"
#include "sources/inet_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <string.h>
#include <sys/socket.h>

/* Not in the headers of our oldest build hosts. */
enum { DIAG_ULP_INFO = 19, DIAG_CGROUP_ID = 21, DIAG_SOCKOPT = 22, ULP_NAME = 1 };

/* struct inet_diag_sockopt as bits of its first two bytes, little end first. */
enum {
	SOCKOPT_FREEBIND = 1 << 2,
	SOCKOPT_TRANSPARENT = 1 << 5,
	SOCKOPT_BIND_ADDRESS_NO_PORT = 1 << 8,
};

enum { RECEIVE_SHUTDOWN = 1, SEND_SHUTDOWN = 2 }; /* include/net/sock.h */

static const uint8_t types[N_SOCK_PROTOS] = {
	[SOCK_PROTO_TCP] = SOCK_STREAM,	   [SOCK_PROTO_UDP] = SOCK_DGRAM,
	[SOCK_PROTO_UDPLITE] = SOCK_DGRAM, [SOCK_PROTO_RAW] = SOCK_RAW,
	[SOCK_PROTO_ICMP] = SOCK_DGRAM,
};

/* Copy an attribute that may be shorter or longer than @size; the rest stays as it is. */
static size_t get(void *to, size_t size, const struct nlattr *attr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > size)
		len = size;
	memcpy(to, mnl_attr_get_payload(attr), len);
	return len;
}

static void set_option(struct sock *sock, enum sock_option option, bool on)
{
	sock->options_known |= option;
	if (on)
		sock->options |= option;
}

static void decode_sockopt(const struct nlattr *attr, struct sock *sock, struct sock_extra *extra)
{
	uint8_t bytes[2] = {};

	get(bytes, sizeof(bytes), attr);
	const unsigned bits = bytes[0] | bytes[1] << 8;
	set_option(sock, SOCK_OPTION_FREEBIND, bits & SOCKOPT_FREEBIND);
	set_option(sock, SOCK_OPTION_TRANSPARENT, bits & SOCKOPT_TRANSPARENT);
	set_option(sock, SOCK_OPTION_BIND_ADDRESS_NO_PORT, bits & SOCKOPT_BIND_ADDRESS_NO_PORT);
	if (extra) {
		extra->sockopt = (uint16_t)bits;
		extra->has_sockopt = true;
	}
}

/* Constants, because an extra owns no memory and the kernel has only these. */
static const char *ulp_name(const struct nlattr *nest)
{
	static const char *const names[] = {"tls", "mptcp", "espintcp", "smc"};
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) != ULP_NAME)
			continue;
		for (size_t i = 0; i < N_ELEMENTS(names); i++)
			if (mnl_attr_get_payload_len(attr) > strlen(names[i]) &&
			    !memcmp(mnl_attr_get_payload(attr), names[i], strlen(names[i]) + 1))
				return names[i];
	}
	return NULL;
}

static void decode_extra(const struct nlattr *attr, struct sock_extra *extra)
{
	switch (mnl_attr_get_type(attr)) {
	case INET_DIAG_INFO:
		extra->tcp_info.len = (uint16_t)get(extra->tcp_info.bytes,
						    sizeof(extra->tcp_info.bytes), attr);
		break;
	case INET_DIAG_CONG:
		get(extra->congestion, sizeof(extra->congestion) - 1, attr);
		break;
	case INET_DIAG_SKMEMINFO:
		get(extra->skmem, sizeof(extra->skmem), attr);
		extra->has_skmem = true;
		break;
	case INET_DIAG_TOS:
		extra->has_tos = get(&extra->tos, 1, attr) == 1;
		break;
	case INET_DIAG_TCLASS:
		extra->has_tclass = get(&extra->tclass, 1, attr) == 1;
		break;
	case INET_DIAG_CLASS_ID:
		get(&extra->class_id, sizeof(extra->class_id), attr);
		break;
	case INET_DIAG_VEGASINFO:
	case INET_DIAG_DCTCPINFO:
	case INET_DIAG_BBRINFO:
		extra->cc_kind = (uint8_t)mnl_attr_get_type(attr);
		get(extra->cc_info, sizeof(extra->cc_info), attr);
		break;
	default:
		break;
	}
}

static void decode_attr(const struct nlattr *attr, struct sock *sock, struct sock_extra *extra,
			uint64_t *cgroup_id)
{
	uint8_t byte = 0;

	switch (mnl_attr_get_type(attr)) {
	case INET_DIAG_SHUTDOWN:
		get(&byte, 1, attr);
		set_option(sock, SOCK_OPTION_SHUT_READ, byte & RECEIVE_SHUTDOWN);
		set_option(sock, SOCK_OPTION_SHUT_WRITE, byte & SEND_SHUTDOWN);
		break;
	case INET_DIAG_SKV6ONLY:
		get(&byte, 1, attr);
		set_option(sock, SOCK_OPTION_V6ONLY, byte);
		break;
	case INET_DIAG_MARK:
		get(&sock->mark, sizeof(sock->mark), attr);
		break;
	case DIAG_CGROUP_ID:
		get(cgroup_id, sizeof(*cgroup_id), attr);
		break;
	case DIAG_SOCKOPT:
		decode_sockopt(attr, sock, extra);
		break;
	case DIAG_ULP_INFO: {
		const char *ulp = ulp_name(attr);
		set_option(sock, SOCK_OPTION_MPTCP, ulp && !strcmp(ulp, "mptcp"));
		if (extra)
			extra->ulp = ulp;
		break;
	}
	default:
		if (extra)
			decode_extra(attr, extra);
	}
}

static void decode_addr(struct addr *to, const __be32 *from, uint8_t family, uint32_t device)
{
	to->family = family;
	if (family == ADDR_IPV4) {
		memcpy(to->bytes, from, 4);
		return;
	}
	memcpy(to->bytes, from, 16);
	/* The kernel keeps the scope of a link-local address as the bound device. */
	if (device && to->bytes[0] == 0xfe && addr_is_link_local(to))
		to->scope = device;
}

/* Only bound-but-inactive TCP sockets are dumped with the state CLOSE (6.8+). */
static uint8_t state_of(const struct inet_diag_msg *diag, enum sock_proto proto)
{
	if (diag->idiag_state >= N_SOCK_STATES)
		return SOCK_STATE_UNKNOWN;
	if (proto == SOCK_PROTO_TCP && diag->idiag_state == SOCK_STATE_CLOSE)
		return SOCK_STATE_BOUND_INACTIVE;
	return diag->idiag_state;
}

int inet_diag_decode(const struct nlmsghdr *message, enum sock_proto proto, struct sock *ret,
		     struct sock_extra *ret_extra, uint64_t *ret_cgroup_id)
{
	const struct inet_diag_msg *diag = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*diag) ||
	    (diag->idiag_family != AF_INET && diag->idiag_family != AF_INET6))
		return -EBADMSG;
	const uint8_t family = diag->idiag_family == AF_INET ? ADDR_IPV4 : ADDR_IPV6;
	ret->proto = (uint8_t)proto;
	ret->type = types[proto];
	ret->state = state_of(diag, proto);
	ret->device = diag->id.idiag_if;
	decode_addr(&ret->local, diag->id.idiag_src, family, ret->device);
	decode_addr(&ret->remote, diag->id.idiag_dst, family, ret->device);
	ret->local_port = ntohs(diag->id.idiag_sport);
	ret->remote_port = ntohs(diag->id.idiag_dport);
	ret->cookie = diag->id.idiag_cookie[0] | (uint64_t)diag->id.idiag_cookie[1] << 32;
	ret->inode = diag->idiag_inode;
	ret->uid = diag->idiag_uid;
	ret->recv_queue = diag->idiag_rqueue;
	ret->send_queue = diag->idiag_wqueue;
	ret->timer = diag->idiag_timer <= SOCK_TIMER_PROBE0 ? diag->idiag_timer : SOCK_TIMER_NONE;
	ret->timer_ms = ret->timer ? diag->idiag_expires : 0;
	ret->retransmits = diag->idiag_retrans;
	*ret_cgroup_id = 0;
	const struct nlattr *attr;
	mnl_attr_for_each(attr, message, sizeof(*diag))
		decode_attr(attr, ret, ret_extra, ret_cgroup_id);
	return 0;
}
