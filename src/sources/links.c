/* SPDX-License-Identifier: MIT */
/* Interfaces with what decides whether and where they carry a packet. */
#include "sources/links.h"
#include "core/case.h"
#include "sources/attrs.h"
#include "sources/netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

struct reading {
	struct arena *arena;
	struct place *place;
};

static void read_vxlan(struct link_facts *link, const struct nlattr *data)
{
	struct attrs attrs;

	attrs_of_nest(data, &attrs);
	link->vni = (uint32_t)attr_number(&attrs, IFLA_VXLAN_ID, 0);
	link->vxlan_local = attr_addr(&attrs, IFLA_VXLAN_LOCAL);
	if (link->vxlan_local.family == ADDR_NONE)
		link->vxlan_local = attr_addr(&attrs, IFLA_VXLAN_LOCAL6);
	struct addr group = attr_addr(&attrs, IFLA_VXLAN_GROUP);
	if (group.family == ADDR_NONE)
		group = attr_addr(&attrs, IFLA_VXLAN_GROUP6);
	if (group.family != ADDR_NONE && addr_is_multicast(&group))
		link->vxlan_group = group;
	else
		link->vxlan_remote = group;
	link->vxlan_port = attr_be16(&attrs, IFLA_VXLAN_PORT);
}

static void read_port(struct link_facts *link, const struct nlattr *data)
{
	struct attrs attrs;

	attrs_of_nest(data, &attrs);
	link->port_state = (uint8_t)attr_number(&attrs, IFLA_BRPORT_STATE, 0);
	link->port_isolated = attr_number(&attrs, IFLA_BRPORT_ISOLATED, 0);
}

static void read_kind(struct reading *r, struct link_facts *link, const struct nlattr *info)
{
	struct attrs attrs, data;

	attrs_of_nest(info, &attrs);
	link->kind = attr_text(r->arena, &attrs, IFLA_INFO_KIND);
	link->slave_kind = attr_text(r->arena, &attrs, IFLA_INFO_SLAVE_KIND);
	attrs_of_nest(attrs.at[IFLA_INFO_DATA], &data);
	if (!strcmp(link->kind, "vxlan"))
		read_vxlan(link, attrs.at[IFLA_INFO_DATA]);
	else if (!strcmp(link->kind, "macvlan"))
		link->macvlan_mode = (uint32_t)attr_number(&data, IFLA_MACVLAN_MODE, 0);
	else if (!strcmp(link->kind, "bridge"))
		link->vlan_filtering = attr_number(&data, IFLA_BR_VLAN_FILTERING, 0);
	if (!strcmp(link->slave_kind, "bridge"))
		read_port(link, attrs.at[IFLA_INFO_SLAVE_DATA]);
}

static int read_link(const struct nlmsghdr *msg, void *data)
{
	struct reading *r = data;
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs, xdp;

	if (msg->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	struct link_facts *link = arena_push(r->arena, &r->place->links, &r->place->n_links,
					     &r->place->room_links, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->index = (uint32_t)head->ifi_index;
	link->flags = head->ifi_flags;
	link->name = attr_text(r->arena, &attrs, IFLA_IFNAME);
	link->qdisc = attr_text(r->arena, &attrs, IFLA_QDISC);
	link->master = (uint32_t)attr_number(&attrs, IFLA_MASTER, 0);
	link->mtu = (uint32_t)attr_number(&attrs, IFLA_MTU, 0);
	link->operstate = (uint8_t)attr_number(&attrs, IFLA_OPERSTATE, 0);
	link->peer_index = (uint32_t)attr_number(&attrs, IFLA_LINK, 0);
	link->peer_nsid = (int32_t)attr_number(&attrs, IFLA_LINK_NETNSID, (uint32_t)-1);
	link->mac_len = (uint8_t)attr_len(&attrs, IFLA_ADDRESS);
	if (link->mac_len > sizeof(link->mac))
		link->mac_len = sizeof(link->mac);
	if (link->mac_len)
		memcpy(link->mac, attr_bytes(&attrs, IFLA_ADDRESS), link->mac_len);
	link->kind = link->slave_kind = "";
	read_kind(r, link, attrs.at[IFLA_LINKINFO]);
	attrs_of_nest(attrs.at[IFLA_XDP], &xdp);
	link->xdp_id = (uint32_t)attr_number(&xdp, IFLA_XDP_PROG_ID, 0);
	return 0;
}

static void forget_links(void *data)
{
	((struct reading *)data)->place->n_links = 0;
}

int links_collect(struct netlink *nl, struct arena *arena, struct place *place)
{
	struct reading r = {.arena = arena, .place = place};
	struct netlink_reader reader = {.message = read_link, .restart = forget_links, .data = &r};
	int err = netlink_dump_family(nl, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC,
				      &reader);
	if (!err)
		place->known |= PLACE_LINKS;
	return err;
}

static int read_address(const struct nlmsghdr *msg, void *data)
{
	struct reading *r = data;
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs;

	if (msg->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	struct place_address *a =
		arena_push(r->arena, &r->place->addresses, &r->place->n_addresses,
			   &r->place->room_addresses, sizeof(*a));
	if (!a)
		return -ENOMEM;
	/* IFA_LOCAL is ours; IFA_ADDRESS is the far end of a point-to-point link. */
	a->addr = attr_addr(&attrs, attrs.at[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS);
	a->broadcast = attr_addr(&attrs, IFA_BROADCAST);
	a->link = head->ifa_index;
	a->bits = head->ifa_prefixlen;
	a->flags = (uint32_t)attr_number(&attrs, IFA_FLAGS, head->ifa_flags);
	return 0;
}

static void forget_addresses(void *data)
{
	((struct reading *)data)->place->n_addresses = 0;
}

int addresses_collect(struct netlink *nl, struct arena *arena, struct place *place)
{
	struct reading r = {.arena = arena, .place = place};
	struct netlink_reader reader = {.message = read_address, .restart = forget_addresses,
					.data = &r};

	return netlink_dump_family(nl, RTM_GETADDR, sizeof(struct ifaddrmsg), AF_UNSPEC, &reader);
}

static int read_neighbour(const struct nlmsghdr *msg, void *data)
{
	struct reading *r = data;
	const struct ndmsg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs;

	if (msg->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	struct neighbour *n = arena_push(r->arena, &r->place->neighbours, &r->place->n_neighbours,
					 &r->place->room_neighbours, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->addr = attr_addr(&attrs, NDA_DST);
	n->link = (uint32_t)head->ndm_ifindex;
	n->state = head->ndm_state;
	n->mac_len = (uint8_t)attr_len(&attrs, NDA_LLADDR);
	if (n->mac_len > sizeof(n->mac))
		n->mac_len = sizeof(n->mac);
	if (n->mac_len)
		memcpy(n->mac, attr_bytes(&attrs, NDA_LLADDR), n->mac_len);
	return 0;
}

static void forget_neighbours(void *data)
{
	((struct reading *)data)->place->n_neighbours = 0;
}

int neighbours_collect(struct netlink *nl, struct arena *arena, struct place *place)
{
	struct reading r = {.arena = arena, .place = place};
	struct netlink_reader reader = {.message = read_neighbour, .restart = forget_neighbours,
					.data = &r};
	int err = netlink_dump_family(nl, RTM_GETNEIGH, sizeof(struct ndmsg), AF_UNSPEC, &reader);
	if (!err)
		place->known |= PLACE_NEIGHBOURS;
	return err;
}
