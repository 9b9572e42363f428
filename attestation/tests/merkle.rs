//! The tree against the test data of Certificate Transparency, and its proofs against every tree
//! and every lie that proptest finds.
//!
//! Data: google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc at c41b090e (leaves,
//! roots, `kSHA256Paths` and `kSHA256Proofs`), the same that transparency-dev/merkle and Chromium's
//! ct_log_verifier_unittest.cc use. Indices there count from 1, here from 0. And transparency-dev's
//! own cases, honest and corrupted (`vectors/README.md`).
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::convert::Infallible;

use attestation::merkle::{
    self, Hash, InclusionProof, Nodes, is_consistent, leaf_hash, prove_consistency,
    prove_inclusion, prove_newest,
};
use proptest::prelude::*;

/// A tree in memory.
#[derive(Default)]
struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Nodes for Tree {
    type Error = Infallible;

    fn node(&self, level: u32, position: u64) -> Result<Hash, Infallible> {
        Ok(self.levels[level as usize][position as usize])
    }
}

impl Tree {
    fn of<L: AsRef<[u8]>>(leaves: impl IntoIterator<Item = L>) -> Self {
        let mut tree = Self::default();
        for leaf in leaves {
            let Ok(added) = merkle::append(&tree, tree.size(), leaf_hash(leaf.as_ref()));
            for (level, position, hash) in added {
                let level = level as usize;
                tree.levels.resize(tree.levels.len().max(level + 1), vec![]);
                assert_eq!(tree.levels[level].len() as u64, position);
                tree.levels[level].push(hash);
            }
        }
        tree
    }

    fn numbered(size: u64) -> Self {
        Self::of((0..size).map(u64::to_be_bytes))
    }

    fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    fn root(&self, size: u64) -> Hash {
        let Ok(root) = merkle::root(self, size);
        root
    }

    fn inclusion(&self, index: u64, size: u64) -> InclusionProof {
        let Ok(proof) = prove_inclusion(self, index, size);
        proof.unwrap()
    }

    fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        let Ok(path) = prove_consistency(self, old, new);
        path.unwrap()
    }
}

const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The roots of the trees of 0 to 8 of these leaves.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Leaf, size, path.
const PATHS: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        3,
        &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    ),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// Old size, new size, path.
const CONSISTENCY: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
    (0..hex.len() / 2).map(digits).collect()
}

fn hash(hex: &str) -> Hash {
    bytes(hex).try_into().unwrap()
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|hex| hash(hex)).collect()
}

#[test]
fn the_roots_are_those_of_certificate_transparency() {
    let tree = Tree::of(LEAVES.map(bytes));
    for (size, root) in (0..).zip(ROOTS) {
        assert_eq!(tree.root(size), hash(root), "size {size}");
    }
}

#[test]
fn the_inclusion_proofs_are_those_of_certificate_transparency() {
    let tree = Tree::of(LEAVES.map(bytes));
    for (index, size, path) in PATHS {
        let proof = tree.inclusion(index, size);
        assert_eq!(proof.path, hashes(path), "leaf {index} of {size}");
        let leaf = leaf_hash(&bytes(LEAVES[index as usize]));
        assert_eq!(proof.root(leaf), Some(hash(ROOTS[size as usize])));
    }
}

#[test]
fn the_consistency_proofs_are_those_of_certificate_transparency() {
    let tree = Tree::of(LEAVES.map(bytes));
    for (old, new, path) in CONSISTENCY {
        let path = hashes(path);
        assert_eq!(tree.consistency(old, new), path, "{old} to {new}");
        let (old_root, new_root) = (tree.root(old), tree.root(new));
        assert!(is_consistent((old, &old_root), (new, &new_root), &path));
    }
}

/// The edge cases of the same test file.
#[test]
fn there_is_no_growth_from_nothing_backwards_or_by_an_empty_proof() {
    let tree = Tree::of(LEAVES.map(bytes));
    let root = |size| tree.root(size);
    for (old, new) in [(0, 0), (0, 1), (1, 0), (2, 1), (1, 2)] {
        assert!(!is_consistent((old, &root(old)), (new, &root(new)), &[]));
    }
    assert!(!is_consistent((1, &root(1)), (1, &root(1)), &[root(0)]));
    assert!(!is_consistent((1, &root(1)), (1, &root(2)), &[]));
    let Ok(nothing) = prove_consistency(&tree, 0, 8);
    assert_eq!(nothing, None);
    let Ok(backwards) = prove_consistency(&tree, 8, 7);
    assert_eq!(backwards, None);
    let Ok(outside) = prove_inclusion(&tree, 8, 8);
    assert_eq!(outside, None);
}

#[test]
fn every_pair_in_trees_up_to_64_proves_what_it_should_and_nothing_else() {
    let tree = Tree::numbered(64);
    for size in 1..=64_u64 {
        let root = tree.root(size);
        for index in 0..size {
            let proof = tree.inclusion(index, size);
            assert_eq!(proof.root(leaf_hash(&index.to_be_bytes())), Some(root));
            let old_root = tree.root(index + 1);
            let path = tree.consistency(index + 1, size);
            assert!(is_consistent((index + 1, &old_root), (size, &root), &path));
        }
    }
}

#[test]
fn the_proof_for_the_newest_leaf_has_one_hash_for_each_bit_of_its_index() {
    let tree = Tree::numbered(1000);
    for index in 0..1000 {
        let Ok(proof) = prove_newest(&tree, index);
        assert_eq!(proof, tree.inclusion(index, index + 1));
        assert_eq!(proof.path.len() as u32, index.count_ones());
    }
}

proptest! {
    #[test]
    fn a_changed_inclusion_proof_leads_elsewhere(
        size in 1_u64..300,
        index in any::<prop::sample::Index>(),
        lie in 0..6,
        at in any::<prop::sample::Index>(),
        other in any::<u64>(),
    ) {
        let tree = Tree::numbered(size);
        let index = index.index(size as usize) as u64;
        let honest = tree.inclusion(index, size);
        let mut proof = honest.clone();
        let mut leaf = leaf_hash(&index.to_be_bytes());
        let length = proof.path.len();
        match lie {
            0 => leaf = leaf_hash(&other.wrapping_add(size).to_be_bytes()),
            1 => proof.index = other,
            2 if length > 0 => proof.path[at.index(length)][0] ^= 1,
            3 if length > 0 => drop(proof.path.remove(at.index(length))),
            4 => proof.path.insert(at.index(length + 1), [7; 32]),
            _ if length > 1 => proof.path.swap(0, length - 1),
            _ => leaf = [0; 32],
        }
        let unchanged = proof == honest && leaf == leaf_hash(&index.to_be_bytes());
        prop_assert!(unchanged || proof.root(leaf) != Some(tree.root(size)));
    }

    #[test]
    fn a_changed_consistency_proof_proves_nothing(
        (old, new) in (1_u64..200).prop_flat_map(|old| (Just(old), old + 1..=200)),
        lie in 0..5,
        at in any::<prop::sample::Index>(),
    ) {
        let tree = Tree::numbered(new);
        let (mut old_root, mut new_root) = (tree.root(old), tree.root(new));
        let mut path = tree.consistency(old, new);
        prop_assert!(is_consistent((old, &old_root), (new, &new_root), &path));
        let length = path.len();
        match lie {
            0 => old_root[31] ^= 1,
            1 => new_root[0] ^= 1,
            2 => path[at.index(length)][5] ^= 1,
            3 => drop(path.remove(at.index(length))),
            _ => path.insert(at.index(length + 1), [7; 32]),
        }
        prop_assert!(!is_consistent((old, &old_root), (new, &new_root), &path));
    }

    #[test]
    fn no_sizes_make_the_checks_panic(
        index in any::<u64>(),
        size in any::<u64>(),
        path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let _ = is_consistent((index, &[0; 32]), (size, &[1; 32]), &path);
        let _ = InclusionProof { index, size, path }.root([0; 32]);
    }
}

/// A hash in base64; none if it is not 32 bytes long, which no proof of ours can hold.
fn hash_of(value: &serde_json::Value) -> Option<Hash> {
    use base64ct::{Base64, Encoding};
    Base64::decode_vec(value.as_str()?).ok()?.try_into().ok()
}

fn path_of(value: &serde_json::Value) -> Option<Vec<Hash>> {
    match value.as_array() {
        Some(hashes) => hashes.iter().map(hash_of).collect(),
        None => Some(vec![]),
    }
}

fn cases(text: &str) -> Vec<serde_json::Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn transparency_dev_inclusion_cases() {
    let cases = cases(include_str!("vectors/merkle-inclusion.json"));
    for case in &cases {
        let holds = || {
            let proof = InclusionProof {
                index: case["leafIdx"].as_u64()?,
                size: case["treeSize"].as_u64()?,
                path: path_of(&case["proof"])?,
            };
            Some(proof.root(hash_of(&case["leafHash"])?)? == hash_of(&case["root"])?)
        };
        assert_eq!(!holds().unwrap_or(false), case["wantErr"], "{case}");
    }
    assert_eq!(cases.len(), 82);
}

#[test]
fn transparency_dev_consistency_cases() {
    let cases = cases(include_str!("vectors/merkle-consistency.json"));
    for case in &cases {
        let holds = || {
            let head = |n| {
                Some((
                    case[format!("size{n}")].as_u64()?,
                    hash_of(&case[format!("root{n}")])?,
                ))
            };
            let ((size1, root1), (size2, root2)) = (head(1)?, head(2)?);
            let path = path_of(&case["proof"])?;
            Some(is_consistent((size1, &root1), (size2, &root2), &path))
        };
        assert_eq!(!holds().unwrap_or(false), case["wantErr"], "{case}");
    }
    assert_eq!(cases.len(), 84);
}
