//! The border's question `join`, as the page's script asks it.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use attestation::wallet::parts::split;
use serde_json::{Value, json};
use verify_page::join;

fn ask(texts: &[&str]) -> Value {
    join(json!(texts).to_string().as_bytes())
}

#[test]
fn parts_are_collected_until_the_proof_is_whole() {
    let proof = "eyJ~".repeat(700);
    let parts = split(&proof);
    let [one, two, three] = parts.as_slice() else {
        unreachable!("three parts");
    };
    let two_of_three = json!({ "kind": "parts", "read": 2, "count": 3 });
    assert_eq!(ask(&[three, one]), two_of_three);
    assert_eq!(ask(&[three, one, one]), two_of_three);
    let whole = json!({ "kind": "whole", "text": proof });
    assert_eq!(ask(&[three, one, two]), whole);
    let alone = json!({ "kind": "whole", "text": "KVR1:A" });
    assert_eq!(ask(&[three, "KVR1:A"]), alone);
    let other = split(&"eyK~".repeat(700));
    assert_eq!(ask(&[one, &other[1]])["code"], "part_of_other_proof");
    assert_eq!(ask(&["KVW1:x"])["code"], "part_malformed");
    assert_eq!(ask(&[])["code"], "part_malformed");
}
