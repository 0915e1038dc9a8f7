/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protected messages of ours. One that does not fit into a packet of the IKE SA's @frag_mtu is cut
 * into Encrypted Fragment payloads (RFC 7383 section 2.5), each sealed for itself:
 *
 *	header | SKF header | which | of how many | IV | piece, padding, pad length | ICV
 *
 * The datagrams stand one behind the other in one buffer, each with its IKE header: so a request
 * that waits for its answer, and an answer that may be asked for again, are kept and repeated like
 * any other. When a long message seems not to arrive it is sealed anew for shorter packets
 * (section 2.5.2); the plain text for that comes out of our own datagrams.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike_int.h"

#define IP_UDP_LEN 28 /* IPv4 without options, UDP */
#define MARKER_LEN 4  /* RFC 3948 section 2.2, on port 4500 */
#define SKF_LEN    4  /* fragment number and total */

size_t
ike_packet_extra(const struct ike_sa *sa)
{
	return IP_UDP_LEN + (sa->path.local_port == IKE_PORT_NATT ? MARKER_LEN : 0);
}

/* Bytes of an IKE message that an IP packet of @mtu has room for. */
static size_t
room(const struct ike_sa *sa, size_t mtu)
{
	return mtu - ike_packet_extra(sa);
}

static size_t
datagram_len(const struct ike_sa *sa, size_t plain_len, bool fragment)
{
	return IKE_HDR_LEN + 4 + (fragment ? SKF_LEN : 0) + ike_sk_total(&sa->suite, plain_len);
}

/* Plain bytes of each fragment; 0: one datagram for all. */
static size_t
piece_len(const struct ike_sa *sa, size_t plain_len, size_t mtu)
{
	size_t fixed = IKE_HDR_LEN + 4 + SKF_LEN + ike_sk_iv_len(&sa->suite) +
		       ike_sk_overhead(&sa->suite);

	if (!sa->frag || mtu < IKE_FRAG_MTU_MIN ||
			datagram_len(sa, plain_len, false) <= room(sa, mtu))
		return 0;
	return room(sa, mtu) - fixed;
}

static void
put_iv(struct ike_sa *sa, uint8_t *iv)
{
	size_t len = ike_sk_iv_len(&sa->suite);

	if (ike_encr_alg(sa->suite.encr, sa->suite.key_bits)->salt_len != 0) {
		struct wr w = wr_init(iv, len);

		wr_be64(&w, sa->iv++); /* RFC 5282 section 3.1: never twice under a key */
	} else {
		sa->e->ops.random(sa->e->ctx, iv, len);
	}
}

/* One datagram at @out, datagram_len() bytes: fragment @which of @n, or the whole (@n 0). */
static bool
seal(struct ike_sa *sa, const struct ike_frame *f, unsigned int which, unsigned int n,
		const uint8_t *plain, size_t plain_len, uint8_t *out)
{
	size_t len = datagram_len(sa, plain_len, n != 0);
	struct ike_hdr h = { .spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.next = n != 0 ? IKE_PL_SKF : IKE_PL_SK,
		.version = IKE_VERSION,
		.exchange = f->exchange,
		.flags = (uint8_t)((sa->initiator ? IKE_FLAG_INITIATOR : 0) |
				   (f->response ? IKE_FLAG_RESPONSE : 0)),
		.mid = f->mid,
		.len = (uint32_t)len };
	struct wr w = wr_init(out, len);
	size_t aad_len;

	ike_hdr_write(&w, &h);
	wr_u8(&w, which <= 1 ? f->first : IKE_PL_NONE);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(len - IKE_HDR_LEN));
	if (n != 0) {
		wr_be16(&w, (uint16_t)which);
		wr_be16(&w, (uint16_t)n);
	}
	aad_len = w.len;
	put_iv(sa, wr_room(&w, ike_sk_iv_len(&sa->suite)));
	wr_bytes(&w, plain, plain_len);
	return !w.bad && ike_sk_seal(&sa->e->crypto, &sa->suite, &sa->keys, sa->initiator ? 0 : 1,
					 out, aad_len, plain_len) == 0;
}

static uint8_t *
protect_whole(struct ike_sa *sa, const struct ike_frame *f, const uint8_t *plain,
		size_t plain_len, size_t *len)
{
	uint8_t *msg;

	*len = datagram_len(sa, plain_len, false);
	if (*len - IKE_HDR_LEN > UINT16_MAX || (msg = malloc(*len)) == NULL)
		return NULL;
	if (seal(sa, f, 1, 0, plain, plain_len, msg))
		return msg;
	free(msg);
	return NULL;
}

static uint8_t *
protect_pieces(struct ike_sa *sa, const struct ike_frame *f, const uint8_t *plain,
		size_t plain_len, size_t piece, size_t *len)
{
	unsigned int n = (unsigned int)((plain_len + piece - 1) / piece);
	size_t last = plain_len - (n - 1) * piece, at = 0;
	uint8_t *msg;

	*len = (n - 1) * datagram_len(sa, piece, true) + datagram_len(sa, last, true);
	msg = malloc(*len);
	if (msg == NULL)
		return NULL;
	for (unsigned int i = 1; i <= n; i++) {
		size_t here = i < n ? piece : last;

		if (!seal(sa, f, i, n, plain + (i - 1) * piece, here, msg + at)) {
			free(msg);
			return NULL;
		}
		at += datagram_len(sa, here, true);
	}
	ike_count(sa->e, IKE_CTR_FRAG_SENT);
	return msg;
}

uint8_t *
ike_protect(struct ike_sa *sa, const struct ike_frame *f, const uint8_t *plain, size_t plain_len,
		size_t *len)
{
	size_t piece = piece_len(sa, plain_len, sa->frag_mtu);

	return piece == 0 ? protect_whole(sa, f, plain, plain_len, len)
			  : protect_pieces(sa, f, plain, plain_len, piece, len);
}

unsigned int
ike_n_datagrams(const uint8_t *msg, size_t len)
{
	unsigned int n = 0;
	struct ike_hdr h;
	struct rd r;

	for (; len != 0; msg += h.len, len -= h.len, n++) {
		r = rd_init(msg, len);
		if (ike_hdr_parse(&r, &h) != 0 || h.len < IKE_HDR_LEN || h.len > len)
			break;
	}
	return n;
}

/* What we have sealed, open again in the engine's @plain. Its length; -1: it is not protected. */
static int
unseal_own(struct ike_sa *sa, const uint8_t *msg, size_t len, struct ike_frame *f)
{
	size_t total = 0;
	struct ike_msg m;
	struct ike_hdr h;
	struct rd r;
	int n;

	for (bool first = true; len != 0; msg += h.len, len -= h.len, first = false) {
		r = rd_init(msg, len);
		if (ike_hdr_parse(&r, &h) != 0 || h.len > len)
			return -1;
		r = rd_init(msg, h.len);
		if (ike_msg_parse(&r, &m) != 0 || m.sk.p == NULL || total + h.len > IKE_MSG_MAX)
			return -1;
		n = ike_sk_open(&sa->e->crypto, &sa->suite, &sa->keys, sa->initiator ? 0 : 1, msg,
				h.len, m.sk_off, sa->e->plain + total);
		if (n < 0)
			return -1;
		if (first)
			*f = (struct ike_frame){ h.exchange, (h.flags & IKE_FLAG_RESPONSE) != 0,
				h.mid, m.sk_next };
		total += (size_t)n;
	}
	return (int)total;
}

bool
ike_protect_smaller(struct ike_sa *sa, uint8_t **msg, size_t *len)
{
	static const uint16_t sizes[] = { 1280, IKE_FRAG_MTU_MIN };
	unsigned int n = ike_n_datagrams(*msg, *len);
	struct ike_frame f = { 0 };
	uint8_t *smaller = NULL;
	size_t new_len, piece;
	int plain_len;

	if (!sa->frag || *len <= room(sa, IKE_FRAG_MTU_MIN))
		return false;
	plain_len = unseal_own(sa, *msg, *len, &f);
	for (size_t i = 0; plain_len > 0 && smaller == NULL && i < 2; i++) {
		piece = piece_len(sa, (size_t)plain_len, sizes[i]);
		/* More of them than before, or they would be taken for the same (section 2.6). */
		if (sizes[i] >= sa->frag_mtu || piece == 0 ||
				((size_t)plain_len + piece - 1) / piece <= n)
			continue;
		smaller = protect_pieces(sa, &f, sa->e->plain, (size_t)plain_len, piece, &new_len);
		sa->frag_mtu = smaller != NULL ? sizes[i] : sa->frag_mtu;
	}
	if (plain_len > 0)
		OPENSSL_cleanse(sa->e->plain, (size_t)plain_len);
	if (smaller == NULL)
		return false;
	ike_count(sa->e, IKE_CTR_FRAG_SMALLER);
	free(*msg);
	*msg = smaller;
	*len = new_len;
	return true;
}
