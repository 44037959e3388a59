//! When batches go out, and what happens when they do not arrive.

use std::collections::BTreeSet;

use engine::report::{Batch, Books, Failure, Reports};
use engine::time::Nanos;

use crate::collector::{
    CALL, DENIED, at, config, events, int, ok, read, rejecting, reports, texts,
};

fn push(reports: &mut Reports, calls: usize, millis: u64) {
    for _ in 0..calls {
        reports.push(at(millis), &CALL);
    }
}

fn uids(batch: &Batch) -> Vec<String> {
    let uid = |attributes| {
        texts(attributes)
            .into_iter()
            .find(|text| text.starts_with("log.record.uid="))
    };
    events(batch, "dubbo.call")
        .iter()
        .filter_map(|record| uid(&record.attributes))
        .collect()
}

fn dropped(batch: &Batch) -> Vec<(Option<i64>, Option<i64>, Option<i64>)> {
    let count =
        |attributes, reason: &str| int(attributes, &format!("dubbo.policy.dropped.{reason}"));
    let counts = |attributes| {
        (
            count(attributes, "queue_full"),
            count(attributes, "send_failed"),
            count(attributes, "rejected"),
        )
    };
    events(batch, "dubbo.policy.reports_dropped")
        .iter()
        .map(|record| counts(&record.attributes))
        .collect()
}

#[test]
fn a_full_batch_goes_out_at_once_and_a_part_of_one_after_the_delay() {
    let mut reports = reports(config(3, 100));
    push(&mut reports, 2, 0);
    assert_eq!(reports.next_wakeup(), Some(Nanos::from_millis(1000)));
    assert_eq!(reports.due(at(999)), None);
    push(&mut reports, 2, 999);
    let full = reports.due(at(999)).unwrap();
    assert_eq!((full.sequence, full.records), (1, 3));
    reports.sent(full.send, &ok());
    assert_eq!(reports.due(at(1998)), None);
    let rest = reports.due(at(1999)).unwrap();
    assert_eq!((rest.sequence, rest.records), (2, 1));
}

#[test]
fn one_batch_is_in_flight_at_a_time() {
    let mut reports = reports(config(2, 100));
    push(&mut reports, 6, 0);
    let first = reports.due(at(0)).unwrap();
    assert_eq!(reports.due(at(0)), None);
    assert_eq!(
        reports.next_wakeup(),
        Some(first.timeout),
        "the deadline of the send"
    );
    reports.sent(first.send, &ok());
    assert_eq!(reports.due(at(0)).unwrap().sequence, 2);
}

#[test]
fn every_record_has_an_id_of_its_own_that_a_retry_keeps() {
    let mut reports = reports(config(2, 100));
    push(&mut reports, 4, 0);
    let first = reports.due(at(0)).unwrap();
    reports.failed(first.send, at(0), Failure::Transient);
    let again = reports.due(at(1000)).unwrap();
    assert_eq!(
        (again.sequence, uids(&again)),
        (first.sequence, uids(&first))
    );
    reports.sent(again.send, &ok());
    let second = reports.due(at(1000)).unwrap();
    let ids: BTreeSet<_> = uids(&first).into_iter().chain(uids(&second)).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn a_full_queue_drops_what_comes_and_tells_the_collector_how_many() {
    let mut reports = reports(config(4, 10));
    push(&mut reports, 25, 0);
    assert_eq!(
        reports.books(),
        Books {
            made: 25,
            queued: 10,
            queue_full: 15,
            ..Books::default()
        }
    );

    let mut told = Vec::new();
    let mut received = 0;
    for second in 0..20 {
        if let Some(batch) = reports.due(at(second * 1000)) {
            received += events(&batch, "dubbo.call").len();
            told.extend(dropped(&batch));
            assert!(
                read(&batch).1.log_records.len() <= 4,
                "the notice has its place too"
            );
            reports.sent(batch.send, &ok());
        }
    }
    assert_eq!(received, 10);
    assert_eq!(told, [(Some(15), Some(0), Some(0))]);
    assert_eq!(reports.next_wakeup(), None, "nothing is left to tell");
}

#[test]
fn long_records_fill_the_queue_by_their_bytes() {
    let mut reports = reports(config(100, 100));
    let long = "n".repeat(600);
    let call = engine::report::CallRecord {
        service: &long,
        method: &long,
        version: &long,
        ..CALL
    };
    for _ in 0..100 {
        reports.push(at(0), &call);
    }
    let books = reports.books();
    // 100 records of room are 100 KiB; such a record takes more than 1.5 KiB.
    assert!(
        books.queued < 70 && books.queue_full == 100 - books.queued,
        "{books:?}"
    );
}

#[test]
fn a_batch_is_tried_five_times_with_growing_waits_and_then_dropped_and_told() {
    let mut reports = reports(config(2, 100));
    push(&mut reports, 2, 0);
    let mut now = 0;
    let mut waits = Vec::new();
    for attempt in 1..=5 {
        let batch = reports.due(at(now)).unwrap();
        assert_eq!((batch.sequence, batch.records), (1, 2), "attempt {attempt}");
        reports.failed(batch.send, at(now), Failure::Transient);
        if attempt < 5 {
            let until = reports.next_wakeup().unwrap().0.div_ceil(1_000_000);
            assert_eq!(reports.due(at(until - 1)), None, "attempt {attempt} waits");
            waits.push(until - now);
            now = until;
        }
    }
    for (wait, longest) in waits.iter().zip([500, 1000, 2000, 4000]) {
        assert!((longest / 2..=longest).contains(wait), "{waits:?}");
    }
    assert_eq!(
        reports.books(),
        Books {
            made: 2,
            send_failed: 2,
            ..Books::default()
        }
    );

    let notice = reports.due(at(now + 10_000)).unwrap();
    assert_eq!(
        (notice.records, dropped(&notice)),
        (0, vec![(Some(0), Some(2), Some(0))])
    );
    reports.sent(notice.send, &ok());
    assert_eq!(reports.due(at(now + 60_000)), None);
}

#[test]
fn a_permanent_failure_is_not_retried() {
    let mut reports = reports(config(1, 100));
    push(&mut reports, 1, 0);
    let batch = reports.due(at(0)).unwrap();
    reports.failed(batch.send, at(0), Failure::from_grpc_status(12)); // UNIMPLEMENTED
    assert_eq!(reports.books().send_failed, 1);
    assert_eq!(
        Failure::from_grpc_status(14),
        Failure::Transient,
        "UNAVAILABLE"
    );
}

#[test]
fn a_send_without_an_answer_fails_at_its_deadline_and_its_late_answer_is_ignored() {
    let mut reports = reports(config(1, 100));
    push(&mut reports, 1, 0);
    let lost = reports.due(at(0)).unwrap();
    assert_eq!(reports.expire(at(4999)), None);
    assert_eq!(reports.expire(at(5000)), Some(lost.send));
    assert_eq!(reports.expire(at(5000)), None);
    let again = reports.due(at(6000)).unwrap();
    reports.failed(lost.send, at(6000), Failure::Permanent);
    reports.sent(lost.send, &ok());
    assert_eq!(
        reports.books(),
        Books {
            made: 1,
            in_flight: 1,
            ..Books::default()
        }
    );
    reports.sent(again.send, &ok());
    assert_eq!(
        reports.books(),
        Books {
            made: 1,
            sent: 1,
            ..Books::default()
        }
    );
}

#[test]
fn records_that_the_collector_rejects_are_counted_and_never_more_than_were_sent() {
    let mut reports = reports(config(3, 100));
    push(&mut reports, 6, 0);
    let first = reports.due(at(0)).unwrap();
    reports.sent(first.send, &rejecting(2));
    assert_eq!(
        reports.books(),
        Books {
            made: 6,
            queued: 3,
            sent: 1,
            rejected: 2,
            ..Books::default()
        }
    );
    // The news goes ahead on its own: the next batch is full.
    let notice = reports.due(at(0)).unwrap();
    assert_eq!(
        (notice.records, dropped(&notice)),
        (0, vec![(Some(0), Some(0), Some(2))])
    );
    reports.sent(notice.send, &ok());
    let second = reports.due(at(0)).unwrap();
    reports.sent(second.send, &rejecting(1000));
    assert_eq!(
        reports.books(),
        Books {
            made: 6,
            sent: 1,
            rejected: 5,
            ..Books::default()
        }
    );
}

#[test]
fn an_answer_that_cannot_be_read_rejects_nothing() {
    for answer in [
        &b""[..],
        b"\x0a",
        b"\x0a\x7f",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x0b",
        &rejecting(-1),
    ] {
        let mut reports = reports(config(1, 100));
        push(&mut reports, 1, 0);
        let batch = reports.due(at(0)).unwrap();
        reports.sent(batch.send, answer);
        assert_eq!(reports.books().sent, 1, "{answer:?}");
    }
}

#[test]
fn records_go_out_under_the_revision_that_made_them() {
    let mut reports = reports(config(10, 100));
    push(&mut reports, 2, 0);
    reports.reconfigure(config(10, 100), "user-provider", "new");
    push(&mut reports, 3, 0);
    let revision = |batch: &Batch| {
        let texts = texts(&read(batch).1.scope.unwrap().attributes);
        texts.into_iter().find_map(|text| {
            text.strip_prefix("dubbo.policy.revision=")
                .map(str::to_owned)
        })
    };
    let old = reports
        .due(at(0))
        .expect("nothing can be added to it any more");
    assert_eq!(
        (old.records, revision(&old).as_deref()),
        (2, Some("00c0ffee"))
    );
    reports.sent(old.send, &ok());
    let new = reports.due(at(1000)).unwrap();
    assert_eq!((new.records, revision(&new).as_deref()), (3, Some("new")));
}

#[test]
fn a_batch_stays_far_below_what_receivers_take_in_one_message() {
    let mut reports = reports(config(100_000, 100_000));
    push(&mut reports, 10_000, 0);
    let batch = reports.due(at(0)).expect("full by its bytes");
    assert!(
        (1 << 20..(1 << 20) + 2048).contains(&batch.message.len()),
        "{}",
        batch.message.len()
    );
}

#[test]
fn denials_of_a_rule_beyond_a_thousand_in_a_second_are_one_record() {
    let mut reports = reports(config(2000, 100_000));
    for _ in 0..3000 {
        reports.push(at(100), &DENIED);
    }
    push(&mut reports, 500, 100);
    assert_eq!(
        reports.books(),
        Books {
            made: 1500,
            queued: 1500,
            summarized: 2000,
            ..Books::default()
        }
    );
    assert_eq!(
        reports.next_wakeup(),
        Some(Nanos::from_millis(1000)),
        "the end of the second"
    );

    let batch = reports.due(at(1100)).unwrap();
    assert_eq!(events(&batch, "dubbo.call").len(), 1500);
    let [summary] = events(&batch, "dubbo.policy.calls_summarized")
        .try_into()
        .unwrap();
    assert_eq!(summary.time_unix_nano, DENIED.started);
    assert_eq!(
        texts(&summary.attributes)[1..],
        [
            "dubbo.policy.calls=2000",
            "dubbo.policy.decision=denied",
            "dubbo.policy.reason=denied",
            "dubbo.policy.rule=no-reveal",
        ]
    );

    reports.push(at(1100), &DENIED);
    assert_eq!(
        reports.books().summarized,
        2000,
        "a new second begins with records again"
    );
}
