/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rekeys and deletions of Child SAs that cross each other, that are late, lost or repeated
 * (RFC 7296 sections 2.8, 2.8.1, 2.8.3 and 2.25). The language is that of collide.h; "child" with
 * "Aq> Br>" is the exchange, the second "Aq> Br>" deletes the old one.
 */
#include "tests/sim/collide.h"
#include "tests/unit/cu.h"

/* clang-format off */
#define CASES(X) \
	/* one side */ \
	X(a_rekeys, 0, "A:child Aq> Br> Aq> Br>", "A.added=2 B.added=2") \
	X(b_rekeys, 0, "B:child Bq> Ar> Bq> Ar>", "A.added=2 B.added=2") \
	X(a_rekeys_with_pfs, PFS | JOBS, "A:child t10 Aq> Br> Aq> Br>", "A.added=2 B.added=2") \
	X(b_rekeys_with_pfs, PFS | JOBS, "B:child t10 Bq> Ar> Bq> Ar>", "A.added=2 B.added=2") \
	X(the_request_is_lost, 0, "A:child Aqx t600 Aq> Br> Aq> Br>", \
		"A.added=2 B.added=2 A.retransmits=1") \
	X(the_answer_is_lost, PFS, "A:child Aq> Brx t600 Aq> Br> Aq> Br>", \
		"A.added=2 B.added=2 B.rx_repeated=1") \
	X(the_delete_is_lost, 0, "A:child Aq> Br> Aqx t600 Aq> Br>", "A.added=2 B.added=2") \
	X(the_answer_to_the_delete_is_lost, 0, "A:child Aq> Br> Aq> Brx t600 Aq> Br>", \
		"A.added=2 B.added=2 B.rx_repeated=1") \
	X(the_request_comes_twice, PFS, "A:child Aq+ Aq> Br> Br> Aq> Br>", \
		"A.added=2 B.added=2 B.rx_repeated=1 A.drop_message_id=1") \
	X(the_request_comes_twice_while_it_is_worked_on, PFS | JOBS, \
		"A:child t10 Aq+ Aq> Br> Aq> Br>", \
		"A.added=2 B.added=2") \
	X(the_request_comes_again_after_the_delete, 0, "A:child Aq+ Br> Aq2> Aq> Br>", \
		"A.added=2 B.added=2 B.drop_message_id=1") \
	X(the_answer_comes_again_late, 0, "A:child Aq> Br+ Aq> Br2> Br>", \
		"A.added=2 B.added=2 A.drop_message_id=1") \
	X(rekeyed_three_times_in_a_row, 0, \
		"A:child Aq> Br> Aq> Br> B:child Bq> Ar> Bq> Ar> A:child Aq> Br> Aq> Br>", \
		"A.added=4 B.added=4") \
	X(rekeyed_again_before_the_delete_is_answered, 0, \
		"A:child Aq> Br> A:child Aq> Br> Aq> Br> Aq> Br>", "A.added=3 B.added=3") \
	/* another group */ \
	X(the_group_is_wrong, A_GUESSES, "A:child Aq> Br> Aq> Br> Aq> Br>", \
		"B.refused_invalid_ke=1 A.added=2 B.added=2") \
	X(the_group_is_wrong_and_the_answer_lost, A_GUESSES, \
		"A:child Aq> Brx t600 Aq> Br> Aq> Br> Aq> Br>", \
		"B.refused_invalid_ke=1 B.rx_repeated=1 A.added=2 B.added=2") \
	/* both at once */ \
	X(both_rekey, 0, "A:child B:child Aq> Bq> Ar> Br> Aq> Bq> Ar> Br>", \
		"A.added=3 B.added=3 A.collisions_child_rekey=1 B.collisions_child_rekey=1") \
	X(both_rekey_with_pfs, PFS | JOBS, \
		"A:child B:child t10 Aq> Bq> t10 Ar> Br> t10 Aq> Bq> Ar> Br>", \
		"A.added=3 B.added=3 A.collisions_child_rekey=1") \
	X(both_rekey_and_the_answer_to_a_is_late, 0, \
		"A:child B:child Aq> Bq> Ar> Bq> Ar> Br> Aq> Br>", \
		"A.added=3 B.added=3") \
	X(both_rekey_and_the_answer_to_b_is_late, 0, \
		"A:child B:child Aq> Bq> Br> Aq> Br> Ar> Bq> Ar>", \
		"A.added=3 B.added=3") \
	X(both_rekey_and_the_deletes_are_late, 0, \
		"A:child B:child Aq> Bq> Ar> Br> t600 Bq> Ar> Aq> Br>", \
		"A.added=3 B.added=3") \
	X(both_rekey_and_as_request_is_late, 0, "A:child B:child Bq> Ar> Bq> Ar> Aq> Br>", \
		"A.added=2 B.added=2 B.refused_child_not_found=1") \
	X(both_rekey_and_bs_request_is_late, 0, "A:child B:child Aq> Br> Aq> Br> Bq> Ar>", \
		"A.added=2 B.added=2 A.refused_child_not_found=1") \
	X(as_request_overtakes_bs_delete, 0, "A:child B:child Bq> Ar> Aq> Br> Bq> Ar>", \
		"A.added=2 B.added=2 B.refused_temporary=1") \
	X(bs_request_overtakes_as_delete, 0, "A:child B:child Aq> Br> Bq> Ar> Aq> Br>", \
		"A.added=2 B.added=2 A.refused_temporary=1") \
	X(as_refusal_comes_after_bs_delete, 0, "A:child B:child Bq> Ar> Aq> Bq> Ar> Br>", \
		"A.added=2 B.added=2 B.refused_temporary=1") \
	X(bs_refusal_comes_after_as_delete, 0, "A:child B:child Aq> Br> Bq> Aq> Br> Ar>", \
		"A.added=2 B.added=2 A.refused_temporary=1") \
	X(both_rekey_and_as_request_is_lost, 0, \
		"A:child B:child Aqx Bq> Ar> Bq> Ar> t600 Aq> Br>", \
		"A.added=2 B.added=2") \
	X(both_rekey_and_both_answers_are_lost, PFS, \
		"A:child B:child Aq> Bq> Arx Brx t600 Aq> Bq> Ar> Br> Aq> Bq> Ar> Br>", \
		"A.added=3 B.added=3") \
	X(both_rekey_and_everything_comes_twice, PFS, \
		"A:child B:child Aq+ Bq+ Aq> Bq> Ar> Br> Ar> Br> Aq+ Bq+ Aq> Bq> Ar> Br>", \
		"A.added=3 B.added=3 A.rx_repeated=2 B.rx_repeated=2") \
	X(both_rekey_again_and_again, 0, \
		"A:child B:child Aq> Bq> Ar> Br> Aq> Bq> Ar> Br> A:child B:child Bq> Aq> Br> Ar> " \
		"Bq> Aq> Br> Ar>", \
		"A.added>4 B.added>4") \
	X(both_rekey_and_a_guesses_wrong, A_GUESSES, \
		"A:child B:child Aq> Bq> Ar> Br> Bq> Ar>", "B.refused_invalid_ke=1 A.added=2") \
	X(both_rekey_and_both_guess_wrong, A_GUESSES | B_GUESSES, \
		"A:child B:child Aq> Bq> Ar> Br> Aq> Bq> Ar> Br> Aq> Bq> Ar> Br>", \
		"A.refused_invalid_ke=1 B.refused_invalid_ke=1 A.added=3 B.added=3") \
	X(both_guess_wrong_and_as_second_try_is_late, A_GUESSES | B_GUESSES, \
		"A:child B:child Aq> Bq> Ar> Br> Bq> Ar> Bq> Ar> Aq> Br>", \
		"A.added=2 B.added=2 B.refused_child_not_found=1") \
	X(both_guess_wrong_and_as_second_try_overtakes_the_delete, A_GUESSES | B_GUESSES, \
		"A:child B:child Aq> Bq> Ar> Br> Bq> Ar> Aq> Br> Bq> Ar>", \
		"A.added=2 B.added=2 B.refused_temporary=1") \
	X(a_guesses_wrong_and_hears_of_it_late, A_GUESSES, \
		"A:child B:child Aq> Bq> Ar> Bq> Br> Ar>", "A.added>1 B.added>1") \
	/* deletion: the tunnel comes up again by itself */ \
	X(a_deletes, IDLE, "A:del Aq> Br>", "A.added=2 B.added=2") \
	X(b_deletes, IDLE, "B:del Bq> Ar>", "A.added=2 B.added=2") \
	X(both_delete, IDLE, "A:del B:del Aq> Bq> Ar> Br>", "A.added=2 B.added=2") \
	X(a_rekeys_what_b_deletes, IDLE, "A:child B:del Aq> Br> Bq> Ar>", \
		"B.refused_temporary=1 A.added=2 B.added=2") \
	X(a_rekeys_what_b_deletes_the_delete_first, IDLE, "A:child B:del Bq> Ar> Aq> Br>", \
		"B.refused_child_not_found=1 A.added=2 B.added=2") \
	X(a_rekeys_what_b_deletes_the_refusal_last, IDLE, "A:child B:del Aq> Bq> Ar> Br>", \
		"B.refused_temporary=1 A.added=2 B.added=2") \
	X(b_rekeys_what_a_deletes, IDLE, "B:child A:del Bq> Ar> Aq> Br>", \
		"A.refused_temporary=1 A.added=2 B.added=2") \
	X(b_rekeys_what_a_deletes_the_delete_first, IDLE, "B:child A:del Aq> Br> Bq> Ar>", \
		"A.refused_child_not_found=1 A.added=2 B.added=2") \
	X(the_old_one_is_deleted_by_both, 0, "A:child Aq> Br> B:child Bq> Ar> Aq> Br> Bq> Ar>", \
		"A.added>1 B.added>1") \
	/* both ask for a new one */ \
	X(a_clears, IDLE, "A:new Aq> Br> Aq> Br>", "A.added=2 B.added=2") \
	X(both_ask_for_a_new_one, IDLE, "A:new B:new Aq> Bq> Ar> Br> Aq> Bq> Ar> Br>", \
		"A.added=3 B.added=3") \
	X(both_ask_with_pfs, IDLE | PFS | JOBS, \
		"A:new B:new Aq> Bq> Ar> Br> t10 Aq> Bq> t10 Ar> Br>", "A.added=3 B.added=3") \
	X(a_clears_and_both_ask, IDLE, "A:new Aq> B:new Br> Aq> Bq> Ar> Br>", \
		"A.added=3 B.added=3") \
	X(both_ask_and_bs_request_is_late, IDLE, \
		"A:new B:new Aq> Bq> Ar> Br> Aq> Br> Bq> Ar>", "A.added=3 B.added=3") \
	X(both_ask_and_as_request_is_late, IDLE, \
		"A:new B:new Aq> Bq> Ar> Br> Bq> Ar> Aq> Br>", "A.added=3 B.added=3") \
	X(both_ask_and_the_answer_to_a_is_late, IDLE, \
		"A:new B:new Aq> Bq> Ar> Br> Aq> Bq> Ar> t100 Br>", "A.added=3 B.added=3") \
	X(both_ask_and_an_answer_is_lost, IDLE, \
		"A:new B:new Aq> Bq> Ar> Br> Aq> Bq> Arx Br> t600", "A.added=3 B.added=3") \
	/* lost and refused */ \
	X(b_has_lost_it, IDLE, "B:lose A:child Aq> Br> Aq> Br>", \
		"B.refused_child_not_found=1 A.added=2 B.added=2") \
	X(a_has_lost_it, IDLE, "A:lose B:child Bq> Ar> Bq> Ar>", \
		"A.refused_child_not_found=1 A.added=2 B.added=2") \
	X(b_cannot_install_it, 0, "B:refuse A:child Aq> Br> B:allow", \
		"B.refused_no_additional_sas=1 A.added=2 B.added=2") \
	X(a_cannot_install_it, 0, "A:refuse A:child Aq> Br> Aq> Br> A:allow", \
		"A.added=2 B.added=3") \
	X(both_rekey_and_a_cannot_install_its_own, 0, \
		"A:child B:child Aq> Bq> Ar> A:refuse Br> A:allow Aq> Bq> Ar> Br>", "A.added>1") \
	/* the IKE SA is rekeyed meanwhile */ \
	X(a_rekeys_the_child_b_the_ike_sa, 0, "A:child B:ike Aq> Bq> Ar> Br>", \
		"A.refused_temporary=1 B.refused_temporary=1 A.rekeys>0 A.added>1") \
	X(a_rekeys_the_child_b_the_ike_sa_first, 0, "A:child B:ike Bq> Ar> Aq> Br> Aq> Br>", \
		"A.refused_temporary=1 B.refused_temporary=0 A.rekeys>0 A.added=2") \
	X(the_ike_rekey_overtakes_the_answer, 0, "A:child Aq> B:ike Bq> Ar> Br> Aq> Br>", \
		"A.refused_temporary=1 A.rekeys>0 A.added=2") \
	X(the_ike_rekey_comes_while_the_old_child_is_deleted, 0, \
		"A:child Aq> Br> B:ike Bq> Ar> Aq> Br>", \
		"A.refused_temporary=1 A.rekeys>0 A.added=2") \
	X(the_child_rekey_waits_for_the_ike_rekey, 0, "A:ike A:child Aq> Br> Aq> Br> Aq> Br>", \
		"A.rekeys>0 A.added=2 B.added=2") \
	X(a_child_delete_crosses_the_ike_rekey, IDLE, "A:del B:ike Aq> Bq> Ar> Br>", \
		"A.refused_temporary=1 A.rekeys>0") \
	X(a_child_is_deleted_with_the_ike_sa, IDLE | ANEW, "A:child B:delike Bq> Ar> Aq>", \
		"A.added=2 B.added=2") \
	X(a_child_rekey_meets_an_ike_delete, IDLE | ANEW, "A:child B:delike Aq> Br> Bq> Ar>", \
		"B.refused_temporary=1 A.added=2 B.added=2")

CASES(COLLIDE_FN)
static const struct cu_case cases[] = { CASES(COLLIDE_CASE) };
/* clang-format on */

CU_MAIN("collide_child", cases)
