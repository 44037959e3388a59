//! Whatever happens, every record is in exactly one place.

use std::collections::BTreeSet;

use engine::report::{Batch, Books, Failure};
use proptest::prelude::*;

use crate::collector::{CALL, at, config, events, int, ok, read, rejecting, reports};

#[derive(Debug, Clone)]
enum Step {
    Push(usize),
    Due,
    Sent,
    Rejected(i64),
    Failed(Failure),
    LateAnswer,
    Expire,
    Reconfigure,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..8usize).prop_map(Step::Push),
        8 => Just(Step::Due),
        4 => Just(Step::Sent),
        1 => (0..5i64).prop_map(Step::Rejected),
        3 => Just(Step::Failed(Failure::Transient)),
        1 => Just(Step::Failed(Failure::Permanent)),
        1 => Just(Step::LateAnswer),
        2 => Just(Step::Expire),
        1 => Just(Step::Reconfigure),
    ]
}

fn balanced(books: &Books) -> bool {
    let dropped = books.queue_full + books.send_failed + books.rejected;
    books.made == books.queued + books.in_flight + books.sent + dropped
}

proptest! {
    #[test]
    fn made_is_queued_and_in_flight_and_sent_and_dropped(
        steps in prop::collection::vec((step(), 0..3000u64), 1..200),
        max_records in 1..6usize,
        max_queue in 1..20usize,
    ) {
        let mut reports = reports(config(max_records, max_queue));
        let mut now = 0;
        let mut in_flight: Option<Batch> = None;
        let mut landed: Option<Batch> = None;
        let mut ids = BTreeSet::new();
        let mut told = 0;
        for (step, millis) in steps {
            now += millis;
            match step {
                Step::Push(calls) => (0..calls).for_each(|_| reports.push(at(now), &CALL)),
                Step::Due => if let Some(batch) = reports.due(at(now)) {
                    prop_assert!(in_flight.is_none(), "two sends at once");
                    let (_, scope) = read(&batch);
                    prop_assert!(scope.log_records.len() <= max_records);
                    prop_assert_eq!(events(&batch, "dubbo.call").len(), batch.records);
                    let counts = scope.scope.unwrap().attributes;
                    let made = i64::try_from(reports.books().made).unwrap();
                    prop_assert_eq!(int(&counts, "dubbo.policy.reports.made"), Some(made));
                    in_flight = Some(batch);
                },
                Step::Sent | Step::Rejected(_) => if let Some(batch) = in_flight.take() {
                    let answer = if let Step::Rejected(n) = step { rejecting(n) } else { ok() };
                    reports.sent(batch.send, &answer);
                    for record in read(&batch).1.log_records {
                        let uid = format!("{:?}", record.attributes.first());
                        prop_assert!(ids.insert(uid), "a record was taken twice");
                        let reasons = ["queue_full", "send_failed", "rejected"];
                        told += reasons.iter().filter_map(|reason| {
                            int(&record.attributes, &format!("dubbo.policy.dropped.{reason}"))
                        }).sum::<i64>();
                    }
                    landed = Some(batch);
                },
                Step::Failed(why) => if let Some(batch) = in_flight.take() {
                    reports.failed(batch.send, at(now), why);
                    landed = Some(batch);
                },
                Step::LateAnswer => if let Some(batch) = &landed {
                    reports.sent(batch.send, &ok());
                    reports.failed(batch.send, at(now), Failure::Permanent);
                },
                Step::Expire => if let Some(send) = reports.expire(at(now)) {
                    prop_assert_eq!(Some(send), in_flight.as_ref().map(|batch| batch.send));
                    landed = in_flight.take();
                },
                Step::Reconfigure => {
                    reports.reconfigure(config(max_records, max_queue), "user-provider", "next");
                }
            }
            let books = reports.books();
            prop_assert!(balanced(&books), "{:?}", books);
            prop_assert!(books.queued + books.in_flight <= max_queue as u64);
        }

        // Once the collector is well again everything settles, and it knows of every loss.
        for _ in 0..200 {
            now += 10_000;
            reports.expire(at(now));
            if let Some(batch) = reports.due(at(now)) {
                for record in events(&batch, "dubbo.policy.reports_dropped") {
                    told += ["queue_full", "send_failed", "rejected"].iter().filter_map(|reason| {
                        int(&record.attributes, &format!("dubbo.policy.dropped.{reason}"))
                    }).sum::<i64>();
                }
                reports.sent(batch.send, &ok());
            }
        }
        let books = reports.books();
        prop_assert_eq!(books.queued + books.in_flight, 0);
        prop_assert_eq!(u64::try_from(told).unwrap(), books.queue_full + books.send_failed + books.rejected);
        prop_assert_eq!(reports.next_wakeup(), None);
    }
}
