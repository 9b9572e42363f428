//! The power fails in the very moment of the commit.

#[test]
fn after_a_power_cut_at_the_commit_the_log_is_whole_and_there_is_no_half_receipt() {
    let run = stories::play("power-cut");
    run.ends("out_of_service", "power_lost");
    let outcome = run.outcome();
    assert_eq!(
        outcome["killed_by_signal"], 9,
        "the kiosk was really killed"
    );
    assert_eq!(outcome["log"]["whole"], true);
    assert_eq!(
        outcome["log"]["entries_before"], 1,
        "a resident had been verified before"
    );
    assert_eq!(
        outcome["log"]["entries_after"], 1,
        "and nothing was added by half"
    );
    assert!(!run.has_receipt());
    run.showed(&["attract"]);
    run.names_nobody();
}
