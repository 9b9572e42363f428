//! The receipt on paper: what was decided, for which service, when, by which kiosk, and the code
//! that proves it. Nothing personal: what is not in the receipt's code is not on the slip, either.

use hal::printer::Slip;
use kiosk_ui::{Decided, Language};

use crate::clock::WallTime;

/// What a slip says; the session gives it, and the kiosk's name comes from the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printout {
    /// Its language.
    pub language: Language,
    /// The decision that was signed.
    pub decided: Decided,
    /// When it was signed.
    pub time: WallTime,
    /// The service's name; empty if help was asked for before one was chosen.
    pub service: String,
    /// Who offers it.
    pub provider: String,
    /// The text of the code.
    pub receipt: String,
    /// The short number to read aloud.
    pub reference: String,
}

impl Printout {
    /// The slip of the kiosk with this name.
    pub fn slip(&self, kiosk: &str) -> Slip {
        let words = words(self.language);
        let (outcome, next) = match self.decided {
            Decided::Verified => (words.verified, words.verified_next),
            Decided::NotVerified => (words.not_verified, words.not_verified_next),
            Decided::Referred => (words.referred, words.referred_next),
        };
        let mut slip = Slip::new()
            .centred(words.title)
            .space(1)
            .headline(outcome)
            .centred(next)
            .rule();
        for (name, value) in [
            (words.service, &self.service),
            (words.provider, &self.provider),
        ] {
            if !value.is_empty() {
                slip = slip.pair(name, value);
            }
        }
        slip.pair(words.time, self.time.words())
            .pair(words.kiosk, kiosk)
            .pair(words.number, &self.reference)
            .rule()
            .qr(&self.receipt)
            .text(words.check)
            .space(1)
            .text(words.privacy)
    }
}

/// The technician's slip, in both languages.
pub fn test_slip(kiosk: &str, time: WallTime) -> Slip {
    Slip::new()
        .headline("测试 TEST")
        .centred("自检打印 Self-test of the printer")
        .rule()
        .pair("终端 Kiosk", kiosk)
        .pair("时间 Time", time.words())
        .qr("KIOSK SELF-TEST")
        .text("汉字和二维码应清晰可读，纸张应自动切断。")
        .text("The Chinese text and the code must be clear, and the paper must be cut.")
}

struct Words {
    title: &'static str,
    verified: &'static str,
    verified_next: &'static str,
    not_verified: &'static str,
    not_verified_next: &'static str,
    referred: &'static str,
    referred_next: &'static str,
    service: &'static str,
    provider: &'static str,
    time: &'static str,
    kiosk: &'static str,
    number: &'static str,
    check: &'static str,
    privacy: &'static str,
}

const fn words(language: Language) -> &'static Words {
    match language {
        Language::Chinese => &CHINESE,
        Language::English => &ENGLISH,
    }
}

const CHINESE: Words = Words {
    title: "身份核验凭证",
    verified: "核验通过",
    verified_next: "您是这张证件的持有人。",
    not_verified: "核验未通过",
    not_verified_next: "请带上证件到柜台，工作人员会帮助您。",
    referred: "工作人员会帮助您",
    referred_next: "请到柜台，出示这张凭证。",
    service: "服务",
    provider: "提供单位",
    time: "时间",
    kiosk: "终端",
    number: "编号",
    check: "如何核验：任何人都可以用免费的凭证核验程序或核验网页扫描此二维码。",
    privacy: "这张凭证不含姓名、证件号码和照片。",
};

const ENGLISH: Words = Words {
    title: "Receipt of an identity check",
    verified: "Verified",
    verified_next: "You are the holder of the card.",
    not_verified: "Not verified",
    not_verified_next: "Please go to the counter with your card: an officer will help you.",
    referred: "See an officer",
    referred_next: "Please show this slip at the counter.",
    service: "Service",
    provider: "Provider",
    time: "Time",
    kiosk: "Kiosk",
    number: "Number",
    check: "How to check: anyone can scan this code with the free receipt checker or its web page.",
    privacy: "This slip holds no name, no card number and no picture.",
};

#[cfg(test)]
mod tests {
    use super::*;
    use hal::printer::Piece;

    #[test]
    fn a_slip_says_the_outcome_and_carries_the_code_in_either_language() {
        for (language, outcome) in [
            (Language::Chinese, "核验通过"),
            (Language::English, "Verified"),
        ] {
            let printout = Printout {
                language,
                decided: Decided::Verified,
                time: WallTime::at(1_795_000_000),
                service: "S".into(),
                provider: String::new(),
                receipt: "KV1:X".into(),
                reference: "123 456".into(),
            };
            let slip = printout.slip("kiosk-7");
            let says = |wanted: &str| {
                slip.pieces().iter().any(|piece| match piece {
                    Piece::Text { text, .. } => text == wanted,
                    Piece::Pair { value, .. } => value == wanted,
                    Piece::Qr(text) => text == wanted,
                    Piece::Rule | Piece::Space(_) => false,
                })
            };
            for wanted in [outcome, "S", "kiosk-7", "123 456", "KV1:X"] {
                assert!(says(wanted), "{wanted}");
            }
        }
    }
}
