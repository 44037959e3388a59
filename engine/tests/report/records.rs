//! What one record says, and what stands beside the records.

use engine::metrics::{Answer, Decision};
use engine::report::{Batch, CallRecord};
use engine::time::Nanos;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::collector::{CALL, DENIED, at, config, events, read, reports, texts};

fn batch_of(call: &CallRecord<'_>) -> Batch {
    let mut reports = reports(config(1, 10));
    reports.push(at(5), call);
    reports.due(at(5)).expect("a full batch is due")
}

fn record_of(call: &CallRecord<'_>) -> LogRecord {
    let [record]: [LogRecord; 1] = events(&batch_of(call), "dubbo.call").try_into().unwrap();
    record
}

fn attributes_of(call: &CallRecord<'_>) -> Vec<String> {
    texts(&record_of(call).attributes)
}

#[test]
fn a_plain_call_is_told_in_the_names_of_the_conventions() {
    assert_eq!(
        attributes_of(&CALL),
        [
            "log.record.uid=feed000000000001000000000001",
            "rpc.method=com.acme.UserService/getUser",
            "rpc.response.status_code=OK",
            "client.address=10.1.2.4",
            "server.address=10.1.2.3",
            "server.port=20880",
            "dubbo.call.duration=0.0015",
            "dubbo.request.size=321",
            "dubbo.response.size=123",
            "dubbo.serialization=hessian2",
            "dubbo.policy.decision=allowed",
            "dubbo.policy.rule=acme",
            "dubbo.claimed.app=shop-order",
        ]
    );
    let record = record_of(&CALL);
    assert_eq!(record.time_unix_nano, CALL.started);
    assert_eq!(record.observed_time_unix_nano, at(5).wall);
    assert_eq!(record.severity_number, 9, "SEVERITY_NUMBER_INFO");
}

#[test]
fn a_denied_call_is_a_warning_with_rule_and_reason() {
    let call = CallRecord {
        version: "1.0.0",
        group: "g",
        one_way: true,
        status: "",
        ..DENIED
    };
    assert_eq!(
        attributes_of(&call),
        [
            "log.record.uid=feed000000000001000000000001",
            "rpc.method=com.acme.UserService/getUser",
            "error.type=denied",
            "client.address=10.1.2.4",
            "server.address=10.1.2.3",
            "server.port=20880",
            "dubbo.request.size=321",
            "dubbo.service.version=1.0.0",
            "dubbo.service.group=g",
            "dubbo.one_way=true",
            "dubbo.serialization=hessian2",
            "dubbo.policy.decision=denied",
            "dubbo.policy.reason=denied",
            "dubbo.policy.rule=no-reveal",
            "dubbo.claimed.app=shop-order",
        ]
    );
    assert_eq!(record_of(&call).severity_number, 13, "SEVERITY_NUMBER_WARN");
}

#[test]
fn rules_in_dry_run_quotas_an_expired_list_and_the_route_are_named() {
    let call = CallRecord {
        dry_run_rules: &["classes", "shed"],
        quotas: &["per-caller"],
        list: "partners",
        source_principal: "cluster.local/ns/shop/sa/order",
        source_namespace: "shop",
        route: "canary",
        ..CALL
    };
    let attributes = attributes_of(&call);
    for expected in [
        "dubbo.policy.dry_run_rules=[classes,shed]",
        "dubbo.policy.quotas=[per-caller]",
        "dubbo.policy.list=partners",
        "dubbo.source.principal=cluster.local/ns/shop/sa/order",
        "dubbo.source.namespace=shop",
        "dubbo.policy.route=canary",
    ] {
        assert!(
            attributes.iter().any(|attribute| attribute == expected),
            "{expected}: {attributes:?}"
        );
    }
}

#[test]
fn what_went_wrong_has_a_short_name() {
    let answered = |answer, status| CallRecord {
        answer,
        status,
        ..CALL
    };
    let refused = |decision, reason| CallRecord {
        decision,
        reason,
        ..DENIED
    };
    for (call, expected) in [
        (answered(Answer::Ok, "OK"), None),
        (answered(Answer::OneWay, ""), None),
        (answered(Answer::Exception, "OK"), Some("exception")),
        (
            answered(Answer::Error, "SERVER_TIMEOUT"),
            Some("SERVER_TIMEOUT"),
        ),
        (answered(Answer::NoAnswer, ""), Some("no_answer")),
        (refused(Decision::Limited, ""), Some("limited")),
        (
            refused(Decision::Refused, "contradiction"),
            Some("contradiction"),
        ),
    ] {
        let attributes = attributes_of(&call);
        let found = attributes
            .iter()
            .find_map(|attribute| attribute.strip_prefix("error.type="));
        assert_eq!(found, expected, "{call:?}");
    }
}

#[test]
fn what_all_records_share_stands_once_beside_them() {
    let (resource, scope) = read(&batch_of(&CALL));
    assert_eq!(
        texts(&resource.resource.unwrap().attributes),
        [
            "service.name=user-provider.shop",
            "service.instance.id=sidecar~10.1.2.3",
            "dubbo.policy.vm=feed000000000001",
        ]
    );
    assert_eq!(
        resource.schema_url,
        "https://opentelemetry.io/schemas/1.39.0"
    );
    assert_eq!(scope.schema_url, resource.schema_url);
    let scope = scope.scope.unwrap();
    assert_eq!(scope.name, "dubbo-policy");
    assert_eq!(scope.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(
        texts(&scope.attributes),
        [
            "rpc.system.name=dubbo",
            "dubbo.policy.direction=inbound",
            "dubbo.policy.name=user-provider",
            "dubbo.policy.revision=00c0ffee",
            "dubbo.policy.batch=1",
            "dubbo.policy.reports.made=1",
            "dubbo.policy.reports.queued=0",
            "dubbo.policy.reports.in_flight=1",
            "dubbo.policy.reports.sent=0",
            "dubbo.policy.reports.queue_full=0",
            "dubbo.policy.reports.send_failed=0",
            "dubbo.policy.reports.rejected=0",
            "dubbo.policy.reports.summarized=0",
        ]
    );
}

#[test]
fn a_long_text_is_cut_between_two_characters_and_says_so() {
    // 'ü' takes two bytes, so byte 512 of an odd start is inside one.
    let long = format!("x{}", "ü".repeat(4000));
    let call = CallRecord {
        claimed_app: &long,
        ..CALL
    };
    let expected = format!("dubbo.claimed.app=x{}…", "ü".repeat(255));
    assert!(attributes_of(&call).contains(&expected));
}

#[test]
fn a_record_stays_small_whatever_the_caller_sent() {
    let long = "n".repeat(1 << 20);
    let names = vec![long.as_str(); 1000];
    let call = CallRecord {
        service: &long,
        method: &long,
        version: &long,
        group: &long,
        dry_run_rules: &names,
        quotas: &names,
        list: &long,
        source_principal: &long,
        source_namespace: &long,
        claimed_app: &long,
        ..CALL
    };
    let message = batch_of(&call).message;
    assert!(message.len() < 24 << 10, "{} bytes", message.len());
    assert!(
        attributes_of(&call)
            .iter()
            .any(|text| text.starts_with("dubbo.policy.quotas=[nnn"))
    );
}

#[test]
fn numbers_at_their_limits_survive() {
    let call = CallRecord {
        request_bytes: u64::MAX,
        response_bytes: Some(0),
        duration: Some(Nanos(0)),
        started: u64::MAX,
        ..CALL
    };
    let attributes = attributes_of(&call);
    for expected in [
        "dubbo.request.size=9223372036854775807",
        "dubbo.response.size=0",
        "dubbo.call.duration=0.0",
    ] {
        assert!(
            attributes.iter().any(|attribute| attribute == expected),
            "{expected}: {attributes:?}"
        );
    }
}
