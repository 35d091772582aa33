/* SPDX-License-Identifier: MIT */
/* Links, neighbours, routing rules and IPsec of a place. */
#ifndef BERTH_CORE_PLACE_LINKS_H
#define BERTH_CORE_PLACE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct link_facts {
	uint32_t index, master, mtu;
	uint32_t flags;	  /* kernel's IFF_UP, IFF_LOWER_UP, IFF_NOARP ... */
	uint8_t operstate; /* IF_OPER_UP ... */
	uint8_t mac[8], mac_len;
	const char *name;
	const char *kind;  /* "veth", "bridge", "macvlan", "vxlan", "tun", "dummy" ...; "" hardware */
	const char *slave_kind; /* "bridge" for a bridge port; "" */
	const char *qdisc; /* root qdisc: "noqueue", "tbf", "netem" ... */
	uint64_t qdisc_drops, qdisc_drops_rose;
	uint64_t peer_netns; /* veth peer, or lower device: netns inode; 0: same or not known */
	uint32_t peer_index; /* its interface index there; 0: none */
	int32_t peer_nsid;   /* this namespace's own number for peer_netns; -1: none */
	uint32_t xdp_id;     /* program attached as XDP; 0: none */
	uint8_t port_state;  /* bridge port: BR_STATE_* (3 forwarding) */
	bool port_isolated;
	uint16_t port_pvid;  /* with vlan filtering; 0: not known */
	uint32_t vni;	     /* vxlan */
	struct addr vxlan_local, vxlan_remote, vxlan_group;
	uint16_t vxlan_port;
	uint32_t macvlan_mode; /* MACVLAN_MODE_* */
	bool vlan_filtering;
	uint32_t tun_pid;    /* process that has the tun device open; 0: not known or none */
	const char *tun_comm;
	bool tun_reads;	     /* some thread of it waits in read, poll ... */
	char tun_state;	     /* its /proc state letter; 0: not known */
	uint64_t rx_dropped_rose, tx_dropped_rose;
};

struct place_address {
	struct addr addr, broadcast; /* broadcast: family ADDR_NONE: none */
	uint32_t link;
	uint8_t bits;
	uint32_t flags; /* IFA_F_TENTATIVE, IFA_F_DADFAILED ... */
};

struct neighbour {
	struct addr addr;
	uint32_t link;
	uint16_t state; /* NUD_* */
	uint8_t mac[8], mac_len;
};

struct ip_rule { /* "ip rule" that matches our flow, in order of preference */
	uint32_t pref, table, mark, mark_mask;
	struct addr from, to; /* family ADDR_NONE: any */
	uint8_t from_bits, to_bits;
	uint32_t uid_low, uid_high;
	bool has_uid, has_mark;
	int32_t suppress_bits; /* suppress_prefixlength; -1: none */
	uint8_t action; /* FR_ACT_TO_TBL, _BLACKHOLE, _UNREACHABLE, _PROHIBIT */
	const char *text; /* as "ip rule" prints it: "50: from 10.1.2.2 lookup 9" */
};

struct xfrm_policy_facts {
	uint8_t direction; /* XFRM_POLICY_IN, _OUT, _FWD */
	bool blocks;	   /* action block */
	bool has_template; /* demands a transformation */
	bool is_optional;  /* the template may be left out */
	bool for_reply;	   /* it matches the answer, not our packet */
	bool has_state;	   /* a matching state (SA) exists */
	uint32_t index, priority;
	const char *text;  /* selector: "10.1.1.2/32 > 10.1.2.2/32 dir out action block" */
};

#endif
