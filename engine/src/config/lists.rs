//! `lists`.

use core::ops::RangeInclusive;
use std::borrow::Cow;
use std::rc::Rc;

use super::names::Names;
use super::patterns;
use super::reader::{Fields, Value};
use super::schema;
use crate::lists::{Entries, Format, IpSet, Kind, RegexSet, Source, StringSet, WhenExpired};
use crate::policy::{Changes, Fetched, List};
use crate::time::Nanos;

/// Reads all lists, also into `names`.
pub(super) fn read<'a>(lists: &Value<'a>, names: &mut Names<'a>) -> Vec<Rc<List>> {
    let changes = Changes::default();
    let mut read = Vec::new();
    let items = lists.items().unwrap_or_default();
    for (place, list) in items.into_iter().enumerate() {
        let Some(fields) = list.fields(&schema::LIST) else {
            continue;
        };
        let list = read_one(&fields, place, &changes, names.unseen.is_some()).map(Rc::new);
        read.extend(list.clone());
        if let Some(name) = fields.get("name") {
            names.lists.add(&name, list);
        }
    }
    read
}

fn read_one(fields: &Fields<'_>, place: usize, changes: &Changes, from_afar: bool) -> Option<List> {
    let name = fields.get("name").and_then(|name| name.name());
    let ignore_case = fields.get("ignore_case");
    let kind = fields.get("type").and_then(|kind| {
        kind.choice(&[
            ("string", Kind::String { ignore_case: false }),
            ("ip", Kind::Ip),
            ("regex", Kind::Regex { ignore_case: false }),
        ])
    });
    let folds = ignore_case.and_then(|flag| {
        let folds = flag.flag()?;
        if folds && matches!(kind, Some(Kind::Ip)) {
            flag.reject("no case to ignore in a list of addresses", None);
        }
        Some(folds)
    });
    let kind = kind.zip(folds).map(|(kind, ignore_case)| match kind {
        Kind::String { .. } => Kind::String { ignore_case },
        Kind::Ip => Kind::Ip,
        Kind::Regex { .. } => Kind::Regex { ignore_case },
    });
    let fetched = read_fetched(fields, changes, from_afar);
    let written = match (fields.written("entries"), &fetched) {
        (Some(entries), _) => kind.zip(entries.items()).map(Some),
        (None, Ok(None)) => {
            fields.reject_missing_field("entries", "a list of strings, or a source");
            None
        }
        (None, _) => Some(None),
    };
    let written = match written? {
        Some((kind, entries)) => compile(kind, &entries)?,
        None => Entries::none(kind?),
    };
    Some(List {
        name: name?.into(),
        place,
        kind: kind?,
        written,
        fetched: fetched.ok()?,
    })
}

fn compile(kind: Kind, entries: &[Value<'_>]) -> Option<Entries> {
    Some(match kind {
        Kind::String { ignore_case } => {
            let strings = each(entries, |entry| entry.text().map(Cow::Borrowed))?;
            Entries::Strings(StringSet::new(strings.into_iter(), ignore_case))
        }
        Kind::Ip => Entries::Ips(IpSet::new(each(entries, patterns::net)?.into_iter())),
        Kind::Regex { ignore_case } => {
            let regexes = each(entries, |entry| {
                Some((entry.text()?, patterns::regex(entry, ignore_case)?))
            })?;
            Entries::Regexes(RegexSet::new(regexes.into_iter()))
        }
    })
}

/// Reads every entry, also those that come after a wrong one.
fn each<'a, T>(entries: &[Value<'a>], read: impl Fn(&Value<'a>) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = entries.iter().map(read).collect();
    read.into_iter().collect()
}

/// `source` and what goes with it, if it is there. `Err` when it cannot be read.
fn read_fetched(
    fields: &Fields<'_>,
    changes: &Changes,
    from_afar: bool,
) -> Result<Option<Fetched>, ()> {
    let Some(source) = fields.written("source") else {
        for name in ["expire_after", "when_expired"] {
            if let Some(value) = fields.written(name) {
                value.reject_as("nothing, without a source", "it", None);
            }
        }
        return Ok(None);
    };
    let source = source.fields(&schema::SOURCE);
    let refresh = source
        .as_ref()
        .and_then(|source| source.get("refresh")?.duration(REFRESH));
    let source = source.and_then(|fields| read_source(&fields, refresh));
    let expire_after = fields.get("expire_after").and_then(|expire_after| {
        let duration = expire_after.duration(EXPIRE_AFTER)?;
        if refresh.is_some_and(|refresh| duration < refresh) {
            expire_after.reject("as long as refresh at least", None);
        }
        Some(duration)
    });
    let when_expired = fields.get("when_expired").and_then(|when_expired| {
        when_expired.choice(&[
            ("deny", WhenExpired::Deny),
            ("keep", WhenExpired::Keep),
            ("skip", WhenExpired::Skip),
        ])
    });
    let fetched = |source, expire_after, when_expired| {
        let when_expired = match from_afar {
            true => WhenExpired::Deny,
            false => when_expired,
        };
        Fetched::new(source, expire_after, when_expired, Rc::clone(changes))
    };
    match (source, expire_after, when_expired) {
        (Some(source), Some(after), Some(when)) => Ok(Some(fetched(source, after, when))),
        _ => Err(()),
    }
}

fn read_source(fields: &Fields<'_>, refresh: Option<Nanos>) -> Option<Source> {
    let cluster = fields
        .get("cluster")
        .and_then(|cluster| read_text(&cluster, "a cluster's name", MAX_NAME, |_| true));
    let authority = fields.get("authority").and_then(|authority| {
        read_text(&authority, "a host, such as lists.infra", MAX_NAME, |_| {
            true
        })
    });
    let path = fields.get("path").and_then(|path| {
        let rooted = |path: &str| path.starts_with('/');
        read_text(&path, "a path, such as /partners.txt", MAX_PATH, rooted)
    });
    let format = fields.get("format").and_then(|format| {
        format.choice(&[
            ("lines", Format::Lines),
            ("json", Format::Json),
            ("yaml", Format::Yaml),
        ])
    });
    let timeout = fields.get("timeout").and_then(|timeout| {
        let duration = timeout.duration(TIMEOUT)?;
        if refresh.is_some_and(|refresh| duration >= refresh) {
            timeout.reject("less than refresh", None);
        }
        Some(duration)
    });
    let max_bytes = fields.get("max_bytes").and_then(|max| max.whole(MAX_BYTES));
    Some(Source {
        cluster: cluster?,
        authority: authority?,
        path: path?,
        format: format?,
        refresh: refresh?,
        timeout: timeout?,
        max_bytes: usize::try_from(max_bytes?).ok()?,
    })
}

/// What goes into a request's head: visible ASCII, and not too much of it.
fn read_text(
    value: &Value<'_>,
    expected: &str,
    most: usize,
    fits: impl Fn(&str) -> bool,
) -> Option<String> {
    let text = value.text()?;
    if (1..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && fits(text)
    {
        return Some(text.to_owned());
    }
    value.reject(
        format!("{expected}, in visible ASCII, of 1 to {most} bytes"),
        None,
    );
    None
}

pub(super) const MAX_NAME: usize = 120;
pub(super) const MAX_PATH: usize = 2000;
/// A list's record is given up when nobody has written it for three hours, and every fetch writes it.
pub(super) const REFRESH: RangeInclusive<Nanos> = Nanos::from_secs(1)..=Nanos::from_secs(3600);
pub(super) const TIMEOUT: RangeInclusive<Nanos> = Nanos::from_millis(10)..=Nanos::from_secs(60);
pub(super) const EXPIRE_AFTER: RangeInclusive<Nanos> =
    Nanos::from_secs(1)..=Nanos::from_secs(30 * 86_400);
/// Envoy cuts answers off at 32 MiB.
pub(super) const MAX_BYTES: RangeInclusive<u64> = 1..=33_554_432;
