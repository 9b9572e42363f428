//! The one place where the kiosk reads the wall clock and says how well it knows the time.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use attestation::TimeQuality;
use hal::card::CivilDate;
use hal::system::Machine;
use jiff::Timestamp;
use jiff::tz::Offset;

/// systemd-timesyncd touches this file when the clock has been set from a time server
/// (systemd-timesyncd.service(8)).
const SYNCHRONISED_MARK: &str = "/run/systemd/timesync/synchronized";

/// The zone in which "today" is meant for a card's validity: China Standard Time, UTC+8.
const ZONE: Offset = jiff::tz::offset(8);

/// A moment by the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime(Duration);

impl WallTime {
    /// Now. A clock before 1970 counts as 1970.
    pub fn now() -> Self {
        Self(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        )
    }

    /// The moment so many seconds after 1970-01-01T00:00:00Z.
    pub fn at(unix_seconds: u64) -> Self {
        Self(Duration::from_secs(unix_seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix_seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_milliseconds(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }

    /// The moment for programs (RFC 3339, UTC, whole seconds).
    pub fn rfc3339(self) -> String {
        self.timestamp().to_string()
    }

    /// The moment for people, where the kiosk stands.
    pub fn words(self) -> String {
        let moment = ZONE.to_datetime(self.timestamp());
        let (date, hour, minute) = (moment.date(), moment.hour(), moment.minute());
        format!("{date} {hour:02}:{minute:02} (UTC+8)")
    }

    /// The day for people, where the kiosk stands.
    pub fn day(self) -> String {
        ZONE.to_datetime(self.timestamp()).date().to_string()
    }

    /// In whole seconds; what lies after the year 9999 counts as its end.
    fn timestamp(self) -> Timestamp {
        let seconds = i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    }

    /// The calendar day where the kiosk stands; none outside the years a card can name.
    pub fn civil_date(self) -> Option<CivilDate> {
        let moment = Timestamp::from_second(i64::try_from(self.0.as_secs()).ok()?).ok()?;
        let date = ZONE.to_datetime(moment).date();
        let narrow = |number: i8| u8::try_from(number).ok();
        CivilDate::new(
            u16::try_from(date.year()).ok()?,
            narrow(date.month())?,
            narrow(date.day())?,
        )
    }
}

/// How well the clock is known at this moment: by the kernel, which every time service tells, or by
/// timesyncd, which set it since the computer was switched on.
pub fn time_quality() -> TimeQuality {
    if Machine::here().clock().synchronised || Path::new(SYNCHRONISED_MARK).exists() {
        TimeQuality::Synchronised
    } else {
        TimeQuality::Unsynchronised
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_to_programs_in_utc_and_to_people_in_their_zone() {
        let moment = WallTime::at(1_795_248_000);
        assert_eq!(moment.rfc3339(), "2026-11-21T08:00:00Z");
        assert_eq!(moment.words(), "2026-11-21 16:00 (UTC+8)");
        assert_eq!(moment.day(), "2026-11-21");
        assert!(WallTime::at(u64::MAX).words().starts_with("9999"));
    }

    #[test]
    fn the_day_changes_at_midnight_where_the_kiosk_stands() {
        let day = |seconds| WallTime(Duration::from_secs(seconds)).civil_date();
        // 2000-02-29T15:59:59Z is the last second of the leap day in China.
        assert_eq!(day(951_839_999), CivilDate::new(2000, 2, 29));
        assert_eq!(day(951_840_000), CivilDate::new(2000, 3, 1));
        assert_eq!(day(0), CivilDate::new(1970, 1, 1));
    }
}
