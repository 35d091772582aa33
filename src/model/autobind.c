/* SPDX-License-Identifier: MIT */
/* The sets of ports that bind() and UDP may be given. */
#include "model/autobind.h"
#include "model/buckets.h"
#include "model/tcp_port.h"
#include "model/tuple.h"
#include "model/udp_port.h"

#include <errno.h>

struct span port_span(const struct model_space *space, const struct msock *sock)
{
	struct span span = {space->sysctls.range_low, space->sysctls.range_high, false};

	if (!rule_on(space, MODEL_RULE_SOCKET_RANGE))
		return span;
	/* inet_sk_get_local_port_range(): each end counts only inside the host's range, low first */
	if (sock->range_low && sock->range_low >= span.low && sock->range_low <= span.high)
		span.low = sock->range_low;
	if (sock->range_high && sock->range_high >= span.low && sock->range_high <= span.high)
		span.high = sock->range_high;
	span.own = sock->range_low || sock->range_high;
	return span;
}

static bool is_reserved(const struct model_space *space, uint16_t port)
{
	return model_ports_has(&space->reserved, port) &&
	       rule_on(space, MODEL_RULE_RESERVED_PORT);
}

struct segment {
	uint32_t low, high; /* high is exclusive */
};

static bool is_free(const struct asker *asker, uint32_t port, struct choice *choice)
{
	struct conflict conflict;

	if (is_reserved(asker->space, (uint16_t)port))
		return false;
	tcp_port_probe(asker, (uint16_t)port, &conflict);
	if (conflict.tri == TRI_YES)
		choice->last = conflict.outcome;
	return conflict.tri == TRI_NO;
}

/*
 * The even offsets of a range of @size that the kernel looks at from an even @start on: a range of
 * odd size never shows one of its ends, the first to searches that start behind it, the last to
 * the one that starts at it. The first that is in @free, or -1.
 */
static int even_from(const struct model_ports *free, uint32_t size, uint32_t start)
{
	bool odd_size = size > 1 && size & 1;
	int last = size < 2 ? 0 : (int)(size & ~1u) - 2;
	int low = odd_size && start ? 2 : 0;
	int found = model_ports_next(free, start);

	if (odd_size && start)
		last += 2;
	if (found >= 0 && found <= last)
		return found;
	found = model_ports_next(free, (uint32_t)low);
	return found >= 0 && found < (int)start ? found : -1;
}

/* Number of even starts. */
static uint32_t n_starts(uint32_t size)
{
	return size < 2 ? 1 : size / 2;
}

/*
 * One search through @seg: odd offsets from a random one, then even offsets from the one below it.
 * Every odd offset can be a start, so all free ones can be the answer. True if every start finds.
 */
static bool search_segment(const struct asker *asker, struct segment seg, struct choice *ret)
{
	uint32_t size = seg.high - seg.low, before = ret->ports->count;
	bool parity = rule_on(asker->space, MODEL_RULE_AUTOBIND_PARITY), all = true;
	struct model_ports even = {0};

	for (uint32_t off = 0; off < size; off++) {
		if (!is_free(asker, seg.low + off, ret))
			continue;
		if (off & 1 || !parity)
			model_ports_add(ret->ports, (uint16_t)(seg.low + off));
		else
			model_ports_add(&even, (uint16_t)off);
	}
	if (ret->ports->count > before || !parity)
		return ret->ports->count > before;
	for (uint32_t i = 0; i < n_starts(size); i++) {
		int found = even_from(&even, size, 2 * i);
		if (found >= 0)
			model_ports_add(ret->ports, (uint16_t)(seg.low + (uint32_t)found));
		else
			all = false;
	}
	return all;
}

static bool search_relaxed(struct asker asker, bool relax, bool half, struct choice *ret)
{
	struct span span = port_span(asker.space, asker.sock);
	struct segment whole = {span.low, span.high + 1};

	asker.relax = relax;
	half = half && whole.high - whole.low >= 4;
	if (half) {
		uint32_t middle = whole.low + ((whole.high - whole.low) >> 2 << 1);
		ret->how.rule = MODEL_RULE_AUTOBIND_HALF;
		if (search_segment(&asker, (struct segment){whole.low, middle}, ret))
			return true;
		whole.low = middle;
	}
	return search_segment(&asker, whole, ret);
}

void tcp_open_ports(const struct asker *asker, struct choice *ret)
{
	const struct model_space *space = asker->space;
	struct asker strict = *asker;
	bool half = asker->sock->flags & F_REUSEADDR && rule_on(space, MODEL_RULE_AUTOBIND_HALF);

	model_ports_clear(ret->ports);
	ret->how = (struct model_outcome){.rule = MODEL_RULE_AUTOBIND_PARITY};
	strict.reuseport_ok = false;
	ret->may_fail = !search_relaxed(strict, false, half, ret);
	if (ret->may_fail && space->sysctls.autobind_reuse &&
	    rule_on(space, MODEL_RULE_AUTOBIND_REUSE)) {
		ret->how.rule = MODEL_RULE_AUTOBIND_REUSE;
		ret->may_fail = !search_relaxed(strict, true, half, ret);
	}
}

/* udp_lib_get_port(): any port nobody blocks; "share" hits do not block. */
void udp_open_ports(const struct asker *asker, struct choice *ret)
{
	struct span span = port_span(asker->space, asker->sock);

	model_ports_clear(ret->ports);
	ret->may_fail = false;
	ret->how = (struct model_outcome){.rule = MODEL_RULE_UDP_AUTOBIND};
	for (uint32_t port = span.low; port <= span.high; port++) {
		if (is_reserved(asker->space, (uint16_t)port))
			continue;
		struct model_outcome blocked = udp_port_blocked(asker, (uint16_t)port);
		if (blocked.error)
			ret->last = blocked;
		else
			model_ports_add(ret->ports, (uint16_t)port);
	}
	ret->may_fail = !ret->ports->count;
}

enum usable { USABLE_NO, USABLE_YES, USABLE_MAYBE };

/* Was every socket of the port put there by connect()? */
static enum usable shared_by_connect(const struct model_space *space, uint32_t port)
{
	const struct bucket *tb = bucket_at(space, port);
	enum usable usable = USABLE_YES;

	if (!tb->loaded)
		return tb->fr == -1 && tb->frp == -1 ? USABLE_YES : USABLE_NO;
	foreach_address(space, port, address) {
		foreach_owner(space, address, id) {
			const struct msock *o = sock_at(space, id);
			enum model_way way = way_of(o);
			if (way != MODEL_WAY_EPHEMERAL && !(o->unknown & MODEL_FACT_EPHEMERAL))
				return USABLE_NO;
			usable = USABLE_MAYBE;
		}
	}
	return usable;
}

/* May connect() use @port? */
static enum usable connect_usable(const struct asker *asker, const struct tuple_query *query,
				  uint32_t port, struct choice *choice)
{
	const struct model_space *space = asker->space;
	struct tuple_query tuple = *query;

	if (is_reserved(space, (uint16_t)port))
		return USABLE_NO;
	uint32_t tb = tcp_bucket(space, (uint16_t)port, asker->sock->dev);
	if (!tb)
		return USABLE_YES;
	enum usable usable = shared_by_connect(space, tb);
	if (!rule_on(space, MODEL_RULE_CONNECT_SHARES) && usable != USABLE_NO)
		usable = USABLE_NO;
	if (usable == USABLE_NO) {
		uint32_t child = bucket_at(space, tb)->child;
		choice->last.holder = child ? bucket_at(space, child)->head : 0;
		choice->last.rule = MODEL_RULE_CONNECT_SHARES;
		return usable;
	}
	tuple.lport = (uint16_t)port;
	struct model_outcome taken = tuple_check(space, asker->sock, &tuple, NULL);
	if (!taken.error)
		return usable;
	choice->last = taken;
	return USABLE_NO;
}

/* Every free port can be where a search by ones begins. */
static void connect_by_ones(const struct model_ports *free, struct span span, struct choice *ret)
{
	for (int off = model_ports_next(free, 0); off >= 0;
	     off = model_ports_next(free, (uint32_t)off + 1))
		model_ports_add(ret->ports, (uint16_t)(span.low + (uint32_t)off));
	ret->may_fail = !ret->ports->count;
}

/* Even offsets first, then odd ones from the next on. */
static void connect_by_twos(const struct model_ports free[2], struct span span, struct choice *ret)
{
	uint32_t size = span.high - span.low + 1;

	for (uint32_t i = 0; i < n_starts(size); i++) {
		int found = even_from(&free[0], size, 2 * i);
		if (found < 0 && size > 1)
			found = model_ports_next(&free[1], 2 * i + 1);
		if (found < 0 && size > 1)
			found = model_ports_next(&free[1], 0);
		if (found >= 0)
			model_ports_add(ret->ports, (uint16_t)(span.low + (uint32_t)found));
		else
			ret->may_fail = true;
	}
}

void tcp_connect_ports(const struct asker *asker, uint64_t now_ms, struct choice *ret)
{
	const struct model_space *space = asker->space;
	struct span span = port_span(space, asker->sock);
	bool ones = (span.own && space->behaviour.range_by_ones) ||
		    !rule_on(space, MODEL_RULE_CONNECT_PARITY);
	struct tuple_query query = {.now_ms = now_ms, .chosen = true};
	struct model_ports free[2] = {0};

	model_ports_clear(ret->ports);
	if (ret->maybe)
		model_ports_clear(ret->maybe);
	ret->may_fail = false;
	ret->how = (struct model_outcome){.rule = MODEL_RULE_CONNECT_PARITY};
	for (uint32_t off = 0; off <= span.high - span.low; off++) {
		enum usable usable = connect_usable(asker, &query, span.low + off, ret);
		if (usable == USABLE_YES)
			model_ports_add(&free[ones ? 0 : off & 1], (uint16_t)off);
		else if (usable == USABLE_MAYBE && ret->maybe)
			model_ports_add(ret->maybe, (uint16_t)(span.low + off));
	}
	if (ones)
		connect_by_ones(&free[0], span, ret);
	else
		connect_by_twos(free, span, ret);
}
