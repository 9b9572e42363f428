//! The resident cannot do what the kiosk asks.

#[test]
fn i_cannot_do_this_leads_to_an_officer_with_a_receipt() {
    let run = stories::play("cannot");
    run.ends("referred", "resident_cannot");
    run.showed(&["services", "consent", "receipt-referred", "attract"]);
    assert_eq!(run.receipt_holds()["decision"], "referred");
    run.names_nobody();
}
