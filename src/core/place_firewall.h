/* SPDX-License-Identifier: MIT */
/* Firewall verdicts, connection tracking and BPF programs of a place. */
#ifndef BERTH_CORE_PLACE_FIREWALL_H
#define BERTH_CORE_PLACE_FIREWALL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/kernel_event.h"

enum verdict_kind {
	VERDICT_DROP,
	VERDICT_POLICY_DROP, /* no rule accepted, the chain's policy drops */
	VERDICT_REJECT_RST,
	VERDICT_REJECT_ICMP, /* .icmp_* */
	VERDICT_DNAT,	     /* .to, .to_port */
	VERDICT_REDIRECT,
	VERDICT_SNAT,	     /* also masquerade */
	VERDICT_QUEUE,	     /* .number: queue */
	VERDICT_TPROXY,
	VERDICT_SYNPROXY,
	VERDICT_MANGLE,	     /* changes the packet: option, ttl, mss */
	VERDICT_ACCEPT,	     /* only where it decides: nothing after it is seen */
};

/* How sure it is that our packet meets this verdict. */
enum verdict_certainty {
	VERDICT_POSSIBLE, /* depends on something that could not be evaluated */
	VERDICT_EVALUATED, /* all conditions evaluated true on the facts */
	VERDICT_COUNTED,  /* and its counter rose during the attempts */
	VERDICT_TRACED,	  /* the kernel traced our packet to it */
};

enum verdict_because { /* the kind of condition that makes it; bits */
	BECAUSE_SET = 1 << 0,	    /* the address is in a named set */
	BECAUSE_LIMIT = 1 << 1,	    /* limit, quota, meter */
	BECAUSE_CT_COUNT = 1 << 2,  /* connection limit */
	BECAUSE_CT_INVALID = 1 << 3, /* ct state invalid */
	BECAUSE_FIB = 1 << 4,	    /* fib / rpfilter check */
	BECAUSE_TCP_OPTION = 1 << 5,
	BECAUSE_TCP_FLAGS = 1 << 6, /* ECN, other than plain syn tests */
	BECAUSE_PAYLOAD = 1 << 7,   /* data of the application */
	BECAUSE_RANDOM = 1 << 8,    /* numgen random */
	BECAUSE_CGROUP = 1 << 9,    /* socket cgroupv2, skuid ... */
	BECAUSE_ICMP_LIMIT = 1 << 10,
	BECAUSE_SIZE = 1 << 11,	    /* packet length */
};

enum firewall_kind { FIREWALL_NFT, FIREWALL_IPTABLES_NFT, FIREWALL_IPTABLES_LEGACY };

struct firewall_verdict {
	enum firewall_kind firewall;
	enum verdict_kind verdict;
	enum verdict_certainty certainty;
	enum event_direction direction; /* the packet it falls on: ours, the answer, related */
	uint32_t because; /* enum verdict_because */
	const char *family, *table, *chain; /* "inet", "fw", "forward" */
	const char *base_chain, *hook; /* where it began: "input", "forward", "ingress" ... */
	uint64_t handle;  /* of the rule; 0: policy, or legacy */
	uint32_t rule_number; /* legacy: 1, 2, ... within the chain */
	const char *text; /* the rule as nft prints it; NULL: not known */
	const char *set;  /* name of the set, if any */
	const char *limit; /* text of the limit, if any */
	uint64_t counter_before, counter_rose; /* packets */
	bool has_counter;
	bool is_met;	  /* its own conditions hold; a rule before it may have decided already */
	bool counter_known; /* .counter_rose was measured: 0 means that it was not met */
	uint8_t icmp_type, icmp_code;
	struct addr to;	  /* NAT: family ADDR_NONE: unchanged */
	uint16_t to_port; /* 0: unchanged */
	bool to_unknown;  /* NAT: the target differs from packet to packet */
	bool bypass;	  /* queue: packets pass when nobody reads it */
	bool by_bridge;	  /* a bridged frame, pushed through the IP hooks by br_netfilter */
	bool is_data;	  /* a later packet of the connection, not the first */
	uint8_t layer;	  /* enum packet_layer of the packet it falls on */
	uint32_t number;  /* queue number */
	uint32_t order;	  /* in which the packets meet them, over all places */
};

struct conntrack_entry {
	struct addr src, dst, reply_src, reply_dst;
	uint16_t src_port, dst_port, reply_src_port, reply_dst_port;
	bool replied, assured;
	bool existed_before; /* the attempts */
	bool differs;	   /* it sends the flow elsewhere than the rules would now */
	const char *state; /* "SYN_SENT" ... */
};

struct conntrack_facts {
	bool active;	    /* hooks are in place */
	uint64_t count, max; /* max 0: not known */
	uint64_t drops_rose, insert_failed_rose;
	struct conntrack_entry *entries; /* of our flows */
	size_t n_entries, room_entries;
};

struct bpf_attachment {
	uint32_t id;
	const char *name;   /* of the program */
	const char *where;  /* "xdp", "tcx/ingress", "tc/egress", "netfilter", "cgroup/connect4", ... */
	const char *target; /* device, cgroup path, hook */
	uint32_t pid;	    /* that holds it; 0: not known */
	uint64_t run_count_rose; /* with statistics on */
	const char *filter; /* a tc filter without BPF: "ingress pref 1"; NULL: a BPF program */
	bool takes;	    /* that filter has an action that drops the packet or sends it elsewhere */
	bool in_the_way;    /* for our flow: this device and direction, this cgroup */
};

#endif
