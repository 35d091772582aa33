/* SPDX-License-Identifier: MIT */
/* Requests and multipart answers over one socket, with the kernel's habits dealt with once. */
#include "sources/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	/* The kernel fills a dump's buffers up to the reader's size, 32 KiB at most. */
	READ_SIZE = 64 << 10,
	RECEIVE_QUEUE = 4 << 20,
	TRIES = 4,
	/* Only a kernel that must load a module first takes long to start answering. */
	TIMEOUT_S = 10,
};

int netlink_open(struct netlink *nl, int protocol)
{
	*nl = NETLINK_INIT;
	nl->buffer = malloc(READ_SIZE);
	if (!nl->buffer)
		return -ENOMEM;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0) {
		int err = -errno;
		netlink_close(nl);
		return err;
	}
	/* None of these is needed for a right answer, so their failures do not matter. */
	const int on = 1, size = RECEIVE_QUEUE;
	const struct timeval timeout = {.tv_sec = TIMEOUT_S};
	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl->buffer);
	*nl = NETLINK_INIT;
}

/* The text of an extended ack, which follows the error and (unless capped) our own request. */
static void keep_message(struct netlink *nl, const struct nlmsghdr *msg, const int *error)
{
	const struct nlmsghdr *ours = (const struct nlmsghdr *)(error + 1);
	const size_t payload = mnl_nlmsg_get_payload_len(msg);
	size_t skip = sizeof(struct nlmsgerr);

	nl->message[0] = '\0';
	if (payload < skip || !(msg->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(msg->nlmsg_flags & NLM_F_CAPPED)) {
		if (ours->nlmsg_len < sizeof(*ours) || ours->nlmsg_len > payload)
			return;
		skip += MNL_ALIGN(ours->nlmsg_len - sizeof(*ours));
	}
	const struct nlattr *attr;
	mnl_attr_for_each(attr, msg, skip) {
		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG)
			continue;
		size_t len = mnl_attr_get_payload_len(attr);
		if (len >= sizeof(nl->message))
			len = sizeof(nl->message) - 1;
		memcpy(nl->message, mnl_attr_get_payload(attr), len);
		nl->message[len] = '\0';
	}
}

/* NLMSG_ERROR and NLMSG_DONE both carry an error number first; 0 means success. */
static int error_of(struct netlink *nl, const struct nlmsghdr *msg)
{
	int error;

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(error))
		return msg->nlmsg_type == NLMSG_ERROR ? -EBADMSG : 0;
	memcpy(&error, mnl_nlmsg_get_payload(msg), sizeof(error));
	if (msg->nlmsg_type == NLMSG_ERROR)
		keep_message(nl, msg, mnl_nlmsg_get_payload(msg));
	return error < 0 && error > -4096 ? error : error ? -EBADMSG : 0;
}

const struct nlmsghdr *netlink_next(const void **at, size_t *left)
{
	const struct nlmsghdr *msg = *at;

	/* Whole with its padding: attributes are walked to the end of that. */
	if (*left < sizeof(*msg) || msg->nlmsg_len < sizeof(*msg) || msg->nlmsg_len > *left ||
	    MNL_ALIGN(msg->nlmsg_len) > *left)
		return NULL;
	*at = (const char *)msg + MNL_ALIGN(msg->nlmsg_len);
	*left -= MNL_ALIGN(msg->nlmsg_len);
	return msg;
}

int netlink_walk(struct netlink *nl, const void *bytes, size_t len,
		 const struct netlink_reader *reader)
{
	const struct nlmsghdr *msg;

	while ((msg = netlink_next(&bytes, &len))) {
		if (msg->nlmsg_seq != nl->seq)
			continue;
		if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
			nl->interrupted = true;
		if (msg->nlmsg_type == NLMSG_DONE || msg->nlmsg_type == NLMSG_ERROR) {
			int err = error_of(nl, msg);
			return err ? err : NETLINK_DONE;
		}
		if (msg->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		int err = reader->message ? reader->message(msg, reader->data) : 0;
		if (err < 0)
			return err;
		if (!(msg->nlmsg_flags & NLM_F_MULTI))
			return NETLINK_DONE;
	}
	return NETLINK_MORE;
}

static int transmit(struct netlink *nl, struct nlmsghdr *request, uint16_t flags)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = ++nl->seq;
	request->nlmsg_pid = 0;
	nl->interrupted = false;
	nl->message[0] = '\0';
	ssize_t sent = sendto(nl->fd, request, request->nlmsg_len, 0,
			      (const struct sockaddr *)&kernel, sizeof(kernel));
	return sent < 0 ? -errno : 0;
}

static int receive(struct netlink *nl, const struct netlink_reader *reader)
{
	int verdict = NETLINK_MORE;

	while (verdict == NETLINK_MORE) {
		struct sockaddr_nl from = {};
		struct iovec iov = {.iov_base = nl->buffer, .iov_len = READ_SIZE};
		struct msghdr head = {.msg_name = &from, .msg_namelen = sizeof(from),
				      .msg_iov = &iov, .msg_iovlen = 1};
		ssize_t got = recvmsg(nl->fd, &head, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (from.nl_pid != 0) /* only the kernel may answer */
			continue;
		if (head.msg_flags & MSG_TRUNC)
			return -ENOBUFS;
		if (reader->lock)
			pthread_mutex_lock(reader->lock);
		verdict = netlink_walk(nl, nl->buffer, (size_t)got, reader);
		if (reader->lock)
			pthread_mutex_unlock(reader->lock);
	}
	return verdict < 0 ? verdict : 0;
}

int netlink_dump(struct netlink *nl, struct nlmsghdr *request, const struct netlink_reader *reader)
{
	int err = 0;

	for (int tries = 0; tries < (reader->restart ? TRIES : 1); tries++) {
		if (tries)
			reader->restart(reader->data);
		err = transmit(nl, request, NLM_F_DUMP);
		if (!err)
			err = receive(nl, reader);
		if (err != -ENOBUFS && err != -EBUSY && (err || !nl->interrupted))
			return err;
	}
	return err;
}

int netlink_ask(struct netlink *nl, struct nlmsghdr *request, uint16_t flags,
		const struct netlink_reader *reader)
{
	int err = transmit(nl, request, flags);

	return err ? err : receive(nl, reader);
}
