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

enum { LOOKUPS = 1 << 20, BATCH = 1024 };

static double now_ns(void)
{
	struct timespec ts;

	/* What others do to this CPU is not ours. */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
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

/* Packets of random connections; @flip makes them miss. They lie in order, so are cheap to read. */
static void make_packets(struct model_packet *packets, const struct flow *flows, uint32_t n,
			 uint32_t flip)
{
	uint64_t random = 88172645463325252ull;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		const struct flow *flow = &flows[next_random(&random) % n];
		packets[i] = (struct model_packet){
			.from = addr_ipv4(flow->remote ^ flip),
			.to = addr_ipv4(0x0a000001),
			.from_port = flow->remote_port,
			.to_port = flow->local_port,
			.proto = SOCK_PROTO_TCP,
			.cpu = -1,
			.device = 2,
		};
	}
}

/* One after the other: each waits for its own cache misses. */
static double time_lookups(const struct model_space *space, const struct model_packet *packets,
			   uint32_t *ret_found)
{
	struct model_delivery delivery = {0};
	double start = now_ns();

	*ret_found = 0;
	for (uint32_t i = 0; i < LOOKUPS; i++) {
		model_deliver(space, &packets[i], &delivery);
		*ret_found += delivery.rule == MODEL_RULE_ESTABLISHED_FIRST;
	}
	return (now_ns() - start) / LOOKUPS;
}

static double time_batches(const struct model_space *space, const struct model_packet *packets,
			   uint32_t *ret_found)
{
	static struct model_delivery deliveries[BATCH];
	double start = now_ns();

	*ret_found = 0;
	for (uint32_t k = 0; k + BATCH <= LOOKUPS; k += BATCH) {
		model_deliver_many(space, packets + k, BATCH, deliveries);
		for (uint32_t i = 0; i < BATCH; i++)
			*ret_found += deliveries[i].rule == MODEL_RULE_ESTABLISHED_FIRST;
	}
	return (now_ns() - start) / LOOKUPS;
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

/* The same one by one, into a space of its own. */
static int load_singly(const struct flow *flows, uint32_t n)
{
	struct model_space *space = model_space_new(&model_behaviour_latest);
	uint32_t id;

	if (!space || model_space_reserve(space, n))
		return 1;
	double start = now_ns();
	for (uint32_t i = 0; i < n; i++) {
		struct model_existing existing = existing_of(&flows[i]);
		if (model_load(space, &existing, &id))
			return 1;
	}
	printf("insertions_single %.0f /s\n", n / ((now_ns() - start) / 1e9));
	model_space_free(space);
	return 0;
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
	struct model_packet *packets = calloc(LOOKUPS, sizeof(*packets));
	struct model_space *space = model_space_new(&model_behaviour_latest);
	struct addr own = addr_ipv4(0x0a000001);
	uint64_t random = 1;

	if (!flows || !packets || !space || model_space_add_device(space, 2, 0) ||
	    model_space_add_address(space, &own, 8, 2))
		return 1;
	for (uint32_t i = 0; i < n; i++) {
		flows[i].remote = (uint32_t)next_random(&random) & 0x7fffffff;
		flows[i].remote_port = (uint16_t)(next_random(&random) | 1);
		flows[i].local_port = (uint16_t)(1024 + next_random(&random) % listeners);
	}
	if (load_singly(flows, n) || model_space_reserve(space, n) || add_listeners(space, listeners) || load(space, flows, n))
		return 1;
	printf("bytes_per_socket %.1f\n", (double)model_space_bytes(space) / (n + listeners));
	make_packets(packets, flows, n, 0);
	double ns = time_lookups(space, packets, &found);
	printf("deliver_hit %.1f ns (%u of %u found)\n", ns, found, LOOKUPS);
	ns = time_batches(space, packets, &found);
	printf("deliver_hit_batched %.1f ns (%u found)\n", ns, found);
	make_packets(packets, flows, n, 0x80000000);
	ns = time_lookups(space, packets, &found);
	printf("deliver_miss_listener %.1f ns (%u found)\n", ns, found);
	ns = time_batches(space, packets, &found);
	printf("deliver_miss_listener_batched %.1f ns (%u found)\n", ns, found);
	printf("one_cache_miss %.1f ns\n", time_miss());
	double start = now_ns();
	model_space_free(space);
	printf("free %.1f ms\n", (now_ns() - start) / 1e6);
	free(packets);
	free(flows);
	return 0;
}
