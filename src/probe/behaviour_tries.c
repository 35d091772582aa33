/* SPDX-License-Identifier: MIT */
/*
 * One small scene for each behaviour, in a fresh namespace with only lo: which of two ways does
 * this kernel take? Ports are named, as nobody else is there; each scene has its own.
 */
#include "base/auto.h"
#include "probe/behaviour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

enum { REUSEADDR = 1, REUSEPORT = 2, ON_LO = 4, LISTENS = 8, V6 = 16, UDP = 32 };
enum { WAIT_MS = 200 };

static socklen_t endpoint(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	inet_pton(AF_INET6, text, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int make(unsigned how)
{
	int fd = socket(how & V6 ? AF_INET6 : AF_INET,
			(how & UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	set(fd, SOL_SOCKET, SO_REUSEADDR, !!(how & REUSEADDR));
	set(fd, SOL_SOCKET, SO_REUSEPORT, !!(how & REUSEPORT));
	if (how & V6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (how & ON_LO)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);
	return fd;
}

static int bind_to(int fd, const char *address, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t len = endpoint(address, port, &to);

	return bind(fd, (struct sockaddr *)&to, len);
}

static int connect_to(int fd, const char *address, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t len = endpoint(address, port, &to);

	return connect(fd, (struct sockaddr *)&to, len);
}

/* A bound socket, or -1. */
static int hold(unsigned how, const char *address, uint16_t port)
{
	int fd = make(how);

	if (fd >= 0 && (bind_to(fd, address, port) || (how & LISTENS && listen(fd, 8)))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Is the port refused? TRIED_NOTHING for other errors. */
static enum tried is_refused(unsigned how, const char *address, uint16_t port)
{
	AUTO(closep) int fd = make(how);

	if (fd < 0)
		return TRIED_NOTHING;
	if (!bind_to(fd, address, port))
		return TRIED_NO;
	return errno == EADDRINUSE ? TRIED_YES : TRIED_NOTHING;
}

static enum tried negated(enum tried tried)
{
	return tried == TRIED_NOTHING ? tried : tried == TRIED_YES ? TRIED_NO : TRIED_YES;
}

static bool has_datagram(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, 0) == 1;
}

/* A datagram from @from to @to: has @one got it, or @other? */
static enum tried which_gets(int from, const char *to, uint16_t port, int one, int other)
{
	struct sockaddr_storage where;
	socklen_t len = endpoint(to, port, &where);
	struct pollfd wait[] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};

	if (sendto(from, "", 1, 0, (struct sockaddr *)&where, len) != 1 ||
	    poll(wait, 2, WAIT_MS) < 1)
		return TRIED_NOTHING;
	return has_datagram(one) ? TRIED_YES : TRIED_NO;
}

/* Of two that may share, bound later: the one without device comes first where that scores. */
static enum tried device_scores(void)
{
	AUTO(closep) int tied = hold(UDP | REUSEADDR | ON_LO, "127.0.0.1", 11000);
	AUTO(closep) int loose = hold(UDP | REUSEADDR, "127.0.0.1", 11000);
	AUTO(closep) int sender = make(UDP);

	if (tied < 0 || loose < 0 || sender < 0)
		return TRIED_NOTHING;
	return which_gets(sender, "127.0.0.1", 11000, tied, loose);
}

/*
 * A connection of a dual-stack listener to ::1 has 127.0.0.6 as its IPv4 side, which only a look
 * at all sockets of the port meets.
 */
static enum tried bind_by_address(void)
{
	AUTO(closep) int listener = hold(V6 | LISTENS, "::", 11010), client = make(V6);

	if (listener < 0 || client < 0 || connect_to(client, "::1", 11010))
		return TRIED_NOTHING;
	AUTO(closep) int child = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	listener = -1; /* NOLINT: read when the function ends */
	return child < 0 ? TRIED_NOTHING : negated(is_refused(0, "127.0.0.6", 11010));
}

static enum tried mapped_wildcard(void)
{
	AUTO(closep) int holder = hold(V6, "::ffff:0.0.0.0", 11020);

	return holder < 0 ? TRIED_NOTHING : is_refused(V6, "::ffff:127.0.0.1", 11020);
}

/* The second connection between the same ends is refused: what address has its socket then? */
static enum tried reset_on_fail(void)
{
	AUTO(closep) int listener = hold(LISTENS, "127.0.0.1", 11030);
	AUTO(closep) int first = hold(REUSEADDR, "0.0.0.0", 11031);
	AUTO(closep) int second = hold(REUSEADDR, "0.0.0.0", 11031);
	struct sockaddr_in own = {};
	socklen_t len = sizeof(own);

	if (listener < 0 || first < 0 || second < 0 || connect_to(first, "127.0.0.1", 11030) ||
	    !connect_to(second, "127.0.0.1", 11030) || errno != EADDRNOTAVAIL ||
	    getsockname(second, (struct sockaddr *)&own, &len))
		return TRIED_NOTHING;
	return own.sin_addr.s_addr ? TRIED_NO : TRIED_YES;
}

static enum tried reuse_memory(void)
{
	AUTO(closep) int holder = hold(REUSEADDR, "127.0.0.1", 11040);

	if (holder < 0 || set(holder, SOL_SOCKET, SO_REUSEADDR, 0))
		return TRIED_NOTHING;
	return negated(is_refused(REUSEADDR, "127.0.0.1", 11040));
}

static int set_range(int fd, uint16_t low, uint16_t high)
{
	return set(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, (int)((uint32_t)high << 16 | low));
}

/* Steps of two never come to the last port of an odd range. */
static enum tried range_by_ones(void)
{
	AUTO(closep) int listener = hold(LISTENS, "127.0.0.1", 11050);
	AUTO(closep) int low = hold(0, "127.0.0.1", 33000), middle = hold(0, "127.0.0.1", 33001);
	AUTO(closep) int client = make(0);

	if (listener < 0 || low < 0 || middle < 0 || client < 0)
		return TRIED_NOTHING;
	if (set_range(client, 33000, 33002))
		return TRIED_NO; /* older than 6.3 */
	if (!connect_to(client, "127.0.0.1", 11050))
		return TRIED_YES;
	return errno == EADDRNOTAVAIL ? TRIED_NO : TRIED_NOTHING;
}

/* Two with the same peer: by score the one on the device, by the table the one connected last. */
static enum tried udp_tuple_table(void)
{
	AUTO(closep) int peer = hold(UDP, "127.0.0.1", 11060);
	AUTO(closep) int tied = hold(UDP | REUSEADDR | ON_LO, "127.0.0.1", 11061);
	AUTO(closep) int loose = hold(UDP | REUSEADDR, "127.0.0.1", 11061);

	if (peer < 0 || tied < 0 || loose < 0 || connect_to(tied, "127.0.0.1", 11060) ||
	    connect_to(loose, "127.0.0.1", 11060))
		return TRIED_NOTHING;
	return which_gets(peer, "127.0.0.1", 11061, loose, tied);
}

/* The IPv4 side of a connected IPv6 socket is found by nobody but that last search. */
static enum tried udp_fallback(void)
{
	AUTO(closep) int peer = hold(UDP, "127.0.0.1", 11070), connected = hold(UDP | V6, "::", 11071);

	if (peer < 0 || connected < 0 || connect_to(connected, "::1", 11070))
		return TRIED_NOTHING;
	const enum tried got = which_gets(peer, "127.0.0.6", 11071, connected, peer);
	return got == TRIED_YES ? TRIED_YES : TRIED_NO;
}

static enum tried time_wait_delay(void)
{
	if (access("/proc/sys/net/ipv4/tcp_tw_reuse", F_OK))
		return TRIED_NOTHING;
	return access("/proc/sys/net/ipv4/tcp_tw_reuse_delay", F_OK) ? TRIED_NO : TRIED_YES;
}

/*
 * A connection nobody has accepted counts as root's, or as its listener's user's. The socket that
 * is there first keeps the port from remembering that any SO_REUSEPORT may share it.
 */
static enum tried owner_stays(void)
{
	enum { SOMEBODY = 65534 };
	const bool is_root = geteuid() == 0;

	if (is_root)
		setfsuid(SOMEBODY);
	int first = hold(0, "127.0.0.9", 11080);
	AUTO(closep) int listener = hold(LISTENS | REUSEPORT, "127.0.0.1", 11080), client = make(0);
	enum tried refused = TRIED_NOTHING;
	if (first >= 0)
		close(first);
	if (listener >= 0 && client >= 0 && !connect_to(client, "127.0.0.1", 11080))
		refused = is_refused(REUSEPORT, "0.0.0.0", 11080);
	if (is_root)
		setfsuid(0);
	return negated(refused);
}

/* The port of a connection, bound by somebody who went: may connect() share it again? */
static enum tried connect_returns(void)
{
	AUTO(closep) int one = hold(LISTENS, "127.0.0.1", 11090), two = hold(LISTENS, "127.0.0.1", 11091);
	AUTO(closep) int first = make(0), second = make(0);

	if (one < 0 || two < 0 || first < 0 || second < 0)
		return TRIED_NOTHING;
	if (set_range(first, 33010, 33010) || set_range(second, 33010, 33010))
		return TRIED_NO; /* older than 6.3 */
	int guest = connect_to(first, "127.0.0.1", 11090) ? -1 : hold(0, "127.0.0.2", 33010);
	if (guest < 0)
		return TRIED_NOTHING;
	close(guest);
	if (!connect_to(second, "127.0.0.1", 11091))
		return TRIED_YES;
	return errno == EADDRNOTAVAIL ? TRIED_NO : TRIED_NOTHING;
}

static enum tried udp_wildcard_full(void)
{
	enum { MANY = 11 };
	int fds[MANY];
	bool good = true;

	for (int i = 0; i < MANY; i++) {
		fds[i] = hold(UDP | REUSEADDR, "127.0.0.1", 11100);
		good &= fds[i] >= 0;
	}
	const enum tried tried = good ? is_refused(UDP, "0.0.0.0", 11100) : TRIED_NOTHING;
	for (int i = 0; i < MANY; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return tried;
}

/* Stay on this CPU, where lo delivers too; its number, or -1. */
static int stay_on_cpu(void)
{
	const int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -1;
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -1 : cpu;
}

static int hold_on_cpu(unsigned how, uint16_t port, int cpu)
{
	int fd = make(how);

	if (fd >= 0 &&
	    (set(fd, SOL_SOCKET, SO_INCOMING_CPU, cpu) || bind_to(fd, "127.0.0.1", port))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Of datagrams from many source ports, does @one get all? Once in 65,536 by chance. */
static enum tried gets_all(uint16_t port, int one)
{
	enum { MANY = 16 };
	struct sockaddr_storage to;
	socklen_t len = endpoint("127.0.0.1", port, &to);
	char byte;

	for (int i = 0; i < MANY; i++) {
		AUTO(closep) int from = hold(UDP, "127.0.0.1", (uint16_t)(port + 1 + i));
		if (from < 0 || sendto(from, "", 1, 0, (struct sockaddr *)&to, len) != 1)
			return TRIED_NOTHING;
		/* On this CPU it has arrived by now. */
		if (recv(one, &byte, 1, MSG_DONTWAIT) < 0)
			return TRIED_NO;
	}
	return TRIED_YES;
}

static enum tried cpu_in_group(void)
{
	const int cpu = stay_on_cpu();
	AUTO(closep) int here = cpu < 0 ? -1 : hold_on_cpu(UDP | REUSEPORT, 11120, cpu);
	AUTO(closep) int anywhere = hold(UDP | REUSEPORT, "127.0.0.1", 11120);

	return here < 0 || anywhere < 0 ? TRIED_NOTHING : gets_all(11120, here);
}

/*
 * The search meets, newest first, a member of the group, then a lone socket of this CPU, then the
 * group's member of this CPU. The group gives the datagram to that one (or by chance to the first):
 * scored again it holds against the lone one, else the lone one always scores more.
 */
static enum tried udp_rescore(void)
{
	const unsigned member = UDP | REUSEADDR | REUSEPORT;
	const int cpu = stay_on_cpu();
	AUTO(closep) int connected = hold(member, "127.0.0.1", 11150);
	AUTO(closep) int here = cpu < 0 ? -1 : hold_on_cpu(member, 11150, cpu);
	AUTO(closep) int lone = cpu < 0 ? -1 : hold_on_cpu(UDP | REUSEADDR, 11150, cpu);
	AUTO(closep) int newest = hold(member, "127.0.0.1", 11150);

	if (connected < 0 || here < 0 || lone < 0 || newest < 0 ||
	    connect_to(connected, "127.0.0.1", 11149))
		return TRIED_NOTHING;
	return negated(gets_all(11150, lone));
}

/* NULL: needs a packet from outside. */
static enum tried (*const tries[N_BEHAVIOURS])(void) = {
	[BEHAVIOUR_device_scores] = device_scores,
	[BEHAVIOUR_bind_by_address] = bind_by_address,
	[BEHAVIOUR_mapped_wildcard] = mapped_wildcard,
	[BEHAVIOUR_reset_on_fail] = reset_on_fail,
	[BEHAVIOUR_cpu_in_group] = cpu_in_group,
	[BEHAVIOUR_udp_rescore] = udp_rescore,
	[BEHAVIOUR_reuse_memory] = reuse_memory,
	[BEHAVIOUR_range_by_ones] = range_by_ones,
	[BEHAVIOUR_udp_tuple_table] = udp_tuple_table,
	[BEHAVIOUR_udp_fallback] = udp_fallback,
	[BEHAVIOUR_time_wait_delay] = time_wait_delay,
	[BEHAVIOUR_owner_stays] = owner_stays,
	[BEHAVIOUR_connect_returns] = connect_returns,
	[BEHAVIOUR_udp_wildcard_full] = udp_wildcard_full,
};

enum tried behaviour_try(enum behaviour behaviour)
{
	return tries[behaviour] ? tries[behaviour]() : TRIED_NOTHING;
}
