/* SPDX-License-Identifier: MIT */
/* Each server by a socket of its own, UDP first and TCP for what was cut short, under one poll(). */
#include "base/auto.h"
#include "core/case.h"
#include "probe/asking.h"
#include "probe/dns.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS = 100, QUERY_SIZE = 512, ALL_HEARD = (1 << N_RESOLVE_TYPES) - 1 };

static const uint16_t types[N_RESOLVE_TYPES] = {DNS_TYPE_A, DNS_TYPE_AAAA};

struct dns_server {
	struct resolve_step *step;
	const char *name;
	const struct resolv_conf *conf;
	int fd; /* -1: finished */
	uint16_t ids[N_RESOLVE_TYPES];
	unsigned heard; /* bits: which of the two questions were answered, in full */
	bool repeated;
	bool tcp, tcp_asked;
	uint8_t *answer; /* over TCP: two bytes of length, then a message */
	size_t n_answer;
};

static void end(struct dns_server *server)
{
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
	free(server->answer);
	server->answer = NULL;
	server->n_answer = 0;
}

static enum resolve_result result_of_error(int error)
{
	return error == ECONNREFUSED ? RESOLVE_CLOSED : RESOLVE_UNREACHABLE;
}

/* What is not answered yet; over TCP each after two bytes of length, together (RFC 7766 8). */
static int send_questions(const struct dns_server *server)
{
	uint8_t packet[N_RESOLVE_TYPES * (QUERY_SIZE + 2)];
	const uint16_t edns = server->conf->edns0 ? DNS_PACKET_SIZE : 0;
	size_t len = 0;

	for (unsigned i = 0; i < N_RESOLVE_TYPES; i++) {
		if (server->heard & 1u << i)
			continue;
		uint8_t *at = packet + len + (server->tcp ? 2 : 0);
		const size_t n = dns_query(at, QUERY_SIZE, server->ids[i], server->name, types[i], edns);
		if (!n)
			return -EINVAL;
		if (!server->tcp && send(server->fd, at, n, MSG_NOSIGNAL) < 0)
			return -errno;
		if (!server->tcp)
			continue;
		packet[len] = (uint8_t)(n >> 8);
		packet[len + 1] = (uint8_t)n;
		len += n + 2;
	}
	return len && send(server->fd, packet, len, MSG_NOSIGNAL) != (ssize_t)len ? -(errno ?: EIO) : 0;
}

static void fail(struct dns_server *server, int error)
{
	if (server->tcp)
		server->step->tcp_error = error;
	/* A part of the answer is one. */
	if (!server->heard && !server->step->n_addrs && !server->step->truncated)
		server->step->result = result_of_error(error);
	end(server);
}

static void open_socket(struct dns_server *server, int type)
{
	struct sockaddr_storage ss;
	const unsigned len = sockaddr_make(&server->step->server, 53, &ss);

	end(server);
	server->fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0 ||
	    (connect(server->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS))
		fail(server, errno);
}

static void start_tcp(struct dns_server *server)
{
	server->tcp = true;
	open_socket(server, SOCK_STREAM);
	if (server->fd < 0)
		return;
	server->answer = malloc(DNS_TCP_SIZE + 2);
	if (!server->answer)
		fail(server, ENOMEM);
}

static void start(struct dns_server *server)
{
	struct resolve_step *step = server->step;

	step->source = RESOLVE_DNS;
	step->result = step->by_type[RESOLVE_A] = step->by_type[RESOLVE_AAAA] = RESOLVE_SILENT;
	if (getrandom(server->ids, sizeof(server->ids), 0) != sizeof(server->ids))
		return;
	if (server->conf->use_vc) {
		start_tcp(server);
		return;
	}
	open_socket(server, SOCK_DGRAM);
	const int error = server->fd < 0 ? 0 : send_questions(server);
	if (error)
		fail(server, -error);
}

/* What came over UDP is only the beginning of what comes now. */
static void forget_family(struct resolve_step *step, enum addr_family family)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < step->n_addrs; i++)
		if (step->addrs[i].family != family)
			step->addrs[kept++] = step->addrs[i];
	step->n_addrs = kept;
}

static void take_message(struct dns_server *server, const uint8_t *packet, size_t len)
{
	static const enum addr_family families[N_RESOLVE_TYPES] = {ADDR_IPV4, ADDR_IPV6};
	struct resolve_step *step = server->step;

	for (unsigned i = 0; i < N_RESOLVE_TYPES; i++) {
		struct resolve_step answer = *step;
		answer.truncated = false;
		if (server->tcp)
			forget_family(&answer, families[i]);
		if (server->heard & 1u << i ||
		    !dns_parse(packet, len, server->ids[i], types[i], &answer))
			continue;
		const bool cut = answer.truncated && !server->tcp;
		answer.truncated = answer.truncated || step->truncated;
		answer.by_tcp = server->tcp;
		*step = answer;
		if (!cut)
			server->heard |= 1u << i;
	}
}

static void hear_udp(struct dns_server *server)
{
	uint8_t packet[DNS_PACKET_SIZE];
	const ssize_t n = recv(server->fd, packet, sizeof(packet), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		fail(server, errno);
		return;
	}
	take_message(server, packet, (size_t)n);
	if (server->step->truncated && server->heard != ALL_HEARD)
		start_tcp(server);
}

static void hear_tcp(struct dns_server *server)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!server->tcp_asked) {
		if (!getsockopt(server->fd, SOL_SOCKET, SO_ERROR, &error, &len) && !error)
			error = -send_questions(server);
		server->tcp_asked = true;
		if (error)
			fail(server, error);
		return;
	}
	const ssize_t n = recv(server->fd, server->answer + server->n_answer,
			       DNS_TCP_SIZE + 2 - server->n_answer, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(server, n ? errno : ECONNRESET);
		return;
	}
	server->n_answer += (size_t)n;
	while (server->n_answer >= 2) {
		const size_t size = (size_t)(server->answer[0] << 8 | server->answer[1]) + 2;
		if (server->n_answer < size)
			return;
		take_message(server, server->answer + 2, size - 2);
		server->n_answer -= size;
		memmove(server->answer, server->answer + size, server->n_answer);
	}
}

/* Wait a little for any of them; false when all are finished. */
static bool hear_some(struct dns_server *servers, unsigned n, uint64_t until_ns)
{
	const uint64_t now = monotonic_ns();
	uint64_t ms = until_ns > now ? (until_ns - now) / 1000000 + 1 : 0;
	struct pollfd fds[N_RESOLV_SERVERS];
	bool open = false;

	for (unsigned i = 0; i < n; i++) {
		const bool connects = servers[i].tcp && !servers[i].tcp_asked;
		fds[i] = (struct pollfd){.fd = servers[i].fd, .events = connects ? POLLOUT : POLLIN};
		open = open || servers[i].fd >= 0;
	}
	if (!open)
		return false;
	poll(fds, n, ms > TICK_MS ? TICK_MS : (int)ms);
	for (unsigned i = 0; i < n; i++) {
		if (servers[i].fd < 0 || !fds[i].revents)
			continue;
		servers[i].tcp ? hear_tcp(&servers[i]) : hear_udp(&servers[i]);
		if (servers[i].heard == ALL_HEARD)
			end(&servers[i]);
	}
	return true;
}

void dns_ask(const struct case_facts *facts, const char *name, uint64_t until_ns,
	     struct resolve_step *steps, unsigned n)
{
	struct dns_server servers[N_RESOLV_SERVERS];
	const uint64_t started = monotonic_ns();
	const uint64_t half = started + (until_ns > started ? until_ns - started : 0) / 2;

	n = n < N_RESOLV_SERVERS ? n : N_RESOLV_SERVERS;
	for (unsigned i = 0; i < n; i++) {
		servers[i] = (struct dns_server){
			.step = &steps[i], .name = name, .conf = &facts->resolving.conf, .fd = -1};
		start(&servers[i]);
	}
	for (uint64_t now; (now = monotonic_ns()) < until_ns;) {
		case_doing(facts, "asking the DNS servers");
		if (!hear_some(servers, n, now < half ? half : until_ns))
			break;
		for (unsigned i = 0; i < n && monotonic_ns() >= half; i++) {
			if (servers[i].fd >= 0 && !servers[i].tcp && !servers[i].repeated)
				send_questions(&servers[i]);
			servers[i].repeated = true;
		}
		for (unsigned i = 0; i < n; i++)
			if (servers[i].fd >= 0)
				steps[i].seconds = (double)(monotonic_ns() - started) / 1e9;
	}
	for (unsigned i = 0; i < n; i++)
		end(&servers[i]);
}
