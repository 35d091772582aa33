/* SPDX-License-Identifier: MIT */
/* Builds and reads DNS messages; no more of DNS than "which addresses has this name". */
#include "probe/dns.h"
#include "core/case.h"
#include "probe/asking.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS = 100, HEADER = 12, CLASS_IN = 1, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, MAX_RECORDS = 64 };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

size_t dns_query(uint8_t *packet, size_t size, uint16_t id, const char *name, uint16_t type)
{
	const uint8_t header[HEADER] = {(uint8_t)(id >> 8), (uint8_t)id, 0x01, 0, 0, 1};
	size_t n = HEADER;

	if (strlen(name) > 253 || strlen(name) + HEADER + 6 > size)
		return 0;
	memcpy(packet, header, HEADER);
	while (*name) {
		size_t label = strcspn(name, ".");
		if (!label || label > 63)
			return 0;
		packet[n++] = (uint8_t)label;
		memcpy(packet + n, name, label);
		n += label;
		name += label;
		if (*name == '.')
			name++;
	}
	packet[n++] = 0;
	packet[n++] = (uint8_t)(type >> 8);
	packet[n++] = (uint8_t)type;
	packet[n++] = 0;
	packet[n++] = CLASS_IN;
	return n;
}

/* Position behind the (maybe compressed) name at @at; 0 if it runs out of the packet. */
static size_t skip_name(const uint8_t *packet, size_t len, size_t at)
{
	while (at < len) {
		if ((packet[at] & 0xc0) == 0xc0)
			return at + 2 <= len ? at + 2 : 0;
		if (!packet[at])
			return at + 1;
		at += 1u + packet[at];
	}
	return 0;
}

static void add_address(struct resolve_step *step, uint16_t type, const uint8_t *data, size_t n)
{
	uint32_t v4;

	if (step->n_addrs == N_STEP_ADDRS)
		return;
	if (type == DNS_TYPE_A && n == 4) {
		v4 = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 |
		     data[3];
		step->addrs[step->n_addrs++] = addr_ipv4(v4);
	} else if (type == DNS_TYPE_AAAA && n == 16) {
		step->addrs[step->n_addrs++] = addr_ipv6(data, 0);
	}
}

bool dns_parse(const uint8_t *packet, size_t len, uint16_t id, struct resolve_step *step)
{
	if (len < HEADER || get16(packet) != id || !(packet[2] & 0x80))
		return false;
	unsigned questions = get16(packet + 4), answers = get16(packet + 6);
	size_t at = HEADER;

	step->rcode = packet[3] & 0x0f;
	while (questions-- && at) {
		at = skip_name(packet, len, at);
		at = at && at + 4 <= len ? at + 4 : 0;
	}
	for (unsigned i = 0; at && i < answers && i < MAX_RECORDS; i++) {
		at = skip_name(packet, len, at);
		if (!at || at + 10 > len)
			break;
		size_t n = get16(packet + at + 8);
		if (at + 10 + n > len)
			break;
		add_address(step, get16(packet + at), packet + at + 10, n);
		at += 10 + n;
	}
	step->result = step->n_addrs			? RESOLVE_FOUND
		       : step->rcode == RCODE_NXDOMAIN ? RESOLVE_NO_NAME
		       : step->rcode == RCODE_SERVFAIL ? RESOLVE_SERVFAIL
		       : step->rcode			? RESOLVE_REFUSED
							: RESOLVE_NO_DATA;
	return true;
}

bool dns_question(const uint8_t *packet, size_t len, char *name, size_t size)
{
	size_t at = HEADER, n = 0;

	if (len < HEADER + 5 || !get16(packet + 4))
		return false;
	while (at < len && packet[at]) {
		size_t label = packet[at++];
		if (label > 63 || at + label > len || n + label + 2 > size)
			return false;
		if (n)
			name[n++] = '.';
		memcpy(name + n, packet + at, label);
		n += label;
		at += label;
	}
	name[n] = '\0';
	return n > 0 && at < len;
}

static bool send_both(int fd, const char *name, const uint16_t ids[2])
{
	static const uint16_t types[2] = {DNS_TYPE_A, DNS_TYPE_AAAA};
	uint8_t packet[512];

	for (int i = 0; i < 2; i++) {
		size_t n = dns_query(packet, sizeof(packet), ids[i], name, types[i]);
		if (!n || send(fd, packet, n, MSG_NOSIGNAL) < 0)
			return false;
	}
	return true;
}

static enum resolve_result result_of_error(int error)
{
	return error == ECONNREFUSED ? RESOLVE_CLOSED : RESOLVE_UNREACHABLE;
}

struct dns_server {
	struct resolve_step *step;
	int fd; /* -1: finished */
	uint16_t ids[2];
	unsigned heard; /* bits: which of the two questions were answered */
	bool repeated;
};

static void end(struct dns_server *server)
{
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
}

static void start(struct dns_server *server, const char *name)
{
	struct sockaddr_storage ss;
	unsigned len = sockaddr_make(&server->step->server, 53, &ss);

	server->step->source = RESOLVE_DNS;
	server->step->result = RESOLVE_UNREACHABLE;
	server->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0 || connect(server->fd, (struct sockaddr *)&ss, len) ||
	    getrandom(server->ids, sizeof(server->ids), 0) != sizeof(server->ids)) {
		end(server);
	} else if (send_both(server->fd, name, server->ids)) {
		server->step->result = RESOLVE_SILENT;
	} else {
		server->step->result = result_of_error(errno);
		end(server);
	}
}

static void hear(struct dns_server *server)
{
	uint8_t packet[DNS_PACKET_SIZE];
	ssize_t n = recv(server->fd, packet, sizeof(packet), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		if (!server->heard)
			server->step->result = result_of_error(errno);
		end(server);
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		if (dns_parse(packet, (size_t)n, server->ids[i], server->step))
			server->heard |= 1u << i;
	if (server->heard == 3)
		end(server);
}

/* Wait a little for any of them; false when all are finished. */
static bool hear_some(struct dns_server *servers, unsigned n, uint64_t until_ns)
{
	const uint64_t now = monotonic_ns();
	uint64_t ms = until_ns > now ? (until_ns - now) / 1000000 + 1 : 0;
	struct pollfd fds[DNS_MAX_SERVERS];
	bool open = false;

	for (unsigned i = 0; i < n; i++) {
		fds[i] = (struct pollfd){.fd = servers[i].fd, .events = POLLIN};
		open = open || servers[i].fd >= 0;
	}
	if (!open)
		return false;
	poll(fds, n, ms > TICK_MS ? TICK_MS : (int)ms);
	for (unsigned i = 0; i < n; i++)
		if (servers[i].fd >= 0 && fds[i].revents)
			hear(&servers[i]);
	return true;
}

void dns_ask(const struct case_facts *facts, const char *name, uint64_t until_ns,
	     struct resolve_step *steps, unsigned n)
{
	struct dns_server servers[DNS_MAX_SERVERS];
	const uint64_t started = monotonic_ns();
	const uint64_t half = started + (until_ns > started ? until_ns - started : 0) / 2;

	n = n < DNS_MAX_SERVERS ? n : DNS_MAX_SERVERS;
	for (unsigned i = 0; i < n; i++) {
		servers[i] = (struct dns_server){.step = &steps[i], .fd = -1};
		start(&servers[i], name);
	}
	for (uint64_t now; (now = monotonic_ns()) < until_ns;) {
		case_doing(facts, "asking the DNS servers");
		if (!hear_some(servers, n, now < half ? half : until_ns))
			break;
		for (unsigned i = 0; i < n && monotonic_ns() >= half; i++) {
			if (servers[i].fd >= 0 && !servers[i].heard && !servers[i].repeated)
				send_both(servers[i].fd, name, servers[i].ids);
			servers[i].repeated = true;
		}
		for (unsigned i = 0; i < n; i++)
			if (servers[i].fd >= 0)
				steps[i].seconds = (double)(monotonic_ns() - started) / 1e9;
	}
	for (unsigned i = 0; i < n; i++)
		end(&servers[i]);
}
