/* SPDX-License-Identifier: MIT */
/* What each runtime writes (shortened to the keys around those that are read). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/auto.h"
#include "sources/container_facts.h"

enum form { DOCKER, OCI, STORAGE };

static const struct {
	enum form form;
	const char *json, *name, *image, *pod;
} cases[] = {
	{DOCKER,
	 "{\"StreamConfig\":{},\"ID\":\"ab\",\"Name\":\"/web\",\"Config\":{\"Hostname\":\"h\","
	 "\"Image\":\"nginx:1.25\",\"Labels\":{}},\"Image\":\"sha256:12\"}",
	 "web", "nginx:1.25", NULL},
	{DOCKER,
	 "{\"Name\":\"/k8s_web_web-7d_shop_1\",\"Config\":{\"Image\":\"nginx@sha256:1\",\"Labels\":{"
	 "\"io.kubernetes.container.name\":\"web\",\"io.kubernetes.pod.name\":\"web-7d\","
	 "\"io.kubernetes.pod.namespace\":\"shop\"}}}",
	 "web", "nginx@sha256:1", "shop/web-7d"},
	{DOCKER, "{\"message\":\"No such container: ab\"}", NULL, NULL, NULL},
	{OCI,
	 "{\"ociVersion\":\"1.1.0\",\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\","
	 "\"io.kubernetes.cri.container-type\":\"container\","
	 "\"io.kubernetes.cri.image-name\":\"docker.io/library/nginx:1.25\","
	 "\"io.kubernetes.cri.sandbox-id\":\"cd\",\"io.kubernetes.cri.sandbox-name\":\"web-7d\","
	 "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}",
	 "web", "docker.io/library/nginx:1.25", "shop/web-7d"},
	{OCI,
	 "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
	 "\"io.kubernetes.cri.sandbox-name\":\"web-7d\","
	 "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}",
	 "sandbox", NULL, "shop/web-7d"},
	{OCI,
	 "{\"annotations\":{\"io.kubernetes.container.name\":\"web\","
	 "\"io.kubernetes.cri-o.ContainerName\":\"k8s_web_web-7d_shop_u_0\","
	 "\"io.kubernetes.cri-o.ImageName\":\"quay.io/shop/web:2\","
	 "\"io.kubernetes.cri-o.Name\":\"k8s_web_web-7d_shop_u_0\","
	 "\"io.kubernetes.pod.name\":\"web-7d\",\"io.kubernetes.pod.namespace\":\"shop\"}}",
	 "web", "quay.io/shop/web:2", "shop/web-7d"},
	{OCI, "{\"annotations\":{\"io.container.manager\":\"libpod\"}}", NULL, NULL, NULL},
	{OCI, "{\"annotations\":\"none\"}", NULL, NULL, NULL},
	{OCI, "[]", NULL, NULL, NULL},
	{OCI, "", NULL, NULL, NULL},
	{STORAGE,
	 "[{\"id\":\"zz\",\"names\":[\"other\"]},{\"id\":\"ab\",\"names\":[\"myweb\"],\"image\":\"a9\","
	 "\"metadata\":\"{\\\"image-name\\\":\\\"localhost/web:1\\\",\\\"name\\\":\\\"myweb\\\"}\"}]",
	 "myweb", "localhost/web:1", NULL},
	{STORAGE, "[{\"id\":\"ab\",\"names\":[\"myweb\"],\"metadata\":\"{\"}]", "myweb", NULL, NULL},
	{STORAGE, "[{\"id\":\"ab\"}]", NULL, NULL, NULL},
};

static void same(const char *is, const char *want)
{
	if (want)
		assert_string_equal(is, want);
	else
		assert_null(is);
}

static void reads(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct container_facts facts = {0};
		struct arena arena;
		arena_init(&arena);
		if (cases[i].form == DOCKER)
			container_from_docker(&arena, cases[i].json, &facts);
		else if (cases[i].form == OCI)
			container_from_oci(&arena, cases[i].json, &facts);
		else
			container_from_storage(&arena, cases[i].json, "ab", &facts);
		same(facts.name, cases[i].name);
		same(facts.image, cases[i].image);
		same(facts.pod, cases[i].pod);
		arena_release(&arena);
	}
}

static void finds_bodies(void **state)
{
	assert_string_equal(container_http_body("HTTP/1.0 200 OK\r\nA: b\r\n\r\n{}"), "{}");
	assert_null(container_http_body("HTTP/1.0 404 Not Found\r\n\r\n{}"));
	assert_null(container_http_body("HTTP/1.0 200 OK\r\n"));
	assert_null(container_http_body("HTTP/1.0\r\n\r\n 200"));
	assert_null(container_http_body(""));
}

static void finds_options(void **state)
{
	const char *at = NULL;

	assert_int_equal(container_option("conmon -c ab -u ab -b /x/y -n web", "-b", &at), 4);
	assert_memory_equal(at, "/x/y", 4);
	assert_int_equal(container_option("dockerd --data-root=/d", "--data-root", &at), 2);
	assert_int_equal(container_option("conmon -cc ab -b", "-b", &at), 0);
	assert_int_equal(container_option("", "-b", &at), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(finds_bodies),
					   cmocka_unit_test(finds_options)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
