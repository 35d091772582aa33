/* SPDX-License-Identifier: MIT */
/* Puts the steps of a name's resolution into words. */
#include "diagnose/name_steps.h"
#include "core/case.h"
#include "core/finding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LIST_SIZE = 3 * (ADDR_TEXT_SIZE + 2) };

static const char *words_of(enum resolve_result result)
{
	switch (result) {
	case RESOLVE_FOUND:
		return "gives";
	case RESOLVE_NO_NAME:
		return "says there is no such name";
	case RESOLVE_NO_DATA:
		return "has no address for the name";
	case RESOLVE_SERVFAIL:
		return "answers SERVFAIL";
	case RESOLVE_REFUSED:
		return "answers with an error";
	case RESOLVE_SILENT:
		return "does not answer";
	case RESOLVE_CLOSED:
		return "has nothing on port 53";
	case RESOLVE_UNREACHABLE:
		return "cannot be reached";
	}
	return "";
}

/* The first three, then how many more. */
static void list_addrs(const struct addr *addrs, unsigned n, char *text)
{
	char addr[ADDR_TEXT_SIZE];
	size_t len = 0;

	*text = '\0';
	for (unsigned i = 0; i < n && i < 3; i++)
		len += (size_t)snprintf(text + len, LIST_SIZE - len, "%s%s", i ? ", " : "",
					addr_format(&addrs[i], addr));
	if (n > 3)
		snprintf(text + len, LIST_SIZE - len, " + %u", n - 3);
}

static bool same_name(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);

	len_a -= len_a && a[len_a - 1] == '.';
	len_b -= len_b && b[len_b - 1] == '.';
	return len_a == len_b && !strncasecmp(a, b, len_a);
}

/* "; AAAA: SERVFAIL": one of the two questions went wrong where the other was answered. */
static const char *other_half(const struct resolve_step *s)
{
	static const char *const names[N_RESOLVE_TYPES][2] = {{"; A: SERVFAIL", "; A: no answer"},
							      {"; AAAA: SERVFAIL", "; AAAA: no answer"}};

	for (unsigned i = 0; i < N_RESOLVE_TYPES; i++) {
		if (s->by_type[i] == s->result)
			continue;
		if (s->by_type[i] == RESOLVE_SERVFAIL)
			return names[i][0];
		if (s->by_type[i] == RESOLVE_SILENT)
			return names[i][1];
	}
	return "";
}

/* "; no AAAA": a program that wants only this family finds nothing. */
static const char *missing_half(const struct resolve_step *s)
{
	if (s->result != RESOLVE_FOUND)
		return "";
	return s->by_type[RESOLVE_AAAA] == RESOLVE_NO_DATA ? "; no AAAA"
	       : s->by_type[RESOLVE_A] == RESOLVE_NO_DATA  ? "; no A"
							    : "";
}

static void add_dns(const struct resolving *r, const struct resolve_step *s, struct finding *f,
		    struct findings *to)
{
	char server[ADDR_TEXT_SIZE + 8], list[LIST_SIZE], how[64] = "";
	const bool other = s->name && r->name && !same_name(s->name, r->name);

	list_addrs(s->addrs, s->n_addrs, list);
	if (s->tcp_error)
		snprintf(how, sizeof(how), "%s over TCP: %s", s->truncated ? "; cut short, and" : ";",
			 strerrorname_np(s->tcp_error) ?: "an error");
	else if (s->truncated)
		snprintf(how, sizeof(how), "; cut short%s", s->by_tcp ? ", whole over TCP" : "");
	else if (s->by_tcp)
		snprintf(how, sizeof(how), "; over TCP");
	finding_evidence(to, f, "dns", "DNS server %s %s%s%s%s%s%s%s%s%s%s",
			 addr_format_port(&s->server, 53, server), words_of(s->result),
			 s->n_addrs ? " " : "", list, other ? ", asked for " : "",
			 other ? s->name : "", *s->alias ? ", by CNAME to " : "", s->alias,
			 missing_half(s), other_half(s), how);
}

static void add_conf(const struct resolving *r, struct finding *f, struct findings *to)
{
	const struct resolv_conf *conf = &r->conf;
	char search[200] = "";
	size_t len = 0;

	for (unsigned i = 0; i < conf->n_search && len < sizeof(search) - 1; i++)
		len += (size_t)snprintf(search + len, sizeof(search) - len, " %s", conf->search[i]);
	if (conf->n_search || conf->rotate || conf->use_vc)
		finding_evidence(to, f, "resolv.conf", "%s%s%sndots %u%s%s",
				 conf->n_search ? "search" : "", search, conf->n_search ? "; " : "",
				 conf->ndots, conf->rotate ? "; rotate: each server is the first in turn" : "",
				 conf->use_vc ? "; use-vc: over TCP only" : "");
}

/* Silence costs a program more than it costs us. */
static void add_wait(const struct resolving *r, struct finding *f, struct findings *to)
{
	unsigned n_silent = 0, n = 0;

	for (size_t i = 0; i < r->n_steps; i++) {
		const struct resolve_step *s = &r->steps[i];
		if (s->source != RESOLVE_DNS)
			continue;
		n++;
		n_silent += s->result == RESOLVE_SILENT;
	}
	if (!n_silent || !r->conf.attempts)
		return;
	if (n_silent == n)
		finding_evidence(to, f, "resolv.conf", "programs wait %u s before they give up "
						       "(timeout %u s, %u attempts)",
				 resolv_conf_patience(&r->conf), r->conf.timeout_s, r->conf.attempts);
	else
		finding_evidence(to, f, "resolv.conf",
				 "programs wait %u s for a silent server before they ask the next one",
				 r->conf.timeout_s);
}

void name_steps(const struct resolving *r, struct finding *f, struct findings *to)
{
	char list[LIST_SIZE];

	for (size_t i = 0; i < r->n_steps; i++) {
		const struct resolve_step *s = &r->steps[i];
		list_addrs(s->addrs, s->n_addrs, list);
		if (s->source == RESOLVE_HOSTS_FILE)
			finding_evidence(to, f, "hosts", "/etc/hosts line %u gives %s for %s", s->line,
					 list, r->name);
		else
			add_dns(r, s, f, to);
	}
	add_conf(r, f, to);
	add_wait(r, f, to);
}

/* Which of the steps the system's first address is from, or NULL. */
static const struct resolve_step *source_of(const struct resolving *r)
{
	for (size_t i = 0; i < r->n_steps && r->n_addrs; i++)
		for (unsigned k = 0; k < r->steps[i].n_addrs; k++)
			if (addr_equal(&r->steps[i].addrs[k], &r->addrs[0]))
				return &r->steps[i];
	return NULL;
}

void name_observed(const struct resolving *r, struct findings *to)
{
	const struct resolve_step *s = r->asked && r->name ? source_of(r) : NULL;
	char list[LIST_SIZE];

	if (!s)
		return;
	list_addrs(r->addrs, r->n_addrs, list);
	if (s->source == RESOLVE_DNS && s->name && !same_name(s->name, r->name)) {
		finding_evidence(to, to->observed, "name",
				 strchr(r->name, '.')
					 ? "%s itself was not found: %s was, by a search domain"
					 : "%s was found as %s, by a search domain",
				 r->name, s->name);
		add_conf(r, to->observed, to);
	}
	if (s->source == RESOLVE_DNS && *other_half(s))
		add_dns(r, s, to->observed, to);
	if (r->n_addrs > 1)
		finding_evidence(to, to->observed, "name", "%s is tried as %s (RFC 6724)", r->name,
				 list);
	for (size_t i = 0; i < r->n_steps; i++)
		if (r->steps[i].source == RESOLVE_DNS && r->steps[i].result >= RESOLVE_SILENT) {
			add_dns(r, &r->steps[i], to->observed, to);
			add_wait(r, to->observed, to);
			return;
		}
}
