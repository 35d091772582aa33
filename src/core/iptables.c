/* SPDX-License-Identifier: MIT */
/* Walking a packet through a legacy iptables table (net/ipv4/netfilter/ip_tables.c). */
#include "core/iptables.h"
#include "core/case.h"
#include "core/iptables_match.h"

#include <string.h>

#include <net/if.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>

enum { MAX_JUMPS = 16, MAX_STEPS = 100000 };

struct walk {
	const struct iptables_table *table;
	struct nft_passage *passage;
	struct packet *packet;
	const char *hook;
	bool undecided;
	uint32_t undecided_because;
};

static const char *const chain_of_hook[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					    "POSTROUTING"};

/* The place of a hook in the arrays of struct iptables_table, or -1. */
static int iptables_hook(const char *hook)
{
	static const char *const hooks[] = {"prerouting", "input", "forward", "output",
					    "postrouting"};

	for (int i = 0; i < N_IPTABLES_HOOKS; i++)
		if (!strcmp(hooks[i], hook))
			return i;
	return -1;
}

static struct xt_entry_target target_of(const struct iptables_entry *e)
{
	struct xt_entry_target target;

	memcpy(&target, e->bytes + e->target, sizeof(target));
	target.u.user.name[sizeof(target.u.user.name) - 1] = '\0';
	return target;
}

/* The chain an entry stands in and its number there: a named chain begins with an ERROR entry. */
static void locate(const struct walk *w, size_t offset, const char **ret_chain, uint32_t *ret_number)
{
	const struct iptables_table *t = w->table;
	struct iptables_entry e;

	*ret_chain = "?";
	*ret_number = 1;
	for (size_t at = 0; at <= offset && iptables_entry_at(t->entries, t->size, at, t->v6, &e);
	     at += e.next) {
		bool begins = false;
		for (int h = 0; h < N_IPTABLES_HOOKS; h++)
			if ((t->valid_hooks & 1u << h) && t->hook_entry[h] == at) {
				*ret_chain = chain_of_hook[h];
				begins = true;
			}
		struct xt_entry_target target = target_of(&e);
		if (!strcmp(target.u.user.name, XT_ERROR_TARGET)) {
			const char *name = (const char *)e.bytes + e.target + sizeof(target);
			size_t room = e.next - e.target - sizeof(target);
			*ret_chain = arena_dup(w->passage->ruleset->arena, name, strnlen(name, room));
			*ret_number = 0;
			continue;
		}
		*ret_number = begins ? 1 : *ret_number + (at > 0);
		if (at == offset)
			return;
	}
}

static struct firewall_verdict *record(struct walk *w, size_t offset, enum verdict_kind kind,
				       enum nft_truth truth, uint32_t because)
{
	static struct firewall_verdict nowhere;
	struct place *place = w->passage->place;
	struct firewall_verdict *v = arena_push(w->passage->ruleset->arena, &place->verdicts,
						&place->n_verdicts, &place->room_verdicts,
						sizeof(*v));
	if (!v)
		return &nowhere;
	*v = (struct firewall_verdict){
		.firewall = FIREWALL_IPTABLES_LEGACY, .verdict = kind,
		.direction = w->passage->direction,
		.certainty = truth == NFT_TRUE && !w->undecided ? VERDICT_EVALUATED
								: VERDICT_POSSIBLE,
		.is_met = truth == NFT_TRUE,
		.because = because | w->undecided_because,
		.family = w->table->v6 ? "ip6" : "ip", .table = w->table->name, .hook = w->hook,
		.order = w->passage->order++, .is_data = w->packet->is_data,
	};
	locate(w, offset, &v->chain, &v->rule_number);
	v->base_chain = chain_of_hook[iptables_hook(w->hook)];
	if (kind == VERDICT_POLICY_DROP)
		v->rule_number = 0;
	return v;
}

static void read_dnat(struct walk *w, const struct iptables_entry *e, size_t offset,
		      enum nft_truth truth, uint32_t because)
{
	const uint8_t *data = e->bytes + e->target + sizeof(struct xt_entry_target);
	size_t len = e->next - e->target - sizeof(struct xt_entry_target);
	struct firewall_verdict *v = record(w, offset, VERDICT_DNAT, truth, because);
	struct nf_nat_range range;

	v->to_unknown = true;
	if (len < sizeof(range) || w->table->v6)
		return;
	/* Revision 0 is nf_nat_ipv4_multi_range_compat; 1 and 2 begin like nf_nat_range. */
	struct xt_entry_target target = target_of(e);
	if (target.u.user.revision < 1)
		return;
	memcpy(&range, data, sizeof(range));
	if (range.flags & NF_NAT_RANGE_MAP_IPS)
		v->to = addr_ipv4(ntohl(range.min_addr.ip));
	if (range.flags & NF_NAT_RANGE_PROTO_SPECIFIED)
		v->to_port = ntohs(range.min_proto.tcp.port);
	v->to_unknown = false;
	if (v->certainty != VERDICT_EVALUATED)
		return;
	w->packet->was_dnat = true;
	if (v->to.family != ADDR_NONE)
		w->packet->dst = v->to;
	if (v->to_port)
		w->packet->dst_port = v->to_port;
}

/* What a target other than the standard one does. True: the walk of this table ends. */
static bool run_extension(struct walk *w, const struct iptables_entry *e, size_t offset,
			  enum nft_truth truth, uint32_t because)
{
	struct xt_entry_target target = target_of(e);
	const char *name = target.u.user.name;
	uint32_t with = IPT_ICMP_PORT_UNREACHABLE;

	if (!strcmp(name, "REJECT")) {
		if (e->next - e->target >= sizeof(target) + sizeof(with))
			memcpy(&with, e->bytes + e->target + sizeof(target), sizeof(with));
		bool reset = w->table->v6 ? with == 6 : with == IPT_TCP_RESET;
		struct firewall_verdict *v = record(
			w, offset, reset ? VERDICT_REJECT_RST : VERDICT_REJECT_ICMP, truth, because);
		v->icmp_type = w->table->v6 ? 1 : 3;
		v->icmp_code = w->table->v6 ? 4 : 3;
		return true;
	}
	if (!strcmp(name, "DNAT") || !strcmp(name, "REDIRECT")) {
		read_dnat(w, e, offset, truth, because);
		return true;
	}
	if (!strcmp(name, "SNAT") || !strcmp(name, "MASQUERADE")) {
		record(w, offset, VERDICT_SNAT, truth, because);
		w->packet->was_snat |= truth == NFT_TRUE;
		return true;
	}
	if (!strcmp(name, "NFQUEUE")) {
		uint16_t number = 0;
		if (e->next - e->target >= sizeof(target) + sizeof(number))
			memcpy(&number, e->bytes + e->target + sizeof(target), sizeof(number));
		record(w, offset, VERDICT_QUEUE, truth, because)->number = number;
		return true;
	}
	if (!strcmp(name, "SYNPROXY") || !strcmp(name, "TPROXY")) {
		record(w, offset, *name == 'S' ? VERDICT_SYNPROXY : VERDICT_TPROXY, truth, because);
		return true;
	}
	return false;
}

/* The standard verdict of an entry: below 0 accept, drop, return; otherwise where to jump. */
static int32_t standard_verdict(const struct iptables_entry *e)
{
	int32_t verdict = -NF_ACCEPT - 1;
	size_t at = e->target + sizeof(struct xt_entry_target);

	if (e->next - e->target >= sizeof(struct xt_entry_target) + sizeof(verdict))
		memcpy(&verdict, e->bytes + at, sizeof(verdict));
	return verdict;
}

enum nft_fate iptables_table_walk(const struct iptables_table *table, struct nft_passage *passage,
				  const char *hook, struct packet *packet)
{
	const int h = iptables_hook(hook);
	struct walk w = {.table = table, .passage = passage, .packet = packet, .hook = hook};
	size_t back[MAX_JUMPS], depth = 0, at;
	bool may_stop = false;

	if (h < 0 || !(table->valid_hooks & 1u << h) ||
	    table->v6 != (packet->src.family == ADDR_IPV6))
		return NFT_PASSES;
	at = table->hook_entry[h];
	for (unsigned steps = 0; steps < MAX_STEPS; steps++) {
		struct iptables_entry e;
		uint32_t because = 0;
		if (!iptables_entry_at(table->entries, table->size, at, table->v6, &e))
			return may_stop ? NFT_MAY_STOP : NFT_PASSES;
		enum nft_truth truth = iptables_entry_matches(&e, packet, &because);
		struct xt_entry_target target = target_of(&e);
		if (truth == NFT_FALSE) {
			at += e.next;
			continue;
		}
		if (target.u.user.name[0]) {
			if (!strcmp(target.u.user.name, XT_ERROR_TARGET))
				return may_stop ? NFT_MAY_STOP : NFT_PASSES;
			bool ends = run_extension(&w, &e, at, truth, because);
			if (ends && truth == NFT_TRUE) {
				bool stops = strstr("REJECT NFQUEUE SYNPROXY", target.u.user.name);
				return !stops ? NFT_PASSES : w.undecided ? NFT_MAY_STOP : NFT_STOPS;
			}
			if (ends) {
				w.undecided = may_stop = true;
				w.undecided_because |= because;
			}
			at += e.next;
			continue;
		}
		int32_t verdict = standard_verdict(&e);
		if (verdict >= 0) { /* jump or goto; an undecided one is followed all the same */
			if (truth == NFT_UNKNOWN) {
				w.undecided = true;
				w.undecided_because |= because;
			}
			if (depth < MAX_JUMPS && (size_t)verdict != at + e.next)
				back[depth++] = at + e.next;
			at = (size_t)verdict;
			continue;
		}
		const bool is_policy = at == table->underflow[h] && !depth;
		if (verdict == XT_RETURN && !is_policy) {
			if (truth == NFT_TRUE && !depth)
				at = table->underflow[h];
			else if (truth == NFT_TRUE)
				at = back[--depth];
			else
				at += e.next;
			continue;
		}
		if (verdict == -NF_DROP - 1) {
			record(&w, at, is_policy ? VERDICT_POLICY_DROP : VERDICT_DROP, truth, because);
			may_stop = true;
			if (truth == NFT_TRUE)
				return w.undecided ? NFT_MAY_STOP : NFT_STOPS;
		} else if (truth == NFT_TRUE) {
			return may_stop ? NFT_MAY_STOP : NFT_PASSES;
		}
		w.undecided = true;
		w.undecided_because |= because;
		at += e.next;
	}
	return NFT_MAY_STOP;
}
