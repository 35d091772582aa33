/* SPDX-License-Identifier: MIT */
/* Every field is well-formed, found by each of its names, and says what a socket holds. */
#include "core/fields.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/sock.h"
#include "core/sock_extra.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void names_are_one_of_a_kind(void **state)
{
	for (size_t i = 0; fields[i]; i++) {
		const struct field *field = fields[i];
		assert_non_null(field->title);
		assert_non_null(field->help);
		assert_non_null(field->get);
		for (const char *c = field->name; *c; c++)
			assert_true(islower((unsigned char)*c) || *c == '_' || isdigit((unsigned char)*c));
		assert_ptr_equal(field_find(field->name), field);
		char aliases[128];
		snprintf(aliases, sizeof(aliases), "%s", field->aliases ? field->aliases : "");
		for (char *word = strtok(aliases, " "); word; word = strtok(NULL, " "))
			assert_ptr_equal(field_find(word), field);
	}
	assert_null(field_find("nosuch"));
	assert_null(field_find(""));
	assert_null(field_find("pi"));
	assert_string_equal(field_find("Recv-Queue")->name, "recv_queue");
}

static void mistyped_names_are_near(void **state)
{
	static const char *const pairs[][2] = {
		{"usre", "user"}, {"comn", "comm"}, {"recv_quue", "recv_queue"}, {"inoed", "inode"},
		{"Containr", "container"}, {"contianer", "container"}, {"local-adress", "local_address"},
	};

	for (size_t i = 0; i < N_ELEMENTS(pairs); i++)
		assert_string_equal(field_nearest(pairs[i][0])->name, pairs[i][1]);
	assert_null(field_nearest("bogus"));
	assert_null(field_nearest(""));
	assert_null(field_nearest("a"));
	assert_null(field_nearest("a_name_longer_than_every_field_there_is_by_far"));
}

static struct snapshot *one_socket(void)
{
	struct snapshot *snap = snapshot_new();
	snap->taken_ns = 1000000000000;
	struct namespace *netns = snapshot_add_namespace(snap);
	netns->is_self = true;
	netns->inode = 4026531840;
	struct sock *sock = snapshot_add_sock(snap);
	*sock = (struct sock){
		.local = addr_any(ADDR_IPV6),
		.remote = addr_any(ADDR_IPV6),
		.proto = SOCK_PROTO_TCP,
		.state = SOCK_STATE_LISTEN,
		.local_port = 80,
		.recv_queue = 3,
		.send_queue = 511,
		.inode = 77,
		.cookie = UINT64_MAX - 1,
		.uid = 33,
		.device = 5,
		.options = SOCK_OPTION_V6ONLY,
		.options_known = SOCK_OPTION_V6ONLY | SOCK_OPTION_REUSEADDR,
	};
	struct proc *proc = snapshot_add_proc(snap);
	proc->pid = 42;
	proc->comm = "nginx";
	proc->uid = 0;
	proc->started_ns = snap->taken_ns - 1500000000;
	proc = snapshot_add_proc(snap);
	proc->pid = 43;
	proc->comm = "nginx";
	snapshot_add_owner(snap, 0, 0, 6);
	snapshot_add_owner(snap, 0, 1, -1);
	snapshot_add_user(snap, 33, "www-data");
	assert_int_equal(snapshot_index(snap), 0);
	return snap;
}

/* The value as text, "-" if there is none. */
static const char *shown(const struct snapshot *snap, const char *name, uint32_t nth, char *text)
{
	const struct field *field = field_find(name);
	struct value value;

	assert_non_null(field);
	if (!field->get(snap, snap->socks, nth, &value))
		return "-";
	switch (field->type) {
	case VALUE_TEXT:
		snprintf(text, 128, "%.*s", (int)value.len, value.text);
		break;
	case VALUE_ADDRESS:
		addr_format(&value.addr, text);
		break;
	case VALUE_SECONDS:
		snprintf(text, 128, "%g", value.seconds);
		break;
	case VALUE_NUMBER:
	case VALUE_BOOL:
	case VALUE_PORT:
	case VALUE_BYTES:
		snprintf(text, 128, "%llu", (unsigned long long)value.number);
		break;
	}
	return text;
}

static void values_of_a_listener(void **state)
{
	static const struct {
		const char *name;
		uint32_t nth;
		const char *expected;
	} rows[] = {
		{"netid", 0, "tcp"}, {"state", 0, "LISTEN"}, {"state", 1, "-"},
		{"local", 0, "[::]:80"}, {"remote", 0, "[::]:*"}, {"local_address", 0, "::"},
		{"local_port", 0, "80"}, {"remote_port", 0, "-"}, {"recvq", 0, "3"},
		{"send-queue", 0, "511"}, {"inode", 0, "77"}, {"cookie", 0, "18446744073709551614"},
		{"uid", 0, "33"}, {"user", 0, "www-data"}, {"process_user", 0, "0"},
		{"process_user", 1, "-"}, {"pid", 0, "42"}, {"pid", 1, "43"}, {"pid", 2, "-"},
		{"fd", 0, "6"}, {"fd", 1, "-"}, {"comm", 1, "nginx"}, {"exe", 0, "-"},
		{"age", 0, "1.5"}, {"age", 1, "-"}, {"start", 0, "1970-01-01T00:16:38Z"},
		{"device", 0, "if5"}, {"netns", 0, "net:[4026531840]"}, {"v6only", 0, "1"},
		{"reuseaddr", 0, "0"}, {"reuseport", 0, "-"}, {"path", 0, "-"}, {"rtt", 0, "-"},
		{"timer", 0, "-"}, {"mark", 0, "-"},
	};
	struct snapshot *snap = one_socket();
	char text[128];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		assert_string_equal(shown(snap, rows[i].name, rows[i].nth, text),
				    rows[i].expected);
	snapshot_free(snap);
}

static void tcp_info_only_as_far_as_it_reaches(void **state)
{
	struct snapshot *snap = one_socket();
	char text[128];

	struct tcp_info_bytes *info = &snapshot_extra(snap, 0)->tcp_info;
	uint32_t rtt_us = 1500;
	memcpy(info->bytes + 68, &rtt_us, 4);
	info->bytes[5] = 1 | 2 | 4;
	info->bytes[6] = 0x79;
	info->len = 72;
	assert_string_equal(shown(snap, "rtt", 0, text), "0.0015");
	assert_string_equal(shown(snap, "rttvar", 0, text), "-");
	assert_string_equal(shown(snap, "send_rate", 0, text), "-");
	assert_string_equal(shown(snap, "wscale_send", 0, text), "9");
	assert_string_equal(shown(snap, "wscale_recv", 0, text), "7");
	assert_string_equal(shown(snap, "tcp_options", 1, text), "sack");
	assert_string_equal(shown(snap, "tcp_options", 2, text), "-");
	assert_string_equal(shown(snap, "congestion", 0, text), "-");
	info->len = sizeof(info->bytes);
	assert_string_equal(shown(snap, "min_rtt", 0, text), "-");
	/* Every getter survives a record full of ones. */
	memset(info->bytes, 0xff, sizeof(info->bytes));
	for (size_t i = 0; fields[i]; i++)
		shown(snap, fields[i]->name, 0, text);
	assert_string_equal(shown(snap, "pacing_rate", 0, text), "-");
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_one_of_a_kind),
		cmocka_unit_test(mistyped_names_are_near),
		cmocka_unit_test(values_of_a_listener),
		cmocka_unit_test(tcp_info_only_as_far_as_it_reaches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
