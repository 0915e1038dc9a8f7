/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trustpoints of the running configuration, loaded: credentials by name, and a warning in the
 * log each day before something of them expires.
 */
#ifndef CULVERT_CONTROLPLANE_PKI_H
#define CULVERT_CONTROLPLANE_PKI_H

#include "controlplane/config/config.h"
#include "controlplane/ike/ike_cred.h"

struct pki;

struct pki *pki_new(void);
void pki_free(struct pki *p);
/**
 * Load the trustpoints of @c. What says the same as before stays the same object, so that nobody
 * has to act; what cannot be loaded (a file has gone since the configuration was checked) stays as
 * it was, with a line in the log.
 */
void pki_apply(struct pki *p, const struct cfg *c);
/** Is one of the files that trustpoints name another than when it was loaded? */
bool pki_files_changed(const struct pki *p, const struct cfg *c);
/** Of this trustpoint, valid until the next pki_apply(). NULL: there is none. */
struct ike_cred *pki_find(const struct pki *p, const char *name);
/** One line for each certificate and CRL that has expired or is about to, at most once a day. */
void pki_warn(struct pki *p, int64_t now_s);
/** Call @fn for each trustpoint. */
void pki_each(const struct pki *p,
		void (*fn)(void *arg, const char *name, const struct ike_cred *cred), void *arg);

#endif
