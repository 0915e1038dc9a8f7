/* SPDX-License-Identifier: BSD-3-Clause */
/* Several peers at one gateway, with Child SAs of their own under one IKE SA: ike_nets.c. */
#ifndef CULVERT_CONTROLPLANE_IKE_NETS_H
#define CULVERT_CONTROLPLANE_IKE_NETS_H

#include <stdbool.h>

struct ike_msg;
struct ike_nego;
struct ike_peer;
struct ike_sa;

/** Are its Child SAs negotiated under IKE SAs of another peer? */
bool ike_is_member(const struct ike_peer *p);
/** The peer that has the IKE SAs: @p, or that of which it is a member; NULL: it is not there. */
struct ike_peer *ike_head(struct ike_peer *p);
/** Walk all peers that have IKE SAs in common with @p, the head first; @prev NULL first. */
struct ike_peer *ike_kin(struct ike_peer *p, struct ike_peer *prev);
bool ike_has_kin(struct ike_peer *p);
void ike_nego_for(struct ike_nego *n, const struct ike_peer *p);
/** Which of the kin it is for; NULL: it has gone. */
struct ike_peer *ike_nego_peer(const struct ike_sa *sa, const struct ike_nego *n);
/** Responder: for which of the kin is what the peer asks for? @n's @old_id is set before. */
void ike_nets_choose(const struct ike_sa *sa, const struct ike_msg *m, struct ike_nego *n);
bool ike_has_child(const struct ike_peer *p, const struct ike_sa *sa);
/** Ask for a Child SA under @sa, unless that is on its way. */
void ike_new_child(struct ike_sa *sa, struct ike_peer *p);
/** @sa is up: the members want Child SAs, too. */
void ike_nets_ask(struct ike_sa *sa);
/** New Child SAs are still asked for. */
bool ike_nets_pending(const struct ike_sa *sa);
void ike_member_connect(struct ike_peer *p);
/** Members without a Child SA: the head is lost, or has another state. */
void ike_nets_lost(struct ike_peer *head, const char *why);
void ike_nets_update(struct ike_peer *head, const char *why);
/** DELETE for all Child SAs of this one peer. */
void ike_children_drop(struct ike_peer *p);
/** A member finds its head, a head its members. */
void ike_nets_link(struct ike_peer *p);
void ike_nets_unlink(struct ike_peer *head);

#endif
