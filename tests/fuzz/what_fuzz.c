/* SPDX-License-Identifier: MIT */
/* Any text as a WHAT and as a flow: it parses, or says where not; what we write down is a filter. */
#include "core/facts.h"
#include "core/filter.h"
#include "core/flow.h"
#include "core/names.h"
#include "core/parse_error.h"
#include "core/what.h"
#include "input.h"

static bool service(void *data, const char *name, uint16_t *ret)
{
	*ret = 80;
	return !strcmp(name, "http");
}

static bool user(void *data, const char *name, uint32_t *ret)
{
	*ret = 33;
	return !strcmp(name, "www");
}

static size_t host(void *data, const char *name, struct addr *ret, size_t room)
{
	if (strcmp(name, "db") || room < 2)
		return 0;
	ret[0] = addr_ipv4(0x0a000009);
	ret[1] = addr_any(ADDR_IPV6);
	return 2;
}

static void check(const struct parse_error *error, size_t size)
{
	static const char last_resort[] = "odd to look for";
	const size_t len = strlen(error->text), end = sizeof(last_resort) - 1;

	if (!error->column || error->column > size + 1)
		abort();
	/* A filter of ours that does not parse must never be met. */
	if (!strncmp(error->text, "column 1: '", 11) && len >= end &&
	    !strcmp(error->text + len - end, last_resort))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct names names = {.service = service, .user = user, .host = host};
	char *text = input_text(data, size);
	struct what *what = NULL;
	struct parse_error error = {}, flow_error = {};
	struct flow flow;

	if (what_parse(text, &names, &what, &error)) {
		check(&error, size);
	} else {
		struct request request = {
			.protos = PROTOS_ALL, .states = STATES_ALL, .ipv4 = true, .ipv6 = true};
		what_narrow(what, &request);
		if (what->has_ports && (!what->ports.high || what->ports.low > what->ports.high))
			abort();
	}
	if (flow_parse(text, &names, &flow, &flow_error))
		check(&flow_error, size);
	else if (!flow.destination_port || flow.destination.family == ADDR_NONE)
		abort();
	what_free(what);
	free(text);
	return 0;
}
