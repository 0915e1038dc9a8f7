/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Far ends by name: asked of DNS (RFC 1035) when a tunnel with a name is configured, and again when
 * the answer's time to live is over, but at least so often. The queries leave through the operating
 * system's own network, not through the dataplane. An answer that fails changes nothing: what was
 * known goes on, and it is asked again soon.
 *
 * A tunnel may have several far ends, names or addresses with a space between them. One is the
 * present one: the next follows when it cannot be reached, and after the last the first.
 */
#ifndef CULVERT_CONTROLPLANE_VPN_NAMES_H
#define CULVERT_CONTROLPLANE_VPN_NAMES_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names;

struct names_ops {
	/** The address of @tunnel is known, or another one now. */
	void (*found)(void *ctx, const char *tunnel, uint32_t addr);
	void *ctx;
};

struct names *names_new(struct event_base *base, const struct names_ops *ops);
void names_free(struct names *n);
/** @servers: as in the configuration, "" for /etc/resolv.conf. */
void names_configure(struct names *n, const char *servers, uint32_t refresh_s);
/** All tunnels that have a name, between begin and end; others are forgotten. 0 or -ENOMEM. */
void names_begin(struct names *n);
int names_want(struct names *n, const char *tunnel, const char *hosts);
void names_end(struct names *n);
/** Ask for what is due. */
void names_second(struct names *n, uint64_t now_ms);
/** Go over to the next of a tunnel's far ends, or to the first if it is another one and @first. How
 *  many there are. */
unsigned int names_next(struct names *n, const char *tunnel, bool first);
/** What a former process has left is at @addr: the present one is that, if it is an address. */
void names_go_on_at(struct names *n, const char *tunnel, uint32_t addr);
/** Somebody calls from @addr. If that is one of several far ends of a tunnel that @is_idle, it is
 *  the present one in a second. True: so it is, and what it says is to be heard then. */
bool names_called(struct names *n, uint32_t addr, bool (*is_idle)(void *ctx, const char *tunnel));
/** Which of its far ends is the present one. */
unsigned int names_at(const struct names *n, const char *tunnel);
/** What is known of a tunnel's name: its address, 0 and why not in words. */
uint32_t names_addr(const struct names *n, const char *tunnel, char *why, size_t len);

#endif
