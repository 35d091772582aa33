/* SPDX-License-Identifier: MIT */
/* Asks the system's resolver in a child (it may block for long) and every step of it ourselves. */
#include "probe/resolve.h"
#include "base/auto.h"
#include "probe/asking.h"
#include "probe/dns.h"
#include "probe/resolv_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { TICK_MS = 100 };
static const uint64_t DNS_NS = 2000000000, SYSTEM_NS = 6000000000, A_LITTLE_NS = 200000000;

/* What the child says: fixed size, so that one write and one read do. */
struct system_answer {
	bool heard; /* set by the reader's side */
	int error;
	unsigned n;
	struct addr addrs[N_STEP_ADDRS];
};

static struct resolve_step *add_step(struct case_facts *facts)
{
	struct resolving *r = &facts->resolving;

	return arena_push(&facts->arena, &r->steps, &r->n_steps, &r->room_steps,
			  sizeof(*r->steps));
}

static void ask_system(const char *name, int fd)
{
	struct system_answer answer = {};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	uint16_t port;

	answer.error = getaddrinfo(name, NULL, &hints, &list);
	for (struct addrinfo *a = list; a && answer.n < N_STEP_ADDRS; a = a->ai_next) {
		struct sockaddr_storage ss = {};
		memcpy(&ss, a->ai_addr, a->ai_addrlen);
		if (sockaddr_read(&ss, &answer.addrs[answer.n], &port))
			answer.n++;
	}
	ssize_t written = write(fd, &answer, sizeof(answer));
	_exit(written == sizeof(answer) ? 0 : 1);
}

static pid_t start_system(const char *name, int *ret_fd)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* it may block long after we are gone */
		ask_system(name, fds[1]);
	}
	close(fds[1]);
	if (pid < 0)
		close(fds[0]);
	else
		*ret_fd = fds[0];
	return pid;
}

static struct system_answer finish_system(const struct case_facts *facts, pid_t pid, int fd,
					  uint64_t until_ns)
{
	struct system_answer answer = {.error = EAI_AGAIN};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	bool heard = false;

	while (pid > 0 && !heard && poll(&p, 1, TICK_MS) <= 0 && monotonic_ns() < until_ns)
		case_doing(facts, "waiting for the system's resolver");
	heard = pid > 0 && poll(&p, 1, 0) > 0 &&
		read(fd, &answer, sizeof(answer)) == sizeof(answer);
	if (!heard)
		answer = (struct system_answer){.error = EAI_AGAIN};
	answer.heard = heard;
	if (pid > 0) {
		if (!heard)
			kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(fd);
	}
	return answer;
}

/* "ADDRESS name alias ..." */
static bool hosts_line_has(char *line, const char *name, struct addr *ret)
{
	char *rest, *word;

	line[strcspn(line, "#\n")] = '\0';
	word = strtok_r(line, " \t", &rest);
	if (!word || !addr_parse(word, ret))
		return false;
	while ((word = strtok_r(NULL, " \t", &rest)))
		if (!strcasecmp(word, name))
			return true;
	return false;
}

static void read_hosts(struct case_facts *facts, const char *name)
{
	AUTO(fclosep) FILE *file = fopen("/etc/hosts", "re");
	struct resolve_step *step = NULL;
	char line[1024];
	unsigned number = 0;

	while (file && fgets(line, sizeof(line), file)) {
		struct addr addr;
		number++;
		if (!hosts_line_has(line, name, &addr))
			continue;
		step = step ?: add_step(facts);
		if (!step)
			return;
		if (!step->n_addrs)
			*step = (struct resolve_step){.source = RESOLVE_HOSTS_FILE,
						      .line = (uint16_t)number};
		if (step->n_addrs < N_STEP_ADDRS)
			step->addrs[step->n_addrs++] = addr;
	}
}

/*
 * Does the word after a service end the search (nsswitch.conf(5)) for a name it does not have? The
 * minimal mdns services have an opinion of .local names only.
 */
static bool ends_search(const char *service, const char *action, const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!strcasestr(action, "NOTFOUND=return"))
		return false;
	return !strcmp(service, "files") || !strcmp(service, "db") ||
	       (!strncmp(service, "mdns", 4) && dot && !strcasecmp(dot, ".local"));
}

/* Does the line lead to a DNS server? "mdns4_minimal" asks none. */
static bool leads_to_dns(char *line, const char *name)
{
	char *rest, *word = strtok_r(line, " \t", &rest);
	const char *service = "";

	for (; word; word = strtok_r(NULL, " \t", &rest)) {
		if (!strcmp(word, "dns") || !strcmp(word, "resolve"))
			return true;
		if (*word == '[' && ends_search(service, word, name))
			return false;
		service = word;
	}
	return false;
}

static void read_nsswitch(struct case_facts *facts, const char *name)
{
	AUTO(fclosep) FILE *file = fopen("/etc/nsswitch.conf", "re");
	char line[512];

	facts->resolving.nss_asks_dns = true; /* glibc's default without the line */
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "hosts:", 6) != 0)
			continue;
		line[strcspn(line, "#\n")] = '\0';
		facts->resolving.nss_hosts = arena_dup(&facts->arena, line, strlen(line));
		facts->resolving.nss_asks_dns = leads_to_dns(line + 6, name);
	}
}

static uint64_t earlier(const struct case_facts *facts, uint64_t ns)
{
	return facts->until_ns && facts->until_ns < ns ? facts->until_ns : ns;
}

/* True if any of them said anything, and in @ret_found whether it was an address. */
static bool ask_servers(struct case_facts *facts, const char *name, uint64_t until_ns,
			bool *ret_found)
{
	const struct resolv_conf *conf = &facts->resolving.conf;
	struct resolve_step steps[N_RESOLV_SERVERS] = {};
	const char *copy = arena_dup(&facts->arena, name, strlen(name));
	bool answered = false;

	for (unsigned i = 0; i < conf->n_servers; i++) {
		steps[i].server = conf->servers[i];
		steps[i].name = copy;
	}
	dns_ask(facts, name, until_ns, steps, conf->n_servers);
	for (unsigned i = 0; i < conf->n_servers; i++) {
		struct resolve_step *step = add_step(facts);
		if (step)
			*step = steps[i];
		answered = answered || steps[i].result < RESOLVE_SILENT;
		*ret_found = *ret_found || steps[i].result == RESOLVE_FOUND;
	}
	return answered;
}

/* One name after the other, as programs do: until one exists, or nobody answers. */
static bool ask_names(struct case_facts *facts, const char *name)
{
	char names[RESOLV_MAX_NAMES][256];
	const unsigned n = resolv_conf_names(&facts->resolving.conf, name, names);
	const uint64_t until = earlier(facts, monotonic_ns() + DNS_NS);
	bool answered = false, found = false;

	for (unsigned i = 0; i < n && !found; i++) {
		const uint64_t now = monotonic_ns();
		if (now >= until || (i && !answered))
			break;
		answered |= ask_servers(facts, names[i], until, &found);
	}
	return answered;
}

void resolve_name(struct case_facts *facts, const char *name, struct addr *ret_addrs, size_t max,
		  size_t *ret_n)
{
	struct resolving *r = &facts->resolving;
	const uint64_t start = monotonic_ns();
	int fd = -1;
	pid_t pid = start_system(name, &fd);

	r->asked = true;
	r->name = name;
	read_hosts(facts, name);
	read_nsswitch(facts, name);
	resolv_conf_read(facts);
	const bool in_file = r->n_steps > 0, answered = ask_names(facts, name);
	/* Where every server is silent the system's resolver only takes longer to find out. */
	const uint64_t until = answered || in_file ? start + SYSTEM_NS : monotonic_ns() + A_LITTLE_NS;
	struct system_answer answer = finish_system(facts, pid, fd, earlier(facts, until));
	r->gai_error = answer.error;
	r->system_answered = answer.heard;
	r->n_addrs = answer.n;
	memcpy(r->addrs, answer.addrs, answer.n * sizeof(answer.addrs[0]));
	r->seconds = (double)(monotonic_ns() - start) / 1e9;
	for (*ret_n = 0; *ret_n < answer.n && *ret_n < max; ++*ret_n)
		ret_addrs[*ret_n] = answer.addrs[*ret_n];
}
