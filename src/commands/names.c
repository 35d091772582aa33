/* SPDX-License-Identifier: MIT */
/* Through the name service switch, so whatever the machine is told to ask is asked. */
#include "commands/names.h"
#include "commands/command.h"
#include "core/addr.h"
#include "core/names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pwd.h>
#include <string.h>

static bool find_service(void *data, const char *name, uint16_t *ret_port)
{
	const struct servent *entry = getservbyname(name, NULL);

	if (!entry)
		return false;
	*ret_port = ntohs((uint16_t)entry->s_port);
	return true;
}

static bool find_user(void *data, const char *name, uint32_t *ret_uid)
{
	const struct passwd *entry = getpwnam(name);

	if (!entry)
		return false;
	*ret_uid = entry->pw_uid;
	return true;
}

static size_t find_host(void *data, const char *name, struct addr *ret, size_t room)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	size_t n = 0;

	if (getaddrinfo(name, NULL, &hints, &found))
		return 0;
	for (const struct addrinfo *one = found; one && n < room; one = one->ai_next) {
		if (one->ai_family == AF_INET) {
			const struct sockaddr_in *in = (const void *)one->ai_addr;
			ret[n++] = addr_ipv4(ntohl(in->sin_addr.s_addr));
		} else if (one->ai_family == AF_INET6) {
			const struct sockaddr_in6 *in6 = (const void *)one->ai_addr;
			ret[n++] = addr_ipv6(in6->sin6_addr.s6_addr, in6->sin6_scope_id);
		}
	}
	freeaddrinfo(found);
	return n;
}

const struct names machine_names = {
	.service = find_service,
	.user = find_user,
	.host = find_host,
};

/* A recording brings the names of its users: there they are compared as texts. */
static const struct names recorded_names = {
	.service = find_service,
	.host = find_host,
};

const struct names *names_for(const struct invocation *inv)
{
	return option_given(inv, "from") ? &recorded_names : &machine_names;
}
