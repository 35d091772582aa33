/* SPDX-License-Identifier: MIT */
/* The plainest requests: everything of one type, of one family. */
#include "sources/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

enum { REQUEST_BYTES = 64 };

int netlink_dump_family(struct netlink *nl, uint16_t type, size_t head, uint8_t family,
			const struct netlink_reader *reader)
{
	_Alignas(NLMSG_ALIGNTO) char buffer[REQUEST_BYTES] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *own = mnl_nlmsg_put_extra_header(request, head);

	request->nlmsg_type = type;
	own->rtgen_family = family;
	return netlink_dump(nl, request, reader);
}
