//! What is counted, by name.

use std::collections::BTreeMap;

use super::labels::{CallLabel, Labels};
use super::name::stat_name;
use super::outcome::{Answer, Decision, Direction, ListFetch, ListState, QuotaResult, RuleResult};
use super::series::{Kind, Registry, SeriesId, Update};
use crate::quota::Asked;
use crate::report::Books;
use crate::time::Nanos;

/// A call that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedCall {
    /// From [`Metrics::label`], when the request came.
    pub label: CallLabel,
    /// What the policy decided.
    pub decision: Decision,
    /// How the provider answered.
    pub answer: Answer,
    /// From the request's last byte to the answer's first.
    pub duration: Option<Nanos>,
    /// The request frame's length.
    pub request_bytes: u64,
    /// The answer frame's length.
    pub response_bytes: u64,
}

/// Counters, gauges and samples of one VM and policy since the last [`Metrics::take`].
///
/// Counting a call builds no string: a name is made when a series is met for the first time.
#[derive(Debug)]
pub struct Metrics {
    policy: String,
    direction: Direction,
    registry: Registry,
    labels: Labels,
    /// By [`Shown`](super::labels::Shown).
    calls: Vec<CallSeries>,
    rules: BTreeMap<String, [Option<SeriesId>; 8]>,
    quotas: BTreeMap<String, [Option<SeriesId>; 3]>,
    /// `request_durations_skipped_total`, once there is one.
    durations_skipped: Option<SeriesId>,
    config_info: SeriesId,
    held_bytes: Gauge,
    calls_in_flight: Gauge,
    reports_queued: Gauge,
    reports: Books,
    /// `quota_service_up`, by quota.
    quotas_up: BTreeMap<String, Gauge>,
    asked: Asked,
    /// `quota_keys`, by quota.
    quota_keys: BTreeMap<String, Gauge>,
}

/// The series of one pair of labels; those by outcome are made when they are needed.
#[derive(Debug, Clone)]
struct CallSeries {
    requests: [[Option<SeriesId>; 6]; 4],
    duration: SeriesId,
    request_bytes: SeriesId,
    response_bytes: SeriesId,
}

/// This VM's part of a gauge that several VMs feed.
#[derive(Debug)]
struct Gauge {
    series: SeriesId,
    value: u64,
}

impl Metrics {
    /// Nothing counted yet. `seed` is for the table over names that callers choose.
    pub fn new(policy: &str, revision: &str, direction: Direction, seed: u64) -> Metrics {
        let mut registry = Registry::default();
        let mut gauge = |metric| Gauge {
            series: registry.define(stat_name(&[("policy", policy)], metric), Kind::Gauge),
            value: 0,
        };
        let (held_bytes, calls_in_flight, reports_queued) = (
            gauge("held_bytes"),
            gauge("calls_in_flight"),
            gauge("reports_queued"),
        );
        let config_info = define_config_info(&mut registry, policy, revision);
        registry.add(config_info, 1);
        Metrics {
            policy: policy.to_owned(),
            direction,
            registry,
            labels: Labels::new(seed),
            calls: Vec::new(),
            rules: BTreeMap::new(),
            quotas: BTreeMap::new(),
            durations_skipped: None,
            config_info,
            held_bytes,
            calls_in_flight,
            reports_queued,
            reports: Books::default(),
            quotas_up: BTreeMap::new(),
            asked: Asked::default(),
            quota_keys: BTreeMap::new(),
        }
    }

    /// A new revision of the same policy: `config_info` is the number of VMs that run each.
    pub fn reconfigure(&mut self, revision: &str) {
        self.registry.add(self.config_info, -1);
        self.config_info = define_config_info(&mut self.registry, &self.policy, revision);
        self.registry.add(self.config_info, 1);
    }

    /// Which way the listener's traffic goes, for series that come up from now on.
    pub fn set_direction(&mut self, direction: Direction) {
        self.direction = direction;
    }

    /// A service that stands in the configuration: always a label.
    pub fn know_service(&mut self, service: &str) {
        self.labels.know_service(service);
    }

    /// A method that stands in the configuration: always a label.
    pub fn know_method(&mut self, method: &str) {
        self.labels.know_method(method);
    }

    /// The label of a call, to be kept until it ends.
    pub fn label(&mut self, service: &str, method: &str) -> CallLabel {
        self.labels.label(service, method)
    }

    /// `requests_total`, `request_duration_microseconds`, `request_bytes_total`, `response_bytes_total`.
    ///
    /// The service and the method become labels once a call to them is answered with a value or null.
    pub fn call_ended(&mut self, call: &EndedCall) {
        let shown = self.labels.shown(call.label, call.answer == Answer::Ok);
        while self.calls.len() <= shown {
            let series = self.define_call(self.calls.len());
            self.calls.push(series);
        }
        let Some(series) = self.calls.get_mut(shown) else {
            return;
        };
        let slot = series
            .requests
            .get_mut(call.decision as usize)
            .and_then(|by| by.get_mut(call.answer as usize));
        if let Some(slot) = slot {
            let requests = *slot.get_or_insert_with(|| {
                let (service, method) = self.labels.pair(shown);
                let tags = [
                    ("policy", self.policy.as_str()),
                    ("direction", self.direction.name()),
                    ("dubbo_service", service),
                    ("dubbo_method", method),
                    ("decision", call.decision.name()),
                    ("answer", call.answer.name()),
                ];
                self.registry
                    .define(stat_name(&tags, "requests_total"), Kind::Counter)
            });
            self.registry.add(requests, 1);
        }
        self.registry
            .add(series.request_bytes, signed(call.request_bytes));
        self.registry
            .add(series.response_bytes, signed(call.response_bytes));
        if let Some(duration) = call.duration
            && !self
                .registry
                .sample(series.duration, signed(duration.0 / 1000))
        {
            let series = match self.durations_skipped {
                Some(series) => series,
                None => {
                    let tags = [("policy", self.policy.as_str())];
                    let name = stat_name(&tags, "request_durations_skipped_total");
                    *self
                        .durations_skipped
                        .insert(self.registry.define(name, Kind::Counter))
                }
            };
            self.registry.add(series, 1);
        }
    }

    /// `rule_results_total`; `enforced` is false for rules in dry run.
    pub fn rule_result(&mut self, rule: &str, result: RuleResult, enforced: bool) {
        if !self.rules.contains_key(rule) {
            self.rules.insert(rule.to_owned(), [None; 8]);
        }
        let slot = self
            .rules
            .get_mut(rule)
            .and_then(|by| by.get_mut(result as usize * 2 + usize::from(enforced)));
        let Some(slot) = slot else { return };
        let series = *slot.get_or_insert_with(|| {
            let tags = [
                ("policy", self.policy.as_str()),
                ("direction", self.direction.name()),
                ("rule", rule),
                ("result", result.name()),
                ("enforced", if enforced { "true" } else { "false" }),
            ];
            self.registry
                .define(stat_name(&tags, "rule_results_total"), Kind::Counter)
        });
        self.registry.add(series, 1);
    }

    /// `quota_results_total`.
    pub fn quota_result(&mut self, quota: &str, result: QuotaResult) {
        if !self.quotas.contains_key(quota) {
            self.quotas.insert(quota.to_owned(), [None; 3]);
        }
        let Some(slot) = self
            .quotas
            .get_mut(quota)
            .and_then(|by| by.get_mut(result as usize))
        else {
            return;
        };
        let series = *slot.get_or_insert_with(|| {
            let tags = [
                ("policy", self.policy.as_str()),
                ("quota", quota),
                ("result", result.name()),
            ];
            self.registry
                .define(stat_name(&tags, "quota_results_total"), Kind::Counter)
        });
        self.registry.add(series, 1);
    }

    /// `list_fetches_total`.
    pub fn list_fetched(&mut self, list: &str, result: ListFetch) {
        let tags = [("list", list), ("result", result.name())];
        self.count("list_fetches_total", &tags);
    }

    /// `list_entries`, `list_bad_entries`, `list_last_success_timestamp_seconds`, `list_expired`.
    pub fn list_state(&mut self, list: &str, state: ListState) {
        let levels = [
            ("list_entries", state.entries),
            ("list_bad_entries", state.bad_entries),
            ("list_last_success_timestamp_seconds", state.last_success),
            ("list_expired", u64::from(state.expired)),
        ];
        for (metric, value) in levels {
            let tags = [("policy", self.policy.as_str()), ("list", list)];
            let series = self.registry.define(stat_name(&tags, metric), Kind::Level);
            self.registry.set(series, signed(value));
        }
    }

    /// `refused_total`: bytes or a call that the protocol forbids, or that could not be judged.
    pub fn refused(&mut self, reason: &'static str) {
        self.count("refused_total", &[("reason", reason)]);
    }

    /// `connections_closed_total`: closed by us.
    pub fn connection_closed(&mut self, reason: &'static str) {
        self.count("connections_closed_total", &[("reason", reason)]);
    }

    /// `connections_unprotected_total`: they do not begin as Dubbo, and pass unread.
    pub fn connection_unprotected(&mut self) {
        self.count("connections_unprotected_total", &[]);
    }

    /// `unexpected_answers_total`: answers to ids that nobody awaits; they pass.
    pub fn answer_to_nobody(&mut self) {
        self.count("unexpected_answers_total", &[]);
    }

    /// `routes_too_late_total`: a route chose the cluster of a connection that had one already.
    pub fn route_too_late(&mut self) {
        self.count("routes_too_late_total", &[]);
    }

    /// `name_conflicts_total`: two listeners have different policies, or modules, under one name.
    pub fn conflict(&mut self) {
        self.count("name_conflicts_total", &[]);
    }

    /// `host_call_failures_total`: the host refused a call that should not fail.
    pub fn host_call_failed(&mut self, call: &'static str) {
        self.count("host_call_failures_total", &[("call", call)]);
    }

    /// `held_bytes`: what this VM holds now.
    pub fn set_held_bytes(&mut self, bytes: u64) {
        self.held_bytes.set(bytes, &mut self.registry);
    }

    /// `calls_in_flight`: what this VM awaits now.
    pub fn set_calls_in_flight(&mut self, calls: u64) {
        self.calls_in_flight.set(calls, &mut self.registry);
    }

    /// `reports_sent_total`, `reports_dropped_total`, and `reports_queued` for what is neither yet.
    pub fn set_reports(&mut self, books: &Books) {
        let before = core::mem::replace(&mut self.reports, *books);
        self.add(
            "reports_sent_total",
            &[],
            books.sent.saturating_sub(before.sent),
        );
        for (reason, dropped) in books.dropped_since(&before) {
            self.add("reports_dropped_total", &[("reason", reason)], dropped);
        }
        self.reports_queued
            .set(books.queued + books.in_flight, &mut self.registry);
    }

    /// `quota_service_up`: for how many VMs the rate limit service of a quota does what it should. A quota that the policy has no
    /// longer is up for none.
    pub fn set_quota_services<'q>(&mut self, quotas: impl Iterator<Item = (&'q str, bool)>) {
        let up: BTreeMap<&str, bool> = quotas.collect();
        for quota in up.keys() {
            if self.quotas_up.contains_key(*quota) {
                continue;
            }
            let tags = [("policy", self.policy.as_str()), ("quota", quota)];
            let name = stat_name(&tags, "quota_service_up");
            let series = self.registry.define(name, Kind::Gauge);
            let gauge = Gauge { series, value: 0 };
            self.quotas_up.insert((*quota).to_owned(), gauge);
        }
        for (quota, gauge) in &mut self.quotas_up {
            let is_up = up.get(quota.as_str()).copied().unwrap_or_default();
            gauge.set(is_up.into(), &mut self.registry);
        }
    }

    /// `quota_keys`: the keys that this VM has counted of late, or of which its calls hold something. One that several VMs
    /// count is one for each.
    pub fn set_quota_keys<'q>(&mut self, quotas: impl Iterator<Item = (&'q str, u64)>) {
        let mut keys: BTreeMap<&str, u64> = BTreeMap::new();
        for (quota, n) in quotas {
            *keys.entry(quota).or_default() += n;
        }
        for (quota, n) in keys {
            if !self.quota_keys.contains_key(quota) {
                let tags = [("policy", self.policy.as_str()), ("quota", quota)];
                let series = self
                    .registry
                    .define(stat_name(&tags, "quota_keys"), Kind::Gauge);
                let gauge = Gauge { series, value: 0 };
                self.quota_keys.insert(quota.to_owned(), gauge);
            }
            if let Some(gauge) = self.quota_keys.get_mut(quota) {
                gauge.set(n, &mut self.registry);
            }
        }
    }

    /// `quota_asks_total`: what became of the asks for leases.
    pub fn set_quota_asks(&mut self, asked: Asked) {
        let before = core::mem::replace(&mut self.asked, asked);
        for (result, now, before) in [
            ("granted", asked.granted, before.granted),
            ("refused", asked.refused, before.refused),
            ("failed", asked.failed, before.failed),
            ("fault", asked.faults, before.faults),
        ] {
            let result = [("result", result)];
            self.add("quota_asks_total", &result, now.saturating_sub(before));
        }
    }

    /// Hands out what was counted since the last time, and forgets it.
    pub fn take(&mut self, write: impl FnMut(Update<'_>)) {
        self.registry.take(write);
    }

    fn count(&mut self, metric: &str, tags: &[(&str, &str)]) {
        self.add(metric, tags, 1);
    }

    /// Adds to a counter by its name: for what happens rarely.
    fn add(&mut self, metric: &str, tags: &[(&str, &str)], n: u64) {
        if n == 0 {
            return;
        }
        let mut all = vec![("policy", self.policy.as_str())];
        all.extend_from_slice(tags);
        let series = self.registry.define(stat_name(&all, metric), Kind::Counter);
        self.registry.add(series, signed(n));
    }

    fn define_call(&mut self, shown: usize) -> CallSeries {
        let (service, _) = self.labels.pair(shown);
        let tags = [("policy", self.policy.as_str()), ("dubbo_service", service)];
        let mut define = |metric, kind| self.registry.define(stat_name(&tags, metric), kind);
        CallSeries {
            requests: [[None; 6]; 4],
            duration: define("request_duration_microseconds", Kind::Histogram),
            request_bytes: define("request_bytes_total", Kind::Counter),
            response_bytes: define("response_bytes_total", Kind::Counter),
        }
    }
}

impl Gauge {
    fn set(&mut self, value: u64, registry: &mut Registry) {
        registry.add(
            self.series,
            signed(value).saturating_sub(signed(self.value)),
        );
        self.value = value;
    }
}

fn define_config_info(registry: &mut Registry, policy: &str, revision: &str) -> SeriesId {
    registry.define(
        stat_name(&[("policy", policy), ("revision", revision)], "config_info"),
        Kind::Gauge,
    )
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
