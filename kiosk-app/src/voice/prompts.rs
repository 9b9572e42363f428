//! Which words are spoken with which screen. In: a view. Out: keys of the table of words; nothing
//! of what a view says about a person can be said, because only keys can.

use hal::speaker::Chime;
use kiosk_ui::{
    CardPrompt, ChallengePrompt, ChallengeTask, Decided, Ending, Guidance, NumbersField,
    NumbersTrouble, NumbersView, PrintView, Screen, View, WalletView,
};

/// What is said with a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// A sound before the words.
    pub chime: Option<Chime>,
    /// Keys of the table of words.
    pub words: &'static [&'static str],
    /// Whether it interrupts.
    pub urgency: Urgency,
}

/// Whether a prompt interrupts what is being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It does: another screen, other words.
    Now,
    /// It waits: advice before the camera changes faster than anybody can speak.
    Next,
}

/// What is said with this view; none for silence.
pub fn prompt(view: &View) -> Option<Prompt> {
    if view.still_there {
        return Some(with(Chime::Attention, &["still-there.title"]));
    }
    Some(match &view.screen {
        Screen::Attract => return None,
        Screen::Services(_) => say(&["services.title", "services.text"]),
        Screen::Consent(_) => say(&["consent.title"]),
        Screen::Fields(_) => say(&["fields.title"]),
        Screen::Card(prompt) => say(card(*prompt)),
        Screen::Numbers(view) => say(number(view)),
        Screen::Capture(prompt) => Prompt {
            urgency: Urgency::Next,
            ..say(guidance(prompt.guidance))
        },
        Screen::Challenge(prompt) => challenge(*prompt),
        Screen::Deciding => say(&["deciding.title"]),
        Screen::Receipt(receipt) => match receipt.print {
            PrintView::Printing => say(&["receipt.printing"]),
            PrintView::Printed => say(&["receipt.printed"]),
            PrintView::Failed => say(&["receipt.print-failed"]),
            PrintView::None | PrintView::Offered => decided(receipt.decision),
        },
        Screen::Wallet(WalletView::Choose { .. }) => say(&["wallet.title"]),
        // Codes and keys need eyes; a voice over them only disturbs.
        Screen::Wallet(_) => return None,
        Screen::Ended(Ending::Cancelled) => say(&["ended.cancelled"]),
        Screen::Ended(Ending::TimedOut) => say(&["ended.timed-out"]),
        Screen::OutOfService(_) => with(Chime::Attention, &["outage.title", "outage.counter"]),
    })
}

const fn say(words: &'static [&'static str]) -> Prompt {
    Prompt {
        chime: None,
        words,
        urgency: Urgency::Now,
    }
}

const fn with(chime: Chime, words: &'static [&'static str]) -> Prompt {
    Prompt {
        chime: Some(chime),
        ..say(words)
    }
}

fn decided(decision: Decided) -> Prompt {
    match decision {
        Decided::Verified => with(Chime::Good, &["receipt.verified", "common.take-card"]),
        Decided::NotVerified => with(
            Chime::Attention,
            &[
                "receipt.not-verified",
                "receipt.not-verified-text",
                "common.take-card",
            ],
        ),
        Decided::Referred => with(
            Chime::Attention,
            &[
                "receipt.referred",
                "receipt.referred-text",
                "common.take-card",
            ],
        ),
    }
}

fn card(prompt: CardPrompt) -> &'static [&'static str] {
    match prompt {
        CardPrompt::Present => &["card.present", "card.present-hint"],
        CardPrompt::Reading => &["card.reading"],
        CardPrompt::Removed => &["card.removed"],
        CardPrompt::Unreadable => &["card.unreadable", "card.unreadable-hint"],
        CardPrompt::NotAccepted => &["card.not-accepted", "card.not-accepted-hint"],
    }
}

/// What to type, never what is typed.
fn number(view: &NumbersView) -> &'static [&'static str] {
    match view.field {
        _ if view.trouble == Some(NumbersTrouble::Misread) => &["numbers.misread"],
        NumbersField::Number if view.scanner => &["numbers.scan-hint"],
        NumbersField::Number => &["numbers.number", "numbers.number-hint"],
        NumbersField::Birth => &["numbers.birth", "numbers.birth-hint"],
        NumbersField::Expiry => &["numbers.expiry", "numbers.expiry-hint"],
    }
}

fn guidance(guidance: Guidance) -> &'static [&'static str] {
    match guidance {
        Guidance::Wait => &["guidance.wait"],
        Guidance::LookHere => &["guidance.look-here", "guidance.look-here-hint"],
        Guidance::ComeCloser => &["guidance.come-closer"],
        Guidance::StepBack => &["guidance.step-back"],
        Guidance::Centre => &["guidance.centre"],
        Guidance::OnePerson => &["guidance.one-person"],
        Guidance::FaceForward => &["guidance.face-forward"],
        Guidance::Uncover => &["guidance.uncover", "guidance.uncover-hint"],
        Guidance::CloseMouth => &["guidance.close-mouth"],
        Guidance::MoreLight => &["guidance.more-light"],
        Guidance::LessLight => &["guidance.less-light"],
        Guidance::HoldStill => &["guidance.hold-still"],
        Guidance::Good => &["guidance.good"],
    }
}

/// What to do first, then that nobody has to.
fn challenge(prompt: ChallengePrompt) -> Prompt {
    if prompt.guidance != Guidance::Good {
        return Prompt {
            urgency: Urgency::Next,
            ..say(guidance(prompt.guidance))
        };
    }
    say(match prompt.task {
        ChallengeTask::Ahead => &["challenge.ahead"],
        ChallengeTask::Left => &["challenge.left", "challenge.need-not"],
        ChallengeTask::Right => &["challenge.right", "challenge.need-not"],
        ChallengeTask::Back => &["challenge.back"],
    })
}

/// Every key that can be spoken.
pub(super) const ALL: &[&str] = &[
    "still-there.title",
    "services.title",
    "services.text",
    "consent.title",
    "fields.title",
    "card.present",
    "card.present-hint",
    "card.reading",
    "card.removed",
    "card.unreadable",
    "card.unreadable-hint",
    "card.not-accepted",
    "card.not-accepted-hint",
    "numbers.number",
    "numbers.number-hint",
    "numbers.birth",
    "numbers.birth-hint",
    "numbers.expiry",
    "numbers.expiry-hint",
    "numbers.scan-hint",
    "numbers.misread",
    "guidance.wait",
    "guidance.look-here",
    "guidance.look-here-hint",
    "guidance.come-closer",
    "guidance.step-back",
    "guidance.centre",
    "guidance.one-person",
    "guidance.face-forward",
    "guidance.uncover",
    "guidance.uncover-hint",
    "guidance.close-mouth",
    "guidance.more-light",
    "guidance.less-light",
    "guidance.hold-still",
    "guidance.good",
    "challenge.ahead",
    "challenge.left",
    "challenge.right",
    "challenge.back",
    "challenge.need-not",
    "deciding.title",
    "receipt.verified",
    "receipt.not-verified",
    "receipt.not-verified-text",
    "receipt.referred",
    "receipt.referred-text",
    "receipt.printing",
    "receipt.printed",
    "receipt.print-failed",
    "common.take-card",
    "wallet.title",
    "ended.cancelled",
    "ended.timed-out",
    "outage.title",
    "outage.counter",
];

#[cfg(test)]
mod tests {
    use super::*;
    use kiosk_ui::{CapturePrompt, Confidential, Language, ReceiptView};
    use zeroize::Zeroizing;

    fn view(screen: Screen) -> View {
        View {
            language: Language::English,
            screen,
            seconds_left: None,
            seconds_in_all: None,
            still_there: false,
        }
    }

    #[test]
    fn what_is_said_can_be_rendered_and_the_invitation_is_silent() {
        let receipt = |decision, print| {
            Screen::Receipt(ReceiptView {
                decision,
                service: String::new(),
                receipt: String::new(),
                reference: String::new(),
                wallet: false,
                print,
            })
        };
        let mut screens = vec![
            Screen::Services(Vec::new()),
            Screen::Fields(Vec::new()),
            Screen::Deciding,
            Screen::Numbers(NumbersView {
                field: NumbersField::Birth,
                typed: Confidential::new(Zeroizing::default()),
                possible: String::new(),
                complete: false,
                trouble: None,
                scanner: false,
            }),
            Screen::Ended(Ending::Cancelled),
            Screen::Ended(Ending::TimedOut),
            Screen::OutOfService(kiosk_ui::Outage::Camera),
        ];
        for guidance in [Guidance::Wait, Guidance::LookHere, Guidance::Good] {
            let progress = 0.0;
            screens.push(Screen::Capture(CapturePrompt { guidance, progress }));
        }
        for task in [
            ChallengeTask::Ahead,
            ChallengeTask::Left,
            ChallengeTask::Right,
            ChallengeTask::Back,
        ] {
            for guidance in [Guidance::Good, Guidance::LookHere] {
                screens.push(Screen::Challenge(ChallengePrompt {
                    task,
                    guidance,
                    turned: 0.0,
                }));
            }
        }
        for decision in [Decided::Verified, Decided::NotVerified, Decided::Referred] {
            screens.push(receipt(decision, PrintView::None));
        }
        for print in [PrintView::Printing, PrintView::Printed, PrintView::Failed] {
            screens.push(receipt(Decided::Verified, print));
        }
        for screen in screens {
            let prompt = prompt(&view(screen)).expect("something is said");
            for word in prompt.words {
                assert!(ALL.contains(word), "{word}");
            }
        }
        assert_eq!(prompt(&view(Screen::Attract)), None);
    }
}
