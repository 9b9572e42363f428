//! Data groups 11 and 12 (ICAO 9303-10, 4.7.11 and 4.7.12): what the document says about its
//! holder and its issue beyond the machine-readable zone. All of it is optional.

use super::{File, LdsError};
use crate::card::emrtd::tlv::{self, TlvError};
use crate::card::{CivilDate, Personal};

/// Longest text taken from one field, in bytes.
const MAX_TEXT_LEN: usize = 1024;

/// Data group 11: about the holder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HolderDetails {
    /// Name in full, in the script of the state where it uses one; `<` are spaces.
    pub full_name: Option<Personal<String>>,
    /// Personal number.
    pub personal_number: Option<Personal<String>>,
    /// Date of birth with its century.
    pub birth_date: Option<Personal<CivilDate>>,
    /// Place of birth.
    pub birth_place: Option<Personal<String>>,
    /// Address.
    pub address: Option<Personal<String>>,
}

/// Data group 12: about the issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueDetails {
    /// Issuing authority.
    pub authority: Option<Personal<String>>,
    /// Date of issue.
    pub issued: Option<Personal<CivilDate>>,
}

impl HolderDetails {
    /// Reads data group 11. Fields that are not understood are left out.
    ///
    /// # Errors
    /// [`LdsError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LdsError> {
        let group = Group::parse(bytes, File::DataGroup(11))?;
        Ok(Self {
            full_name: group.text(0x5F0E),
            personal_number: group.text(0x5F10),
            birth_date: group.date(0x5F2B),
            birth_place: group.text(0x5F11),
            address: group.text(0x5F42),
        })
    }
}

impl IssueDetails {
    /// Reads data group 12. Fields that are not understood are left out.
    ///
    /// # Errors
    /// [`LdsError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LdsError> {
        let group = Group::parse(bytes, File::DataGroup(12))?;
        Ok(Self {
            authority: group.text(0x5F19),
            issued: group.date(0x5F26),
        })
    }
}

/// The data objects of a group, all well-formed.
struct Group<'a>(&'a [u8]);

impl<'a> Group<'a> {
    fn parse(bytes: &'a [u8], file: File) -> Result<Self, LdsError> {
        let parse = || -> Result<Self, TlvError> {
            let content = tlv::only(bytes, file.tag())?;
            tlv::objects(content).try_for_each(|object| object.map(drop))?;
            Ok(Self(content))
        };
        parse().map_err(|e| LdsError::Malformed(file, e))
    }

    fn value(&self, tag: u32) -> Option<&'a [u8]> {
        tlv::find(self.0, tag).ok().flatten()
    }

    fn text(&self, tag: u32) -> Option<Personal<String>> {
        let value = self.value(tag).filter(|v| v.len() <= MAX_TEXT_LEN)?;
        let text = std::str::from_utf8(value).ok()?;
        let words = text.split('<').filter(|w| !w.is_empty());
        let mut out = String::with_capacity(text.len());
        for word in words {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word.trim());
        }
        (!out.is_empty()).then(|| Personal::new(out))
    }

    /// Eight digits, or four bytes with two digits each.
    fn date(&self, tag: u32) -> Option<Personal<CivilDate>> {
        let value = self.value(tag)?;
        let date = match *value {
            [a, b, c, d] => CivilDate::new(bcd(a)? * 100 + bcd(b)?, low(bcd(c)?)?, low(bcd(d)?)?),
            _ => std::str::from_utf8(value).ok().and_then(CivilDate::parse),
        };
        date.map(Personal::new)
    }
}

fn bcd(byte: u8) -> Option<u16> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    (high < 10 && low < 10).then(|| u16::from(high) * 10 + u16::from(low))
}

fn low(number: u16) -> Option<u8> {
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::hex::hex;

    /// After the example in ICAO 9303-10, 4.7.11.
    #[test]
    fn fields_are_read_in_both_forms_of_a_date() {
        let mut content = tlv::encode(0x5C, &hex("5F0E5F2B5F11"));
        tlv::push(&mut content, 0x5F0E, b"SMITH<<JOHN<J");
        tlv::push(&mut content, 0x5F2B, &hex("19740812"));
        tlv::push(&mut content, 0x5F11, b"ANYTOWN<MN");
        let holder = HolderDetails::parse(&tlv::encode(0x6B, &content)).unwrap();
        assert_eq!(holder.full_name.unwrap().reveal(), "SMITH JOHN J");
        assert_eq!(holder.birth_place.unwrap().reveal(), "ANYTOWN MN");
        let born = holder.birth_date.unwrap();
        assert_eq!(Some(*born.reveal()), CivilDate::new(1974, 8, 12));

        let issued = tlv::encode(0x6C, &tlv::encode(0x5F26, b"20020531"));
        let issued = IssueDetails::parse(&issued).unwrap().issued.unwrap();
        assert_eq!(Some(*issued.reveal()), CivilDate::new(2002, 5, 31));
    }

    #[test]
    fn nonsense_is_left_out_and_malformed_groups_are_refused() {
        let mut content = tlv::encode(0x5F2B, &hex("1974AB12"));
        tlv::push(&mut content, 0x5F0E, &[0xFF, 0xFE]);
        let holder = HolderDetails::parse(&tlv::encode(0x6B, &content)).unwrap();
        assert_eq!(holder, HolderDetails::default());
        assert!(HolderDetails::parse(&hex("6B025F0E")).is_err());
    }
}
