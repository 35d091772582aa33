/* SPDX-License-Identifier: MIT */
/* The lines of random scenarios, one function a kind; generate.c draws which. */
#include "generate_lines.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

static const char *const groups_v4[] = {"239.1.1.1", "239.1.1.2"};
static const char *const groups_v6[] = {"ff0e::1:1", "ff0e::1:2"};

/* One of a crowd: shares with everybody. The late ones of GENERATE_UDP_MANY share as they like. */
static void crowd_options(struct world *w, struct op *op)
{
	static const uint16_t ways[] = {0, OPT_REUSEADDR, OPT_REUSEPORT,
					OPT_REUSEADDR | OPT_REUSEPORT};

	op->options &= (uint16_t)~(OPT_REUSEADDR | OPT_REUSEPORT);
	op->options |= w->n_socks <= 11 ? ways[3] : ways[draw(w, 4)];
	op->value = chance(w, 50) ? 1000 : 0;
}

void new_socket(struct world *w)
{
	struct op *op = generate_add(w, OP_SOCKET);
	struct plan *plan = &w->socks[w->n_socks];

	*plan = (struct plan){.exists = true, .connected_to = -1};
	op->name = (int8_t)w->n_socks++;
	plan->udp = op->udp = draw_udp(w);
	plan->inet6 = op->inet6 = chance(w, w->inet6);
	if (chance(w, w->uid))
		op->value = 1000;
	if (chance(w, w->reuseaddr))
		op->options |= OPT_REUSEADDR;
	if (chance(w, w->reuseport))
		op->options |= OPT_REUSEPORT;
	if (op->inet6 && chance(w, w->v6only))
		op->options |= OPT_V6ONLY;
	if (chance(w, w->device)) {
		op->options |= OPT_DEVICE;
		generate_device(op, draw_device(w));
		snprintf(plan->device, sizeof(plan->device), "%s", op->device);
	}
	if (chance(w, w->theme == GENERATE_AUTOBIND ? 15 : 2))
		op->options |= OPT_NO_PORT;
	if (chance(w, w->theme == GENERATE_AUTOBIND ? 20 : 1)) {
		op->options |= OPT_RANGE;
		op->low = (uint16_t)(40000 + draw(w, 4));
		op->high = (uint16_t)(op->low + draw(w, 4));
	}
	if (chance(w, 2))
		op->options |= chance(w, 70) ? OPT_FREEBIND : OPT_TRANSPARENT;
	if (chance(w, w->cpu)) {
		op->options |= OPT_CPU;
		op->cpu = (uint8_t)draw(w, 2);
	}
	if (w->theme == GENERATE_UDP_MANY && w->mixed_crowd)
		crowd_options(w, op);
	if (op->options & OPT_REUSEPORT && chance(w, w->program))
		op->options |= OPT_PROGRAM;
	if (plan->udp && chance(w, 5))
		op->options |= OPT_BROADCAST;
	if (plan->udp && w->regroup && chance(w, 50)) {
		op = generate_add(w, OP_SET);
		op->name = (int8_t)(w->n_socks - 1);
		op->options = OPT_MULTICAST_ALL;
	}
}


static void set_line(struct world *w, int name)
{
	static const uint16_t options[] = {OPT_REUSEADDR, OPT_REUSEPORT, OPT_REUSEADDR,
					   OPT_REUSEPORT, OPT_V6ONLY,	 OPT_NO_PORT};
	struct plan *plan = &w->socks[name];
	struct op *op = generate_add(w, OP_SET);

	op->name = (int8_t)name;
	op->options = options[draw(w, N_ELEMENTS(options))];
	op->on = chance(w, 50);
	if (op->options == OPT_V6ONLY && !plan->inet6)
		op->options = OPT_REUSEADDR;
	if (w->theme == GENERATE_MULTICAST && plan->udp && !plan->inet6 && chance(w, 40)) {
		op->options = OPT_MULTICAST_ALL;
		op->on = chance(w, 20);
	} else if (w->cpu && chance(w, 40)) {
		op->options = OPT_CPU;
		op->cpu = (uint8_t)draw(w, 2);
	}
	/* Changing the device of a bound TCP socket is left alone: the kernel itself is unsure. */
	if (chance(w, w->device / 2) && (plan->udp || !plan->bound) && !plan->connected) {
		op->options = OPT_DEVICE;
		generate_device(op, chance(w, 30) ? "" : draw_device(w));
		snprintf(plan->device, sizeof(plan->device), "%s", op->device);
	}
}

void bind_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];
	struct op *op = generate_add(w, OP_BIND);
	const char *text = plan->inet6 ? w->v6[draw(w, 3)] : w->v4[draw(w, 3)];

	if (!w->nothing_foreign && chance(w, 20))
		text = plan->inet6 ? (chance(w, 70) ? "2001:db8:f::1" : "::ffff:192.0.2.1") :
				     "192.0.2.1";
	if (!w->nothing_foreign && plan->inet6 && chance(w, 30))
		text = chance(w, 60) ? "fe80::1" : "fe80::2";
	if (w->theme == GENERATE_MULTICAST && chance(w, 35))
		text = plan->inet6 ? groups_v6[draw(w, 2)] : groups_v4[draw(w, 2)];
	if (!w->nothing_foreign && chance(w, 10)) /* the wrong family, or a group for a stream */
		text = plan->inet6 ? groups_v6[0] : chance(w, 50) ? "2001:db8::1" : groups_v4[0];
	op->name = (int8_t)name;
	op->local = generate_address(text);
	op->port = chance(w, w->zero_port) ? 0 : w->ports[draw(w, 2)];
	if (chance(w, 8))
		op->options |= OPT_UNPRIVILEGED;
	plan->bound = true;
}

/* A local address a socket can reach: its family, and on its device if it is bound to one. */
static const char *reachable(struct world *w, const struct plan *plan)
{
	static const char *const of_lo[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
	static const char *const of_eth0[] = {"10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"};
	static const char *const of_eth1[] = {"10.1.0.1", "2001:db8:1::1", "::ffff:10.1.0.1"};
	const char *const *from = plan->device[0] == 'l'	    ? of_lo :
				  !strcmp(plan->device, "eth0") ? of_eth0 :
				  !strcmp(plan->device, "eth1") ? of_eth1 :
				  chance(w, 50)		    ? of_lo :
				  chance(w, 70)		    ? of_eth0 :
							      of_eth1;

	return from[!plan->inet6 ? 0 : 1 + draw(w, 2)];
}

static void connect_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];
	struct op *op;

	/* A v6 socket whose mapped connect() failed is half turned into a v4 one: undefined. */
	if (plan->connected && !plan->udp)
		return;
	op = generate_add(w, OP_CONNECT);
	op->name = (int8_t)name;
	op->remote = generate_address(reachable(w, plan));
	op->remote_port = plan->udp ? (uint16_t)(50001 + draw(w, 2)) : w->ports[draw(w, 2)];
	if (!w->nothing_foreign && !plan->inet6 && chance(w, 10)) {
		op->remote = generate_address("::1");
		return;
	}
	if (plan->udp && chance(w, 60) && w->target.family == (plan->inet6 ? ADDR_IPV6 : ADDR_IPV4) &&
	    !plan->device[0]) {
		op->remote = w->target;
		op->remote_port = 50001;
	}
	/* A second connect() in the other family, or of a socket bound to a group: left alone. */
	if (plan->udp && plan->connected && plan->inet6)
		op->remote = addr_is_mapped(&plan->remote) == addr_is_mapped(&op->remote) ?
				     op->remote :
				     plan->remote;
	plan->remote = op->remote;
	if (plan->udp && !plan->inet6 && !plan->device[0] && !plan->connected && chance(w, 4))
		op->remote = generate_address(chance(w, 50) ? "10.0.0.255" : "10.1.0.255");
	plan->connected = true;
}

static void accept_line(struct world *w, int listener)
{
	struct op *op;

	if (w->n_socks >= N_OP_NAMES || w->n_socks > w->max_socks + 4)
		return;
	op = generate_add(w, OP_ACCEPT);
	op->from = (int8_t)listener;
	op->name = (int8_t)w->n_socks;
	if (chance(w, w->uid / 2))
		op->value = 7;
	w->socks[w->n_socks++] = (struct plan){.exists = true, .connected = true, .accepted = true,
					       .inet6 = w->socks[listener].inet6};
}

static void deliver_line(struct world *w)
{
	static const char *const v4[] = {"10.0.0.1", "10.1.0.1", "127.0.0.1", "127.0.0.2"};
	static const char *const v6[] = {"2001:db8::1", "2001:db8:1::1", "::1"};
	bool six = chance(w, w->inet6 * 2 / 3), outside = chance(w, 60), eth1 = chance(w, 30);
	struct op *op = generate_add(w, OP_DELIVER);

	if (chance(w, 30)) { /* on a connection, if this one has one by then */
		op->options = OPT_LIVE | (chance(w, 70) ? OPT_WRITE : 0);
		op->name = (int8_t)draw(w, (uint32_t)w->n_socks);
		return;
	}
	op->udp = draw_udp(w);
	op->port = w->ports[draw(w, 2)];
	op->remote_port = (uint16_t)(50001 + draw(w, 2));
	op->local = generate_address(six ? v6[draw(w, outside ? 2 : 3)] : v4[draw(w, outside ? 2 : 4)]);
	if (outside) {
		op->remote = generate_address(six ? (eth1 ? "2001:db8:1::9" : "2001:db8::9") :
					   (eth1 ? "10.1.0.9" : "10.0.0.9"));
		generate_device(op, eth1 ? "eth1" : "eth0");
		op->sweep = w->reuseport && chance(w, 20);
		if (op->sweep)
			op->remote_port = 51000;
	} else {
		op->remote = generate_address(six ? v6[draw(w, 3)] : v4[draw(w, 3)]);
		/* Loopback addresses talk to loopback addresses only. */
		if (addr_is_loopback(&op->local) || addr_is_loopback(&op->remote))
			op->remote = op->local = generate_address(six ? "::1" : "127.0.0.1");
	}
	if (op->udp && !six && !outside && chance(w, w->inet6 ? 20 : 4)) {
		op->local = generate_address("127.0.0.6");
		op->remote = generate_address("127.0.0.1");
	}
	if (w->theme == GENERATE_MULTICAST && outside && chance(w, 80))
		op->local = generate_address(six ? groups_v6[draw(w, 2)] : groups_v4[draw(w, 2)]);
}

static void join_line(struct world *w, int name)
{
	struct op *op = generate_add(w, OP_JOIN);

	op->name = (int8_t)name;
	op->local = generate_address(w->socks[name].inet6 && chance(w, 70) ? groups_v6[draw(w, 2)] :
								    groups_v4[draw(w, 2)]);
	generate_device(op, chance(w, 70) ? "eth0" : "eth1");
}

void named_line(struct world *w, enum op_kind kind, int name)
{
	generate_add(w, kind)->name = (int8_t)name;
}

void listen_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];

	named_line(w, OP_LISTEN, name);
	plan->listens = plan->bound = true;
	/* Without the option it is an ordinary listener again, that others may beat by score. */
	if (w->theme == GENERATE_TCP_LISTEN && w->reuseport && chance(w, 15)) {
		struct op *op = generate_add(w, OP_SET);
		op->name = (int8_t)name;
		op->options = OPT_REUSEPORT;
	}
}

static void close_line(struct world *w, int name)
{
	struct op *op = generate_add(w, OP_CLOSE);
	struct plan *plan = &w->socks[name];

	op->name = (int8_t)name;
	if (!plan->udp && chance(w, 25))
		op->options |= OPT_LINGER0;
	plan->closed = true;
	if (!plan->udp && plan->connected && !plan->accepted && chance(w, 15))
		named_line(w, OP_EXPIRE, name);
}

/* One more line about an existing socket, the kind drawn by what the theme is about. */
void tcp_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];
	bool connects = w->theme == GENERATE_TCP_CONNECT || w->theme == GENERATE_MIXED ||
			w->theme == GENERATE_AUTOBIND;
	uint32_t what = draw(w, 100);

	if (what < 25 && (!plan->bound || chance(w, 5))) {
		bind_line(w, name);
	} else if (what < 45 && !plan->accepted && !(plan->inet6 && plan->connected)) {
		listen_line(w, name);
	} else if (what < 65 && connects && (!plan->listens || chance(w, 5))) {
		connect_line(w, name);
	} else if (what < 75 && connects && plan->listens) {
		accept_line(w, name);
	} else if (what < 83) {
		set_line(w, name);
	} else if (what < 88) {
		close_line(w, name);
	} else if (what < 91 && plan->listens) {
		named_line(w, OP_SHUTDOWN, name);
	} else if (what < 93 && plan->connected && connects) {
		named_line(w, OP_DISCONNECT, name);
	} else if (w->theme == GENERATE_TCP_LISTEN || w->theme == GENERATE_MIXED ||
		   (w->theme == GENERATE_TCP_CONNECT && chance(w, 40))) {
		deliver_line(w);
	}
}

void udp_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];
	uint32_t what = draw(w, 100);

	if (what < 40 && (!plan->bound || chance(w, 5)))
		bind_line(w, name);
	else if (what < 50 && w->theme != GENERATE_UDP_BIND)
		connect_line(w, name);
	else if (what < 58)
		set_line(w, name);
	else if (what < 62)
		close_line(w, name);
	else if (what < 63)
		named_line(w, plan->connected ? OP_DISCONNECT : OP_LISTEN, name);
	else if (what < 70 && w->theme == GENERATE_MULTICAST)
		join_line(w, name);
	else if (w->theme != GENERATE_UDP_BIND)
		deliver_line(w);
}
