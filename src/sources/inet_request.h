/* SPDX-License-Identifier: MIT */
/* What is asked of inet_diag, as bytes. */
#ifndef BERTH_SOURCES_INET_REQUEST_H
#define BERTH_SOURCES_INET_REQUEST_H

#include <linux/netlink.h>
#include <stdint.h>

#include "core/sock.h"

struct request;

/* One half of the connections each, split by their ports; see inet_request.c. */
enum inet_half { INET_WHOLE, INET_FIRST_HALF, INET_SECOND_HALF };

struct inet_question {
	enum sock_proto proto;
	uint8_t family; /* AF_INET, AF_INET6; AF_UNSPEC for both at once: TCP only */
	uint8_t extensions;
	uint32_t states;
	uint16_t local_port; /* 0: any */
	enum inet_half half; /* INET_WHOLE where .local_port is set */
};

enum { INET_REQUEST_SIZE = 256 };

/* What @request wants of @proto, in both families. */
struct inet_question inet_question_of(const struct request *request, enum sock_proto proto);

/* Written at @buffer: INET_REQUEST_SIZE bytes, aligned and zeroed. */
struct nlmsghdr *inet_request_put(void *buffer, const struct inet_question *question);

#endif
