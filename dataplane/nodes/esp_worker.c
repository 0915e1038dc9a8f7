/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's ESP scratch: made at start by the main core, used by the worker alone. */
#include <string.h>

#include <rte_malloc.h>

#include "dataplane/nodes/esp_int.h"

struct esp_worker *
esp_worker_new(int socket_id)
{
	struct esp_worker *e = rte_zmalloc_socket("esp_worker", sizeof(*e), 64, socket_id);

	if (e == NULL)
		return NULL;
	if (crypt_init(&e->crypt) != 0) {
		rte_free(e);
		return NULL;
	}
	return e;
}

void
esp_worker_free(struct esp_worker *e)
{
	if (e == NULL)
		return;
	crypt_fini(&e->crypt);
	explicit_bzero(e, sizeof(*e));
	rte_free(e);
}
