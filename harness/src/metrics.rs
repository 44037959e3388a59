//! Envoy's stats as far as a module feeds them.

use std::collections::BTreeMap;

use crate::status::Status;

/// A stat's kind, with the ABI's numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MetricKind {
    /// Only grows.
    Counter = 0,
    /// Goes up and down.
    Gauge = 1,
    /// A distribution of samples.
    Histogram = 2,
}

/// A stat, common to all threads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metric {
    /// What it is.
    pub kind: MetricKind,
    /// A counter's or a gauge's value; of a histogram the number of samples.
    pub value: u64,
    /// A histogram's samples, in order.
    pub samples: Vec<u64>,
}

/// The stats by kind and raw name (the tags are part of it).
#[derive(Default)]
pub(crate) struct Metrics(BTreeMap<(String, MetricKind), Metric>);

impl Metrics {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Metric)> {
        self.0
            .iter()
            .map(|((name, _), metric)| (name.as_str(), metric))
    }

    fn entry(&mut self, kind: MetricKind, name: &str) -> &mut Metric {
        self.0.entry((name.to_owned(), kind)).or_insert(Metric {
            kind,
            value: 0,
            samples: Vec::new(),
        })
    }
}

/// One VM's metric ids. Each define gives a new one; the two low bits are the kind.
#[derive(Default)]
pub(crate) struct MetricIds(Vec<(MetricKind, String)>);

impl MetricIds {
    pub(crate) fn define(
        &mut self,
        metrics: &mut Metrics,
        kind: u32,
        name: String,
    ) -> Result<u32, Status> {
        let kind = match kind {
            0 => MetricKind::Counter,
            1 => MetricKind::Gauge,
            2 => MetricKind::Histogram,
            _ => return Err(Status::BAD_ARGUMENT),
        };
        metrics.entry(kind, &name);
        self.0.push((kind, name));
        Ok((self.0.len() as u32) << 2 | kind as u32)
    }

    /// A counter takes only what is above 0; a gauge takes both signs.
    pub(crate) fn increment(
        &self,
        metrics: &mut Metrics,
        id: u32,
        offset: i64,
    ) -> Result<(), Status> {
        let metric = self.metric(metrics, id)?;
        match metric.kind {
            MetricKind::Counter if offset > 0 => metric.value += offset.unsigned_abs(),
            MetricKind::Gauge => metric.value = metric.value.saturating_add_signed(offset),
            _ => return Err(Status::BAD_ARGUMENT),
        }
        Ok(())
    }

    /// Adds to a counter, sets a gauge, samples a histogram.
    pub(crate) fn record(&self, metrics: &mut Metrics, id: u32, value: u64) -> Result<(), Status> {
        let metric = self.metric(metrics, id)?;
        match metric.kind {
            MetricKind::Counter => metric.value += value,
            MetricKind::Gauge => metric.value = value,
            MetricKind::Histogram => {
                metric.value += 1;
                metric.samples.push(value);
            }
        }
        Ok(())
    }

    pub(crate) fn get(&self, metrics: &mut Metrics, id: u32) -> Result<u64, Status> {
        let metric = self.metric(metrics, id)?;
        match metric.kind {
            MetricKind::Histogram => Err(Status::BAD_ARGUMENT),
            _ => Ok(metric.value),
        }
    }

    fn metric<'m>(&self, metrics: &'m mut Metrics, id: u32) -> Result<&'m mut Metric, Status> {
        let index = ((id >> 2) as usize)
            .checked_sub(1)
            .ok_or(Status::NOT_FOUND)?;
        let (kind, name) = self.0.get(index).ok_or(Status::NOT_FOUND)?;
        if id & 3 != *kind as u32 {
            return Err(Status::NOT_FOUND);
        }
        Ok(metrics.entry(*kind, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_define_of_a_name_gives_a_new_id_of_the_same_stat() {
        let (mut metrics, mut ids) = (Metrics::default(), MetricIds::default());
        let one = ids.define(&mut metrics, 0, "calls".into()).unwrap();
        let two = ids.define(&mut metrics, 0, "calls".into()).unwrap();
        assert_ne!(one, two);
        ids.increment(&mut metrics, one, 3).unwrap();
        ids.increment(&mut metrics, two, 4).unwrap();
        assert_eq!(ids.get(&mut metrics, one), Ok(7));
    }

    #[test]
    fn a_counter_takes_only_positive_increments_and_a_gauge_both() {
        let (mut metrics, mut ids) = (Metrics::default(), MetricIds::default());
        let counter = ids.define(&mut metrics, 0, "c".into()).unwrap();
        let gauge = ids.define(&mut metrics, 1, "g".into()).unwrap();
        assert_eq!(
            ids.increment(&mut metrics, counter, 0),
            Err(Status::BAD_ARGUMENT)
        );
        assert_eq!(
            ids.increment(&mut metrics, counter, -1),
            Err(Status::BAD_ARGUMENT)
        );
        ids.increment(&mut metrics, gauge, 5).unwrap();
        ids.increment(&mut metrics, gauge, -2).unwrap();
        assert_eq!(ids.get(&mut metrics, gauge), Ok(3));
        ids.record(&mut metrics, gauge, 40).unwrap();
        assert_eq!(ids.get(&mut metrics, gauge), Ok(40));
    }

    #[test]
    fn a_histogram_takes_samples_and_nothing_else() {
        let (mut metrics, mut ids) = (Metrics::default(), MetricIds::default());
        let id = ids.define(&mut metrics, 2, "h".into()).unwrap();
        ids.record(&mut metrics, id, 7).unwrap();
        ids.record(&mut metrics, id, 9).unwrap();
        assert_eq!(
            ids.increment(&mut metrics, id, 1),
            Err(Status::BAD_ARGUMENT)
        );
        assert_eq!(ids.get(&mut metrics, id), Err(Status::BAD_ARGUMENT));
        let (_, metric) = metrics.iter().next().unwrap();
        assert_eq!(
            (metric.value, metric.samples.as_slice()),
            (2, [7, 9].as_slice())
        );
    }

    #[test]
    fn ids_that_nobody_defined_are_not_found() {
        let (mut metrics, mut ids) = (Metrics::default(), MetricIds::default());
        let counter = ids.define(&mut metrics, 0, "c".into()).unwrap();
        for id in [0, 1, counter | 1, counter + 4] {
            assert_eq!(
                ids.record(&mut metrics, id, 1),
                Err(Status::NOT_FOUND),
                "id {id}"
            );
        }
        assert_eq!(
            ids.define(&mut metrics, 3, "x".into()),
            Err(Status::BAD_ARGUMENT)
        );
    }
}
