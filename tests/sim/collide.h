/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A language for collisions: what two nodes A and B do, and what happens to each message between
 * them, step by step. Nothing moves but by a step; what a step names must be there.
 *
 *	A:child A:ike    rekeys its Child SA, its IKE SA
 *	A:del A:delike   deletes them
 *	A:new            deletes its Child SA, if it has one, and asks for a new one
 *	A:lose           forgets its Child SA without a word
 *	A:dpd            asks for a sign of life
 *	A:refuse A:allow its dataplane takes no new SAs from now on; takes them again
 *	Aq> Ar>          the oldest request or response of A that is on its way arrives
 *	Aq2>             the second oldest
 *	Aq+              a copy of it arrives, itself stays on its way
 *	Aqx              it is lost
 *	t600             600 ms pass: what has no answer is repeated after 500
 *
 * After the last step everything that is on its way arrives, in order, and from then on nothing is
 * held up. Then, and all the time, these hold:
 *
 *	- no packet of the traffic both ways is lost, and there is an SA to send each with;
 *	- what a node sends with, the other one holds;
 *	- in the end both have one IKE SA and one Child SA, the same ones, and nothing is left of
 *	  others;
 *	- no more than four Child SAs at a time at any end.
 *
 * Then what is expected of this case: "A.NAME=2" counters, "A.added" (Child SAs made), "A.rekeys"
 * (of the IKE SA); '>' in place of '=' for at least.
 * Each case is run with several seeds, so that either side has the lower nonces.
 */
#ifndef CULVERT_TESTS_COLLIDE_H
#define CULVERT_TESTS_COLLIDE_H

/** What a case starts from, and what does not hold for it. */
enum collide_flag {
	PFS = 1,         /* Child SAs are rekeyed with a key exchange */
	A_GUESSES = 2,   /* A's first choice of a group is not acceptable to B */
	B_GUESSES = 4,   /* and the other way round */
	JOBS = 8,        /* public-key work takes some time */
	IDLE = 16,       /* no traffic: the case interrupts it */
	ANEW = 32,       /* the IKE SA of the end is not that of the beginning */
};

/** Run one case; failures are CUnit's. */
void collide(const char *name, unsigned int flags, const char *script, const char *expect);

/** X(NAME, FLAGS, SCRIPT, EXPECT): a test function for CUnit of each. */
#define COLLIDE_FN(name, flags, script, expect)       \
	static void name(void)                        \
	{                                             \
		collide(#name, flags, script, expect); \
	}
#define COLLIDE_CASE(name, flags, script, expect) { #name, name },

#endif
