//! Every field that a configuration may have, and every default.

use std::borrow::Cow;

use super::node::Node;
use super::reader::MAX_WHOLE;
use super::types::Type::{
    self, Attribute, Bytes, Condition, Duration, Either, Flag, List, Matcher, MatcherOfOne, Name,
    NonEmpty, Object, Strings, Text, Whole, Words,
};
use super::{denial, lists, protocol, quotas, reports};

/// The fields of one kind of object.
#[derive(Debug)]
pub(super) struct Section {
    /// As a mistake names it: "a field of a rule".
    pub(super) title: &'static str,
    pub(super) fields: &'static [Field],
}

/// One of them.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) need: Need,
    /// What may stand there; `None` if nothing may yet.
    pub(super) is: Option<Type>,
}

/// What a field that is not written means.
#[derive(Debug)]
pub(super) enum Need {
    /// A mistake; what is expected instead.
    Required(&'static str),
    /// What only the section's reader can say.
    Optional,
    /// The same as if this were written.
    Default(Node),
    /// Nothing: it is a mistake to write it, until a later version supports it.
    NotYet,
}

impl Section {
    pub(super) fn need(&self, name: &str) -> Option<&'static Need> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some(&field.need)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.fields.iter().map(|field| field.name)
    }
}

pub(super) static POLICY: Section = Section {
    title: "a policy",
    fields: &[
        required(
            "apiVersion",
            "\"dubbo-policy/v1\"",
            Words(&["dubbo-policy/v1"]),
        ),
        required("name", "a name", Name),
        default("mode", word("enforce"), Words(&["enforce", "dry_run"])),
        default("default", word("allow"), Words(&["allow", "deny"])),
        default("lists", NONE, List(&Object(&LIST))),
        default("quotas", NONE, List(&Object(&QUOTA))),
        required(
            "rules",
            "a list of rules, [] to observe only",
            List(&Object(&RULE)),
        ),
        default("routes", NONE, List(&Object(&ROUTE))),
        optional("reports", Object(&REPORTS)),
        default("denial", EMPTY, Object(&DENIAL)),
        default("protocol", EMPTY, Object(&PROTOCOL)),
    ],
};

pub(super) static LIST: Section = Section {
    title: "a list",
    fields: &[
        required("name", "a name", Name),
        required(
            "type",
            "string, ip or regex",
            Words(&["string", "ip", "regex"]),
        ),
        default("ignore_case", Node::Bool(false), Flag),
        optional("entries", List(&Text)),
        optional("source", Object(&SOURCE)),
        default("expire_after", word("5m"), Duration(lists::EXPIRE_AFTER)),
        default(
            "when_expired",
            word("deny"),
            Words(&["deny", "keep", "skip"]),
        ),
    ],
};

pub(super) static SOURCE: Section = Section {
    title: "a list's source",
    fields: &[
        required(
            "cluster",
            "the name of an Envoy cluster",
            Bytes(lists::MAX_NAME),
        ),
        required("authority", "a host", Bytes(lists::MAX_NAME)),
        required("path", "a path", Bytes(lists::MAX_PATH)),
        default("format", word("lines"), Words(&["lines", "json", "yaml"])),
        default("refresh", word("60s"), Duration(lists::REFRESH)),
        default("timeout", word("2s"), Duration(lists::TIMEOUT)),
        default(
            "max_bytes",
            Node::Number(1_048_576.0),
            Whole(lists::MAX_BYTES),
        ),
    ],
};

pub(super) static QUOTA: Section = Section {
    title: "a quota",
    fields: &[
        required("name", "a name", Name),
        optional("limit", Whole(quotas::LIMIT)),
        optional("window", Duration(quotas::WINDOW)),
        default("algorithm", word("rolling"), Words(&["rolling", "fixed"])),
        optional("max_in_flight", Whole(quotas::LIMIT)),
        default("max_hold", word("60s"), Duration(quotas::HOLD)),
        default("oneway_hold", word("1s"), Duration(quotas::HOLD)),
        default("per", NONE, List(&Attribute)),
        default("overrides", NONE, List(&Object(&OVERRIDE))),
        default("max_keys", Node::Number(10_000.0), Whole(quotas::MAX_KEYS)),
        default("when_full", word("share"), Words(&["share", "deny"])),
        optional("global", Object(&GLOBAL)),
    ],
};

pub(super) static GLOBAL: Section = Section {
    title: "a global quota",
    fields: &[
        required(
            "cluster",
            "the name of an Envoy cluster",
            Bytes(reports::MAX_CLUSTER),
        ),
        required("domain", "a domain of the rate limit service", Name),
        required(
            "when_unavailable",
            "local, allow or deny",
            Words(&["local", "allow", "deny"]),
        ),
        optional("local_limit", Whole(quotas::LIMIT)),
    ],
};

pub(super) static OVERRIDE: Section = Section {
    title: "an override",
    fields: &[
        required("match", "an object of attributes", Condition),
        optional("limit", Whole(quotas::LIMIT)),
        optional("window", Duration(quotas::WINDOW)),
        default("unlimited", Node::Bool(false), Flag),
    ],
};

pub(super) static RULE: Section = Section {
    title: "a rule",
    fields: &[
        required("name", "a name", Name),
        optional("match", Condition),
        optional("except", Condition),
        optional("deny", Object(&NO_FIELDS)),
        optional("require", Condition),
        optional("allow", Object(&NO_FIELDS)),
        optional("quotas", NonEmpty(&Either(&Name, &Object(&QUOTA_USE)))),
        default("dry_run", Node::Bool(false), Flag),
        optional("message", Text),
        optional("denial", Object(&DENIAL)),
    ],
};

/// `allow: {}`, `deny: {}`.
pub(super) static NO_FIELDS: Section = Section {
    title: "allow and deny, which have none",
    fields: &[],
};

pub(super) static QUOTA_USE: Section = Section {
    title: "a quota's use",
    fields: &[
        required("quota", "the name of a quota", Name),
        default("charge", Node::Number(1.0), Whole(1..=MAX_WHOLE)),
    ],
};

pub(super) static MATCHER: Section = Section {
    title: "a matcher",
    fields: &[
        optional("exact", Text),
        optional("prefix", Text),
        optional("suffix", Text),
        optional("contains", Text),
        optional("regex", Text),
        default("ignore_case", Node::Bool(false), Flag),
        optional("in", Name),
        optional("not", Matcher),
        optional("present", Flag),
        optional("some", MatcherOfOne),
        optional("every", MatcherOfOne),
    ],
};

pub(super) static ROUTE: Section = Section {
    title: "a route",
    fields: &[
        required("name", "a name", Name),
        optional("match", Condition),
        optional("except", Condition),
        required(
            "set",
            "an object with attachments or connection_cluster",
            Object(&SET),
        ),
        not_yet("sticky_by"),
        not_yet("split"),
    ],
};

pub(super) static SET: Section = Section {
    title: "what a route sets",
    fields: &[
        default("attachments", EMPTY, Strings),
        optional("connection_cluster", Name),
    ],
};

pub(super) static REPORTS: Section = Section {
    title: "reports",
    fields: &[
        required(
            "otlp",
            "an object with the collector's cluster",
            Object(&OTLP),
        ),
        default("batch", EMPTY, Object(&BATCH)),
        not_yet("sample_ratio"),
        not_yet("attachments"),
        not_yet("log"),
    ],
};

pub(super) static OTLP: Section = Section {
    title: "otlp",
    fields: &[required(
        "cluster",
        "the name of an Envoy cluster",
        Bytes(reports::MAX_CLUSTER),
    )],
};

pub(super) static BATCH: Section = Section {
    title: "a batch",
    fields: &[
        default("max_records", Node::Number(100.0), Whole(reports::RECORDS)),
        default("max_delay", word("1s"), Duration(reports::DELAY)),
        default(
            "max_queue_per_worker",
            Node::Number(10_000.0),
            Whole(reports::QUEUE),
        ),
    ],
};

pub(super) static DENIAL: Section = Section {
    title: "denial",
    fields: &[
        default("form", word("exception"), Words(&["exception", "status"])),
        default("status", Node::Number(70.0), Whole(denial::STATUSES)),
    ],
};

pub(super) static PROTOCOL: Section = Section {
    title: "protocol",
    fields: &[
        default("contradiction", word("deny"), Words(&["deny", "report"])),
        default("services", NONE, List(&Object(&SERVICE))),
        default("serialization", EMPTY, Object(&SERIALIZATION)),
        default("limits", EMPTY, Object(&LIMITS)),
        default("unchecked_classes", NONE, List(&Name)),
        default(
            "foreign_bytes",
            word("close"),
            Words(&["close", "pass_unprotected"]),
        ),
    ],
};

pub(super) static SERVICE: Section = Section {
    title: "an exported service",
    fields: &[
        required("interface", "an interface", Name),
        required("paths", "a list of strings", List(&Name)),
    ],
};

pub(super) static SERIALIZATION: Section = Section {
    title: "serialization",
    fields: &[
        default(
            "fastjson2",
            word("check"),
            Words(&["check", "pass", "deny"]),
        ),
        default("other", word("deny"), Words(&["deny", "pass"])),
    ],
};

pub(super) static LIMITS: Section = Section {
    title: "limits",
    fields: &[
        default(
            "max_frame_bytes",
            Node::Number(8_388_608.0),
            Whole(protocol::FRAME),
        ),
        default(
            "held_bytes_per_worker",
            Node::Number(67_108_864.0),
            Whole(protocol::HELD),
        ),
        default("frame_timeout", word("30s"), Duration(protocol::TIMEOUT)),
        default(
            "calls_in_flight_per_connection",
            Node::Number(65_536.0),
            Whole(protocol::CALLS),
        ),
        default(
            "calls_in_flight_per_worker",
            Node::Number(262_144.0),
            Whole(protocol::CALLS),
        ),
        default("forget_calls_after", word("10m"), Duration(protocol::AGE)),
        default("denial_timeout", word("5s"), Duration(protocol::TIMEOUT)),
    ],
};

const EMPTY: Node = Node::Object(Vec::new());
const NONE: Node = Node::Array(Vec::new());

const fn word(text: &'static str) -> Node {
    Node::String(Cow::Borrowed(text))
}

const fn required(name: &'static str, expected: &'static str, is: Type) -> Field {
    let need = Need::Required(expected);
    let is = Some(is);
    Field { name, need, is }
}

const fn optional(name: &'static str, is: Type) -> Field {
    let need = Need::Optional;
    let is = Some(is);
    Field { name, need, is }
}

const fn default(name: &'static str, node: Node, is: Type) -> Field {
    let need = Need::Default(node);
    let is = Some(is);
    Field { name, need, is }
}

const fn not_yet(name: &'static str) -> Field {
    let need = Need::NotYet;
    let is = None;
    Field { name, need, is }
}

/// All of them that have fields.
#[cfg(test)]
pub(super) const SECTIONS: [&Section; 19] = [
    &POLICY,
    &LIST,
    &SOURCE,
    &QUOTA,
    &GLOBAL,
    &OVERRIDE,
    &RULE,
    &QUOTA_USE,
    &MATCHER,
    &ROUTE,
    &SET,
    &REPORTS,
    &OTLP,
    &BATCH,
    &DENIAL,
    &PROTOCOL,
    &SERVICE,
    &SERIALIZATION,
    &LIMITS,
];

#[cfg(test)]
mod tests {
    use super::super::documentation;
    use super::*;

    #[test]
    fn the_documentation_has_every_field_with_its_default() {
        let documentation = include_str!("../../../docs/configuration.md");
        for section in SECTIONS {
            let documented: Vec<(&str, &str)> = documentation::rows(documentation, section.title)
                .map(|row| (row.field, row.default))
                .collect();
            let shown: Vec<String> = section
                .fields
                .iter()
                .map(|field| shown(&field.need))
                .collect();
            let wanted: Vec<(&str, &str)> = section
                .names()
                .zip(shown.iter().map(String::as_str))
                .collect();
            assert_eq!(documented, wanted, "{}", section.title);
        }
    }

    #[test]
    fn the_documentation_has_every_field_with_its_type() {
        let documentation = include_str!("../../../docs/configuration.md");
        for section in SECTIONS {
            for row in documentation::rows(documentation, section.title) {
                let field = section.fields.iter().find(|field| field.name == row.field);
                let Some(is) = field.and_then(|field| field.is.as_ref()) else {
                    continue;
                };
                let shown = is.to_string();
                assert!(
                    row.kind.starts_with(&shown),
                    "{}, {}: documented as {}, is {shown}",
                    section.title,
                    row.field,
                    row.kind
                );
                if let Type::Object(linked) | Type::List(Type::Object(linked)) = is
                    && !linked.fields.is_empty()
                {
                    let link = format!("(#{})", documentation::anchor(linked.title));
                    assert!(row.kind.ends_with(&link), "{} {link}", row.kind);
                }
            }
        }
    }

    fn shown(need: &Need) -> String {
        match need {
            Need::Required(_) => "required".to_owned(),
            Need::Optional => "none".to_owned(),
            Need::NotYet => "not supported yet".to_owned(),
            Need::Default(node) => format!(
                "`{}`",
                match node {
                    Node::Null => "null".to_owned(),
                    Node::Bool(flag) => flag.to_string(),
                    Node::Number(number) => number.to_string(),
                    Node::String(text) => text.to_string(),
                    Node::Array(_) => "[]".to_owned(),
                    Node::Object(_) => "{}".to_owned(),
                }
            ),
        }
    }
}
