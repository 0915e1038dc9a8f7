/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transactions with modules that record what they are asked and can be told to fail, over a store
 * in a directory of its own; time is a number.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/config/model.h"
#include "controlplane/config/transaction.h"
#include "cu.h"

/* ---- fixture ------------------------------------------------------------------------------- */

static char log_text[1024]; /* "a:x>y ": module a was taken from hostname x to y */

struct module {
	const char *name;
	const char *fail_on;  /* apply fails when the new hostname is this */
	const char *check_on; /* check complains about this hostname */
};

static int
module_check(void *ctx, const struct cfg *new, struct cfg_errors *errs)
{
	const struct module *m = ctx;

	if (m->check_on == NULL || strcmp(m->check_on, new->system.hostname) != 0)
		return 0;
	cfg_error_add(errs, "/system/hostname", NULL, "module %s can't", m->name);
	return -EINVAL;
}

static int
module_apply(void *ctx, const struct cfg *old, const struct cfg *new, char *err, size_t err_len)
{
	const struct module *m = ctx;
	size_t at = strlen(log_text);

	snprintf(log_text + at, sizeof(log_text) - at, "%s:%s>%s ", m->name, old->system.hostname,
			new->system.hostname);
	if (m->fail_on == NULL || strcmp(m->fail_on, new->system.hostname) != 0)
		return 0;
	snprintf(err, err_len, "no room");
	return -ENOSPC;
}

static struct module modules[3];
static char dir[64], blocked[128];
static struct store *store;
static struct txn *txn;
static struct txn_result res;

static void
open_all(void)
{
	struct cfg_module m[3];
	char err[256];

	for (int i = 0; i < 3; i++)
		m[i] = (struct cfg_module){ modules[i].name, module_check, module_apply,
			&modules[i] };
	store = store_open(dir, err, sizeof(err));
	CU_ASSERT_PTR_NOT_NULL_FATAL(store);
	txn = txn_new(m, 3, store);
	CU_ASSERT_PTR_NOT_NULL_FATAL(txn);
	log_text[0] = '\0';
}

static void
close_all(void)
{
	txn_free(txn);
	store_close(store);
}

static void
begin(void)
{
	strcpy(dir, "/tmp/culvert-test-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	memset(modules, 0, sizeof(modules));
	modules[0].name = "a";
	modules[1].name = "b";
	modules[2].name = "c";
	txn_result_init(&res);
	open_all();
}

static void
end(void)
{
	char path[512];
	DIR *d = opendir(dir);
	struct dirent *f;

	close_all();
	txn_result_fini(&res);
	while ((f = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, f->d_name);
		unlink(path);
	}
	closedir(d);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static bool
file_is_there(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void
write_file(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static int
push(const char *hostname, const struct txn_options *o, uint64_t now_ms)
{
	static const struct txn_options none;
	json_t *doc = json_pack("{s:{s:s}}", "system", "hostname", hostname);
	int rc;

	txn_result_fini(&res);
	log_text[0] = '\0';
	rc = txn_push(txn, doc, o != NULL ? o : &none, now_ms, &res);
	json_decref(doc);
	return rc;
}

static int
start(const char *file)
{
	txn_result_fini(&res);
	return txn_start(txn, file, 0, &res);
}

static const char *
hostname(void)
{
	return txn_running(txn)->system.hostname;
}

/* ---- changes ------------------------------------------------------------------------------- */

static void
test_a_change_reaches_all_modules_in_order(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_STRING_EQUAL(log_text, "a:culvert>h1 b:culvert>h1 c:culvert>h1 ");
	CU_ASSERT_TRUE(res.changed);
	CU_ASSERT_EQUAL(res.version, 1);
	CU_ASSERT_EQUAL(txn_version(txn), 1);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(res.changes, 0)),
			"system/hostname: culvert -> h1");
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	end();
}

static void
test_the_identical_one_touches_nothing(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_FALSE(res.changed);
	CU_ASSERT_EQUAL(res.version, 1);
	CU_ASSERT_EQUAL(json_array_size(res.changes), 0);
	CU_ASSERT_STRING_EQUAL(log_text, "");
	CU_ASSERT_FALSE(file_is_there("config-2.json"));
	end();
}

static void
test_half_way_failure_is_rolled_back(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	modules[1].fail_on = "h2";
	CU_ASSERT_EQUAL(push("h2", NULL, 0), -ENOSPC);
	CU_ASSERT_STRING_EQUAL(log_text, "a:h1>h2 b:h1>h2 b:h2>h1 a:h2>h1 ");
	CU_ASSERT_STRING_EQUAL(res.message, "b: no room; nothing was changed");
	CU_ASSERT_FALSE(res.changed);
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	CU_ASSERT_EQUAL(txn_version(txn), 1);
	CU_ASSERT_FALSE(file_is_there("config-2.json"));
	/* The number is free again. */
	CU_ASSERT_EQUAL(push("h3", NULL, 0), 0);
	CU_ASSERT_EQUAL(res.version, 2);
	end();
}

static void
test_modules_may_object_beforehand(void)
{
	begin();
	modules[2].check_on = "h1";
	CU_ASSERT_EQUAL(push("h1", NULL, 0), -EINVAL);
	CU_ASSERT_STRING_EQUAL(log_text, "");
	CU_ASSERT_EQUAL(res.errs.n_errors, 1);
	CU_ASSERT_STRING_EQUAL(res.message, "1 error in the configuration, nothing was changed");
	CU_ASSERT_FALSE(file_is_there("config-1.json"));
	end();
}

static void
test_invalid_documents_change_nothing(void)
{
	begin();
	CU_ASSERT_EQUAL(push("-", NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(res.errs.n_errors, 1);
	CU_ASSERT_STRING_EQUAL(log_text, "");
	CU_ASSERT_EQUAL(txn_version(txn), 0);
	end();
}

static void
test_base_version_and_dry_run(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_EQUAL(push("h2", &(struct txn_options){ .base = 7 }, 0), -ESTALE);
	CU_ASSERT_STRING_EQUAL(log_text, "");
	CU_ASSERT_EQUAL(push("h2", &(struct txn_options){ .base = 1, .dry_run = true }, 0), 0);
	CU_ASSERT_TRUE(res.changed);
	CU_ASSERT_EQUAL(res.version, 1);
	CU_ASSERT_STRING_EQUAL(log_text, "");
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	CU_ASSERT_FALSE(file_is_there("config-2.json"));
	CU_ASSERT_EQUAL(push("h2", &(struct txn_options){ .base = 1 }, 0), 0);
	CU_ASSERT_EQUAL(txn_version(txn), 2);
	end();
}

/* ---- commit confirmed ---------------------------------------------------------------------- */

static void
test_unconfirmed_goes_back(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_EQUAL(txn_deadline_ms(txn), TXN_NO_DEADLINE);
	CU_ASSERT_EQUAL(push("h2", &(struct txn_options){ .confirm_s = 10 }, 5000), 0);
	CU_ASSERT_EQUAL(txn_deadline_ms(txn), 15000);
	CU_ASSERT_EQUAL(txn_save(txn), -EBUSY);
	txn_tick(txn, 14999);
	CU_ASSERT_STRING_EQUAL(hostname(), "h2");
	log_text[0] = '\0';
	txn_tick(txn, 15000);
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	CU_ASSERT_EQUAL(txn_version(txn), 1);
	CU_ASSERT_STRING_EQUAL(log_text, "a:h2>h1 b:h2>h1 c:h2>h1 ");
	CU_ASSERT_EQUAL(txn_deadline_ms(txn), TXN_NO_DEADLINE);
	txn_tick(txn, 99999);
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	end();
}

static void
test_confirmed_stays(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_EQUAL(txn_confirm(txn), -ENOENT);
	CU_ASSERT_EQUAL(push("h2", &(struct txn_options){ .confirm_s = 10 }, 0), 0);
	CU_ASSERT_EQUAL(txn_confirm(txn), 0);
	CU_ASSERT_EQUAL(txn_deadline_ms(txn), TXN_NO_DEADLINE);
	txn_tick(txn, 99999);
	CU_ASSERT_STRING_EQUAL(hostname(), "h2");
	end();
}

static void
test_pushes_while_waiting_go_back_to_the_first(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_EQUAL(push("h2", &(struct txn_options){ .confirm_s = 10 }, 0), 0);
	CU_ASSERT_EQUAL(push("h3", NULL, 1000), 0);
	CU_ASSERT_EQUAL(txn_deadline_ms(txn), 10000);
	CU_ASSERT_EQUAL(push("h4", &(struct txn_options){ .confirm_s = 10 }, 2000), 0);
	CU_ASSERT_EQUAL(txn_deadline_ms(txn), 12000);
	txn_tick(txn, 12000);
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	/* Versions tried in between are still there, and numbers go on. */
	CU_ASSERT_EQUAL(push("h5", NULL, 13000), 0);
	CU_ASSERT_EQUAL(txn_version(txn), 5);
	end();
}

static void
test_going_back_is_tried_again(void)
{
	begin();
	CU_ASSERT_EQUAL(push("h1", NULL, 0), 0);
	CU_ASSERT_EQUAL(push("h2", &(struct txn_options){ .confirm_s = 1 }, 0), 0);
	modules[2].fail_on = "h1";
	txn_tick(txn, 1000);
	CU_ASSERT_STRING_EQUAL(hostname(), "h2");
	CU_ASSERT_TRUE(txn_deadline_ms(txn) > 1000 && txn_deadline_ms(txn) != TXN_NO_DEADLINE);
	modules[2].fail_on = NULL;
	txn_tick(txn, txn_deadline_ms(txn));
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	end();
}

/* ---- versions ------------------------------------------------------------------------------ */

static void
test_rollback_makes_a_version(void)
{
	begin();
	push("h1", NULL, 0);
	push("h2", NULL, 0);
	txn_result_fini(&res);
	CU_ASSERT_EQUAL(txn_rollback(txn, 1, 0, &res), 0);
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	CU_ASSERT_EQUAL(res.version, 3);
	txn_result_fini(&res);
	CU_ASSERT_EQUAL(txn_rollback(txn, 9, 0, &res), -ENOENT);
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	end();
}

static void
test_files_hold_keys_and_are_private(void)
{
	struct stat st;
	char path[512];
	mode_t mask = umask(0);

	begin();
	push("h1", NULL, 0);
	snprintf(path, sizeof(path), "%s/config-1.json", dir);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	umask(mask);
	end();
}

static void
test_restart_knows_versions_and_startup(void)
{
	json_t *list, *last;

	begin();
	push("h1", &(struct txn_options){ .comment = "first \xc3\xa4 one" }, 0);
	push("h2", NULL, 0);
	CU_ASSERT_EQUAL(txn_save(txn), 0);
	push("h3", NULL, 0);
	close_all();
	write_file(".new-config-4.json", "left by a crash");
	open_all();
	CU_ASSERT_FALSE(file_is_there(".new-config-4.json"));
	CU_ASSERT_EQUAL(start(NULL), 0);
	CU_ASSERT_STRING_EQUAL(hostname(), "h2");
	CU_ASSERT_EQUAL(txn_version(txn), 2); /* known: no new version */
	CU_ASSERT_STRING_EQUAL(log_text, "a:culvert>h2 b:culvert>h2 c:culvert>h2 ");
	list = store_list_json(store, txn_version(txn));
	CU_ASSERT_EQUAL(json_array_size(list), 3);
	last = json_array_get(list, 0);
	CU_ASSERT_STRING_EQUAL(
			json_string_value(json_object_get(last, "comment")), "first \xc3\xa4 one");
	last = json_array_get(list, 1);
	CU_ASSERT_TRUE(json_is_true(json_object_get(last, "startup")));
	CU_ASSERT_TRUE(json_is_true(json_object_get(last, "running")));
	CU_ASSERT_EQUAL(strlen(json_string_value(json_object_get(last, "time"))), 20);
	json_decref(list);
	CU_ASSERT_EQUAL(push("h4", NULL, 0), 0);
	CU_ASSERT_EQUAL(txn_version(txn), 4);
	end();
}

static void
test_start_without_anything(void)
{
	begin();
	CU_ASSERT_EQUAL(start(NULL), 0);
	CU_ASSERT_EQUAL(txn_version(txn), 0);
	CU_ASSERT_STRING_EQUAL(hostname(), "culvert");
	CU_ASSERT_PTR_NULL(txn_start_file(txn));
	end();
}

static void
test_start_from_a_file(void)
{
	char path[512];

	begin();
	snprintf(path, sizeof(path), "%s/given.json", dir);
	write_file("given.json", "{\"system\": {\"hostname\": \"given\"}}");
	CU_ASSERT_EQUAL(start(path), 0);
	CU_ASSERT_EQUAL(txn_version(txn), 1);
	close_all();
	open_all();
	CU_ASSERT_EQUAL(start(path), 0);
	CU_ASSERT_EQUAL(txn_version(txn), 1); /* the same as last time */
	CU_ASSERT_STRING_EQUAL(hostname(), "given");
	CU_ASSERT_STRING_EQUAL(txn_start_file(txn), path);
	end();
}

static void
test_damaged_files_are_named(void)
{
	struct cfg_errors errs;

	begin();
	push("h1", NULL, 0);
	close_all();
	write_file("config-1.json", "{\"version\": 1,\n\"config\": {\"system\": {\"host");
	write_file("config-2.json", "");
	write_file("startup.json", "{\"system\": {\"hostname\": 7}}");
	open_all();
	CU_ASSERT_EQUAL(store_latest(store), 2);
	cfg_errors_init(&errs);
	CU_ASSERT_PTR_NULL(store_load(store, 1, &errs));
	CU_ASSERT_PTR_NOT_NULL(strstr(errs.errors[0].message, "config-1.json: line 2"));
	cfg_errors_fini(&errs);
	/* No version can be read either. */
	CU_ASSERT_EQUAL(start(NULL), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(res.message, "startup.json: 1 error"));
	CU_ASSERT_STRING_EQUAL(res.errs.errors[0].path, "/system/hostname");
	CU_ASSERT_EQUAL(start("/nonexistent/x.json"), -EINVAL);
	/* Nothing to be read: said once. */
	CU_ASSERT_STRING_EQUAL(res.message, "/nonexistent/x.json: No such file or directory");
	CU_ASSERT_EQUAL(res.errs.n_errors, 0);
	/* A good change still gets the next number. */
	CU_ASSERT_EQUAL(push("h3", NULL, 0), 0);
	CU_ASSERT_EQUAL(res.version, 3);
	end();
}

static void
test_a_startup_of_the_version_before(void)
{
	begin();
	close_all();
	write_file("startup.json", "{\"system\": {\"hostname\": \"h1\"}, \"crypto\": {\"ikev2\": "
			"{\"proposals\": {\"default\": {}}, \"profiles\": {\"p\": {\"match-identity\": \"*.example\"}}}}}");
	open_all();
	CU_ASSERT_EQUAL_FATAL(start(NULL), 0);
	CU_ASSERT_STRING_EQUAL(hostname(), "h1");
	CU_ASSERT_EQUAL(txn_running(txn)->ike_profiles[0].match_identity.n, 1);
	end();
}

static void
test_a_damaged_startup_is_not_the_end(void)
{
	begin();
	push("h1", NULL, 0);
	CU_ASSERT_EQUAL(txn_save(txn), 0);
	push("h2", NULL, 0);
	push("h3", NULL, 0);
	close_all();
	write_file("startup.json", "\x01\x02\x03");
	write_file("config-3.json", "{\"version\": 3,\n\"config\": {\"sys");
	open_all();
	CU_ASSERT_EQUAL(start(NULL), 0);
	CU_ASSERT_EQUAL(res.errs.n_errors, 0);
	CU_ASSERT_STRING_EQUAL(res.message, "");
	CU_ASSERT_STRING_EQUAL(hostname(), "h2");
	CU_ASSERT_EQUAL(txn_save(txn), 0);
	end();
}

static void
test_fifty_are_kept_and_the_startup(void)
{
	char name[32];

	begin();
	push("h0", NULL, 0);
	CU_ASSERT_EQUAL(txn_save(txn), 0);
	for (int i = 1; i < STORE_KEEP + 10; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		CU_ASSERT_EQUAL(push(name, NULL, 0), 0);
	}
	CU_ASSERT_TRUE(file_is_there("config-1.json")); /* the start-up's */
	CU_ASSERT_FALSE(file_is_there("config-2.json"));
	CU_ASSERT_FALSE(file_is_there("config-11.json"));
	CU_ASSERT_TRUE(file_is_there("config-12.json"));
	CU_ASSERT_TRUE(file_is_there("config-60.json"));
	end();
}

static void
test_no_place_to_store(void)
{
	char err[256], path[128];

	begin();
	CU_ASSERT_PTR_NULL(store_open("/nonexistent/deeper", err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "/nonexistent/deeper"));
	write_file("file", "");
	snprintf(path, sizeof(path), "%s/file", dir);
	CU_ASSERT_PTR_NULL(store_open(path, err, sizeof(err)));
	end();
}

/* The directory is gone: nothing can be stored, so nothing is applied. */
static void
test_what_cannot_be_stored_is_not_applied(void)
{
	begin();
	CU_ASSERT_EQUAL(rmdir(dir), 0);
	CU_ASSERT_EQUAL(push("h1", NULL, 0), -EIO);
	CU_ASSERT_STRING_EQUAL(log_text, "");
	CU_ASSERT_EQUAL(txn_version(txn), 0);
	CU_ASSERT_EQUAL(mkdir(dir, 0700), 0);
	end();
}

/* A start has to do with what there is: what it was given runs, though it can't be stored. */
static void
test_a_start_without_room_to_store(void)
{
	char path[128];

	begin();
	push("h1", NULL, 0);
	close_all();
	open_all();
	write_file("given.json", "{\"system\": {\"hostname\": \"given\"}}");
	snprintf(path, sizeof(path), "%s/given.json", dir);
	/* What the next version is written to can neither be removed nor made. */
	snprintf(blocked, sizeof(blocked), "%s/.new-config-2.json", dir);
	CU_ASSERT_EQUAL(mkdir(blocked, 0700), 0);
	CU_ASSERT_EQUAL(start(path), 0);
	CU_ASSERT_STRING_EQUAL(hostname(), "given");
	CU_ASSERT_EQUAL(txn_version(txn), 0);
	CU_ASSERT_STRING_EQUAL(log_text, "a:culvert>given b:culvert>given c:culvert>given ");
	/* A change of it is refused until there is room, and then has the next number. */
	CU_ASSERT_EQUAL(push("h2", NULL, 0), -EIO);
	CU_ASSERT_STRING_EQUAL(hostname(), "given");
	CU_ASSERT_EQUAL(rmdir(blocked), 0);
	CU_ASSERT_EQUAL(push("h2", NULL, 0), 0);
	CU_ASSERT_EQUAL(txn_version(txn), 2);
	end();
}

/* Applying fails: there is nothing stored that would have to be taken back. */
static void
test_a_start_that_is_neither_stored_nor_applied(void)
{
	char path[128];

	begin();
	push("h1", NULL, 0);
	close_all();
	modules[1].fail_on = "given";
	open_all();
	write_file("given.json", "{\"system\": {\"hostname\": \"given\"}}");
	snprintf(path, sizeof(path), "%s/given.json", dir);
	snprintf(blocked, sizeof(blocked), "%s/.new-config-2.json", dir);
	CU_ASSERT_EQUAL(mkdir(blocked, 0700), 0);
	CU_ASSERT_EQUAL(start(path), -ENOSPC);
	CU_ASSERT_TRUE(file_is_there("config-1.json"));
	CU_ASSERT_EQUAL(rmdir(blocked), 0);
	end();
}

/* ---- in steps ------------------------------------------------------------------------------ */

static struct txn_change *
begin_change(const char *hostname)
{
	json_t *doc = json_pack("{s:{s:s}}", "system", "hostname", hostname);
	struct txn_change *c = txn_change_push(txn, doc, &(struct txn_options){ .base = 0 });

	json_decref(doc);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static uint32_t
n_versions(void)
{
	json_t *list = store_list_json(store, 0);
	uint32_t n = (uint32_t)json_array_size(list);

	json_decref(list);
	return n;
}

static void
test_a_change_in_steps_is_made_in_the_last_one(void)
{
	static const enum txn_where where[] = { TXN_ANYWHERE, TXN_ON_LOOP, TXN_ANYWHERE,
		TXN_ON_LOOP };
	const struct txn_result *r;
	struct txn_change *c;

	begin();
	c = begin_change("h1");
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(txn_change_next(c), where[i]);
		CU_ASSERT_EQUAL(txn_version(txn), 0);
		CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "culvert");
		CU_ASSERT_STRING_EQUAL(log_text, "");
		txn_change_step(c, 5);
	}
	CU_ASSERT_EQUAL(txn_change_next(c), TXN_DONE);
	CU_ASSERT_EQUAL(txn_change_result(c, &r), 0);
	CU_ASSERT_EQUAL(r->version, 1);
	CU_ASSERT_EQUAL(json_array_size(r->changes), 1);
	CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "h1");
	CU_ASSERT_STRING_EQUAL(log_text, "a:culvert>h1 b:culvert>h1 c:culvert>h1 ");
	txn_change_end(c);
	txn_change_free(c);
	end();
}

static void
test_nothing_else_changes_between_the_steps(void)
{
	const struct txn_result *r;
	struct txn_change *c, *other;

	begin();
	CU_ASSERT_EQUAL(push("h1", &(struct txn_options){ .confirm_s = 10 }, 0), 0);
	c = begin_change("h2");
	txn_change_step(c, 0);
	CU_ASSERT_EQUAL(push("h3", NULL, 0), -EBUSY);
	other = begin_change("h3");
	CU_ASSERT_EQUAL(txn_change_next(other), TXN_DONE);
	CU_ASSERT_EQUAL(txn_change_result(other, &r), -EBUSY);
	txn_change_end(other);
	txn_change_free(other);
	/* Going back because nobody confirms waits too, and is then made up for. */
	txn_tick(txn, UINT64_C(1000000000));
	CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "h1");
	while (txn_change_next(c) != TXN_DONE)
		txn_change_step(c, 0);
	CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "h2");
	txn_change_end(c);
	txn_change_free(c);
	txn_tick(txn, UINT64_C(1000000000));
	CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "culvert");
	/* The same for who only reads. */
	txn_hold(txn);
	CU_ASSERT_EQUAL(push("h4", NULL, 0), -EBUSY);
	txn_release(txn);
	CU_ASSERT_EQUAL(push("h4", NULL, 0), 0);
	end();
}

static void
test_a_change_given_up_has_changed_nothing(void)
{
	for (int steps = 0; steps < 4; steps++) {
		struct txn_change *c;

		begin();
		c = begin_change("h1");
		for (int i = 0; i < steps; i++)
			txn_change_step(c, 0);
		txn_change_end(c);
		txn_change_free(c);
		CU_ASSERT_STRING_EQUAL(log_text, "");
		CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "culvert");
		CU_ASSERT_EQUAL(n_versions(), 0);
		CU_ASSERT_EQUAL(push("h2", NULL, 0), 0); /* nothing is held */
		end();
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_a_change_reaches_all_modules_in_order),
	CU_CASE(test_the_identical_one_touches_nothing),
	CU_CASE(test_half_way_failure_is_rolled_back),
	CU_CASE(test_modules_may_object_beforehand),
	CU_CASE(test_invalid_documents_change_nothing),
	CU_CASE(test_base_version_and_dry_run),
	CU_CASE(test_unconfirmed_goes_back),
	CU_CASE(test_confirmed_stays),
	CU_CASE(test_pushes_while_waiting_go_back_to_the_first),
	CU_CASE(test_going_back_is_tried_again),
	CU_CASE(test_rollback_makes_a_version),
	CU_CASE(test_files_hold_keys_and_are_private),
	CU_CASE(test_restart_knows_versions_and_startup),
	CU_CASE(test_start_without_anything),
	CU_CASE(test_start_from_a_file),
	CU_CASE(test_damaged_files_are_named),
	CU_CASE(test_a_startup_of_the_version_before),
	CU_CASE(test_a_damaged_startup_is_not_the_end),
	CU_CASE(test_fifty_are_kept_and_the_startup),
	CU_CASE(test_no_place_to_store),
	CU_CASE(test_what_cannot_be_stored_is_not_applied),
	CU_CASE(test_a_start_without_room_to_store),
	CU_CASE(test_a_start_that_is_neither_stored_nor_applied),
	CU_CASE(test_a_change_in_steps_is_made_in_the_last_one),
	CU_CASE(test_nothing_else_changes_between_the_steps),
	CU_CASE(test_a_change_given_up_has_changed_nothing),
};

int
main(void)
{
	log_init("test", LVL_ERROR);
	return cu_run("config_txn", cases, sizeof(cases) / sizeof(cases[0]));
}
