//! Every screen that was shown, as a PNG: each state once, in the order of its first appearance.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kiosk_ui::{
    CardPrompt, ChallengeTask, Decided, Ending, Guidance, Headless, NumbersTrouble, Outage,
    PrintView, ScanHint, Screen, UiError, View, WalletView,
};

/// Saves screens into a folder.
pub struct Album {
    folder: PathBuf,
    /// The file of each state.
    pages: BTreeMap<&'static str, PathBuf>,
    last: Option<&'static str>,
    count: usize,
    /// The countdown of the last view: one picture a second is enough.
    second: Option<u32>,
}

impl Album {
    /// An empty album.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            pages: BTreeMap::new(),
            last: None,
            count: 0,
            second: None,
        }
    }

    /// Saves what the screen shows, if it is a state that is not in the album yet. The return to
    /// the invitation is one, too. Of a state with a camera picture the last moment is kept, when
    /// the person is where the guidance found them.
    pub fn add(&mut self, view: &View, screen: &Headless) -> Result<(), UiError> {
        let name = name(view);
        let stays = self.last.replace(name) == Some(name);
        let known = self.pages.contains_key(name);
        let later = std::mem::replace(&mut self.second, view.seconds_left) != view.seconds_left;
        if stays && known && later && sees(&view.screen) {
            return screen.png(&self.pages[name]);
        }
        let returned = name == "attract" && !stays;
        if !known || returned {
            self.count += 1;
            let page = self.folder.join(format!("{:02}-{name}.png", self.count));
            screen.png(&page)?;
            self.pages.insert(name, page);
        }
        Ok(())
    }
}

/// Whether a picture of the camera is on the screen.
fn sees(screen: &Screen) -> bool {
    matches!(
        screen,
        Screen::Capture(_) | Screen::Challenge(_) | Screen::Wallet(WalletView::Scan(_))
    )
}

/// The name of a screen and its state.
pub fn name(view: &View) -> &'static str {
    if view.still_there {
        return "still-there";
    }
    match &view.screen {
        Screen::Attract => "attract",
        Screen::Services(_) => "services",
        Screen::Consent(_) => "consent",
        Screen::Fields(fields) if fields.iter().any(|choice| choice.agreed) => "fields-shared",
        Screen::Fields(_) => "fields",
        Screen::Numbers(numbers) => match numbers.trouble {
            Some(NumbersTrouble::DoesNotOpen) => "numbers-wrong",
            Some(NumbersTrouble::Misread) => "numbers-misread",
            None if numbers.scanner => "numbers-scan",
            None => "numbers",
        },
        Screen::Card(prompt) => match prompt {
            CardPrompt::Present => "card-present",
            CardPrompt::Reading => "card-reading",
            CardPrompt::Removed => "card-removed",
            CardPrompt::Unreadable => "card-unreadable",
            CardPrompt::NotAccepted => "card-not-accepted",
        },
        Screen::Capture(prompt) => match prompt.guidance {
            Guidance::Wait => "capture-wait",
            Guidance::LookHere => "capture-look-here",
            Guidance::ComeCloser => "capture-come-closer",
            Guidance::StepBack => "capture-step-back",
            Guidance::Centre => "capture-centre",
            Guidance::OnePerson => "capture-one-person",
            Guidance::FaceForward => "capture-face-forward",
            Guidance::Uncover => "capture-uncover",
            Guidance::CloseMouth => "capture-close-mouth",
            Guidance::MoreLight => "capture-more-light",
            Guidance::LessLight => "capture-less-light",
            Guidance::HoldStill => "capture-hold-still",
            Guidance::Good => "capture-good",
        },
        Screen::Challenge(prompt) => match prompt.task {
            _ if prompt.guidance != Guidance::Good => "challenge-guidance",
            ChallengeTask::Ahead => "challenge-ahead",
            ChallengeTask::Left => "challenge-left",
            ChallengeTask::Right => "challenge-right",
            ChallengeTask::Back => "challenge-back",
        },
        Screen::Deciding => "deciding",
        Screen::Receipt(receipt) if receipt.print == PrintView::Printing => "receipt-printing",
        Screen::Receipt(receipt) if receipt.print == PrintView::Printed => "receipt-printed",
        Screen::Receipt(receipt) if receipt.print == PrintView::Failed => "receipt-print-failed",
        Screen::Receipt(receipt) => match receipt.decision {
            Decided::Verified => "receipt-verified",
            Decided::NotVerified => "receipt-not-verified",
            Decided::Referred => "receipt-referred",
        },
        Screen::Wallet(wallet) => match wallet {
            WalletView::Choose { trouble: None, .. } => "wallet-choose",
            WalletView::Choose { .. } => "wallet-trouble",
            WalletView::Scan(ScanHint::Look) => "wallet-scan",
            WalletView::Scan(_) => "wallet-scan-other",
            WalletView::Preparing => "wallet-preparing",
            WalletView::Codes(codes) if codes.number == 1 => "wallet-code-1",
            WalletView::Codes(codes) if codes.number == 2 => "wallet-code-2",
            WalletView::Codes(_) => "wallet-code-more",
        },
        Screen::Ended(Ending::Cancelled) => "ended-cancelled",
        Screen::Ended(Ending::TimedOut) => "ended-timed-out",
        Screen::OutOfService(outage) => match outage {
            Outage::Camera => "out-of-service-camera",
            Outage::CardReader => "out-of-service-card-reader",
            Outage::Storage => "out-of-service-storage",
            Outage::Fault => "out-of-service-fault",
            Outage::Service => "out-of-service-service",
            Outage::Tampered => "out-of-service-tampered",
        },
    }
}
