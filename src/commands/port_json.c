/* SPDX-License-Identifier: MIT */
/* `berth port` as JSON, schema berth.port/1. */
#include "commands/port.h"
#include "commands/collect.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/json.h"
#include "core/facts.h"
#include "core/service.h"
#include "core/snapshot.h"
#include "render/sock_json.h"

#include <errno.h>
#include <string.h>

static void put_range(struct json *json, struct port_range range)
{
	json_open(json, '{');
	json_put_u64(json, "low", range.low);
	json_put_u64(json, "high", range.high);
	json_close(json, '}');
}

/* The ranges that decide what a port is used for on this host. */
static void put_host(struct json *json, const struct host *host)
{
	json_key(json, "host");
	json_open(json, '{');
	json_put_bool(json, "known", host->known);
	json_key(json, "ephemeral");
	put_range(json, host->ephemeral);
	json_key(json, "reserved");
	json_open(json, '[');
	for (size_t i = 0; i < host->n_reserved; i++)
		put_range(json, host->reserved[i]);
	json_close(json, ']');
	json_put_u64(json, "unprivileged_start", host->unprivileged_start);
	json_close(json, '}');
}

static void put_names(struct json *json, const struct port_answer *answer)
{
	const struct service_usual *usual = service_usual(answer->proto, answer->port);
	const struct service_advice *advice = service_advice(answer->proto, answer->port);
	const char *about = NULL;

	json_put_text(json, "iana", service_iana(answer->proto, answer->port, &about));
	json_put_text(json, "iana_about", about && *about ? about : NULL);
	json_put_text(json, "services_file", answer->file_name);
	json_put_text(json, "usual", usual ? usual->name : NULL);
	json_put_text(json, "usual_source", usual ? usual->source : NULL);
	json_put_text(json, "advice", advice ? advice->text : NULL);
}

static void put_answer(struct json *json, const struct port_answers *answers,
		       const struct port_answer *answer)
{
	const struct snapshot *snap = answers->snap;
	const uint32_t facts = FACT_SOCKETS | FACT_OWNERS;

	json_open(json, '{');
	json_put_u64(json, "port", answer->port);
	json_put_text(json, "proto", sock_proto_name(answer->proto));
	json_put_text(json, "iana_range", service_range_name(service_range(answer->port)));
	json_put_text(json, "host_range", port_host_range(answers->host, answer->port));
	put_names(json, answer);
	json_key(json, "may_bind");
	if (answer->may_bind == PORT_RIGHT_UNKNOWN)
		json_null(json);
	else
		json_bool(json, answer->may_bind == PORT_RIGHT_YES);
	json_put_bool(json, "free", !answer->n_socks && !answer->n_connections && !answer->n_time_wait);
	json_put_u64(json, "connections", answer->n_connections);
	json_put_u64(json, "time_wait", answer->n_time_wait);
	json_key(json, "holders");
	json_open(json, '[');
	for (uint32_t i = 0; i < answer->n_socks; i++)
		sock_json(json, snap, &snap->socks[answer->socks[i]], facts);
	json_close(json, ']');
	json_close(json, '}');
}

int port_print_json(const struct port_answers *answers, struct output *output)
{
	AUTO(json_release) struct json json;

	json_init(&json, &output->out);
	if (output->json) {
		json_open(&json, '{');
		json_put_text(&json, "schema", "berth.port/1");
		json_put_u64(&json, "taken_ns", answers->snap->taken_ns);
		json_key(&json, "asked");
		json_open(&json, '[');
		for (size_t i = 0; answers->asked[i]; i++)
			json_text(&json, answers->asked[i]);
		json_close(&json, ']');
		put_host(&json, answers->host);
		json_key(&json, "ports");
		json_open(&json, '[');
	}
	for (size_t i = 0; i < answers->n && !output->out.error; i++) {
		if (output->json)
			json_line(&json);
		put_answer(&json, answers, &answers->items[i]);
		if (output->ndjson)
			json_end(&json);
	}
	if (output->json) {
		json_close(&json, ']');
		coverage_json(answers->snap, &json);
		json_close(&json, '}');
		json_end(&json);
	}
	return json.scratch.failed ? -ENOMEM : output->out.error;
}
