//! What a card says about its holder, as it is printed on the card: text for the fields that a
//! resident may share. Dates are ISO 8601.

use attestation::wallet::is_shareable;
use hal::card::emrtd::EmrtdRecord;
use hal::card::emrtd::mrz::Mrz;
use hal::card::{CardRecord, CivilDate, Personal, Sex, Validity};
use kiosk_ui::CardField;

use crate::clock::WallTime;
use crate::session::CardFields;

/// The ethnic groups of GB/T 3304 by their numbers, from 1, as cards print them.
const ETHNIC_GROUPS: [&str; 56] = [
    "汉",
    "蒙古",
    "回",
    "藏",
    "维吾尔",
    "苗",
    "彝",
    "壮",
    "布依",
    "朝鲜",
    "满",
    "侗",
    "瑶",
    "白",
    "土家",
    "哈尼",
    "哈萨克",
    "傣",
    "黎",
    "傈僳",
    "佤",
    "畲",
    "高山",
    "拉祜",
    "水",
    "东乡",
    "纳西",
    "景颇",
    "柯尔克孜",
    "土",
    "达斡尔",
    "仫佬",
    "羌",
    "布朗",
    "撒拉",
    "毛南",
    "仡佬",
    "锡伯",
    "阿昌",
    "普米",
    "塔吉克",
    "怒",
    "乌孜别克",
    "俄罗斯",
    "鄂温克",
    "德昂",
    "保安",
    "裕固",
    "京",
    "塔塔尔",
    "独龙",
    "鄂伦春",
    "赫哲",
    "门巴",
    "珞巴",
    "基诺",
];

/// Every field that the card has.
pub fn of(record: &CardRecord) -> CardFields {
    let number = record.number.reveal().as_str().to_owned();
    let ethnicity = record.ethnicity.as_ref();
    [
        (CardField::Name, Some(copy(&record.name))),
        (CardField::DocumentNumber, Some(Personal::new(number))),
        (CardField::BirthDate, Some(date(record.birth_date.reveal()))),
        (CardField::Sex, sex(*record.sex.reveal())),
        (
            CardField::Ethnicity,
            ethnicity.and_then(|group| ethnic_group(group.reveal().code())),
        ),
        (CardField::Address, record.current_address().map(copy)),
        (
            CardField::ValidUntil,
            Some(match record.valid_to.reveal() {
                Validity::Until(last) => date(last),
                Validity::LongTerm => Personal::new("长期".to_owned()),
            }),
        ),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value.filter(can_be_shared)?)))
    .collect()
}

/// Every field that a travel document has, from signed data; its name in the holder's own script
/// where the document has it.
pub fn of_document(record: &EmrtdRecord) -> CardFields {
    let (mrz, holder) = (&record.mrz, record.holder.as_ref());
    let own_script = holder.and_then(|h| h.full_name.as_ref()).map(copy);
    let born = holder
        .and_then(|h| h.birth_date.as_ref())
        .map(|born| *born.reveal())
        .or_else(|| mrz.birth_date(WallTime::now().civil_date()?));
    [
        (
            CardField::Name,
            Some(own_script.unwrap_or_else(|| latin_name(mrz))),
        ),
        (CardField::DocumentNumber, Some(copy(&mrz.document_number))),
        (CardField::BirthDate, born.as_ref().map(date)),
        (CardField::Sex, sex(*mrz.sex.reveal())),
        (
            CardField::Address,
            holder.and_then(|h| h.address.as_ref()).map(copy),
        ),
        (CardField::ValidUntil, mrz.expiry_date().as_ref().map(date)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value.filter(can_be_shared)?)))
    .collect()
}

/// A chip may hold texts that no proof can carry; they are as good as not there.
fn can_be_shared(value: &Personal<String>) -> bool {
    is_shareable(value.reveal())
}

fn latin_name(mrz: &Mrz) -> Personal<String> {
    let (surname, given) = (mrz.surname.reveal(), mrz.given_names.reveal());
    Personal::new(if given.is_empty() {
        surname.clone()
    } else {
        format!("{surname} {given}")
    })
}

fn copy(text: &Personal<String>) -> Personal<String> {
    Personal::new(text.reveal().clone())
}

fn date(date: &CivilDate) -> Personal<String> {
    let (year, month, day) = (date.year(), date.month(), date.day());
    Personal::new(format!("{year:04}-{month:02}-{day:02}"))
}

fn sex(sex: Sex) -> Option<Personal<String>> {
    let printed = match sex {
        Sex::Male => "男",
        Sex::Female => "女",
        Sex::Unknown | Sex::NotStated => return None,
    };
    Some(Personal::new(printed.to_owned()))
}

/// As printed; 97 and 98 (other, naturalised) have no name of their own.
fn ethnic_group(code: u8) -> Option<Personal<String>> {
    let at = usize::from(code).checked_sub(1)?;
    let printed = ETHNIC_GROUPS.get(at)?;
    Some(Personal::new((*printed).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_by_their_numbers_in_the_standard() {
        for (code, printed) in [(1, "汉"), (8, "壮"), (23, "高山"), (56, "基诺")] {
            assert_eq!(ethnic_group(code).unwrap().reveal(), printed);
        }
        assert!(ethnic_group(0).is_none() && ethnic_group(97).is_none());
    }

    #[test]
    fn a_date_is_written_as_iso_8601() {
        let day = CivilDate::new(1949, 1, 31).unwrap();
        assert_eq!(date(&day).reveal(), "1949-01-31");
    }
}
