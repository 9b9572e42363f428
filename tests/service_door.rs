//! The service door is opened while a resident is being served: the resident is served to the end, the
//! next one has to wait until it is closed.

#[test]
fn an_open_door_waits_for_the_resident_and_closes_the_kiosk_afterwards() {
    let run = stories::play("service-door");
    run.ends("verified", "all_factors_accepted");
    run.showed(&[
        "capture",
        "receipt-verified",
        "out-of-service-service",
        "attract",
    ]);
    run.receipt_holds();
    run.names_nobody();
    let events = run.events();
    let at = |name: &str| events.iter().position(|event| event == name);
    assert!(
        at("session.ended") < at("kiosk.out_of_service"),
        "{events:?}"
    );
    assert!(
        at("kiosk.out_of_service") < at("kiosk.in_service"),
        "{events:?}"
    );
}
