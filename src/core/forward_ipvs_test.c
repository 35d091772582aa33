/* SPDX-License-Identifier: MIT */
/* /proc/net/ip_vs as the kernel prints it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/forward_iptables.h"
#include "core/sock.h"

static const char text[] =
	"IP Virtual Server version 1.2.1 (size=4096)\n"
	"Prot LocalAddress:Port Scheduler Flags\n"
	"  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
	"TCP  0A000005:0050 rr  \n"
	"  -> 0A000006:1F90      Masq    1      0          0         \n"
	"  -> 0A000007:1F90      Masq    1      0          0         \n"
	"UDP  0A000005:0035 wlc persistent 300\n"
	"TCP  [fd00:0000:0000:0000:0000:0000:0000:0005]:01BB rr\n"
	"  -> [fd00:0000:0000:0000:0000:0000:0000:0006]:01BB Route 1 0 0\n"
	"FWM  00000001 rr\n"
	"  -> 0A000008:0050      Masq    1      0          0         \n"
	"TCP  nonsense rr\n";

static char got[1024];

static int add(const struct forward *forward, void *data)
{
	char address[ADDR_TEXT_SIZE], to[ADDR_TEXT_SIZE] = "-";
	const size_t len = strlen(got);

	if (forward->to.family != ADDR_NONE)
		addr_format(&forward->to, to);
	snprintf(got + len, sizeof(got) - len, "%s %s %u > %s %u\n",
		 sock_proto_name(forward->proto), addr_format(&forward->address, address),
		 forward->ports.low, to, forward->to_ports.low);
	return data && len ? 7 : 0;
}

static void reads(void **state)
{
	*got = '\0';
	assert_int_equal(forward_from_ipvs(text, add, NULL), 0);
	assert_string_equal(got, "tcp 10.0.0.5 80 > 10.0.0.6 8080\ntcp 10.0.0.5 80 > 10.0.0.7 8080\n"
				 "udp 10.0.0.5 53 > - 0\ntcp fd00::5 443 > fd00::6 443\n");
	assert_int_equal(forward_from_ipvs("", add, NULL), 0);
	*got = '\0';
	assert_int_equal(forward_from_ipvs(text, add, got), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
