/* SPDX-License-Identifier: MIT */
/* Answers about UNIX, packet and netlink sockets, interfaces and addresses. */
#include "sources/sock_diag.h"
#include "base/auto.h"
#include "core/host.h"
#include "core/snapshot.h"
#include "sources/interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static struct snapshot *snap;
static char buffer[1024] __attribute__((aligned(4)));

static struct nlmsghdr *begin(uint16_t type, size_t size, void *ret_payload)
{
	memset(buffer, 0, sizeof(buffer));
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	msg->nlmsg_type = type;
	*(void **)ret_payload = mnl_nlmsg_put_extra_header(msg, size);
	return msg;
}

static void check_unix_name(const char *name, size_t len, size_t len_shown)
{
	struct unix_diag_msg *diag;
	struct nlmsghdr *msg = begin(SOCK_DIAG_BY_FAMILY, sizeof(*diag), &diag);
	struct sock sock = {};
	size_t got;

	*diag = (struct unix_diag_msg){.udiag_family = AF_UNIX, .udiag_type = SOCK_STREAM,
				       .udiag_state = 10, .udiag_ino = 77};
	mnl_attr_put(msg, UNIX_DIAG_NAME, len, name);
	mnl_attr_put_u32(msg, UNIX_DIAG_PEER, 78);
	mnl_attr_put_u32(msg, 7, 1000); /* UNIX_DIAG_UID */
	mnl_attr_put(msg, UNIX_DIAG_RQLEN, 8, &(struct unix_diag_rqlen){3, 128});
	assert_int_equal(unix_diag_decode(msg, snap, &sock), 0);
	assert_memory_equal(snapshot_text(snap, sock.name, &got), name, len_shown);
	assert_int_equal(got, len_shown);
	assert_int_equal(sock.state, SOCK_STATE_LISTEN);
	assert_int_equal(sock.inode, 77);
	assert_int_equal(sock.peer, 78);
	assert_int_equal(sock.uid, 1000);
	assert_int_equal(sock.recv_queue, 3);
	assert_int_equal(sock.send_queue, 128);
	assert_false(sock_is_inet(&sock));
}

static void test_unix(void **state)
{
	check_unix_name("/run/x.sock", 12, 11); /* the kernel sends the NUL too */
	check_unix_name("/run/x", 6, 6);
	check_unix_name("\0a\0\x1b\xff", 6, 6); /* an abstract name's last NUL is its own */
	check_unix_name("", 0, 0);
}

static void test_packet(void **state)
{
	struct packet_diag_msg *diag;
	struct nlmsghdr *msg = begin(SOCK_DIAG_BY_FAMILY, sizeof(*diag), &diag);
	const uint32_t memory[] = {640, 1, 7, 1};
	struct sock sock = {};

	*diag = (struct packet_diag_msg){.pdiag_family = AF_PACKET, .pdiag_type = SOCK_RAW,
					 .pdiag_num = 3, .pdiag_ino = 5};
	mnl_attr_put(msg, PACKET_DIAG_INFO, sizeof(struct packet_diag_info),
		     &(struct packet_diag_info){.pdi_index = 2});
	mnl_attr_put(msg, PACKET_DIAG_MEMINFO, sizeof(memory), memory);
	mnl_attr_put_u32(msg, PACKET_DIAG_UID, 33);
	assert_int_equal(packet_diag_decode(msg, snap, &sock), 0);
	assert_int_equal(sock.local_port, 3);
	assert_int_equal(sock.device, 2);
	assert_int_equal(sock.uid, 33);
	assert_int_equal(sock.recv_queue, 640);
	assert_int_equal(sock.send_queue, 7);
	diag->pdiag_family = AF_UNIX;
	assert_int_equal(packet_diag_decode(msg, snap, &sock), -EBADMSG);
}

static void test_netlink(void **state)
{
	struct netlink_diag_msg *diag;
	struct nlmsghdr *msg = begin(SOCK_DIAG_BY_FAMILY, sizeof(*diag), &diag);
	struct sock sock = {};

	*diag = (struct netlink_diag_msg){.ndiag_family = AF_NETLINK, .ndiag_type = SOCK_RAW,
					  .ndiag_protocol = 31, .ndiag_portid = 900,
					  .ndiag_ino = 6};
	assert_int_equal(netlink_diag_decode(msg, snap, &sock), 0);
	assert_string_equal(snapshot_text(snap, sock.name, NULL), "31:900");
	assert_int_equal(sock.inode, 6);
	msg->nlmsg_len -= 4;
	assert_int_equal(netlink_diag_decode(msg, snap, &sock), -EBADMSG);
}

static void test_interface(void **state)
{
	struct ifinfomsg *info;
	struct nlmsghdr *msg = begin(RTM_NEWLINK, sizeof(*info), &info);
	struct interface interface = {};

	info->ifi_index = 9;
	info->ifi_flags = IFF_UP | IFF_RUNNING;
	mnl_attr_put_strz(msg, IFLA_IFNAME, "veth1");
	mnl_attr_put_u32(msg, IFLA_MTU, 1500);
	mnl_attr_put_u32(msg, IFLA_MASTER, 4);
	struct nlattr *nest = mnl_attr_nest_start(msg, IFLA_LINKINFO);
	mnl_attr_put_strz(msg, IFLA_INFO_KIND, "veth");
	mnl_attr_nest_end(msg, nest);
	assert_int_equal(interface_decode(msg, &snap->arena, &interface), 0);
	assert_int_equal(interface.index, 9);
	assert_string_equal(interface.name, "veth1");
	assert_string_equal(interface.kind, "veth");
	assert_int_equal(interface.master, 4);
	assert_int_equal(interface.mtu, 1500);
	assert_int_equal(interface.flags, INTERFACE_UP | INTERFACE_RUNNING);
}

static void check_address(int family, const char *local, const char *other, uint32_t flags,
			  const struct interface_address *expected)
{
	struct ifaddrmsg *info;
	struct nlmsghdr *msg = begin(RTM_NEWADDR, sizeof(*info), &info);
	struct interface_address address = {};
	uint8_t bytes[16];
	char text[ADDR_TEXT_SIZE], want[ADDR_TEXT_SIZE];
	const size_t len = family == AF_INET ? 4 : 16;

	*info = (struct ifaddrmsg){.ifa_family = (uint8_t)family, .ifa_prefixlen = 24,
				   .ifa_index = 2};
	inet_pton(family, other ? other : local, bytes);
	mnl_attr_put(msg, IFA_ADDRESS, len, bytes);
	inet_pton(family, local, bytes);
	if (other)
		mnl_attr_put(msg, IFA_LOCAL, len, bytes);
	mnl_attr_put_u32(msg, IFA_FLAGS, flags);
	assert_int_equal(interface_address_decode(msg, &address), 0);
	assert_string_equal(addr_format(&address.addr, text), addr_format(&expected->addr, want));
	assert_int_equal(address.flags, expected->flags);
	assert_int_equal(address.prefix_bits, 24);
	assert_int_equal(address.interface, 2);
}

static void test_address(void **state)
{
	struct interface_address want = {.flags = INTERFACE_ADDRESS_SECONDARY};

	assert_true(addr_parse("10.0.0.1", &want.addr));
	check_address(AF_INET, "10.0.0.1", "10.0.0.2", IFA_F_SECONDARY, &want);
	want.flags = INTERFACE_ADDRESS_TENTATIVE;
	assert_true(addr_parse("fe80::1%2", &want.addr));
	check_address(AF_INET6, "fe80::1", NULL, IFA_F_TENTATIVE | IFA_F_TEMPORARY, &want);
}

static int set_up(void **state)
{
	snap = snapshot_new();
	return !snap;
}

static int tear_down(void **state)
{
	snapshot_free(snap);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unix),	  cmocka_unit_test(test_packet),
		cmocka_unit_test(test_netlink),	  cmocka_unit_test(test_interface),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
