//! Only the weights that the manifest names are loaded, and what is wrong is said.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use std::error::Error as _;
use std::fs;
use std::path::Path;

use common::{manifest, runtime, weights};
use face_pipeline::{Error, Networks};

fn load(manifest: &Path, weights: &Path) -> Error {
    Networks::load(manifest, weights, &runtime(), 1).expect_err("to be refused")
}

/// A manifest with one passage replaced.
fn changed(folder: &Path, from: &str, to: &str) -> std::path::PathBuf {
    let text = fs::read_to_string(manifest()).expect("the manifest");
    assert!(text.contains(from), "{from:?} is no longer in the manifest");
    let path = folder.join("manifest.toml");
    fs::write(&path, text.replacen(from, to, 1)).expect("a writable folder");
    path
}

#[test]
fn a_weights_file_that_differs_is_refused_with_both_hashes_and_the_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(weights()).expect("weights").flatten() {
        fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
    }
    let tampered = folder.path().join("sface_2021dec.onnx");
    let mut bytes = fs::read(&tampered).expect("weights");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&tampered, bytes).expect("a writable copy");

    let error = load(&manifest(), folder.path());

    let Error::WrongHash {
        path,
        expected,
        actual,
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(*path, tampered);
    assert_ne!(expected, actual);
    let said = error.to_string();
    assert!(
        said.contains(expected) && said.contains(actual) && said.contains("make setup"),
        "{said}"
    );
}

#[test]
fn a_missing_weights_file_is_named_with_the_remedy() {
    let empty = tempfile::tempdir().expect("a folder");
    let error = load(&manifest(), empty.path());
    assert!(matches!(error, Error::Read { .. }), "{error}");
    assert!(
        error.to_string().contains(".onnx") && error.to_string().contains("make setup"),
        "{error}"
    );
    assert!(error.source().is_some());
}

#[test]
fn a_missing_library_is_named_with_the_remedy() {
    let nowhere = Path::new("/nonexistent/libonnxruntime.so");
    let error = Networks::load(&manifest(), &weights(), nowhere, 1).expect_err("to be refused");
    assert!(
        matches!(error, Error::Read { .. } | Error::SecondLibrary { .. }),
        "{error}"
    );
}

#[test]
fn an_unknown_key_in_the_manifest_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = changed(
        folder.path(),
        "live_class = 0",
        "live_class = 0\nlive_clas = 1",
    );
    let error = load(&path, &weights());
    let why = error.source().expect("the parser's word").to_string();
    assert!(why.contains("live_clas") && why.contains("line"), "{why}");
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    let cases = [
        ("format = 1", "format = 2"),
        ("size_px = 112", "size_px = 1"),
        ("divisor = 1.0", "divisor = 0.0"),
        ("file = \"yunet_2023mar.onnx\"", "file = \"another.onnx\""),
    ];
    for (from, to) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let error = load(&changed(folder.path(), from, to), &weights());
        assert!(
            matches!(error, Error::ManifestContent { .. }),
            "{to}: {error}"
        );
    }
}

/// A NaN or a class that there is not would refuse everybody, or find faces everywhere.
#[test]
fn a_number_out_of_its_range_is_refused_by_its_key() {
    let cases = [
        ("live_class = 0", "live_class = 9", "live_class"),
        ("[2.7, 1.8]", "[2.7, nan]", "crop_scales"),
        ("[2.7, 1.8]", "[]", "crop_scales"),
        ("[2.7, 1.8]", "[1.0, 2.0, 3.0, 4.0, 5.0]", "crop_scales"),
        ("crop_scale = 1.5", "crop_scale = 0.0", "crop_scale"),
        ("mean = 127.5", "mean = inf", "mean"),
        ("divisor = 128.0", "divisor = -128.0", "divisor"),
        (
            "score_threshold = 0.6",
            "score_threshold = 1.6",
            "score_threshold",
        ),
        ("nms_iou = 0.3", "nms_iou = -0.3", "nms_iou"),
    ];
    for (from, to, key) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let error = load(&changed(folder.path(), from, to), &weights());
        let is_manifest = matches!(error, Error::ManifestContent { .. });
        assert!(
            is_manifest && error.to_string().contains(key),
            "{to}: {error}"
        );
    }
}

#[test]
fn weights_of_another_kind_are_refused_when_they_are_warmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = changed(
        folder.path(),
        "file = \"yunet_2023mar.onnx\"",
        "file = \"fr_feature.onnx\"",
    );
    let error = load(&path, &weights());
    assert!(
        matches!(error, Error::Shape { .. } | Error::Network { .. }),
        "{error}"
    );
}
