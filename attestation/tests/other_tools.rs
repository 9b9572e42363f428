//! Tools of transparency logs read what a kiosk exports: `signed_note` and `tlog_tiles` are
//! Cloudflare's port of Go's `golang.org/x/mod/sumdb`, and share no code with ours. They are given
//! the folder and the verifier key, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use attestation::{Scope, WitnessKey, verifier_key};
use common::{Kiosk, claims};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::tlog::{self, Error, Hash};
use tlog_tiles::{Checkpoint, Tile, TileHashReader, TileReader};

/// The tiles of a folder, as the tool asks for them.
struct Folder(PathBuf);

impl TileReader for Folder {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        // The tool names the height of tiles in the path; c2sp.org/tlog-tiles fixes it at 8.
        let read = |tile: &Tile| {
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            fs::read(self.0.join(path)).map_err(|_| Error::InvalidTile)
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

/// The published head, if the key signed it.
fn head(folder: &Path, key: &str) -> Checkpoint {
    let note = Note::from_bytes(&fs::read(folder.join("checkpoint")).unwrap()).unwrap();
    let verifier = StandardVerifier::new(key).unwrap();
    let (verified, _others) = note
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .unwrap();
    assert_eq!(verified.len(), 1);
    Checkpoint::from_bytes(note.text()).unwrap()
}

#[test]
fn the_tools_verify_head_inclusion_and_growth() {
    let mut kiosk = Kiosk::new();
    let folder = kiosk.folder.path().join("log");
    let mut before: Option<(u64, Hash)> = None;
    for size in [1, 7, 256, 300, 700] {
        for number in kiosk.log.size().unwrap()..size {
            kiosk.commit(&claims(number));
        }
        let done = kiosk
            .log
            .export_telling(&folder, Scope::Digests, &mut |_, _| ());
        assert_eq!(done.unwrap().size, size);
        let origin = "kiosk-log/hall-2/kiosk-07";
        let head = head(&folder, &verifier_key(origin, &kiosk.device.public()));
        assert_eq!((head.origin(), head.size()), (origin, size));

        let tiles = Folder(folder.clone());
        let tree = TileHashReader::new(size, *head.hash(), &tiles);
        for index in [0, size / 2, size - 1] {
            let entry = kiosk.log.attestation(index).unwrap().unwrap();
            let leaf = tlog::record_hash(&entry.receipt().attestation());
            let proof = tlog::prove_record(size, index, &tree).unwrap();
            tlog::check_record(&proof, size, *head.hash(), index, leaf).unwrap();
        }
        if let Some((old, root)) = before {
            let proof = tlog::prove_tree(size, old, &tree).unwrap();
            tlog::check_tree(&proof, size, *head.hash(), old, root).unwrap();
        }
        before = Some((size, *head.hash()));
    }
}

#[test]
fn the_tools_refuse_a_changed_tile() {
    let kiosk = Kiosk::with_entries(300);
    let folder = kiosk.folder.path().join("log");
    kiosk.log.export(&folder).unwrap();
    let key = verifier_key("kiosk-log/hall-2/kiosk-07", &kiosk.device.public());
    let root = *head(&folder, &key).hash();
    let path = folder.join("tile/0/000");
    let mut tile = fs::read(&path).unwrap();
    tile[32 * 16] ^= 1;
    fs::write(&path, tile).unwrap();
    let tiles = Folder(folder);
    let tree = TileHashReader::new(300, root, &tiles);
    let entry = kiosk.log.attestation(17).unwrap().unwrap();
    let leaf = tlog::record_hash(&entry.receipt().attestation());
    let found = tlog::prove_record(300, 17, &tree)
        .and_then(|proof| tlog::check_record(&proof, 300, root, 17, leaf));
    assert!(found.is_err());
}

/// A witness's line beside the kiosk's does not disturb them.
#[test]
fn the_tools_read_a_cosigned_head() {
    let mut kiosk = Kiosk::with_entries(3);
    let witness = WitnessKey::from_seed("witness.example/w1", &[5; 32]).unwrap();
    let head_now = kiosk.log.head().unwrap().unwrap();
    let line = witness.cosign(&head_now.checkpoint, 1_800_000_000).line();
    let note = head_now.note(&kiosk.device.public()) + &line;
    kiosk
        .log
        .accept_cosignature(&note, witness.public())
        .unwrap();
    let folder = kiosk.folder.path().join("log");
    kiosk.log.export(&folder).unwrap();
    assert!(
        fs::read_to_string(folder.join("checkpoint"))
            .unwrap()
            .ends_with(&line)
    );
    let key = verifier_key("kiosk-log/hall-2/kiosk-07", &kiosk.device.public());
    assert_eq!(head(&folder, &key).size(), 3);
}
