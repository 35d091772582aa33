/* SPDX-License-Identifier: MIT */
/* Open ports as a table that fits the screen: what does not fit is left to --json and wide ones. */
#include "commands/ports.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/out.h"
#include "base/strbuf.h"
#include "core/service.h"
#include "core/snapshot.h"
#include "render/duration.h"
#include "render/table.h"
#include "render/width.h"

#include <string.h>

enum { MAX_COLUMNS = 12 };

struct view {
	const struct snapshot *snap;
	const struct port_rows *rows;
	const struct column *chosen[MAX_COLUMNS];
	size_t n_chosen;
};

struct column {
	struct table_column table;
	void (*add)(const struct view *view, const struct port_row *row, struct strbuf *text,
		    enum style *style);
	/* Is there anything to show in any row? NULL: always. */
	bool (*is_used)(const struct view *view);
	/* On a screen too narrow for all, the highest goes first; 0 stays and is cut. */
	unsigned drop;
	unsigned enough; /* so many columns of a long text will do; 0: all of it is needed */
};

static void add_port(const struct view *view, const struct port_row *row, struct strbuf *text,
		     enum style *style)
{
	strbuf_add_u64(text, row->first->local_port);
	strbuf_add_char(text, '/');
	strbuf_add_text(text, sock_proto_name(row->first->proto));
	if (row->in_ephemeral)
		strbuf_add_text(text, " !");
	*style = STYLE_STRONG;
}

static void add_service(const struct view *view, const struct port_row *row, struct strbuf *text,
			enum style *style)
{
	const struct service_usual *usual = service_usual(row->first->proto, row->first->local_port);
	const char *name = usual ? usual->name : NULL;

	if (!name)
		name = service_iana(row->first->proto, row->first->local_port, NULL);
	/* "Prometheus (or Cockpit)": what stands in brackets is for `berth port`. */
	const char *more = usual && name ? strstr(name, " (") : NULL;
	if (more)
		strbuf_add(text, name, (size_t)(more - name));
	else
		strbuf_add_text(text, name ? name : "-");
	*style = name ? STYLE_PLAIN : STYLE_QUIET;
}

static void add_reach(const struct view *view, const struct port_row *row, struct strbuf *text,
		      enum style *style)
{
	const char *word = port_reach_word(view->snap, row);

	port_reach_add(view->snap, row, text);
	*style = strcmp(word, "loopback") != 0 ? STYLE_PLAIN : STYLE_QUIET;
}

static void add_process(const struct view *view, const struct port_row *row, struct strbuf *text,
			enum style *style)
{
	const struct note *note = row->proc ? NULL : sock_note(view->snap, row->first, 0);

	if (note && (note->kind == NOTE_DEVICE || note->kind == NOTE_KERNEL)) {
		strbuf_add_text(text, "(kernel)");
		*style = STYLE_QUIET;
		return;
	}
	if (!row->proc) {
		strbuf_add_text(text, "(none seen)");
		*style = STYLE_QUIET;
		return;
	}
	escape_add(text, row->proc->comm, strlen(row->proc->comm));
	strbuf_printf(text, "[%u]", row->proc->pid);
	if (row->n_procs > 1)
		strbuf_printf(text, " x%u", row->n_procs);
}

static void add_user(const struct view *view, const struct port_row *row, struct strbuf *text,
		     enum style *style)
{
	const uint32_t uid = row->proc && row->proc->uid != UINT32_MAX ? row->proc->uid
								       : row->first->uid;
	const char *name = snapshot_user_name(view->snap, uid);

	if (name)
		escape_add(text, name, strlen(name));
	else
		strbuf_add_u64(text, uid);
}

/* The unit or container that restarts it; the most telling name of it. */
static const char *home_of(const struct view *view, const struct port_row *row)
{
	const struct proc *proc = row->proc;
	const struct note *note = sock_note(view->snap, row->first, 0);

	if (note && note->kind == NOTE_ACTIVATION && note->subject)
		return note->subject;
	if (note && note->kind == NOTE_PROXY && note->subject)
		return note->subject;
	if (note && (note->kind == NOTE_DEVICE || note->kind == NOTE_PROXY))
		return note->object;
	if (!proc)
		return NULL;
	if (proc->container_name)
		return proc->container_name;
	if (proc->pod)
		return proc->pod;
	return proc->container ? proc->container : proc->unit;
}

static void add_home(const struct view *view, const struct port_row *row, struct strbuf *text,
		     enum style *style)
{
	const char *home = home_of(view, row);
	size_t len = home ? strlen(home) : 0;

	if (!home) {
		strbuf_add_char(text, '-');
		return;
	}
	if (row->proc && home == row->proc->container && len > 12)
		len = 12; /* as every container tool shortens them */
	escape_add(text, home, len);
}

static bool has_home(const struct view *view)
{
	for (size_t i = 0; i < view->rows->n; i++)
		if (home_of(view, &view->rows->rows[i]))
			return true;
	return false;
}

static void add_age(const struct view *view, const struct port_row *row, struct strbuf *text,
		    enum style *style)
{
	if (!row->proc || !row->proc->started_ns) {
		strbuf_add_char(text, '-');
		return;
	}
	const uint64_t now = view->snap->taken_ns, then = row->proc->started_ns;
	duration_add(text, now > then ? (double)(now - then) / 1e9 : 0);
}

static void add_connections(const struct view *view, const struct port_row *row,
			    struct strbuf *text, enum style *style)
{
	if (row->fullest)
		strbuf_add_u64(text, row->connections);
	else
		strbuf_add_char(text, '-');
	*style = row->connections ? STYLE_PLAIN : STYLE_QUIET;
}

static void add_queue(const struct view *view, const struct port_row *row, struct strbuf *text,
		      enum style *style)
{
	uint64_t waiting = 0;

	*style = STYLE_QUIET;
	if (row->is_bound_only) {
		strbuf_add_text(text, "bound only");
		*style = STYLE_WARN;
		return;
	}
	if (row->fullest) {
		strbuf_printf(text, "%u/%u", row->fullest->recv_queue, row->fullest->send_queue);
		if (row->is_full)
			strbuf_add_text(text, " full");
		*style = row->is_full ? STYLE_BAD : row->fullest->recv_queue ? STYLE_PLAIN
									   : STYLE_QUIET;
		return;
	}
	for (uint32_t i = 0; i < row->n_socks; i++)
		waiting += view->snap->socks[row->socks[i]].recv_queue;
	if (waiting)
		strbuf_printf(text, "%llu B", (unsigned long long)waiting);
	else
		strbuf_add_char(text, '-');
}

static void add_addresses(const struct view *view, const struct port_row *row, struct strbuf *text,
			  enum style *style)
{
	enum { SHOWN = 4 };
	const struct addr *last = NULL;
	char plain[ADDR_TEXT_SIZE];
	uint32_t n = 0;

	for (uint32_t i = 0; i < row->n_socks; i++) {
		const struct addr *addr = &view->snap->socks[row->socks[i]].local;
		if (last && addr_equal(last, addr))
			continue;
		last = addr;
		if (n++ < SHOWN) {
			strbuf_add_text(text, text->len ? " " : "");
			strbuf_add_text(text, addr_format(addr, plain));
		}
	}
	if (n > SHOWN)
		strbuf_printf(text, " +%u", n - SHOWN);
}

static void add_netns(const struct view *view, const struct port_row *row, struct strbuf *text,
		      enum style *style)
{
	const struct namespace *netns = &view->snap->namespaces[row->first->netns];

	escape_add(text, netns->name, strlen(netns->name));
}

static bool several_netns(const struct view *view)
{
	return view->rows->several_netns;
}

/* Without a process in sight the user, whom every socket tells, is worth the place more. */
static bool has_age(const struct view *view)
{
	for (size_t i = 0; i < view->rows->n; i++)
		if (view->rows->rows[i].proc)
			return true;
	return !view->rows->n;
}

static const struct column columns[] = {
	{{.title = "Port"}, add_port},
	{{.title = "Service", .cut = true}, add_service, .enough = 12},
	{{.title = "Reachable from", .cut = true}, add_reach, .enough = 14},
	{{.title = "Addresses", .cut = true}, add_addresses, .drop = 5, .enough = 24},
	{{.title = "Process", .cut = true}, add_process, .enough = 15},
	{{.title = "User", .cut = true}, add_user, .drop = 1, .enough = 8},
	{{.title = "Unit", .cut = true}, add_home, has_home, .drop = 4, .enough = 14},
	{{.title = "Netns", .cut = true}, add_netns, several_netns, .enough = 12},
	{{.title = "Age", .right = true}, add_age, has_age, .drop = 2},
	{{.title = "Conns", .right = true}, add_connections, .drop = 3},
	{{.title = "Queue"}, add_queue},
};
_Static_assert(N_ELEMENTS(columns) <= MAX_COLUMNS, "a view must hold all columns");

static void cell(const void *data, size_t row, size_t column, struct strbuf *text,
		 enum style *style)
{
	const struct view *view = data;

	view->chosen[column]->add(view, &view->rows->rows[row], text, style);
}

/* The columns a text takes at most, as far as they are needed. */
static size_t width_wanted(const struct view *view, const struct column *column)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t widest = strlen(column->table.title);

	for (size_t i = 0; i < view->rows->n; i++) {
		enum style style;
		strbuf_clear(&text);
		column->add(view, &view->rows->rows[i], &text, &style);
		const size_t width = width_of(text.text, text.len);
		widest = width > widest ? width : widest;
	}
	return column->enough && widest > column->enough ? column->enough : widest;
}

static void choose_columns(struct view *view, unsigned screen)
{
	enum { GAP = 2 };
	size_t widths[MAX_COLUMNS], total = 0;

	for (size_t i = 0; i < N_ELEMENTS(columns); i++) {
		if (columns[i].is_used && !columns[i].is_used(view))
			continue;
		widths[view->n_chosen] = screen ? width_wanted(view, &columns[i]) : 0;
		total += widths[view->n_chosen] + GAP;
		view->chosen[view->n_chosen++] = &columns[i];
	}
	while (screen && total > screen + GAP) {
		size_t worst = 0;
		for (size_t i = 0; i < view->n_chosen; i++)
			if (view->chosen[i]->drop > view->chosen[worst]->drop)
				worst = i;
		if (!view->chosen[worst]->drop)
			return;
		total -= widths[worst] + GAP;
		view->n_chosen--;
		memmove(&view->chosen[worst], &view->chosen[worst + 1],
			(view->n_chosen - worst) * sizeof(struct column *));
		memmove(&widths[worst], &widths[worst + 1],
			(view->n_chosen - worst) * sizeof(widths[0]));
	}
}

/* What the marks mean, only where one was used. */
static size_t add_legend(const struct view *view, struct strbuf *text)
{
	bool full = false, ephemeral = false, bound = false;
	const struct port_range *range = &view->snap->host.ephemeral;

	for (size_t i = 0; i < view->rows->n; i++) {
		const struct port_row *row = &view->rows->rows[i];
		full |= row->is_full;
		ephemeral |= row->in_ephemeral;
		bound |= row->is_bound_only;
	}
	if (ephemeral)
		strbuf_printf(text, "!  ephemeral (%u-%u): outgoing connections may take it while it "
			      "is free\n", range->low, range->high);
	if (full)
		strbuf_add_text(text, "full  not keeping up: clients connect faster than the program "
				"accepts them\n");
	if (bound)
		strbuf_add_text(text, "bound only  holds the port against others, but takes no "
				"connections\n");
	return (size_t)ephemeral + full + bound;
}

int ports_print_table(const struct snapshot *snap, const struct port_rows *rows,
		      struct output *output)
{
	AUTO(strbuf_release) struct strbuf legend = STRBUF_INIT;
	struct table_column titles[MAX_COLUMNS];
	struct view view = {.snap = snap, .rows = rows};

	choose_columns(&view, output->screen);
	for (size_t i = 0; i < view.n_chosen; i++)
		titles[i] = view.chosen[i]->table;
	const struct table table = {
		.columns = titles,
		.n_columns = view.n_chosen,
		.n_rows = rows->n,
		.headings = output->headings,
		.color = output->color,
		.screen = output->screen,
		.cell = cell,
		.data = &view,
	};
	if (!rows->n) {
		out_add_text(&output->out, "No open port.\n");
		return output->out.error;
	}
	size_t n_legend = output->headings ? add_legend(&view, &legend) : 0;
	output_page(output, rows->n + 1 + n_legend);
	int error = table_write(&table, &output->out);
	out_add(&output->out, legend.text, legend.len);
	return error ? error : output->out.error;
}
