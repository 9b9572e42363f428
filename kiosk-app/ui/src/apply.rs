//! Puts a [`View`] on the screens. It writes only what has changed: a list that is set anew makes
//! its cards anew, and a finger that is down on one of them would be lost.

use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};

use crate::slint_screens::{self as screens, Api, App, Page, Words};
use crate::{
    CapturePrompt, CardField, CardPrompt, ChallengePrompt, ChallengeTask, ConsentNotice, Decided,
    Ending, FieldChoice, Guidance, Language, NumbersField, NumbersTrouble, NumbersView, Outage,
    PrintView, ReceiptView, ScanHint, Screen, ServiceChoice, View, WalletTrouble, WalletView, qr,
};

/// Shows `view`, and forgets what the screens before it showed.
pub(crate) fn view(app: &App, view: &View) {
    let api = app.global::<Api>();
    let screen = &view.screen;
    app.global::<Words>().set_language(view.language.into());
    api.set_seconds_left(seconds(view.seconds_left));
    api.set_seconds_in_all(seconds(view.seconds_in_all.or(view.seconds_left)).max(1));
    api.set_still_there(view.still_there);
    services(
        &api,
        if let Screen::Services(choices) = screen {
            choices
        } else {
            &[]
        },
    );
    consent(
        &api,
        if let Screen::Consent(notice) = screen {
            Some(notice)
        } else {
            None
        },
    );
    fields(
        &api,
        if let Screen::Fields(choices) = screen {
            choices
        } else {
            &[]
        },
    );
    numbers(
        &api,
        if let Screen::Numbers(numbers) = screen {
            Some(numbers)
        } else {
            None
        },
    );
    receipt(
        &api,
        if let Screen::Receipt(receipt) = screen {
            Some(receipt)
        } else {
            None
        },
    );
    api.set_page(page(&api, screen));
}

/// Which page `screen` is on, after its own small contents are set.
fn page(api: &Api, screen: &Screen) -> Page {
    match *screen {
        Screen::Attract => Page::Attract,
        Screen::Services(_) => Page::Services,
        Screen::Consent(_) => Page::Consent,
        Screen::Fields(_) => Page::Fields,
        Screen::Numbers(_) => Page::Numbers,
        Screen::Card(prompt) => {
            api.set_card(prompt.into());
            Page::Card
        }
        Screen::Capture(CapturePrompt { guidance, progress }) => {
            api.set_guidance(guidance.into());
            api.set_progress(progress.clamp(0.0, 1.0));
            Page::Capture
        }
        Screen::Challenge(prompt) => {
            challenge(api, prompt);
            Page::Challenge
        }
        Screen::Deciding => Page::Deciding,
        Screen::Receipt(_) => Page::Receipt,
        Screen::Wallet(ref wallet) => {
            self::wallet(api, wallet);
            Page::Wallet
        }
        Screen::Ended(ending) => {
            api.set_ending(ending.into());
            Page::Ended
        }
        Screen::OutOfService(outage) => {
            api.set_outage(outage.into());
            Page::OutOfService
        }
    }
}

/// The way to the side is the first half of it, the way back the second.
fn challenge(api: &Api, prompt: ChallengePrompt) {
    let turned = prompt.turned.clamp(0.0, 1.0);
    api.set_guidance(prompt.guidance.into());
    api.set_challenge(prompt.task.into());
    api.set_turned(turned);
    api.set_progress(match prompt.task {
        ChallengeTask::Ahead => 0.0,
        ChallengeTask::Left | ChallengeTask::Right => turned / 2.0,
        ChallengeTask::Back => 1.0 - turned / 2.0,
    });
}

fn seconds(left: Option<u32>) -> i32 {
    left.map_or(-1, |seconds| i32::try_from(seconds).unwrap_or(i32::MAX))
}

fn services(api: &Api, choices: &[ServiceChoice]) {
    let rows = choices.iter().map(|choice| screens::Service {
        id: (&choice.id).into(),
        name: (&choice.name).into(),
        provider: (&choice.provider).into(),
    });
    if let Some(model) = changed(&api.get_services(), rows.collect()) {
        api.set_services(model);
    }
}

fn consent(api: &Api, notice: Option<&ConsentNotice>) {
    let shown = api.get_consent();
    let items = notice.map_or(&[][..], |notice| &notice.shared);
    let items: Vec<SharedString> = items.iter().map(SharedString::from).collect();
    let shared = changed(&shown.shared, items).unwrap_or(shown.shared);
    api.set_consent(match notice {
        None => screens::Consent {
            shared,
            ..Default::default()
        },
        Some(notice) => screens::Consent {
            service: (&notice.service).into(),
            provider: (&notice.provider).into(),
            purpose: (&notice.purpose).into(),
            legal_basis: (&notice.legal_basis).into(),
            retention: (&notice.retention).into(),
            shared,
        },
    });
}

fn fields(api: &Api, choices: &[FieldChoice]) {
    api.set_fields_any_needed(choices.iter().any(|choice| choice.required));
    api.set_fields_any_shared(choices.iter().any(|choice| choice.agreed));
    let rows: Vec<_> = choices.iter().map(field_row).collect();
    let shown = api.get_fields();
    if shown.row_count() != rows.len() {
        return api.set_fields(ModelRc::new(VecModel::from(rows)));
    }
    // Row by row: the finger that has just moved a switch is still on it.
    for (at, row) in rows.into_iter().enumerate() {
        if shown.row_data(at).as_ref() != Some(&row) {
            shown.set_row_data(at, row);
        }
    }
}

fn field_row(choice: &FieldChoice) -> screens::FieldChoice {
    screens::FieldChoice {
        field: choice.field.into(),
        purpose: (&choice.purpose).into(),
        required: choice.required,
        agreed: choice.agreed,
    }
}

fn receipt(api: &Api, receipt: Option<&ReceiptView>) {
    let Some(receipt) = receipt else {
        return api.set_receipt(screens::Receipt::default());
    };
    let shown = api.get_receipt();
    let code = if shown.text == receipt.receipt {
        shown.code
    } else {
        qr::image(&receipt.receipt).unwrap_or_default()
    };
    api.set_receipt(screens::Receipt {
        decision: receipt.decision.into(),
        service: (&receipt.service).into(),
        reference: (&receipt.reference).into(),
        text: (&receipt.receipt).into(),
        code,
        wallet: receipt.wallet,
        print: receipt.print.into(),
    });
}

/// What is typed leaves the screen's properties with the screen.
fn numbers(api: &Api, numbers: Option<&NumbersView>) {
    let shown = api.get_numbers();
    let possible = |key: &screens::Key| match numbers {
        Some(numbers) => numbers.possible.contains(key.sign.as_str()),
        None => false,
    };
    let signs = match numbers.map(|numbers| numbers.field) {
        None => "",
        Some(NumbersField::Number) => "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        Some(NumbersField::Birth | NumbersField::Expiry) => "1234567890",
    };
    let keys = signs.chars().map(|sign| screens::Key {
        sign: SharedString::from(sign.to_string()),
        possible: false,
    });
    let keys = keys.map(|key| screens::Key {
        possible: possible(&key),
        ..key
    });
    let keys = changed(&shown.keys, keys.collect()).unwrap_or(shown.keys);
    api.set_numbers(match numbers {
        None => screens::Numbers {
            keys,
            ..Default::default()
        },
        Some(numbers) => screens::Numbers {
            field: numbers.field.into(),
            typed: spaced(numbers).into(),
            empty: numbers.typed.reveal().is_empty(),
            complete: numbers.complete,
            trouble: numbers
                .trouble
                .map_or(screens::NumbersTrouble::None, Into::into),
            scanner: numbers.scanner,
            keys,
        },
    });
}

/// As it is printed, with places for what is missing of a date.
fn spaced(numbers: &NumbersView) -> String {
    let typed = numbers.typed.reveal();
    if numbers.field == NumbersField::Number {
        return typed.to_owned();
    }
    let mut text = String::with_capacity(14);
    let digits = typed.chars().chain(std::iter::repeat('_')).take(8);
    for (place, digit) in digits.enumerate() {
        if place == 4 || place == 6 {
            text.push_str(" - ");
        }
        text.push(digit);
    }
    text
}

/// The step; the code itself is put on by the [`crate::slate`].
fn wallet(api: &Api, wallet: &WalletView) {
    let shown = api.get_wallet();
    let mut next = screens::Wallet {
        fields: shown.fields.clone(),
        ..Default::default()
    };
    match wallet {
        WalletView::Choose { scanner, trouble } => {
            next.scanner = *scanner;
            next.trouble = trouble.map_or(screens::WalletTrouble::None, Into::into);
        }
        WalletView::Scan(hint) => {
            next.step = screens::WalletStep::Scan;
            next.hint = (*hint).into();
        }
        WalletView::Preparing => next.step = screens::WalletStep::Preparing,
        WalletView::Codes(codes) => {
            next.step = screens::WalletStep::Codes;
            next.number = i32::try_from(codes.number).unwrap_or(i32::MAX);
            next.count = i32::try_from(codes.count).unwrap_or(i32::MAX);
            next.bound = codes.bound;
            let fields = codes.fields.iter().map(|&field| field.into()).collect();
            next.fields = changed(&shown.fields, fields).unwrap_or(next.fields);
        }
    }
    api.set_wallet(next);
}

/// A model of `rows`, unless that is what is shown already.
fn changed<T: Clone + PartialEq + 'static>(shown: &ModelRc<T>, rows: Vec<T>) -> Option<ModelRc<T>> {
    let same = shown.iter().eq(rows.iter().cloned());
    (!same).then(|| ModelRc::new(VecModel::from(rows)))
}

/// The same names on both sides of the border, checked for completeness by the compiler.
macro_rules! same_names {
    ($($kind:ident { $($name:ident),+ $(,)? })+) => {$(
        impl From<$kind> for screens::$kind {
            fn from(value: $kind) -> Self {
                match value { $($kind::$name => Self::$name),+ }
            }
        }
    )+};
}

same_names! {
    Language { Chinese, English }
    CardField { Name, DocumentNumber, BirthDate, Sex, Ethnicity, Address, ValidUntil }
    CardPrompt { Present, Reading, Removed, Unreadable, NotAccepted }
    Guidance {
        Wait, LookHere, ComeCloser, StepBack, Centre, OnePerson, FaceForward, Uncover,
        CloseMouth, MoreLight, LessLight, HoldStill, Good,
    }
    ChallengeTask { Ahead, Left, Right, Back }
    NumbersField { Number, Birth, Expiry }
    NumbersTrouble { DoesNotOpen, Misread }
    Decided { Verified, NotVerified, Referred }
    PrintView { None, Offered, Printing, Printed, Failed }
    WalletTrouble { NoKey, NoCamera, Failed }
    ScanHint { Look, OtherCode, SecretKey }
    Ending { Cancelled, TimedOut }
    Outage { Camera, CardReader, Storage, Fault, Service, Tampered }
}
