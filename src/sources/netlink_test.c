/* SPDX-License-Identifier: MIT */
/* The walk over what was read: ends, errors, interruptions, and bytes that are no messages. */
#include "sources/netlink.h"
#include "base/auto.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { SEQ = 7 };

struct bytes {
	char data[512] __attribute__((aligned(4)));
	size_t len;
};

static void *put(struct bytes *bytes, uint16_t type, uint16_t flags, size_t payload)
{
	struct nlmsghdr *msg = (void *)(bytes->data + bytes->len);

	*msg = (struct nlmsghdr){.nlmsg_len = (uint32_t)(sizeof(*msg) + payload),
				 .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = SEQ};
	bytes->len += NLMSG_ALIGN(msg->nlmsg_len);
	return msg + 1;
}

static int count_message(const struct nlmsghdr *msg, void *data)
{
	(*(int *)data)++;
	return msg->nlmsg_type == 99 ? -ECANCELED : 0;
}

static int walk(struct netlink *nl, const struct bytes *bytes, size_t len, int *ret_n)
{
	const struct netlink_reader reader = {.message = count_message, .data = ret_n};

	*ret_n = 0;
	*nl = (struct netlink){.fd = -1, .seq = SEQ};
	return netlink_walk(nl, bytes->data, len, &reader);
}

static void test_dump(void **state)
{
	struct bytes bytes = {};
	struct netlink nl;
	int n;

	put(&bytes, 20, NLM_F_MULTI, 8);
	put(&bytes, 20, NLM_F_MULTI, 3);
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), NETLINK_MORE);
	assert_int_equal(n, 2);
	assert_false(nl.interrupted);
	*(int *)put(&bytes, NLMSG_DONE, NLM_F_MULTI, 4) = 0;
	put(&bytes, 20, NLM_F_MULTI, 8); /* behind the end: not ours to read */
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), NETLINK_DONE);
	assert_int_equal(n, 2);
	((struct nlmsghdr *)bytes.data)->nlmsg_flags |= NLM_F_DUMP_INTR;
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), NETLINK_DONE);
	assert_true(nl.interrupted);
	((struct nlmsghdr *)bytes.data)->nlmsg_seq++; /* of an older question */
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), NETLINK_DONE);
	assert_int_equal(n, 1);
	assert_false(nl.interrupted);
}

static void test_single(void **state)
{
	struct bytes bytes = {};
	struct netlink nl;
	int n;

	put(&bytes, 20, 0, 8);
	put(&bytes, 20, 0, 8);
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), NETLINK_DONE);
	assert_int_equal(n, 1);
	((struct nlmsghdr *)bytes.data)->nlmsg_type = 99;
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), -ECANCELED);
}

static void test_errors(void **state)
{
	static const char words[] = "no such thing";
	struct bytes bytes = {};
	struct netlink nl;
	int n;

	struct nlmsgerr *error = put(&bytes, NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS,
				     sizeof(struct nlmsgerr) + 4 + sizeof(words));
	error->error = -ENOENT;
	struct nlattr *attr = (void *)(error + 1);
	*attr = (struct nlattr){.nla_type = NLMSGERR_ATTR_MSG, .nla_len = 4 + sizeof(words)};
	memcpy(attr + 1, words, sizeof(words));
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), -ENOENT);
	assert_string_equal(nl.message, words);

	error->error = 0; /* an acknowledgement */
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), NETLINK_DONE);
	error->error = 5; /* never positive */
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), -EBADMSG);

	bytes.len = 0;
	put(&bytes, NLMSG_ERROR, 0, 2);
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), -EBADMSG);
	bytes.len = 0;
	*(int *)put(&bytes, NLMSG_DONE, NLM_F_MULTI, 4) = -EPERM;
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), -EPERM);
}

/* Cut anywhere, a message is either whole or not there. */
static void test_cut(void **state)
{
	struct bytes bytes = {};
	struct netlink nl;
	int n;

	put(&bytes, 20, NLM_F_MULTI, 8);
	const size_t one = bytes.len;
	put(&bytes, 20, NLM_F_MULTI, 8);
	((struct nlmsghdr *)(bytes.data + one))->nlmsg_len = UINT32_MAX;
	assert_int_equal(walk(&nl, &bytes, bytes.len, &n), NETLINK_MORE);
	assert_int_equal(n, 1);
	((struct nlmsghdr *)(bytes.data + one))->nlmsg_len = (uint32_t)one;
	for (size_t len = 0; len <= bytes.len; len++) {
		assert_int_equal(walk(&nl, &bytes, len, &n), NETLINK_MORE);
		assert_int_equal(n, len == bytes.len ? 2 : len >= one ? 1 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
