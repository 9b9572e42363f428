//! What is particular to this machine: its `machine-id` (machine-id(5), made at installation, on
//! the system's disk), the board's serial number where the firmware tells one (Devicetree
//! Specification, `serial-number`; not on the disk), and a secret file on another medium where one
//! is configured (a second partition, a stick, a systemd credential).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::KeyError;

const MACHINE_ID: &str = "/etc/machine-id";
const BOARD: &str = "/proc/device-tree/serial-number";
/// More than any of them has.
const MAX_LEN: u64 = 4096;
/// A secret file below this is a mistake: 128 bits.
const MIN_SECRET_LEN: usize = 16;

/// What goes into the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sources {
    machine_id: bool,
    board: bool,
    secret_file: bool,
}

impl Sources {
    /// Everything this machine has.
    pub fn present(secret_file: bool) -> Self {
        Self {
            machine_id: !read(Path::new(MACHINE_ID)).unwrap_or_default().is_empty(),
            board: !read(Path::new(BOARD)).unwrap_or_default().is_empty(),
            secret_file,
        }
    }

    /// Whether there is anything at all.
    pub fn any(self) -> bool {
        self.machine_id || self.board || self.secret_file
    }

    /// For the file.
    pub fn bits(self) -> u8 {
        u8::from(self.machine_id) | u8::from(self.board) << 1 | u8::from(self.secret_file) << 2
    }

    /// From the file.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits < 8).then_some(Self {
            machine_id: bits & 1 != 0,
            board: bits & 2 != 0,
            secret_file: bits & 4 != 0,
        })
    }

    /// For the technician.
    pub fn words(self) -> String {
        let all = [
            (self.machine_id, "this machine's id"),
            (self.board, "this board's serial number"),
            (self.secret_file, "the secret file"),
        ];
        let words: Vec<_> = all.iter().filter(|it| it.0).map(|it| it.1).collect();
        match words.is_empty() {
            true => "nothing: any copy of the folder is as good as this one".into(),
            false => words.join(" and "),
        }
    }

    /// What they say now.
    pub fn read(
        self,
        store: &Path,
        secret_file: Option<&Path>,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let secret_at = secret_file.unwrap_or(Path::new("`secret_file` in [key_store]"));
        let all = [
            (self.machine_id, "the machine's id", Path::new(MACHINE_ID)),
            (self.board, "the board's serial number", Path::new(BOARD)),
            (self.secret_file, "the secret file", secret_at),
        ];
        let mut said = Zeroizing::new(Vec::with_capacity(all.len() * (MAX_LEN as usize + 16)));
        for (_, name, at) in all.into_iter().filter(|it| it.0) {
            let gone = |source| KeyError::BindingGone {
                path: store.to_owned(),
                source_name: name,
                at: PathBuf::from(at),
                source,
            };
            let bytes = read(at).map_err(gone)?;
            if name == "the secret file" && bytes.len() < MIN_SECRET_LEN {
                let short = "it has less than 16 bytes (make one with `head -c 32 /dev/urandom`)";
                return Err(gone(io::Error::new(io::ErrorKind::InvalidData, short)));
            }
            said.extend((bytes.len() as u64).to_be_bytes());
            said.extend_from_slice(name.as_bytes());
            said.extend_from_slice(&bytes);
        }
        Ok(said)
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LEN as usize));
    File::open(path)?.take(MAX_LEN).read_to_end(&mut bytes)?;
    while bytes
        .last()
        .is_some_and(|byte| *byte == 0 || byte.is_ascii_whitespace())
    {
        bytes.pop();
    }
    Ok(bytes)
}
