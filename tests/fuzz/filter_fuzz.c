/* SPDX-License-Identifier: MIT */
/*
 * Any text as a filter: it parses or says where not, and no socket that matches may be left out by
 * the narrowed request.
 */
#include "core/facts.h"
#include "core/filter.h"
#include "core/names.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "input.h"

static bool service(void *data, const char *name, uint16_t *ret)
{
	*ret = 80;
	return !strcmp(name, "http");
}

static size_t host(void *data, const char *name, struct addr *ret, size_t room)
{
	*ret = addr_ipv4(0x7f000001);
	return !strcmp(name, "localhost");
}

/* Every protocol and state, with and without holders. */
static struct snapshot *machine(void)
{
	struct snapshot *snap = snapshot_new();

	snapshot_add_namespace(snap)->is_self = true;
	snapshot_add_proc(snap)->pid = 1;
	for (unsigned i = 0; i < 64; i++) {
		struct sock *sock = snapshot_add_sock(snap);
		sock->proto = (uint8_t)(i % N_SOCK_PROTOS);
		sock->state = (uint8_t)(i % N_SOCK_STATES);
		if (PROTO_BIT(sock->proto) & PROTOS_INET) {
			sock->local = i & 8 ? addr_ipv4(0x7f000001) : addr_any(ADDR_IPV6);
			sock->remote = addr_any(sock->local.family);
			sock->local_port = (uint16_t)(79 + i % 3);
		}
		if (sock->proto == SOCK_PROTO_UNIX)
			sock->name = snapshot_text_id(snap, "\0a\0/x", 5);
		sock->inode = i + 1;
		sock->peer = 64 - i;
		if (i % 5 == 0)
			snapshot_add_owner(snap, i, 0, (int)i - 1);
	}
	snapshot_index(snap);
	return snap;
}

static bool is_kept(const struct request *request, const struct sock *sock)
{
	if (!(request->protos & PROTO_BIT(sock->proto)))
		return false;
	if (sock->proto == SOCK_PROTO_TCP && !(request->states & STATE_BIT(sock->state)))
		return false;
	if (sock->local.family == ADDR_IPV4 ? !request->ipv4 :
	    sock->local.family == ADDR_IPV6 && !request->ipv6)
		return false;
	return !request->local_port || request->local_port == sock->local_port;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct snapshot *snap;
	static const struct names names = {.service = service, .host = host};
	const struct filter_context context = {
		.names = &names, .otherwise = (enum host_match_default)(size ? data[0] % 6 : 0)};
	char *text = input_text(data, size);
	struct filter *filter = NULL;
	struct parse_error error = {};

	if (!snap)
		snap = machine();
	if (filter_parse(text, &context, &filter, &error)) {
		if (!error.column || error.column > size + 1)
			abort();
	} else {
		struct request request = {
			.protos = PROTOS_ALL, .states = STATES_ALL, .ipv4 = true, .ipv6 = true};
		filter_narrow(filter, &request);
		for (size_t i = 0; i < snap->n_socks; i++)
			if (filter_matches(filter, snap, &snap->socks[i]) &&
			    !is_kept(&request, &snap->socks[i]))
				abort();
	}
	filter_free(filter);
	free(text);
	return 0;
}
