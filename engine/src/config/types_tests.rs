//! Readers and types say the same: each value of a configuration that has every field is replaced by a wrong one, and the
//! mistake that is reported has to name the type.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the answer"
)]

use std::collections::BTreeSet;

use super::super::load::load;
use super::super::node::Node;
use super::super::parse::parse;
use super::super::path::{Path, Segment};
use super::super::reader::one_of;
use super::super::schema::{self, Section};
use super::{Type, duration};

const FULL: &[u8] = include_bytes!("../../../testdata/config/good/full.json");

/// A value, its type, the field that it stands in.
struct Leaf {
    path: Path,
    is: &'static Type,
    field: (&'static str, &'static str),
}

#[test]
fn readers_reject_what_is_not_of_a_fields_type() {
    let full = parse(FULL).expect("it is JSON");
    let mut leaves = Vec::new();
    object(&schema::POLICY, &full, &Path::default(), &mut leaves);
    for leaf in &leaves {
        for (wrong, expected) in wrong_values(leaf.is) {
            let mut altered = full.clone();
            *at(&mut altered, &leaf.path.0) = wrong;
            let errors = load(&altered).expect_err("a wrong value is a mistake");
            let told = errors
                .iter()
                .any(|error| error.path == leaf.path && error.expected.contains(&expected));
            assert!(told, "{}: {expected}, not {errors:?}", leaf.path);
        }
    }
    let visited: BTreeSet<_> = leaves.iter().map(|leaf| leaf.field).collect();
    for section in schema::SECTIONS {
        for field in section.fields.iter().filter(|field| field.is.is_some()) {
            let there = visited.contains(&(section.title, field.name));
            assert!(
                there,
                "testdata/config/good/full.yaml and full.json lack {} of {}",
                field.name, section.title
            );
        }
    }
}

fn object(section: &'static Section, node: &Node, path: &Path, leaves: &mut Vec<Leaf>) {
    let Node::Object(fields) = node else {
        panic!("{path} is no object");
    };
    for (name, value) in fields {
        let field = section.fields.iter().find(|field| field.name == name);
        let field = field.unwrap_or_else(|| panic!("{name} is no field of {}", section.title));
        let is = field.is.as_ref().expect("it is supported");
        let field = (section.title, field.name);
        typed(is, value, path.field(name), field, leaves);
    }
}

fn typed(
    is: &'static Type,
    node: &Node,
    path: Path,
    field: (&'static str, &'static str),
    leaves: &mut Vec<Leaf>,
) {
    match (is, node) {
        (Type::Object(section), _) => object(section, node, &path, leaves),
        (Type::List(item) | Type::NonEmpty(item), Node::Array(items)) => {
            for (index, node) in items.iter().enumerate() {
                typed(item, node, path.index(index), field, leaves);
            }
        }
        (Type::Condition, Node::Array(items)) => {
            for (index, node) in items.iter().enumerate() {
                condition(node, &path.index(index), leaves);
            }
        }
        (Type::Condition, _) => condition(node, &path, leaves),
        (Type::Matcher | Type::MatcherOfOne, _) => matcher(node, path.clone(), leaves),
        (Type::Either(_, other), Node::Object(_)) => {
            // What is no object would be taken for the other.
            return match other {
                Type::Object(section) => object(section, node, &path, leaves),
                _ => typed(other, node, path, field, leaves),
            };
        }
        (Type::Either(one, _), _) => return typed(one, node, path, field, leaves),
        _ => {}
    }
    leaves.push(Leaf { path, is, field });
}

fn condition(node: &Node, path: &Path, leaves: &mut Vec<Leaf>) {
    let Node::Object(attributes) = node else {
        panic!("{path} is no object");
    };
    for (name, node) in attributes {
        matcher(node, path.field(name), leaves);
    }
}

fn matcher(node: &Node, path: Path, leaves: &mut Vec<Leaf>) {
    match node {
        Node::Object(_) => object(&schema::MATCHER, node, &path, leaves),
        Node::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                matcher(item, path.index(index), leaves);
            }
        }
        _ => {}
    }
}

/// Values that are not of the type, and what a mistake says that they should be.
fn wrong_values(is: &Type) -> Vec<(Node, String)> {
    let number = || Node::Number(1.0);
    let text = || Node::String("zzz".into());
    let one = |wrong, expected: &str| vec![(wrong, expected.to_owned())];
    match is {
        Type::Text | Type::Name => one(number(), "a string"),
        Type::Bytes(max) => vec![
            (number(), "a string".to_owned()),
            (
                Node::String("x".repeat(max + 1).into()),
                format!("1 to {max} bytes"),
            ),
        ],
        Type::Flag => one(text(), "true or false"),
        Type::Whole(range) => {
            let expected = format!("a whole number from {} to {}", range.start(), range.end());
            one(text(), &expected)
        }
        Type::Duration(range) => {
            let (start, end) = (duration::text(*range.start()), duration::text(*range.end()));
            one(text(), &format!("a duration from {start} to {end}"))
        }
        Type::Words(words) => one(text(), &one_of(words.iter())),
        Type::Object(_) | Type::Strings => one(number(), "an object"),
        Type::List(_) => one(number(), "a list"),
        Type::NonEmpty(_) => vec![
            (number(), "a list".to_owned()),
            (Node::Array(Vec::new()), "at least".to_owned()),
        ],
        Type::Attribute => one(text(), "an attribute"),
        Type::Condition => one(
            number(),
            "an object of attributes, or a list of such objects",
        ),
        // What is expected depends on the attribute.
        Type::Matcher | Type::MatcherOfOne | Type::Either(..) => Vec::new(),
    }
}

fn at<'n>(node: &'n mut Node, path: &[Segment]) -> &'n mut Node {
    let Some((first, rest)) = path.split_first() else {
        return node;
    };
    let next = match (node, first) {
        (Node::Object(fields), Segment::Field(name)) => fields
            .iter_mut()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value),
        (Node::Array(items), Segment::Index(index)) => items.get_mut(*index),
        _ => None,
    };
    at(next.expect("the path leads somewhere"), rest)
}
