/* SPDX-License-Identifier: MIT */
/* Paths as the runtimes make them. */
#include "sources/cgroups.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID	"4f3c2b1a09f8e7d6c5b4a3928170605f4e3d2c1b0a99887766554433221100ff"
#define UID	"b9e6f3c2-7d1a-4c55-9a0e-2f8d1c3b4a5e"
#define UID_	"b9e6f3c2_7d1a_4c55_9a0e_2f8d1c3b4a5e"
#define USER	"/user.slice/user-1000.slice/user@1000.service"

static const struct {
	const char *path, *unit, *slice, *container, *pod;
	enum proc_manager manager;
} vectors[] = {
	{"/", "", "", "", "", PROC_MANAGER_NONE},
	{"", "", "", "", "", PROC_MANAGER_NONE},
	{"/system.slice/nginx.service", "nginx.service", "system.slice", "", "",
	 PROC_MANAGER_SYSTEMD},
	{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service",
	 "system-getty.slice", "", "", PROC_MANAGER_SYSTEMD},
	{"/system.slice/dev-disk-by\\x2duuid-1.swap", "dev-disk-by\\x2duuid-1.swap",
	 "system.slice", "", "", PROC_MANAGER_SYSTEMD},
	{"/system.slice/_cpu.service", "cpu.service", "system.slice", "", "",
	 PROC_MANAGER_SYSTEMD},
	{"/system.slice/ssh.service/worker/1", "ssh.service", "system.slice", "", "",
	 PROC_MANAGER_SYSTEMD},
	{"/init.scope", "init.scope", "", "", "", PROC_MANAGER_NONE},
	{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "user-1000.slice", "",
	 "", PROC_MANAGER_NONE},
	{USER "/app.slice/dev\\x2dserver.service", "dev\\x2dserver.service", "user-1000.slice",
	 "", "", PROC_MANAGER_SYSTEMD},
	{USER "/init.scope", "init.scope", "user-1000.slice", "", "", PROC_MANAGER_NONE},
	{USER "/app.slice/app-a.slice/app-a@1.service", "app-a@1.service", "user-1000.slice", "",
	 "", PROC_MANAGER_SYSTEMD},
	{"/docker/" ID, "", "", ID, "", PROC_MANAGER_DOCKER},
	{"/../../docker/" ID, "", "", ID, "", PROC_MANAGER_DOCKER},
	{"/system.slice/docker-" ID ".scope", "", "system.slice", ID, "", PROC_MANAGER_DOCKER},
	{"/docker/" ID "/system.slice/nginx.service", "nginx.service", "", ID, "",
	 PROC_MANAGER_DOCKER},
	{"/system.slice/docker.service", "docker.service", "system.slice", "", "",
	 PROC_MANAGER_SYSTEMD},
	{"/system.slice/docker.service/docker/" ID, "", "system.slice", ID, "",
	 PROC_MANAGER_DOCKER},
	{"/actions_job/" ID, "", "", ID, "", PROC_MANAGER_DOCKER},
	{"/ecs/task-1/" ID, "", "", ID, "", PROC_MANAGER_DOCKER},
	{"/machine.slice/libpod-" ID ".scope", "", "machine.slice", ID, "", PROC_MANAGER_PODMAN},
	{"/machine.slice/libpod-" ID ".scope/container", "", "machine.slice", ID, "",
	 PROC_MANAGER_PODMAN},
	{"/machine.slice/libpod-conmon-" ID ".scope", "", "machine.slice", "", "",
	 PROC_MANAGER_PODMAN},
	{"/libpod_parent/libpod-" ID, "", "", ID, "", PROC_MANAGER_PODMAN},
	{USER "/user.slice/libpod-" ID ".scope/container", "", "user-1000.slice", ID, "",
	 PROC_MANAGER_PODMAN},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
	 ".slice/cri-containerd-" ID ".scope",
	 "", "kubepods-burstable-pod" UID_ ".slice", ID, UID_, PROC_MANAGER_CONTAINERD},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope", "",
	 "kubepods-pod" UID_ ".slice", ID, UID_, PROC_MANAGER_CRIO},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" ID ".scope", "",
	 "kubepods-pod" UID_ ".slice", "", UID_, PROC_MANAGER_CRIO},
	{"/kubepods/besteffort/pod" UID "/" ID, "", "", ID, UID, PROC_MANAGER_CONTAINERD},
	{"/kubepods/pod" UID "/crio-" ID, "", "", ID, UID, PROC_MANAGER_CRIO},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
	 "0123456789abcdef0123456789abcdef.slice/docker-" ID ".scope",
	 "", "kubepods-burstable-pod0123456789abcdef0123456789abcdef.slice", ID,
	 "0123456789abcdef0123456789abcdef", PROC_MANAGER_DOCKER},
	{"/system.slice/containerd.service/kubepods-besteffort-pod" UID_
	 ".slice:cri-containerd:" ID, "", "system.slice", ID, UID_, PROC_MANAGER_CONTAINERD},
	{"/k8s.io/" ID, "", "", ID, "", PROC_MANAGER_CONTAINERD},
	{"/system.slice/nerdctl-" ID ".scope", "", "system.slice", ID, "",
	 PROC_MANAGER_CONTAINERD},
	{"/lxc/web", "", "", "web", "", PROC_MANAGER_LXC},
	{"/lxc.payload.web/system.slice/ssh.service", "ssh.service", "", "web", "",
	 PROC_MANAGER_LXC},
	{"/lxc.payload/web", "", "", "web", "", PROC_MANAGER_LXC},
	{"/lxc.monitor.web", "", "", "", "", PROC_MANAGER_LXC},
	{"/machine.slice/machine-deb.scope/payload", "", "machine.slice", "deb", "",
	 PROC_MANAGER_SYSTEMD},
	{"/machine.slice/systemd-nspawn@deb.service/payload/init.scope", "init.scope",
	 "machine.slice", "deb", "", PROC_MANAGER_SYSTEMD},
	{"/docker/buildx", "", "", "", "", PROC_MANAGER_NONE},
	{"/kubepods/podcast", "", "", "", "", PROC_MANAGER_NONE},
	{"/system.slice/docker-cleanup.service", "docker-cleanup.service", "system.slice", "", "",
	 PROC_MANAGER_SYSTEMD},
	{"/.service", "", "", "", "", PROC_MANAGER_NONE},
	{"/_", "", "", "", "", PROC_MANAGER_NONE},
};

static void assert_piece(struct piece piece, const char *expected, const char *path)
{
	if (piece.len != strlen(expected) ||
	    (piece.len && memcmp(piece.text, expected, piece.len) != 0))
		fail_msg("%s: \"%.*s\" instead of \"%s\"", path, (int)piece.len, piece.text,
			 expected);
}

static void paths_tell_units_and_containers(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		struct cgroup_facts facts;
		const char *path = vectors[i].path;
		cgroup_parse(path, strlen(path), &facts);
		if (!facts.unit.len)
			facts.unit.text = "";
		assert_piece(facts.unit, vectors[i].unit, path);
		assert_piece(facts.slice, vectors[i].slice, path);
		assert_piece(facts.container, vectors[i].container, path);
		assert_piece(facts.pod, vectors[i].pod, path);
		if (facts.manager != vectors[i].manager)
			fail_msg("%s: managed by %d", path, facts.manager);
	}
}

static void the_most_telling_hierarchy_wins(void **state)
{
	static const struct {
		const char *text, *path;
	} files[] = {
		{"0::/system.slice/a.service\n", "/system.slice/a.service"},
		{"0::/system.slice/a.service", "/system.slice/a.service"},
		{"9:name=systemd:/\n4:memory:/x/y\n0::/\n", "/x/y"},
		{"9:name=systemd:/system.slice/a.service\n4:memory:/docker/" ID "\n0::/\n",
		 "/docker/" ID},
		{"4:cpu,cpuacct:/a\n1:name=systemd:/b\n0::/c\n", "/b"},
		{"4:cpu,cpuacct:/a\n0::/c\n", "/c"},
		{"0::/\n", "/"},
		{"", "/"},
		{"0:\n::\n:", "/"},
		{"0::/a:b\n", "/a:b"},
	};

	for (size_t i = 0; i < N_ELEMENTS(files); i++)
		assert_piece(cgroup_path(files[i].text, strlen(files[i].text)), files[i].path,
			     files[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_tell_units_and_containers),
		cmocka_unit_test(the_most_telling_hierarchy_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
