/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for a killed predecessor to be gone; see patience.h. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/patience.h"

bool
patience_more(struct patience *p)
{
	const struct timespec step = { .tv_nsec = PATIENCE_STEP_MS * 1000000L };

	if (p->waited_ms >= PATIENCE_LIMIT_MS)
		return false;
	nanosleep(&step, NULL);
	p->waited_ms += PATIENCE_STEP_MS;
	return true;
}

/* Connect, and stay until the other side ends it or patience does. */
static int
probe_once(const struct sockaddr_un *sa, int type, struct patience *p)
{
	struct pollfd pfd = { .fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
		.events = POLLIN };
	int err = 0;

	if (pfd.fd < 0)
		return errno;
	if (connect(pfd.fd, (const struct sockaddr *)sa, sizeof(*sa)) != 0 && errno != EAGAIN)
		err = errno;
	while (err == 0 && poll(&pfd, 1, 0) == 0 && patience_more(p))
		;
	close(pfd.fd);
	return err;
}

int
patience_probe(const struct sockaddr_un *sa, int type)
{
	struct patience p = { 0 };
	int err;

	do {
		err = probe_once(sa, type, &p);
	} while (err == 0 && patience_more(&p));
	return err;
}
