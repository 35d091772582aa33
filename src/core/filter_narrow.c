/* SPDX-License-Identifier: MIT */
/* What every matching socket must be, so that sources need not collect the others. */
#include "core/facts.h"
#include "core/fields.h"
#include "core/filter.h"
#include "core/filter_tree.h"

#include <string.h>

/* A set of sockets, never smaller than the real one. */
struct bounds {
	uint32_t protos, states;
	bool ipv4, ipv6;
	bool one_port; /* all have the local port .port */
	uint16_t port;
};

static const struct bounds everything = {
	.protos = PROTOS_ALL, .states = STATES_ALL, .ipv4 = true, .ipv6 = true};

static void intersect(struct bounds *a, const struct bounds *b)
{
	a->protos &= b->protos;
	a->states &= b->states;
	a->ipv4 &= b->ipv4;
	a->ipv6 &= b->ipv6;
	if (b->one_port) {
		/* Two different ports: nothing matches, and either is a right bound. */
		a->one_port = true;
		a->port = b->port;
	}
}

static void unite(struct bounds *a, const struct bounds *b)
{
	a->protos |= b->protos;
	a->states |= b->states;
	a->ipv4 |= b->ipv4;
	a->ipv6 |= b->ipv6;
	a->one_port &= b->one_port && a->port == b->port;
}

static void bound_family(struct bounds *bounds, uint8_t family)
{
	bounds->ipv4 &= family != ADDR_IPV6;
	bounds->ipv6 &= family != ADDR_IPV4;
}

static void bound_port(struct bounds *bounds, uint64_t low, uint64_t high)
{
	/* 0 means "any" to the sources. */
	if (low != high || !low || low > UINT16_MAX)
		return;
	bounds->one_port = true;
	bounds->port = (uint16_t)low;
}

static struct bounds bounds_of_host(const struct filter_node *node)
{
	const struct host_match *host = node->host;
	struct bounds bounds = everything;
	bool has_ipv4 = !host->addrs;

	switch (host->kind) {
	case HOST_MATCH_ANY:
		break;
	case HOST_MATCH_INET:
		bounds.protos = PROTOS_INET;
		bound_family(&bounds, host->family);
		/* IPv4 addresses also match IPv4-mapped IPv6 sockets; IPv6 ones no IPv4 socket. */
		for (size_t i = 0; host->addrs && i < host->n_addrs; i++)
			has_ipv4 |= host->addrs[i].family == ADDR_IPV4;
		bounds.ipv4 &= has_ipv4;
		if (!node->remote)
			bound_port(&bounds, host->ports.low, host->ports.high);
		break;
	case HOST_MATCH_UNIX:
		bounds.protos = PROTO_BIT(SOCK_PROTO_UNIX);
		break;
	case HOST_MATCH_LINK:
		bounds.protos = PROTO_BIT(SOCK_PROTO_PACKET);
		break;
	case HOST_MATCH_NETLINK:
		bounds.protos = PROTO_BIT(SOCK_PROTO_NETLINK);
		break;
	}
	return bounds;
}

static bool word_matches(const struct filter_node *node, const char *word)
{
	return glob_matches(&node->glob, word, strlen(word));
}

static struct bounds bounds_of_text(const struct filter_node *node)
{
	struct bounds bounds = everything;

	if (strcmp(node->field->name, "family"))
		return bounds;
	bounds.ipv4 = word_matches(node, "inet");
	bounds.ipv6 = word_matches(node, "inet6");
	return bounds;
}

static struct bounds bounds_of(const struct filter_node *node)
{
	struct bounds bounds = everything;

	switch (node->kind) {
	case FILTER_AND:
		for (const struct filter_node *child = node->child; child; child = child->next) {
			const struct bounds more = bounds_of(child);
			intersect(&bounds, &more);
		}
		break;
	case FILTER_OR:
		bounds = bounds_of(node->child);
		for (const struct filter_node *child = node->child->next; child;
		     child = child->next) {
			const struct bounds more = bounds_of(child);
			unite(&bounds, &more);
		}
		break;
	case FILTER_NOT:
		/* Of a bound nothing is known the other way round, but these sets are exact. */
		if (node->child->kind == FILTER_STATES)
			bounds.states = STATES_ALL & ~node->child->states;
		if (node->child->kind == FILTER_PROTOS)
			bounds.protos = PROTOS_ALL & ~node->child->protos;
		break;
	case FILTER_STATES:
		bounds.states = node->states;
		break;
	case FILTER_PROTOS:
		bounds.protos = node->protos;
		break;
	case FILTER_HOST:
		return bounds_of_host(node);
	case FILTER_PORTS:
		bounds.protos = PROTOS_INET;
		bound_family(&bounds, node->family);
		if (!node->remote && node->n_ranges == 1)
			bound_port(&bounds, node->ranges[0].low, node->ranges[0].high);
		break;
	case FILTER_TEXT:
		return bounds_of_text(node);
	case FILTER_DEVICE:
	case FILTER_MARK:
	case FILTER_AUTOBOUND:
	case FILTER_NUMBER:
	case FILTER_SECONDS:
	case FILTER_BOOL:
		break;
	}
	return bounds;
}

void filter_narrow(const struct filter *filter, struct request *request)
{
	if (!filter->root)
		return;
	const struct bounds bounds = bounds_of(filter->root);
	request->facts |= filter->facts;
	request->protos &= bounds.protos;
	request->states &= bounds.states;
	request->ipv4 &= bounds.ipv4;
	request->ipv6 &= bounds.ipv6;
	if (bounds.one_port && !request->local_port)
		request->local_port = bounds.port;
}
