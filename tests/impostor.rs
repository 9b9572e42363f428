//! Somebody presents another person's card.

#[test]
fn another_persons_card_is_not_verified_and_the_receipt_says_so() {
    let run = stories::play("impostor");
    run.ends("not_verified", "not_same_person");
    run.showed(&["card-present", "receipt-not-verified", "attract"]);
    assert_eq!(run.receipt_holds()["decision"], "not_verified");
    run.names_nobody();
}
