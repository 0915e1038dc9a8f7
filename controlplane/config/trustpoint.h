/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a trustpoint of the configuration to credentials: PEM is taken as it stands, a path is read.
 * Files are read when a configuration is checked and when it is committed; the control plane needs
 * the right to read them then, as the user it runs as.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_TRUSTPOINT_H
#define CULVERT_CONTROLPLANE_CONFIG_TRUSTPOINT_H

#include "controlplane/config/config.h"
#include "controlplane/ike/ike_cred.h"

#define TRUSTPOINT_FILE_MAX (1u << 20) /* bytes of a file */

/**
 * @param digest  NULL, or 32 bytes that tell whether two of them say the same.
 * @param field   which option is wrong: its JSON name.
 * @return a reference; NULL: @why says what is wrong.
 */
struct ike_cred *trustpoint_load(const struct cfg_trustpoint *t, uint8_t digest[32],
		const char **field, char *why, size_t len);

#endif
