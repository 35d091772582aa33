/* SPDX-License-Identifier: MIT */
/*
 * How fast the kernel finds a random established connection of this namespace: reads all of them,
 * then runs a BPF program that looks up random ones, by BPF_PROG_TEST_RUN. Needs root.
 *	lookup_kernel PROGRAM.bpf.o
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ESTABLISHED = 1, REPEAT = 1000000 };

struct tuple {
	uint32_t saddr, daddr;
	uint16_t sport, dport;
};

struct tuples {
	struct tuple *all;
	uint32_t n, room;
};

static int add(struct tuples *tuples, const struct inet_diag_msg *msg)
{
	if (tuples->n == tuples->room) {
		uint32_t room = tuples->room ? tuples->room * 2 : 1024;
		struct tuple *all = realloc(tuples->all, room * sizeof(*all));
		if (!all)
			return -ENOMEM;
		tuples->all = all;
		tuples->room = room;
	}
	/* A packet for the socket comes from its remote end. */
	tuples->all[tuples->n++] = (struct tuple){
		.saddr = msg->id.idiag_dst[0],
		.daddr = msg->id.idiag_src[0],
		.sport = msg->id.idiag_dport,
		.dport = msg->id.idiag_sport,
	};
	return 0;
}

static int read_all(struct tuples *tuples)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} ask = {
		.header = {.nlmsg_len = sizeof(ask),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.request = {.sdiag_family = AF_INET,
			    .sdiag_protocol = IPPROTO_TCP,
			    .idiag_states = 1 << ESTABLISHED},
	};
	static char buffer[1 << 16];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0)
		return -errno;
	for (;;) {
		ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
		int len = (int)size;
		if (size < 0)
			return -errno;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE) {
				close(fd);
				return 0;
			}
			if (h->nlmsg_type == NLMSG_ERROR || add(tuples, NLMSG_DATA(h)))
				return -EIO;
		}
	}
}

static int fill(int map, const struct tuples *tuples)
{
	for (uint32_t i = 0; i < tuples->n; i++)
		if (bpf_map_update_elem(map, &i, &tuples->all[i], BPF_ANY))
			return -errno;
	return 0;
}

/* The program's read-only variables, in its order. */
struct variables {
	uint32_t n_tuples, look, flip;
};

static struct bpf_map *find_constants(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (strstr(bpf_map__name(map), "rodata"))
			return map;
	return NULL;
}

/* Nanoseconds a run, or negative. */
static double measure(const char *object, const struct tuples *tuples, uint16_t flip, uint32_t look)
{
	struct bpf_object *obj = bpf_object__open_file(object, NULL);
	static char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = REPEAT);

	if (!obj)
		return -1;
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "tuples");
	struct bpf_map *constants = find_constants(obj);
	struct variables values = {tuples->n, look, flip};
	if (!map || !constants ||
	    bpf_map__set_initial_value(constants, &values, sizeof(values)) ||
	    bpf_map__set_max_entries(map, tuples->n))
		return -1;
	if (bpf_object__load(obj) || fill(bpf_map__fd(map), tuples))
		return -1;
	int prog = bpf_program__fd(bpf_object__find_program_by_name(obj, "lookup"));
	double best = -1;
	for (int i = 0; i < 3; i++) {
		if (bpf_prog_test_run_opts(prog, &run))
			return -1;
		if (best < 0 || run.duration < best)
			best = run.duration;
	}
	bpf_object__close(obj);
	return best;
}

int main(int argc, char **argv)
{
	struct tuples tuples = {0};

	if (argc != 2) {
		fprintf(stderr, "usage: lookup_kernel PROGRAM.bpf.o\n");
		return 2;
	}
	int r = read_all(&tuples);
	if (r || !tuples.n) {
		fprintf(stderr, "no connections: %s\n", strerror(-r));
		return 1;
	}
	double pick = measure(argv[1], &tuples, 0, 0);
	double hit = measure(argv[1], &tuples, 0, 1);
	double miss = measure(argv[1], &tuples, 1, 1);
	if (pick < 0 || hit < 0 || miss < 0) {
		fprintf(stderr, "the program can not be run: %s\n", strerror(errno));
		return 1;
	}
	printf("kernel_sockets %u\n", tuples.n);
	printf("kernel_hit %.0f ns (%.0f with picking a connection)\n", hit - pick, hit);
	printf("kernel_miss %.0f ns\n", miss - pick);
	return 0;
}
