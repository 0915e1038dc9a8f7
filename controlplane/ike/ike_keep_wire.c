/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a kept record (ike_keep.h). One walk over the fields both writes and reads, so that
 * the two cannot differ. What is read comes from a former process, perhaps another build, perhaps
 * half-written: every field is checked before anything is made of it.
 */
#include <errno.h>
#include <string.h>

#include "controlplane/ike/ike_keep.h"

struct io {
	bool out;
	bool bad; /* a value that cannot be */
	struct wr w;
	struct rd r;
};

static void
io_u8(struct io *x, uint8_t *v)
{
	if (x->out)
		wr_u8(&x->w, *v);
	else
		*v = rd_u8(&x->r);
}

static void
io_u16(struct io *x, uint16_t *v)
{
	if (x->out)
		wr_be16(&x->w, *v);
	else
		*v = rd_be16(&x->r);
}

static void
io_u32(struct io *x, uint32_t *v)
{
	if (x->out)
		wr_be32(&x->w, *v);
	else
		*v = rd_be32(&x->r);
}

static void
io_u64(struct io *x, uint64_t *v)
{
	if (x->out)
		wr_be64(&x->w, *v);
	else
		*v = rd_be64(&x->r);
}

static void
io_bool(struct io *x, bool *v)
{
	uint8_t b = *v ? 1 : 0;

	io_u8(x, &b);
	x->bad = x->bad || b > 1;
	*v = b == 1;
}

static void
io_blob(struct io *x, struct ike_blob *b, size_t min, size_t max)
{
	uint16_t len = (uint16_t)b->len;

	x->bad = x->bad || (x->out && (b->len < min || b->len > max));
	io_u16(x, &len);
	if (x->out) {
		wr_bytes(&x->w, b->p, b->len);
		return;
	}
	b->p = rd_bytes(&x->r, len);
	b->len = b->p != NULL ? len : 0;
	x->bad = x->bad || len < min || len > max;
}

static void
io_suite(struct io *x, struct ike_suite *s)
{
	io_u16(x, &s->encr);
	io_u16(x, &s->key_bits);
	io_u16(x, &s->prf);
	io_u16(x, &s->integ);
	io_u16(x, &s->group);
	io_bool(x, &s->esn);
}

static void
io_bytes(struct io *x, uint8_t *p, size_t len)
{
	if (x->out)
		wr_bytes(&x->w, p, len);
	else
		rd_copy(&x->r, p, len);
}

static void
io_ts(struct io *x, struct ike_ts_list *l)
{
	size_t len;

	io_u8(x, &l->n);
	if (l->n > IKE_MAX_TS) {
		x->bad = true;
		l->n = 0;
	}
	for (unsigned int i = 0; i < l->n; i++) {
		io_u8(x, &l->ts[i].proto);
		io_u16(x, &l->ts[i].port_lo);
		io_u16(x, &l->ts[i].port_hi);
		io_bool(x, &l->ts[i].addr.is_ip6);
		len = l->ts[i].addr.is_ip6 ? 16 : 4;
		io_bytes(x, l->ts[i].addr.lo, len);
		io_bytes(x, l->ts[i].addr.hi, len);
	}
}

static void
io_task(struct io *x, struct ike_rec_task *t)
{
	io_u8(x, &t->kind);
	io_bool(x, &t->discard);
	io_u64(x, &t->child_id);
	io_u64(x, &t->rival_id);
	io_u32(x, &t->spi);
	io_u32(x, &t->spi_in);
	io_u32(x, &t->tun_id);
	io_u16(x, &t->group);
	io_u16(x, &t->kex_group);
	io_u64(x, &t->new_spi);
	io_blob(x, &t->ni, 0, IKE_NONCE_MAX);
	io_blob(x, &t->pub, 0, IKE_KEX_MAX);
	io_blob(x, &t->priv, 0, 4096);
	io_blob(x, &t->req, IKE_HDR_LEN, IKE_KEEP_MAX);
}

static void
io_sa(struct io *x, struct ike_rec_sa *s)
{
	size_t keys;

	io_bool(x, &s->v1);
	keys = s->v1 ? sizeof(struct ike1_keys) : sizeof(struct ike_keys);
	io_u8(x, &s->state);
	io_bool(x, &s->initiator);
	io_bool(x, &s->nat_local);
	io_bool(x, &s->nat_remote);
	io_bool(x, &s->encap);
	io_bool(x, &s->redundant);
	io_bool(x, &s->frag);
	io_bool(x, &s->ppk);
	io_u64(x, &s->spi_i);
	io_u64(x, &s->spi_r);
	io_u32(x, &s->path.local);
	io_u32(x, &s->path.remote);
	io_u16(x, &s->path.local_port);
	io_u16(x, &s->path.remote_port);
	io_suite(x, &s->suite);
	io_blob(x, &s->keys, keys, keys);
	io_u64(x, &s->iv);
	io_blob(x, &s->nonce_min, 0, sizeof(((struct ike_nonce_min *)0)->data));
	io_u32(x, &s->tx_mid);
	io_u32(x, &s->rx_mid);
	io_u32(x, &s->n_rekeys);
	io_u64(x, &s->born_ms);
	io_u64(x, &s->rekey_ms);
	io_u64(x, &s->end_ms);
	io_u64(x, &s->temporary_ms);
	io_u64(x, &s->auth_ms);
	io_u32(x, &s->auth_life_s);
	io_bool(x, &s->we_called);
	io_u16(x, &s->frag_mtu);
	io_blob(x, &s->remote_id, 0, IKE_ID_MAX);
	io_blob(x, &s->resp, 0, IKE_KEEP_RESP);
	io_u16(x, &s->auth);
	io_u8(x, &s->can);
	io_u32(x, &s->life_s);
	io_u32(x, &s->life_kb);
	io_u32(x, &s->dpd_seq);
	io_bool(x, &s->has_task);
	if (s->has_task)
		io_task(x, &s->task);
}

static void
io_child(struct io *x, struct ike_rec_child *c)
{
	io_u64(x, &c->id);
	io_u64(x, &c->successor_id);
	io_u32(x, &c->spi_in);
	io_u32(x, &c->spi_out);
	io_suite(x, &c->suite);
	io_u8(x, &c->state);
	io_u8(x, &c->sa);
	io_u64(x, &c->sa_spi);
	io_bool(x, &c->v1);
	io_bool(x, &c->ours);
	io_bool(x, &c->tunnel);
	io_bool(x, &c->encap);
	io_bool(x, &c->urgent);
	io_bool(x, &c->out_pending);
	io_bool(x, &c->redundant);
	io_bool(x, &c->lost);
	io_bool(x, &c->current);
	io_blob(x, &c->nonce_min, 0, sizeof(((struct ike_nonce_min *)0)->data));
	io_u64(x, &c->born_ms);
	io_u64(x, &c->rekey_ms);
	io_u64(x, &c->hard_ms);
	io_u64(x, &c->end_ms);
	io_u64(x, &c->temporary_ms);
	io_u32(x, &c->n_rekeys);
	io_u32(x, &c->life_kb);
	io_u32(x, &c->named_remote);
	io_u32(x, &c->named_local);
	io_ts(x, &c->ts_local);
	io_ts(x, &c->ts_remote);
}

static void
io_proof(struct io *x, struct ike_rec_proof *p)
{
	io_bool(x, &p->has);
	if (!p->has)
		return;
	io_bool(x, &p->ppk);
	io_bool(x, &p->weak);
	io_blob(x, &p->local, 0, IKE_HOW_LEN - 1);
	io_blob(x, &p->remote, 0, IKE_HOW_LEN - 1);
	io_blob(x, &p->subject, 0, IKE_SUBJECT_LEN - 1);
	io_u64(x, &p->not_after_s);
	io_u64(x, &p->end_ms);
	io_blob(x, &p->id, 0, 4 + IKE_ID_MAX);
	io_u8(x, &p->n_certs);
	if (p->n_certs > IKE_MAX_CERTS || p->not_after_s > INT64_MAX) {
		x->bad = true;
		p->n_certs = 0;
	}
	for (unsigned int i = 0; i < p->n_certs; i++)
		io_blob(x, &p->cert[i], 1, IKE_KEEP_CERTS);
}

static void
io_all(struct io *x, struct ike_rec *k)
{
	uint16_t version = IKE_KEEP_VERSION;
	struct ike_blob terms = { .p = k->terms, .len = sizeof(k->terms) };

	io_u16(x, &version);
	io_blob(x, &k->name, 1, IKE_NAME_MAX - 1);
	io_blob(x, &terms, sizeof(k->terms), sizeof(k->terms));
	if (!x->out && terms.len == sizeof(k->terms))
		memcpy(k->terms, terms.p, sizeof(k->terms));
	io_u8(x, &k->n_sas);
	io_u8(x, &k->n_children);
	if (version != IKE_KEEP_VERSION || k->n_sas > IKE_REC_SAS ||
			k->n_children > IKE_MAX_CHILDREN) {
		x->bad = true;
		return;
	}
	for (unsigned int i = 0; i < k->n_sas; i++)
		io_sa(x, &k->sa[i]);
	for (unsigned int i = 0; i < k->n_children; i++)
		io_child(x, &k->child[i]);
	io_proof(x, &k->proof);
}

/* ---- what can be ---------------------------------------------------------------------------- */

static bool
task_good(const struct ike_rec_task *t)
{
	bool makes = t->kind == IKE_TASK_CHILD_NEW || t->kind == IKE_TASK_CHILD_REKEY;

	if (t->kind == IKE_TASK_DPD || t->kind == IKE_TASK_CHILD_DELETE)
		return t->kex_group == 0 && t->pub.len == 0;
	if (!makes && t->kind != IKE_TASK_IKE_REKEY)
		return false;
	if (t->kex_group == 0 ? t->pub.len != 0 || t->priv.len != 0
			      : t->pub.len != ike_group_len(t->kex_group) || t->pub.len == 0 ||
						t->priv.len == 0)
		return false;
	return t->ni.len >= 16 && (makes ? t->spi_in != 0 : t->new_spi != 0 && t->kex_group != 0);
}

static bool
sa_good(const struct ike_rec_sa *s)
{
	const struct ike_encr_alg *a = ike_encr_alg(s->suite.encr, s->suite.key_bits);

	if (s->spi_i == 0 || s->spi_r == 0 || a == NULL || a->evp == NULL ||
			ike_prf_len(s->suite.prf) == 0 || s->path.local == 0 ||
			s->path.remote == 0 || s->path.remote_port == 0 ||
			(s->path.local_port != IKE_PORT && s->path.local_port != IKE_PORT_NATT) ||
			(s->resp.len != 0 && s->resp.len < IKE_HDR_LEN))
		return false;
	if (s->v1)
		return s->state == IKE_SA_UP && !s->has_task &&
		       ike1_block_len(s->suite.encr) != 0;
	return (s->state == IKE_SA_UP || s->state == IKE_SA_REKEYED) &&
	       (a->icv_len != 0 || ike_integ_key_len(s->suite.integ) != 0) &&
	       (s->frag_mtu == 0 || s->frag_mtu >= IKE_FRAG_MTU_MIN) &&
	       (!s->has_task || task_good(&s->task));
}

static bool
child_good(const struct ike_rec *k, const struct ike_rec_child *c)
{
	if (c->id == 0 || c->spi_in < 256 || c->spi_out < 256 ||
			c->state >= IKE_CHILD_DRAINING ||
			ike_encr_alg(c->suite.encr, c->suite.key_bits) == NULL)
		return false;
	if (k->n_sas == 0 && !c->v1)
		return c->sa_spi != 0; /* of a member */
	return c->v1 || (c->sa < k->n_sas && !k->sa[c->sa].v1 && c->sa_spi == 0);
}

static bool
all_good(const struct ike_rec *k)
{
	unsigned int n_current = 0;

	for (unsigned int i = 0; i < k->n_sas; i++) {
		if (!sa_good(&k->sa[i]))
			return false;
		for (unsigned int j = 0; j < i; j++)
			if (k->sa[j].spi_i == k->sa[i].spi_i || k->sa[j].spi_r == k->sa[i].spi_r)
				return false;
	}
	for (unsigned int i = 0; i < k->n_children; i++) {
		n_current += k->child[i].current;
		if (!child_good(k, &k->child[i]))
			return false;
		for (unsigned int j = 0; j < i; j++)
			if (k->child[j].id == k->child[i].id ||
					k->child[j].spi_in == k->child[i].spi_in)
				return false;
	}
	return n_current <= 1 && k->n_sas + k->n_children > 0;
}

size_t
ike_rec_write(struct ike_rec *k, uint8_t *buf, size_t cap)
{
	struct io x = { .out = true, .w = wr_init(buf, cap) };

	io_all(&x, k);
	return x.bad || x.w.bad ? 0 : x.w.len;
}

int
ike_rec_read(const uint8_t *buf, size_t len, struct ike_rec *k)
{
	struct io x = { .r = rd_init(buf, len) };

	memset(k, 0, sizeof(*k));
	io_all(&x, k);
	if (x.bad || x.r.bad || rd_left(&x.r) != 0 || !all_good(k))
		return -EBADMSG;
	return 0;
}
