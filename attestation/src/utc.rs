//! Seconds since 1970 as a date that people read (RFC 3339, UTC).

const DAY_S: u64 = 86_400;
/// Days in 400 Gregorian years.
const ERA_DAYS: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const TO_1970_DAYS: u64 = 719_468;
/// The last second of the year 9999, after which RFC 3339 has no form.
const LAST: u64 = 253_402_300_799;

/// `2026-11-21T08:00:00Z`; times that RFC 3339 cannot write are given as they are.
#[must_use]
pub fn rfc3339(seconds: u64) -> String {
    if seconds > LAST {
        return format!("{seconds} seconds after 1970");
    }
    let (year, month, day) = date(seconds / DAY_S);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    let second = seconds % 60;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads `2026-11-21T08:00:00Z`, and nothing else that means the same.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let time = part(11..13)? * 3600 + part(14..16)? * 60 + part(17..19)?;
    // Counted from March, as below.
    let (year, month) = (year.checked_sub(u64::from(month < 3))?, (month + 9) % 12);
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let seconds = days.checked_sub(TO_1970_DAYS + 1)? * DAY_S + time;
    // Writing it again refuses every other form, and days that are not in the calendar.
    (rfc3339(seconds) == text).then_some(seconds)
}

/// Years are counted from March here, so that the leap day is the last of a year.
const fn date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + TO_1970_DAYS;
    let (era, day) = (days / ERA_DAYS, days % ERA_DAYS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_248_000, "2026-11-21T08:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (u64::MAX, "18446744073709551615 seconds after 1970"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    #[test]
    fn a_date_is_read_in_one_form_only() {
        for seconds in [
            0,
            951_782_400,
            951_868_799,
            1_795_248_000,
            4_107_542_400,
            LAST,
        ] {
            assert_eq!(parse(&rfc3339(seconds)), Some(seconds));
        }
        for wrong in [
            "",
            "now",
            "2026-11-21",
            "2026-11-21T08:00:00",
            "2026-11-21T08:00:00+08:00",
            "2026-11-21 08:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T08:60:00Z",
            "1969-12-31T23:59:59Z",
            "+026-11-21T08:00:00Z",
            "2026-11-2é",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
