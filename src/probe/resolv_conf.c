/* SPDX-License-Identifier: MIT */
/* libc reads the file; only whether it names a server at all is looked at here. */
#include "probe/resolv_conf.h"
#include "base/auto.h"
#include "core/case.h"
#include "probe/asking.h"

#include <ctype.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#ifndef RES_TRUSTAD
#define RES_TRUSTAD 0x04000000 /* glibc 2.31 */
#endif

/* Without any, libc asks this host itself and does not say so. */
static bool names_a_server(void)
{
	AUTO(fclosep) FILE *file = fopen("/etc/resolv.conf", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "nameserver", 10) && isspace((unsigned char)line[10]))
			return true;
	return false;
}

static void take_servers(const struct __res_state *state, struct resolv_conf *conf)
{
	for (int i = 0; i < state->nscount && conf->n_servers < N_RESOLV_SERVERS; i++) {
		const struct sockaddr_in6 *v6 = state->_u._ext.nsaddrs[i];
		struct sockaddr_storage ss = {};
		uint16_t port;
		if (state->nsaddr_list[i].sin_family == AF_INET)
			memcpy(&ss, &state->nsaddr_list[i], sizeof(state->nsaddr_list[i]));
		else if (v6)
			memcpy(&ss, v6, sizeof(*v6));
		if (sockaddr_read(&ss, &conf->servers[conf->n_servers], &port))
			conf->n_servers++;
	}
}

void resolv_conf_read(struct case_facts *facts)
{
	struct resolv_conf *conf = &facts->resolving.conf;
	struct __res_state state = {};

	facts->resolving.has_nameserver = names_a_server();
	*conf = (struct resolv_conf){.ndots = 1, .timeout_s = RES_TIMEOUT, .attempts = RES_DFLRETRY};
	if (res_ninit(&state)) {
		conf->servers[conf->n_servers++] = addr_ipv4(INADDR_LOOPBACK);
		return;
	}
	take_servers(&state, conf);
	for (int i = 0; state.dnsrch[i] && conf->n_search < N_RESOLV_SEARCH; i++) {
		const char *domain = arena_dup(&facts->arena, state.dnsrch[i], strlen(state.dnsrch[i]));
		if (domain && *domain && strcmp(domain, ".") != 0)
			conf->search[conf->n_search++] = domain;
	}
	conf->ndots = state.ndots;
	conf->timeout_s = (unsigned)state.retrans;
	conf->attempts = (unsigned)state.retry;
	conf->rotate = state.options & RES_ROTATE;
	conf->use_vc = state.options & RES_USEVC;
	conf->edns0 = state.options & RES_USE_EDNS0;
	conf->trust_ad = state.options & RES_TRUSTAD;
	res_nclose(&state);
}

static bool add(char names[RESOLV_MAX_NAMES][256], unsigned *n, const char *name, const char *domain)
{
	const size_t len = strlen(name) + (domain ? strlen(domain) + 1 : 0);

	if (*n == RESOLV_MAX_NAMES || len > 253)
		return false;
	snprintf(names[(*n)++], 256, "%s%s%s", name, domain ? "." : "", domain ? domain : "");
	return true;
}

unsigned resolv_conf_names(const struct resolv_conf *conf, const char *name,
			   char ret_names[RESOLV_MAX_NAMES][256])
{
	const size_t len = strlen(name);
	unsigned dots = 0, n = 0;

	for (size_t i = 0; i < len; i++)
		dots += name[i] == '.';
	const bool ends = len && name[len - 1] == '.', first = ends || dots >= conf->ndots;
	if (first)
		add(ret_names, &n, name, NULL);
	if (ends && n)
		ret_names[0][len - 1] = '\0';
	for (unsigned i = 0; i < conf->n_search && !ends; i++)
		add(ret_names, &n, name, conf->search[i]);
	if (!first)
		add(ret_names, &n, name, NULL);
	return n;
}
