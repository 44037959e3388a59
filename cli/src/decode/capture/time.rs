use jiff::Timestamp;

/// How a clock counts: in seconds, split in tenths so often or in halves so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Ticks in a second; none when they are finer than can be told apart.
    ticks: Option<u128>,
    /// Seconds to add.
    offset: i64,
}

impl Clock {
    /// From pcapng's `if_tsresol` (a power of ten, with the upper bit set of two) and `if_tsoffset`.
    pub(super) fn new(resolution: u8, offset: i64) -> Clock {
        let power = u32::from(resolution & 0x7f);
        let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
        Clock {
            ticks: base.checked_pow(power),
            offset,
        }
    }

    /// The time of so many ticks; none when no calendar has it.
    pub(super) fn time(self, ticks: u64) -> Option<Timestamp> {
        let nanos = u128::from(ticks) * 1_000_000_000 / self.ticks?;
        at(self.offset, i128::try_from(nanos).ok()?)
    }
}

/// The time of seconds since 1970 and what stands behind the point.
pub(super) fn at(seconds: i64, nanos: i128) -> Option<Timestamp> {
    let nanos = i128::from(seconds) * 1_000_000_000 + nanos;
    Timestamp::from_nanosecond(nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::{Clock, at};

    fn shown(clock: Clock, ticks: u64) -> String {
        clock
            .time(ticks)
            .map(|time| time.to_string())
            .unwrap_or_default()
    }

    /// The first is the example of the pcapng specification (draft-ietf-opsawg-pcapng, Interface Statistics Block).
    #[test]
    fn ticks_become_times() {
        let ticks = 0x0004_c397 << 32 | 0x64ca_47aa;
        assert_eq!(
            shown(Clock::new(6, 0), ticks),
            "2012-06-29T07:28:25.298858Z"
        );
        assert_eq!(
            shown(Clock::new(6, 3600), ticks),
            "2012-06-29T08:28:25.298858Z"
        );
        assert_eq!(
            shown(Clock::new(9, 0), 1_700_000_000_123_456_789),
            "2023-11-14T22:13:20.123456789Z"
        );
        assert_eq!(
            shown(Clock::new(0, 0), 1_700_000_000),
            "2023-11-14T22:13:20Z"
        );
        assert_eq!(
            shown(Clock::new(0x80 | 10, 0), 1_700_000_000 << 10 | 256),
            "2023-11-14T22:13:20.25Z"
        );
    }

    #[test]
    fn times_that_no_calendar_has_are_none() {
        assert_eq!(Clock::new(0, 0).time(u64::MAX), None);
        assert_eq!(Clock::new(0x7f, 0).time(1), None);
        assert_eq!(Clock::new(6, i64::MAX).time(1), None);
        assert_eq!(at(i64::MIN, 0), None);
    }
}
