/* SPDX-License-Identifier: BSD-3-Clause */
/* What ios.c and ios_map.c share; nobody else includes this. */
#ifndef CULVERT_CLI_IOS_INT_H
#define CULVERT_CLI_IOS_INT_H

#include "cli/ios.h"

/** The words of one of our lines, NULL behind the last. */
bool ios_run(struct edit *e, char *err, size_t err_len, const char *const *words);
#define RUN(...) ios_run(e, err, err_len, (const char *const[]){ __VA_ARGS__, NULL })

/** Is the innermost mode an entry of this map, in this group? */
bool ios_in_map(const struct edit *e, const char *parent, const char *name);
/** May @word, of @least letters or more, stand for @full? */
bool ios_is(const char *word, const char *full, size_t least);

/** The far end of the tunnel whose mode one is in, by address or name; what it was before goes. */
bool ios_destination(struct edit *e, const char *peer, char *err, size_t err_len);
/** The entry whose mode one is in; NULL at the top. Borrowed. */
json_t *ios_entry(const struct edit *e);
/** Is there an interface or a tunnel of this name? */
bool ios_is_link(const struct edit *e, const char *name);

#define IOS_PREFIX_LEN 24 /* "255.255.255.255/32" */
/** An address and a wildcard mask as a prefix without host bits. 0; -EINVAL: they are not that. */
int ios_wildcard_prefix(const char *addr, const char *wildcard, char out[IOS_PREFIX_LEN]);

/** VRRP groups as IOS-XE has them (ios_vrrp.c). */
enum ios_result ios_vrrp_line(struct edit *e, char *const *argv, int argc, bool no, char *err,
		size_t err_len);
#define IOS_TYPE_6 "a secret that its router's key encrypts cannot be read: give it in the clear"
/** A secret of type 7 in the clear. 0; -EINVAL: it is none, or does not fit into @cap. */
int ios_type7(const char *in, char *out, size_t cap);
/** @text is an address and nothing else. */
bool ios_is_ip4(const char *text);
/** Lines that say what a line of ours says in other words (ios_forms.c). */
enum ios_result ios_form_line(struct edit *e, char *const *argv, int argc, bool no, char *err,
		size_t err_len);
/** What IOS groups otherwise than the configuration (ios_crypto.c). */
enum ios_result ios_crypto_line(struct edit *e, char *const *argv, int argc, bool no, char *err,
		size_t err_len);
/** crypto isakmp policy N: a proposal, and one of the profile "isakmp"; its mode is entered. */
bool ios_isakmp_policy(struct edit *e, const char *policy, bool no, char *err, size_t err_len);
/** lifetime of a policy: that of the profile "isakmp". */
enum ios_result ios_isakmp_lifetime(struct edit *e, const char *seconds, char *err,
		size_t err_len);
/** authentication of a policy: that of the profile "isakmp". */
enum ios_result ios_isakmp_authentication(struct edit *e, const char *how, char *err,
		size_t err_len);
/** The IPsec profile whose mode one is in is keyed by IKEv1 if policies for that were written. */
void ios_bind_isakmp(struct edit *e);

/** crypto map, its lines, and access lists; @no: they begin with it. */
enum ios_result ios_map_line(struct edit *e, char *const *argv, int argc, bool no, char *err,
		size_t err_len);

#endif
