/* SPDX-License-Identifier: MIT */
/* getaddrinfo_a(), because getaddrinfo() alone cannot be told how long it may take. */
#include "probe/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct addr from_sockaddr(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return addr_ipv4(ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr));
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	return addr_ipv6(in6->sin6_addr.s6_addr, in6->sin6_scope_id);
}

static size_t take_addresses(struct addrinfo *list, struct addr *addresses, size_t max)
{
	size_t n = 0;

	for (const struct addrinfo *at = list; at && n < max; at = at->ai_next)
		if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
			addresses[n++] = from_sockaddr(at->ai_addr);
	freeaddrinfo(list);
	return n;
}

/* An address in figures needs no resolver and no thread. */
static size_t take_figures(const char *host, struct addr *addresses, size_t max)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *list = NULL;

	return getaddrinfo(host, NULL, &hints, &list) ? 0 : take_addresses(list, addresses, max);
}

/* What the resolver's thread works on; left to it when it does not end in time. */
struct question {
	struct gaicb control;
	struct addrinfo hints;
	char host[256];
};

size_t lookup_addresses(const char *host, unsigned limit_ms, struct addr *addresses, size_t max,
			const char **ret_why_not)
{
	const struct timespec limit = {.tv_sec = limit_ms / 1000,
				       .tv_nsec = (long)(limit_ms % 1000) * 1000000};
	size_t figures = take_figures(host, addresses, max);

	if (figures)
		return figures;
	struct question *question = calloc(1, sizeof(*question));
	*ret_why_not = "out of memory";
	if (!question)
		return 0;
	strncpy(question->host, host, sizeof(question->host) - 1);
	question->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM};
	question->control = (struct gaicb){.ar_name = question->host,
					   .ar_request = &question->hints};
	struct gaicb *list[] = {&question->control};
	int err = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	if (!err) {
		const struct gaicb *const watched[] = {&question->control};
		gai_suspend(watched, 1, &limit);
		err = gai_error(&question->control);
	}
	if (err == EAI_INPROGRESS && gai_cancel(&question->control) != EAI_CANCELED) {
		/* its thread still writes into @question */
		*ret_why_not = "the name was not resolved in time";
		return 0;
	}
	size_t n = err ? 0 : take_addresses(question->control.ar_result, addresses, max);
	*ret_why_not = err ? gai_strerror(err) : "the name has no address";
	free(question);
	return n;
}
