/* SPDX-License-Identifier: MIT */
/* Histories that chance alone would make too rarely. */
#include "base/auto.h"
#include "generate_lines.h"

static struct op *plain_socket(struct world *w, int name, uint32_t uid, uint16_t options)
{
	struct op *op = generate_add(w, OP_SOCKET);

	op->name = (int8_t)name;
	op->value = uid;
	op->options = options;
	w->socks[name] = (struct plan){.exists = true, .connected_to = -1};
	return op;
}

static void plain_bind(struct world *w, int name, const struct addr *addr, uint16_t port)
{
	struct op *op = generate_add(w, OP_BIND);

	op->name = (int8_t)name;
	op->local = *addr;
	op->port = port;
	w->socks[name].bound = true;
}

static void plain_connect(struct world *w, int name, const struct addr *addr, uint16_t port)
{
	struct op *op = generate_add(w, OP_CONNECT);

	op->name = (int8_t)name;
	op->remote = *addr;
	op->remote_port = port;
	w->socks[name].connected = true;
}

static uint32_t some_uid(struct world *w)
{
	return chance(w, 50) ? 1000 : 0;
}

static uint16_t some_sharing(struct world *w)
{
	static const uint16_t ways[] = {0, OPT_REUSEADDR, OPT_REUSEPORT, OPT_REUSEPORT,
					OPT_REUSEADDR | OPT_REUSEPORT};

	return ways[draw(w, N_ELEMENTS(ways))];
}

void time_wait_lines(struct world *w)
{
	const struct addr server = generate_address(chance(w, 50) ? "127.0.0.1" : "10.0.0.1");
	const uint16_t way = some_sharing(w), port = w->ports[0], client_port = 45000;
	int a = w->n_socks, b = a + 1, c = a + 2, d = a + 3, e = a + 4;
	bool client_first = chance(w, 50);

	w->n_socks += 5;
	plain_socket(w, a, some_uid(w), way);
	plain_bind(w, a, &server, port);
	named_line(w, OP_LISTEN, a);
	plain_socket(w, b, some_uid(w), some_sharing(w));
	if (chance(w, 60))
		plain_bind(w, b, &server, client_port);
	plain_connect(w, b, &server, port);
	generate_add(w, OP_ACCEPT)->from = (int8_t)a;
	w->out->ops[w->out->n - 1].name = (int8_t)c;
	named_line(w, OP_CLOSE, client_first ? b : c);
	if (chance(w, 85))
		named_line(w, OP_CLOSE, client_first ? c : b);
	w->socks[b].closed = w->socks[c].closed = true;
	if (chance(w, 40)) {
		named_line(w, OP_CLOSE, a);
		w->socks[a].closed = true;
	}
	plain_socket(w, d, some_uid(w), chance(w, 60) ? way : some_sharing(w));
	if (chance(w, 50)) {
		plain_bind(w, d, &server, chance(w, 50) ? client_port : port);
		if (chance(w, 60))
			plain_connect(w, d, &server, port);
		else
			named_line(w, OP_LISTEN, d);
	} else {
		plain_connect(w, d, &server, port);
	}
	plain_socket(w, e, some_uid(w), some_sharing(w));
}

/*
 * A port that connect() chose, a bind() that joins it on another address and leaves again: only
 * then (6.18) may the next connect() share the port.
 */
void connect_returns_lines(struct world *w)
{
	const struct addr one = generate_address("127.0.0.1"), two = generate_address("10.0.0.1");
	const struct addr other = generate_address("127.0.0.2"), any = generate_address("0.0.0.0");
	int a = w->n_socks, b = a + 1, c = a + 2, d = a + 3;

	w->n_socks += 4;
	plain_socket(w, a, 0, 0);
	plain_bind(w, a, &any, w->ports[0]);
	named_line(w, OP_LISTEN, a);
	plain_socket(w, b, 0, some_sharing(w));
	plain_connect(w, b, &one, w->ports[0]);
	plain_socket(w, c, 0, some_sharing(w));
	plain_bind(w, c, chance(w, 80) ? &other : &any, w->range_low);
	if (chance(w, 80)) {
		named_line(w, OP_CLOSE, c);
		w->socks[c].closed = true;
	}
	plain_socket(w, d, 0, some_sharing(w));
	plain_connect(w, d, chance(w, 80) ? &two : &one, w->ports[0]);
}

/* More than ten sockets on the port: a bind() to one address then looks in shorter chains. */
void crowd_lines(struct world *w)
{
	for (int i = 0; i < 11; i++) {
		new_socket(w);
		bind_line(w, w->n_socks - 1);
	}
}

/* A group of which one member hears the multicast group: the others may get its packets. */
void regroup_lines(struct world *w)
{
	const struct addr group = generate_address("239.1.1.1"), any = generate_address("0.0.0.0");
	const struct addr *addr = chance(w, 50) ? &group : &any;
	struct op *op;

	for (int i = 0; i < 2 + (int)draw(w, 2); i++) {
		plain_socket(w, w->n_socks, 0, OPT_REUSEPORT)->udp = true;
		w->socks[w->n_socks].udp = true;
		op = generate_add(w, OP_SET);
		op->name = (int8_t)w->n_socks;
		op->options = OPT_MULTICAST_ALL;
		op->on = chance(w, 30);
		plain_bind(w, w->n_socks++, addr, w->ports[0]);
	}
	op = generate_add(w, OP_JOIN);
	op->name = (int8_t)draw(w, (uint32_t)w->n_socks);
	op->local = group;
	generate_device(op, "eth0");
	op = generate_add(w, OP_DELIVER);
	*op = (struct op){.kind = OP_DELIVER, .udp = true, .sweep = true, .remote_port = 51000,
			  .port = w->ports[0], .local = group};
	op->remote = generate_address("10.0.0.9");
	generate_device(op, "eth0");
}
