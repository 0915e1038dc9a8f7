/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into one program under test: its wall clock is off by as many seconds as the file
 * WALL_SHIFT says, a signed 64-bit number that may change at any time. Clocks that only count on
 * are left alone, as they are when an operator, or NTP, sets a machine's time.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift_s; /* mapped: no file is opened once a sandbox is closed */

__attribute__((constructor)) static void
map_shift(void)
{
	const char *path = getenv("WALL_SHIFT");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof(*shift_s), PROT_READ, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		shift_s = p;
	close(fd);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && shift_s != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += (time_t)*shift_s;
	return rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;
	int rc = clock_gettime(CLOCK_REALTIME, &ts);

	if (rc == 0)
		*tv = (struct timeval){ .tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000 };
	return rc;
}

time_t
time(time_t *t)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
