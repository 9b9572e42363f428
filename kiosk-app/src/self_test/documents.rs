//! Is the contactless reader there, and whose travel documents are trusted? No document is opened.

use std::time::SystemTime;

use hal::card::emrtd::pki::trust::{TrustError, TrustStore};
use hal::card::emrtd::{PcscProbe, PcscProbeError, probe};

use super::Finding;
use crate::config::CardReader;
use crate::errors::chain;

/// Asks for the reader and looks through the folder of trusted authorities.
pub fn ask(settings: &CardReader) -> Finding {
    let seen = match probe(settings.reader.as_deref()) {
        Ok(seen) => seen,
        Err(error) => return no_reader(&error, settings),
    };
    match TrustStore::load(&settings.trust) {
        Ok(trust) => judge(&seen, &trust, settings),
        Err(error) => no_trust(&error, settings),
    }
}

fn judge(seen: &PcscProbe, trust: &TrustStore, settings: &CardReader) -> Finding {
    let (lists, stale) = trust.revocation_lists(SystemTime::now());
    let folder = settings.trust.display();
    let found = format!(
        "The reader {:?} is there. {} authorities are trusted, with {lists} revocation lists.",
        seen.reader,
        trust.authorities(),
    );
    if settings.require_revocation_list && lists == stale {
        return Finding::failed(
            format!(
                "{found} None of the lists is up to date, and the settings demand one: every document \
                 would be refused."
            ),
            format!(
                "Put current revocation lists (.crl) into {folder}, and restart the kiosk. Or have it \
                 decided that documents are taken without: `require_revocation_list = false` under \
                 [card_reader] in the settings file."
            ),
        );
    }
    if let Some((path, problem)) = trust.problems().first() {
        return Finding::warning(
            format!(
                "{found} {} is not used: {}.",
                path.display(),
                chain(problem)
            ),
            format!("Replace or remove what is not usable in {folder}."),
        );
    }
    if stale > 0 {
        return Finding::warning(
            format!("{found} {stale} of the lists are out of date."),
            format!("Put current revocation lists into {folder}."),
        );
    }
    Finding::passed(found)
}

fn no_reader(error: &PcscProbeError, settings: &CardReader) -> Finding {
    let to_do = match error {
        PcscProbeError::Service(_) => {
            "Install and start pcscd (Debian: apt-get install pcscd; systemctl start pcscd.socket), \
             and allow the kiosk's user to use it."
        }
        PcscProbeError::Denied(_) => {
            "Install the package polkitd and the kiosk's rule for it (60-kiosk.rules in \
             /usr/share/polkit-1/rules.d), run `systemctl restart polkit pcscd`, and repeat the self-test \
             as the kiosk's user."
        }
        PcscProbeError::NoReader => {
            "Check that the contactless reader's cable is plugged in. If there are several readers, \
             correct `reader` under [card_reader] in the settings file (pcsc_scan -r lists them)."
        }
        PcscProbeError::Reader(_) => {
            "Unplug the contactless reader, plug it in again and repeat the self-test. If it says \
             the same again, replace the reader."
        }
    };
    let named = settings.reader.as_ref();
    let named = named.map_or_else(String::new, |name| format!(" {name:?}"));
    Finding::failed(
        format!(
            "The contactless reader{named} cannot be used: {}.",
            chain(error)
        ),
        to_do,
    )
}

fn no_trust(error: &TrustError, settings: &CardReader) -> Finding {
    Finding::failed(
        format!("No travel document can be trusted: {}.", chain(error)),
        format!(
            "Put the certificates of the states whose documents are accepted into {} (`trust` under \
             [card_reader] in the settings file).",
            settings.trust.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_demanded_and_not_there_fail() {
        let seen = PcscProbe {
            reader: "as tested".into(),
            occupied: false,
        };
        let judged = |require_revocation_list| {
            let settings = CardReader {
                require_revocation_list,
                ..CardReader::default()
            };
            judge(&seen, &TrustStore::default(), &settings)
        };
        assert_eq!(judged(false).code(), "passed");
        let failed = judged(true);
        assert_eq!(failed.code(), "failed");
        assert!(
            failed.seen().contains("every document"),
            "{}",
            failed.seen()
        );
    }

    #[test]
    fn a_user_whom_pcscd_refuses_is_told_of_the_rule() {
        let denied = PcscProbeError::Denied("Access denied.".into());
        let found = no_reader(&denied, &CardReader::default());
        assert!(found.to_do().is_some_and(|to_do| to_do.contains("polkit")));
    }
}
