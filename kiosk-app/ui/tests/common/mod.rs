//! Every screen in every state and both languages, with names and sentences as long as a careless
//! integrator would write them.
#![allow(dead_code)] // each test uses a part of it

use kiosk_ui::{
    CapturePrompt, CardField, CardPrompt, ChallengePrompt, ChallengeTask, Confidential,
    ConsentNotice, Decided, Ending, FieldChoice, Guidance, Language, NumbersField, NumbersTrouble,
    NumbersView, Outage, Preview, PrintView, ReceiptView, ScanHint, Screen, ServiceChoice, View,
    WalletCodes, WalletTrouble, WalletView,
};

pub const LANGUAGES: [(Language, &str); 2] = [(Language::Chinese, "zh"), (Language::English, "en")];

pub const GUIDANCES: [Guidance; 13] = [
    Guidance::Wait,
    Guidance::LookHere,
    Guidance::ComeCloser,
    Guidance::StepBack,
    Guidance::Centre,
    Guidance::OnePerson,
    Guidance::FaceForward,
    Guidance::Uncover,
    Guidance::CloseMouth,
    Guidance::MoreLight,
    Guidance::LessLight,
    Guidance::HoldStill,
    Guidance::Good,
];

/// Every state of every screen, with a name for its picture.
pub fn all_views() -> Vec<(String, View)> {
    let views = LANGUAGES.into_iter().flat_map(|(language, short)| {
        screens(language).into_iter().map(move |(name, screen)| {
            let seconds_left = seconds(&screen);
            let view = View {
                language,
                screen,
                seconds_left,
                seconds_in_all: seconds_left.map(|_| 60),
                still_there: false,
            };
            (format!("{name}-{short}"), view)
        })
    });
    let asking = LANGUAGES.map(|(language, short)| {
        let view = View {
            seconds_left: Some(9),
            still_there: true,
            ..view(language, Screen::Consent(consent(language)))
        };
        (format!("still-there-{short}"), view)
    });
    views.chain(asking).collect()
}

pub fn view(language: Language, screen: Screen) -> View {
    View {
        language,
        screen,
        seconds_left: Some(42),
        seconds_in_all: Some(60),
        still_there: false,
    }
}

/// What is typed at the beginning, in the middle and at the end of each number.
pub fn numbers() -> [(&'static str, NumbersView); 8] {
    use NumbersField::{Birth, Expiry, Number};
    let signs = "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    [
        ("numbers-empty", Number, "", signs, false, None),
        ("numbers-number", Number, "E00007730", signs, true, None),
        (
            "numbers-wrong",
            Number,
            "WWWWWWWWWWWWWWWWWWWWWW",
            "",
            true,
            Some(NumbersTrouble::DoesNotOpen),
        ),
        ("numbers-scan", Number, "", signs, false, None),
        (
            "numbers-scan-misread",
            Number,
            "",
            signs,
            false,
            Some(NumbersTrouble::Misread),
        ),
        ("numbers-birth", Birth, "19850", "123456789", false, None),
        ("numbers-birth-full", Birth, "19850615", "", true, None),
        ("numbers-expiry", Expiry, "20360101", "", true, None),
    ]
    .map(|(name, field, typed, possible, complete, trouble)| {
        let view = NumbersView {
            field,
            typed: Confidential::new(typed.to_owned().into()),
            possible: possible.to_owned(),
            complete,
            trouble,
            scanner: name.starts_with("numbers-scan"),
        };
        (name, view)
    })
}

fn seconds(screen: &Screen) -> Option<u32> {
    match screen {
        Screen::Attract | Screen::OutOfService(_) | Screen::Deciding => None,
        Screen::Ended(_) => Some(8),
        _ => Some(42),
    }
}

fn screens(language: Language) -> Vec<(String, Screen)> {
    let mut all = vec![
        ("attract".to_owned(), Screen::Attract),
        (
            "services-1".to_owned(),
            Screen::Services(services(language, 1)),
        ),
        (
            "services-3".to_owned(),
            Screen::Services(services(language, 3)),
        ),
        (
            "services-6".to_owned(),
            Screen::Services(services(language, 6)),
        ),
        ("consent".to_owned(), Screen::Consent(consent(language))),
        (
            "consent-long".to_owned(),
            Screen::Consent(long_consent(language)),
        ),
        (
            "fields-2".to_owned(),
            Screen::Fields(fields(language, 2, false)),
        ),
        (
            "fields-4".to_owned(),
            Screen::Fields(fields(language, 4, true)),
        ),
        (
            "fields-7".to_owned(),
            Screen::Fields(fields(language, 7, true)),
        ),
        ("deciding".to_owned(), Screen::Deciding),
    ];
    let cards = [
        CardPrompt::Present,
        CardPrompt::Reading,
        CardPrompt::Removed,
        CardPrompt::Unreadable,
        CardPrompt::NotAccepted,
    ];
    all.extend(numbers().map(|(name, numbers)| (name.to_owned(), Screen::Numbers(numbers))));
    all.extend(cards.map(|prompt| (format!("card-{prompt:?}"), Screen::Card(prompt))));
    all.extend(GUIDANCES.iter().enumerate().map(|(i, &guidance)| {
        let progress = i as f32 / (GUIDANCES.len() - 1) as f32;
        (
            format!("capture-{guidance:?}"),
            Screen::Capture(CapturePrompt { guidance, progress }),
        )
    }));
    all.extend(challenges().map(|(name, prompt)| (name.to_owned(), Screen::Challenge(prompt))));
    let decisions = [Decided::Verified, Decided::NotVerified, Decided::Referred];
    all.extend(decisions.map(|decision| {
        (
            format!("receipt-{decision:?}"),
            Screen::Receipt(receipt(language, decision, 582)),
        )
    }));
    all.push((
        "receipt-wallet".to_owned(),
        Screen::Receipt(ReceiptView {
            wallet: true,
            ..receipt(language, Decided::Verified, 582)
        }),
    ));
    let prints = [
        PrintView::Offered,
        PrintView::Printing,
        PrintView::Printed,
        PrintView::Failed,
    ];
    all.extend(prints.map(|print| {
        (
            format!("receipt-print-{print:?}"),
            Screen::Receipt(ReceiptView {
                wallet: true,
                print,
                ..receipt(language, Decided::Verified, 582)
            }),
        )
    }));
    all.extend(wallets().map(|(name, wallet)| (name.to_owned(), Screen::Wallet(wallet))));
    let endings = [Ending::Cancelled, Ending::TimedOut];
    all.extend(endings.map(|ending| (format!("ended-{ending:?}"), Screen::Ended(ending))));
    let outages = [
        Outage::Camera,
        Outage::CardReader,
        Outage::Storage,
        Outage::Fault,
        Outage::Service,
        Outage::Tampered,
    ];
    all.extend(outages.map(|outage| (format!("outage-{outage:?}"), Screen::OutOfService(outage))));
    all
}

pub fn services(language: Language, count: usize) -> Vec<ServiceChoice> {
    let texts: [(&str, &str); 6] = match language {
        Language::Chinese => [
            ("养老金领取资格认证", "市人力资源和社会保障局"),
            ("居住证签注", "市公安局人口管理支队"),
            ("不动产登记信息查询", "市不动产登记中心"),
            ("医保异地就医备案", "市医疗保障局"),
            (
                "未成年人监护关系证明与临时身份核验办理",
                "街道便民服务中心、区民政局联合窗口",
            ),
            ("公积金提取", "住房公积金管理中心"),
        ],
        Language::English => [
            (
                "Pension: proof of life",
                "City Bureau of Human Resources and Social Security",
            ),
            (
                "Residence permit endorsement",
                "City Police, Population Office",
            ),
            ("Land registry extract", "Real Estate Registration Centre"),
            (
                "Health insurance abroad",
                "City Healthcare Security Administration",
            ),
            (
                "Guardianship certificate and temporary identification",
                "Neighbourhood Service Centre with the District Office of Civil Affairs",
            ),
            ("Housing fund withdrawal", "Housing Provident Fund Centre"),
        ],
    };
    let choice = |(i, (name, provider)): (usize, (&str, &str))| ServiceChoice {
        id: format!("service-{i}"),
        name: name.to_owned(),
        provider: provider.to_owned(),
    };
    texts
        .into_iter()
        .enumerate()
        .take(count)
        .map(choice)
        .collect()
}

pub fn consent(language: Language) -> ConsentNotice {
    match language {
        Language::Chinese => ConsentNotice {
            service: "养老金领取资格认证".into(),
            provider: "市人力资源和社会保障局".into(),
            purpose: "确认您本人健在，以便继续发放养老金。".into(),
            shared: ["核验是否通过", "核验的时间和地点", "只用于这项服务的代号，不含证件号码"].map(Into::into).into(),
            legal_basis: "《社会保险法》第七十四条；您的单独同意。".into(),
            retention: "只保留核验结果，五年。照片、人脸特征和证件信息在结束时立即删除。".into(),
        },
        Language::English => ConsentNotice {
            service: "Pension: proof of life".into(),
            provider: "City Bureau of Human Resources and Social Security".into(),
            purpose: "To confirm that you are alive, so that your pension continues.".into(),
            shared: ["Whether the check succeeded", "When and where it was done", "A code used for this service only, without your card number"].map(Into::into).into(),
            legal_basis: "Social Insurance Law, article 74; your separate consent.".into(),
            retention: "Only the result, for five years. Picture, face features and card data are deleted at the end.".into(),
        },
    }
}

pub fn long_consent(language: Language) -> ConsentNotice {
    let short = consent(language);
    ConsentNotice {
        purpose: short.purpose.repeat(4),
        shared: short.shared.iter().cycle().take(8).cloned().collect(),
        retention: short.retention.repeat(2),
        ..short
    }
}

pub const FIELDS: [CardField; 7] = [
    CardField::Name,
    CardField::Address,
    CardField::DocumentNumber,
    CardField::BirthDate,
    CardField::Sex,
    CardField::Ethnicity,
    CardField::ValidUntil,
];

/// The first of all fields; with `needed`, the first is required and the second switched on.
pub fn fields(language: Language, count: usize, needed: bool) -> Vec<FieldChoice> {
    let purpose = match language {
        Language::Chinese => [
            "用来填写居住证明上的持证人。",
            "用来核对您住在本辖区，以便当场开具居住证明而不必再交其他材料。",
        ],
        Language::English => [
            "To write your name on the certificate.",
            "To see that you live in this district, so that you need not bring any other paper.",
        ],
    };
    let choice = |(at, field): (usize, CardField)| FieldChoice {
        field,
        purpose: purpose[at % 2].to_owned(),
        required: needed && at == 0,
        agreed: needed && at <= 1,
    };
    FIELDS
        .into_iter()
        .enumerate()
        .take(count)
        .map(choice)
        .collect()
}

/// Every step of a challenge, half of the way, and something that stands in its way.
fn challenges() -> [(&'static str, ChallengePrompt); 7] {
    use ChallengeTask::{Ahead, Back, Left, Right};
    [
        ("challenge-ahead", Ahead, Guidance::Good, 0.0),
        ("challenge-left", Left, Guidance::Good, 0.0),
        ("challenge-left-half", Left, Guidance::Good, 0.5),
        ("challenge-right", Right, Guidance::Good, 0.0),
        ("challenge-right-half", Right, Guidance::Good, 0.9),
        ("challenge-back", Back, Guidance::Good, 0.6),
        ("challenge-guidance", Left, Guidance::OnePerson, 0.0),
    ]
    .map(|(name, task, guidance, turned)| {
        let prompt = ChallengePrompt {
            task,
            guidance,
            turned,
        };
        (name, prompt)
    })
}

/// Every step into the wallet.
fn wallets() -> [(&'static str, WalletView); 10] {
    let choose = |scanner, trouble| WalletView::Choose { scanner, trouble };
    [
        ("wallet-choose", choose(true, None)),
        ("wallet-no-key", choose(true, Some(WalletTrouble::NoKey))),
        (
            "wallet-no-camera",
            choose(false, Some(WalletTrouble::NoCamera)),
        ),
        ("wallet-failed", choose(true, Some(WalletTrouble::Failed))),
        ("wallet-scan", WalletView::Scan(ScanHint::Look)),
        ("wallet-scan-other", WalletView::Scan(ScanHint::OtherCode)),
        ("wallet-scan-secret", WalletView::Scan(ScanHint::SecretKey)),
        ("wallet-preparing", WalletView::Preparing),
        (
            "wallet-code",
            WalletView::Codes(wallet_codes(900, 1, true, 1)),
        ),
        (
            "wallet-codes",
            WalletView::Codes(wallet_codes(1_270, 3, false, 7)),
        ),
    ]
}

/// A proof of so many letters in each of so many codes, the second (or only) one on the screen.
pub fn wallet_codes(letters: usize, count: u32, bound: bool, fields: usize) -> WalletCodes {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |at: usize| char::from(alphabet[(at * at + 11 * at) % alphabet.len()]);
    let text: String = (0..letters).map(letter).collect();
    WalletCodes {
        code: Confidential::new(text.into()),
        number: count.min(2),
        count,
        bound,
        fields: FIELDS.into_iter().take(fields).collect(),
    }
}

pub fn receipt(language: Language, decision: Decided, bytes: usize) -> ReceiptView {
    let service = consent(language).service;
    ReceiptView {
        decision,
        service,
        receipt: receipt_text(bytes),
        reference: "7K4M-29QX".into(),
        wallet: false,
        print: PrintView::None,
    }
}

/// Text as base45 makes it from so many bytes, with a prefix.
pub fn receipt_text(bytes: usize) -> String {
    let letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".as_bytes();
    let body = (0..bytes * 3 / 2).map(|i| letters[(i * i + 7 * i) % 45] as char);
    "KV1:".chars().chain(body).collect()
}

/// A drawn face in a room; `tilt` moves it sideways.
pub fn preview(width: u32, height: u32, tilt: f32) -> Preview {
    let centre = (0.5 + tilt, 0.48);
    let pixel = |x: u32, y: u32| {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let (dx, dy) = ((u - centre.0) * width as f32 / height as f32, v - centre.1);
        let oval = |cx: f32, cy: f32, rx: f32, ry: f32| {
            ((dx - cx) / rx).powi(2) + ((dy - cy) / ry).powi(2) < 1.0
        };
        if oval(-0.09, -0.05, 0.03, 0.02) || oval(0.09, -0.05, 0.03, 0.02) {
            [40, 32, 30]
        } else if oval(0.0, 0.17, 0.09, 0.02) {
            [150, 80, 76]
        } else if oval(0.0, 0.02, 0.23, 0.31) {
            [224 - (60.0 * u) as u8, 184 - (50.0 * u) as u8, 158]
        } else if oval(0.0, -0.05, 0.27, 0.34) {
            [52, 40, 36]
        } else if oval(0.0, 0.62, 0.5, 0.32) {
            [70, 98, 130]
        } else {
            [196 - (50.0 * v) as u8, 204 - (40.0 * u) as u8, 200]
        }
    };
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    Preview {
        rgb: pixels.flat_map(|(x, y)| pixel(x, y)).collect(),
        width,
        height,
        face: Some([centre.0 - 0.17, 0.18, 0.34, 0.62]),
    }
}
