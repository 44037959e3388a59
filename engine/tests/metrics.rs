//! Metrics as the host sees them: names that Envoy cuts into tags, and sums that lose nothing.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::metrics::{
    Answer, Decision, Direction, EndedCall, Kind, Metrics, QuotaResult, RuleResult, SeriesId, TAGS,
};
use engine::report::Books;
use engine::time::Nanos;
use regex_lite::Regex;

const ENVOY: &str = include_str!("../../envoy-config/stats-tags.yaml");
const ISTIO: &str = include_str!("../../envoy-config/istio-stats-tags.yaml");

fn metrics() -> Metrics {
    Metrics::new("user-provider", "00c0ffee", Direction::Inbound, 42)
}

/// The host: defines each series once and adds up. `name{tag=value,..}`, as Prometheus would show it, to the sum or the samples.
#[derive(Default)]
struct Envoy {
    names: Vec<(String, Kind)>,
    sums: BTreeMap<String, i64>,
    samples: BTreeMap<String, Vec<i64>>,
}

impl Envoy {
    fn read(metrics: &mut Metrics) -> Envoy {
        let mut envoy = Envoy::default();
        envoy.tick(metrics);
        envoy
    }

    fn tick(&mut self, metrics: &mut Metrics) {
        let mut defined: BTreeMap<SeriesId, (String, Kind, String)> = BTreeMap::new();
        metrics.take(|update| {
            let (name, kind, shown) = defined.entry(update.id).or_insert_with(|| {
                self.names.push((update.name.to_owned(), update.kind));
                (update.name.to_owned(), update.kind, prometheus(update.name))
            });
            assert_eq!(
                (name.as_str(), *kind),
                (update.name, update.kind),
                "an id is one series"
            );
            if update.kind == Kind::Histogram {
                self.samples
                    .entry(shown.clone())
                    .or_default()
                    .push(update.value);
            } else {
                assert!(update.value > 0 || update.kind == Kind::Gauge);
                *self.sums.entry(shown.clone()).or_default() += update.value;
            }
        });
    }

    fn sum(&self, shown: &str) -> i64 {
        self.sums.get(shown).copied().unwrap_or_default()
    }

    fn requests(&self) -> Vec<(&str, i64)> {
        let requests = self.sums.iter().filter_map(|(shown, n)| {
            Some((shown.strip_prefix("dubbo_policy_requests_total")?, *n))
        });
        requests.collect()
    }
}

/// What Envoy does with a name and the regexes of the snippet: the second group is the value, the first is cut out.
fn prometheus(name: &str) -> String {
    static REGEXES: LazyLock<Vec<(String, Regex)>> = LazyLock::new(|| {
        envoy_tags()
            .into_iter()
            .map(|(tag, regex)| (tag, Regex::new(&regex).unwrap()))
            .collect()
    });
    let mut rest = name.to_owned();
    let mut tags = Vec::new();
    for (tag, regex) in REGEXES.iter() {
        if let Some(found) = regex.captures(name) {
            rest = rest.replacen(&found[1], "", 1);
            tags.push(format!("{tag}={}", &found[2]));
        }
    }
    format!("{rest}{{{}}}", tags.join(","))
}

fn envoy_tags() -> Vec<(String, String)> {
    let names = ENVOY
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- tag_name: "));
    let regexes = ENVOY
        .lines()
        .filter_map(|line| line.trim().strip_prefix("regex: '")?.strip_suffix('\''));
    names
        .map(str::to_owned)
        .zip(regexes.map(str::to_owned))
        .collect()
}

fn call(metrics: &mut Metrics, service: &str, method: &str, answer: Answer) {
    let label = metrics.label(service, method);
    metrics.call_ended(&EndedCall {
        label,
        decision: Decision::Allowed,
        answer,
        duration: Some(Nanos(1_234_999)),
        request_bytes: 300,
        response_bytes: 100,
    });
}

#[test]
fn the_snippets_name_every_tag_and_istio_would_make_the_same_regexes() {
    let expected: Vec<_> = TAGS
        .iter()
        .map(|tag| ((*tag).to_owned(), format!(r"({tag}=\.=(.*?);\.;)")))
        .collect();
    assert_eq!(envoy_tags(), expected);
    let istio: Vec<_> = ISTIO
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .collect();
    assert_eq!(istio, TAGS);
}

#[test]
fn no_tag_is_found_inside_another() {
    for tag in TAGS {
        for other in TAGS.iter().filter(|other| **other != tag) {
            assert!(!other.ends_with(tag), "`{tag}=.=` is in `{other}=.=`");
        }
    }
}

#[test]
fn a_call_is_counted_under_its_names_and_timed_in_microseconds() {
    let mut metrics = metrics();
    call(&mut metrics, "com.acme.Users", "get", Answer::Ok);
    call(&mut metrics, "com.acme.Users", "get", Answer::Ok);
    call(&mut metrics, "com.acme.Users", "get", Answer::Exception);
    let envoy = Envoy::read(&mut metrics);
    let tags = "policy=user-provider,direction=inbound,dubbo_service=com.acme.Users,dubbo_method=get,decision=allowed";
    assert_eq!(
        envoy.sum(&format!("dubbo_policy_requests_total{{{tags},answer=ok}}")),
        2
    );
    assert_eq!(
        envoy.sum(&format!(
            "dubbo_policy_requests_total{{{tags},answer=exception}}"
        )),
        1
    );
    let service = "{policy=user-provider,dubbo_service=com.acme.Users}";
    assert_eq!(
        envoy.sum(&format!("dubbo_policy_request_bytes_total{service}")),
        900
    );
    assert_eq!(
        envoy.sum(&format!("dubbo_policy_response_bytes_total{service}")),
        300
    );
    assert_eq!(
        envoy.samples[&format!("dubbo_policy_request_duration_microseconds{service}")],
        [1234, 1234, 1234]
    );
    assert_eq!(
        envoy
            .names
            .iter()
            .filter(|(_, kind)| *kind == Kind::Counter)
            .map(|(name, _)| name)
            .next()
            .unwrap(),
        "policy=.=user-provider;.;direction=.=inbound;.;dubbo_service=.=com.acme.Users;.;dubbo_method=.=get;.;\
         decision=.=allowed;.;answer=.=ok;.;dubbo_policy_requests_total"
    );
}

#[test]
fn what_was_taken_is_not_handed_out_again() {
    let mut metrics = metrics();
    call(&mut metrics, "a.B", "c", Answer::Ok);
    metrics.take(|_| ());
    metrics.take(|update| panic!("{update:?}"));
    call(&mut metrics, "a.B", "c", Answer::Ok);
    let envoy = Envoy::read(&mut metrics);
    assert_eq!(envoy.requests().iter().map(|(_, n)| n).sum::<i64>(), 1);
}

#[test]
fn a_name_that_the_provider_has_not_answered_is_other() {
    let mut metrics = metrics();
    for answer in [
        Answer::Exception,
        Answer::Error,
        Answer::NoAnswer,
        Answer::OneWay,
        Answer::None,
    ] {
        call(&mut metrics, "made.up", "name", answer);
    }
    let envoy = Envoy::read(&mut metrics);
    assert_eq!(envoy.requests().len(), 5);
    for (labels, _) in envoy.requests() {
        assert!(
            labels.contains("dubbo_service=_other,dubbo_method=_other"),
            "{labels}"
        );
    }
}

#[test]
fn a_name_that_stands_in_the_configuration_is_a_label_from_the_start() {
    let mut metrics = metrics();
    metrics.know_service("com.acme.Users");
    metrics.know_method("reveal");
    call(&mut metrics, "com.acme.Users", "made-up", Answer::Error);
    call(&mut metrics, "made.up", "reveal", Answer::Error);
    let envoy = Envoy::read(&mut metrics);
    let found: Vec<_> = envoy
        .requests()
        .iter()
        .map(|(labels, _)| labels.to_string())
        .collect();
    assert!(
        found[0].contains("dubbo_service=_other,dubbo_method=reveal"),
        "{found:?}"
    );
    assert!(
        found[1].contains("dubbo_service=com.acme.Users,dubbo_method=_other"),
        "{found:?}"
    );
}

#[test]
fn calls_to_names_that_do_not_exist_cannot_make_series_or_push_real_ones_out() {
    let mut metrics = metrics();
    call(&mut metrics, "real", "method", Answer::Ok);
    for n in 0..10_000 {
        call(&mut metrics, &format!("made.up.{n}"), "m", Answer::Error);
    }
    call(&mut metrics, "real", "method", Answer::Error);
    call(&mut metrics, "real2", "method", Answer::Ok);
    let envoy = Envoy::read(&mut metrics);
    let found: Vec<_> = envoy.requests().iter().map(|(_, n)| *n).collect();
    assert_eq!(found, [10_000, 1, 1, 1], "{:?}", envoy.requests());
}

#[test]
fn a_call_whose_names_were_pushed_out_meanwhile_is_other_and_never_somebody_else() {
    let mut metrics = metrics();
    let label = metrics.label("slow", "method");
    for n in 0..1000 {
        metrics.label(&format!("made.up.{n}"), "m");
    }
    let ended = EndedCall {
        label,
        decision: Decision::Allowed,
        answer: Answer::Ok,
        duration: None,
        request_bytes: 0,
        response_bytes: 0,
    };
    metrics.call_ended(&ended);
    let envoy = Envoy::read(&mut metrics);
    assert!(
        envoy.requests()[0]
            .0
            .contains("dubbo_service=_other,dubbo_method=_other")
    );
}

#[test]
fn a_provider_with_endless_methods_gets_a_thousand_labels() {
    let mut metrics = metrics();
    for n in 0..3000 {
        call(&mut metrics, "real", &format!("method{n}"), Answer::Ok);
    }
    let envoy = Envoy::read(&mut metrics);
    let requests = envoy.requests();
    assert_eq!(requests.len(), 1000);
    assert_eq!(
        requests.iter().map(|(_, n)| n).sum::<i64>(),
        3000,
        "the rest is counted as _other"
    );
}

#[test]
fn a_value_cannot_end_its_tag_or_begin_another() {
    let mut metrics = metrics();
    call(&mut metrics, "a;.;rule=.=x;.;b", "mé\nthod", Answer::Ok);
    metrics.rule_result("", RuleResult::Denied, true);
    let envoy = Envoy::read(&mut metrics);
    let labels = envoy.requests()[0].0;
    assert_eq!(
        labels,
        "{policy=user-provider,direction=inbound,dubbo_service=a_._rule_._x_._b,dubbo_method=m__thod,\
         decision=allowed,answer=ok}"
    );
    let empty = "dubbo_policy_rule_results_total{policy=user-provider,direction=inbound,rule=,result=denied,enforced=true}";
    assert_eq!(envoy.sum(empty), 1);
}

#[test]
fn everything_else_is_counted_by_its_name() {
    let mut metrics = metrics();
    metrics.rule_result("no-reveal", RuleResult::Denied, true);
    metrics.rule_result("no-reveal", RuleResult::Denied, false);
    metrics.rule_result("no-reveal", RuleResult::Denied, false);
    metrics.quota_result("per-caller", QuotaResult::Limited);
    metrics.refused("bad_magic");
    metrics.connection_closed("bad_magic");
    metrics.answer_to_nobody();
    metrics.route_too_late();
    metrics.host_call_failed("set_buffer");
    let envoy = Envoy::read(&mut metrics);
    let rule = "policy=user-provider,direction=inbound,rule=no-reveal,result=denied";
    for (shown, expected) in [
        (
            format!("rule_results_total{{{rule},enforced=true}}").as_str(),
            1,
        ),
        (
            format!("rule_results_total{{{rule},enforced=false}}").as_str(),
            2,
        ),
        (
            "quota_results_total{policy=user-provider,result=limited,quota=per-caller}",
            1,
        ),
        ("refused_total{policy=user-provider,reason=bad_magic}", 1),
        (
            "connections_closed_total{policy=user-provider,reason=bad_magic}",
            1,
        ),
        ("unexpected_answers_total{policy=user-provider}", 1),
        ("routes_too_late_total{policy=user-provider}", 1),
        (
            "host_call_failures_total{policy=user-provider,call=set_buffer}",
            1,
        ),
        ("config_info{policy=user-provider,revision=00c0ffee}", 1),
    ] {
        assert_eq!(
            envoy.sum(&format!("dubbo_policy_{shown}")),
            expected,
            "{shown}: {:?}",
            envoy.sums
        );
    }
}

#[test]
fn gauges_are_written_as_changes_so_that_workers_add_up() {
    let (mut one, mut two) = (metrics(), metrics());
    let mut envoy = Envoy::default();
    for (in_one, in_two) in [(5, 7), (3, 7), (0, 1)] {
        one.set_calls_in_flight(in_one);
        two.set_calls_in_flight(in_two);
        one.set_held_bytes(in_one * 1000);
        envoy.tick(&mut one);
        envoy.tick(&mut two);
        let sum = i64::try_from(in_one + in_two).unwrap();
        assert_eq!(
            envoy.sum("dubbo_policy_calls_in_flight{policy=user-provider}"),
            sum
        );
    }
    assert_eq!(
        envoy.sum("dubbo_policy_held_bytes{policy=user-provider}"),
        0
    );
}

#[test]
fn reports_are_counted_from_their_books() {
    let mut metrics = metrics();
    metrics.set_reports(&Books {
        made: 10,
        queued: 4,
        in_flight: 2,
        sent: 3,
        queue_full: 1,
        ..Books::default()
    });
    metrics.set_reports(&Books {
        made: 12,
        queued: 1,
        sent: 8,
        queue_full: 1,
        rejected: 2,
        ..Books::default()
    });
    let envoy = Envoy::read(&mut metrics);
    for (shown, expected) in [
        ("reports_sent_total{policy=user-provider}", 8),
        (
            "reports_dropped_total{policy=user-provider,reason=queue_full}",
            1,
        ),
        (
            "reports_dropped_total{policy=user-provider,reason=rejected}",
            2,
        ),
        (
            "reports_dropped_total{policy=user-provider,reason=send_failed}",
            0,
        ),
        ("reports_queued{policy=user-provider}", 1),
    ] {
        assert_eq!(
            envoy.sum(&format!("dubbo_policy_{shown}")),
            expected,
            "{shown}"
        );
    }
}

#[test]
fn config_info_moves_with_the_revision() {
    let mut metrics = metrics();
    let mut envoy = Envoy::read(&mut metrics);
    metrics.reconfigure("next");
    envoy.tick(&mut metrics);
    assert_eq!(
        envoy.sum("dubbo_policy_config_info{policy=user-provider,revision=00c0ffee}"),
        0
    );
    assert_eq!(
        envoy.sum("dubbo_policy_config_info{policy=user-provider,revision=next}"),
        1
    );
}

#[test]
fn durations_beyond_what_a_tick_writes_are_counted() {
    let mut metrics = metrics();
    for _ in 0..20_000 {
        call(&mut metrics, "real", "method", Answer::Ok);
    }
    let envoy = Envoy::read(&mut metrics);
    let samples: usize = envoy.samples.values().map(Vec::len).sum();
    let skipped = envoy.sum("dubbo_policy_request_durations_skipped_total{policy=user-provider}");
    assert_eq!(samples as i64 + skipped, 20_000);
    assert!(skipped > 0);
}
