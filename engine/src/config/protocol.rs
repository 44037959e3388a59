//! `protocol`.

use core::ops::RangeInclusive;

use super::limits::Limits;
use super::reader::{Fields, Value};
use super::schema;
use crate::policy::{Contradictions, ExportedService, ForeignBytes, Serializations, Treatment};
use crate::time::Nanos;

/// `protocol`.
#[derive(Debug)]
pub(super) struct Protocol {
    pub(super) contradictions: Contradictions,
    pub(super) services: Vec<ExportedService>,
    pub(super) serializations: Serializations,
    pub(super) unchecked_classes: Vec<String>,
    pub(super) foreign_bytes: ForeignBytes,
    pub(super) limits: Limits,
}

/// Reads what is taken for a call, and how much of it.
pub(super) fn read(value: &Value<'_>, default_allow: bool) -> Option<Protocol> {
    let fields = value.fields(&schema::PROTOCOL)?;
    let contradictions = fields.get("contradiction").and_then(|contradiction| {
        contradiction.choice(&[
            ("deny", Contradictions::Deny),
            ("report", Contradictions::Report),
        ])
    });
    let services = fields.get("services").and_then(|services| {
        let services: Vec<_> = services.items()?.iter().map(service).collect();
        services.into_iter().collect::<Option<Vec<_>>>()
    });
    let serializations = fields
        .get("serialization")
        .and_then(|value| serializations(&value));
    let unchecked_classes = fields.get("unchecked_classes").and_then(|classes| {
        let classes: Vec<_> = classes.items()?.iter().map(class).collect();
        classes.into_iter().collect::<Option<Vec<_>>>()
    });
    let foreign_bytes = fields
        .get("foreign_bytes")
        .and_then(|value| foreign_bytes(&value, default_allow));
    let limits = fields
        .get("limits")
        .and_then(|limits| limits.fields(&schema::LIMITS))
        .and_then(|fields| limits(&fields));
    Some(Protocol {
        contradictions: contradictions?,
        services: services?,
        serializations: serializations?,
        unchecked_classes: unchecked_classes?,
        foreign_bytes: foreign_bytes?,
        limits: limits?,
    })
}

fn service(value: &Value<'_>) -> Option<ExportedService> {
    let fields = value.fields(&schema::SERVICE)?;
    let interface = fields
        .get("interface")
        .and_then(|interface| interface.name());
    let paths = fields.get("paths").and_then(|paths| {
        let paths: Vec<_> = paths.items()?.iter().map(path).collect();
        paths.into_iter().collect::<Option<Vec<_>>>()
    });
    Some(ExportedService {
        interface: interface?.to_owned(),
        paths: paths?,
    })
}

fn path(value: &Value<'_>) -> Option<String> {
    let path = value.name()?;
    if path.contains(':') {
        value.reject("a path without :, which no exported service has", None);
        return None;
    }
    Some(path.strip_prefix('/').unwrap_or(path).to_owned())
}

fn serializations(value: &Value<'_>) -> Option<Serializations> {
    let fields = value.fields(&schema::SERIALIZATION)?;
    let (deny, pass) = (("deny", Treatment::Deny), ("pass", Treatment::Pass));
    let check = ("check", Treatment::Check);
    let fastjson2 = fields
        .get("fastjson2")
        .and_then(|value| value.choice(&[check, pass, deny]));
    let other = fields
        .get("other")
        .and_then(|value| value.choice(&[deny, pass]));
    Some(Serializations {
        fastjson2: fastjson2?,
        other: other?,
    })
}

/// A class by its whole name, as it stands in a definition.
fn class(value: &Value<'_>) -> Option<String> {
    let name = value.name()?;
    if name.contains(['*', ' ']) {
        value.reject("the whole name of a class", None);
        return None;
    }
    Some(name.to_owned())
}

fn foreign_bytes(value: &Value<'_>, default_allow: bool) -> Option<ForeignBytes> {
    let choice = value.choice(&[
        ("close", ForeignBytes::Close),
        ("pass_unprotected", ForeignBytes::PassUnprotected),
    ])?;
    if choice == ForeignBytes::PassUnprotected && !default_allow {
        value.reject(
            "close, because of default: deny: what passes unread is not denied",
            None,
        );
    }
    Some(choice)
}

fn limits(fields: &Fields<'_>) -> Option<Limits> {
    let size = |name: &str, range| {
        let size = fields.get(name)?.whole(range)?;
        usize::try_from(size).ok()
    };
    let time = |name: &str, range| fields.get(name)?.duration(range);
    let max_frame_bytes = size("max_frame_bytes", FRAME);
    let held_bytes_per_worker = size("held_bytes_per_worker", HELD);
    let frame_timeout = time("frame_timeout", TIMEOUT);
    let calls_in_flight_per_connection = size("calls_in_flight_per_connection", CALLS);
    let calls_in_flight_per_worker = size("calls_in_flight_per_worker", CALLS);
    let forget_calls_after = time("forget_calls_after", AGE);
    let denial_timeout = time("denial_timeout", TIMEOUT);
    let limits = Limits {
        max_frame_bytes: max_frame_bytes?,
        held_bytes_per_worker: held_bytes_per_worker?,
        frame_timeout: frame_timeout?,
        calls_in_flight_per_connection: calls_in_flight_per_connection?,
        calls_in_flight_per_worker: calls_in_flight_per_worker?,
        forget_calls_after: forget_calls_after?,
        denial_timeout: denial_timeout?,
    };
    if limits.held_bytes_per_worker < limits.max_frame_bytes {
        let held = fields.get("held_bytes_per_worker")?;
        held.reject("max_frame_bytes at least: one frame has to fit", None);
    }
    Some(limits)
}

pub(super) const FRAME: RangeInclusive<u64> = 1024..=1 << 30;
pub(super) const HELD: RangeInclusive<u64> = 65_536..=1 << 31;
pub(super) const CALLS: RangeInclusive<u64> = 1..=16_777_216;
pub(super) const TIMEOUT: RangeInclusive<Nanos> = Nanos::from_millis(100)..=Nanos::from_secs(3600);
pub(super) const AGE: RangeInclusive<Nanos> = Nanos::from_secs(1)..=Nanos::from_secs(24 * 3600);
