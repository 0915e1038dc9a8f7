/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug track`, `debug ip sla`, `debug ip routing`, `show debugging`: mgmt_fn of struct show. */
#ifndef CULVERT_CONTROLPLANE_SHOW_DEBUG_WATCH_H
#define CULVERT_CONTROLPLANE_SHOW_DEBUG_WATCH_H

#include <jansson.h>

json_t *debug_track(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *debug_sla(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *debug_routing(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_track_debug(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_sla_debug(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_routing_debug(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_debugging(void *ctx, const json_t *params, char *err, size_t err_len);

#endif
