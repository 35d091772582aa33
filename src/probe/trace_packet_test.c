/* SPDX-License-Identifier: MIT */
#include "probe/trace_packet.h"
#include "core/sock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct trace_flow_id flow_of(enum sock_proto proto, enum addr_family family)
{
	struct trace_flow_id flow = {
		.proto = proto, .src_port = 40000, .dst_port = 443, .base = 0xfffffff0};

	if (family == ADDR_IPV4) {
		flow.src = addr_ipv4(0x0a000001);
		flow.dst = addr_ipv4(0x0a000002);
	} else {
		assert_true(addr_parse("fd00::1", &flow.src));
		assert_true(addr_parse("fd00::2", &flow.dst));
	}
	return flow;
}

static uint32_t ones_sum(uint32_t total, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i += 2)
		total += (uint32_t)(data[i] << 8 | data[i + 1]);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total;
}

static void quotes_name_their_probe(void **state)
{
	static const enum sock_proto protos[] = {SOCK_PROTO_TCP, SOCK_PROTO_UDP, SOCK_PROTO_ICMP};
	uint8_t packet[TRACE_PACKET_SIZE];

	(void)state;
	for (unsigned p = 0; p < 3; p++)
		for (unsigned index = 0; index < 1280; index += 7) {
			struct trace_flow_id flow = flow_of(protos[p], index % 2 ? ADDR_IPV4 : ADDR_IPV6);
			size_t len = trace_packet_make(&flow, (uint16_t)index, packet);
			/* RFC 792: the first 8 bytes are all that is promised */
			assert_int_equal(trace_packet_quoted(&flow, packet, 8), index);
			assert_int_equal(trace_packet_quoted(&flow, packet, len), index);
			assert_int_equal(trace_packet_quoted(&flow, packet, 1), -1);
		}
}

static void another_flow_is_not_ours(void **state)
{
	struct trace_flow_id flow = flow_of(SOCK_PROTO_TCP, ADDR_IPV4), other = flow;
	uint8_t packet[TRACE_PACKET_SIZE];

	(void)state;
	other.src_port++;
	size_t len = trace_packet_make(&other, 3, packet);
	assert_int_equal(trace_packet_quoted(&flow, packet, len), -1);
	flow.proto = other.proto = SOCK_PROTO_ICMP;
	len = trace_packet_make(&other, 3, packet);
	assert_int_equal(trace_packet_quoted(&flow, packet, len), -1);
}

static void checksums_are_right_and_echoes_agree(void **state)
{
	struct trace_flow_id flow = flow_of(SOCK_PROTO_TCP, ADDR_IPV4);
	uint8_t packet[TRACE_PACKET_SIZE], first[TRACE_PACKET_SIZE];

	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		const size_t n = v6 ? 16 : 4;
		flow = flow_of(SOCK_PROTO_TCP, v6 ? ADDR_IPV6 : ADDR_IPV4);
		size_t len = trace_packet_make(&flow, 17, packet);
		uint32_t total = ones_sum((uint32_t)len + 6, flow.src.bytes, n);
		total = ones_sum(total, flow.dst.bytes, n);
		assert_int_equal(ones_sum(total, packet, len), 0xffff);
	}
	flow = flow_of(SOCK_PROTO_ICMP, ADDR_IPV4);
	trace_packet_make(&flow, 0, first);
	for (uint16_t index = 0; index < 300; index++) {
		size_t len = trace_packet_make(&flow, index, packet);
		assert_int_equal(ones_sum(0, packet, len), 0xffff);
		assert_memory_equal(packet, first, 4); /* type, code and checksum */
	}
}

static void answers_are_told_apart(void **state)
{
	struct trace_flow_id flow = flow_of(SOCK_PROTO_TCP, ADDR_IPV4);
	uint8_t answer[20] = {443 >> 8, 443 & 255, 40000 >> 8, 40000 & 255};
	enum probe_answer kind;

	(void)state;
	/* acknowledges 0xfffffff0 + 2 * 1024 + 1 */
	memcpy(answer + 8, (uint8_t[]){0, 0, 0x07, 0xf1}, 4);
	answer[13] = 0x12;
	assert_int_equal(trace_packet_answered(&flow, answer, 20, &kind), 2);
	assert_int_equal(kind, PROBE_SYN_ACK);
	answer[13] = 0x14;
	assert_int_equal(trace_packet_answered(&flow, answer, 20, &kind), 2);
	assert_int_equal(kind, PROBE_RESET);
	answer[13] = 0x10;
	assert_int_equal(trace_packet_answered(&flow, answer, 20, &kind), -1);
	answer[13] = 0x14;
	answer[11]++;
	assert_int_equal(trace_packet_answered(&flow, answer, 20, &kind), -1);
	assert_int_equal(trace_packet_answered(&flow, answer, 19, &kind), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_name_their_probe),
		cmocka_unit_test(another_flow_is_not_ours),
		cmocka_unit_test(checksums_are_right_and_echoes_agree),
		cmocka_unit_test(answers_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
