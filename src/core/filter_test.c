/* SPDX-License-Identifier: MIT */
/* Filters over a small machine of sockets, each known by a letter. */
#include "core/filter.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/names.h"
#include "core/parse_error.h"
#include "core/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static struct addr ip(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return addr;
}

static void add_inet(struct snapshot *snap, enum sock_proto proto, enum sock_state state,
		     const char *local, const char *remote)
{
	struct sock *sock = snapshot_add_sock(snap);
	char text[64];

	sock->proto = (uint8_t)proto;
	sock->state = (uint8_t)state;
	/* "address port" */
	strcpy(text, local);
	sock->local_port = (uint16_t)atoi(strchr(text, ' ') + 1);
	*strchr(text, ' ') = '\0';
	sock->local = ip(text);
	strcpy(text, remote);
	sock->remote_port = (uint16_t)atoi(strchr(text, ' ') + 1);
	*strchr(text, ' ') = '\0';
	sock->remote = ip(text);
	sock->inode = 100 + (uint32_t)snap->n_socks;
}

static struct sock *add_unix(struct snapshot *snap, enum sock_state state, const char *name,
			     size_t len)
{
	struct sock *sock = snapshot_add_sock(snap);

	sock->proto = SOCK_PROTO_UNIX;
	sock->type = SOCK_STREAM;
	sock->state = (uint8_t)state;
	sock->name = snapshot_text_id(snap, name, len);
	sock->inode = 100 + (uint32_t)snap->n_socks;
	return sock;
}

static void add_procs(struct snapshot *snap)
{
	static const struct {
		const char *comm, *unit, *container;
		uint32_t pid, uid, age;
	} rows[] = {
		{"nginx", "nginx.service", NULL, 10, 0, 3600},
		{"nginx", "nginx.service", NULL, 11, 33, 60},
		{"postgres", NULL, "0123456789abcdef0123", 20, 70, 10},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct proc *proc = snapshot_add_proc(snap);
		proc->comm = rows[i].comm;
		proc->unit = rows[i].unit;
		proc->container = rows[i].container;
		proc->container_name = rows[i].container ? "db" : NULL;
		proc->pid = rows[i].pid;
		proc->uid = rows[i].uid;
		proc->started_ns = snap->taken_ns - rows[i].age * 1000000000ull;
	}
}

/* The letters stand for the sockets in order. */
static struct snapshot *machine(void)
{
	struct snapshot *snap = snapshot_new();

	snap->taken_ns = 1000000000000000000;
	snapshot_add_namespace(snap)->is_self = true;
	snap->namespaces[0].inode = 4026531840;
	snap->namespaces[0].name = "self";
	struct interface *lo = arena_alloc(&snap->arena, sizeof(*lo));
	*lo = (struct interface){.index = 1, .name = "lo", .kind = ""};
	snap->host.interfaces = lo;
	snap->host.n_interfaces = 1;
	add_procs(snap);
	add_inet(snap, SOCK_PROTO_TCP, SOCK_STATE_LISTEN, "0.0.0.0 80", "0.0.0.0 0");	    /* a */
	add_inet(snap, SOCK_PROTO_TCP, SOCK_STATE_LISTEN, ":: 443", ":: 0");		    /* b */
	add_inet(snap, SOCK_PROTO_TCP, SOCK_STATE_ESTABLISHED, "10.0.0.5 80", "10.1.2.3 50001"); /* c */
	add_inet(snap, SOCK_PROTO_TCP, SOCK_STATE_ESTABLISHED, "::ffff:10.0.0.5 443",
		 "::ffff:192.0.2.7 40000");						    /* d */
	add_inet(snap, SOCK_PROTO_TCP, SOCK_STATE_TIME_WAIT, "10.0.0.5 45000", "10.0.0.9 5432"); /* e */
	add_inet(snap, SOCK_PROTO_UDP, SOCK_STATE_CLOSE, "127.0.0.1 53", "0.0.0.0 0");	    /* f */
	add_inet(snap, SOCK_PROTO_TCP, SOCK_STATE_BOUND_INACTIVE, "127.0.0.1 8080", "0.0.0.0 0"); /* g */
	add_unix(snap, SOCK_STATE_LISTEN, "/run/x.sock", 11);				    /* h */
	add_unix(snap, SOCK_STATE_ESTABLISHED, "\0abs\0t", 6);				    /* i */
	add_unix(snap, SOCK_STATE_ESTABLISHED, "", 0)->peer = 108;			    /* j */
	add_inet(snap, SOCK_PROTO_TCP, SOCK_STATE_ESTABLISHED, "fe80::1 9000", "fe80::2 41000"); /* k */
	snap->socks[0].recv_queue = 129;
	snap->socks[0].options = snap->socks[0].options_known = SOCK_OPTION_REUSEPORT;
	snap->socks[1].options_known = SOCK_OPTION_REUSEPORT;
	snap->socks[2].uid = 33;
	snap->socks[2].mark = 0x13;
	snap->socks[5].device = 1;
	snap->socks[10].cgroup = snapshot_text_id(snap, "/a/b", 4);
	snap->socks[10].cookie = 0x1234;
	snapshot_add_user(snap, 33, "www-data");
	snapshot_add_owner(snap, 0, 0, 6);
	snapshot_add_owner(snap, 0, 1, 6);
	snapshot_add_owner(snap, 2, 1, 7);
	snapshot_add_owner(snap, 10, 2, 3);
	assert_int_equal(snapshot_index(snap), 0);
	return snap;
}

static bool service(void *data, const char *name, uint16_t *ret)
{
	if (strcmp(name, "http") && strcmp(name, "http-alt"))
		return false;
	*ret = name[4] ? 8080 : 80;
	return true;
}

static bool user(void *data, const char *name, uint32_t *ret)
{
	*ret = 33;
	return !strcmp(name, "www-data");
}

static size_t host(void *data, const char *name, struct addr *ret, size_t room)
{
	if (strcmp(name, "db") || room < 2)
		return 0;
	ret[0] = ip("10.0.0.9");
	ret[1] = ip("fe80::2");
	return 2;
}

static const struct names names = {.service = service, .user = user, .host = host};

static const struct {
	const char *filter, *letters;
} vectors[] = {
	{"", "abcdefghijk"},
	{"  ", "abcdefghijk"},
	/* ports */
	{"sport = :80", "ac"}, {"sport :80", "ac"}, {"sport 80", "ac"}, {"sport = http", "ac"},
	{"sport = :http", "ac"}, {"sport http-alt", "g"}, {"sport eq 80", "ac"},
	{"sport == 80", "ac"}, {"sport=80", "ac"}, {"sport=:80", "ac"}, {"(sport=:80)", "ac"},
	{"sport != :80", "bdefghijk"}, {"sport ne 80", "bdefghijk"}, {"sport neq 80", "bdefghijk"},
	{"sport > :8000", "egk"}, {"sport gt 8080", "ek"}, {"sport >= 8080", "egk"},
	{"sport ge 8080", "egk"}, {"sport < 80", "f"}, {"sport lt 80", "f"}, {"sport <= 80", "acf"},
	{"sport leq 80", "acf"}, {"sport 8000-8100", "g"}, {"sport = 80-443", "abcd"},
	{"sport = http-http-alt", "abcdg"}, {"sport = 80,443", "abcd"}, {"sport 53,9000-9001", "fk"},
	{"dport = :0", "abfg"}, {"dport 5432", "e"}, {"sport *", "abcdefgk"},
	{"sport = inet6::443", "bd"}, {"sport = inet::80", "ac"}, {"lport 80", "ac"},
	{"local_port 80", "ac"}, {"remote-port > 45000", "c"}, {"not sport > :79", "fhij"},
	/* hosts */
	{"dst 10.1.2.3", "c"}, {"src 10.0.0.5", "cde"}, {"src = 10.0.0.5:80", "c"},
	{"dst 10.0.0.0/8", "ce"}, {"dst 10/8", "ce"}, {"dst 10.1/16", "c"},
	{"src 0.0.0.0", "a"}, {"src [::]", "b"}, {"src [::ffff:10.0.0.5]", "d"}, {"src *", "abcdefghijk"},
	{"src *:80", "ac"}, {"src = *:http", "ac"}, {"dst db", "ek"}, {"dst db:5432", "e"},
	{"dst [fe80::]/10", "k"}, {"dst [fe80::/10]:41000", "k"}, {"dst fe80::2", "k"},
	{"src inet:10.0.0.5", "ce"}, {"src inet6:*:443", "bd"}, {"src 0.0.0.0/0", "acdefg"},
	{"src != 10.0.0.5", "abfghijk"}, {"local_address = 127.0.0.0/8", "fg"},
	{"src *:8000-9000", "gk"}, {"dst 192.0.2.7:40000", "d"}, {"remote_address 192.0.2.7", "d"},
	{"src /run/*", "h"}, {"src unix:*", "hij"}, {"src @abs*", "i"}, {"src @ABS@T", "i"},
	{"dst /run/x.sock", "j"}, {"src \"/run/x.sock\"", "h"}, {"src unix:'/run/?.sock'", ""},
	{"path = /run/x.sock", "h"}, {"path ~ SOCK", "h"}, {"path = @abs*", "i"},
	/* states */
	{"state listening", "abh"}, {"state LISTEN", "abh"}, {"state established", "cdijk"},
	{"state established state time-wait", "cdeijk"}, {"exclude listening", "cdefgijk"},
	{"exclude listening exclude established", "efg"}, {"state all", "abcdefghijk"},
	{"state connected exclude time-wait", "cdijk"}, {"state bucket", "e"}, {"state big", "abcdfghijk"},
	{"state connected", "cdeijk"}, {"state closed", "f"}, {"state unconnected", "f"},
	{"state bound-inactive", "g"}, {"state = listening sport = :80", "a"},
	{"sport = :80 state listening", "a"}, {"state listening or dport 5432", "abeh"},
	{"not state listening", "cdefgijk"}, {"not state listening state established", "cdijk"},
	{"state != listening", "cdefgijk"}, {"( state established ) dport 50001", "c"},
	{"state synchronized sport :80", "c"},
	/* leading states bind everything behind them, as in ss */
	{"state listening sport 80 or dport 5432", "a"},
	{"exclude time-wait sport 80 or dport 5432", "ac"},
	{"state listening and sport 80 or dport 5432", "ae"},
	{"state listening sport 80 or state time-wait", "a"},
	{"( state listening sport 80 or dport 5432 )", "ae"},
	/* precedence as documented: not, and, or */
	{"sport = 80 or sport = 443 and dport = 0", "abc"},
	{"sport = 443 and dport = 0 or sport = 80", "abc"},
	{"(sport = 80 or sport = 443) and dport = 0", "ab"}, {"sport 80 | sport 53", "acf"},
	{"sport 80||sport 53", "acf"}, {"sport 80&dport 0", "a"}, {"sport 80 && dport 0", "a"},
	{"! sport 80 dport 0", "bfg"}, {"!sport 80 & dport 0", "bfg"}, {"not not sport 80", "ac"},
	{"not ( sport 80 or sport 443 )", "efghijk"}, {"sport 80 dport 0 or sport 53", "af"},
	{"NOT sport 80 AND dport 0", "bfg"},
	/* holders */
	{"pid = 10", "a"}, {"pid 11", "ac"}, {"pid = 10,20", "ak"}, {"pid > 11", "k"}, {"pid = *", "ack"},
	{"not pid = *", "bdefghij"}, {"pid != 10", "bcdefghijk"}, {"comm = nginx", "ac"},
	{"comm ngin?", "ac"}, {"comm = Nginx", ""}, {"comm ~ GIN", "ac"}, {"comm !~ gin", "bdefghijk"},
	{"comm != nginx", "bdefghijk"}, {"process = \"nginx\"", "ac"}, {"comm = 'ngin*'", ""},
	{"unit = nginx", "ac"}, {"unit nginx.service", "ac"}, {"unit ~ nginx", "ac"},
	{"container = 01234567", "k"}, {"container = 0123*", "k"}, {"container = *", "k"},
	{"container = db", "k"}, {"container ~ d", "k"}, {"container = web", ""},
	{"age > 5m", "a"}, {"age < 30s", "k"}, {"age >= 10 age <= 10s", "k"}, {"age = 60", "ac"},
	{"process_uid 33", "ac"}, {"process_user www-data", "ac"},
	/* the rest */
	{"uid = 33", "c"}, {"user = www-data", "c"}, {"user 33", "c"}, {"user != root or uid 0", "abcdefghijk"},
	{"fwmark = 0x13", "c"}, {"fwmark 19", "c"}, {"fwmark = 0x03/0x03", "c"}, {"mark 0x10/0x1f", ""},
	{"fwmark != 0", "c"}, {"dev lo", "f"}, {"dev = 1", "f"}, {"dev != lo", "abcdeghijk"},
	{"dev 0", "abcdeghijk"}, {"cgroup = /a/b", "k"}, {"cgroup /sys/fs/cgroup/a/b", "k"},
	{"cgroup = /a/*", "k"}, {"cgroup != /a/b", "abcdefghij"}, {"autobound", "ej"},
	{"inode = 101", "a"}, {"cookie 0x1234", "k"}, {"recvq > 100", "a"}, {"recv_queue >= 129", "a"},
	{"sendq = 0", "abcdefghijk"}, {"reuseport", "a"}, {"reuseport = no", "b"}, {"reuseport no", "b"},
	{"not reuseport", "bcdefghijk"}, {"reuseport sport 80", "a"}, {"reuseport != yes", "bcdefghijk"},
	{"proto = tcp state established", "cdk"}, {"proto udp", "f"}, {"proto = TCP sport 80", "ac"},
	{"proto = u*", "fhij"}, {"netid u_str", "hij"}, {"netns = self", "abcdefghijk"},
	{"netns 4026531840", "abcdefghijk"}, {"netns other", ""}, {"type stream", "hij"},
	{"recvq > 0k", "a"}, {"family inet6", "bdk"},
};

static void letters_of(const struct filter *filter, const struct snapshot *snap, char *letters)
{
	for (size_t i = 0; i < snap->n_socks; i++)
		if (filter_matches(filter, snap, &snap->socks[i]))
			*letters++ = (char)('a' + i);
	*letters = '\0';
}

/* "user = root" is no user of this machine. */
static const struct filter_context context = {.names = &names};

static void matches_what_it_says(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = machine();
	const struct names no_users = {.service = service, .host = host};
	const struct filter_context other = {.names = &no_users};

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		AUTO(filter_freep) struct filter *filter = NULL;
		struct parse_error error = {};
		char letters[32];
		const bool root = strstr(vectors[i].filter, "root");
		if (filter_parse(vectors[i].filter, root ? &other : &context, &filter, &error))
			fail_msg("'%s': %s", vectors[i].filter, error.text);
		letters_of(filter, snap, letters);
		if (strcmp(letters, vectors[i].letters))
			fail_msg("'%s' gave %s, not %s", vectors[i].filter, letters,
				 vectors[i].letters);
	}
}

/* Narrowing must never lose a socket that matches. */
static void narrowing_keeps_all(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = machine();

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		AUTO(filter_freep) struct filter *filter = NULL;
		struct request request = {
			.protos = PROTOS_ALL, .states = STATES_ALL, .ipv4 = true, .ipv6 = true};
		if (filter_parse(vectors[i].filter, &context, &filter, NULL))
			continue;
		filter_narrow(filter, &request);
		for (const char *c = vectors[i].letters; *c; c++) {
			const struct sock *sock = &snap->socks[*c - 'a'];
			assert_true(request.protos & PROTO_BIT(sock->proto));
			if (sock->proto == SOCK_PROTO_TCP)
				assert_true(request.states & STATE_BIT(sock->state));
			if (sock->local.family == ADDR_IPV4)
				assert_true(request.ipv4);
			if (sock->local.family == ADDR_IPV6)
				assert_true(request.ipv6);
			if (request.local_port)
				assert_int_equal(request.local_port, sock->local_port);
		}
	}
}

static void narrowing_narrows(void **state)
{
	static const struct {
		const char *filter;
		uint32_t facts, protos, states;
		bool ipv4, ipv6;
		uint16_t port;
	} rows[] = {
		{"sport = 80", 0, PROTOS_INET, STATES_ALL, true, true, 80},
		{"sport = 80 or sport = 80", 0, PROTOS_INET, STATES_ALL, true, true, 80},
		{"sport = 80 or sport = 81", 0, PROTOS_INET, STATES_ALL, true, true, 0},
		{"sport = 80 or pid = 7", FACT_OWNERS, PROTOS_ALL, STATES_ALL, true, true, 0},
		{"state listening proto tcp", 0, PROTO_BIT(SOCK_PROTO_TCP),
		 STATE_BIT(SOCK_STATE_LISTEN), true, true, 0},
		{"src [::1]:80", 0, PROTOS_INET, STATES_ALL, false, true, 80},
		{"dst 10.0.0.1:80", 0, PROTOS_INET, STATES_ALL, true, true, 0},
		{"src inet:10.0.0.1", 0, PROTOS_INET, STATES_ALL, true, false, 0},
		{"src /x", 0, PROTO_BIT(SOCK_PROTO_UNIX), STATES_ALL, true, true, 0},
		{"not sport = 80", 0, PROTOS_ALL, STATES_ALL, true, true, 0},
		{"unit = x", FACT_OWNERS | FACT_PROCESSES, PROTOS_ALL, STATES_ALL, true, true, 0},
		{"dev eth0", FACT_HOST, PROTOS_ALL, STATES_ALL, true, true, 0},
		{"sport != 80", 0, PROTOS_ALL, STATES_ALL, true, true, 0},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		AUTO(filter_freep) struct filter *filter = NULL;
		struct request request = {
			.protos = PROTOS_ALL, .states = STATES_ALL, .ipv4 = true, .ipv6 = true};
		assert_int_equal(filter_parse(rows[i].filter, &context, &filter, NULL), 0);
		filter_narrow(filter, &request);
		if (request.facts != rows[i].facts || request.protos != rows[i].protos ||
		    request.states != rows[i].states || request.ipv4 != rows[i].ipv4 ||
		    request.ipv6 != rows[i].ipv6 || request.local_port != rows[i].port)
			fail_msg("%s", rows[i].filter);
	}
}

static void other_families(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	static const struct {
		const char *filter;
		enum host_match_default otherwise;
		const char *letters;
	} rows[] = {
		{"src netlink:route", 0, "a"}, {"src netlink:route:77", 0, "a"},
		{"src netlink:*:kernel", 0, "b"}, {"src netlink:16:0", 0, "b"}, {"src link:ip", 0, "c"},
		{"src link:*:3", 0, "c"}, {"src link:0x800:4", 0, ""}, {"src route", 5, "a"},
		{"src arp", 4, ""}, {"src *x", 3, "d"}, {"src link:all", 0, ""},
	};
	static const struct {
		enum sock_proto proto;
		uint16_t port;
		const char *name;
	} socks[] = {
		{SOCK_PROTO_NETLINK, 0, "route:77"}, {SOCK_PROTO_NETLINK, 16, "generic:kernel"},
		{SOCK_PROTO_PACKET, 0x800, ""}, {SOCK_PROTO_UNIX, 0, "/x"},
	};

	for (size_t i = 0; i < N_ELEMENTS(socks); i++) {
		struct sock *sock = snapshot_add_sock(snap);
		sock->proto = (uint8_t)socks[i].proto;
		sock->local_port = socks[i].port;
		sock->device = socks[i].proto == SOCK_PROTO_PACKET ? 3 : 0;
		sock->name = snapshot_text_id(snap, socks[i].name, strlen(socks[i].name));
	}
	assert_int_equal(snapshot_index(snap), 0);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct filter_context with = {.otherwise = rows[i].otherwise};
		AUTO(filter_freep) struct filter *filter = NULL;
		char letters[32];
		assert_int_equal(filter_parse(rows[i].filter, &with, &filter, NULL), 0);
		letters_of(filter, snap, letters);
		assert_string_equal(letters, rows[i].letters);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_what_it_says), cmocka_unit_test(narrowing_keeps_all),
		cmocka_unit_test(narrowing_narrows),	cmocka_unit_test(other_families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
