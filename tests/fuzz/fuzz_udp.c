/* SPDX-License-Identifier: BSD-3-Clause */
/* IKE's datagrams as the dataplane punts them; what is taken must be inside the input. */
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>

#include "controlplane/vpn/udp.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct udp_msg m;
	uint8_t out[2048];
	int err;

	err = udp_parse(&r, &m);
	if (err == -EPROTONOSUPPORT)
		fuzz_reached("not for IKE");
	if (err != 0)
		return 0;
	if (m.data < data || m.data > data + size || m.len > (size_t)(data + size - m.data))
		abort();
	if (m.dport != UDP_PORT_IKE && m.dport != UDP_PORT_IKE_NATT)
		abort();
	fuzz_reached(m.dport == UDP_PORT_IKE ? "port 500" : "port 4500");
	/* Sent back as it came, it is what it was. */
	m.sport = m.dport;
	size = udp_build(&m, 1, out, sizeof(out));
	if (size > 0) {
		struct rd again = rd_init(out, size);
		struct udp_msg b;

		if (udp_parse(&again, &b) != 0 || b.len != m.len)
			abort();
	}
	return 0;
}
