/* SPDX-License-Identifier: MIT */
/* A way as JSON, schema berth.trace/1. */
#ifndef BERTH_RENDER_TRACE_JSON_H
#define BERTH_RENDER_TRACE_JSON_H

struct asked;
struct json;
struct trace;
struct trace_names;

/* One berth.trace/1 document; @names may still lack some. */
void trace_json(struct json *json, const struct trace *trace, const struct trace_names *names,
		const struct asked *asked);

#endif
