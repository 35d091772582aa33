/* SPDX-License-Identifier: MIT */
/*
 * Each scenario first draws its little world (which addresses, ports, users, devices, and how
 * likely each option is), then lines that fit what exists so far.
 */
#include "generate.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/hash.h"

/* What the generator remembers of a socket: enough to draw lines that mostly make sense. */
struct plan {
	bool exists, closed, udp, inet6, bound, listens, connected, accepted;
	int8_t connected_to;
	char device[OP_DEVICE_SIZE];
};

struct world {
	uint64_t random;
	enum generate_theme theme;
	struct scenario *out;
	struct plan socks[N_OP_NAMES];
	int n_socks, max_socks;
	const char *v4[3], *v6[3];
	uint16_t ports[2];
	bool small_range, nothing_foreign, one_family;
	int reuseaddr, reuseport, v6only, uid, device, inet6, zero_port; /* percent */
};

static const char *const all_v4[] = {"0.0.0.0", "127.0.0.1", "10.0.0.1", "10.1.0.1", "127.0.0.2"};
static const char *const all_v6[] = {"::",	       "::1",		   "2001:db8::1",
				     "2001:db8:1::1",  "::ffff:10.0.0.1",  "::ffff:0.0.0.0",
				     "::ffff:127.0.0.1"};
static const char *const groups_v4[] = {"239.1.1.1", "239.1.1.2"};
static const char *const groups_v6[] = {"ff0e::1:1", "ff0e::1:2"};

const char *generate_theme_name(enum generate_theme theme)
{
	static const char *const names[N_GENERATE_THEMES] = {
		"any",	    "tcp-bind",	   "tcp-listen", "tcp-connect", "autobind",
		"udp-bind", "udp-deliver", "multicast",	 "mixed"};

	return names[theme];
}

static uint32_t draw(struct world *w, uint32_t below)
{
	w->random = hash_u64(w->random + 0x9e3779b97f4a7c15ull);
	return (uint32_t)((w->random >> 32) * below >> 32);
}

static bool chance(struct world *w, int percent)
{
	return (int)draw(w, 100) < percent;
}

static struct addr address(const char *text)
{
	struct addr addr = {.family = ADDR_NONE};

	addr_parse(text, &addr);
	return addr;
}

static struct op *add(struct world *w, enum op_kind kind)
{
	struct op *op = &w->out->ops[w->out->n < MAX_OPS ? w->out->n++ : MAX_OPS - 1];

	*op = (struct op){.kind = (uint8_t)kind};
	return op;
}

static void copy_device(struct op *op, const char *device)
{
	snprintf(op->device, sizeof(op->device), "%s", device);
}

static void host_lines(struct world *w)
{
	static const struct {
		const char *addr, *device;
	} addresses[] = {{"10.0.0.1", "eth0"},
			 {"2001:db8::1", "eth0"},
			 {"10.1.0.1", "eth1"},
			 {"2001:db8:1::1", "eth1"}};
	struct op *op;

	for (size_t i = 0; i < N_ELEMENTS(addresses); i++) {
		op = add(w, OP_HOST_ADDRESS);
		op->local = address(addresses[i].addr);
		copy_device(op, addresses[i].device);
	}
	if (w->small_range) {
		op = add(w, OP_HOST_RANGE);
		op->low = (uint16_t)(40000 + draw(w, 2));
		op->high = (uint16_t)(op->low + draw(w, 6));
		if (chance(w, 15)) {
			op = add(w, OP_HOST_RESERVED);
			op->low = op->high = (uint16_t)(40000 + draw(w, 4));
		}
	}
	if (chance(w, w->theme == GENERATE_AUTOBIND ? 25 : 3))
		add(w, OP_HOST_AUTOBIND_REUSE)->value = 1;
	if (chance(w, 4))
		add(w, OP_HOST_NONLOCAL)->value = 1;
	if (chance(w, 4))
		add(w, OP_HOST_NONLOCAL6)->value = 1;
	if (chance(w, 4))
		add(w, OP_HOST_SYSTEM_BELOW)->value = chance(w, 50) ? 0 : 6000;
}

static const char *draw_device(struct world *w)
{
	static const char *const devices[] = {"eth0", "eth0", "eth1", "lo"};

	return devices[draw(w, N_ELEMENTS(devices))];
}

static void draw_world(struct world *w)
{
	static const uint16_t ports[] = {80, 5000, 40001, 40002};
	static const int odds[] = {0, 30, 50, 100};

	for (size_t i = 0; i < 3; i++) {
		w->v4[i] = all_v4[draw(w, N_ELEMENTS(all_v4))];
		w->v6[i] = all_v6[draw(w, N_ELEMENTS(all_v6))];
	}
	if (chance(w, 60))
		w->v4[0] = "0.0.0.0", w->v6[0] = "::";
	w->ports[0] = ports[draw(w, N_ELEMENTS(ports))];
	w->ports[1] = chance(w, 70) ? w->ports[0] : ports[draw(w, N_ELEMENTS(ports))];
	w->max_socks = 2 + (int)draw(w, 5);
	w->small_range = chance(w, 97);
	w->nothing_foreign = chance(w, 90);
	w->reuseaddr = odds[draw(w, 4)];
	w->reuseport = odds[draw(w, 4)];
	w->v6only = chance(w, 60) ? 0 : 50;
	w->uid = chance(w, 50) ? 0 : 40;
	w->device = chance(w, 60) ? 0 : 40;
	w->inet6 = chance(w, 30) ? 0 : chance(w, 30) ? 100 : 50;
	w->zero_port = w->theme == GENERATE_AUTOBIND ? 60 : chance(w, 20) ? 20 : 2;
	if (w->theme == GENERATE_TCP_CONNECT)
		w->device = chance(w, 80) ? 0 : 30;
	if (w->theme == GENERATE_MULTICAST && chance(w, 70))
		w->reuseaddr = 100;
}

static bool draw_udp(struct world *w)
{
	switch (w->theme) {
	case GENERATE_UDP_BIND: case GENERATE_UDP_DELIVER: case GENERATE_MULTICAST:
		return true;
	case GENERATE_AUTOBIND:
		return chance(w, 30);
	case GENERATE_MIXED:
		return chance(w, 40);
	default:
		return false;
	}
}

static void new_socket(struct world *w)
{
	struct op *op = add(w, OP_SOCKET);
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
		copy_device(op, draw_device(w));
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
		op->options |= OPT_FREEBIND;
}

static void set_line(struct world *w, int name)
{
	static const uint16_t options[] = {OPT_REUSEADDR, OPT_REUSEPORT, OPT_REUSEADDR,
					   OPT_REUSEPORT, OPT_V6ONLY,	 OPT_NO_PORT};
	struct plan *plan = &w->socks[name];
	struct op *op = add(w, OP_SET);

	op->name = (int8_t)name;
	op->options = options[draw(w, N_ELEMENTS(options))];
	op->on = chance(w, 50);
	if (op->options == OPT_V6ONLY && !plan->inet6)
		op->options = OPT_REUSEADDR;
	/* Changing the device of a bound TCP socket is left alone: the kernel itself is unsure. */
	if (chance(w, w->device / 2) && (plan->udp || !plan->bound) && !plan->connected) {
		op->options = OPT_DEVICE;
		copy_device(op, chance(w, 30) ? "" : draw_device(w));
		snprintf(plan->device, sizeof(plan->device), "%s", op->device);
	}
}

static void bind_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];
	struct op *op = add(w, OP_BIND);
	const char *text = plan->inet6 ? w->v6[draw(w, 3)] : w->v4[draw(w, 3)];

	if (!w->nothing_foreign && chance(w, 20))
		text = plan->inet6 ? (chance(w, 70) ? "2001:db8:f::1" : "::ffff:192.0.2.1") :
				     "192.0.2.1";
	if (w->theme == GENERATE_MULTICAST && chance(w, 35))
		text = plan->inet6 ? groups_v6[draw(w, 2)] : groups_v4[draw(w, 2)];
	op->name = (int8_t)name;
	op->local = address(text);
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
	op = add(w, OP_CONNECT);
	op->name = (int8_t)name;
	op->remote = address(reachable(w, plan));
	op->remote_port = plan->udp ? (uint16_t)(50001 + draw(w, 2)) : w->ports[draw(w, 2)];
	plan->connected = true;
}

static void accept_line(struct world *w, int listener)
{
	struct op *op;

	if (w->n_socks >= N_OP_NAMES || w->n_socks > w->max_socks + 4)
		return;
	op = add(w, OP_ACCEPT);
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
	struct op *op = add(w, OP_DELIVER);

	op->udp = draw_udp(w);
	op->port = w->ports[draw(w, 2)];
	op->remote_port = (uint16_t)(50001 + draw(w, 2));
	op->local = address(six ? v6[draw(w, outside ? 2 : 3)] : v4[draw(w, outside ? 2 : 4)]);
	if (outside) {
		op->remote = address(six ? (eth1 ? "2001:db8:1::9" : "2001:db8::9") :
					   (eth1 ? "10.1.0.9" : "10.0.0.9"));
		copy_device(op, eth1 ? "eth1" : "eth0");
	} else {
		op->remote = address(six ? v6[draw(w, 3)] : v4[draw(w, 3)]);
		/* Loopback addresses talk to loopback addresses only. */
		if (addr_is_loopback(&op->local) || addr_is_loopback(&op->remote))
			op->remote = op->local = address(six ? "::1" : "127.0.0.1");
	}
	if (w->theme == GENERATE_MULTICAST && outside && chance(w, 80))
		op->local = address(six ? groups_v6[draw(w, 2)] : groups_v4[draw(w, 2)]);
}

static void join_line(struct world *w, int name)
{
	struct op *op = add(w, OP_JOIN);

	op->name = (int8_t)name;
	op->local = address(w->socks[name].inet6 && chance(w, 70) ? groups_v6[draw(w, 2)] :
								    groups_v4[draw(w, 2)]);
	copy_device(op, chance(w, 70) ? "eth0" : "eth1");
}

static int draw_socket(struct world *w)
{
	int name = -1;

	for (int tries = 0; tries < 8 && name < 0; tries++) {
		int i = (int)draw(w, (uint32_t)w->n_socks);
		if (!w->socks[i].closed)
			name = i;
	}
	return name;
}

static void named_line(struct world *w, enum op_kind kind, int name)
{
	add(w, kind)->name = (int8_t)name;
}

static void close_line(struct world *w, int name)
{
	struct op *op = add(w, OP_CLOSE);
	struct plan *plan = &w->socks[name];

	op->name = (int8_t)name;
	if (!plan->udp && chance(w, 25))
		op->options |= OPT_LINGER0;
	plan->closed = true;
	if (!plan->udp && plan->connected && !plan->accepted && chance(w, 15))
		named_line(w, OP_EXPIRE, name);
}

/* One more line about an existing socket, the kind drawn by what the theme is about. */
static void tcp_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];
	bool connects = w->theme == GENERATE_TCP_CONNECT || w->theme == GENERATE_MIXED ||
			w->theme == GENERATE_AUTOBIND;
	uint32_t what = draw(w, 100);

	if (what < 25 && (!plan->bound || chance(w, 5))) {
		bind_line(w, name);
	} else if (what < 45 && !plan->accepted) {
		named_line(w, OP_LISTEN, name);
		plan->listens = plan->bound = true;
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
	} else if (w->theme == GENERATE_TCP_LISTEN || w->theme == GENERATE_MIXED) {
		deliver_line(w);
	}
}

static void udp_line(struct world *w, int name)
{
	struct plan *plan = &w->socks[name];
	uint32_t what = draw(w, 100);

	if (what < 40 && (!plan->bound || chance(w, 5)))
		bind_line(w, name);
	else if (what < 50 && w->theme != GENERATE_UDP_BIND)
		connect_line(w, name);
	else if (what < 58)
		set_line(w, name);
	else if (what < 63)
		close_line(w, name);
	else if (what < 70 && w->theme == GENERATE_MULTICAST)
		join_line(w, name);
	else if (w->theme != GENERATE_UDP_BIND)
		deliver_line(w);
}

/* A quick start for the connection themes: a listener somewhere, so that connects succeed. */
static void start(struct world *w)
{
	if (w->theme == GENERATE_TCP_CONNECT && chance(w, 80)) {
		new_socket(w);
		bind_line(w, 0);
		named_line(w, OP_LISTEN, 0);
		w->socks[0].listens = true;
	}
}

void generate(uint64_t seed, enum generate_theme theme, struct scenario *ret)
{
	struct world w = {.random = hash_u64(seed ^ 0x6265727468ull), .theme = theme, .out = ret};
	size_t lines;

	ret->n = 0;
	if (theme == GENERATE_ANY)
		w.theme = (enum generate_theme)(1 + draw(&w, N_GENERATE_THEMES - 1));
	draw_world(&w);
	host_lines(&w);
	start(&w);
	lines = ret->n + 4 + draw(&w, 20);
	for (int tries = 0; tries < 200 && ret->n < lines && ret->n < MAX_OPS - 4; tries++) {
		int name;
		if (w.n_socks < w.max_socks && (!w.n_socks || chance(&w, 30))) {
			new_socket(&w);
			if (chance(&w, 70))
				bind_line(&w, w.n_socks - 1);
			continue;
		}
		name = draw_socket(&w);
		if (name < 0)
			continue;
		if (w.socks[name].udp)
			udp_line(&w, name);
		else
			tcp_line(&w, name);
	}
}

bool scenario_makes_sense(const struct scenario *scenario)
{
	bool exists[N_OP_NAMES] = {false}, existed[N_OP_NAMES] = {false};

	for (size_t i = 0; i < scenario->n; i++) {
		const struct op *op = &scenario->ops[i];
		if (op->kind < OP_SOCKET || op->kind == OP_DELIVER)
			continue;
		if (op->kind == OP_EXPIRE ? !existed[op->name] || exists[op->name] :
		    op->kind == OP_SOCKET ? existed[op->name] :
		    op->kind == OP_ACCEPT ? existed[op->name] || !exists[op->from] :
					    !exists[op->name])
			return false;
		exists[op->name] = op->kind != OP_CLOSE && op->kind != OP_EXPIRE;
		existed[op->name] = true;
	}
	return true;
}

void scenario_print(const struct scenario *scenario, struct strbuf *sb)
{
	for (size_t i = 0; i < scenario->n; i++)
		op_print(&scenario->ops[i], sb);
}
