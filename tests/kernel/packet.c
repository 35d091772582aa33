/* SPDX-License-Identifier: MIT */
/* RFC 791, 8200, 768, 9293: just enough of each. */
#include "packet.h"

#include <netinet/in.h>
#include <string.h>

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value & 0xffff);
}

static unsigned get16(const uint8_t *from)
{
	return (unsigned)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)get16(from) << 16 | get16(from + 2);
}

static uint32_t sum(const uint8_t *bytes, size_t len, uint32_t start)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		start += get16(bytes + i);
	return len & 1 ? start + ((uint32_t)bytes[len - 1] << 8) : start;
}

static uint16_t fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

static size_t build_transport(const struct packet *p, uint8_t *to)
{
	size_t len = p->udp ? 12 : p->mss ? 24 : 20;

	memset(to, 0, len);
	put16(to, p->source_port);
	put16(to + 2, p->target_port);
	if (p->udp) {
		put16(to + 4, (unsigned)len);
		put32(to + 8, p->seq);
		return len;
	}
	put32(to + 4, p->seq);
	put32(to + 8, p->ack);
	to[12] = (uint8_t)(len / 4 << 4);
	to[13] = p->flags;
	put16(to + 14, 65535);
	if (p->mss) {
		to[20] = 2;
		to[21] = 4;
		put16(to + 22, p->mss);
	}
	return len;
}

size_t packet_build(const struct packet *p, uint8_t *to)
{
	bool v4 = p->source.family == ADDR_IPV4;
	size_t ip_len = v4 ? 20 : 40, addr_len = v4 ? 4 : 16;
	uint8_t *transport = to + ip_len, proto = p->udp ? IPPROTO_UDP : IPPROTO_TCP;
	size_t len = build_transport(p, transport);
	uint32_t pseudo = proto + (uint32_t)len;

	memset(to, 0, ip_len);
	if (v4) {
		to[0] = 0x45;
		put16(to + 2, (unsigned)(ip_len + len));
		to[8] = 64;
		to[9] = proto;
	} else {
		to[0] = 0x60;
		put16(to + 4, (unsigned)len);
		to[6] = proto;
		to[7] = 64;
	}
	memcpy(to + (v4 ? 12 : 8), p->source.bytes, addr_len);
	memcpy(to + (v4 ? 16 : 24), p->target.bytes, addr_len);
	if (v4)
		put16(to + 10, fold(sum(to, 20, 0)));
	pseudo = sum(to + (v4 ? 12 : 8), 2 * addr_len, pseudo);
	put16(transport + (p->udp ? 6 : 16), fold(sum(transport, len, pseudo)));
	return ip_len + len;
}

/* The IP header at @from: where the transport header is, or 0. */
static size_t read_ip(const uint8_t *from, size_t len, struct packet *p, uint8_t *ret_proto)
{
	if (len >= 20 && from[0] >> 4 == 4) {
		p->source = p->target = addr_any(ADDR_IPV4);
		memcpy(p->source.bytes, from + 12, 4);
		memcpy(p->target.bytes, from + 16, 4);
		*ret_proto = from[9];
		return (size_t)(from[0] & 15) * 4;
	}
	if (len >= 40 && from[0] >> 4 == 6) {
		p->source = addr_ipv6(from + 8, 0);
		p->target = addr_ipv6(from + 24, 0);
		*ret_proto = from[6];
		return 40;
	}
	return 0;
}

static void read_mss(const uint8_t *tcp, size_t len, struct packet *p)
{
	for (size_t i = 20; i + 3 < len && tcp[i];) {
		if (tcp[i] == 2)
			p->mss = (uint16_t)get16(tcp + i + 2);
		i += tcp[i] == 1 || !tcp[i + 1] ? 1 : tcp[i + 1];
	}
}

bool packet_read(const uint8_t *from, size_t len, struct packet *ret)
{
	struct packet p = {.flags = 0};
	uint8_t proto = 0;
	size_t at = read_ip(from, len, &p, &proto);

	if (at && (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) && len >= at + 8) {
		size_t inner = at + 8;
		if (from[at] != (proto == IPPROTO_ICMP ? 3 : 1))
			return false;
		p.unreachable = true;
		from += inner;
		len -= inner;
		at = read_ip(from, len, &p, &proto);
	}
	if (!at || len < at + 8 || (proto != IPPROTO_TCP && proto != IPPROTO_UDP))
		return false;
	p.udp = proto == IPPROTO_UDP;
	p.source_port = (uint16_t)get16(from + at);
	p.target_port = (uint16_t)get16(from + at + 2);
	if (!p.udp && !p.unreachable && len >= at + 20) {
		size_t header = (size_t)(from[at + 12] >> 4) * 4;
		p.seq = get32(from + at + 4);
		p.ack = get32(from + at + 8);
		p.flags = from[at + 13];
		read_mss(from + at, header <= len - at ? header : len - at, &p);
	}
	*ret = p;
	return true;
}

size_t packet_frame(const struct packet *p, const uint8_t mac[6], uint8_t *to)
{
	bool v4 = p->source.family == ADDR_IPV4;
	const uint8_t *group = p->target.bytes;

	memset(to, 0, 12);
	to[6] = 2; /* a sender of our own */
	put16(to + 12, v4 ? 0x0800 : 0x86dd);
	if (!addr_is_multicast(&p->target))
		memcpy(to, mac, 6);
	else if (v4) /* RFC 1112 6.4 */
		memcpy(to, (uint8_t[]){1, 0, 0x5e, group[1] & 0x7f, group[2], group[3]}, 6);
	else /* RFC 2464 7 */
		memcpy(to, (uint8_t[]){0x33, 0x33, group[12], group[13], group[14], group[15]}, 6);
	return 14 + packet_build(p, to + 14);
}

bool packet_read_frame(const uint8_t *from, size_t len, struct packet *ret)
{
	return len > 14 && packet_read(from + 14, len - 14, ret);
}
