//! OTLP log records that are events: what all of them have, and those that are not calls.

use super::attributes::Attributes;
use super::books::Books;
use super::flood::Summary;
use crate::protobuf::Writer;
use crate::time::Now;

/// Starts a record with its times, severity, event name and id; its attributes may follow.
pub(super) fn begin<'b>(
    out: &'b mut Vec<u8>,
    event: &str,
    time: u64,
    now: Now,
    severity: u64,
    uid: Uid<'_>,
) -> Attributes<'b> {
    let mut fields = Writer(out);
    fields.fixed64(1, time);
    fields.fixed64(11, now.wall);
    fields.uint(2, severity);
    fields.bytes(12, event.as_bytes());
    let mut attributes = Attributes {
        out: fields,
        field: 6,
    };
    let number = uid.digits();
    let number = core::str::from_utf8(&number).unwrap_or_default();
    attributes.joined("log.record.uid", &[uid.vm, number]);
    attributes
}

/// A `dubbo.policy.reports_dropped` event: how many records were dropped since the collector was last told, by reason.
pub(super) fn write_notice(out: &mut Vec<u8>, now: Now, uid: Uid<'_>, told: &Books, books: &Books) {
    let event = "dubbo.policy.reports_dropped";
    let mut attributes = begin(out, event, now.wall, now, WARN, uid);
    let [(_, queue_full), (_, send_failed), (_, rejected)] = books.dropped_since(told);
    attributes.int("dubbo.policy.dropped.queue_full", queue_full);
    attributes.int("dubbo.policy.dropped.send_failed", send_failed);
    attributes.int("dubbo.policy.dropped.rejected", rejected);
}

/// A `dubbo.policy.calls_summarized` event: refused calls that have no record of their own.
pub(super) fn write_summary(out: &mut Vec<u8>, now: Now, uid: Uid<'_>, summary: &Summary) {
    let event = "dubbo.policy.calls_summarized";
    let mut attributes = begin(out, event, summary.started, now, WARN, uid);
    attributes.int("dubbo.policy.calls", summary.calls);
    attributes.text("dubbo.policy.decision", summary.decision.name());
    attributes.text("dubbo.policy.reason", &summary.reason);
    attributes.text("dubbo.policy.rule", &summary.rule);
}

/// A record's id: whoever receives it twice may drop it once, because delivery is at least once.
///
/// 28 hex digits: the VM's nonce (16) and the record's number in it (12).
#[derive(Debug, Clone, Copy)]
pub(super) struct Uid<'a> {
    /// The nonce, in hex.
    pub(super) vm: &'a str,
    pub(super) number: u64,
}

impl Uid<'_> {
    fn digits(self) -> [u8; 12] {
        let mut n = self.number;
        let mut digits = [0; 12];
        for digit in digits.iter_mut().rev() {
            let nibble = (n & 15) as u8;
            *digit = nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
            n >>= 4;
        }
        digits
    }
}

/// OpenTelemetry's SeverityNumber.
pub(super) const INFO: u64 = 9;
pub(super) const WARN: u64 = 13;
