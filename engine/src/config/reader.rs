//! Typed reading of a document. Every mistake is recorded and reading goes on, so that all are reported at once: what
//! cannot be read is `None`, and a reader gives up only after it has looked at everything.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::ops::RangeInclusive;
use std::collections::BTreeMap;

use super::digest::{Digest, Leaf};
use super::duration;
use super::error::{ConfigError, Errors};
use super::node::Node;
use super::path::Path;
use super::schema::{Need, Section};
use super::suggest::suggest;
use crate::time::Nanos;

/// What reading a document gathers on its way.
#[derive(Debug, Default)]
pub(super) struct Context {
    errors: RefCell<Errors>,
    digest: Cell<Digest>,
}

impl Context {
    /// Ends reading: every mistake, and the digest of all that was read.
    pub(super) fn finish(self) -> (Errors, Digest) {
        (self.errors.into_inner(), self.digest.into_inner())
    }
}

/// A value of the document, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    node: &'a Node,
    path: Path,
    context: &'a Context,
}

impl<'a> Value<'a> {
    /// The document itself.
    pub(super) fn root(node: &'a Node, context: &'a Context) -> Value<'a> {
        Value {
            node,
            path: Path::default(),
            context,
        }
    }

    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    /// Records that something else should stand here.
    pub(super) fn reject(&self, expected: impl Into<String>, hint: Option<String>) {
        self.reject_as(expected, describe(self.node), hint);
    }

    /// Records that something else should stand here, in better words for what does.
    pub(super) fn reject_as(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
        hint: Option<String>,
    ) {
        self.context.reject(&self.path, expected, found, hint);
    }

    /// A string.
    pub(super) fn text(&self) -> Option<&'a str> {
        let Node::String(text) = self.node else {
            let scalar = matches!(self.node, Node::Number(_) | Node::Bool(_));
            self.reject("a string", scalar.then(|| "quote it".to_owned()));
            return None;
        };
        self.record(Leaf::Text(text));
        Some(text)
    }

    /// A string that names something of the configuration: not empty, not `-`, without control characters.
    pub(super) fn name(&self) -> Option<&'a str> {
        let name = self.text()?;
        let fits = !name.is_empty() && name != "-" && name.len() <= MAX_NAME;
        if fits && !name.contains(char::is_control) {
            return Some(name);
        }
        self.reject(format!("a name of 1 to {MAX_NAME} bytes"), None);
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Option<bool> {
        let &Node::Bool(flag) = self.node else {
            self.reject("true or false", None);
            return None;
        };
        self.record(Leaf::Flag(flag));
        Some(flag)
    }

    /// A whole number. It may be written `1.0`, because a `google.protobuf.Struct` knows no other numbers.
    pub(super) fn whole(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let number = match self.node {
            Node::Number(number) => whole(*number),
            _ => None,
        };
        let Some(number) = number.filter(|number| range.contains(number)) else {
            let quoted = matches!(self.node, Node::String(text) if text.parse::<u64>().is_ok());
            self.reject(
                format!("a whole number from {} to {}", range.start(), range.end()),
                quoted.then(|| "without quotes".to_owned()),
            );
            return None;
        };
        self.record(Leaf::Number(number));
        Some(number)
    }

    /// A duration: `500ms`, `1m30s`.
    pub(super) fn duration(&self, range: RangeInclusive<Nanos>) -> Option<Nanos> {
        let duration = match self.node {
            Node::String(text) => duration::parse(text),
            _ => None,
        };
        let Some(duration) = duration.filter(|duration| range.contains(duration)) else {
            let (start, end) = (duration::text(*range.start()), duration::text(*range.end()));
            let hint = matches!(self.node, Node::Number(_))
                .then(|| "durations are strings: 500ms, 1m30s".to_owned());
            self.reject(format!("a duration from {start} to {end}"), hint);
            return None;
        };
        self.record(Leaf::Duration(duration));
        Some(duration)
    }

    /// One of these words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&'static str, T)]) -> Option<T> {
        let words = || choices.iter().map(|&(word, _)| word);
        let written = match self.node {
            Node::String(text) => Some(&**text),
            _ => None,
        };
        let found = choices.iter().find(|(word, _)| Some(*word) == written);
        let Some(&(word, choice)) = found else {
            let hint = written.and_then(|written| suggest(written, words()));
            self.reject(one_of(words()), hint);
            return None;
        };
        self.record(Leaf::Text(word));
        Some(choice)
    }

    /// The elements of a list.
    pub(super) fn items(&self) -> Option<Vec<Value<'a>>> {
        let Node::Array(items) = self.node else {
            self.reject("a list", None);
            return None;
        };
        self.record(Leaf::List(items.len()));
        let value = |(index, node)| Value {
            node,
            path: self.path.index(index),
            context: self.context,
        };
        Some(items.iter().enumerate().map(value).collect())
    }

    /// The fields of an object, whatever their names. Each name is there once; the others are mistakes.
    pub(super) fn entries(&self) -> Option<Vec<(&'a str, Value<'a>)>> {
        let Node::Object(fields) = self.node else {
            self.reject("an object", None);
            return None;
        };
        self.record(Leaf::Object);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        let mut entries = Vec::with_capacity(fields.len());
        for (name, node) in fields {
            let times = times.entry(name).or_default();
            *times += 1;
            let value = Value {
                node,
                path: self.path.field(name),
                context: self.context,
            };
            match times {
                1 => entries.push((&**name, value)),
                2 => value.reject_as("the field once", "it again", None),
                _ => {}
            }
        }
        Some(entries)
    }

    /// The fields of an object that `section` describes. What is unknown, missing or not supported is recorded.
    pub(super) fn fields(&self, section: &'static Section) -> Option<Fields<'a>> {
        let written = self.entries()?;
        let mut supported = true;
        for (name, value) in &written {
            match section.need(name) {
                None => {
                    let hint = suggest(name, section.names());
                    let expected = format!("a field of {}", section.title);
                    value.reject_as(expected, format!("{name:?}"), hint);
                }
                Some(Need::NotYet) => {
                    value.not_supported();
                    supported = false;
                }
                Some(_) => {}
            }
        }
        let fields = Fields {
            at: self.clone(),
            section,
            written,
        };
        // What is asked for in a way that is not supported need not be asked for in another.
        if supported {
            fields.reject_missing();
        }
        Some(fields)
    }

    /// Records that this is of the configuration's language, but not of this version's.
    pub(super) fn not_supported(&self) {
        self.reject_as("nothing", "a setting that is not supported yet", None);
    }

    fn record(&self, leaf: Leaf<'_>) {
        let mut digest = self.context.digest.get();
        digest.add(&self.path, leaf);
        self.context.digest.set(digest);
    }
}

/// The fields of one object.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    at: Value<'a>,
    section: &'static Section,
    written: Vec<(&'a str, Value<'a>)>,
}

impl<'a> Fields<'a> {
    /// The object itself.
    pub(super) fn at(&self) -> &Value<'a> {
        &self.at
    }

    /// The field as it is written, or its default.
    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        self.written(name).cloned().or_else(|| {
            let Need::Default(node) = self.section.need(name)? else {
                return None;
            };
            Some(Value {
                node,
                path: self.at.path.field(name),
                context: self.at.context,
            })
        })
    }

    /// The field as it is written.
    pub(super) fn written(&self, name: &str) -> Option<&Value<'a>> {
        let (_, value) = self.written.iter().find(|(field, _)| *field == name)?;
        Some(value)
    }

    /// The names of what is written, known or not.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.written.iter().map(|(name, _)| *name)
    }

    /// Records that a field is missing that is needed only sometimes.
    pub(super) fn reject_missing_field(&self, name: &str, expected: &str) {
        let path = self.at.path.field(name);
        self.at.context.reject(&path, expected, "nothing", None);
    }

    fn reject_missing(&self) {
        for field in self.section.fields {
            if let Need::Required(expected) = field.need
                && self.written(field.name).is_none()
            {
                self.reject_missing_field(field.name, expected);
            }
        }
    }
}

impl Context {
    fn reject(
        &self,
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
        hint: Option<String>,
    ) {
        self.errors.borrow_mut().push(ConfigError {
            path: path.clone(),
            expected: expected.into(),
            found: found.into(),
            hint,
        });
    }
}

/// `a, b or c`.
pub(super) fn one_of(words: impl Iterator<Item = impl fmt::Display>) -> String {
    let mut words: Vec<String> = words.map(|word| word.to_string()).collect();
    match words.pop() {
        Some(last) if !words.is_empty() => format!("{} or {last}", words.join(", ")),
        last => last.unwrap_or_default(),
    }
}

fn describe(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(flag) => flag.to_string(),
        Node::Number(number) => number.to_string(),
        Node::String(text) if text.chars().count() > MAX_SHOWN => {
            let shown: String = text.chars().take(MAX_SHOWN).collect();
            format!("{shown:?}...")
        }
        Node::String(text) => format!("{text:?}"),
        Node::Array(_) => "a list".to_owned(),
        Node::Object(_) => "an object".to_owned(),
    }
}

/// The whole number that a double is, if doubles can tell it from its neighbours.
fn whole(number: f64) -> Option<u64> {
    let fits = number.fract() == 0.0 && (0.0..=MAX_WHOLE as f64).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "it was just compared")]
    #[expect(clippy::cast_sign_loss, reason = "it was just compared")]
    fits.then_some(number as u64)
}

/// Doubles, which JSON and Struct have for numbers, are exact up to here.
pub(super) const MAX_WHOLE: u64 = 1 << 53;
/// Names become parts of metrics, reports and refusals.
const MAX_NAME: usize = 200;
/// So much of a wrong string is shown.
const MAX_SHOWN: usize = 60;
