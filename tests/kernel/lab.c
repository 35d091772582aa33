/* SPDX-License-Identifier: MIT */
/* Namespace, devices, addresses, sysctls of the laboratory. What is asked of sock_diag: lab_diag.c. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/auto.h"

static const struct {
	const char *path, *normal;
} knobs[N_LAB_KNOBS] = {
	[LAB_RANGE] = {"net/ipv4/ip_local_port_range", "32768 60999"},
	[LAB_RESERVED] = {"net/ipv4/ip_local_reserved_ports", ""},
	[LAB_SYSTEM_BELOW] = {"net/ipv4/ip_unprivileged_port_start", "1024"},
	[LAB_NONLOCAL] = {"net/ipv4/ip_nonlocal_bind", "0"},
	[LAB_NONLOCAL6] = {"net/ipv6/ip_nonlocal_bind", "0"},
	[LAB_AUTOBIND_REUSE] = {"net/ipv4/ip_autobind_reuse", "0"},
};

static int write_sysctl(const char *name, const char *value)
{
	char path[128];
	AUTO(closep) int fd = -1;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* An empty list is written as a newline: a write of no bytes would change nothing. */
	if (write(fd, *value ? value : "\n", *value ? strlen(value) : 1) < 0)
		return -errno;
	return 0;
}

int lab_set_knob(struct lab *lab, enum lab_knob knob, const char *value)
{
	int r = write_sysctl(knobs[knob].path, value);

	if (!r)
		lab->dirty[knob] = strcmp(value, knobs[knob].normal) != 0;
	return r;
}

int lab_reset_knobs(struct lab *lab)
{
	/* system-below before the range: the kernel refuses a range that starts below it. */
	static const uint8_t order[] = {LAB_SYSTEM_BELOW, LAB_RANGE,	 LAB_RESERVED,
					LAB_NONLOCAL,	  LAB_NONLOCAL6, LAB_AUTOBIND_REUSE};

	for (size_t i = 0; i < N_ELEMENTS(order); i++) {
		int r = lab->dirty[order[i]] ?
				lab_set_knob(lab, order[i], knobs[order[i]].normal) :
				0;
		if (r)
			return r;
	}
	return 0;
}

/* IFF_NOARP: nobody answers such questions at our end, frames go out anyway. */
static int set_up(const char *name)
{
	AUTO(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST | IFF_NOARP};

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

/* One rtnetlink request, its acknowledgement waited for. */
static int rtnetlink(struct nlmsghdr *request)
{
	AUTO(closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} answer;

	if (fd < 0)
		return -errno;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, request, request->nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

/* @message: a struct that begins with the header and has room behind. */
static void put_attribute(void *message, uint16_t type, const void *data, size_t len)
{
	struct nlmsghdr *request = message;
	struct rtattr *attr = (void *)((char *)message + NLMSG_ALIGN(request->nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	request->nlmsg_len = NLMSG_ALIGN(request->nlmsg_len) + RTA_ALIGN(attr->rta_len);
}

static int put_address(const struct addr *addr, int index)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg message;
		char room[64];
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
			   .nlmsg_type = RTM_NEWADDR,
			   .nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE},
		.message = {.ifa_family = addr->family == ADDR_IPV4 ? AF_INET : AF_INET6,
			    .ifa_prefixlen = addr->family == ADDR_IPV4 ? 24 : 64,
			    .ifa_flags = IFA_F_NODAD,
			    .ifa_index = (unsigned)index},
	};
	size_t len = addr->family == ADDR_IPV4 ? 4 : 16;

	put_attribute(&request, IFA_LOCAL, addr->bytes, len);
	put_attribute(&request, IFA_ADDRESS, addr->bytes, len);
	return rtnetlink(&request.header);
}

/*
 * Acknowledge at once what arrives for @addr (the local route's metric "quickack"). A FIN answered
 * 40 ms late would leave its sender in FIN_WAIT1 when the scenario says TIME_WAIT.
 */
static int put_quick_acks(const struct addr *addr, uint8_t bits, int index)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg message;
		char room[128];
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			   .nlmsg_type = RTM_NEWROUTE,
			   .nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE},
		.message = {.rtm_family = addr->family == ADDR_IPV4 ? AF_INET : AF_INET6,
			    .rtm_table = RT_TABLE_LOCAL,
			    .rtm_protocol = RTPROT_KERNEL,
			    .rtm_scope = addr->family == ADDR_IPV4 ? RT_SCOPE_HOST :
								     RT_SCOPE_UNIVERSE,
			    .rtm_type = RTN_LOCAL,
			    .rtm_dst_len = bits},
	};
	struct {
		struct rtattr header;
		uint32_t value;
	} metric = {.header = {.rta_len = RTA_LENGTH(4), .rta_type = RTAX_QUICKACK}, .value = 1};
	uint32_t oif = (uint32_t)index;
	size_t len = addr->family == ADDR_IPV4 ? 4 : 16;

	put_attribute(&request, RTA_DST, addr->bytes, len);
	if (addr->family == ADDR_IPV4)
		put_attribute(&request, RTA_PREFSRC, bits == 8 ? "\177\0\0\1" :
								      (const char *)addr->bytes, 4);
	put_attribute(&request, RTA_OIF, &oif, 4);
	put_attribute(&request, RTA_METRICS, &metric, sizeof(metric));
	return rtnetlink(&request.header);
}

/* Everything unknown leaves by this device too, so that answers to any sender find a way. */
static int put_default_route(int family, int index)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg message;
		char room[64];
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			   .nlmsg_type = RTM_NEWROUTE,
			   .nlmsg_flags = NLM_F_CREATE},
		.message = {.rtm_family = (uint8_t)family,
			    .rtm_table = RT_TABLE_MAIN,
			    .rtm_protocol = RTPROT_STATIC,
			    .rtm_scope = RT_SCOPE_UNIVERSE,
			    .rtm_type = RTN_UNICAST},
	};
	uint32_t metric = (uint32_t)index, oif = (uint32_t)index;

	put_attribute(&request, RTA_OIF, &oif, 4);
	put_attribute(&request, RTA_PRIORITY, &metric, 4);
	return rtnetlink(&request.header);
}

static int add_device(struct lab *lab, const char *name)
{
	struct lab_device *device = &lab->devices[lab->n_devices];
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	AUTO(closep) int fd = -1;
	int r;

	if (lab->n_devices == LAB_MAX_DEVICES)
		return -ENOSPC;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return -errno;
	r = set_up(name);
	if (!r && ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		r = -errno;
	if (r)
		return r;
	memcpy(device->mac, request.ifr_hwaddr.sa_data, sizeof(device->mac));
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->index = (int)if_nametoindex(name);
	device->fd = take_fd(&fd);
	lab->n_devices++;
	put_default_route(AF_INET, device->index);
	put_default_route(AF_INET6, device->index);
	return 0;
}

int lab_open(struct lab *lab)
{
	int r;

	*lab = (struct lab){.diag_fd = -1, .sockstat_fd = -1};
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	/* The host's own addresses only: no link-local ones, no neighbour or router talk. */
	write_sysctl("net/ipv6/conf/default/addr_gen_mode", "1");
	write_sysctl("net/ipv6/conf/default/accept_ra", "0");
	write_sysctl("net/ipv6/conf/default/accept_dad", "0");
	/* Answers are compared, so none may be held back by a rate limit. */
	write_sysctl("net/ipv4/icmp_ratelimit", "0");
	write_sysctl("net/ipv4/icmp_ratemask", "0");
	write_sysctl("net/ipv6/icmp/ratemask", "");
	write_sysctl("net/ipv4/icmp_msgs_per_sec", "1000000000"); /* the machine's before 6.12 */
	write_sysctl("net/ipv4/icmp_msgs_burst", "1000000000");
	write_sysctl("net/ipv6/icmp/ratelimit", "0");
	write_sysctl("net/ipv4/tcp_invalid_ratelimit", "0");
	write_sysctl("net/ipv4/tcp_syncookies", "0");
	for (int i = 0; i < N_LAB_KNOBS; i++)
		lab->dirty[i] = true;
	r = lab_reset_knobs(lab);
	if (!r)
		r = set_up("lo");
	if (r)
		return r;
	r = put_quick_acks(&(struct addr){.family = ADDR_IPV4, .bytes = {127}}, 8, 1);
	if (!r)
		r = put_quick_acks(&(struct addr){.family = ADDR_IPV4, .bytes = {127, 0, 0, 1}}, 32, 1);
	if (!r)
		r = put_quick_acks(&(struct addr){.family = ADDR_IPV6, .bytes = {[15] = 1}}, 128, 1);
	if (r)
		return r;
	lab->diag_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	lab->sockstat_fd = open("/proc/thread-self/net/sockstat", O_RDONLY | O_CLOEXEC);
	return lab->diag_fd < 0 || lab->sockstat_fd < 0 ? -errno : 0;
}

void lab_release(struct lab *lab)
{
	for (int i = 0; i < lab->n_devices; i++)
		close(lab->devices[i].fd);
	closep(&lab->diag_fd);
	closep(&lab->sockstat_fd);
	*lab = (struct lab){.diag_fd = -1, .sockstat_fd = -1};
}

const struct lab_device *lab_device(const struct lab *lab, const char *name)
{
	for (int i = 0; i < lab->n_devices; i++)
		if (!strcmp(lab->devices[i].name, name))
			return &lab->devices[i];
	return NULL;
}

/* A kernel worker makes a new IPv6 address's local route later: until then it is not ours. */
static int wait_until_local(const struct addr *addr, int index)
{
	struct addr scoped = *addr;
	struct timeval limit = {.tv_usec = 2000};
	struct sockaddr_storage to;
	socklen_t len;

	scoped.scope = addr_is_link_local(addr) ? (uint32_t)index : 0;
	len = lab_sockaddr(&scoped, 9, true, &to);
	for (int tries = 0; tries < 1000; tries++) {
		AUTO(closep) int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, (struct sockaddr *)&to, len) < 0 && errno == ECONNREFUSED)
			return 0;
	}
	return -ETIMEDOUT;
}

int lab_add_address(struct lab *lab, const struct addr *addr, const char *name)
{
	int r = 0, index = 1;

	for (int i = 0; i < lab->n_addresses; i++)
		if (addr_equal(&lab->addresses[i].addr, addr))
			return 0;
	if (lab->n_addresses == LAB_MAX_ADDRESSES)
		return -ENOSPC;
	if (strcmp(name, "lo") != 0 && !lab_device(lab, name))
		r = add_device(lab, name);
	if (r)
		return r;
	if (lab_device(lab, name))
		index = lab_device(lab, name)->index;
	r = put_address(addr, index);
	if (!r && addr->family == ADDR_IPV6)
		r = wait_until_local(addr, index);
	if (!r && !addr_is_link_local(addr))
		r = put_quick_acks(addr, addr->family == ADDR_IPV4 ? 32 : 128, index);
	if (r)
		return r;
	lab->addresses[lab->n_addresses].addr = *addr;
	lab->addresses[lab->n_addresses++].device = index;
	return 0;
}

int lab_owner_index(const struct lab *lab, const struct addr *addr)
{
	struct addr plain = addr_unmapped(addr);

	for (int i = 0; i < lab->n_addresses; i++)
		if (addr_equal(&lab->addresses[i].addr, &plain))
			return lab->addresses[i].device;
	return 1;
}

bool lab_is_local(const struct lab *lab, const struct addr *addr)
{
	struct addr plain = addr_unmapped(addr);

	return addr_is_loopback(addr) || lab_owner_index(lab, &plain) != 1;
}

int lab_leftovers(const struct lab *lab)
{
	char text[512];
	ssize_t len = pread(lab->sockstat_fd, text, sizeof(text) - 1, 0);
	int in_use = 0, time_wait = 0;
	const char *tcp;

	if (len <= 0)
		return -1;
	text[len] = '\0';
	tcp = strstr(text, "TCP: inuse ");
	if (!tcp || sscanf(tcp, "TCP: inuse %d orphan %*d tw %d", &in_use, &time_wait) != 2)
		return -1;
	return in_use + time_wait;
}

socklen_t lab_sockaddr(const struct addr *addr, uint16_t port, bool inet6,
		       struct sockaddr_storage *ret)
{
	struct addr form = inet6 && addr->family == ADDR_IPV4 ? addr_mapped(addr) : *addr;
	struct sockaddr_in *in = (void *)ret;
	struct sockaddr_in6 *in6 = (void *)ret;

	memset(ret, 0, sizeof(*in6));
	if (form.family == ADDR_IPV4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, form.bytes, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_scope_id = form.scope;
	memcpy(&in6->sin6_addr, form.bytes, 16);
	return sizeof(*in6);
}

void lab_from_sockaddr(const struct sockaddr_storage *from, struct addr *ret, uint16_t *ret_port)
{
	const struct sockaddr_in *in = (const void *)from;
	const struct sockaddr_in6 *in6 = (const void *)from;

	*ret = (struct addr){.family = ADDR_IPV4};
	*ret_port = ntohs(in->sin_port);
	if (from->ss_family == AF_INET)
		memcpy(ret->bytes, &in->sin_addr, 4);
	else
		*ret = addr_ipv6(in6->sin6_addr.s6_addr, in6->sin6_scope_id);
}
