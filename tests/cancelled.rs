//! The resident thinks better of it.

#[test]
fn stop_and_delete_ends_the_session_without_a_trace() {
    let run = stories::play("cancelled");
    run.ends("cancelled", "resident_stopped");
    run.showed(&["capture", "ended-cancelled", "attract"]);
    assert!(!run.has_receipt());
    assert!(
        !run.events().contains(&"log.committing".to_owned()),
        "nothing was signed"
    );
    run.names_nobody();
}
