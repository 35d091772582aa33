/* SPDX-License-Identifier: MIT */
/* rtnetlink tells the port of most devices, generic netlink the rest. */
#include "sources/kernel_ports.h"
#include "base/auto.h"
#include "sources/attrs.h"
#include "sources/netlink.h"

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { REQUEST_BYTES = 256 };

/* Kinds whose IFLA_INFO_DATA has the port in network order: include/uapi/linux/if_link.h. */
static const struct {
	const char *kind;
	unsigned attribute;
} ports[] = {
	{"vxlan", 15},	/* IFLA_VXLAN_PORT */
	{"geneve", 5},	/* IFLA_GENEVE_PORT */
	{"bareudp", 1}, /* IFLA_BAREUDP_PORT */
	{"amt", 4},	/* IFLA_AMT_RELAY_PORT */
};

/* Families of generic netlink whose dump lists ports. */
static const struct family {
	const char *name, *kind;
	uint8_t version, command;
	unsigned port, number; /* attributes; the number names a tunnel without a device */
	bool network_order;
} families[] = {
	{"fou", "fou", 1, 3, 1, 1, true},     /* FOU_CMD_GET, FOU_ATTR_PORT */
	{"l2tp", "l2tp", 1, 4, 26, 9, false}, /* L2TP_CMD_TUNNEL_GET, _UDP_SPORT, _CONN_ID */
};

enum { /* include/uapi/linux/wireguard.h */
	WIREGUARD_GET_DEVICE = 0,
	WIREGUARD_IFNAME = 2,
	WIREGUARD_LISTEN_PORT = 6,
};

struct reading {
	struct arena *arena;
	struct kernel_port *ports;
	size_t n, room;
	const struct family *family;
};

bool kernel_port_decode(const struct nlmsghdr *message, struct arena *arena,
			struct kernel_port *ret)
{
	struct attrs attrs, info, data;

	attrs_of_message(message, sizeof(struct ifinfomsg), &attrs);
	attrs_of_nest(attrs.at[IFLA_LINKINFO], &info);
	attrs_of_nest(info.at[IFLA_INFO_DATA], &data);
	const char *kind = attr_text(arena, &info, IFLA_INFO_KIND);
	*ret = (struct kernel_port){.name = attr_text(arena, &attrs, IFLA_IFNAME)};
	for (size_t i = 0; i < N_ELEMENTS(ports); i++)
		if (!strcmp(kind, ports[i].kind)) {
			ret->kind = ports[i].kind;
			ret->port = attr_be16(&data, ports[i].attribute);
			return ret->port;
		}
	if (!strcmp(kind, "wireguard"))
		ret->kind = "wireguard"; /* its port is asked for apart */
	return ret->kind;
}

static int add_link(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct kernel_port port;

	if (reading->n < reading->room && kernel_port_decode(message, reading->arena, &port))
		reading->ports[reading->n++] = port;
	return 0;
}

static int take_id(const struct nlmsghdr *message, void *data)
{
	struct attrs attrs;

	attrs_of_message(message, sizeof(struct genlmsghdr), &attrs);
	*(uint16_t *)data = (uint16_t)attr_number(&attrs, CTRL_ATTR_FAMILY_ID, 0);
	return 0;
}

static struct nlmsghdr *put_generic(char *buffer, uint16_t type, uint8_t command, uint8_t version)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

	msg->nlmsg_type = type;
	head->cmd = command;
	head->version = version;
	return msg;
}

/* The number of a family; 0: it is not in this kernel (asking does not load it). */
static uint16_t family_id(struct netlink *nl, const char *name)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = put_generic(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	uint16_t id = 0;

	mnl_attr_put_strz(msg, CTRL_ATTR_FAMILY_NAME, name);
	if (netlink_ask(nl, msg, NLM_F_ACK, &(struct netlink_reader){take_id, NULL, &id}))
		return 0;
	return id;
}

static int take_wireguard(const struct nlmsghdr *message, void *data)
{
	struct attrs attrs;
	struct kernel_port *port = data;

	attrs_of_message(message, sizeof(struct genlmsghdr), &attrs);
	if (attr_number(&attrs, WIREGUARD_LISTEN_PORT, 0))
		port->port = (uint16_t)attr_number(&attrs, WIREGUARD_LISTEN_PORT, 0);
	return 0;
}

static void ask_wireguard(struct netlink *nl, uint16_t id, struct kernel_port *port)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = put_generic(buffer, id, WIREGUARD_GET_DEVICE, 1);

	mnl_attr_put_strz(msg, WIREGUARD_IFNAME, port->name);
	netlink_dump(nl, msg, &(struct netlink_reader){take_wireguard, NULL, port});
}

static int add_tunnel(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	const struct family *family = reading->family;
	struct attrs attrs;

	attrs_of_message(message, sizeof(struct genlmsghdr), &attrs);
	const uint16_t port = family->network_order
				      ? attr_be16(&attrs, family->port)
				      : (uint16_t)attr_number(&attrs, family->port, 0);
	if (!port || reading->n == reading->room)
		return 0;
	const unsigned number = family->number == family->port
					? port
					: (unsigned)attr_number(&attrs, family->number, 0);
	reading->ports[reading->n++] = (struct kernel_port){
		.port = port, .kind = family->kind,
		.name = arena_printf(reading->arena, "%u", number)};
	return 0;
}

static void read_generic(struct reading *reading)
{
	AUTO(netlink_close) struct netlink nl = NETLINK_INIT;
	uint16_t wireguard = 0;
	const size_t n_links = reading->n;

	if (netlink_open(&nl, NETLINK_GENERIC))
		return;
	for (size_t i = 0; i < n_links; i++) {
		struct kernel_port *port = &reading->ports[i];
		if (port->port)
			continue;
		if (wireguard || (wireguard = family_id(&nl, port->kind)))
			ask_wireguard(&nl, wireguard, port);
	}
	for (size_t i = 0; i < N_ELEMENTS(families); i++) {
		char buffer[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
		const uint16_t id = family_id(&nl, families[i].name);
		if (!id)
			continue;
		reading->family = &families[i];
		netlink_dump(&nl, put_generic(buffer, id, families[i].command, families[i].version),
			     &(struct netlink_reader){add_tunnel, NULL, reading});
	}
}

size_t kernel_ports_read(struct arena *arena, struct kernel_port *ret, size_t room)
{
	AUTO(netlink_close) struct netlink nl = NETLINK_INIT;
	struct reading reading = {.arena = arena, .ports = ret, .room = room};
	const struct netlink_reader reader = {.message = add_link, .data = &reading};

	if (netlink_open(&nl, NETLINK_ROUTE) ||
	    netlink_dump_family(&nl, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC, &reader))
		return 0;
	read_generic(&reading);
	return reading.n;
}
