/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `debug crypto`: messages of both versions in words, payload by payload (RFC 7296 section 3, RFC
 * 2408 section 3). Keys, nonces, hashes and proofs are named with their lengths and never shown.
 * What is read here has come through the engine's own parser or was built by it, but is read as if
 * it were hostile: a chain that does not fit ends with a remark.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/words.h"
#include "controlplane/ike/ike1_int.h"

#define PAYLOADS_MAX 64 /* of one message */

static void
add_hex(struct words *t, struct rd *r, size_t max)
{
	for (size_t i = 0; i < max && rd_left(r) > 0; i++)
		words_add(t, "%02x", rd_u8(r));
}

static const char *
exchange_name(uint8_t exchange, bool v1)
{
	switch (exchange) {
	case IKE1_EX_MAIN:
		return v1 ? "main mode" : NULL;
	case IKE1_EX_AGGRESSIVE:
		return v1 ? "aggressive mode" : NULL;
	case IKE1_EX_INFO:
		return v1 ? "informational" : NULL;
	case IKE1_EX_TRANSACTION:
		return v1 ? "transaction" : NULL;
	case IKE1_EX_QUICK:
		return v1 ? "quick mode" : NULL;
	case IKE_EX_SA_INIT:
		return "IKE_SA_INIT";
	case IKE_EX_AUTH:
		return "IKE_AUTH";
	case IKE_EX_CREATE_CHILD_SA:
		return "CREATE_CHILD_SA";
	case IKE_EX_INFORMATIONAL:
		return "INFORMATIONAL";
	default:
		return NULL;
	}
}

static const char *
payload_name(uint8_t type, bool v1)
{
	static const char *const of1[] = { [IKE1_PL_SA] = "SA", [IKE1_PL_KE] = "KE",
		[IKE1_PL_ID] = "ID", [IKE1_PL_CERT] = "CERT", [IKE1_PL_CERTREQ] = "CERTREQ",
		[IKE1_PL_HASH] = "HASH", [IKE1_PL_SIG] = "SIG", [IKE1_PL_NONCE] = "NONCE",
		[IKE1_PL_NOTIFY] = "NOTIFY", [IKE1_PL_DELETE] = "DELETE",
		[IKE1_PL_VENDOR] = "VENDOR", [IKE1_PL_NATD] = "NAT-D", [IKE1_PL_NATOA] = "NAT-OA" };
	static const char *const of2[] = { "SA", "KE", "IDi", "IDr", "CERT", "CERTREQ", "AUTH",
		"NONCE", "NOTIFY", "DELETE", "VENDOR", "TSi", "TSr", "SK", "CP", "EAP" };

	if (v1)
		return type < sizeof(of1) / sizeof(of1[0]) ? of1[type] : NULL;
	if (type == IKE_PL_SKF)
		return "SKF";
	return type >= IKE_PL_FIRST && type - IKE_PL_FIRST < (int)(sizeof(of2) / sizeof(of2[0]))
			       ? of2[type - IKE_PL_FIRST]
			       : NULL;
}

/* ---- payloads of IKEv2 ----------------------------------------------------------------------- */

static const char *
proto_name(uint8_t proto)
{
	return proto == IKE_PROTO_IKE ? "IKE" : proto == IKE_PROTO_ESP ? "ESP"
			: proto == IKE_PROTO_AH ? "AH" : "protocol ?";
}

static void
add_sa(struct words *t, struct rd *r)
{
	struct ike_sa_payload sa, one = { .n = 1 };
	char words[256];

	if (ike_sa_parse(r, &sa) != 0) {
		words_add(t, ": malformed");
		return;
	}
	for (unsigned int i = 0; i < sa.n; i++) {
		struct rd spi = rd_init(sa.p[i].spi,
				sa.p[i].spi_len <= IKE_SPI_LEN ? sa.p[i].spi_len : 0);

		one.p[0] = sa.p[i];
		words_add(t, "\n    proposal %u %s", sa.p[i].num, proto_name(sa.p[i].proto));
		if (rd_left(&spi) > 0) {
			words_add(t, " SPI ");
			add_hex(t, &spi, IKE_SPI_LEN);
		}
		words_add(t, ": %s", ike_sa_payload_str(&one, words, sizeof(words)));
	}
}

/* IANA's names of what is no error, those that the engine makes nothing of included. */
static const char *
status_name(uint16_t type, bool v1)
{
	static const struct {
		uint16_t type;
		const char *name;
	} of2[] = {
		{ 16384, "INITIAL_CONTACT" }, { 16385, "SET_WINDOW_SIZE" },
		{ 16386, "ADDITIONAL_TS_POSSIBLE" }, { 16387, "IPCOMP_SUPPORTED" },
		{ 16388, "NAT_DETECTION_SOURCE_IP" }, { 16389, "NAT_DETECTION_DESTINATION_IP" },
		{ 16390, "COOKIE" }, { 16391, "USE_TRANSPORT_MODE" },
		{ 16392, "HTTP_CERT_LOOKUP_SUPPORTED" }, { 16393, "REKEY_SA" },
		{ 16394, "ESP_TFC_PADDING_NOT_SUPPORTED" }, { 16395, "NON_FIRST_FRAGMENTS_ALSO" },
		{ 16396, "MOBIKE_SUPPORTED" }, { 16403, "AUTH_LIFETIME" },
		{ 16404, "MULTIPLE_AUTH_SUPPORTED" }, { 16406, "REDIRECT_SUPPORTED" },
		{ 16417, "EAP_ONLY_AUTHENTICATION" }, { 16418, "CHILDLESS_IKEV2_SUPPORTED" },
		{ 16420, "IKEV2_MESSAGE_ID_SYNC_SUPPORTED" },
		{ 16430, "IKEV2_FRAGMENTATION_SUPPORTED" },
		{ 16431, "SIGNATURE_HASH_ALGORITHMS" }, { 16435, "USE_PPK" },
		{ 16436, "PPK_IDENTITY" }, { 16437, "NO_PPK_AUTH" },
	}, of1[] = {
		{ 24576, "RESPONDER-LIFETIME" }, { 24577, "REPLAY-STATUS" },
		{ 24578, "INITIAL-CONTACT" }, { 36136, "R-U-THERE" }, { 36137, "R-U-THERE-ACK" },
	};

	for (size_t i = 0; !v1 && i < sizeof(of2) / sizeof(of2[0]); i++)
		if (of2[i].type == type)
			return of2[i].name;
	for (size_t i = 0; v1 && i < sizeof(of1) / sizeof(of1[0]); i++)
		if (of1[i].type == type)
			return of1[i].name;
	return v1 ? ike1_notify_str(type) : ike_notify_str(type);
}

static void
add_notify(struct words *t, struct rd *r, bool v1)
{
	uint8_t proto, spi_len;
	uint16_t type;
	struct rd spi;

	if (v1)
		rd_be32(r); /* domain of interpretation */
	proto = rd_u8(r);
	spi_len = rd_u8(r);
	type = rd_be16(r);
	spi = rd_sub(r, spi_len);
	if (r->bad) {
		words_add(t, ": malformed");
		return;
	}
	words_add(t, " %s (%u)", status_name(type, v1), type);
	if (spi_len > 0) {
		words_add(t, ", %s SPI ", v1 ? "with" : proto_name(proto));
		add_hex(t, &spi, 16);
	}
	if (!v1 && type == IKE_N_INVALID_KE_PAYLOAD && rd_left(r) == 2)
		words_add(t, ", group %u", rd_be16(r));
	else if (rd_left(r) > 0)
		words_add(t, ", %zu bytes", rd_left(r));
}

static void
add_delete(struct words *t, struct rd *r, bool v1)
{
	uint8_t proto, spi_len;
	uint16_t n;

	if (v1)
		rd_be32(r);
	proto = rd_u8(r);
	spi_len = rd_u8(r);
	n = rd_be16(r);
	words_add(t, v1 && proto == IKE1_PROTO_ISAKMP ? " ISAKMP" : " %s", proto_name(proto));
	for (unsigned int i = 0; i < n && i < IKE_MAX_DELETE && spi_len > 0 && spi_len <= 16 &&
			rd_left(r) >= spi_len; i++) {
		words_add(t, " ");
		add_hex(t, r, spi_len);
	}
}

static void
add_id(struct words *t, struct rd *r)
{
	static const char *const types[] = { [1] = "IPv4 address", [2] = "FQDN",
		[3] = "user FQDN", [4] = "IPv4 subnet", [5] = "IPv6 address", [9] = "DN",
		[11] = "key id" };
	uint8_t type = rd_u8(r);
	const uint8_t *p;
	char id[IKE_ID_MAX + 1];
	size_t n;

	rd_bytes(r, 3);
	n = rd_left(r);
	p = rd_bytes(r, n);
	if (r->bad)
		return;
	words_add(t, " %s", type < sizeof(types) / sizeof(types[0]) && types[type] != NULL
				      ? types[type]
				      : "of unknown type");
	if (type == 9 || type == 5)
		words_add(t, ", %zu bytes", n);
	else
		words_add(t, " \"%s\"", ike_id_str(type, p, n, id, sizeof(id)));
}

static void
add_ts(struct words *t, struct rd *r)
{
	struct ike_ts_list all, one = { .n = 1 };
	char words[128];

	if (ike_ts_parse(r, &all) != 0) {
		words_add(t, ": malformed");
		return;
	}
	if (all.n == 0)
		words_add(t, " none");
	for (uint8_t i = 0; i < all.n; i++) {
		one.ts[0] = all.ts[i];
		words_add(t, "%s%s", i > 0 ? ", " : " ", ike_ts_str(&one, words, sizeof(words)));
	}
}

static void
add_vendor(struct words *t, struct rd *r)
{
	const uint8_t *p = r->p;
	size_t n = rd_left(r), printable = 0;

	while (printable < n && isprint(p[printable]))
		printable++;
	if (n > 0 && printable == n && n <= 64)
		words_add(t, " \"%.*s\"", (int)n, (const char *)p);
	else {
		words_add(t, " ");
		add_hex(t, r, 16);
		words_add(t, n > 16 ? "..." : "");
	}
}

static void
add_auth(struct words *t, struct rd *r)
{
	uint8_t method = rd_u8(r);
	const char *name = method == 1     ? "RSA signature"
			   : method == 2   ? "shared key"
			   : method == 14  ? "digital signature"
			   : method >= 9 && method <= 11 ? "ECDSA"
							 : "method ?";

	words_add(t, " by %s (%u)", name, method);
}

/* Its fields; what is not for everybody's eyes by its length alone. */
static void
add_body2(struct words *t, uint8_t type, struct rd *r)
{
	size_t len = rd_left(r);

	switch (type) {
	case IKE_PL_SA:
		add_sa(t, r);
		break;
	case IKE_PL_KE:
		words_add(t, " group %u, %zu bytes", rd_be16(r), len >= 4 ? len - 4 : 0);
		break;
	case IKE_PL_IDI:
	case IKE_PL_IDR:
		add_id(t, r);
		break;
	case IKE_PL_AUTH:
		add_auth(t, r);
		break;
	case IKE_PL_NOTIFY:
		add_notify(t, r, false);
		break;
	case IKE_PL_DELETE:
		add_delete(t, r, false);
		break;
	case IKE_PL_TSI:
	case IKE_PL_TSR:
		add_ts(t, r);
		break;
	case IKE_PL_VENDOR:
		add_vendor(t, r);
		break;
	default:
		words_add(t, ", %zu bytes", len);
		break;
	}
}

static void
add_body1(struct words *t, uint8_t type, uint8_t exchange, struct rd *r)
{
	struct ike_blob body = { .p = r->p, .len = rd_left(r) };
	char words[64];

	switch (type) {
	case IKE1_PL_SA:
		words_add(t, " first transform: %s", ike1_offer_str(&body,
				exchange != IKE1_EX_QUICK, words, sizeof(words)));
		break;
	case IKE1_PL_ID:
		add_id(t, r);
		break;
	case IKE1_PL_NOTIFY:
		add_notify(t, r, true);
		break;
	case IKE1_PL_DELETE:
		add_delete(t, r, true);
		break;
	case IKE1_PL_VENDOR:
		add_vendor(t, r);
		break;
	default:
		words_add(t, ", %zu bytes", body.len);
		break;
	}
}

/* ---- messages -------------------------------------------------------------------------------- */

static void
add_header(struct words *t, const struct ike_hdr *h, bool v1)
{
	const char *name = exchange_name(h->exchange, v1);

	if (name != NULL)
		words_add(t, "%s", name);
	else
		words_add(t, "exchange %u", h->exchange);
	if (v1)
		words_add(t, ", message id %08x%s, cookies", h->mid,
				h->flags & IKE1_FLAG_ENCRYPTED ? ", encrypted" : "");
	else
		words_add(t, " %s, message id %u, flags%s%s, SPIs",
				h->flags & IKE_FLAG_RESPONSE ? "response" : "request", h->mid,
				h->flags & IKE_FLAG_INITIATOR ? " initiator" : " responder",
				h->flags & IKE_FLAG_VERSION ? " version" : "");
	words_add(t, " %016llx %016llx", (unsigned long long)h->spi_i,
			(unsigned long long)h->spi_r);
}

static void
add_payloads(struct words *t, const struct ike_hdr *h, uint8_t first, struct rd r, bool v1)
{
	uint8_t type = first;

	for (int i = 0; type != IKE_PL_NONE && i < PAYLOADS_MAX && rd_left(&r) > 0; i++) {
		uint8_t next = rd_u8(&r), flags = rd_u8(&r);
		uint16_t len = rd_be16(&r);
		struct rd body = rd_sub(&r, len >= 4 ? len - 4u : SIZE_MAX);
		const char *name = payload_name(type, v1);

		if (body.bad || r.bad) {
			words_add(t, "\n  (what follows is malformed)");
			return;
		}
		if (name != NULL)
			words_add(t, "\n  %s", name);
		else
			words_add(t, "\n  payload of type %u%s", type,
					!v1 && flags & 0x80 ? ", critical" : "");
		if (v1)
			add_body1(t, type, h->exchange, &body);
		else
			add_body2(t, type, &body);
		if (!v1 && (type == IKE_PL_SK || type == IKE_PL_SKF))
			return; /* its next type is that of what is inside */
		type = next;
	}
}

void
ike_trace_on(struct ike_engine *e, bool on)
{
	e->tracing = on && e->ops.trace != NULL;
}

void
ike_trace_payloads(struct ike_engine *e, bool out, const struct ike_path *path, const char *peer,
		const struct ike_hdr *h, uint8_t first, const uint8_t *payloads, size_t len)
{
	bool v1 = h->version >> 4 == IKE1_VERSION >> 4;
	struct ike_trace tr = { .out = out, .version = v1 ? 1 : 2, .peer = peer, .path = path };
	struct words t = { .n = 0 };

	if (!e->tracing)
		return;
	add_header(&t, h, v1);
	add_payloads(&t, h, first, rd_init(payloads, len), v1);
	tr.text = t.buf;
	e->ops.trace(e->ctx, &tr);
}

void
ike_trace_clear(struct ike_engine *e, bool out, const struct ike_path *path, const char *peer,
		const uint8_t *msg, size_t len)
{
	struct rd r = rd_init(msg, len);
	struct ike_hdr h;

	if (e->tracing && ike_hdr_parse(&r, &h) == 0)
		ike_trace_payloads(e, out, path, peer, &h, h.next, r.p, rd_left(&r));
}

void
ike_trace_again(struct ike_engine *e, const struct ike_path *path, const char *peer,
		unsigned int n, const uint8_t *msg, size_t len)
{
	struct ike_trace tr = { .out = true, .peer = peer, .path = path };
	struct rd r = rd_init(msg, len);
	struct words t = { .n = 0 };
	struct ike_hdr h;
	bool v1;

	if (!e->tracing || ike_hdr_parse(&r, &h) != 0)
		return;
	v1 = h.version >> 4 == IKE1_VERSION >> 4;
	tr.version = v1 ? 1 : 2;
	words_add(&t, "retransmission %u: ", n);
	add_header(&t, &h, v1);
	tr.text = t.buf;
	e->ops.trace(e->ctx, &tr);
}
