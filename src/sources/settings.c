/* SPDX-License-Identifier: MIT */
/* Reading sysctls: a list of names, and the per-interface ones for every interface. */
#include "sources/settings.h"
#include "base/auto.h"
#include "core/case.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
	"net.ipv4.ip_forward", "net.ipv4.ip_default_ttl", "net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_abort_on_overflow",
	"net.ipv4.tcp_ecn", "net.ipv4.tcp_ecn_fallback", "net.ipv4.tcp_timestamps",
	"net.ipv4.tcp_window_scaling", "net.ipv4.tcp_sack", "net.ipv4.tcp_fastopen",
	"net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_rfc1337", "net.ipv4.tcp_mem", "net.ipv4.udp_mem",
	"net.ipv4.tcp_syn_retries", "net.ipv4.tcp_mtu_probing", "net.ipv4.ip_no_pmtu_disc",
	"net.ipv4.icmp_ratelimit", "net.ipv4.icmp_ratemask", "net.ipv4.icmp_echo_ignore_all",
	"net.ipv4.icmp_msgs_per_sec", "net.ipv4.fib_multipath_hash_policy",
	"net.ipv6.icmp.ratelimit", "net.ipv6.bindv6only", "net.core.somaxconn",
	"net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables",
	"net.bridge.bridge-nf-call-arptables", "net.netfilter.nf_conntrack_max",
	"net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_tcp_loose",
	"net.netfilter.nf_conntrack_tcp_be_liberal",
};

static const char *const names4[] = {"rp_filter", "forwarding", "arp_ignore", "arp_filter",
				     "arp_announce", "route_localnet", "accept_local", "log_martians",
				     "proxy_arp"};
static const char *const names6[] = {"forwarding", "disable_ipv6", "accept_dad", "accept_ra"};

/* One line of a file with blanks folded; false when it cannot be read. */
static bool read_value(const char *path, char *value, size_t room)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, value, room - 1);
	char *to = value;

	if (got < 0)
		return false;
	value[got] = '\0';
	for (const char *from = value; *from && *from != '\n'; from++) {
		char c = isspace((unsigned char)*from) ? ' ' : *from;
		if (c != ' ' || (to > value && to[-1] != ' '))
			*to++ = c;
	}
	*to = '\0';
	return true;
}

static void add(struct arena *arena, struct place *place, const char *name)
{
	char path[256] = "/proc/sys/", value[256];
	size_t base = strlen(path);

	snprintf(path + base, sizeof(path) - base, "%s", name);
	/* An interface name may hold dots: only those before it stand for slashes. */
	const char *conf = strstr(name, ".conf.");
	const char *last = conf ? strrchr(name, '.') : NULL;
	for (size_t i = 0; name[i] && base + i < sizeof(path); i++)
		if (name[i] == '.' && (!conf || name + i < conf + 6 || name + i == last))
			path[base + i] = '/';
	if (!read_value(path, value, sizeof(value)))
		return;
	struct setting *s = arena_push(arena, &place->settings, &place->n_settings,
				       &place->room_settings, sizeof(*s));
	if (!s)
		return;
	s->name = arena_printf(arena, "%s", name);
	s->value = arena_printf(arena, "%s", value);
	if (!s->name || !s->value)
		place->n_settings--;
}

static void add_interface(struct arena *arena, struct place *place, const char *interface)
{
	char name[128];

	for (size_t i = 0; i < N_ELEMENTS(names4); i++) {
		snprintf(name, sizeof(name), "net.ipv4.conf.%s.%s", interface, names4[i]);
		add(arena, place, name);
	}
	for (size_t i = 0; i < N_ELEMENTS(names6); i++) {
		snprintf(name, sizeof(name), "net.ipv6.conf.%s.%s", interface, names6[i]);
		add(arena, place, name);
	}
}

void settings_collect(struct arena *arena, struct place *place)
{
	/* Enough for a router; a machine with thousands of containers is not read to the end. */
	enum { MANY_LINKS = 64 };

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		add(arena, place, names[i]);
	add_interface(arena, place, "all");
	add_interface(arena, place, "default");
	for (size_t i = 0; i < place->n_links && i < MANY_LINKS; i++)
		add_interface(arena, place, place->links[i].name);
	place->known |= PLACE_SYSCTLS;
}
