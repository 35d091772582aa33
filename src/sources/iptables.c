/* SPDX-License-Identifier: MIT */
/* Legacy iptables by getsockopt(): only tables that exist, as asking for others creates them. */
#include "sources/iptables.h"
#include "base/auto.h"
#include "core/case.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <linux/netfilter_ipv4/ip_tables.h>

enum { MAX_TABLE = 16 << 20 };

static void read_table(struct arena *arena, int fd, bool v6, const char *name,
		       struct iptables *to)
{
	/* The two families' structures and option numbers are the same. */
	const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	struct ipt_getinfo info = {};
	socklen_t len = sizeof(info);

	snprintf(info.name, sizeof(info.name), "%.31s", name);
	if (to->n_tables == N_ELEMENTS(to->tables) ||
	    getsockopt(fd, level, IPT_SO_GET_INFO, &info, &len) || info.size > MAX_TABLE)
		return;
	len = (socklen_t)(sizeof(struct ipt_get_entries) + info.size);
	struct ipt_get_entries *got = arena_alloc(arena, len);
	if (!got)
		return;
	snprintf(got->name, sizeof(got->name), "%.31s", name);
	got->size = info.size;
	if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, got, &len))
		return;
	struct iptables_table *t = &to->tables[to->n_tables++];
	t->name = arena_printf(arena, "%s", name);
	t->v6 = v6;
	t->valid_hooks = info.valid_hooks;
	memcpy(t->hook_entry, info.hook_entry, sizeof(t->hook_entry));
	memcpy(t->underflow, info.underflow, sizeof(t->underflow));
	t->entries = (const uint8_t *)got->entrytable;
	t->size = info.size;
	to->known = true;
}

static void read_family(struct arena *arena, bool v6, struct iptables *to)
{
	AUTO(fclosep) FILE *names = fopen(v6 ? "/proc/thread-self/net/ip6_tables_names"
					     : "/proc/thread-self/net/ip_tables_names", "re");
	char name[XT_TABLE_MAXNAMELEN];

	if (!names)
		return;
	AUTO(closep) int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	while (fd >= 0 && fgets(name, sizeof(name), names)) {
		name[strcspn(name, "\n")] = '\0';
		read_table(arena, fd, v6, name, to);
	}
}

void iptables_read(struct arena *arena, struct iptables *ret_iptables)
{
	memset(ret_iptables, 0, sizeof(*ret_iptables));
	read_family(arena, false, ret_iptables);
	read_family(arena, true, ret_iptables);
}

enum nft_fate iptables_walk(const struct iptables *iptables, struct arena *arena,
			    struct place *place, const char *hook, struct packet *packet,
			    enum event_direction direction)
{
	static const char *const order[] = {"raw", "mangle", "nat", "filter", "security"};
	const struct nft_ruleset bare = {.arena = arena};
	struct nft_passage passage = {.ruleset = &bare, .place = place, .direction = direction};
	enum nft_fate worst = NFT_PASSES;

	for (size_t o = 0; o < N_ELEMENTS(order); o++)
		for (size_t i = 0; i < iptables->n_tables; i++) {
			const struct iptables_table *t = &iptables->tables[i];
			if (strcmp(t->name, order[o]) ||
			    (!strcmp(t->name, "nat") && !(packet->ct_state & CT_STATE_NEW)))
				continue;
			enum nft_fate fate = iptables_table_walk(t, &passage, hook, packet);
			if (fate == NFT_STOPS)
				return fate;
			worst = fate > worst ? fate : worst;
		}
	return worst;
}
