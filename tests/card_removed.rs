//! The card is pulled off the reader in the middle of reading.

#[test]
fn a_card_pulled_away_is_asked_for_again_and_the_session_ends_if_it_does_not_come_back() {
    let run = stories::play("card-removed");
    run.ends("timed_out", "card_removed");
    run.showed(&[
        "card-present",
        "card-reading",
        "card-removed",
        "ended-timed-out",
    ]);
    assert!(!run.has_receipt());
    run.names_nobody();
}
