/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of the IKE engine, one name each; every refused message is counted under one. */
#ifndef CULVERT_CONTROLPLANE_IKE_COUNTERS_H
#define CULVERT_CONTROLPLANE_IKE_COUNTERS_H

/* clang-format off */
#define IKE_COUNTERS(X)                                                                          \
	X(RX, "rx")                                     /* datagrams received */                 \
	X(TX, "tx")                                     /* datagrams sent */                     \
	X(RETRANSMIT, "retransmits")                    /* of those, repetitions of requests */  \
	X(RX_REPEAT, "rx_repeated")                     /* requests answered from the cache */   \
	X(BAD_HEADER, "drop_bad_header")                                                         \
	X(BAD_VERSION, "drop_bad_version")                                                       \
	X(MALFORMED, "drop_malformed")                                                           \
	X(MALFORMED_INSIDE, "drop_malformed_encrypted")                                          \
	X(NOT_AUTHENTIC, "drop_not_authentic")                                                   \
	X(UNKNOWN_SPI, "drop_unknown_ike_spi")                                                   \
	X(WRONG_ADDRESS, "drop_wrong_address")                                                   \
	X(MESSAGE_ID, "drop_message_id")                /* outside the window */                 \
	X(BUSY, "drop_busy")                            /* the same request is worked on */      \
	X(UNEXPECTED, "drop_unexpected")                /* not in this state or role */          \
	X(CRITICAL, "refused_critical_payload")                                                  \
	X(COOKIE_SENT, "refused_cookie_demanded")                                                \
	X(COOKIE_GIVEN, "cookies_given")                                                         \
	X(HALF_OPEN, "drop_half_open_limit")                                                     \
	X(PER_IP, "drop_half_open_per_ip")                                                       \
	X(SA_LIMIT, "drop_sa_limit")                                                             \
	X(NO_MEMORY, "drop_no_memory")                                                           \
	X(NO_PEER, "refused_no_peer")                                                            \
	X(NO_PROPOSAL, "refused_no_proposal")                                                    \
	X(INVALID_KE, "refused_invalid_ke")                                                      \
	X(BAD_KE, "refused_bad_public_value")                                                    \
	X(AUTH_FAILED, "refused_authentication")                                                 \
	X(PEER_AUTH_FAILED, "peer_refused_authentication")                                       \
	X(TS_UNACCEPTABLE, "refused_traffic_selectors")                                          \
	X(TRANSPORT, "refused_no_transport_mode")                                                \
	X(NO_ROOM, "refused_no_additional_sas")                                                  \
	X(CONFIG, "refused_configuration")              /* an address was asked for */           \
	X(XAUTH, "refused_xauth")                                                                \
	X(TEMPORARY, "refused_temporary")                                                        \
	X(NO_CHILD, "refused_child_not_found")                                                   \
	X(RATE_LIMITED, "answers_rate_limited")                                                  \
	X(HINT, "invalid_spi_hints")                    /* unauthenticated INVALID_IKE_SPI */    \
	X(HALF_OPEN_EXPIRED, "half_open_expired")                                                \
	X(SA_UP, "ike_sas_established")                                                          \
	X(SA_REKEYED, "ike_sas_rekeyed")                                                         \
	X(CHILD_UP, "child_sas_installed")                                                       \
	X(CHILD_REKEYED, "child_sas_rekeyed")                                                    \
	X(COLLISION_IKE, "collisions_ike_rekey")                                                 \
	X(COLLISION_CHILD, "collisions_child_rekey")                                             \
	X(DPD_UNKNOWN, "dpd_unknown")                                                            \
	X(DPD, "dpd_probes")                                                                     \
	X(DEAD, "peers_dead")                                                                    \
	X(NAT, "nat_detected")                                                                   \
	X(MOVED, "peers_moved")                         /* a NAT gave one another port */         \
	X(RESTORED, "peers_restored")                   /* SAs of a former process go on */      \
	X(NOT_RESTORED, "peers_not_restored")           /* were kept, but could not be used */   \
	X(CERT_ENDED, "sessions_ended_by_certificate") /* revoked or expired meanwhile */         \
	X(FRAG_SENT, "messages_fragmented")                                                      \
	X(FRAG_SMALLER, "fragments_made_smaller")       /* a message again, for shorter packets */ \
	X(FRAG_RX, "fragments_received")                /* authentic and new */                  \
	X(FRAG_WHOLE, "messages_reassembled")                                                    \
	X(FRAG_REPEAT, "drop_fragment_repeated")                                                 \
	X(FRAG_BAD, "drop_fragment_invalid")            /* does not fit to the others */         \
	X(FRAG_LIMIT, "drop_fragment_limit")                                                     \
	X(FRAG_EXPIRED, "fragmented_messages_expired")                                           \
	X(STRAY_TOLD, "told_of_ended_sa")               /* IKEv1: ESP went on by it */

enum ike_ctr {
#define X(id, name) IKE_CTR_##id,
	IKE_COUNTERS(X)
#undef X
	IKE_N_CTRS
};
/* clang-format on */

#endif
