//! Printing a machine-readable zone (ICAO 9303-3, 4.9; 9303-4, 4.2; 9303-5, 4.2), apart from the
//! kiosk's parser of it.

use super::holder::{SimPassport, Size};

/// Weights of the check digit (ICAO 9303-3, 4.9).
const WEIGHTS: [u32; 3] = [7, 3, 1];
/// Characters of a document number that stand before its check digit.
const NUMBER: usize = 9;

/// The lines: two of 44 characters or three of 30.
pub(super) fn lines(page: &SimPassport) -> Vec<String> {
    match page.size {
        Size::Td3 => td3(page),
        Size::Td1 => td1(page),
    }
}

fn td3(page: &SimPassport) -> Vec<String> {
    let first = [
        filled(&page.document_code, 2),
        filled(&page.issuer, 3),
        filled(&names(page), 39),
    ];
    let number = checked(&filled(&page.number, NUMBER));
    let birth = checked(short(&page.birth_date));
    let expiry = checked(short(&page.expiry));
    let optional = match page.optional.as_str() {
        "" => filled("", 15), // the check digit of nothing may be a filler (9303-4, 4.2.2.2)
        some => checked(&filled(some, 14)),
    };
    let composite = digit(&[&*number, &birth, &expiry, &optional].concat());
    let second = [
        &number,
        &*filled(&page.nationality, 3),
        &birth,
        sex(page),
        &expiry,
        &optional,
        &composite.to_string(),
    ];
    vec![first.concat(), second.concat()]
}

fn td1(page: &SimPassport) -> Vec<String> {
    // A longer number goes on in the optional data, with a filler in the place of its check digit
    // (9303-5, 4.2.2, note j).
    let number = match page.number.split_at_checked(NUMBER) {
        Some((start, rest)) if !rest.is_empty() => {
            format!("{start}<{rest}{}<{}", digit(&page.number), page.optional)
        }
        _ => checked(&filled(&page.number, NUMBER)) + &page.optional,
    };
    let upper = filled(&number, 25);
    let birth = checked(short(&page.birth_date));
    let expiry = checked(short(&page.expiry));
    let rest = filled("", 11);
    let composite = digit(&[&*upper, &birth, &expiry, &rest].concat());
    let first = [
        filled(&page.document_code, 2),
        filled(&page.issuer, 3),
        upper,
    ];
    let second = [
        &birth,
        sex(page),
        &expiry,
        &*filled(&page.nationality, 3),
        &rest,
        &composite.to_string(),
    ];
    vec![first.concat(), second.concat(), filled(&names(page), 30)]
}

fn names(page: &SimPassport) -> String {
    format!("{}<<{}", page.surname, page.given_names)
}

fn sex(page: &SimPassport) -> &str {
    match page.sex.as_str() {
        "M" => "M",
        "F" => "F",
        _ => "<",
    }
}

/// `YYMMDD` of `YYYYMMDD`.
pub(super) fn short(date: &str) -> &str {
    date.get(2..).unwrap_or(date)
}

/// Capitals, anything else as fillers, cut and filled to the width.
fn filled(text: &str, width: usize) -> String {
    let letter = |c: char| match c.to_ascii_uppercase() {
        c @ ('A'..='Z' | '0'..='9') => c,
        _ => '<',
    };
    let fillers = std::iter::repeat('<');
    text.chars()
        .map(letter)
        .chain(fillers)
        .take(width)
        .collect()
}

/// The text with its check digit.
fn checked(text: &str) -> String {
    format!("{text}{}", digit(text))
}

/// ICAO 9303-3, 4.9: values 0 to 9, A = 10 to Z = 35, filler 0; weights 7, 3, 1; modulo 10.
fn digit(text: &str) -> u32 {
    let value = |c: char| c.to_digit(36).unwrap_or(0);
    let sum: u32 = text
        .chars()
        .zip(WEIGHTS.iter().cycle())
        .map(|(c, w)| value(c) * w)
        .sum();
    sum % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specimen of ICAO 9303-4, Appendix B.
    fn specimen() -> SimPassport {
        SimPassport {
            surname: "ERIKSSON".into(),
            given_names: "ANNA MARIA".into(),
            number: "L898902C3".into(),
            birth_date: "19740812".into(),
            expiry: "20120415".into(),
            optional: "ZE184226B".into(),
            ..SimPassport::example()
        }
    }

    #[test]
    fn a_passport_is_printed_as_in_the_standard() {
        assert_eq!(
            specimen().mrz(),
            [
                "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
                "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
            ]
        );
    }

    #[test]
    fn a_card_is_printed_as_in_the_standard() {
        // ICAO 9303-5, Appendix B.
        let card = SimPassport {
            size: Size::Td1,
            document_code: "I".into(),
            number: "D23145890".into(),
            optional: String::new(),
            ..specimen()
        };
        assert_eq!(
            card.mrz(),
            [
                "I<UTOD231458907<<<<<<<<<<<<<<<",
                "7408122F1204159UTO<<<<<<<<<<<6",
                "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
            ]
        );
    }

    #[test]
    fn a_long_number_goes_on_in_the_optional_data() {
        // ICAO 9303-5, Appendix B, with the number D23145890734.
        let card = SimPassport {
            size: Size::Td1,
            document_code: "I".into(),
            number: "D23145890734".into(),
            optional: String::new(),
            ..specimen()
        };
        assert_eq!(card.mrz()[0], "I<UTOD23145890<7349<<<<<<<<<<<");
    }
}
