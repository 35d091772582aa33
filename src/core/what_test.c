/* SPDX-License-Identifier: MIT */
/* Every spelling becomes the filter it means; every mistake one line that says where. */
#include "core/what.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/names.h"
#include "core/parse_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

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
	return !strcmp(name, "db") && addr_parse("10.0.0.9", ret);
}

static const struct names names = {.service = service, .user = user, .host = host};

#define ANY_PROTO "( proto = tcp or proto = udp or proto = udplite ) "
#define TCP	  "( proto = tcp ) "
#define WILD4(p)                                                                                   \
	"or ( dport = 0 ( src inet:0.0.0.0:" p " or ( not v6only src inet6:[::]:" p " ) ) ) "

static void spellings(void **state)
{
	static const struct {
		const char *what;
		enum what_kind kind;
		const char *filter;
	} rows[] = {
		{"8080", WHAT_PORT, ANY_PROTO "sport = 8080-8080"},
		{":8080", WHAT_PORT, ANY_PROTO "sport = 8080-8080"},
		{" *:8080 ", WHAT_PORT, ANY_PROTO "sport = 8080-8080"},
		{":http", WHAT_PORT, ANY_PROTO "sport = 80-80"},
		{"8000-8100", WHAT_PORT, ANY_PROTO "sport = 8000-8100"},
		{"80,443", WHAT_PORT, ANY_PROTO "sport = 80-80,443-443"},
		{"8080/tcp", WHAT_PORT, TCP "sport = 8080-8080"},
		{"8080/TCP", WHAT_PORT, TCP "sport = 8080-8080"},
		{"8000-8100/tcp", WHAT_PORT, TCP "sport = 8000-8100"},
		{"tcp/8080", WHAT_PORT, TCP "sport = 8080-8080"},
		{"tcp:8080", WHAT_PORT, TCP "sport = 8080-8080"},
		{"tcp 8080", WHAT_PORT, TCP "sport = 8080-8080"},
		{"tcp::8080", WHAT_PORT, TCP "sport = 8080-8080"},
		{"tcp:http", WHAT_PORT, TCP "sport = 80-80"},
		{"http/tcp", WHAT_PORT, TCP "sport = 80-80"},
		{"6tcp:80", WHAT_PORT, "family = inet6 " TCP "sport = 80-80"},
		{"80/tcp6", WHAT_PORT, "family = inet6 " TCP "sport = 80-80"},
		{"udp/53", WHAT_PORT, "( proto = udp ) sport = 53-53"},
		{"10.0.0.5:80", WHAT_ADDRESS, ANY_PROTO "( src 10.0.0.5:80-80 " WILD4("80-80") ")"},
		{"10.0.0.5:80/udp", WHAT_ADDRESS,
		 "( proto = udp ) ( src 10.0.0.5:80-80 " WILD4("80-80") ")"},
		{"tcp:10.0.0.5:80", WHAT_ADDRESS, TCP "( src 10.0.0.5:80-80 " WILD4("80-80") ")"},
		{"[::1]:80", WHAT_ADDRESS,
		 ANY_PROTO "( src [::1]:80-80 or ( dport = 0 ( src inet6:[::]:80-80 ) ) )"},
		{"10.0.0.5", WHAT_ADDRESS, "( src 10.0.0.5 )"},
		{"::1", WHAT_ADDRESS, "( src [::1] )"},
		{"10.0.0.0/8", WHAT_ADDRESS, "( src 10.0.0.0/8 )"},
		{"10.0.0.0/8:80", WHAT_ADDRESS, ANY_PROTO "( src 10.0.0.0/8:80-80 )"},
		{"db:80", WHAT_ADDRESS, ANY_PROTO "( src 10.0.0.9:80-80 " WILD4("80-80") ")"},
		{"@10.0.0.5:80", WHAT_ADDRESS,
		 ANY_PROTO "( src 10.0.0.5:80-80 or dst 10.0.0.5:80-80 " WILD4("80-80") ")"},
		{"tcp@10.0.0.5", WHAT_ADDRESS, TCP "( src 10.0.0.5 or dst 10.0.0.5 )"},
		{"10.0.0.5:1>10.0.0.6:2", WHAT_CONNECTION,
		 ANY_PROTO "( ( src 10.0.0.5:1-1 ) ( dst 10.0.0.6:2-2 ) or "
			   "( src 10.0.0.6:2-2 ) ( dst 10.0.0.5:1-1 ) )"},
		{"tcp 10.0.0.5:1 -> *:2", WHAT_CONNECTION,
		 TCP "( ( src 10.0.0.5:1-1 ) dport = 2-2 or sport = 2-2 ( dst 10.0.0.5:1-1 ) )"},
		{"nginx", WHAT_NAME, "comm = nginx or exe = */nginx"},
		{"http", WHAT_NAME, "comm = http or exe = */http or sport = 80"},
		{"ngin*", WHAT_NAME, "comm = ngin* or exe = */ngin*"},
		{"a-very-long-program-name", WHAT_NAME,
		 "comm = a-very-long-pro or exe = */a-very-long-program-name"},
		{"not", WHAT_NAME, "comm = \\not or exe = */\\not"},
		{"tcpdump", WHAT_NAME, "comm = tcpdump or exe = */tcpdump"},
		{"Web Content", WHAT_NAME, "comm = Web\\ Content or exe = */Web\\ Content"},
		{"pid:4242", WHAT_FIELD, "pid = 4242"},
		{"inode:7", WHAT_FIELD, "inode = \\7"},
		{"unit:nginx.service", WHAT_FIELD, "unit = nginx.service"},
		{"user:www", WHAT_FIELD, "user = \\www or process_user = \\www"},
		{"container:abcd", WHAT_FIELD, "container = abcd or container_name = abcd"},
		{"/run/x.sock", WHAT_UNIX, "proto = unix path = /run/x.sock"},
		{"/run/a (b).sock", WHAT_UNIX, "proto = unix path = /run/a\\ \\(b\\).sock"},
		{"@abstract", WHAT_UNIX, "proto = unix path = @abstract"},
		{"@foo:bar", WHAT_UNIX, "proto = unix path = @foo:bar"},
		{"unix:/run/*", WHAT_FIELD, "path = /run/*"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		AUTO(what_freep) struct what *what = NULL;
		struct parse_error error = {};
		if (what_parse(rows[i].what, &names, &what, &error))
			fail_msg("'%s': %s", rows[i].what, error.text);
		assert_string_equal(what->filter_text, rows[i].filter);
		assert_int_equal(what->kind, rows[i].kind);
		assert_string_equal(what->text, rows[i].what);
	}
}

static void facts_for_commands(void **state)
{
	AUTO(what_freep) struct what *what = NULL;
	struct request request = {
		.protos = PROTOS_ALL, .states = STATES_ALL, .ipv4 = true, .ipv6 = true};

	assert_int_equal(what_parse("8080/tcp", &names, &what, NULL), 0);
	assert_int_equal(what->protos, PROTO_BIT(SOCK_PROTO_TCP));
	assert_true(what->has_ports);
	assert_int_equal(what->ports.low, 8080);
	what_narrow(what, &request);
	assert_int_equal(request.local_port, 8080);
	assert_int_equal(request.protos, PROTO_BIT(SOCK_PROTO_TCP));
	what_free(take(what));
	assert_int_equal(what_parse("80,443,8000-8100", &names, &what, NULL), 0);
	assert_int_equal(what->ports.low, 80);
	assert_int_equal(what->ports.high, 8100);
	assert_int_equal(what->protos, PROTOS_WITH_PORTS);
	what_free(take(what));
	assert_int_equal(what_parse("127.0.0.1:80", NULL, &what, NULL), 0);
	assert_int_equal(what->addr.family, ADDR_IPV4);
	request.local_port = 0;
	what_narrow(what, &request);
	assert_int_equal(request.local_port, 80);
}

static void mistakes(void **state)
{
	static const struct {
		const char *what, *text;
	} rows[] = {
		{"", "column 1: expected a port, address, process or path"},
		{"  ", "column 1: expected a port, address, process or path"},
		{"0", "column 1: 0 is no port: it asks the kernel to pick one"},
		{"65536", "column 1: ports end at 65535, not 65536"},
		{"tcp:70000", "column 5: ports end at 65535, not 70000"},
		{"90-80", "column 1: the range 90-80 is empty"},
		{"80,", "column 4: expected a port"},
		{"tcp/", "column 5: expected a port"},
		{":", "column 2: expected a port"},
		{"nosuch/tcp", "column 1: no port or service 'nosuch'"},
		{"tcp:nosuch", "column 5: no port or service 'nosuch'"},
		{"10.0.0.5:0", "column 10: 0 is no port: it asks the kernel to pick one"},
		{"10.0.0.5:x", "column 10: no port or service 'x'"},
		{"10.0.0.500:80", "column 1: no address or host name '10.0.0.500'"},
		{"[::1", "column 1: expected ']' after '[::1'"},
		{"10.0.0.0/33", "column 10: expected a prefix length of 0 to 32, not '33'"},
		{"udp//4", "column 5: expected an address, not '/4'"},
		{"[]:80", "column 1: expected an address, not '[]:80'"},
		{"pid:", "column 5: expected a value after 'pid:'"},
		{"pid:x", "column 5: 'x' is not what 'pid:' takes: expected a number after 'pid ='"},
		{"user:nosuch", "column 6: 'nosuch' is not what 'user:' takes: no user 'nosuch'"},
		{"10.0.0.1:1>", "column 12: expected ADDRESS:PORT"},
		{">10.0.0.1:1", "column 1: expected ADDRESS:PORT"},
		{"a:1>10.0.0.1:1", "column 1: no address or host name 'a'"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct what *what = NULL;
		struct parse_error error = {};
		assert_int_equal(what_parse(rows[i].what, &names, &what, &error), -EINVAL);
		assert_null(what);
		assert_string_equal(error.text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings),
		cmocka_unit_test(facts_for_commands),
		cmocka_unit_test(mistakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
