//! The series of one VM and what was added to them since the last tick.

use std::collections::BTreeMap;
use std::rc::Rc;

/// The host's kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only grows: the value is added.
    Counter,
    /// Goes up and down: the value is added, and may be negative, so that several VMs feed one gauge.
    Gauge,
    /// The value is what there is: for what all VMs know alike, so that it does not matter which of them writes last.
    Level,
    /// The value is one sample.
    Histogram,
}

/// Numbers the series of one `Metrics` from 0, without gaps: an index into the host's ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// What to add, what there is, or the sample to record.
    pub value: i64,
}

/// All series, by number and by name.
#[derive(Debug, Default)]
pub(super) struct Registry {
    series: Vec<Series>,
    ids: BTreeMap<Rc<str>, SeriesId>,
    changed: Vec<SeriesId>,
    levels: BTreeMap<SeriesId, i64>,
    samples: Vec<(SeriesId, i64)>,
}

#[derive(Debug)]
struct Series {
    name: Rc<str>,
    kind: Kind,
    /// Not 0 while the series is in `changed`.
    delta: i64,
}

impl Registry {
    /// The series of this name; a new one if there is none yet.
    pub(super) fn define(&mut self, name: String, kind: Kind) -> SeriesId {
        if let Some(&id) = self.ids.get(name.as_str()) {
            return id;
        }
        let id = SeriesId(u32::try_from(self.series.len()).unwrap_or(u32::MAX));
        let name: Rc<str> = name.into();
        self.ids.insert(Rc::clone(&name), id);
        self.series.push(Series {
            name,
            kind,
            delta: 0,
        });
        id
    }

    /// Adds to a counter or a gauge.
    pub(super) fn add(&mut self, id: SeriesId, n: i64) {
        let Some(series) = self.series.get_mut(id.0 as usize) else {
            return;
        };
        if series.delta == 0 && n != 0 {
            self.changed.push(id);
        }
        series.delta = series.delta.saturating_add(n);
    }

    /// Says what a level is now.
    pub(super) fn set(&mut self, id: SeriesId, value: i64) {
        self.levels.insert(id, value);
    }

    /// Adds a sample to a histogram; `false` when there are too many since the last tick.
    pub(super) fn sample(&mut self, id: SeriesId, value: i64) -> bool {
        let room = self.samples.len() < MAX_SAMPLES;
        if room {
            self.samples.push((id, value));
        }
        room
    }

    /// Hands out all changes and forgets them.
    pub(super) fn take(&mut self, mut write: impl FnMut(Update<'_>)) {
        for id in self.changed.drain(..) {
            if let Some(series) = self.series.get_mut(id.0 as usize)
                && series.delta != 0
            {
                write(Update {
                    id,
                    name: &series.name,
                    kind: series.kind,
                    value: series.delta,
                });
                series.delta = 0;
            }
        }
        let levels = core::mem::take(&mut self.levels);
        for (id, value) in levels.into_iter().chain(self.samples.drain(..)) {
            if let Some(series) = self.series.get(id.0 as usize) {
                write(Update {
                    id,
                    name: &series.name,
                    kind: series.kind,
                    value,
                });
            }
        }
    }
}

/// A sample costs the host 160 ns: this many are 0.2 ms a tick. 20,000 a second are enough for any percentile.
const MAX_SAMPLES: usize = 1 << 10;
