//! The series of one VM and what was added to them since the last tick.

/// The host's kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only grows: the value is added.
    Counter,
    /// Goes up and down: the value is added, and may be negative, so that several VMs feed one gauge.
    Gauge,
    /// The value is one sample.
    Histogram,
}

/// Numbers the series of one `Metrics` from 0, without gaps: an index into the host's ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesId(pub u32);

/// One write to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update<'a> {
    /// Define a series with the host when its id is met for the first time.
    pub id: SeriesId,
    /// Its name with tags.
    pub name: &'a str,
    /// Its kind.
    pub kind: Kind,
    /// What to add, or the sample to record.
    pub value: i64,
}
