/* SPDX-License-Identifier: MIT */
/* Walks a filter for one socket: the inner loop of `berth list`. */
#include "core/filter.h"
#include "core/fields.h"
#include "core/filter_tree.h"
#include "core/snapshot.h"
#include "core/sock.h"
#include "core/sock_device.h"

#include <ctype.h>
#include <string.h>

static bool in_ranges(const struct filter_node *node, uint64_t number)
{
	for (uint32_t i = 0; i < node->n_ranges; i++)
		if (number >= node->ranges[i].low && number <= node->ranges[i].high)
			return true;
	return false;
}

static bool ports_match(const struct filter_node *node, const struct sock *sock)
{
	if (!sock_is_inet(sock) || (node->family && sock->local.family != node->family))
		return false;
	return in_ranges(node, node->remote ? sock->remote_port : sock->local_port);
}

/*
 * The next value of @node's field behind *@nth, which starts at 0. A holder may lack a value that a
 * later one has, so all holders are asked.
 */
static bool next_value(const struct filter_node *node, const struct snapshot *snap,
		       const struct sock *sock, uint32_t *nth, struct value *ret)
{
	do {
		if (node->field->get(snap, sock, (*nth)++, ret))
			return true;
	} while (*nth < sock->n_owners && node->field->multiple);
	return false;
}

static bool number_matches(const struct filter_node *node, const struct snapshot *snap,
			   const struct sock *sock)
{
	struct value value;
	uint32_t nth = 0;

	while (next_value(node, snap, sock, &nth, &value))
		if (in_ranges(node, value.number))
			return true;
	return false;
}

static bool in_span(const struct filter_node *node, double seconds)
{
	if (node->span.open)
		return seconds > node->span.from && seconds < node->span.to;
	return seconds >= node->span.from && seconds <= node->span.to;
}

static bool seconds_match(const struct filter_node *node, const struct snapshot *snap,
			  const struct sock *sock)
{
	struct value value;
	uint32_t nth = 0;

	while (next_value(node, snap, sock, &nth, &value))
		if (in_span(node, value.seconds))
			return true;
	return false;
}

/* NUL bytes, which only UNIX names have, are written '@'. */
static bool text_agrees(const struct filter_node *node, const char *text, size_t len)
{
	char shown[128];

	if (len <= sizeof(shown) && memchr(text, '\0', len)) {
		for (size_t i = 0; i < len; i++)
			shown[i] = text[i] ? text[i] : '@';
		text = shown;
	}
	if (node->exact)
		return len == node->glob.len && !memcmp(text, node->glob.pattern, len);
	return glob_matches(&node->glob, text, len);
}

static bool any_text_agrees(const struct filter_node *node, const struct snapshot *snap,
			    const struct sock *sock)
{
	struct value value;
	uint32_t nth = 0;

	while (next_value(node, snap, sock, &nth, &value))
		if (text_agrees(node, value.text, value.len))
			return true;
	return false;
}

static bool text_matches(const struct filter_node *node, const struct snapshot *snap,
			 const struct sock *sock)
{
	struct filter_node other = *node;

	other.field = node->also;
	return any_text_agrees(node, snap, sock) ||
	       (node->also && any_text_agrees(&other, snap, sock));
}

static bool bool_matches(const struct filter_node *node, const struct snapshot *snap,
			 const struct sock *sock)
{
	struct value value;

	return node->field->get(snap, sock, 0, &value) && !!value.number == node->wanted;
}

static bool in_ephemeral_range(const struct snapshot *snap, const struct sock *sock)
{
	const struct namespace *netns =
		sock->netns < snap->n_namespaces ? &snap->namespaces[sock->netns] : NULL;
	const struct host *host = netns && netns->host.known ? &netns->host : &snap->host;

	return host_port_is_ephemeral(host, sock->local_port);
}

/* net/unix/af_unix.c: autobind makes a NUL and five hexadecimal digits. */
static bool is_autobound_name(const char *name, size_t len)
{
	if (!len)
		return true;
	if (len != 6 || (name[0] && name[0] != '@'))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!isxdigit((unsigned char)name[i]) || isupper((unsigned char)name[i]))
			return false;
	return true;
}

static bool is_autobound(const struct snapshot *snap, const struct sock *sock)
{
	size_t len;

	/* Who asked for a port of that range by name has it bound, if the source can tell. */
	if (sock_is_inet(sock))
		return in_ephemeral_range(snap, sock) && !sock_option_is(sock, SOCK_OPTION_LOCK_PORT);
	const char *name = snapshot_text(snap, sock->name, &len);
	return sock->proto == SOCK_PROTO_UNIX && is_autobound_name(name, len);
}

static bool matches(const struct filter_node *node, const struct snapshot *snap,
		    const struct sock *sock)
{
	const struct filter_node *child = node->child;

	switch (node->kind) {
	case FILTER_AND:
		while (child && matches(child, snap, sock))
			child = child->next;
		return !child;
	case FILTER_OR:
		while (child && !matches(child, snap, sock))
			child = child->next;
		return child;
	case FILTER_NOT:
		return !matches(child, snap, sock);
	case FILTER_STATES:
		return node->states >> sock->state & 1;
	case FILTER_PROTOS:
		return node->protos >> sock->proto & 1;
	case FILTER_HOST:
		return host_match_is(node->host, snap, sock, node->remote);
	case FILTER_PORTS:
		return ports_match(node, sock);
	case FILTER_DEVICE:
		return sock_device_is(snap, sock, node->device);
	case FILTER_MARK:
		return (sock->mark & node->mask) == (node->mark & node->mask);
	case FILTER_AUTOBOUND:
		return is_autobound(snap, sock);
	case FILTER_NUMBER:
		return number_matches(node, snap, sock);
	case FILTER_SECONDS:
		return seconds_match(node, snap, sock);
	case FILTER_TEXT:
		return text_matches(node, snap, sock);
	case FILTER_BOOL:
		return bool_matches(node, snap, sock);
	}
	return false;
}

bool filter_matches(const struct filter *filter, const struct snapshot *snap,
		    const struct sock *sock)
{
	return !filter->root || matches(filter->root, snap, sock);
}
