/* SPDX-License-Identifier: BSD-3-Clause */
/* A control plane for tests of the shell; see cli_server.h. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/cli_server.h"

#define CLIENTS_MAX 8

struct cli_server {
	char dir[64], path[96];
	int listener;
	int wake[2]; /* a byte: stop or restart */
	FILE *clients[CLIENTS_MAX];
	pthread_t thread;
	pthread_mutex_t lock; /* what follows */
	bool stop;
	enum cli_server_fault fault;
	unsigned int requests;
	json_t *config, *pushed;
	json_int_t version;
};

/* ---- the table of options -------------------------------------------------------------------- */

static json_t *
node(const char *name, const char *type, const char *cli, json_t *more)
{
	json_t *n = json_pack("{s:s, s:s, s:s, s:s+}", "name", name, "type", type, "cli", cli,
			"help", "help of ", name);

	if (more != NULL)
		json_object_update(n, more);
	json_decref(more);
	return n;
}

static json_t *
children(json_t *list)
{
	return json_pack("{s:o}", "children", list);
}

static json_t *
listed(const char *a, const char *b, const char *c)
{
	return json_pack("{s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}", "values", "name", a, "help",
			"", "name", b, "help", "", "name", c, "help", "");
}

static json_t *
range(json_int_t min, json_int_t max)
{
	return json_pack("{s:I, s:I}", "min", min, "max", max);
}

static json_t *
flag(const char *name)
{
	return json_pack("{s:b}", name, 1);
}

static json_t *
with(json_t *a, json_t *b)
{
	json_object_update(a, b);
	json_decref(b);
	return a;
}

static json_t *
port_node(void)
{
	json_t *window = with(range(64, 4096), with(flag("zero_too"), flag("power_of_two")));
	json_t *mtu = json_pack("{s:s, s:i}", "unit", "bytes", "default", 1500);
	json_t *nodes = json_pack("[o, o, o, o, o]",
			node("about", "string", "description", range(1, 127)),
			node("enabled", "boolean", "shutdown", flag("inverted")),
			node("mtu", "integer", "mtu", with(range(576, 9600), mtu)),
			node("window", "integer", "window", window),
			node("address", "addresses", "ip address", NULL));

	return node("ports", "map", "interface",
			with(json_pack("{s:s, s:s}", "key_help", "name of the port", "pattern",
					     "^[A-Za-z][A-Za-z0-9._-]*$"), children(nodes)));
}

static json_t *
tunnel_node(void)
{
	json_t *nodes = json_pack("[o, o, o, o, o]",
			node("source", "ipv4", "tunnel source", flag("required")),
			node("address", "address", "ip address", NULL),
			node("checksum", "boolean", "tunnel checksum", NULL),
			node("protection", "ref", "tunnel protection",
					json_pack("{s:s}", "ref", "/crypto/profiles")),
			node("enabled", "boolean", "shutdown", flag("inverted")));

	return node("tunnels", "map", "interface tunnel",
			with(json_pack("{s:s, s:s}", "key_help", "name of the tunnel", "reserved",
					     "tunnel null0"), children(nodes)));
}

static json_t *
route_node(void)
{
	json_t *into = json_pack("{s:s}", "ref", "/ports /tunnels");
	json_t *nodes = json_pack("[o, o, o, o, o]",
			node("prefix", "prefix", "", with(flag("required"), flag("key"))),
			node("interface", "ref", "", with(flag("key"), into)),
			node("via", "ipv4", "", flag("key")),
			node("null", "boolean", "null0", flag("key")),
			node("distance", "integer", "distance", range(1, 255)));

	return node("routes", "list", "ip route", children(nodes));
}

static json_t *
crypto_node(void)
{
	json_t *key = json_pack("[o, o]", node("identity", "identity", "identity", NULL),
			node("psk", "string", "pre-shared-key",
					with(flag("secret"), range(1, 128))));
	json_t *profile = json_pack("[o, o, o]",
			node("ciphers", "enums", "set encryption",
					listed("aes-cbc-128", "aes-gcm-128", "aes-gcm-256")),
			node("groups", "integers", "set group",
					json_pack("{s:[i, i, i]}", "values", 14, 19, 31)),
			node("keys", "refs", "set keys",
					json_pack("{s:s}", "ref", "/crypto/keys")));
	json_t *keys = with(json_pack("{s:s}", "key_help", "name of the key"), children(key));

	return node("crypto", "object", "crypto",
			children(json_pack("[o, o]", node("keys", "map", "keyring", keys),
					node("profiles", "map", "profile", children(profile)))));
}

json_t *
cli_server_schema(void)
{
	json_t *system = json_pack("[o, o]",
			node("hostname", "string", "hostname", range(1, 63)),
			node("level", "enum", "logging level", listed("error", "notice", "debug")));

	return node("", "object", "",
			children(json_pack("[o, o, o, o, o]",
					node("system", "object", "", children(system)), port_node(),
					tunnel_node(), route_node(), crypto_node())));
}

/* ---- answers -------------------------------------------------------------------------------- */

static json_t *
first_config(void)
{
	return json_pack("{s:{s:s}, s:{s:{s:[s], s:s}}, s:[{s:s, s:s}], s:{s:{s:{s:s}}}}", "system",
			"hostname", "hub-a", "ports", "wan", "address", "1.1.1.2/24", "about",
			"to the ISP", "routes", "prefix", "0.0.0.0/0", "via", "1.1.1.1", "crypto",
			"keys", "branch-1", "psk", "correct-horse");
}

/* Secrets hidden (@from NULL), or those that are hidden taken from @from. */
static void
secrets(json_t *config, const json_t *from)
{
	json_t *keys = json_object_get(json_object_get(config, "crypto"), "keys"), *key;
	const char *name;

	json_object_foreach (keys, name, key) {
		const char *now = json_string_value(json_object_get(key, "psk"));
		json_t *kept = json_object_get(
				json_object_get(json_object_get(json_object_get(from, "crypto"),
								"keys"),
						name),
				"psk");

		if (from == NULL)
			json_object_set_new(key, "psk", json_string("********"));
		else if (now != NULL && strcmp(now, "********") == 0 && kept != NULL)
			json_object_set(key, "psk", kept);
	}
}

static json_t *
refusal(const char *message, const char *path)
{
	json_t *e = json_pack("{s:s}", "message", message);

	if (path != NULL)
		json_object_set_new(e, "errors",
				json_pack("[{s:s, s:s, s:s}]", "path", path, "message",
						"it is not there", "expected",
						"an \033[31maddress"));
	return json_pack("{s:o}", "error", e);
}

static json_t *
push(struct cli_server *s, const json_t *params)
{
	json_t *config = json_deep_copy(json_object_get(params, "config")), *tunnel;
	json_t *base = json_object_get(params, "base");
	const char *name;
	char path[64];
	bool changed;

	json_decref(s->pushed);
	s->pushed = json_deep_copy(params);
	json_object_foreach (json_object_get(config, "tunnels"), name, tunnel) {
		if (json_object_get(tunnel, "source") != NULL)
			continue;
		snprintf(path, sizeof(path), "/tunnels/%s/source", name);
		json_decref(config);
		return refusal("1 error in the configuration, nothing was changed", path);
	}
	if (base != NULL && json_integer_value(base) != s->version) {
		json_decref(config);
		return refusal("the running version is another", NULL);
	}
	secrets(config, s->config);
	changed = !json_equal(config, s->config);
	if (changed && !json_is_true(json_object_get(params, "dry_run"))) {
		json_decref(s->config);
		s->config = json_incref(config);
		s->version++;
	}
	json_decref(config);
	return json_pack("{s:{s:I, s:b, s:[s*], s:[]}}", "result", "version", s->version, "changed",
			changed, "changes", changed ? "ports/wan/mtu: 1500 -> 1400" : NULL,
			"warnings");
}

static json_t *
show(const json_t *params)
{
	static const char tunnels[] =
			"{\"tunnels\": [{\"name\": \"t1\", \"enabled\": true, \"state\": "
			"\"up\", \"destination\": \"2.2.2.2\", \"in_packets\": 12345678, "
			"\"spi_in\": "
			"\"0x00000101\", \"since_s\": 3700}, {\"name\": \"t2\", \"enabled\": true, "
			"\"state\": \"down\", \"why\": \"no \\u001b[2Janswer\", \"since_s\": "
			"null}]}";
	static const char sessions[] =
			"{\"sessions\": [{\"tunnel\": \"t1\", \"version\": 2, \"state\": \"up\", "
			"\"ike_state\": \"established\", \"remote\": \"2.2.2.2\", \"local\": "
			"\"1.1.1.2\", \"identity\": \"2.2.2.2\", \"since_s\": 70, \"ike\": {"
			"\"state\": \"established\", \"authentication\": {\"local\": \"ed25519\", "
			"\"remote\": \"rsa-pss-sha256\", \"ppk\": true, \"certificate\": "
			"{\"subject\": \"CN=b\", \"expires_in_s\": 864000}}}, "
			"\"ike_heard_s\": 3, \"esp_heard_s\": null, \"sessions\": 2, \"last_end\": "
			"{\"ago_s\": 75, \"why\": \"peer does not answer\"}, \"dpd\": {\"mode\": "
			"\"on-demand\", \"interval_s\": 40, \"retry_s\": 5, \"count\": 5, "
			"\"worst_s\": 65, \"sent\": 8, \"answered\": 7, \"missed\": 1, \"unknown\": 2, "
			"\"round_trips\": [{\"up_to_ms\": 5, \"n\": 6}, {\"up_to_ms\": 20, \"n\": "
			"0}, {\"up_to_ms\": null, \"n\": 1}]}}, {\"tunnel\": \"t2\", \"version\": "
			"1, \"state\": \"down\", \"ike_state\": \"retry\", \"why\": \"IKE: peer "
			"3.3.3.3 answers NO_PROPOSAL_CHOSEN\", \"dpd\": {\"mode\": "
			"\"disabled\"}}]}";
	static const char debug[] =
			"{\"running\": false, \"next\": 2, \"lost\": 1, \"messages\": [{\"seq\": "
			"1, \"time_ms\": 1500, \"direction\": \"in\", \"peer\": \"t1\", "
			"\"remote\": "
			"\"2.2.2.2\", \"remote_port\": 500, \"lines\": [\"IKE_SA_INIT response\", "
			"\"  NONCE, 32 bytes\"]}]}";
	static const char ospf_debug[] =
			"{\"running\": false, \"next\": 3, \"lost\": 0, \"messages\": [{\"seq\": "
			"1, \"time_ms\": 1500, \"topic\": \"hello\", \"direction\": \"out\", "
			"\"interface\": \"lan\", \"address\": \"224.0.0.5\", \"router_id\": null, "
			"\"lines\": [\"Hello\", \"  priority 1\"]}, {\"seq\": 2, \"time_ms\": "
			"1501, \"topic\": \"spf\", \"direction\": \"in\", \"interface\": null, "
			"\"address\": null, \"router_id\": null, \"lines\": [\"calculation\"]}]}";
	static const char vrrp_debug[] =
			"{\"running\": false, \"next\": 2, \"lost\": 0, \"messages\": [{\"seq\": "
			"1, \"time_ms\": 1500, \"direction\": \"in\", \"interface\": \"lan\", "
			"\"group\": 10, \"family\": \"ipv4\", \"address\": \"192.168.10.3\", "
			"\"lines\": [\"advertisement\"]}]}";
	static const char vrrp[] =
			"{\"groups\": [{\"interface\": \"lan\", \"group\": 10, \"family\": "
			"\"ipv4\", \"state\": \"active\"}, {\"interface\": \"lan\", \"group\": 10, "
			"\"family\": \"ipv6\", \"state\": \"backup\"}, {\"interface\": \"dmz\", "
			"\"group\": 11, \"family\": \"ipv4\", \"state\": \"init\"}]}";
	static const char routes[] =
			"{\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"protocol\": \"static\", "
			"\"installed\": false, \"why\": \"object 1 is down\"}, {\"prefix\": "
			"\"10.1.0.0/16\", \"protocol\": \"ospf\", \"installed\": true, "
			"\"next_hops\": [{\"via\": \"1.1.1.1\", \"resolved\": true}]}]}";
	const char *what = json_string_value(json_object_get(params, "what"));

	if (what != NULL && strcmp(what, "vrrp") == 0)
		return json_pack("{s:o}", "result", json_loads(vrrp, 0, NULL));
	if (what != NULL && strcmp(what, "ip-route") == 0)
		return json_pack("{s:o}", "result", json_loads(routes, 0, NULL));
	if (what != NULL && strcmp(what, "crypto-session") == 0)
		return json_pack("{s:o}", "result", json_loads(sessions, 0, NULL));
	if (what != NULL && strcmp(what, "crypto-debug") == 0)
		return json_pack("{s:o}", "result", json_loads(debug, 0, NULL));
	if (what != NULL && strcmp(what, "ip-ospf-debug") == 0)
		return json_pack("{s:o}", "result", json_loads(ospf_debug, 0, NULL));
	if (what != NULL && strcmp(what, "vrrp-debug") == 0)
		return json_pack("{s:o}", "result", json_loads(vrrp_debug, 0, NULL));
	if (what != NULL && strcmp(what, "tunnel") == 0)
		return json_pack("{s:o}", "result", json_loads(tunnels, 0, NULL));
	if (what != NULL && strcmp(what, "version") == 0)
		return json_pack("{s:{s:s, s:s}}", "result", "hostname", "hub-a", "version", "9.9");
	return refusal("params: \"what\" is not known", NULL);
}

/* Of nobody when the peer is called nobody. */
static json_t *
cleared(const json_t *params)
{
	const char *peer = json_string_value(json_object_get(params, "peer"));

	if (peer != NULL && strcmp(peer, "nobody") == 0)
		return json_pack("{s:{s:i, s:i}}", "result", "cleared", 0, "peers", 0);
	return json_pack("{s:{s:i, s:i}}", "result", "cleared", 3, "peers", 1);
}

/* IKE messages: begun and ended. A test of a tunnel: good for t1, stops for others. */
static json_t *
debug_answer(const json_t *params)
{
	const char *peer = json_string_value(json_object_get(params, "peer"));
	bool good = peer != NULL && strcmp(peer, "t1") == 0;

	if (strcmp(json_string_value(json_object_get(params, "what")), "crypto-test") != 0)
		return json_pack("{s:{s:b, s:i}}", "result", "running", 1, "next", 1);
	if (peer != NULL && strcmp(peer, "nobody") == 0)
		return refusal("nobody is no protected tunnel", NULL);
	return json_pack("{s:{s:s, s:b, s:b, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}]}}", "result",
			"tunnel", peer, "done", 1, "passed", (int)good, "steps", "step", "route",
			"result", "ok", "text", "2.2.2.2 by next hop 1.1.1.1", "step", "ike",
			"result", good ? "ok" : "failed", "text",
			good ? "the peer answers" : "peer does not answer");
}

static json_t *
get_config(struct cli_server *s)
{
	json_t *config = json_deep_copy(s->config);

	secrets(config, NULL);
	return json_pack("{s:{s:I, s:o}}", "result", "version", s->version, "config", config);
}

static json_t *
answer(struct cli_server *s, const json_t *request)
{
	const char *method = json_string_value(json_object_get(request, "method"));
	const json_t *params = json_object_get(request, "params");

	if (method == NULL)
		return refusal("no method", NULL);
	if (strcmp(method, "schema") == 0)
		return json_pack("{s:{s:o}}", "result", "schema", cli_server_schema());
	if (strcmp(method, "config-get") == 0)
		return get_config(s);
	if (strcmp(method, "config-push") == 0)
		return push(s, params);
	if (strcmp(method, "config-versions") == 0)
		return json_pack("{s:{s:[{s:I, s:b, s:s}]}}", "result", "versions", "version",
				s->version, "running", 1, "comment", "first");
	if (strcmp(method, "show") == 0)
		return show(params);
	if (strcmp(method, "clear") == 0)
		return cleared(params);
	if (strcmp(method, "debug") == 0)
		return debug_answer(params);
	return refusal("no such method", NULL);
}

/* One request of @f; false when the connection is to be closed. */
static bool
serve(struct cli_server *s, FILE *f)
{
	enum cli_server_fault fault;
	char *line = NULL, *text;
	json_t *request, *doc;
	size_t cap = 0;

	if (getline(&line, &cap, f) <= 0) {
		free(line);
		return false;
	}
	request = json_loads(line, 0, NULL);
	free(line);
	pthread_mutex_lock(&s->lock);
	s->requests++;
	fault = s->fault;
	doc = fault == SERVER_WELL ? answer(s, request) : json_pack("{s:{}}", "result");
	pthread_mutex_unlock(&s->lock);
	json_object_set_new(doc, "id",
			json_integer(json_integer_value(json_object_get(request, "id")) +
					(fault == SERVER_WRONG_ID)));
	text = json_dumps(doc, JSON_COMPACT);
	if (fault == SERVER_GARBAGE)
		dprintf(fileno(f), "{\"id\": 1, \n");
	else if (fault == SERVER_HALF)
		dprintf(fileno(f), "%.*s", (int)strlen(text) / 2, text);
	else if (fault == SERVER_WELL || fault == SERVER_WRONG_ID)
		dprintf(fileno(f), "%s\n", text);
	free(text);
	json_decref(doc);
	json_decref(request);
	return fault != SERVER_CLOSE && fault != SERVER_HALF;
}

static void
drop(struct cli_server *s, int i)
{
	if (s->clients[i] != NULL)
		fclose(s->clients[i]);
	s->clients[i] = NULL;
}

static void
take(struct cli_server *s)
{
	int fd = accept(s->listener, NULL, NULL);

	for (int i = 0; i < CLIENTS_MAX && fd >= 0; i++) {
		if (s->clients[i] == NULL) {
			s->clients[i] = fdopen(fd, "r");
			return;
		}
	}
	close(fd);
}

static void *
run(void *arg)
{
	struct cli_server *s = arg;
	bool stop = false;
	char byte;

	while (!stop) {
		struct pollfd p[CLIENTS_MAX + 2] = {
			{ .fd = s->listener, .events = POLLIN },
			{ .fd = s->wake[0], .events = POLLIN },
		};

		for (int i = 0; i < CLIENTS_MAX; i++)
			p[2 + i] = (struct pollfd){
				.fd = s->clients[i] == NULL ? -1 : fileno(s->clients[i]),
				.events = POLLIN
			};
		poll(p, CLIENTS_MAX + 2, -1);
		for (int i = 0; i < CLIENTS_MAX; i++)
			if (p[2 + i].revents != 0 && !serve(s, s->clients[i]))
				drop(s, i);
		if (p[0].revents != 0)
			take(s);
		if (p[1].revents == 0 || read(s->wake[0], &byte, 1) != 1)
			continue;
		for (int i = 0; i < CLIENTS_MAX; i++)
			drop(s, i);
		stop = byte == 's';
		if (byte == 'r' && write(s->wake[0], "d", 1) != 1)
			stop = true;
	}
	return NULL;
}

/* ---- starting and asking -----------------------------------------------------------------------
 */

struct cli_server *
cli_server_start(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct cli_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	signal(SIGPIPE, SIG_IGN);
	strcpy(s->dir, "/tmp/culvert-cli-test.XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		return NULL;
	snprintf(s->path, sizeof(s->path), "%s/sock", s->dir);
	strcpy(addr.sun_path, s->path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->config = first_config();
	s->version = 7;
	pthread_mutex_init(&s->lock, NULL);
	if (bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
			listen(s->listener, 8) != 0 ||
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->wake) != 0 ||
			pthread_create(&s->thread, NULL, run, s) != 0)
		return NULL;
	return s;
}

static void
wake(struct cli_server *s, char what)
{
	if (write(s->wake[1], &what, 1) != 1)
		abort();
}

void
cli_server_stop(struct cli_server *s)
{
	wake(s, 's');
	pthread_join(s->thread, NULL);
	close(s->listener);
	close(s->wake[0]);
	close(s->wake[1]);
	unlink(s->path);
	rmdir(s->dir);
	json_decref(s->config);
	json_decref(s->pushed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
cli_server_restart(struct cli_server *s)
{
	char done;

	wake(s, 'r');
	if (read(s->wake[1], &done, 1) != 1)
		abort();
}

const char *
cli_server_path(const struct cli_server *s)
{
	return s->path;
}

void
cli_server_fault(struct cli_server *s, enum cli_server_fault fault)
{
	pthread_mutex_lock(&s->lock);
	s->fault = fault;
	pthread_mutex_unlock(&s->lock);
}

unsigned int
cli_server_requests(struct cli_server *s)
{
	unsigned int n;

	pthread_mutex_lock(&s->lock);
	n = s->requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

json_t *
cli_server_config(struct cli_server *s, json_int_t *version)
{
	json_t *config;

	pthread_mutex_lock(&s->lock);
	config = json_deep_copy(s->config);
	*version = s->version;
	pthread_mutex_unlock(&s->lock);
	return config;
}

void
cli_server_change(struct cli_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->version++;
	pthread_mutex_unlock(&s->lock);
}

json_t *
cli_server_pushed(struct cli_server *s)
{
	json_t *pushed;

	pthread_mutex_lock(&s->lock);
	pushed = json_deep_copy(s->pushed);
	pthread_mutex_unlock(&s->lock);
	return pushed;
}
