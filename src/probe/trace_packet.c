/* SPDX-License-Identifier: MIT */
/* SYNs (RFC 9293 3.1), echo requests (RFC 792, RFC 4443 4.1) and datagrams of one flow. */
#include "probe/trace_packet.h"
#include "core/sock.h"

#include <string.h>

enum {
	TCP_HEADER = 20,
	TCP_LEN = 32, /* with options */
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_ACK = 0x10,
	ICMP_LEN = 16,
	UDP_LEN = 32,
	DNS_PORT = 53,
	ECHO4 = 8,
	ECHO4_REPLY = 0,
	ECHO6 = 128,
	ECHO6_REPLY = 129,
};

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint32_t sum(uint32_t so_far, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		so_far += get16(data + i);
	return len % 2 ? so_far + ((uint32_t)data[len - 1] << 8) : so_far;
}

static uint16_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

static uint32_t pseudo_header(const struct trace_flow_id *flow, size_t len, uint8_t ip_proto)
{
	const size_t n = flow->dst.family == ADDR_IPV4 ? 4 : 16;

	return sum(sum((uint32_t)len + ip_proto, flow->src.bytes, n), flow->dst.bytes, n);
}

static size_t make_syn(const struct trace_flow_id *flow, uint16_t index, uint8_t *packet)
{
	/* What Linux sends, less timestamps: some firewalls drop SYNs that look forged. */
	static const uint8_t tcp_options[] = {2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7};

	put16(packet, flow->src_port);
	put16(packet + 2, flow->dst_port);
	put32(packet + 4, flow->base + index * 1024u);
	packet[12] = TCP_LEN / 4 << 4;
	packet[13] = TCP_SYN;
	put16(packet + 14, 64240);
	memcpy(packet + TCP_HEADER, tcp_options, sizeof(tcp_options));
	put16(packet + 16, fold(sum(pseudo_header(flow, TCP_LEN, 6), packet, TCP_LEN)));
	return TCP_LEN;
}

static size_t make_echo(const struct trace_flow_id *flow, uint16_t index, uint8_t *packet)
{
	packet[0] = flow->dst.family == ADDR_IPV4 ? ECHO4 : ECHO6;
	put16(packet + 4, flow->src_port);
	put16(packet + 6, index);
	/* The checksum is the same for all: where routers hash the first bytes it must not differ. */
	put16(packet + 8, (uint16_t)(0xffff - index));
	if (flow->dst.family == ADDR_IPV4) /* the kernel does it for ICMPv6 */
		put16(packet + 2, fold(sum(0, packet, ICMP_LEN)));
	return ICMP_LEN;
}

static size_t make_datagram(const struct trace_flow_id *flow, uint16_t index, uint8_t *packet)
{
	put16(packet, index);
	if (flow->dst_port == DNS_PORT) { /* "IN NS ." (RFC 1035 4.1): a server answers it */
		packet[2] = 1;
		packet[5] = 1;
		packet[14] = 2;
		packet[16] = 1;
		return 17;
	}
	memcpy(packet + 2, "berth trace", 11); /* NOLINT: data, not a string */
	return UDP_LEN;
}

size_t trace_packet_make(const struct trace_flow_id *flow, uint16_t index,
			 uint8_t packet[TRACE_PACKET_SIZE])
{
	memset(packet, 0, TRACE_PACKET_SIZE);
	if (flow->proto == SOCK_PROTO_TCP)
		return make_syn(flow, index, packet);
	return flow->proto == SOCK_PROTO_UDP ? make_datagram(flow, index, packet)
					     : make_echo(flow, index, packet);
}

static int tcp_index(const struct trace_flow_id *flow, uint32_t sequence)
{
	const uint32_t ahead = sequence - flow->base;

	return ahead % 1024 || ahead / 1024 > INT16_MAX ? -1 : (int)(ahead / 1024);
}

int trace_packet_quoted(const struct trace_flow_id *flow, const uint8_t *data, size_t len)
{
	if (flow->proto == SOCK_PROTO_UDP)
		return len >= 2 ? get16(data) : -1;
	if (len < 8)
		return -1;
	if (flow->proto == SOCK_PROTO_TCP)
		return get16(data) == flow->src_port && get16(data + 2) == flow->dst_port
			       ? tcp_index(flow, get32(data + 4))
			       : -1;
	return get16(data + 4) == flow->src_port ? get16(data + 6) : -1;
}

int trace_packet_answered(const struct trace_flow_id *flow, const uint8_t *data, size_t len,
			  enum probe_answer *ret_answer)
{
	*ret_answer = PROBE_REPLY;
	if (flow->proto == SOCK_PROTO_UDP)
		return flow->dst_port == DNS_PORT && len >= 12 ? get16(data) : -1;
	*ret_answer = PROBE_SILENT;
	if (flow->proto == SOCK_PROTO_ICMP) {
		const uint8_t reply = flow->dst.family == ADDR_IPV4 ? ECHO4_REPLY : ECHO6_REPLY;
		if (len < 8 || data[0] != reply || get16(data + 4) != flow->src_port)
			return -1;
		*ret_answer = PROBE_REPLY;
		return get16(data + 6);
	}
	if (len < TCP_HEADER || get16(data) != flow->dst_port || get16(data + 2) != flow->src_port ||
	    !(data[13] & TCP_ACK))
		return -1;
	if (data[13] & TCP_RST)
		*ret_answer = PROBE_RESET;
	else if (data[13] & TCP_SYN)
		*ret_answer = PROBE_SYN_ACK;
	else
		return -1; /* a challenge ACK: no answer to a SYN of ours */
	return tcp_index(flow, get32(data + 8) - 1);
}
