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
#include "generate_lines.h"

static const char *const all_v4[] = {"0.0.0.0", "127.0.0.1", "10.0.0.1", "10.1.0.1", "127.0.0.2"};
static const char *const all_v6[] = {"::",	       "::1",		   "2001:db8::1",
				     "2001:db8:1::1",  "::ffff:10.0.0.1",  "::ffff:0.0.0.0",
				     "::ffff:127.0.0.1"};

const char *generate_theme_name(enum generate_theme theme)
{
	static const char *const names[N_GENERATE_THEMES] = {
		"any",	    "tcp-bind",	   "tcp-listen", "tcp-connect", "autobind",
		"udp-bind", "udp-deliver", "udp-many",	 "multicast",	"mixed"};

	return names[theme];
}

uint32_t draw(struct world *w, uint32_t below)
{
	w->random = hash_u64(w->random + 0x9e3779b97f4a7c15ull);
	return (uint32_t)((w->random >> 32) * below >> 32);
}

bool chance(struct world *w, int percent)
{
	return (int)draw(w, 100) < percent;
}

struct addr generate_address(const char *text)
{
	struct addr addr = {.family = ADDR_NONE};

	addr_parse(text, &addr);
	return addr;
}

struct op *generate_add(struct world *w, enum op_kind kind)
{
	struct op *op = &w->out->ops[w->out->n < MAX_OPS ? w->out->n++ : MAX_OPS - 1];

	*op = (struct op){.kind = (uint8_t)kind};
	return op;
}

void generate_device(struct op *op, const char *device)
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
			 {"2001:db8:1::1", "eth1"},
			 {"fe80::1", "eth0"}};
	struct op *op;

	for (size_t i = 0; i < N_ELEMENTS(addresses) - w->nothing_foreign; i++) {
		op = generate_add(w, OP_HOST_ADDRESS);
		op->local = generate_address(addresses[i].addr);
		generate_device(op, addresses[i].device);
	}
	if (w->small_range) {
		op = generate_add(w, OP_HOST_RANGE);
		op->low = (uint16_t)(40000 + draw(w, 2));
		w->range_low = op->low;
		op->high = (uint16_t)(op->low + draw(w, w->theme == GENERATE_TCP_CONNECT ? 3 : 6));
		if (chance(w, 15)) {
			op = generate_add(w, OP_HOST_RESERVED);
			op->low = op->high = (uint16_t)(40000 + draw(w, 4));
		}
	}
	if (chance(w, w->theme == GENERATE_AUTOBIND ? 25 : 3))
		generate_add(w, OP_HOST_AUTOBIND_REUSE)->value = 1;
	if (chance(w, 4))
		generate_add(w, OP_HOST_NONLOCAL)->value = 1;
	if (chance(w, 4))
		generate_add(w, OP_HOST_NONLOCAL6)->value = 1;
	if (chance(w, 4))
		generate_add(w, OP_HOST_SYSTEM_BELOW)->value = chance(w, 50) ? 0 : 6000;
}

const char *draw_device(struct world *w)
{
	static const char *const devices[] = {"eth0", "eth0", "eth1", "lo"};

	if (!w->nothing_foreign && chance(w, 20))
		return "77"; /* an index that no device has */
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
	if (w->theme == GENERATE_UDP_MANY) {
		w->max_socks = 12 + (int)draw(w, 6);
		w->ports[1] = w->ports[0];
		w->mixed_crowd = chance(w, 50);
		w->reuseaddr = chance(w, 50) ? 100 : 90;
		w->reuseport = chance(w, 50) ? 0 : 90;
	}
	w->cpu = chance(w, 85) ? 0 : 40;
	if (w->theme == GENERATE_MULTICAST && chance(w, 25)) {
		w->regroup = true;
		w->reuseport = w->reuseaddr = 100;
		w->uid = w->device = w->inet6 = 0;
		w->max_socks = 2 + (int)draw(w, 2);
	}
	w->program = chance(w, 90) ? 0 : 50;
	w->target = generate_address(chance(w, 50) ? (chance(w, 50) ? "127.0.0.1" : "10.0.0.1") :
						     (chance(w, 50) ? "::1" : "2001:db8::1"));
}

bool draw_udp(struct world *w)
{
	switch (w->theme) {
	case GENERATE_UDP_BIND: case GENERATE_UDP_DELIVER: case GENERATE_UDP_MANY:
	case GENERATE_MULTICAST:
		return true;
	case GENERATE_AUTOBIND:
		return chance(w, 30);
	case GENERATE_MIXED:
		return chance(w, 40);
	default:
		return false;
	}
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

/* A quick start for the connection themes: a listener somewhere, so that connects succeed. */
static void start(struct world *w)
{
	if (w->theme == GENERATE_TCP_CONNECT && chance(w, 25)) {
		time_wait_lines(w);
	} else if (w->theme == GENERATE_TCP_CONNECT && w->small_range && chance(w, 10)) {
		connect_returns_lines(w);
	} else if (w->theme == GENERATE_UDP_MANY) {
		crowd_lines(w);
	} else if (w->regroup && chance(w, 40)) {
		regroup_lines(w);
	} else if (w->theme == GENERATE_TCP_CONNECT && chance(w, 80)) {
		new_socket(w);
		bind_line(w, 0);
		listen_line(w, 0);
	}
}

/*
 * A socket that was connected once notes the CPU that each packet came in on (sk_incoming_cpu), so
 * that where CPUs steer the first packet of a sweep decides where the rest of it goes.
 */
static void drop_sweeps(struct scenario *scenario)
{
	bool disconnects = false;

	for (size_t i = 0; i < scenario->n; i++)
		disconnects |= scenario->ops[i].kind == OP_DISCONNECT;
	for (size_t i = 0; disconnects && i < scenario->n; i++)
		scenario->ops[i].sweep = false;
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
	w.max_socks += w.n_socks > 1 ? w.n_socks - 1 : 0;
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
	if (w.cpu)
		drop_sweeps(ret);
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
