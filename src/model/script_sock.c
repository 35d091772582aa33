/* SPDX-License-Identifier: MIT */
/* Where sockets come from in a script: declarations with their options, `set` and accept. */
#include "model/load.h"
#include "model/script_state.h"
#include "model/state.h"

#include <errno.h>

/* In a declaration an option stands alone (on); '?' may follow: unknown. In `set` on or off. */
struct option_word {
	const char *word;
	enum model_option option;
	enum model_fact fact; /* that can be unknown; 0: none */
};

static const struct option_word option_words[] = {
	{"reuseaddr", MODEL_OPTION_REUSEADDR, MODEL_FACT_REUSEADDR},
	{"reuseport", MODEL_OPTION_REUSEPORT, MODEL_FACT_REUSEPORT},
	{"v6only", MODEL_OPTION_V6ONLY, 0},
	{"no-port", MODEL_OPTION_NO_PORT, 0},
	{"freebind", MODEL_OPTION_FREEBIND, 0},
	{"transparent", MODEL_OPTION_TRANSPARENT, 0},
	{"broadcast", MODEL_OPTION_BROADCAST, 0},
	{"multicast-all", MODEL_OPTION_MULTICAST_ALL, 0},
	{"multicast6-all", MODEL_OPTION_MULTICAST6_ALL, 0},
	{"program", MODEL_OPTION_PROGRAM, 0},
	{0},
};

static const struct option_word *take_option(struct script *script)
{
	for (size_t i = 0; option_words[i].word; i++)
		if (word_take(script, option_words[i].word))
			return &option_words[i];
	return NULL;
}

/* device, uid, range, cpu: options with a value, the same in a declaration and in `set`. */
static int take_valued(struct script *script, uint32_t sock, bool declares,
		       struct model_verdict *ret)
{
	uint64_t value = 0;
	uint32_t device = 0;
	uint16_t low = 0, high = 0;
	int r;

	if (word_take(script, "device")) {
		r = !declares && word_take(script, "off") ? 0 : want_device(script, &device);
		return r ? r : model_set(script->space, sock, MODEL_OPTION_DEVICE, device, ret);
	}
	if (word_take(script, "uid")) {
		if (declares && word_take(script, "?"))
			return model_unknown(script->space, sock, MODEL_FACT_UID);
		r = want_number(script, "a uid", UINT32_MAX, &value);
		return r ? r : model_set(script->space, sock, MODEL_OPTION_UID, (uint32_t)value, ret);
	}
	if (word_take(script, "incoming-cpu")) {
		r = want_number(script, "a CPU", INT16_MAX, &value);
		return r ? r : model_set(script->space, sock, MODEL_OPTION_CPU, (uint32_t)value, ret);
	}
	if (word_take(script, "range")) {
		r = !declares && word_take(script, "off") ? 0 : want_range(script, &low, &high);
		return r ? r
			 : model_set(script->space, sock, MODEL_OPTION_RANGE,
				     (uint32_t)high << 16 | low, ret);
	}
	return -ENOENT;
}

static int fail_option(struct script *script)
{
	const struct word *word = word_peek(script);

	return script_fail(script, word ? word->column : script->end_column,
			   "expected reuseaddr, reuseport, v6only, device, uid, no-port, range or "
			   "another option of a socket");
}

static int declare_options(struct script *script, uint32_t sock, struct model_verdict *verdict)
{
	while (word_peek(script) && !verdict->outcome.error) {
		const struct option_word *row = take_option(script);
		int r;
		if (row && row->fact && word_take(script, "?"))
			r = model_unknown(script->space, sock, row->fact);
		else if (row)
			r = model_set(script->space, sock, row->option, 1, verdict);
		else
			r = take_valued(script, sock, true, verdict);
		if (r)
			return r == -ENOENT ? fail_option(script) : r;
	}
	return 0;
}

static int declare(struct script *script, struct script_name *name)
{
	struct model_verdict verdict = {0};
	enum sock_proto proto;
	uint32_t sock;
	int r = want_proto(script, &proto);

	if (r)
		return r;
	bool v6 = word_take(script, "inet6");
	if (!v6 && !word_take(script, "inet"))
		return script_fail(script, word_peek(script) ? word_peek(script)->column
							     : script->end_column,
				   "expected inet or inet6");
	r = model_open(script->space, proto, v6, 0, &sock);
	if (r)
		return r;
	script->touched = true;
	name->sock = sock;
	name->is_v6 = v6;
	name->is_udp = proto != SOCK_PROTO_TCP;
	r = model_tag(script->space, sock, (uint32_t)(name - script->names) + 1);
	if (!r)
		r = declare_options(script, sock, &verdict);
	if (!r)
		say_verdict(script, "socket", name->text, &verdict);
	return r;
}

static int run_accept(struct script *script, const struct word *as)
{
	struct model_verdict verdict = {0};
	struct script_name *listener, *name;
	struct model_look look;
	uint64_t uid;
	int r = want_sock(script, &listener);

	if (r)
		return r;
	uint32_t sock = listener->sock;
	model_look(script->space, sock, &look);
	uid = look.uid;
	if (word_take(script, "uid"))
		r = want_number(script, "a uid", UINT32_MAX, &uid);
	if (!r)
		r = want_end(script);
	if (!r)
		r = name_add(script, as, &name);
	if (!r)
		r = model_accept(script->space, sock, (uint32_t)uid, &verdict);
	if (r)
		return r;
	if (!verdict.outcome.error) {
		verdict.port = 0;
		name->sock = verdict.peer;
		r = model_tag(script->space, name->sock, (uint32_t)(name - script->names) + 1);
	}
	if (!r)
		say_verdict(script, "accept", name->text, &verdict);
	return r;
}

int run_assignment(struct script *script, const struct word *word)
{
	struct script_name *name;

	if (word_take(script, "accept"))
		return run_accept(script, word);
	if (!word_take(script, "socket"))
		return script_fail(script, word_peek(script) ? word_peek(script)->column
							     : script->end_column,
				   "expected socket or accept");
	int r = name_add(script, word, &name);
	return r ? r : declare(script, name);
}

int run_set(struct script *script)
{
	struct model_verdict verdict = {0};
	struct script_name *name;
	int r = want_sock(script, &name);

	if (r)
		return r;
	const struct option_word *row = take_option(script);
	bool on = false;
	if (row) {
		r = want_on_off(script, &on, NULL);
		if (!r)
			r = model_set(script->space, name->sock, row->option, on, &verdict);
	} else {
		r = take_valued(script, name->sock, false, &verdict);
	}
	if (!r)
		r = want_end(script);
	if (r)
		return r == -ENOENT ? fail_option(script) : r;
	verdict.port = 0;
	say_verdict(script, "set", name->text, &verdict);
	return 0;
}
