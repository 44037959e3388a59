//! The JSON Schema (draft 2020-12) of a configuration, made of [`schema`] and of the documentation's words.
//!
//! It says what a document looks like, for editors and pipelines that know no more. What one part of a document says of
//! another, such as the name of a list that is not there, only [`load`](super::load) knows.

use serde_json::{Map, Value, json};

use super::documentation;
use super::node::Node;
use super::rules::ACTIONS;
use super::schema::{self, Field, Need, Section};
use super::types::Type;
use crate::attributes::{Attribute, Kind};

/// The schema. `documentation` is docs/configuration.md, whose tables describe the fields.
pub fn json_schema(documentation: &str) -> Value {
    let mut made = Made {
        documentation,
        definitions: Map::new(),
    };
    let policy = made.object(&schema::POLICY);
    made.define("conditions", conditions);
    made.define("attributes", attributes);
    let kinds = [
        (
            Kind::Text,
            &[
                "exact",
                "prefix",
                "suffix",
                "contains",
                "regex",
                "ignore_case",
                "in",
                "not",
                "present",
            ][..],
        ),
        (Kind::Flag, &["not", "present"]),
        (Kind::Ip, &["in", "not", "present"]),
        (Kind::Names, &["some", "every", "not", "present"]),
    ];
    for (kind, forms) in kinds {
        made.matcher(kind, forms);
    }
    let mut root = Map::new();
    root.insert("$schema".to_owned(), DIALECT.into());
    root.insert("title".to_owned(), "dubbo-policy/v1".into());
    root.extend(policy);
    root.insert("$defs".to_owned(), Value::Object(made.definitions));
    Value::Object(root)
}

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

struct Made<'d> {
    documentation: &'d str,
    definitions: Map<String, Value>,
}

impl Made<'_> {
    /// Adds a definition that is not there yet.
    fn define(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) {
        if self.definitions.contains_key(name) {
            return;
        }
        // It may refer to itself.
        self.definitions.insert(name.to_owned(), Value::Null);
        let made = make(self);
        self.definitions.insert(name.to_owned(), made);
    }

    fn object(&mut self, section: &'static Section) -> Map<String, Value> {
        let supported = section.fields.iter().filter(|field| field.is.is_some());
        let fields = supported
            .map(|field| {
                (
                    field.name.to_owned(),
                    self.field(section, field, Kind::Text),
                )
            })
            .collect();
        let required = section
            .fields
            .iter()
            .filter(|field| matches!(field.need, Need::Required(_)))
            .map(|field| field.name.into())
            .collect();
        let mut object = Map::new();
        object.insert("type".to_owned(), "object".into());
        object.insert("properties".to_owned(), Value::Object(fields));
        object.insert("required".to_owned(), Value::Array(required));
        object.insert("additionalProperties".to_owned(), false.into());
        if let Value::Object(more) = between_fields(section) {
            object.extend(more);
        }
        object
    }

    fn field(&mut self, section: &Section, field: &'static Field, kind: Kind) -> Value {
        let mut made = match &field.is {
            Some(is) => self.value(is, kind),
            None => Value::Bool(false),
        };
        let Value::Object(made_fields) = &mut made else {
            return made;
        };
        if let Need::Default(node) = &field.need {
            made_fields.insert("default".to_owned(), value(node));
        }
        let mut rows = documentation::rows(self.documentation, section.title);
        if let Some(row) = rows.find(|row| row.field == field.name) {
            let said = documentation::plain(row.meaning);
            let said = match &field.is {
                Some(Type::Duration(_)) => format!("{said} A duration: {}.", row.kind),
                _ => said,
            };
            made_fields.insert("description".to_owned(), said.into());
        }
        made
    }

    /// `kind` is that of the attribute, in a matcher.
    fn value(&mut self, is: &'static Type, kind: Kind) -> Value {
        match is {
            Type::Text => json!({"type": "string"}),
            Type::Bytes(max) => json!({"type": "string", "minLength": 1, "maxLength": max}),
            Type::Name => json!({
                "type": "string", "minLength": 1, "maxLength": 200, "not": {"const": "-"},
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
            }),
            Type::Flag => json!({"type": "boolean"}),
            Type::Whole(range) => {
                json!({"type": "integer", "minimum": range.start(), "maximum": range.end()})
            }
            Type::Duration(_) => json!({
                "type": "string", "minLength": 2,
                "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
            }),
            Type::Words(words) => json!({"enum": words}),
            Type::Object(section) => {
                let name = documentation::anchor(section.title);
                self.define(&name, |made| Value::Object(made.object(section)));
                reference(&name)
            }
            Type::List(item) => json!({"type": "array", "items": self.value(item, kind)}),
            Type::NonEmpty(item) => {
                json!({"type": "array", "minItems": 1, "items": self.value(item, kind)})
            }
            Type::Strings => {
                json!({"type": "object", "additionalProperties": {"type": "string"}})
            }
            Type::Attribute => {
                let names: Vec<String> =
                    Attribute::NAMED.iter().map(Attribute::to_string).collect();
                json!({"anyOf": [{"enum": names}, {"type": "string", "pattern": ATTACHMENTS}]})
            }
            Type::Condition => reference("conditions"),
            Type::Matcher => reference(matcher_name(kind)),
            Type::MatcherOfOne => reference(matcher_name(Kind::Text)),
            Type::Either(one, other) => {
                json!({"anyOf": [self.value(one, kind), self.value(other, kind)]})
            }
        }
    }

    /// What may be said of an attribute of this kind; of a matcher's fields, only these.
    fn matcher(&mut self, kind: Kind, forms: &[&str]) {
        let section = &schema::MATCHER;
        let fields = section.fields.iter();
        let fields: Map<String, Value> = fields
            .filter(|field| forms.contains(&field.name))
            .map(|field| (field.name.to_owned(), self.field(section, field, kind)))
            .collect();
        let tests: Vec<Value> = fields
            .keys()
            .filter(|name| *name != "ignore_case")
            .map(|name| json!({"required": [name]}))
            .collect();
        let name = matcher_name(kind);
        let plain = match kind {
            Kind::Text => Some(json!({"type": "string", "pattern": "^[^*]*$"})),
            Kind::Ip => Some(json!({"type": "string"})),
            Kind::Flag => Some(json!({"type": "boolean"})),
            Kind::Names => None,
        };
        let list = json!({"type": "array", "minItems": 1, "items": reference(name)});
        let object = json!({
            "type": "object", "properties": fields, "additionalProperties": false, "anyOf": tests,
        });
        let forms: Vec<Value> = plain.into_iter().chain([list, object]).collect();
        self.define(name, |_| json!({"anyOf": forms}));
    }
}

fn conditions(_: &mut Made<'_>) -> Value {
    let one = reference("attributes");
    json!({"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]})
}

fn attributes(_: &mut Made<'_>) -> Value {
    let matcher = |attribute: &Attribute| {
        let matcher = reference(matcher_name(attribute.kind()));
        (attribute.to_string(), matcher)
    };
    let named: Map<String, Value> = Attribute::NAMED.iter().map(matcher).collect();
    json!({
        "type": "object",
        "minProperties": 1,
        "properties": named,
        "patternProperties": {ATTACHMENTS: reference(matcher_name(Kind::Text))},
        "additionalProperties": false,
    })
}

/// What the fields of an object say of each other.
fn between_fields(section: &Section) -> Value {
    let one_of = |names: &[&str]| -> Vec<Value> {
        let required = |name: &&str| json!({"required": [name]});
        names.iter().map(required).collect()
    };
    if core::ptr::eq(section, &schema::POLICY) {
        json!({
            "if": {"properties": {"rules": {"contains": {"type": "object", "required": ["allow"]}}}},
            "then": {"required": ["default"]},
        })
    } else if core::ptr::eq(section, &schema::RULE) {
        json!({
            "oneOf": one_of(&ACTIONS),
            "if": {"required": ["allow"]},
            "then": {"properties": {"message": false, "denial": false}},
        })
    } else if core::ptr::eq(section, &schema::SET) {
        json!({"anyOf": one_of(&["attachments", "connection_cluster"])})
    } else if core::ptr::eq(section, &schema::QUOTA) {
        json!({"oneOf": [
            {
                "required": ["limit", "window"],
                "properties": {"max_in_flight": false, "max_hold": false, "oneway_hold": false},
            },
            {
                "required": ["max_in_flight"],
                "properties": {"limit": false, "window": false, "algorithm": false},
            },
        ]})
    } else if core::ptr::eq(section, &schema::LIST) {
        json!({
            "anyOf": one_of(&["entries", "source"]),
            "if": {"required": ["source"]},
            "else": {"properties": {"expire_after": false, "when_expired": false}},
        })
    } else if core::ptr::eq(section, &schema::OVERRIDE) {
        json!({"anyOf": one_of(&["limit", "window", "unlimited"])})
    } else if core::ptr::eq(section, &schema::DENIAL) {
        json!({
            "if": {"properties": {"form": {"const": "exception"}}},
            "then": {"properties": {"status": false}},
        })
    } else {
        Value::Null
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn matcher_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "matcher",
        Kind::Flag => "matcher-of-a-flag",
        Kind::Ip => "matcher-of-an-address",
        Kind::Names => "matcher-of-many",
    }
}

fn value(node: &Node) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Bool(flag) => Value::Bool(*flag),
        // Doubles that are whole, which all defaults are, are shown as such.
        Node::Number(number) => serde_json::from_str(&number.to_string()).unwrap_or(Value::Null),
        Node::String(text) => text.as_ref().into(),
        Node::Array(items) => items.iter().map(value).collect(),
        Node::Object(fields) => {
            let field = |(name, node): &(String, Node)| (name.clone(), value(node));
            Value::Object(fields.iter().map(field).collect())
        }
    }
}

const ATTACHMENTS: &str = "^attachments\\..";
