//! Who may use the state folder: the user to whom it belongs. What somebody else writes there, root
//! above all, is theirs and mode 0600, and the kiosk's own user could not open it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{ProvisionError, StateFolder};

/// Names of users (passwd(5)).
const USERS: &str = "/etc/passwd";

impl StateFolder {
    /// Refuses everybody but the folder's owner; a folder that is not there yet will be that of who makes
    /// it. Who is refused is told the line that does it right: this program's, as its owner.
    pub fn must_be_ours(&self) -> Result<(), ProvisionError> {
        let words = std::env::args_os().skip(1);
        let words: Vec<String> = words.map(|word| word.to_string_lossy().into()).collect();
        self.must_be_ours_for(&words)
    }

    fn must_be_ours_for(&self, words: &[String]) -> Result<(), ProvisionError> {
        let Ok(folder) = fs::metadata(&self.path) else {
            return Ok(());
        };
        let me = rustix::process::geteuid();
        if folder.uid() == me.as_raw() {
            return Ok(());
        }
        let owner = name_of(folder.uid());
        let sudo = if me.is_root() { "" } else { "sudo " };
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        Err(ProvisionError::OtherUser {
            folder: self.path.clone(),
            line: format!("{sudo}runuser -u {owner} -- kiosk {}", words.join(" ")),
            owner,
        })
    }
}

/// The name of a user; the number where there is none.
fn name_of(uid: u32) -> String {
    let users = fs::read_to_string(USERS).unwrap_or_default();
    let number = uid.to_string();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then_some(name)
    });
    name.map_or(number.clone(), str::to_owned)
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:…".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;
    use std::path::Path;

    use hal::key::Settings;

    use super::*;
    use crate::log_commands::{self, LogCommand, LogCommandError};

    /// `nobody` of Debian's base-passwd.
    const NOBODY: u32 = 65_534;

    #[test]
    fn who_does_not_own_the_folder_writes_no_keys_and_is_told_how() {
        let place = tempfile::tempdir().unwrap();
        let state = |path: &Path| StateFolder {
            path: path.into(),
            keys: Settings::default(),
        };
        let words = ["provision", "--config", "/etc/it is/kiosk.toml"].map(String::from);
        state(place.path()).must_be_ours_for(&words).unwrap();
        let missing = place.path().join("missing");
        state(&missing).must_be_ours_for(&words).unwrap();

        // As root the test gives a folder away; anybody else has root's.
        let is_root = rustix::process::geteuid().is_root();
        let (folder, sudo, owner) = if is_root {
            chown(place.path(), Some(NOBODY), None).unwrap();
            (place.path(), "", "nobody")
        } else {
            (Path::new("/"), "sudo ", "root")
        };
        let refused = state(folder)
            .must_be_ours_for(&words)
            .unwrap_err()
            .to_string();
        let line = format!(
            "`{sudo}runuser -u {owner} -- kiosk provision --config '/etc/it is/kiosk.toml'`"
        );
        assert!(refused.contains(&line), "{refused}");
    }

    /// Nor is anybody told that a case was opened whose record only its owner can read.
    #[test]
    fn who_does_not_own_the_folder_audits_no_log() {
        let place = tempfile::tempdir().unwrap();
        let folder = match rustix::process::geteuid().is_root() {
            true => place.path().join("state"),
            false => Path::new("/").into(),
        };
        if folder.starts_with(place.path()) {
            fs::create_dir(&folder).unwrap();
            chown(&folder, Some(NOBODY), None).unwrap();
        }
        let config = place.path().join("kiosk.toml");
        let text = format!(
            "[kiosk]\nid = \"kiosk-1\"\nsite = \"hall\"\n[paths]\nstate = {folder:?}\n\
             [card_reader]\nport = \"/dev/no-reader\"\n"
        );
        fs::write(&config, text).unwrap();
        let audit = LogCommand::Audit { config };
        let refused = log_commands::run(audit, &mut |_, _| {}).unwrap_err();
        assert!(
            matches!(refused, LogCommandError::OtherUser(_)),
            "{refused}"
        );
    }

    /// The keys of an older kiosk go into the key store when somebody asks for them, be it a self-test.
    #[test]
    fn who_does_not_own_the_folder_takes_no_bare_key_files_in() {
        if !rustix::process::geteuid().is_root() {
            return; // nobody else can give a folder away, or read another user's keys
        }
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("device.key"), [7; 32]).unwrap();
        chown(place.path(), Some(NOBODY), None).unwrap();
        let state = StateFolder {
            path: place.path().into(),
            keys: Settings::default(),
        };
        let refused = state.key_store();
        assert!(matches!(refused, Err(ProvisionError::OtherUser { .. })));
        assert!(!place.path().join("keys.sealed").exists());
    }
}
