/* SPDX-License-Identifier: MIT */
/* Two dumps: links, then addresses (net/core/rtnetlink.c, net/ipv4/devinet.c). */
#include "sources/interfaces.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/auto.h"
#include "core/host.h"
#include "sources/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

static uint32_t get_u32(const struct nlattr *attr)
{
	uint32_t number = 0;

	if (mnl_attr_get_payload_len(attr) >= sizeof(number))
		memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
	return number;
}

static const char *get_text(const struct nlattr *attr, struct arena *arena)
{
	const char *text = mnl_attr_get_payload(attr);

	return arena_dup(arena, text, strnlen(text, mnl_attr_get_payload_len(attr)));
}

uint16_t interface_flags(uint32_t flags)
{
	return (uint16_t)((flags & IFF_UP ? INTERFACE_UP : 0) |
			  (flags & IFF_LOOPBACK ? INTERFACE_LOOPBACK : 0) |
			  (flags & IFF_RUNNING ? INTERFACE_RUNNING : 0));
}

int interface_decode(const struct nlmsghdr *message, struct arena *arena, struct interface *ret)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr, *inner;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*info))
		return -EBADMSG;
	ret->index = (uint32_t)info->ifi_index;
	ret->flags = interface_flags(info->ifi_flags);
	ret->name = "";
	ret->kind = "";
	mnl_attr_for_each(attr, message, sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			ret->name = get_text(attr, arena);
			break;
		case IFLA_MTU:
			ret->mtu = get_u32(attr);
			break;
		case IFLA_MASTER:
			ret->master = get_u32(attr);
			break;
		case IFLA_LINKINFO:
			mnl_attr_for_each_nested(inner, attr)
				if (mnl_attr_get_type(inner) == IFLA_INFO_KIND)
					ret->kind = get_text(inner, arena);
			break;
		default:
			break;
		}
	}
	return ret->name && ret->kind ? 0 : -ENOMEM;
}

static void get_addr(const struct nlattr *attr, uint8_t family, struct addr *to)
{
	const size_t len = family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(attr) < len)
		return;
	memset(to, 0, sizeof(*to));
	to->family = family == AF_INET ? ADDR_IPV4 : ADDR_IPV6;
	memcpy(to->bytes, mnl_attr_get_payload(attr), len);
}

uint8_t interface_address_flags(uint32_t flags, bool is_ipv4)
{
	return (flags & IFA_F_TENTATIVE ? INTERFACE_ADDRESS_TENTATIVE : 0) |
	       (flags & IFA_F_DADFAILED ? INTERFACE_ADDRESS_DADFAILED : 0) |
	       (flags & IFA_F_DEPRECATED ? INTERFACE_ADDRESS_DEPRECATED : 0) |
	       /* On IPv6 the same bit means a temporary address. */
	       (is_ipv4 && flags & IFA_F_SECONDARY ? INTERFACE_ADDRESS_SECONDARY : 0);
}

int interface_address_decode(const struct nlmsghdr *message, struct interface_address *ret)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct addr local = {};

	if (message->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*info) ||
	    (info->ifa_family != AF_INET && info->ifa_family != AF_INET6))
		return -EBADMSG;
	uint32_t flags = info->ifa_flags;
	mnl_attr_for_each(attr, message, sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case IFA_ADDRESS: /* of the other end on a point-to-point link */
			get_addr(attr, info->ifa_family, &ret->addr);
			break;
		case IFA_LOCAL:
			get_addr(attr, info->ifa_family, &local);
			break;
		case IFA_BROADCAST:
			get_addr(attr, info->ifa_family, &ret->broadcast);
			break;
		case IFA_FLAGS:
			flags = get_u32(attr);
			break;
		default:
			break;
		}
	}
	if (local.family != ADDR_NONE)
		ret->addr = local;
	if (ret->addr.family == ADDR_NONE)
		return -EBADMSG;
	ret->interface = info->ifa_index;
	ret->prefix_bits = info->ifa_prefixlen;
	ret->flags = interface_address_flags(flags, info->ifa_family == AF_INET);
	if (ret->addr.family == ADDR_IPV6 && addr_is_link_local(&ret->addr))
		ret->addr.scope = ret->interface;
	return 0;
}

/* Growing in malloc'ed memory: a dump may start anew. */
struct reading {
	struct arena *arena;
	struct interface *interfaces;
	struct interface_address *addresses;
	size_t n, room;
};

static int add_interface(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct interface one = {};
	int err = interface_decode(message, reading->arena, &one);

	if (err)
		return err;
	if (!array_grow(&reading->interfaces, reading->n, &reading->room, sizeof(one)))
		return -ENOMEM;
	reading->interfaces[reading->n++] = one;
	return 0;
}

static int add_address(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct interface_address one = {};
	int err = interface_address_decode(message, &one);

	if (err == -EBADMSG && message->nlmsg_type == RTM_NEWADDR)
		return 0; /* of a family that is not ours */
	if (err)
		return err;
	if (!array_grow(&reading->addresses, reading->n, &reading->room, sizeof(one)))
		return -ENOMEM;
	reading->addresses[reading->n++] = one;
	return 0;
}

static void forget(void *data)
{
	((struct reading *)data)->n = 0;
}

static int dump_links(struct netlink *nl, const struct netlink_reader *reader)
{
	char buffer[64] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);

	msg->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_dump(nl, msg, reader);
}

int interfaces_read(struct host *host, struct arena *arena)
{
	AUTO(netlink_close) struct netlink nl = NETLINK_INIT;
	struct reading reading = {.arena = arena};
	int err = netlink_open(&nl, NETLINK_ROUTE);

	if (err)
		return err;
	err = dump_links(&nl, &(struct netlink_reader){add_interface, forget, &reading});
	AUTO(freep) struct interface *interfaces = reading.interfaces;
	const size_t n_interfaces = reading.n;
	if (err)
		return err;
	reading = (struct reading){.arena = arena};
	err = netlink_dump_family(&nl, RTM_GETADDR, sizeof(struct ifaddrmsg), AF_UNSPEC,
				  &(struct netlink_reader){add_address, forget, &reading});
	AUTO(freep) struct interface_address *addresses = reading.addresses;
	if (err)
		return err;
	host->interfaces = (void *)arena_dup(arena, interfaces, n_interfaces * sizeof(*interfaces));
	host->addresses = (void *)arena_dup(arena, addresses, reading.n * sizeof(*addresses));
	if (!host->interfaces || !host->addresses)
		return -ENOMEM;
	host->n_interfaces = n_interfaces;
	host->n_addresses = reading.n;
	return 0;
}
