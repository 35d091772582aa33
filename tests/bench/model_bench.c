/* SPDX-License-Identifier: MIT */
/*
 * How fast the model is at a million sockets: insertions, random lookups (hit and miss), bytes a
 * socket. Usage: model_bench [ESTABLISHED [LISTENERS]]. Prints one "name value unit" a line.
 */
#include "base/pages.h"
#include "model/deliver.h"
#include "model/load.h"
#include "model/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LOOKUPS = 2000000, BATCH = 1024 };

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

struct flow {
	uint32_t remote;
	uint16_t remote_port, local_port;
};

static struct model_existing existing_of(const struct flow *flow)
{
	return (struct model_existing){
		.local = addr_ipv4(0x0a000001),
		.remote = addr_ipv4(flow->remote),
		.local_port = flow->local_port,
		.remote_port = flow->remote_port,
		.proto = SOCK_PROTO_TCP,
		.state = SOCK_STATE_ESTABLISHED,
		.accepted = true,
	};
}

struct walk {
	const struct flow *flows;
	uint32_t n, flip;
	uint64_t random;
};

static void next_packet(struct walk *walk, struct model_packet *packet)
{
	const struct flow *flow = &walk->flows[next_random(&walk->random) % walk->n];

	packet->from = addr_ipv4(flow->remote ^ walk->flip);
	packet->from_port = flow->remote_port;
	packet->to_port = flow->local_port;
}

static const struct model_packet to_us = {
	.to = {.bytes = {10, 0, 0, 1}, .family = ADDR_IPV4},
	.proto = SOCK_PROTO_TCP,
	.cpu = -1,
	.device = 2,
};

/* One after the other: each waits for its own cache misses. */
static double time_lookups(const struct model_space *space, struct walk walk, uint32_t *ret_found)
{
	struct model_packet packet = to_us;
	struct model_delivery delivery = {0};
	double start = now_ns();

	*ret_found = 0;
	for (uint32_t i = 0; i < LOOKUPS; i++) {
		next_packet(&walk, &packet);
		model_deliver(space, &packet, &delivery);
		*ret_found += delivery.rule == MODEL_RULE_ESTABLISHED_FIRST;
	}
	return (now_ns() - start) / LOOKUPS;
}

static double time_batches(const struct model_space *space, struct walk walk, uint32_t *ret_found)
{
	static struct model_packet packets[BATCH];
	static struct model_delivery deliveries[BATCH];
	double sum = 0;

	*ret_found = 0;
	for (uint32_t i = 0; i < BATCH; i++)
		packets[i] = to_us;
	for (uint32_t k = 0; k < LOOKUPS / BATCH; k++) {
		for (uint32_t i = 0; i < BATCH; i++)
			next_packet(&walk, &packets[i]);
		double start = now_ns();
		model_deliver_many(space, packets, BATCH, deliveries);
		sum += now_ns() - start;
		for (uint32_t i = 0; i < BATCH; i++)
			*ret_found += deliveries[i].rule == MODEL_RULE_ESTABLISHED_FIRST;
	}
	return sum / (LOOKUPS / BATCH * BATCH);
}

/* What one cache miss costs here: dependent loads all over a block of the table's size. */
static double time_miss(void)
{
	size_t n = (128u << 20) / 64;
	uint64_t *block = pages_alloc(n * 64), at = 1;
	double start;

	if (!block)
		return 0;
	for (size_t i = 0; i < n; i++)
		block[i * 8] = i * 2654435761u;
	start = now_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		at = at * 6364136223846793005ull + 1442695040888963407ull +
		     block[(at >> 33) % n * 8];
	double ns = (now_ns() - start) / LOOKUPS;
	pages_free(block, n * 64);
	return at ? ns : 0;
}

static int load(struct model_space *space, const struct flow *flows, uint32_t n)
{
	static struct model_existing batch[BATCH];
	double start = now_ns();

	for (uint32_t i = 0; i < n; i += BATCH) {
		uint32_t k = 0;
		for (; k < BATCH && i + k < n; k++)
			batch[k] = existing_of(&flows[i + k]);
		if (model_load_many(space, batch, k, NULL))
			return 1;
	}
	printf("insertions %.0f /s\n", n / ((now_ns() - start) / 1e9));
	return 0;
}

static int add_listeners(struct model_space *space, uint32_t n)
{
	uint32_t id;

	for (uint32_t i = 0; i < n; i++) {
		struct model_existing existing = {
			.local = addr_any(ADDR_IPV4),
			.local_port = (uint16_t)(1024 + i),
			.proto = SOCK_PROTO_TCP,
			.state = SOCK_STATE_LISTEN,
		};
		if (model_load(space, &existing, &id))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000;
	uint32_t listeners = argc > 2 ? (uint32_t)atoi(argv[2]) : 1000, found;
	struct flow *flows = calloc(n, sizeof(*flows));
	struct model_space *space = model_space_new(&model_behaviour_latest);
	struct addr own = addr_ipv4(0x0a000001);
	uint64_t random = 1;

	if (!flows || !space || model_space_add_device(space, 2, 0) ||
	    model_space_add_address(space, &own, 8, 2))
		return 1;
	for (uint32_t i = 0; i < n; i++) {
		flows[i].remote = (uint32_t)next_random(&random) & 0x7fffffff;
		flows[i].remote_port = (uint16_t)(next_random(&random) | 1);
		flows[i].local_port = (uint16_t)(1024 + next_random(&random) % listeners);
	}
	if (model_space_reserve(space, n) || add_listeners(space, listeners) || load(space, flows, n))
		return 1;
	printf("bytes_per_socket %.1f\n", (double)model_space_bytes(space) / (n + listeners));
	struct walk hit = {flows, n, 0, 88172645463325252ull};
	struct walk miss = {flows, n, 0x80000000, 88172645463325252ull};
	double ns = time_lookups(space, hit, &found);
	printf("deliver_hit %.1f ns (%u of %u found)\n", ns, found, LOOKUPS);
	ns = time_batches(space, hit, &found);
	printf("deliver_hit_batched %.1f ns (%u found)\n", ns, found);
	ns = time_lookups(space, miss, &found);
	printf("deliver_miss_listener %.1f ns (%u found)\n", ns, found);
	ns = time_batches(space, miss, &found);
	printf("deliver_miss_listener_batched %.1f ns (%u found)\n", ns, found);
	printf("one_cache_miss %.1f ns\n", time_miss());
	double start = now_ns();
	model_space_free(space);
	printf("free %.1f ms\n", (now_ns() - start) / 1e6);
	free(flows);
	return 0;
}
