//! The photo decoder's process with real shared libraries: one that decodes, and the worst that an
//! integrator's could do. Whatever happens in it, the kiosk has its answer in time and the library
//! has nothing. Needs a C compiler, as building does.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

#[path = "common/patience.rs"]
mod patience;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hal::wlt::protocol::{End, RGB_LEN, WLT_LEN};
use hal::wlt::{WltError, WltPlugin};
use patience::LONG;
use tempfile::TempDir;

const HELPER: &str = env!("CARGO_BIN_EXE_kiosk-wlt");

/// A library in a folder of its own, which everybody may read: the process can be nobody's.
struct Library {
    folder: TempDir,
    path: PathBuf,
}

impl Library {
    fn compiled(source: &str, options: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = folder.path().join("decoder.so");
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wlt");
        let done = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
            .arg(&path)
            .args(options(folder.path()))
            .arg(sources.join(source))
            .status()
            .unwrap();
        assert!(done.success(), "no C compiler?");
        Self { folder, path }
    }

    fn sim() -> Self {
        Self::compiled("sim.c", |folder| {
            // A folder in which everybody may write.
            let folder = folder.join("spoils");
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
            vec![format!("-DSPOILS=\"{}\"", folder.join("found").display())]
        })
    }

    fn plugin(&self) -> WltPlugin {
        WltPlugin::with_helper(&self.path, HELPER).time_limit(LONG)
    }
}

/// A photo field that tells the simulated decoder what to do.
fn photo(act: u8) -> Vec<u8> {
    let mut field = vec![b'W', b'L', b'f', act];
    field.extend((0..1020).map(|i| (i % 253) as u8));
    field
}

#[test]
fn a_photo_is_decoded_again_and_again() {
    let library = Library::sim();
    let plugin = library.plugin();
    plugin.check().unwrap();
    for _ in 0..3 {
        let picture = plugin.decode(&photo(0)).unwrap();
        let field = photo(0);
        assert_eq!(picture.reveal().len(), RGB_LEN);
        let expected = (0..RGB_LEN).map(|i| field[4 + i % 1020]);
        assert!(picture.reveal().iter().copied().eq(expected));
        assert_eq!(format!("{picture:?}"), "[picture]");
    }
}

#[test]
fn a_decoder_that_wants_what_is_not_its_own_is_ended_and_gets_nothing() {
    let library = Library::sim();
    let plugin = library.plugin();
    for act in *b"fwnumvtpkjr" {
        let result = plugin.decode(&photo(act));
        let act = char::from(act);
        assert!(
            matches!(result, Err(WltError::Forbidden)),
            "{act}: {result:?}"
        );
    }
    assert!(!library.folder.path().join("spoils/found").exists());
    plugin.decode(&photo(0)).unwrap();
}

#[test]
fn a_decoder_that_crashes_takes_nobody_along() {
    let library = Library::sim();
    let plugin = library.plugin();
    for act in *b"cao" {
        let result = plugin.decode(&photo(act));
        let act = char::from(act);
        let expected = matches!(result, Err(WltError::Crashed(_) | WltError::Forbidden));
        assert!(expected, "{act}: {result:?}");
    }
    // It ended as if all were well, but there is no picture.
    let left = plugin.decode(&photo(b'x'));
    assert!(matches!(left, Err(WltError::Crashed(_))), "{left:?}");
    let closed = plugin.decode(&photo(b'q'));
    assert!(closed.is_err(), "{closed:?}");
    plugin.decode(&photo(0)).unwrap();
}

#[test]
fn a_decoder_that_hangs_is_ended_in_time() {
    let library = Library::sim();
    let limit = Duration::from_millis(300);
    let hanging = library.plugin().time_limit(limit);
    let begin = Instant::now();
    let result = hanging.decode(&photo(b'h'));
    assert!(matches!(result, Err(WltError::TimedOut(_))), "{result:?}");
    assert!(begin.elapsed() >= limit);
    // Sleeping is a system call that nobody needs.
    let asleep = library.plugin().decode(&photo(b's'));
    assert!(matches!(asleep, Err(WltError::Forbidden)), "{asleep:?}");
}

#[test]
fn a_library_that_sleeps_while_it_is_loaded_does_not_hold_up_the_self_test() {
    let library = Library::compiled("sleeper.c", |_| vec![]);
    let sleeping = library.plugin().time_limit(Duration::from_millis(300));
    let result = sleeping.check();
    assert!(matches!(result, Err(WltError::TimedOut(_))), "{result:?}");
}

#[test]
fn a_decoder_that_takes_all_memory_or_talks_without_end_gets_and_does_no_more_than_others() {
    let library = Library::sim();
    let plugin = library.plugin();
    plugin.decode(&photo(b'g')).unwrap();
    // What it says instead of an answer is taken for one, and is at worst a wrong picture.
    let talked = plugin.decode(&photo(b'l'));
    assert!(talked.is_ok() || matches!(talked, Err(WltError::Refused(_))));
}

#[test]
fn its_own_error_is_told() {
    let library = Library::sim();
    let result = library.plugin().decode(&photo(b'e'));
    assert!(matches!(result, Err(WltError::Refused(7))), "{result:?}");
    let short = library.plugin().decode(&[0; WLT_LEN - 1]);
    assert!(matches!(short, Err(WltError::NotWlt(1023))));
}

#[test]
fn a_library_that_does_its_worst_when_it_is_loaded_gets_nothing_either() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(secret.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let library = Library::compiled("constructor.c", |folder| {
        let text = |name: &str, path: &Path| format!("-D{name}=\"{}\"", path.display());
        vec![text("SECRET", secret.path()), text("FOLDER", folder)]
    });
    let licence = library.folder.path().join("licence.dat");
    fs::write(&licence, "licence").unwrap();
    fs::set_permissions(&licence, fs::Permissions::from_mode(0o644)).unwrap();
    let picture = library.plugin().decode(&photo(0)).unwrap();
    let worked = &picture.reveal()[..32];
    assert_eq!(worked[..31], [0; 31], "position of what worked");
    assert_eq!(worked[31], 1, "its own folder is its own");
    assert!(library.path.exists());
}

#[test]
fn a_library_that_cannot_be_used_is_told_apart() {
    let checked = |library: &Path| {
        WltPlugin::with_helper(library, HELPER)
            .time_limit(LONG)
            .check()
    };
    let unusable = |library: &Path| match checked(library) {
        Err(WltError::Unusable { end, .. }) => end,
        other => panic!("{other:?}"),
    };
    assert_eq!(unusable(Path::new("/no/such/decoder.so")), End::NotLoaded);
    let empty = Library::compiled("empty.c", |_| vec![]);
    assert_eq!(unusable(&empty.path), End::NoDecoder);
    let refusing = Library::compiled("empty.c", |_| vec!["-DREFUSE".into()]);
    assert_eq!(unusable(&refusing.path), End::InitRefused);
    let nowhere = WltPlugin::with_helper(&empty.path, "/no/such/program").check();
    assert!(matches!(nowhere, Err(WltError::Start { .. })));
}

#[test]
fn the_process_dies_with_its_parent() {
    let library = Library::sim();
    // A shell as the parent, and a pipe that stays open, so that only the parent's death ends it.
    let mut shell = Command::new("sh")
        .args([
            "-c",
            "exec 3<&0; \"$0\" \"$1\" <&3 >/dev/null & echo $!; wait",
            HELPER,
        ])
        .arg(&library.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pid = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(shell.stdout.take().unwrap()),
        &mut pid,
    )
    .unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    stdin.write_all(&photo(b'h')).unwrap();
    let process = PathBuf::from("/proc").join(pid.trim());
    let is_working =
        || fs::read_to_string(process.join("status")).is_ok_and(|s| s.contains("Seccomp:\t2"));
    let deadline = Instant::now() + LONG;
    while !is_working() {
        assert!(Instant::now() < deadline, "it never came to work");
        std::thread::sleep(Duration::from_millis(2));
    }
    shell.kill().unwrap();
    shell.wait().unwrap();
    let is_gone =
        || fs::read_to_string(process.join("status")).map_or(true, |s| s.contains("State:\tZ"));
    while !is_gone() {
        assert!(Instant::now() < deadline, "it outlived its parent");
        std::thread::sleep(Duration::from_millis(2));
    }
}
