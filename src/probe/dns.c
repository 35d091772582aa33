/* SPDX-License-Identifier: MIT */
/* Builds and reads DNS messages; no more of DNS than "which addresses has this name". */
#include "probe/dns.h"
#include "base/auto.h"
#include "probe/asking.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { HEADER = 12, CLASS_IN = 1, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, MAX_RECORDS = 64 };

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

/* Read until both answers are there, an error, or @until_ns. */
static void hear(int fd, const uint16_t ids[2], uint64_t until_ns, struct resolve_step *step)
{
	unsigned heard = 0;
	uint8_t packet[DNS_PACKET_SIZE];

	while (heard != 3) {
		uint64_t now = monotonic_ns();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (now >= until_ns || poll(&p, 1, (int)((until_ns - now) / 1000000) + 1) <= 0)
			return;
		ssize_t n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN) {
			if (!heard)
				step->result = result_of_error(errno);
			return;
		}
		for (unsigned i = 0; n > 0 && i < 2; i++)
			if (dns_parse(packet, (size_t)n, ids[i], step))
				heard |= 1u << i;
	}
}

void dns_ask(const struct addr *server, const char *name, double seconds, struct resolve_step *step)
{
	struct sockaddr_storage ss;
	unsigned len = sockaddr_make(server, 53, &ss);
	AUTO(closep) int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint64_t start = monotonic_ns();
	uint16_t ids[2];

	*step = (struct resolve_step){
		.source = RESOLVE_DNS, .server = *server, .result = RESOLVE_UNREACHABLE};
	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len) ||
	    getrandom(ids, sizeof(ids), 0) != sizeof(ids))
		return;
	for (int try = 1; try <= 2; try++) {
		if (!send_both(fd, name, ids)) {
			step->result = result_of_error(errno);
			return;
		}
		step->result = RESOLVE_SILENT;
		hear(fd, ids, start + (uint64_t)(seconds * 5e8 * try), step);
		if (step->result != RESOLVE_SILENT)
			break;
	}
	step->seconds = (double)(monotonic_ns() - start) / 1e9;
}
