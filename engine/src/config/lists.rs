//! `lists`.

use std::rc::Rc;

use super::names::Names;
use super::patterns;
use super::reader::Value;
use super::schema;
use crate::policy::{IpSet, List, RegexSet, StringSet};

/// Reads all lists into `names`. Returns what they are called, in their order.
pub(super) fn read<'a>(lists: &Value<'a>, names: &mut Names<'a>) -> Vec<Box<str>> {
    let mut called = Vec::new();
    for list in lists.items().unwrap_or_default() {
        let Some(fields) = list.fields(&schema::LIST) else {
            continue;
        };
        let ignore_case = fields.get("ignore_case");
        let kind = fields.get("type").and_then(|kind| {
            kind.choice(&[
                ("string", Kind::String),
                ("ip", Kind::Ip),
                ("regex", Kind::Regex),
            ])
        });
        let folds = ignore_case.and_then(|flag| {
            let folds = flag.flag()?;
            if folds && matches!(kind, Some(Kind::Ip)) {
                flag.reject("no case to ignore in a list of addresses", None);
            }
            Some(folds)
        });
        let entries = fields.get("entries").and_then(|entries| entries.items());
        let compiled = match (kind, folds, entries) {
            (Some(kind), Some(folds), Some(entries)) => compile(kind, folds, &entries),
            _ => None,
        };
        if let Some(name) = fields.get("name") {
            called.push(Box::from(name.text().unwrap_or_default()));
            names.lists.add(&name, compiled.map(Rc::new));
        }
    }
    called
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    String,
    Ip,
    Regex,
}

fn compile(kind: Kind, ignore_case: bool, entries: &[Value<'_>]) -> Option<List> {
    Some(match kind {
        Kind::String => {
            let strings = each(entries, |entry| entry.text().map(Box::from))?;
            List::Strings(StringSet::new(strings.into_iter(), ignore_case))
        }
        Kind::Ip => List::Ips(IpSet::new(each(entries, patterns::net)?.into_iter())),
        Kind::Regex => List::Regexes(RegexSet {
            regexes: each(entries, |entry| patterns::regex(entry, ignore_case))?,
        }),
    })
}

/// Reads every entry, also those that come after a wrong one.
fn each<'a, T>(entries: &[Value<'a>], read: impl Fn(&Value<'a>) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = entries.iter().map(read).collect();
    read.into_iter().collect()
}
