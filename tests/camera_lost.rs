//! The camera's cable is pulled while a resident looks into it.

#[test]
fn a_lost_camera_is_said_plainly_and_the_kiosk_comes_back_by_itself() {
    let run = stories::play("camera-lost");
    run.ends("out_of_service", "camera_lost");
    run.showed(&["capture", "out-of-service-camera", "attract"]);
    assert!(!run.has_receipt());
    run.names_nobody();
}
