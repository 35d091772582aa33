/* SPDX-License-Identifier: MIT */
/* The answer of 'berth gets' in words and as JSON. */
#include "commands/gets.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/snapshot.h"

#include <errno.h>
#include <string.h>

static void add_socket(const struct gets *gets, const struct sock *sock, struct strbuf *text)
{
	char place[ADDR_TEXT_SIZE + 8], far[ADDR_TEXT_SIZE + 8];
	const struct owner *owner;

	for (uint32_t nth = 0; (owner = sock_owner(gets->snap, sock, nth)); nth++) {
		const struct proc *proc = owner_proc(gets->snap, owner);
		strbuf_add_text(text, nth ? ", " : "");
		escape_add(text, proc->comm, strlen(proc->comm));
		strbuf_printf(text, "[%u]", proc->pid);
		if (owner->fd >= 0)
			strbuf_printf(text, " fd %d", owner->fd);
	}
	if (!sock->n_owners)
		strbuf_printf(text, sock->inode ? "a socket of uid %u, process not seen"
						: "a socket without a process", sock->uid);
	strbuf_printf(text, "  %s %s %s", sock_proto_name(sock->proto), sock_state_name(sock->state),
		      addr_format_port(&sock->local, sock->local_port, place));
	if (sock->remote_port)
		strbuf_printf(text, " > %s", addr_format_port(&sock->remote, sock->remote_port, far));
}

/* The kernel's look-up leaves such programs out, so its pick is not the receiver. */
static bool is_steered(const struct gets *gets)
{
	return gets->rules.rule == MODEL_RULE_REUSEPORT_STEERED &&
	       gets->rules.reach == MODEL_REACH_ONE_OF;
}

static const char *reply_words(const struct gets *gets)
{
	if (!gets->is_local)
		return "nobody here: the destination is no address of this host";
	switch (gets->rules.reply) {
	case MODEL_REPLY_RST:
		return "nobody: it is answered with a reset (connection refused)";
	case MODEL_REPLY_UNREACHABLE:
		return "nobody: it is answered with ICMP port unreachable";
	case MODEL_REPLY_ACK:
		return "nobody: a TIME_WAIT entry answers it";
	case MODEL_REPLY_NONE:
	case MODEL_REPLY_DROP:
		return "nobody: it is dropped without an answer";
	}
	return "nobody";
}

static void add_members(const struct gets *gets, struct strbuf *text)
{
	for (uint32_t i = 0; i < gets->list.n; i++) {
		const struct sock *sock = port_space_sock(&gets->space, gets->list.ids[i]);
		if (!sock)
			continue;
		strbuf_add_text(text, "\n     ");
		add_socket(gets, sock, text);
	}
}

static void add_rules(const struct gets *gets, struct strbuf *text)
{
	const struct model_rule_row row = model_rule_row(gets->rules.rule);

	strbuf_printf(text, "  why: %s (rule %s)\n", row.says, row.id);
	if (gets->rules.reach == MODEL_REACH_ONE_OF || gets->rules.reach == MODEL_REACH_EACH) {
		strbuf_add_text(text, gets->rules.reach == MODEL_REACH_EACH
					      ? "  each of these gets a copy:"
				      : is_steered(gets)
					      ? "  one of these, as the program decides:"
					      : "  one of these, by the hash of the flow:");
		add_members(gets, text);
		strbuf_add_char(text, '\n');
	}
	if (gets->assumed)
		strbuf_printf(text, "  assumed: %s\n", gets->assumed);
	if (gets->rules.depends)
		strbuf_printf(text, "  the rules alone cannot tell: it depends on the %s of a socket, "
				    "which could not be seen\n",
			      model_fact_name(gets->rules.fact));
}

/* Were the NAT rules readable? Then what they do is said, also that they do nothing. */
static bool nat_seen(const struct gets *gets)
{
	for (size_t i = 0; i < gets->snap->n_coverages; i++)
		if (!strcmp(gets->snap->coverages[i].source, "forwards"))
			return gets->snap->coverages[i].level == COVERAGE_FULL;
	return false;
}

static void add_before(const struct gets *gets, struct strbuf *text)
{
	char place[ADDR_TEXT_SIZE + 8];

	for (size_t i = 0; i < gets->n_before; i++) {
		const struct forward *forward = gets->before[i];
		strbuf_printf(text, "  but before that: %s by ",
			      forward_kind_name((enum forward_kind)forward->kind));
		escape_add(text, forward->by, strlen(forward->by));
		if (forward->to.family != ADDR_NONE)
			strbuf_printf(text, " sends it to %s",
				      addr_format_port(&forward->to,
						       forward->to_ports.low
							       ? forward->to_ports.low
							       : gets->flow.destination_port,
						       place));
		else if (forward->to_ports.low)
			strbuf_printf(text, " sends it to port %u of this host",
				      forward->to_ports.low);
		strbuf_add_text(text, forward->own_traffic ? " (what this host itself sends)\n"
						    : forward->kind == FORWARD_SK_LOOKUP
							    ? " may pick the socket\n"
							    : " (what arrives by an interface)\n");
	}
}

static void add_kernel(const struct gets *gets, struct strbuf *text)
{
	if (!gets->asked)
		strbuf_add_text(text, "  by the rules, from a recording\n");
	else if (gets->error && gets->error != ENOENT)
		strbuf_printf(text, "  by the rules; the kernel could not be asked: %s\n",
			      strerror(gets->error));
	else if (addr_is_multicast(&gets->flow.destination))
		strbuf_add_text(text, "  by the rules; the kernel's look-up leaves multicast out\n");
	else if (is_steered(gets))
		strbuf_add_text(text, "  by the rules; the kernel's look-up leaves the program of the group "
				      "out\n");
	else
		strbuf_add_text(text, gets_agree(gets)
					      ? "  by the kernel's own look-up; the rules agree\n"
					      : "  by the kernel's own look-up; berth's rules say "
						"otherwise\n");
	if (addr_is_multicast(&gets->flow.destination))
		strbuf_printf(text, "  not considered: which groups each single socket joined%s\n",
			      gets->groups_known ? "" : ", and whether the interface receives this one");
	strbuf_add_text(text, nat_seen(gets) ? "  not considered: BPF at the interface, which acts "
					      "before the look-up\n"
					    : "  not considered: NAT, TPROXY and BPF at the "
					      "interface, which act before the look-up\n");
}

void gets_print_text(const struct gets *gets, struct output *output)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	char flow[FLOW_TEXT_SIZE];
	const struct sock *by_rules = port_space_sock(&gets->space, gets->rules.socket);
	const bool kernel_says = gets->asked && !gets->error && !is_steered(gets) &&
				 !addr_is_multicast(&gets->flow.destination);

	strbuf_printf(&text, "%s\n  -> ", flow_format(&gets->shown, flow));
	if (!gets_found(gets))
		strbuf_add_text(&text, reply_words(gets));
	else if (kernel_says)
		add_socket(gets, gets->kernel ? gets->kernel : &gets->found, &text);
	else if (gets->rules.reach == MODEL_REACH_ONE && by_rules)
		add_socket(gets, by_rules, &text);
	else
		strbuf_printf(&text, "%s %u sockets",
			      gets->rules.reach == MODEL_REACH_EACH ? "each of" : "one of",
			      gets->list.n);
	strbuf_add_char(&text, '\n');
	if (gets->is_local) {
		add_rules(gets, &text);
		add_kernel(gets, &text);
	}
	add_before(gets, &text);
	out_add_text(&output->out, text.text);
}

static void json_socket(const struct gets *gets, const struct sock *sock, struct json *json)
{
	char place[ADDR_TEXT_SIZE + 8];
	const struct owner *owner;

	json_open(json, '{');
	json_put_text(json, "proto", sock_proto_name(sock->proto));
	json_put_text(json, "state", sock_state_name(sock->state));
	json_put_text(json, "local", addr_format_port(&sock->local, sock->local_port, place));
	if (sock->remote_port)
		json_put_text(json, "remote",
			      addr_format_port(&sock->remote, sock->remote_port, place));
	json_put_u64(json, "inode", sock->inode);
	json_put_u64(json, "cookie", sock->cookie);
	json_put_u64(json, "uid", sock->uid);
	json_key(json, "owners");
	json_open(json, '[');
	for (uint32_t nth = 0; (owner = sock_owner(gets->snap, sock, nth)); nth++) {
		json_open(json, '{');
		json_put_u64(json, "pid", owner_proc(gets->snap, owner)->pid);
		json_key(json, "fd");
		json_i64(json, owner->fd);
		json_put_text(json, "comm", owner_proc(gets->snap, owner)->comm);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static const char *reach_name(enum model_reach reach)
{
	switch (reach) {
	case MODEL_REACH_NONE:
		return "none";
	case MODEL_REACH_ONE:
		return "one";
	case MODEL_REACH_ONE_OF:
		return "one-of";
	case MODEL_REACH_EACH:
		return "each";
	}
	return "none";
}

static const char *reply_name(enum model_reply reply)
{
	switch (reply) {
	case MODEL_REPLY_NONE:
		return NULL;
	case MODEL_REPLY_RST:
		return "rst";
	case MODEL_REPLY_UNREACHABLE:
		return "port-unreachable";
	case MODEL_REPLY_DROP:
		return "drop";
	case MODEL_REPLY_ACK:
		return "ack";
	}
	return NULL;
}

static void json_rules(const struct gets *gets, struct json *json)
{
	const struct model_rule_row row = model_rule_row(gets->rules.rule);
	const struct sock *one = port_space_sock(&gets->space, gets->rules.socket);

	json_key(json, "rules");
	json_open(json, '{');
	json_put_text(json, "reach", reach_name(gets->rules.reach));
	json_put_text(json, "reply", reply_name(gets->rules.reply));
	json_put_text(json, "rule", row.id);
	json_put_text(json, "says", row.says);
	json_put_text(json, "depends_on",
		      gets->rules.depends ? model_fact_name(gets->rules.fact) : NULL);
	json_put_text(json, "assumed", gets->assumed);
	json_key(json, "sockets");
	json_open(json, '[');
	if (gets->rules.reach == MODEL_REACH_ONE && one)
		json_socket(gets, one, json);
	for (uint32_t i = 0; gets->rules.reach > MODEL_REACH_ONE && i < gets->list.n; i++)
		if (port_space_sock(&gets->space, gets->list.ids[i]))
			json_socket(gets, port_space_sock(&gets->space, gets->list.ids[i]), json);
	json_close(json, ']');
	json_close(json, '}');
}

void gets_print_json(const struct gets *gets, struct output *output)
{
	AUTO(json_release) struct json json;
	char flow[FLOW_TEXT_SIZE];

	json_init(&json, &output->out);
	json_open(&json, '{');
	json_put_text(&json, "schema", "berth.gets/1");
	json_put_text(&json, "asked", flow_format(&gets->shown, flow));
	json_put_bool(&json, "found", gets_found(gets));
	json_put_bool(&json, "destination_is_local", gets->is_local);
	json_key(&json, "kernel");
	if (gets->asked && !gets->error)
		json_socket(gets, gets->kernel ? gets->kernel : &gets->found, &json);
	else
		json_null(&json);
	json_put_bool(&json, "kernel_asked",
		      gets->asked && (!gets->error || gets->error == ENOENT));
	json_rules(gets, &json);
	json_put_bool(&json, "agree", gets_agree(gets));
	json_key(&json, "not_considered");
	json_open(&json, '[');
	if (!nat_seen(gets)) {
		json_text(&json, "NAT");
		json_text(&json, "TPROXY");
	}
	json_text(&json, "BPF at the interface");
	if (addr_is_multicast(&gets->flow.destination))
		json_text(&json, "memberships of single sockets");
	if (is_steered(gets))
		json_text(&json, "the BPF program of the SO_REUSEPORT group");
	json_close(&json, ']');
	json_key(&json, "before");
	json_open(&json, '[');
	for (size_t i = 0; i < gets->n_before; i++)
		json_text(&json, gets->before[i]->by);
	json_close(&json, ']');
	json_close(&json, '}');
	json_end(&json);
}
