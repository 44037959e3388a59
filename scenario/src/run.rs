//! Plays a scenario against a proxy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::delivery::{Delivery, deliveries};
use crate::expect::{Comparison, Expected};
use crate::frame::all_bytes;
use crate::{Conn, Metric, Peer, Proxy, ReportPattern, Scenario, Step, load_all, show};

/// Plays every scenario of the folder that runs on the proxy's tier. The error names all that failed.
pub fn run_all(folder: &Path, proxy: &mut dyn Proxy) -> Result<()> {
    let mut scenarios = load_all(folder)?;
    scenarios.retain(|scenario| scenario.runs_on(proxy.tier()));
    let failures: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| run(scenario, proxy).err())
        .map(|error| format!("{error:?}"))
        .collect();
    ensure!(
        failures.is_empty(),
        "{} of {} scenarios failed\n\n{}",
        failures.len(),
        scenarios.len(),
        failures.join("\n\n")
    );
    Ok(())
}

/// Plays the scenario once for each of its serializations and deliveries, each time on a proxy that begins anew. The first outcome that is not as
/// written is the error; it names the file, the delivery and the step.
pub fn run(scenario: &Scenario, proxy: &mut dyn Proxy) -> Result<()> {
    let tier = proxy.tier();
    ensure!(
        scenario.runs_on(tier),
        "{:?} is not meant for {tier:?}",
        scenario.name
    );
    let config = serde_json::to_string(&scenario.config)?;
    for serialization in &scenario.serializations {
        let scenario = scenario.written_in(*serialization);
        for delivery in deliveries(&scenario, tier)? {
            proxy
                .start(&config)
                .and_then(|()| Play::new(proxy, delivery)?.all(&scenario.steps))
                .with_context(|| {
                    format!(
                        "{}: {:?} in {serialization:?}, delivered {delivery} ({tier:?})",
                        scenario.file.display(),
                        scenario.name
                    )
                })?;
        }
    }
    Ok(())
}

/// One run of one delivery.
struct Play<'p> {
    proxy: &'p mut dyn Proxy,
    delivery: Delivery,
    names: BTreeMap<String, Conn>,
    opened: BTreeSet<Conn>,
    current: Option<Conn>,
    /// How much of what arrived was expected so far.
    taken: BTreeMap<(Conn, Peer), usize>,
}

impl<'p> Play<'p> {
    fn new(proxy: &'p mut dyn Proxy, delivery: Delivery) -> Result<Self> {
        Ok(Play {
            proxy,
            delivery,
            names: BTreeMap::new(),
            opened: BTreeSet::new(),
            current: None,
            taken: BTreeMap::new(),
        })
    }

    fn all(&mut self, steps: &[Step]) -> Result<()> {
        for (index, step) in steps.iter().enumerate() {
            self.step(index, step)
                .with_context(|| format!("step {}, {}", index + 1, step.name()))?;
        }
        for conn in self.opened.clone() {
            for peer in [Peer::Client, Peer::Provider] {
                self.expect(conn, peer, &Expected::new(&[])?)
                    .context("after the last step")?;
            }
        }
        Ok(())
    }

    fn step(&mut self, index: usize, step: &Step) -> Result<()> {
        if let Step::Connection(name) = step {
            return self.take_up(name);
        }
        let conn = self.conn()?;
        match step {
            Step::Connection(_) => Ok(()),
            Step::Client(frames) => self.send(index, conn, Peer::Client, &all_bytes(frames)?),
            Step::Provider(frames) => self.send(index, conn, Peer::Provider, &all_bytes(frames)?),
            Step::ClientGets(frames) => self.expect(conn, Peer::Client, &Expected::new(frames)?),
            Step::ProviderGets(frames) => {
                self.expect(conn, Peer::Provider, &Expected::new(frames)?)
            }
            Step::ClientFinishes => self.proxy.finish(conn, Peer::Client),
            Step::ProviderFinishes => self.proxy.finish(conn, Peer::Provider),
            Step::ClientSeesEnd => self.expect_end(conn, Peer::Client, true),
            Step::ProviderSeesEnd => self.expect_end(conn, Peer::Provider, true),
            Step::Closed => {
                self.expect_end(conn, Peer::Client, true)?;
                self.expect_end(conn, Peer::Provider, true)
            }
            Step::Open => {
                self.expect_end(conn, Peer::Client, false)?;
                self.expect_end(conn, Peer::Provider, false)
            }
            Step::Advance(by) => self.proxy.advance(*by),
            Step::Metric(metric) => self.expect_metric(metric),
            Step::Reports(patterns) => self.expect_reports(patterns),
            Step::RoutedCluster(cluster) => {
                let chosen = self.proxy.routed_cluster(conn)?;
                ensure!(
                    chosen.as_ref() == Some(cluster),
                    "expected {cluster:?}, found {chosen:?}"
                );
                Ok(())
            }
        }
    }

    fn take_up(&mut self, name: &str) -> Result<()> {
        let conn = match self.names.get(name) {
            Some(conn) => *conn,
            None => {
                let conn = self.connect()?;
                self.names.insert(name.to_owned(), conn);
                conn
            }
        };
        self.current = Some(conn);
        Ok(())
    }

    fn conn(&mut self) -> Result<Conn> {
        match self.current {
            Some(conn) => Ok(conn),
            None => self.connect(),
        }
    }

    fn connect(&mut self) -> Result<Conn> {
        let conn = self.proxy.connect()?;
        self.opened.insert(conn);
        self.current = Some(conn);
        Ok(conn)
    }

    fn send(&mut self, index: usize, conn: Conn, from: Peer, bytes: &[u8]) -> Result<()> {
        self.delivery
            .segments(index, bytes)
            .try_for_each(|segment| self.proxy.send(conn, from, segment))
    }

    fn expect(&mut self, conn: Conn, at: Peer, expected: &Expected) -> Result<()> {
        let taken = self.taken.get(&(conn, at)).copied().unwrap_or(0);
        let mut want = 0;
        let (rest, place, why) = loop {
            let got = self.proxy.received(conn, at, taken + want)?;
            let rest = got
                .get(taken..)
                .context("the proxy took back what had arrived")?;
            match expected.compare(rest) {
                Comparison::Same => {
                    self.taken.insert((conn, at), got.len());
                    return Ok(());
                }
                Comparison::Short { want: more } if more > want => want = more,
                Comparison::Short { want } => {
                    break (
                        rest.to_vec(),
                        rest.len(),
                        format!("it ends, but {want} bytes or more should be there"),
                    );
                }
                Comparison::Different { at, why } => break (rest.to_vec(), at, why),
            }
        };
        let right = show::frames_before(&rest, place);
        bail!(
            "the {at:?} got other bytes; at byte {place}: {why}\nafter {right} right frames, expected\n{}got\n{}",
            show::frames(&expected.sample()?, right),
            show::frames(&rest, right)
        );
    }

    fn expect_end(&mut self, conn: Conn, at: Peer, want: bool) -> Result<()> {
        let ended = self.proxy.ended(conn, at, want)?;
        ensure!(
            ended == want,
            "the {at:?} {}",
            if ended {
                "sees the end"
            } else {
                "does not see the end"
            }
        );
        Ok(())
    }

    fn expect_metric(&mut self, metric: &Metric) -> Result<()> {
        let value = self
            .proxy
            .metric(&metric.name, &metric.tags, metric.value)?;
        ensure!(
            value == metric.value,
            "{}{:?} is {value}, expected {}",
            metric.name,
            metric.tags,
            metric.value
        );
        Ok(())
    }

    fn expect_reports(&mut self, patterns: &[ReportPattern]) -> Result<()> {
        let reports = self.proxy.reports(patterns.len())?;
        ensure!(
            reports.len() == patterns.len(),
            "{} reports, expected {}: {reports:#?}",
            reports.len(),
            patterns.len()
        );
        for (index, (pattern, report)) in patterns.iter().zip(&reports).enumerate() {
            pattern
                .compare(report)
                .with_context(|| format!("report {}: {report:#?}", index + 1))?;
        }
        Ok(())
    }
}
