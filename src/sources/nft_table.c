/* SPDX-License-Identifier: MIT */
/* One batch of nfnetlink messages: table, chains, rules. */
#include "sources/nft_table.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "sources/attrs.h"
#include "sources/netlink.h"
#include "sources/nft_rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH_SIZE = 64 * 1024,
	RULE_ROOM = 1024, /* one rule takes less */
	BEFORE_ALL = -460, /* before conntrack's defragmentation and "raw" */
	N_LEFT = 16,
};

struct batch {
	struct mnl_nlmsg_batch *list;
	uint32_t seq;
	uint8_t family;
	char table[32];
};

static void table_name(pid_t pid, char *text, size_t size)
{
	snprintf(text, size, NFT_TABLE_PREFIX "%d", (int)pid);
}

static struct nlmsghdr *put_head(struct batch *b, uint16_t type, uint16_t flags, uint8_t family,
				 uint16_t res_id)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(b->list));
	struct nfgenmsg *head;

	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	msg->nlmsg_seq = b->seq;
	head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
	head->nfgen_family = family;
	head->version = NFNETLINK_V0;
	head->res_id = htons(res_id);
	return msg;
}

static struct nlmsghdr *put_nft(struct batch *b, uint16_t type, uint16_t flags)
{
	return put_head(b, NFNL_SUBSYS_NFTABLES << 8 | type, flags | NLM_F_ACK, b->family, 0);
}

static void done(struct batch *b)
{
	mnl_nlmsg_batch_next(b->list);
}

static void put_number(struct nlmsghdr *msg, uint16_t type, uint32_t number)
{
	mnl_attr_put_u32(msg, type, htonl(number));
}

static void put_chain(struct batch *b, const char *name, uint32_t hook, const char *device)
{
	struct nlmsghdr *msg = put_nft(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);

	mnl_attr_put_strz(msg, NFTA_CHAIN_TABLE, b->table);
	mnl_attr_put_strz(msg, NFTA_CHAIN_NAME, name);
	mnl_attr_put_strz(msg, NFTA_CHAIN_TYPE, "filter");
	struct nlattr *nest = mnl_attr_nest_start(msg, NFTA_CHAIN_HOOK);
	put_number(msg, NFTA_HOOK_HOOKNUM, hook);
	put_number(msg, NFTA_HOOK_PRIORITY, (uint32_t)BEFORE_ALL);
	if (device)
		mnl_attr_put_strz(msg, NFTA_HOOK_DEV, device);
	mnl_attr_nest_end(msg, nest);
	done(b);
}

static void put_rule(struct batch *b, const char *chain, const struct nft_flow *flow, bool back)
{
	struct nlmsghdr *msg = put_nft(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(msg, NFTA_RULE_TABLE, b->table);
	mnl_attr_put_strz(msg, NFTA_RULE_CHAIN, chain);
	nft_rule_put(msg, b->family, flow, back);
	done(b);
}

static int acknowledgements(struct netlink *nl, unsigned n)
{
	struct netlink_reader nothing = {};
	int first = 0;

	/* Each message of a batch gets its own yes or no; after a no the whole batch is undone. */
	while (n--) {
		_Alignas(8) char buffer[8192];
		ssize_t got = recv(nl->fd, buffer, sizeof(buffer), first ? MSG_DONTWAIT : 0);
		if (got < 0 && errno == EINTR) {
			n++;
			continue;
		}
		if (got < 0)
			return first ? first : -errno;
		int err = netlink_walk(nl, buffer, (size_t)got, &nothing);
		if (err < 0 && !first)
			first = err;
	}
	return first;
}

static int send_batch(struct netlink *nl, struct batch *b, unsigned n_asked)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	nl->seq = b->seq;
	ssize_t sent = sendto(nl->fd, mnl_nlmsg_batch_head(b->list), mnl_nlmsg_batch_size(b->list),
			      0, (const struct sockaddr *)&kernel, sizeof(kernel));
	return sent < 0 ? -errno : acknowledgements(nl, n_asked);
}

static int begin_batch(struct batch *b, struct netlink *nl, uint8_t family, void *memory)
{
	*b = (struct batch){.list = mnl_nlmsg_batch_start(memory, BATCH_SIZE), .seq = nl->seq + 1,
			    .family = family};
	if (!b->list)
		return -ENOMEM;
	table_name(getpid(), b->table, sizeof(b->table));
	put_head(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	done(b);
	return 0;
}

static int finish_batch(struct batch *b, struct netlink *nl, unsigned n_asked)
{
	put_head(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	done(b);
	int err = send_batch(nl, b, n_asked);
	mnl_nlmsg_batch_stop(b->list);
	return err;
}

/* A chain and its rules; how many messages ask for an acknowledgement. */
static unsigned put_marks(struct batch *b, const char *chain, uint32_t hook, const char *device,
			  const struct nft_marking *marking)
{
	const bool back = !strncmp(chain, NFT_CHAIN_BACK, strlen(NFT_CHAIN_BACK));
	unsigned n = 1;

	put_chain(b, chain, hook, device);
	for (size_t i = 0; i < marking->n_flows; i++) {
		if (mnl_nlmsg_batch_size(b->list) + 4 * RULE_ROOM > BATCH_SIZE)
			break;
		put_rule(b, chain, &marking->flows[i], back);
		n++;
	}
	return n;
}

static unsigned put_chains(struct batch *b, const struct nft_marking *marking)
{
	static const struct {
		uint32_t inet, bridge;
		const char *there, *back;
	} hooks[] = {
		{NF_INET_PRE_ROUTING, 0, NFT_CHAIN_THERE, NFT_CHAIN_BACK},
		{NF_INET_LOCAL_OUT, 3, NFT_CHAIN_THERE "_out", NFT_CHAIN_BACK "_out"},
	};
	unsigned n = 0;

	if (b->family == NFPROTO_NETDEV) {
		if (marking->in_there)
			n += put_marks(b, NFT_CHAIN_THERE, NF_NETDEV_INGRESS, marking->in_there, marking);
		if (marking->in_back)
			n += put_marks(b, NFT_CHAIN_BACK, NF_NETDEV_INGRESS, marking->in_back, marking);
		return n;
	}
	for (size_t h = 0; h < N_ELEMENTS(hooks); h++) {
		const uint32_t hook = b->family == NFPROTO_BRIDGE ? hooks[h].bridge : hooks[h].inet;
		n += put_marks(b, hooks[h].there, hook, NULL, marking);
		n += put_marks(b, hooks[h].back, hook, NULL, marking);
	}
	return n;
}

static int add(struct netlink *nl, uint8_t family, const struct nft_marking *marking,
	       uint32_t table_flags)
{
	AUTO(freep) void *memory = calloc(1, BATCH_SIZE * 2);
	struct batch b;
	int err = memory ? begin_batch(&b, nl, family, memory) : -ENOMEM;

	if (err)
		return err;
	struct nlmsghdr *table = put_nft(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(table, NFTA_TABLE_NAME, b.table);
	put_number(table, NFTA_TABLE_FLAGS, table_flags);
	done(&b);
	const unsigned n_asked = 1 + put_chains(&b, marking);
	return finish_batch(&b, nl, n_asked);
}

int nft_table_add(struct netlink *nl, uint8_t family, const struct nft_marking *marking,
		  bool *ret_owned)
{
	int err = add(nl, family, marking, NFT_TABLE_F_OWNER);

	*ret_owned = !err;
	/* Until 5.12 is our oldest kernel: it knows no owners. */
	if (err == -EINVAL || err == -EOPNOTSUPP)
		err = add(nl, family, marking, 0);
	return err;
}

static int remove_table(struct netlink *nl, uint8_t family, const char *name)
{
	AUTO(freep) void *memory = calloc(1, BATCH_SIZE * 2);
	struct batch b;
	int err = memory ? begin_batch(&b, nl, family, memory) : -ENOMEM;

	if (err)
		return err;
	struct nlmsghdr *msg = put_nft(&b, NFT_MSG_DELTABLE, 0);
	mnl_attr_put_strz(msg, NFTA_TABLE_NAME, name);
	done(&b);
	return finish_batch(&b, nl, 1);
}

int nft_table_remove(struct netlink *nl, uint8_t family)
{
	char name[32];

	table_name(getpid(), name, sizeof(name));
	return remove_table(nl, family, name);
}

struct looking {
	uint32_t families;
	struct {
		uint8_t family;
		char name[32];
	} left[N_LEFT];
	unsigned n_left;
};

/* Made by a berth that has ended? An owned table never is: the kernel has removed it. */
static bool is_left(const struct attrs *attrs, const char *name)
{
	const uint32_t flags = ntohl((uint32_t)attr_number(attrs, NFTA_TABLE_FLAGS, 0));
	uint64_t pid;

	return !(flags & NFT_TABLE_F_OWNER) &&
	       parse_u64(name + strlen(NFT_TABLE_PREFIX), INT_MAX, &pid) && pid &&
	       kill((pid_t)pid, 0) && errno == ESRCH;
}

static int see_table(const struct nlmsghdr *msg, void *data)
{
	struct looking *looking = data;
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs;
	char name[32];

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	const size_t len = attr_len(&attrs, NFTA_TABLE_NAME);
	snprintf(name, sizeof(name), "%.*s", (int)len,
		 len ? (const char *)attr_bytes(&attrs, NFTA_TABLE_NAME) : "");
	if (strncmp(name, NFT_TABLE_PREFIX, strlen(NFT_TABLE_PREFIX)) != 0) {
		looking->families |= 1u << (head->nfgen_family & 31);
	} else if (is_left(&attrs, name) && looking->n_left < N_LEFT) {
		looking->left[looking->n_left].family = head->nfgen_family;
		memcpy(looking->left[looking->n_left++].name, name, sizeof(name));
	}
	return 0;
}

int nft_tables_look(struct netlink *nl, uint32_t *ret_families)
{
	_Alignas(8) char buffer[128] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct looking looking = {};
	struct netlink_reader reader = {.message = see_table, .data = &looking};
	struct nfgenmsg *head;

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->version = NFNETLINK_V0;
	int err = netlink_dump(nl, request, &reader);
	for (unsigned i = 0; i < looking.n_left; i++)
		remove_table(nl, looking.left[i].family, looking.left[i].name);
	*ret_families = looking.families;
	return err;
}
