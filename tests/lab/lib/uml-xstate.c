/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into Debian's user-mode Linux kernel, so that it runs on CPUs with AMX.
 *
 * The UML kernel keeps a fixed 2696 bytes of extended CPU state for each of its processes and
 * hands them to its host with PTRACE_SETREGSET, NT_X86_XSTATE. A host whose CPU has more state
 * (11008 bytes with AMX) refuses anything but the full size with EFAULT, and UML's init dies.
 * Here the area is extended to the full size: what lies behind UML's end is in its initial
 * state, and is marked so in the header (Intel SDM volume 1, section 13.4).
 *
 * UML calls this on its small kernel stacks, from one thread: hence the static buffers.
 */
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define XSTATE_MAX       65536
#define XSTATE_BV_OFFSET 512 /* XSTATE_BV: the first field of the XSAVE header */
/* The components that UML's 2696 bytes hold: x87, SSE, AVX, MPX, AVX-512, (PT), PKRU. */
#define XSTATE_KNOWN     0x3ffULL

typedef long ptrace_fn(int request, pid_t pid, void *addr, void *data);

static ptrace_fn *real_ptrace;
static uint8_t area[XSTATE_MAX];
static size_t host_size; /* 0: not asked yet */

__attribute__((constructor)) static void
find_real_ptrace(void)
{
	real_ptrace = (ptrace_fn *)dlsym(RTLD_NEXT, "ptrace");
}

static long
set_xstate(pid_t pid, void *note, const struct iovec *given)
{
	static struct iovec iov;
	uint64_t present;

	if (host_size == 0) {
		iov = (struct iovec){ area, sizeof(area) };
		if (real_ptrace(PTRACE_GETREGSET, pid, note, &iov) == 0)
			host_size = iov.iov_len;
	}
	iov = *given;
	if (given->iov_len < host_size && given->iov_len >= XSTATE_BV_OFFSET + sizeof(present)) {
		memset(area, 0, host_size);
		memcpy(area, given->iov_base, given->iov_len);
		memcpy(&present, area + XSTATE_BV_OFFSET, sizeof(present));
		present &= XSTATE_KNOWN;
		memcpy(area + XSTATE_BV_OFFSET, &present, sizeof(present));
		iov = (struct iovec){ area, host_size };
	}
	return real_ptrace(PTRACE_SETREGSET, pid, note, &iov);
}

long
ptrace(enum __ptrace_request request, ...)
{
	va_list ap;
	pid_t pid;
	void *addr, *data;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (request == PTRACE_SETREGSET && (uintptr_t)addr == NT_X86_XSTATE)
		return set_xstate(pid, addr, data);
	return real_ptrace(request, pid, addr, data);
}
