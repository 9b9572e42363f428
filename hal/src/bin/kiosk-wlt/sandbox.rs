//! The walls around the decoder: limits (setrlimit(2)), files and network (Landlock), system calls
//! (seccomp). [`enter`] leaves what loading a library needs, [`close`] nothing but memory and the
//! two pipes. Where the kernel lacks Landlock or seccomp there is no decoder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

/// Address space. A decoder needs a few megabytes.
const MEMORY: u64 = 512 << 20;
/// Processor time in seconds.
const CPU_SECONDS: u64 = 5;
/// Open files: three pipes, and what the loader opens one after another.
const FILES: u64 = 16;

/// Where systems keep the libraries that a library can need.
const LIBRARIES: [&str; 7] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
];

/// Why a wall could not be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    #[error("failed to close inherited files")]
    Files(#[source] std::io::Error),
    #[error("failed to set the limits of the process")]
    Limits(#[source] rustix::io::Errno),
    #[error("failed to lock files and network away (Landlock)")]
    Landlock(#[from] RulesetError),
    #[error("failed to compile the filter of system calls (seccomp)")]
    Filter(#[from] BackendError),
    #[error("failed to install the filter of system calls (seccomp)")]
    Seccomp(#[from] seccompiler::Error),
}

/// Gives up everything but reading the system's libraries and the folder of this one.
pub(crate) fn enter(library: &Path) -> Result<(), SandboxError> {
    forget_inherited_files()?;
    set_limits().map_err(SandboxError::Limits)?;
    lock_files(library)?;
    // Loading on another C library than ours may try one thing more: it fails, and is not killed.
    let eperm = SeccompAction::Errno(libc::EPERM as u32);
    install(&loading_calls()?, eperm)
}

/// Gives up files. Whatever is tried from here on ends the process.
pub(crate) fn close() -> Result<(), SandboxError> {
    install(&decoding_calls()?, SeccompAction::KillProcess)
}

/// What the kiosk had open when it started us is not ours.
#[allow(unsafe_code, reason = "closing files that no value owns")]
fn forget_inherited_files() -> Result<(), SandboxError> {
    // SAFETY: at the start of `main` nothing in this process owns a descriptor above the standard
    // ones, so no owner is left with a closed one.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result != 0 {
        return Err(SandboxError::Files(std::io::Error::last_os_error()));
    }
    Ok(())
}

fn set_limits() -> rustix::io::Result<()> {
    // No kiosk, no decoder. And no memory image of a photo on any disk.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    for (resource, limit) in [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::Memlock, 0),
        (Resource::Nofile, FILES),
        (Resource::Cpu, CPU_SECONDS),
        (Resource::As, MEMORY),
    ] {
        let limit = Some(limit);
        rustix::process::setrlimit(
            resource,
            Rlimit {
                current: limit,
                maximum: limit,
            },
        )?;
    }
    Ok(())
}

/// Files and network by Landlock: the first version of it is a must, what later kernels add (TCP,
/// signals and abstract sockets beyond the process) is taken where it is.
fn lock_files(library: &Path) -> Result<(), RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?;
    let folder = library.parent().map(PathBuf::from);
    for path in LIBRARIES.map(PathBuf::from).into_iter().chain(folder) {
        // What is not there need not be read.
        let Ok(place) = PathFd::new(&path) else {
            continue;
        };
        let rights = if path.is_dir() {
            AccessFs::ReadFile | AccessFs::ReadDir
        } else {
            AccessFs::ReadFile.into()
        };
        rules = rules.add_rule(PathBeneath::new(place, rights))?;
    }
    rules.restrict_self()?;
    Ok(())
}

type Calls = BTreeMap<i64, Vec<SeccompRule>>;

fn install(calls: &Calls, otherwise: SeccompAction) -> Result<(), SandboxError> {
    let filter = SeccompFilter::new(
        calls.clone(),
        otherwise,
        SeccompAction::Allow,
        TargetArch::try_from(std::env::consts::ARCH)?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}

/// Memory, signals, time, chance, who and where one is, the end: what any program needs and what C
/// libraries do behind its back (sorting asks how much memory there is), with any arguments.
const ALWAYS: [i64; 23] = [
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_rseq,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_sched_getaffinity,
];

/// What the dynamic loader does besides.
const LOADING: [i64; 16] = [
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    // For the second filter.
    libc::SYS_seccomp,
];

fn loading_calls() -> Result<Calls, SandboxError> {
    let mut calls: Calls = ALWAYS
        .into_iter()
        .chain(LOADING)
        .map(|c| (c, vec![]))
        .collect();
    let reading = argument(2, libc::O_ACCMODE, libc::O_RDONLY)?;
    calls.insert(libc::SYS_openat, vec![SeccompRule::new(vec![reading])?]);
    let no_new_privileges = equals(0, libc::PR_SET_NO_NEW_PRIVS)?;
    calls.insert(
        libc::SYS_prctl,
        vec![SeccompRule::new(vec![no_new_privileges])?],
    );
    Ok(calls)
}

fn decoding_calls() -> Result<Calls, SandboxError> {
    let mut calls: Calls = ALWAYS.into_iter().map(|c| (c, vec![])).collect();
    calls.insert(
        libc::SYS_read,
        vec![SeccompRule::new(vec![equals(0, libc::STDIN_FILENO)?])?],
    );
    calls.insert(
        libc::SYS_write,
        vec![
            SeccompRule::new(vec![equals(0, libc::STDOUT_FILENO)?])?,
            SeccompRule::new(vec![equals(0, libc::STDERR_FILENO)?])?,
        ],
    );
    let no_code = || argument(2, libc::PROT_EXEC, 0);
    let no_file = argument(3, libc::MAP_ANONYMOUS, libc::MAP_ANONYMOUS)?;
    calls.insert(
        libc::SYS_mmap,
        vec![SeccompRule::new(vec![no_code()?, no_file])?],
    );
    calls.insert(
        libc::SYS_mprotect,
        vec![SeccompRule::new(vec![no_code()?])?],
    );
    Ok(calls)
}

/// The bits `mask` of an argument are `value`.
fn argument(index: u8, mask: i32, value: i32) -> Result<SeccompCondition, BackendError> {
    condition(index, SeccompCmpOp::MaskedEq(bits(mask)), value)
}

fn equals(index: u8, value: i32) -> Result<SeccompCondition, BackendError> {
    condition(index, SeccompCmpOp::Eq, value)
}

fn condition(
    index: u8,
    operator: SeccompCmpOp,
    value: i32,
) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, bits(value))
}

/// The kernel compares bits, not numbers.
fn bits(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}
