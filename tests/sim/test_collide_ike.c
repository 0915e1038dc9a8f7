/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rekeys and deletions of the IKE SA that cross each other, that are late, lost or repeated
 * (RFC 7296 sections 2.8.2 and 2.25.2), with the language of collide.h. "ike" with "Aq> Br>" is the
 * exchange, the second "Aq> Br>" deletes the old one.
 */
#include "tests/sim/collide.h"
#include "tests/unit/cu.h"

/* clang-format off */
#define CASES(X) \
	/* one side */ \
	X(a_rekeys, 0, "A:ike Aq> Br> Aq> Br>", "A.rekeys=1 B.rekeys=1 A.added=1 B.added=1") \
	X(b_rekeys, JOBS, "B:ike t10 Bq> t10 Ar> t10 Bq> Ar>", "A.rekeys=1 A.added=1") \
	X(the_request_is_lost, 0, "A:ike Aqx t600 Aq> Br> Aq> Br>", "A.rekeys=1 A.retransmits=1") \
	X(the_answer_is_lost, 0, "A:ike Aq> Brx t600 Aq> Br> Aq> Br>", \
		"A.rekeys=1 B.rx_repeated=1") \
	X(the_delete_is_lost, 0, "A:ike Aq> Br> Aqx t600 Aq> Br>", "A.rekeys=1") \
	X(the_answer_to_the_delete_is_lost, 0, "A:ike Aq> Br> Aq> Brx t600 Aq> Br>", \
		"A.rekeys=1 B.rx_repeated=1") \
	X(the_request_comes_twice, 0, "A:ike Aq+ Aq> Br> Br> Aq> Br>", \
		"A.rekeys=1 B.rx_repeated=1") \
	X(the_request_comes_twice_while_it_is_worked_on, JOBS, \
		"A:ike t10 Aq+ Aq> t10 Br> t10 Aq> Br>", \
		"A.rekeys=1") \
	X(the_request_comes_again_after_the_delete, 0, "A:ike Aq+ Br> Aq2> Aq> Br>", "A.rekeys=1") \
	X(rekeyed_again_before_the_delete_is_answered, 0, \
		"A:ike Aq> Br> A:ike Aq2> Br> Aq> Br> Aq> Br>", \
		"A.rekeys=2 A.added=1") \
	X(the_new_one_is_rekeyed_by_the_other_side_at_once, 0, \
		"A:ike Aq> Br> B:ike Bq> Ar> Aq> Br> Bq> Ar>", "A.rekeys=2 A.added=1") \
	X(the_group_is_wrong, A_GUESSES, "A:ike Aq> Br> Aq> Br> Aq> Br>", \
		"B.refused_invalid_ke=1 A.rekeys=1") \
	X(the_group_is_wrong_and_the_answer_lost, A_GUESSES, \
		"A:ike Aq> Brx t600 Aq> Br> Aq> Br> Aq> Br>", \
		"B.refused_invalid_ke=1 A.rekeys=1") \
	/* both at once */ \
	X(both_rekey, 0, "A:ike B:ike Aq> Bq> Ar> Br> Aq> Bq> Ar> Br>", \
		"A.rekeys=1 B.rekeys=1 A.collisions_ike_rekey=1 B.collisions_ike_rekey=1 " \
		"A.added=1") \
	X(both_rekey_with_work_to_do, JOBS, \
		"A:ike B:ike t10 Aq> Bq> t10 Ar> Br> t10 Aq> Bq> Ar> Br>", \
		"A.rekeys=1 B.rekeys=1 A.collisions_ike_rekey=1") \
	X(both_rekey_and_the_answer_to_a_is_late, 0, "A:ike B:ike Aq> Bq> Ar> Bq> Ar> Br>", \
		"A.rekeys=1 B.rekeys=1") \
	X(both_rekey_and_the_answer_to_b_is_late, 0, "A:ike B:ike Aq> Bq> Br> Aq> Br> Ar>", \
		"A.rekeys=1 B.rekeys=1") \
	X(both_rekey_and_the_deletes_are_late, 0, \
		"A:ike B:ike Aq> Bq> Ar> Br> t600 Bq> Ar> Aq> Br>", \
		"A.rekeys=1 B.rekeys=1") \
	X(both_rekey_and_as_request_is_late, 0, "A:ike B:ike Bq> Ar> Bq> Ar> Aq>", \
		"A.rekeys=1 B.rekeys=1 A.collisions_ike_rekey=1") \
	X(both_rekey_and_bs_request_is_late, 0, "A:ike B:ike Aq> Br> Aq> Br> Bq>", \
		"A.rekeys=1 B.rekeys=1 B.collisions_ike_rekey=1") \
	X(as_request_overtakes_bs_delete, 0, "A:ike B:ike Bq> Ar> Aq> Br> Bq> Ar>", \
		"A.rekeys=1 B.rekeys=1 B.refused_temporary=1") \
	X(bs_request_overtakes_as_delete, 0, "A:ike B:ike Aq> Br> Bq> Ar> Aq> Br>", \
		"A.rekeys=1 B.rekeys=1 A.refused_temporary=1") \
	X(as_refusal_comes_after_bs_delete, 0, "A:ike B:ike Bq> Ar> Aq> Bq> Ar> Br>", \
		"A.rekeys=1 B.rekeys=1 B.refused_temporary=1") \
	X(both_rekey_and_as_request_is_lost, 0, "A:ike B:ike Aqx Bq> Ar> Bq> Ar> t600", \
		"A.rekeys=1 B.rekeys=1") \
	X(both_rekey_and_both_answers_are_lost, 0, \
		"A:ike B:ike Aq> Bq> Arx Brx t600 Aq> Bq> Ar> Br> Aq> Bq> Ar> Br>", \
		"A.rekeys=1 B.rekeys=1") \
	X(both_rekey_and_everything_comes_twice, 0, \
		"A:ike B:ike Aq+ Bq+ Aq> Bq> Ar> Br> Ar> Br> Aq+ Bq+ Aq> Bq> Ar> Br>", \
		"A.rekeys=1 B.rekeys=1") \
	X(both_rekey_and_a_guesses_wrong, A_GUESSES, "A:ike B:ike Aq> Bq> Ar> Br> Bq> Ar>", \
		"B.refused_invalid_ke=1 A.rekeys=1") \
	X(both_rekey_and_both_guess_wrong, A_GUESSES | B_GUESSES, \
		"A:ike B:ike Aq> Bq> Ar> Br> Aq> Bq> Ar> Br> Aq> Bq> Ar> Br>", \
		"A.refused_invalid_ke=1 B.refused_invalid_ke=1 A.rekeys=1") \
	X(both_guess_wrong_and_as_second_try_is_late, A_GUESSES | B_GUESSES, \
		"A:ike B:ike Aq> Bq> Ar> Br> Bq> Ar> Bq> Ar> Aq>", "A.rekeys=1 B.rekeys=1") \
	X(both_guess_wrong_and_as_second_try_overtakes_the_delete, A_GUESSES | B_GUESSES, \
		"A:ike B:ike Aq> Bq> Ar> Br> Bq> Ar> Aq> Br> Bq> Ar>", \
		"A.rekeys=1 B.rekeys=1 B.refused_temporary=1") \
	/* deletion: everything comes up again by itself */ \
	X(a_deletes, IDLE | ANEW, "A:delike Aq> Br>", "A.added=2 B.added=2") \
	X(both_delete, IDLE | ANEW, "A:delike B:delike Aq> Bq> Ar> Br>", "A.added=2 B.added=2") \
	X(a_rekeys_what_b_deletes, IDLE | ANEW, "A:ike B:delike Aq> Br> Bq> Ar>", \
		"B.refused_temporary=1 A.added=2 A.rekeys=0") \
	X(a_rekeys_what_b_deletes_the_delete_first, IDLE | ANEW, "A:ike B:delike Bq> Ar> Aq>", \
		"A.added=2 A.rekeys=0") \
	X(b_rekeys_what_a_deletes, IDLE | ANEW, "B:ike A:delike Bq> Ar> Aq> Br>", \
		"A.refused_temporary=1 A.added=2 A.rekeys=0") \
	X(b_rekeys_what_a_deletes_the_delete_first, IDLE | ANEW, "B:ike A:delike Aq> Br> Bq>", \
		"A.added=2 A.rekeys=0") \
	/* other things meanwhile */ \
	X(a_sign_of_life_is_asked_for_meanwhile, 0, "B:dpd A:ike Aq> Bq> Br> Ar> Aq> Br>", \
		"A.rekeys=1") \
	X(a_sign_of_life_is_asked_for_on_the_old_one, 0, "B:dpd A:ike Aq> Br> Aq> Br> t600", \
		"A.rekeys=1") \
	X(a_child_rekey_waits_on_both_sides, 0, \
		"A:ike A:child B:ike B:child Aq> Bq> Ar> Br>", "A.rekeys>0 A.added>1 B.added>1") \
	X(a_child_delete_waits_for_the_rekey, IDLE, "A:ike A:del Aq> Br> Aq> Br>", \
		"A.rekeys=1 A.added=2")

CASES(COLLIDE_FN)
static const struct cu_case cases[] = { CASES(COLLIDE_CASE) };
/* clang-format on */

CU_MAIN("collide_ike", cases)
