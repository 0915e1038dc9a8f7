/* SPDX-License-Identifier: BSD-3-Clause */
/* Trustpoints; see trustpoint.h. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "controlplane/config/trustpoint.h"

enum { CERTIFICATE, KEY, CA, CRL, N_PARTS };

static const char *const fields[N_PARTS] = { "certificate", "private-key", "ca", "crl" };

/* The whole file as a string. 0 or -errno. */
static int
read_file(const char *path, char **out)
{
	/* A pipe or a device in its place must not hold up anybody. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st;
	size_t at = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (st.st_size > (off_t)TRUSTPOINT_FILE_MAX)
		err = -EFBIG;
	else if ((*out = calloc(1, (size_t)st.st_size + 1)) == NULL)
		err = -ENOMEM;
	while (err == 0 && n > 0 && at < (size_t)st.st_size) {
		n = read(fd, *out + at, (size_t)st.st_size - at);
		if (n < 0)
			err = -errno;
		else
			at += (size_t)n;
	}
	close(fd);
	return err;
}

static void
drop(char *text)
{
	if (text != NULL)
		explicit_bzero(text, malloc_usable_size(text)); /* a file may have NULs in it */
	free(text);
}

/* *@text: PEM, or NULL where nothing is configured. False: @why says what is wrong. */
static bool
take(const char *value, char **text, char *why, size_t len)
{
	int err = 0;

	if (value[0] == '\0')
		return true;
	if (value[0] == '/')
		err = read_file(value, text);
	else
		*text = strdup(value);
	if (err == 0 && *text == NULL)
		err = -ENOMEM;
	if (err != 0)
		snprintf(why, len, "%s cannot be read: %s", value[0] == '/' ? value : "it",
				err == -EINVAL ? "not a plain file" : strerror(-err));
	return err == 0;
}

static const char *
field_of(const char *why)
{
	if (strstr(why, "private key") != NULL)
		return fields[KEY];
	if (strstr(why, "CRL") != NULL)
		return fields[CRL];
	return strstr(why, "CA") != NULL ? fields[CA] : fields[CERTIFICATE];
}

static void
digest_of(const struct cfg_trustpoint *t, char *const text[N_PARTS], uint8_t digest[32])
{
	uint8_t parts[N_PARTS][SHA256_DIGEST_LENGTH] = { 0 };
	uint8_t all[sizeof(parts) + 1];

	for (int i = 0; i < N_PARTS; i++)
		if (text[i] != NULL)
			SHA256((const uint8_t *)text[i], strlen(text[i]), parts[i]);
	memcpy(all, parts, sizeof(parts));
	all[sizeof(parts)] = t->revocation;
	SHA256(all, sizeof(all), digest);
}

struct ike_cred *
trustpoint_load(const struct cfg_trustpoint *t, uint8_t digest[32], const char **field, char *why,
		size_t len)
{
	static const uint8_t revocations[] = {
		[CFG_REVOCATION_CRL] = IKE_REVOCATION_CRL,
		[CFG_REVOCATION_STRICT] = IKE_REVOCATION_STRICT,
		[CFG_REVOCATION_NONE] = IKE_REVOCATION_NONE,
	};
	const char *values[N_PARTS] = { t->certificate, t->key, t->ca, t->crl };
	char *text[N_PARTS] = { NULL };
	struct ike_cred *cred = NULL;
	bool ok = true;

	for (int i = 0; ok && i < N_PARTS; i++) {
		ok = take(values[i], &text[i], why, len);
		*field = fields[i];
	}
	if (ok) {
		struct ike_cred_src src = { .certificate = text[CERTIFICATE],
			.key = text[KEY],
			.ca = text[CA],
			.crl = text[CRL],
			.revocation = revocations[t->revocation] };

		cred = ike_cred_new(&src, why, len);
		if (cred == NULL)
			*field = field_of(why);
		else if (digest != NULL)
			digest_of(t, text, digest);
	}
	for (int i = 0; i < N_PARTS; i++)
		drop(text[i]);
	return cred;
}
