//! What differs between the two kinds of machine: a PC, and a board of the kind that kiosks are built
//! around.

use clap::ValueEnum;

use crate::story::Story;

/// The machine's architecture, by the names that Rust and `uname -m` have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Arch {
    /// A PC
    #[value(name = "x86_64")]
    X86_64,
    /// A board with 64-bit Arm cores
    #[value(name = "aarch64")]
    Aarch64,
}

impl Arch {
    /// The emulator, and Debian's package of it.
    pub fn emulator(self) -> (&'static str, &'static str) {
        match self {
            Self::X86_64 => ("qemu-system-x86_64", "qemu-system-x86"),
            Self::Aarch64 => ("qemu-system-aarch64", "qemu-system-arm"),
        }
    }

    /// The board and its cores; those of a Raspberry Pi 5 are Cortex-A76.
    pub fn board(self) -> [&'static str; 4] {
        match self {
            Self::X86_64 => ["-machine", "q35", "-cpu", "max"],
            Self::Aarch64 => ["-machine", "virt", "-cpu", "cortex-a76"],
        }
    }

    /// The serial port of the kernel's console.
    pub fn console(self) -> &'static str {
        match self {
            Self::X86_64 => "ttyS0",
            Self::Aarch64 => "ttyAMA0",
        }
    }

    /// Debian's kernel for arm64 has no driver for a TPM on this board.
    pub fn has_tpm(self) -> bool {
        self == Self::X86_64
    }

    /// What takes the debugging symbols off a program.
    pub fn strip(self) -> &'static str {
        match self {
            Self::X86_64 => "strip",
            Self::Aarch64 => "aarch64-linux-gnu-strip",
        }
    }

    /// The stories that are told when none is named.
    pub fn stories(self) -> &'static [Story] {
        match self {
            Self::X86_64 => Story::value_variants(),
            Self::Aarch64 => &[Story::SelfTest, Story::Genuine, Story::ReaderCable],
        }
    }
}
