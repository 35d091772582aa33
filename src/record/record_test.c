/* SPDX-License-Identifier: MIT */
/* What is written is read back the same, byte for byte; what is broken is refused with its place. */
#include "record/reader.h"
#include "base/auto.h"
#include "base/out.h"
#include "core/snapshot.h"
#include "core/translation.h"
#include "core/sock_extra.h"
#include "record/writer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static int keep(void *data, const char *bytes, size_t len)
{
	strbuf_add(data, bytes, len);
	return 0;
}

static void write_all(const struct snapshot *snap, struct strbuf *text)
{
	AUTO(out_release) struct out out;

	strbuf_clear(text);
	out_init(&out, keep, text);
	assert_int_equal(recording_write(snap, &out), 0);
	assert_false(text->failed);
}

static int read_all(struct recording_reader *reader, const char *text, size_t len,
		    struct snapshot **ret_snap)
{
	assert_int_equal(recording_reader_init(reader), 0);
	for (const char *end = text + len; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = newline ? (size_t)(newline - text) : (size_t)(end - text);
		int error = recording_line(reader, text, n);
		if (error)
			return error;
		text += n + 1;
	}
	return recording_finish(reader, ret_snap);
}

static void fill_host(struct host *host)
{
	static struct port_range reserved[] = {{8080, 8080}, {9000, 9010}};
	static struct interface interfaces[] = {{.index = 2, .name = "eth0", .kind = "", .mtu = 1500},
						{.index = 3, .name = "v\xff", .kind = "veth"}};
	static struct interface_address addresses[] = {{.interface = 2, .prefix_bits = 24}};

	host_set_defaults(host);
	addresses[0].addr = addr_ipv4(0x0a000001);
	host->reserved = reserved;
	host->n_reserved = 2;
	host->interfaces = interfaces;
	host->n_interfaces = 2;
	host->addresses = addresses;
	host->n_addresses = 1;
	host->known = true;
}

static struct snapshot *sample(void)
{
	struct snapshot *snap = snapshot_new();
	struct namespace *netns = snapshot_add_namespace(snap);

	*netns = (struct namespace){.inode = 4026531840, .name = "self", .is_self = true};
	fill_host(&netns->host);
	fill_host(&snap->host);
	snap->taken_ns = 1700000000123456789;
	struct proc *proc = snapshot_add_proc(snap);
	*proc = (struct proc){.pid = 42, .uid = UINT32_MAX, .comm = "a\"b\\\x1b\n\xff)", .unit = "x.service",
			      .manager = PROC_MANAGER_SYSTEMD};
	snapshot_add_user(snap, 33, "www-data");
	struct sock *sock = snapshot_add_sock(snap);
	*sock = (struct sock){.state = SOCK_STATE_LISTEN, .inode = 7, .cookie = UINT64_MAX,
			      .local_port = 65535, .local = addr_any(ADDR_IPV6), .uid = 33};
	sock = snapshot_add_sock(snap);
	*sock = (struct sock){.proto = SOCK_PROTO_UNIX, .state = SOCK_STATE_CLOSE,
			      .name = snapshot_text_id(snap, "\0ab\0\xc3", 5)};
	snapshot_add_owner(snap, 0, 0, 3);
	snapshot_add_owner(snap, 0, 0, -1);
	struct sock_extra *extra = snapshot_extra(snap, 1);
	extra->tcp_info = (struct tcp_info_bytes){.len = 9, .bytes = {1, 2, 0xfe}};
	extra->skmem[8] = 5;
	extra->has_skmem = true;
	*snapshot_bind(snap, 1) = (struct bind_facts){.known = true, .bucket_fastreuse = -1,
						      .bucket_uid = 7, .behind_in_chain = 9};
	struct translation *translation = snapshot_add_translation(snap);
	*translation = (struct translation){.proto = SOCK_PROTO_UDP,
					    .source = addr_ipv4(0x7f000001), .source_port = 4000,
					    .destination = addr_ipv4(0x0a000001),
					    .new_destination_port = 53};
	struct forward *forward = snapshot_add_forward(snap);
	*forward = (struct forward){.kind = FORWARD_REDIRECT, .proto = SOCK_PROTO_UDP,
				    .ports = {53, 53}, .to_ports = {5353, 5353},
				    .to = addr_ipv4(0x7f000001), .by = "nft ip nat out, handle 3"};
	struct note *note = snapshot_add_note(snap, 1);
	note->kind = NOTE_DEVICE;
	note->subject = "vxlan";
	note->object = "vx\n1";
	struct coverage *coverage = snapshot_add_coverage(snap);
	*coverage = (struct coverage){.source = "owners", .how = "/proc/PID/fd", .error = EACCES,
				      .level = COVERAGE_PARTIAL, .what = "x", .needs = "root"};
	assert_int_equal(snapshot_index(snap), 0);
	return snap;
}

static void check_round_trip(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = sample(), *back = NULL;
	AUTO(strbuf_release) struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	AUTO(recording_reader_release) struct recording_reader reader;
	size_t len;

	write_all(snap, &first);
	assert_int_equal(read_all(&reader, first.text, first.len, &back), 0);
	write_all(back, &second);
	assert_string_equal(first.text, second.text);
	assert_string_equal(back->procs[0].comm, "a\"b\\\x1b\n\xff)");
	assert_memory_equal(snapshot_text(back, back->socks[1].name, &len), "\0ab\0\xc3", 5);
	assert_int_equal(len, 5);
	assert_int_equal(back->socks[0].n_owners, 2);
	assert_int_equal(back->extras[1].tcp_info.bytes[2], 0xfe);
	const struct bind_facts *bind = sock_bind(back, &back->socks[1]);
	assert_non_null(bind);
	assert_int_equal(bind->bucket_fastreuse, -1);
	assert_int_equal(bind->bucket_uid, 7);
	assert_int_equal(bind->behind_in_chain, 9);
	assert_null(sock_bind(back, &back->socks[0]));
	assert_string_equal(snapshot_user_name(back, 33), "www-data");
	assert_int_equal(back->n_notes, 1);
	assert_string_equal(sock_note(back, &back->socks[1], 0)->text,
			    "the kernel's own, for vxlan vx\n1");
	assert_int_equal(back->n_translations, 1);
	assert_int_equal(back->translations[0].proto, SOCK_PROTO_UDP);
	assert_int_equal(back->translations[0].source_port, 4000);
	assert_int_equal(back->translations[0].new_destination_port, 53);
	const struct addr source = addr_ipv4(0x7f000001);
	assert_true(addr_equal(&back->translations[0].source, &source));
	assert_int_equal(back->translations[0].new_source.family, ADDR_NONE);
	assert_int_equal(back->n_forwards, 1);
	assert_string_equal(back->forwards[0].by, "nft ip nat out, handle 3");
}

/* Cut after every byte: never accepted, always with a line. */
static void check_cuts(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = sample();
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;

	write_all(snap, &text);
	for (size_t len = 0; len + 2 < text.len; len++) {
		struct snapshot *back = NULL;
		AUTO(recording_reader_release) struct recording_reader reader;
		assert_int_equal(read_all(&reader, text.text, len, &back), -EBADMSG);
		assert_true(reader.line > 0 && *reader.error);
	}
}

#define HEADER "{\"recording\":\"berth.recording/1\"}\n"

static const struct {
	const char *text, *error; /* the start of it; NULL: good */
	int line;
} vectors[] = {
	{HEADER "{\"kind\":\"end\",\"sockets\":0}", NULL, 0},
	{HEADER "{\"kind\":\"new\",\"x\":[{}]}\n{\"kind\":\"end\",\"y\":1,\"sockets\":0}", NULL, 0},
	{HEADER "{\"kind\":\"socket\",\"later\":{\"a\":[1]},\"proto\":\"udp\"}\n"
		"{\"kind\":\"end\",\"sockets\":1}", NULL, 0},
	{"", "expected a recording of berth", 1},
	{"{}", "expected a recording of berth", 1},
	{"{\"recording\":\"berth.recording/2\"}", "not a version", 1},
	{HEADER "{\"kind\":\"end\",\"sockets\":1}", "the number of sockets", 2},
	{HEADER "{\"kind\":\"end\",\"sockets\":0}\n{}", "something stands behind the end", 3},
	{HEADER "{\"kind\":\"socket\",\"local_port\":65536}", "the number is too big (column 36)", 2},
	{HEADER "{\"kind\":\"socket\",\"state\":\"HAPPY\"}", "unknown word", 2},
	{HEADER "{\"kind\":\"socket\",\"netns\":1}", "a socket of a namespace", 2},
	{HEADER "{\"kind\":\"socket\",\"owners\":[[1,3]]}", "an owner that was not", 2},
	{HEADER "{\"kind\":\"socket\",\"local\":\"1.2.3\"}", "expected an address", 2},
	{HEADER "{\"kind\":\"socket\",\"extra\":{\"tcp_info_len\":300}}", "tcp_info is too long", 2},
	{HEADER "{\"kind\":\"host\",\"reserved\":[[1]]}", "expected", 2},
	{HEADER "{\"kind\":\"host\",\"netns\":0}", "a host of a namespace", 2},
	{HEADER "{\"kind\":\"socket\"}\n{\"kind\":\"process\",\"pid\":1}", "a process behind", 3},
	{HEADER "[]", "expected an object", 2},
	{HEADER "\n", "expected an object", 2},
};

static void check_errors(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		AUTO(snapshot_freep) struct snapshot *back = NULL;
		AUTO(recording_reader_release) struct recording_reader reader;
		int error = read_all(&reader, vectors[i].text, strlen(vectors[i].text), &back);
		if (!vectors[i].error) {
			assert_int_equal(error, 0);
			continue;
		}
		assert_int_equal(error, -EBADMSG);
		assert_int_equal(reader.line, vectors[i].line);
		if (strncmp(reader.error, vectors[i].error, strlen(vectors[i].error)) != 0)
			fail_msg("%s: %s", vectors[i].text, reader.error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_round_trip),
		cmocka_unit_test(check_cuts),
		cmocka_unit_test(check_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
