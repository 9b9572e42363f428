//! A card is presented, then nobody looks into the camera.

#[test]
fn without_a_face_the_session_ends_by_itself_and_leaves_nothing() {
    let run = stories::play("nobody");
    run.ends("timed_out", "no_face");
    run.showed(&["capture-look-here", "ended-timed-out", "attract"]);
    assert!(!run.has_receipt());
    run.names_nobody();
}
