/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Versions on disk; see store.h. A file's first line has all but the configuration, so that the
 * list of versions does not take reading fifty configurations of ten thousand tunnels each:
 *
 *     {"version": 7, "time": "2026-01-31T12:00:00Z", "comment": "second branch",
 *     "config": { ... }}
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/config/json.h"
#include "controlplane/config/store.h"

#define HEAD_MAX  4096
#define NAME_MAX_ 48
#define TMP       ".new-"
#define STARTUP   "startup.json"

struct version {
	uint32_t number;
	bool bad; /* the file can't be read */
	char time[24];
	char comment[CFG_TEXT_MAX];
};

struct store {
	char *dir;
	char *startup_path;
	int fd;            /* of the directory */
	struct version *v; /* by number */
	uint32_t n, room;
	bool has_startup;
	uint32_t startup_version;
};

/* ---- reading ------------------------------------------------------------------------------- */

static char *
version_name(uint32_t number, char *buf)
{
	snprintf(buf, NAME_MAX_, "config-%u.json", number);
	return buf;
}

/* "config-12.json" to 12; 0 for any other name. */
static uint32_t
number_of(const char *name)
{
	char again[NAME_MAX_];
	unsigned int number;

	if (sscanf(name, "config-%9u.json", &number) != 1)
		return 0;
	return strcmp(version_name(number, again), name) == 0 ? number : 0;
}

/* The first line of a file as a JSON object. NULL if it isn't one. */
static json_t *
read_head(const struct store *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char head[HEAD_MAX], *end;
	json_t *o = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, head, sizeof(head) - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	end = memchr(head, '\n', (size_t)n);
	if (end != NULL && end > head && end[-1] == ',') {
		end[-1] = '}';
		o = json_loadb(head, (size_t)(end - head), 0, NULL);
	}
	explicit_bzero(head, sizeof(head));
	return o;
}

static void
set_text(char *to, size_t size, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	snprintf(to, size, "%s", s != NULL ? s : "");
}

static void
read_version(const struct store *s, struct version *v)
{
	char name[NAME_MAX_];
	json_t *head = read_head(s, version_name(v->number, name));

	v->bad = json_integer_value(json_object_get(head, "version")) != v->number;
	if (v->bad)
		log_warning("config", "%s/%s is damaged", s->dir, name);
	set_text(v->time, sizeof(v->time), head, "time");
	set_text(v->comment, sizeof(v->comment), head, "comment");
	json_decref(head);
}

static struct version *
add_version(struct store *s, uint32_t number)
{
	if (s->n == s->room) {
		uint32_t room = s->room > 0 ? 2 * s->room : 64;
		struct version *v = reallocarray(s->v, room, sizeof(*v));

		if (v == NULL)
			return NULL;
		s->v = v;
		s->room = room;
	}
	s->v[s->n] = (struct version){ .number = number };
	return &s->v[s->n++];
}

static int
version_cmp(const void *a, const void *b)
{
	uint32_t x = ((const struct version *)a)->number, y = ((const struct version *)b)->number;

	return x < y ? -1 : x > y;
}

static void
read_startup(struct store *s)
{
	struct stat st;
	json_t *head;

	s->has_startup = fstatat(s->fd, STARTUP, &st, 0) == 0;
	s->startup_version = 0;
	if (!s->has_startup)
		return;
	head = read_head(s, STARTUP);
	s->startup_version = (uint32_t)json_integer_value(json_object_get(head, "version"));
	json_decref(head);
}

static int
scan(struct store *s)
{
	DIR *d = opendir(s->dir);
	struct dirent *f;
	int rc = 0;

	if (d == NULL)
		return -errno;
	while ((f = readdir(d)) != NULL) {
		uint32_t number = number_of(f->d_name);

		if (strncmp(f->d_name, TMP, strlen(TMP)) == 0)
			unlinkat(s->fd, f->d_name, 0);
		if (number != 0 && add_version(s, number) == NULL)
			rc = -ENOMEM;
	}
	closedir(d);
	if (s->n > 0)
		qsort(s->v, s->n, sizeof(*s->v), version_cmp);
	for (uint32_t i = 0; i < s->n; i++)
		read_version(s, &s->v[i]);
	read_startup(s);
	return rc;
}

struct store *
store_open(const char *dir, char *err, size_t err_len)
{
	struct store *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL || (s->dir = strdup(dir)) == NULL ||
			asprintf(&s->startup_path, "%s/" STARTUP, dir) < 0) {
		snprintf(err, err_len, "out of memory");
		goto fail;
	}
	s->fd = -1;
	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		snprintf(err, err_len, "state directory %s can't be made: %s", dir,
				strerror(errno));
		goto fail;
	}
	s->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Linux makes a file system read-only when its disk fails: a hub starts all the same. */
	if (s->fd < 0 || (faccessat(s->fd, ".", W_OK, 0) != 0 && errno != EROFS)) {
		snprintf(err, err_len, "state directory %s can't be used: %s", dir,
				strerror(errno));
		goto fail;
	}
	rc = scan(s);
	if (rc != 0) {
		snprintf(err, err_len, "state directory %s can't be read: %s", dir, strerror(-rc));
		goto fail;
	}
	return s;
fail:
	store_close(s);
	return NULL;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->fd > 0)
		close(s->fd);
	free(s->dir);
	free(s->startup_path);
	free(s->v);
	free(s);
}

uint32_t
store_latest(const struct store *s)
{
	return s->n > 0 ? s->v[s->n - 1].number : 0;
}

uint32_t
store_before(const struct store *s, uint32_t version)
{
	for (uint32_t i = s->n; i > 0; i--)
		if (s->v[i - 1].number < version)
			return s->v[i - 1].number;
	return 0;
}

uint32_t
store_startup_version(const struct store *s)
{
	return s->startup_version;
}

bool
store_has_startup(const struct store *s)
{
	return s->has_startup;
}

const char *
store_startup_path(const struct store *s)
{
	return s->startup_path;
}

struct cfg *
store_load(struct store *s, uint32_t version, struct cfg_errors *errs)
{
	struct version key = { .number = version };
	char path[1024], name[NAME_MAX_];

	if (s->n == 0 || bsearch(&key, s->v, s->n, sizeof(key), version_cmp) == NULL) {
		cfg_error_add(errs, "", NULL, "there is no version %u", version);
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s", s->dir, version_name(version, name));
	return cfg_from_file(path, errs);
}

struct cfg *
store_load_startup(struct store *s, struct cfg_errors *errs)
{
	return cfg_from_file(s->startup_path, errs);
}

json_t *
store_list_json(const struct store *s, uint32_t running)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < s->n; i++) {
		const struct version *v = &s->v[i];
		json_t *o = json_pack("{s:I, s:s, s:s, s:b, s:b}", "version", (json_int_t)v->number,
				"time", v->time, "comment", v->comment, "running",
				v->number == running, "startup",
				s->has_startup && v->number == s->startup_version);

		if (v->bad)
			json_object_set_new(o, "unreadable", json_true());
		json_array_append_new(list, o);
	}
	return list;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int
write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Replace file @name: whoever looks, and whenever the power goes, it is the old or the new. */
static int
replace_file(const struct store *s, const char *name, const char *text)
{
	char tmp[NAME_MAX_ + sizeof(TMP)];
	int fd, rc;

	snprintf(tmp, sizeof(tmp), TMP "%s", name);
	unlinkat(s->fd, tmp, 0);
	fd = openat(s->fd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, text, strlen(text));
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(s->fd, tmp, s->fd, name) != 0)
		rc = -errno;
	if (rc == 0 && fsync(s->fd) != 0)
		rc = -errno;
	if (rc != 0)
		unlinkat(s->fd, tmp, 0);
	return rc;
}

/* The text of a file, to be wiped and freed by the caller. NULL without memory. */
static char *
file_text(const struct cfg *c, const struct version *v)
{
	json_t *doc = cfg_to_json(c, CFG_JSON_SECRETS);
	json_t *head = json_pack("{s:I, s:s, s:s}", "version", (json_int_t)v->number, "time",
			v->time, "comment", v->comment);
	char *body = doc != NULL ? json_dumps(doc, JSON_INDENT(1)) : NULL;
	char *first = head != NULL ? json_dumps(head, 0) : NULL, *text = NULL;

	if (body != NULL && first != NULL) {
		first[strlen(first) - 1] = '\0'; /* without its brace */
		if (asprintf(&text, "%s,\n\"config\": %s}\n", first, body) < 0)
			text = NULL;
	}
	if (body != NULL)
		explicit_bzero(body, strlen(body));
	free(body);
	free(first);
	json_decref(doc);
	json_decref(head);
	return text;
}

static int
write_version(const struct store *s, const char *name, const struct cfg *c, const struct version *v)
{
	char *text = file_text(c, v);
	int rc;

	if (text == NULL)
		return -ENOMEM;
	rc = replace_file(s, name, text);
	explicit_bzero(text, strlen(text));
	free(text);
	return rc;
}

static void
set_now(struct version *v)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(v->time, sizeof(v->time), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void
forget(struct store *s, uint32_t i)
{
	char name[NAME_MAX_];

	if (unlinkat(s->fd, version_name(s->v[i].number, name), 0) != 0 && errno != ENOENT)
		log_warning("config", "%s/%s can't be removed: %s", s->dir, name, strerror(errno));
	memmove(&s->v[i], &s->v[i + 1], (s->n - i - 1) * sizeof(*s->v));
	s->n--;
}

static void
prune(struct store *s, uint32_t running)
{
	uint32_t i = 0;

	while (s->n > STORE_KEEP && i + 1 < s->n) {
		if (s->v[i].number == running ||
				(s->has_startup && s->v[i].number == s->startup_version))
			i++;
		else
			forget(s, i);
	}
}

/* A comment of somebody else's, cut to size between characters. */
static void
set_comment(struct version *v, const char *comment)
{
	size_t len;

	snprintf(v->comment, sizeof(v->comment), "%s", comment != NULL ? comment : "");
	len = strlen(v->comment);
	while (len > 0 && len == sizeof(v->comment) - 1 && (v->comment[len - 1] & 0x80) != 0)
		v->comment[--len] = '\0';
}

int
store_add(struct store *s, const struct cfg *c, const char *comment, uint32_t running,
		uint32_t *version)
{
	struct version *v = add_version(s, store_latest(s) + 1);
	char name[NAME_MAX_];
	int rc;

	if (v == NULL)
		return -ENOMEM;
	set_comment(v, comment);
	set_now(v);
	rc = write_version(s, version_name(v->number, name), c, v);
	if (rc != 0) {
		s->n--;
		return rc;
	}
	*version = v->number;
	prune(s, running);
	return 0;
}

void
store_withdraw(struct store *s, uint32_t version)
{
	if (s->n > 0 && s->v[s->n - 1].number == version)
		forget(s, s->n - 1);
}

int
store_save_startup(struct store *s, const struct cfg *c, uint32_t version)
{
	struct version v = { .number = version, .comment = "start-up" };
	int rc;

	set_now(&v);
	rc = write_version(s, STARTUP, c, &v);
	if (rc != 0)
		return rc;
	s->has_startup = true;
	s->startup_version = version;
	return 0;
}
