//! The format of a scenario file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::{Deserialize, Deserializer};

use crate::frame::Serialization;
use crate::{Frame, Peer, Report, Tier};

/// One scenario file: a policy, and what happens on the connections of one client.
///
/// ```yaml
/// name: A denied call ends as one exception at the caller
/// config: {apiVersion: dubbo-policy/v1, name: p, rules: [{name: all, match: {}, deny: {}}]}
/// steps:
/// - client: [{call: {id: 7, service: lab.UserService, method: hello, args: [bob]}}]
/// - provider_gets: [{heartbeat: {id: 7}}]
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What must hold, as a sentence.
    pub name: String,
    /// The policy, as an operator would write it.
    pub config: serde_json::Value,
    /// Where it runs; everywhere unless it says so.
    #[serde(default = "every_tier")]
    pub tiers: Vec<Tier>,
    /// Deliveries of the sent bytes, which must all end the same. Unless the file says otherwise: in one piece, and (but for
    /// Envoy) one byte at a time.
    pub cuts: Option<Vec<Cut>>,
    /// What the frames of calls, answers and refusals that do not say it are written in: it is played once for each.
    #[serde(default = "hessian2")]
    pub serializations: Vec<Serialization>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The file it was read from.
    #[serde(skip)]
    pub file: PathBuf,
}

impl Scenario {
    /// Whether the scenario is meant for this tier.
    pub fn runs_on(&self, tier: Tier) -> bool {
        self.tiers.contains(&tier)
    }

    /// The same scenario, written in another serialization.
    pub fn written_in(&self, serialization: Serialization) -> Scenario {
        let mut scenario = self.clone();
        for step in &mut scenario.steps {
            if let Step::Client(frames)
            | Step::Provider(frames)
            | Step::ClientGets(frames)
            | Step::ProviderGets(frames) = step
            {
                for frame in frames {
                    frame.write_in(serialization);
                }
            }
        }
        scenario
    }
}

/// How the bytes of each sending step are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// One segment a step.
    Whole,
    /// One segment a byte.
    OneByteAtATime,
    /// One run for each position in each step, with the step cut in two there. In Envoy only the positions at the edges of a
    /// frame's head and the last one.
    EveryBytePosition,
    /// Segments of so many bytes.
    Pieces(usize),
}

/// One thing that is done, or must hold.
///
/// `*_gets` names all that must have arrived there since the last such step of the connection, and nothing else; when a scenario
/// ends, whatever arrived at either end of any connection and was not named fails it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Takes up the connection of this name, opening it at first; a scenario begins on one of its own.
    Connection(String),
    /// The client sends these frames in one segment.
    Client(Vec<Frame>),
    /// The provider sends these frames in one segment.
    Provider(Vec<Frame>),
    /// Exactly these frames arrive at the client.
    ClientGets(Vec<Frame>),
    /// Exactly these frames arrive at the provider.
    ProviderGets(Vec<Frame>),
    /// The client ends its direction.
    ClientFinishes,
    /// The provider ends its direction.
    ProviderFinishes,
    /// The client sees the end (FIN or reset).
    ClientSeesEnd,
    /// The provider sees the end (FIN or reset).
    ProviderSeesEnd,
    /// Both see the end: the filter has closed the connection.
    Closed,
    /// Neither sees the end.
    Open,
    /// Time passes (`150ms`, `6s`).
    Advance(#[serde(deserialize_with = "duration")] Duration),
    /// A counter has this value.
    Metric(Metric),
    /// Exactly so many reports were made since the start, each with at least what its pattern says.
    Reports(Vec<ReportPattern>),
    /// The connection is routed to this cluster.
    RoutedCluster(String),
}

/// A counter and its value, summed over every series that carries at least the tags.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The full name, with `dubbo_policy_`.
    pub name: String,
    /// Tags that the series must carry.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The sum.
    pub value: u64,
}

/// What a report must say; more may stand in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportPattern {
    /// Its severity, when it matters.
    pub severity: Option<String>,
    /// Attributes that must be there with these values.
    #[serde(default)]
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// Attributes that must not be there.
    #[serde(default)]
    pub without: Vec<String>,
}

impl ReportPattern {
    /// Fails with what the report does not say, or should not.
    pub(crate) fn compare(&self, report: &Report) -> Result<()> {
        if let Some(severity) = &self.severity {
            ensure!(
                *severity == report.severity,
                "severity is {}, expected {severity}",
                report.severity
            );
        }
        for (name, value) in &self.attributes {
            let found = report.attributes.get(name);
            ensure!(
                found == Some(value),
                "{name} is {found:?}, expected {value}"
            );
        }
        let unwanted = self
            .without
            .iter()
            .find(|name| report.attributes.contains_key(*name));
        ensure!(unwanted.is_none(), "{unwanted:?} should not be there");
        Ok(())
    }
}

impl Step {
    /// What the step is called in a file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Step::Connection(_) => "connection",
            Step::Client(_) => "client",
            Step::Provider(_) => "provider",
            Step::ClientGets(_) => "client_gets",
            Step::ProviderGets(_) => "provider_gets",
            Step::ClientFinishes => "client_finishes",
            Step::ProviderFinishes => "provider_finishes",
            Step::ClientSeesEnd => "client_sees_end",
            Step::ProviderSeesEnd => "provider_sees_end",
            Step::Closed => "closed",
            Step::Open => "open",
            Step::Advance(_) => "advance",
            Step::Metric(_) => "metric",
            Step::Reports(_) => "reports",
            Step::RoutedCluster(_) => "routed_cluster",
        }
    }

    /// Who sends in this step, and what.
    pub(crate) fn sends(&self) -> Option<(Peer, &[Frame])> {
        match self {
            Step::Client(frames) => Some((Peer::Client, frames)),
            Step::Provider(frames) => Some((Peer::Provider, frames)),
            _ => None,
        }
    }
}

fn hessian2() -> Vec<Serialization> {
    vec![Serialization::Hessian2]
}

fn every_tier() -> Vec<Tier> {
    vec![Tier::Native, Tier::Harness, Tier::Envoy]
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().map_err(|_| {
        serde::de::Error::custom(format!(
            "expected a duration as 150ms or 6s, found {text:?}"
        ))
    })?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(60 * number)),
        _ => Err(serde::de::Error::custom(format!(
            "expected the unit ms, s or m, found {text:?}"
        ))),
    }
}
