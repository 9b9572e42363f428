//! Cards and readers that misbehave.

#[test]
fn a_card_with_a_wrong_check_digit_is_not_accepted_and_an_officer_takes_over() {
    let run = stories::play_with("genuine", &["--card-fault", "wrong-check-digit"]);
    run.ends("referred", "document_not_accepted");
    run.showed(&["card-present", "card-not-accepted", "receipt-referred"]);
    run.receipt_holds();
    run.names_nobody();
}

#[test]
fn a_card_without_a_photo_is_not_accepted_and_an_officer_takes_over() {
    let run = stories::play_with("genuine", &["--card-fault", "no-photo"]);
    run.ends("referred", "document_not_accepted");
    run.names_nobody();
}

#[test]
fn answers_that_are_always_damaged_end_with_an_officer() {
    let run = stories::play_with("genuine", &["--card-fault", "bad-checksum"]);
    run.ends("referred", "document_unreadable");
    run.showed(&["card-present", "card-unreadable", "receipt-referred"]);
    run.names_nobody();
}

#[test]
fn a_noisy_line_does_not_keep_a_resident_from_being_verified() {
    let run = stories::play_with("genuine", &["--card-fault", "noise"]);
    run.ends("verified", "all_factors_accepted");
    run.names_nobody();
}

#[test]
fn a_reader_that_falls_silent_takes_the_kiosk_out_of_service_and_says_so() {
    let run = stories::play_with("genuine", &["--card-fault", "silent"]);
    run.ends("out_of_service", "card_reader_lost");
    run.showed(&["out-of-service-card-reader"]);
    run.names_nobody();
}
