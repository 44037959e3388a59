//! Matchers: what may be said of one attribute.

use super::names::Names;
use super::node::Node;
use super::patterns;
use super::reader::{Fields, Value, one_of};
use super::schema;
use crate::attributes::{self, Attribute, Kind};
use crate::lists::Kind as ListKind;
use crate::metrics::Direction;
use crate::policy::{Matcher, Pattern};

/// Reads a matcher of `attribute`: a plain value, a list of alternatives, or an object.
pub(super) fn read<'a>(
    value: &Value<'a>,
    attribute: &Attribute,
    names: &Names<'a>,
) -> Option<Matcher> {
    let kind = attribute.kind();
    matcher(value, &Subject { attribute, kind }, names)
}

/// What a matcher is about: an attribute, or each of its many values.
struct Subject<'s> {
    attribute: &'s Attribute,
    kind: Kind,
}

fn matcher<'a>(value: &Value<'a>, subject: &Subject<'_>, names: &Names<'a>) -> Option<Matcher> {
    match value.node() {
        Node::Array(_) => {
            let items = value.items()?;
            if items.is_empty() {
                value.reject_as("one alternative at least", "an empty list", None);
            }
            let any: Vec<Option<Matcher>> = items
                .iter()
                .map(|item| matcher(item, subject, names))
                .collect();
            Some(Matcher::Any(any.into_iter().collect::<Option<_>>()?))
        }
        Node::Object(_) => object(&value.fields(&schema::MATCHER)?, subject, names),
        _ => plain(value, subject),
    }
}

fn plain(value: &Value<'_>, subject: &Subject<'_>) -> Option<Matcher> {
    match subject.kind {
        Kind::Flag => value.flag().map(Matcher::Flag),
        Kind::Ip => patterns::net(value).map(Matcher::Net),
        Kind::Names => {
            let many = format!("because {} has many values", subject.attribute);
            value.reject(format!("{{some: ...}} or {{every: ...}}, {many}"), None);
            None
        }
        Kind::Text if is_port(subject) && matches!(value.node(), Node::Number(_)) => {
            let port = value.whole(1..=65_535)?.to_string();
            Some(exact(&port, false, subject.attribute))
        }
        Kind::Text => {
            let text = value.text()?;
            if text.contains('*') {
                value.reject(
                    "a string without *, which is compared as it stands",
                    Some(wildcard(text)),
                );
                return None;
            }
            Some(exact(
                possible(text, value, subject)?,
                false,
                subject.attribute,
            ))
        }
    }
}

fn is_port(subject: &Subject<'_>) -> bool {
    *subject.attribute == Attribute::DestinationPort
}

/// The text, if the attribute can ever have it.
fn possible<'t>(text: &'t str, value: &Value<'_>, subject: &Subject<'_>) -> Option<&'t str> {
    let directions = [
        Direction::Inbound,
        Direction::Outbound,
        Direction::Unspecified,
    ];
    let names = directions.map(Direction::name);
    let (fits, expected) = match subject.attribute {
        Attribute::Direction => (names.contains(&text), one_of(names.iter())),
        Attribute::DestinationPort => {
            let number = text.parse::<u16>().ok().map(|port| port.to_string());
            (number.as_deref() == Some(text), "a port".to_owned())
        }
        _ => (true, String::new()),
    };
    if !fits {
        value.reject(expected, None);
    }
    fits.then_some(text)
}

/// How to say what a `*` is probably meant to say.
fn wildcard(text: &str) -> String {
    let plain = text.trim_matches('*');
    let form = match (text.starts_with('*'), text.ends_with('*')) {
        _ if plain.contains('*') => return format!("write {{regex: ...}}, or {{exact: {text:?}}}"),
        _ if plain.is_empty() => return "write {present: true}".to_owned(),
        (true, true) => "contains",
        (true, false) => "suffix",
        (false, _) => "prefix",
    };
    format!("write {{{form}: {plain:?}}}")
}

/// An object: everything that it says has to hold.
fn object<'a>(fields: &Fields<'a>, subject: &Subject<'_>, names: &Names<'a>) -> Option<Matcher> {
    let ignore_case = fields.get("ignore_case").and_then(|flag| flag.flag());
    let mut all: Vec<Option<Matcher>> = Vec::new();
    for form in TEXT_FORMS {
        if let Some(value) = fields.written(form) {
            all.push(text(form, value, ignore_case?, subject));
        }
    }
    if all.is_empty() && ignore_case == Some(true) {
        fields
            .at()
            .reject_as(one_of(TEXT_FORMS.iter()), "ignore_case by itself", None);
        return None;
    }
    if let Some(value) = fields.written("in") {
        all.push(within(value, subject, names));
    }
    if let Some(value) = fields.written("not") {
        all.push(matcher(value, subject, names).map(|matcher| Matcher::Not(Box::new(matcher))));
    }
    if let Some(value) = fields.written("some") {
        all.push(of_many(value, subject, names).map(|one| Matcher::Some(Box::new(one))));
    }
    if let Some(value) = fields.written("every") {
        all.push(of_many(value, subject, names).map(|each| Matcher::Every(Box::new(each))));
    }
    if let Some(value) = fields.written("present") {
        all.push(value.flag().map(Matcher::Present));
    }
    if all.is_empty() && fields.names().all(|name| name == "ignore_case") {
        let forms = match subject.kind {
            Kind::Names => one_of(["some", "every", "not", "present"].iter()),
            _ => one_of(TEXT_FORMS.into_iter().chain(["in", "not", "present"])),
        };
        fields.at().reject_as(forms, "none of them", None);
    }
    let mut all = all.into_iter().collect::<Option<Vec<_>>>()?;
    match all.len() {
        1 => all.pop(),
        _ => Some(Matcher::All(all)),
    }
}

/// What `some` and `every` ask of each value.
fn of_many<'a>(value: &Value<'a>, subject: &Subject<'_>, names: &Names<'a>) -> Option<Matcher> {
    let Subject { attribute, kind } = subject;
    if *kind != Kind::Names {
        let expected = match attribute.kind() {
            Kind::Names => "a matcher of one value".to_owned(),
            _ => format!("a matcher of one value, because {attribute} has no more"),
        };
        value.reject_as(expected, "some or every", None);
        return None;
    }
    let kind = Kind::Text;
    matcher(value, &Subject { attribute, kind }, names)
}

const TEXT_FORMS: [&str; 5] = ["exact", "prefix", "suffix", "contains", "regex"];

fn text(
    form: &str,
    value: &Value<'_>,
    ignore_case: bool,
    subject: &Subject<'_>,
) -> Option<Matcher> {
    let attribute = subject.attribute;
    let other = match subject.kind {
        Kind::Text => None,
        Kind::Flag => Some("true or false"),
        Kind::Ip => Some("addresses and networks"),
        Kind::Names => Some("{some: ...} or {every: ...}"),
    };
    if let Some(expected) = other {
        value.reject_as(format!("{expected} for {attribute}"), form, None);
        return None;
    }
    if form == "regex" {
        return patterns::regex(value, ignore_case)
            .map(|regex| Matcher::Text(Pattern::Regex(regex)));
    }
    let text = value.text()?;
    let boxed = || Box::from(text);
    Some(match (form, ignore_case) {
        ("prefix", false) => Matcher::Text(Pattern::Prefix(boxed())),
        ("prefix", true) => Matcher::Text(Pattern::PrefixIgnoreCase(boxed())),
        ("suffix", false) => Matcher::Text(Pattern::Suffix(boxed())),
        ("suffix", true) => Matcher::Text(Pattern::SuffixIgnoreCase(boxed())),
        ("contains", false) => Matcher::Text(Pattern::Contains(boxed())),
        ("contains", true) => Matcher::Text(Pattern::ContainsIgnoreCase(boxed())),
        (_, ignore_case) => exact(possible(text, value, subject)?, ignore_case, attribute),
    })
}

/// The same text; where Dubbo has a text for "none", that is the attribute's absence.
fn exact(text: &str, ignore_case: bool, attribute: &Attribute) -> Matcher {
    match (attribute, ignore_case) {
        _ if is_none(text, attribute) => Matcher::Present(false),
        (_, false) => Matcher::Text(Pattern::Exact(text.into())),
        (_, true) => Matcher::Text(Pattern::ExactIgnoreCase(text.into())),
    }
}

fn within<'a>(value: &Value<'a>, subject: &Subject<'_>, names: &Names<'a>) -> Option<Matcher> {
    let list = names.lists.find(value)?;
    let attribute = subject.attribute;
    let (fits, expected) = match subject.kind {
        Kind::Ip => (list.kind == ListKind::Ip, "a list of type ip"),
        Kind::Flag => (false, "true or false"),
        Kind::Names => (false, "{some: ...} or {every: ...}"),
        Kind::Text => (list.kind != ListKind::Ip, "a list of type string or regex"),
    };
    if !fits {
        value.reject(format!("{expected} for {attribute}"), None);
        return None;
    }
    let has_none = ["", "0.0.0"].into_iter().any(|text| {
        is_none(text, attribute) && list.contains(attributes::Value::Text(text)).is_true()
    });
    let matcher = Matcher::In(list);
    Some(match has_none {
        true => Matcher::Any(vec![matcher, Matcher::Present(false)]),
        false => matcher,
    })
}

/// Dubbo's texts for "no version" and "no group".
fn is_none(text: &str, attribute: &Attribute) -> bool {
    match attribute {
        Attribute::Version => attributes::is_unversioned(text),
        Attribute::Group => text.is_empty(),
        _ => false,
    }
}
