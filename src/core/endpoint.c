/* SPDX-License-Identifier: MIT */
/* Splits at the last colon outside brackets. */
#include "core/endpoint.h"
#include "base/numbers.h"

#include <string.h>

static bool plain_host(const char *host, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)host[i];
		if (c <= ' ' || c == 0x7f || c == '/' || c == '@' || c == '[' || c == ']')
			return false;
	}
	return len > 0;
}

const char *endpoint_parse(const char *text, struct endpoint *ret)
{
	const char *host = text, *end, *port;
	uint64_t number;

	if (*text == '[') {
		host = text + 1;
		end = strchr(host, ']');
		if (!end)
			return "'[' without ']'";
		if (end[1] != ':')
			return "expected ':PORT' after ']'";
		port = end + 2;
	} else {
		end = strrchr(text, ':');
		if (end && memchr(text, ':', (size_t)(end - text)))
			return "an IPv6 address needs brackets: [ADDRESS]:PORT";
		port = end ? end + 1 : text;
		if (!end)
			end = text;
	}
	size_t len = (size_t)(end - host);
	if (!parse_u64(port, UINT16_MAX, &number))
		return "expected a port from 0 to 65535";
	if (len >= ENDPOINT_HOST_SIZE)
		return "the name is longer than 255 bytes";
	if (len && !plain_host(host, len))
		return "not a host name";
	struct endpoint endpoint = {.host = "localhost", .port = (uint16_t)number, .has_host = len > 0};
	if (len) {
		memcpy(endpoint.host, host, len);
		endpoint.host[len] = '\0';
	} else if (*text == '[') {
		return "no address between the brackets";
	}
	*ret = endpoint;
	return NULL;
}
