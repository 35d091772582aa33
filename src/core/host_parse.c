/* SPDX-License-Identifier: MIT */
/* Reads ss's HOST syntax. */
#include "core/host_match.h"
#include "base/arena.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/link_names.h"
#include "core/names.h"
#include "core/parse_error.h"
#include "core/service.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { MAX_HOST_ADDRS = 32, MAX_NAME = 256 };

/* The text in parts; all NUL-terminated. */
struct parts {
	const char *address; /* "" or "*": any */
	const char *prefix;  /* behind the '/'; NULL: none */
	const char *port;    /* behind the ':'; NULL, "" or "*": any */
	size_t address_column, prefix_column, port_column;
};

static bool is_any(const char *text)
{
	return !text || !*text || !strcmp(text, "*");
}

/* Cut [v6]:port, v4/8:port, name:port in @text, a copy to write into. 0 or -EINVAL. */
static int cut(char *text, size_t column, struct parts *ret, struct parse_error *error)
{
	char *end = text;

	*ret = (struct parts){.address = text, .address_column = column};
	if (*text == '[') {
		end = strchr(text, ']');
		if (!end)
			return parse_fail(error, column, "expected ']' after '%s'", text);
		ret->address++;
		ret->address_column++;
		*end++ = '\0';
		/* "[fe80::/10]:80" is how ss wants it, "[fe80::]/10:80" is what people write. */
		char *slash = strchr(text, '/');
		if (slash) {
			*slash++ = '\0';
			ret->prefix = slash;
			ret->prefix_column = column + (size_t)(slash - text);
		}
	} else {
		const size_t colons = strcspn(text, ":");
		/* Two colons and no brackets: an IPv6 address without a port. */
		const bool bare_v6 = text[colons] && strchr(text + colons + 1, ':');
		end = text + (bare_v6 ? strcspn(text, "/") : strcspn(text, ":/"));
	}
	if (*end == '/' && !ret->prefix) {
		*end++ = '\0';
		ret->prefix = end;
		ret->prefix_column = column + (size_t)(end - text);
		end += strcspn(end, ":");
	}
	if (*end == ':') {
		*end++ = '\0';
		ret->port = end;
		ret->port_column = column + (size_t)(end - text);
		return 0;
	}
	return *end ? parse_fail(error, column + (size_t)(end - text),
				 "expected ':' and a port, not '%s'", end) : 0;
}

static bool one_port(const struct host_match_text *text, const char *name, uint16_t *ret)
{
	const struct names *names = text->names;
	uint64_t number;

	if (parse_u64(name, UINT16_MAX, &number)) {
		*ret = (uint16_t)number;
		return true;
	}
	if (names && names->service && names->service(names->data, name, ret))
		return true;
	return service_port(name, strlen(name), SOCK_PROTO_OTHER, ret);
}

/* "80", "http", "8000-8100". A service's name may hold a '-' itself, so it is tried first. */
static int parse_ports(const struct host_match_text *text, const char *ports, size_t column,
		       struct port_range *ret, struct parse_error *error)
{
	char low[MAX_NAME];
	uint64_t number;

	*ret = (struct port_range){0, UINT16_MAX};
	if (is_any(ports))
		return 0;
	if (one_port(text, ports, &ret->low)) {
		ret->high = ret->low;
		return 0;
	}
	const char *dash = strchr(ports, '-');
	if (dash && (size_t)(dash - ports) < sizeof(low)) {
		memcpy(low, ports, (size_t)(dash - ports));
		low[dash - ports] = '\0';
		if (one_port(text, low, &ret->low) && one_port(text, dash + 1, &ret->high))
			return ret->low <= ret->high ? 0 :
				parse_fail(error, column, "the range %s is empty", ports);
	}
	if (parse_u64(ports, UINT64_MAX, &number))
		return parse_fail(error, column, "ports end at 65535, not %s", ports);
	return parse_fail(error, column, "no port or service '%s'", ports);
}

int host_match_parse_ports(const struct host_match_text *text, struct port_range *ret,
			   struct parse_error *error)
{
	const char *ports = text->text;
	const size_t skip = *ports == ':' ? 1 : 0;

	return parse_ports(text, ports + skip, text->column + skip, ret, error);
}

/* "10/8", "172.16/12": missing bytes are 0, as in ss and ip. Only with a prefix length. */
static bool short_ipv4(const char *text, struct addr *ret)
{
	char full[32];
	size_t dots = 0;

	for (const char *c = text; *c; c++)
		dots += *c == '.';
	if (strlen(text) > 15 || dots > 2)
		return false;
	strcpy(full, text);
	for (; dots < 3; dots++)
		strcat(full, ".0");
	return addr_parse(full, ret) && ret->family == ADDR_IPV4;
}

static size_t find_addrs(const struct host_match_text *text, const struct parts *parts,
			 struct addr *ret)
{
	const struct names *names = text->names;

	if (addr_parse(parts->address, ret) || (parts->prefix && short_ipv4(parts->address, ret)))
		return 1;
	if (parts->prefix || !names || !names->host)
		return 0;
	return names->host(names->data, parts->address, ret, MAX_HOST_ADDRS);
}

static int parse_prefix(const struct parts *parts, struct host_match *ret,
			struct parse_error *error)
{
	const uint8_t most = ret->addrs[0].family == ADDR_IPV4 ? 32 : 128;
	uint64_t bits;

	ret->bits = 128; /* a name may have addresses of both families: all of either counts */
	if (!parts->prefix)
		return 0;
	if (!parse_u64(parts->prefix, most, &bits))
		return parse_fail(error, parts->prefix_column,
				  "expected a prefix length of 0 to %u, not '%s'", most,
				  parts->prefix);
	ret->bits = (uint8_t)bits;
	return 0;
}

static int parse_addrs(const struct host_match_text *text, const struct parts *parts,
		       struct arena *arena, struct host_match *ret, struct parse_error *error)
{
	struct addr addrs[MAX_HOST_ADDRS];
	size_t n = find_addrs(text, parts, addrs), kept = 0;

	if (!n)
		return parse_fail(error, parts->address_column,
				  "no address or host name '%s'", parts->address);
	for (size_t i = 0; i < n; i++)
		if (!ret->family || addrs[i].family == ret->family)
			addrs[kept++] = addrs[i];
	if (!kept)
		return parse_fail(error, parts->address_column, "'%s' is no %s address",
				  parts->address, ret->family == ADDR_IPV4 ? "IPv4" : "IPv6");
	struct addr *copy = arena_alloc(arena, kept * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, addrs, kept * sizeof(*copy));
	ret->addrs = copy;
	ret->n_addrs = kept;
	return parse_prefix(parts, ret, error);
}

static int parse_inet(const struct host_match_text *text, struct arena *arena,
		      struct host_match *ret, struct parse_error *error)
{
	char *copy = arena_dup(arena, text->text, strlen(text->text));
	struct parts parts;

	if (!copy)
		return -ENOMEM;
	ret->kind = HOST_MATCH_INET;
	int err = cut(copy, text->column, &parts, error);
	if (!err)
		err = parse_ports(text, parts.port, parts.port_column, &ret->ports, error);
	if (err)
		return err;
	if (!is_any(parts.address))
		return parse_addrs(text, &parts, arena, ret, error);
	if (parts.prefix)
		return parse_fail(error, parts.prefix_column, "'*' takes no prefix length");
	if (!ret->family && host_match_any_port(ret))
		ret->kind = HOST_MATCH_ANY;
	return 0;
}

/* NAME[:REST] of the link and netlink families. */
static int parse_numbered(const struct host_match_text *text, struct arena *arena,
			  struct host_match *ret, struct parse_error *error)
{
	const bool link = ret->kind == HOST_MATCH_LINK;
	char *name = arena_dup(arena, text->text, strlen(text->text));

	if (!name)
		return -ENOMEM;
	char *colon = strchr(name, ':');
	if (colon) {
		*colon++ = '\0';
		ret->text = is_any(colon) ? NULL : colon;
	}
	ret->any_number = is_any(name);
	if (ret->any_number ||
	    (link ? ethertype_parse(name, &ret->number) : netlink_family_parse(name, &ret->number)))
		return 0;
	return parse_fail(error, text->column, "no %s '%s'",
			  link ? "Ethernet protocol" : "netlink family", name);
}

static const struct {
	const char *prefix;
	enum host_match_default family;
} family_words[] = {
	{"inet:", HOST_MATCH_DEFAULT_INET},	  {"inet6:", HOST_MATCH_DEFAULT_INET6},
	{"unix:", HOST_MATCH_DEFAULT_UNIX},	  {"link:", HOST_MATCH_DEFAULT_LINK},
	{"netlink:", HOST_MATCH_DEFAULT_NETLINK},
};

/* Takes FAMILY: off the front of @text. */
static enum host_match_default family_of(struct host_match_text *text)
{
	for (size_t i = 0; i < N_ELEMENTS(family_words); i++) {
		const size_t len = strlen(family_words[i].prefix);
		if (strncasecmp(text->text, family_words[i].prefix, len))
			continue;
		text->text += len;
		text->pattern += len;
		text->column += len;
		return family_words[i].family;
	}
	if (text->otherwise == HOST_MATCH_DEFAULT_NONE && strchr("/@", *text->text))
		return HOST_MATCH_DEFAULT_UNIX;
	return text->otherwise;
}

int host_match_parse(const struct host_match_text *typed, struct arena *arena,
		     struct host_match *ret, struct parse_error *error)
{
	static const char *const unseen[] = {"vsock:", "tipc:", "xdp:"};
	struct host_match_text text = *typed;

	if (!text.pattern)
		text.pattern = text.text;
	*ret = (struct host_match){.ports = {0, UINT16_MAX}};
	if (!*text.text)
		return parse_fail(error, text.column, "expected an address");
	for (size_t i = 0; i < N_ELEMENTS(unseen); i++)
		if (!strncasecmp(text.text, unseen[i], strlen(unseen[i])))
			return parse_fail(error, text.column,
					  "addresses of %s sockets cannot be seen yet", unseen[i]);
	switch (family_of(&text)) {
	case HOST_MATCH_DEFAULT_UNIX:
		ret->kind = HOST_MATCH_UNIX;
		ret->glob = (struct glob){.len = strlen(text.pattern), .fold_case = true};
		ret->glob.pattern = arena_dup(arena, text.pattern, ret->glob.len);
		return ret->glob.pattern ? 0 : -ENOMEM;
	case HOST_MATCH_DEFAULT_LINK:
		ret->kind = HOST_MATCH_LINK;
		return parse_numbered(&text, arena, ret, error);
	case HOST_MATCH_DEFAULT_NETLINK:
		ret->kind = HOST_MATCH_NETLINK;
		return parse_numbered(&text, arena, ret, error);
	case HOST_MATCH_DEFAULT_INET:
		ret->family = ADDR_IPV4;
		break;
	case HOST_MATCH_DEFAULT_INET6:
		ret->family = ADDR_IPV6;
		break;
	case HOST_MATCH_DEFAULT_NONE:
		break;
	}
	return parse_inet(&text, arena, ret, error);
}
