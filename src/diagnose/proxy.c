/* SPDX-License-Identifier: MIT */
/* A proxy variable of the environment sent the program elsewhere. */
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <stdlib.h>
#include <string.h>

/* Does "http://user@10.1.2.2:3128/" name the attempt's address and port? */
static bool names_remote(const char *value, const struct attempt *a)
{
	const char *scheme = strstr(value, "://"), *start = scheme ? scheme + 3 : value;
	const char *at = strchr(start, '@');
	char host[256];
	struct addr addr;

	if (at)
		start = at + 1;
	size_t len = *start == '[' ? strcspn(++start, "]") : strcspn(start, ":/");
	const char *port = strchr(start + len, ':');
	if (len >= sizeof(host))
		return false;
	memcpy(host, start, len);
	host[len] = '\0';
	if (!port || strtoul(port + 1, NULL, 10) != a->remote_port)
		return false;
	return !addr_parse(host, &addr) || same_host(&addr, &a->remote);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8];

	if (!a || a->ok || !a->by_program)
		return;
	for (unsigned i = 0; i < facts->caller.n_proxies; i++) {
		const struct proxy_variable *v = &facts->caller.proxies[i];
		if (!v->value || !names_remote(v->value, a))
			continue;
		struct finding *f = finding_add(to, CAUSE_PROXY_ENV, PROOF_KERNEL);
		finding_place(to, f, "the environment of pid %u", facts->caller.pid);
		finding_says(to, f,
			     "The program does not dial the host it was asked for: %s sends it to the "
			     "proxy %s, which fails.", v->name, remote_text(a, remote));
		finding_evidence(to, f, "environ", "%s=%s", v->name, v->value);
		finding_fix(to, f, "unset %s, add the host to no_proxy, or repair the proxy", v->name);
		return;
	}
}

const struct rule rule_proxy = {.name = "proxy", .find = find};
