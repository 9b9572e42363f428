//! The file itself: full, damaged, something else, locked, gone. Nothing is lost or overwritten.

use rusqlite::{Connection, OpenFlags};

use super::{Kiosk, tamper};
use crate::log::{Log, LogError};

#[test]
fn a_log_at_its_limit_takes_no_more_and_says_so_long_before() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(30);
    let used = log.room().unwrap().used_bytes;
    log.set_limit(used * 100 / 95);
    assert!(log.room().unwrap().is_short());
    log.set_limit(used);
    let refused = kiosk.commit(&mut log, 30).unwrap_err();
    assert_eq!(refused.as_code(), "log_limit_reached");
    assert!(refused.to_string().contains("raise the limit"), "{refused}");
    assert_eq!(kiosk.audited(&log), 30);
    log.set_limit(used * 2);
    assert!(!log.room().unwrap().is_short());
    assert_eq!(kiosk.commit(&mut log, 30).unwrap().index(), 30);
}

#[test]
fn a_full_disk_loses_nothing_and_the_same_claims_go_in_later() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(1);
    let pages: i64 = log
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    log.connection
        .pragma_update(None, "max_page_count", pages)
        .unwrap();
    let full = (1..=255)
        .find(|&number| match kiosk.commit(&mut log, number) {
            Ok(_) => false,
            Err(LogError::Full { .. }) => true,
            Err(other) => panic!("{other}"),
        })
        .unwrap();
    assert_eq!(kiosk.audited(&log), u64::from(full));

    log.connection
        .pragma_update(None, "max_page_count", pages + 100)
        .unwrap();
    assert_eq!(
        kiosk.commit(&mut log, full).unwrap().index(),
        u64::from(full)
    );
    drop(log);
    assert_eq!(kiosk.audited(&kiosk.log()), u64::from(full) + 1);
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(40));
    let mut bytes = std::fs::read(kiosk.path()).unwrap();
    bytes[4096..].fill(0x5A); // all but the first page
    std::fs::write(kiosk.path(), &bytes).unwrap();
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::Corrupt { .. }), "{refused:?}");
    assert!(refused.to_string().contains("log.sqlite"));
    assert!(std::fs::read(kiosk.path()).unwrap() == bytes, "changed");
}

#[test]
fn something_else_is_not_taken_for_a_log() {
    let kiosk = Kiosk::new();
    std::fs::write(kiosk.path(), "These are my notes. ".repeat(1000)).unwrap();
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::NotALog { .. }), "{refused:?}");

    let other = kiosk.folder.path().join("other.sqlite");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    let before = std::fs::read(&other).unwrap();
    let refused = Log::open(&other).unwrap_err();
    assert!(matches!(refused, LogError::NotALog { .. }), "{refused:?}");
    assert!(std::fs::read(&other).unwrap() == before, "changed");
}

#[test]
fn a_log_of_a_newer_program_is_not_touched() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(1));
    tamper(&kiosk.path(), "PRAGMA user_version = 99");
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::NewerSchema { found: 99, .. }));
}

#[test]
fn a_file_that_may_only_be_read_is_refused() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(1));
    let refused = Log::open_with(&kiosk.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap_err();
    assert!(matches!(refused, LogError::ReadOnly { .. }), "{refused:?}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let kiosk = Kiosk::new();
    let path = kiosk.folder.path().join("no/such/log.sqlite");
    let refused = Log::create(&path).unwrap_err();
    assert!(
        matches!(refused, LogError::Unreachable { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("no/such/log.sqlite"));
    let refused = Log::open(&path).unwrap_err();
    assert!(matches!(refused, LogError::Missing { .. }), "{refused:?}");
}

/// `rm log.sqlite` must not lead to an empty log that is whole.
#[test]
fn a_deleted_or_emptied_log_is_missing_and_is_not_made_again() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(2));
    let wal = kiosk.folder.path().join("log.sqlite-wal");
    std::fs::write(&wal, "the newest commits").unwrap();
    let missing = || {
        let refused = Log::open(&kiosk.path()).unwrap_err();
        assert!(matches!(refused, LogError::Missing { .. }), "{refused:?}");
        assert!(refused.to_string().contains("restore it from a backup"));
        assert_eq!(std::fs::read(&wal).unwrap(), b"the newest commits");
    };
    std::fs::write(kiosk.path(), "").unwrap();
    missing();
    std::fs::remove_file(kiosk.path()).unwrap();
    missing();
    assert!(!kiosk.path().exists());

    // What is left of a lost log must not flow into a new one.
    let refused = Log::create(&kiosk.path()).unwrap_err();
    assert!(matches!(&refused, LogError::Exists { file, .. } if *file == wal));
    assert!(!kiosk.path().exists());
}

#[test]
fn a_log_is_made_once_and_also_after_a_power_cut_during_the_first_time() {
    let kiosk = Kiosk::new();
    let beside = |name| kiosk.folder.path().join(name);
    std::fs::write(beside("log.sqlite.unfinished"), [0x5A; 5000]).unwrap();
    std::fs::write(beside("log.sqlite.unfinished-journal"), [0x5A; 5000]).unwrap();
    let log = Log::create(&kiosk.path()).unwrap();
    assert_eq!(kiosk.audited(&log), 0);
    drop(log);
    let names = std::fs::read_dir(kiosk.folder.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["log.sqlite"]);

    drop(kiosk.log_of(3));
    let refused = Log::create(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::Exists { .. }), "{refused:?}");
    assert_eq!(kiosk.audited(&kiosk.log()), 3);
}

/// Locks of SQLite are also between connections of one process, so no second one is needed.
#[test]
fn only_one_holds_the_log() {
    let kiosk = Kiosk::new();
    let log = kiosk.log_of(1);
    let refused = Log::open(&kiosk.path()).unwrap_err();
    assert!(matches!(refused, LogError::Held { .. }), "{refused:?}");
    drop(log);
    assert_eq!(kiosk.audited(&kiosk.log()), 1);
}

#[test]
fn a_log_of_the_first_schema_is_brought_up_to_date() {
    let kiosk = Kiosk::new();
    drop(kiosk.log_of(3));
    tamper(
        &kiosk.path(),
        "DROP TABLE cosignatures; DROP TABLE devices; DROP TABLE submissions; DROP TABLE anchors; \
         DROP TABLE parts; PRAGMA user_version = 1",
    );
    let log = kiosk.log();
    assert_eq!(kiosk.audited(&log), 3);
    assert_eq!(log.cosigned().unwrap(), []);
}
