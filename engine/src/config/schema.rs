//! Every field that a configuration may have, and every default.

use std::borrow::Cow;

use super::node::Node;

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
        required("apiVersion", "\"dubbo-policy/v1\""),
        required("name", "a name"),
        default("mode", word("enforce")),
        default("default", word("allow")),
        default("lists", NONE),
        default("quotas", NONE),
        required("rules", "a list of rules, [] to observe only"),
        default("routes", NONE),
        optional("reports"),
        default("denial", EMPTY),
        default("protocol", EMPTY),
    ],
};

pub(super) static LIST: Section = Section {
    title: "a list",
    fields: &[
        required("name", "a name"),
        required("type", "string, ip or regex"),
        default("ignore_case", Node::Bool(false)),
        required("entries", "a list of strings"),
        not_yet("source"),
        not_yet("expire_after"),
        not_yet("when_expired"),
    ],
};

pub(super) static QUOTA: Section = Section {
    title: "a quota",
    fields: &[
        required("name", "a name"),
        required("limit", "a whole number"),
        required("window", "a duration such as 1s"),
        default("algorithm", word("rolling")),
        default("per", NONE),
        default("overrides", NONE),
        default("max_keys", Node::Number(10_000.0)),
        default("when_full", word("share")),
        not_yet("max_in_flight"),
        not_yet("max_hold"),
        not_yet("oneway_hold"),
        not_yet("global"),
    ],
};

pub(super) static OVERRIDE: Section = Section {
    title: "an override",
    fields: &[
        required("match", "an object of attributes"),
        optional("limit"),
        optional("window"),
        default("unlimited", Node::Bool(false)),
    ],
};

pub(super) static RULE: Section = Section {
    title: "a rule",
    fields: &[
        required("name", "a name"),
        optional("match"),
        optional("except"),
        optional("deny"),
        optional("require"),
        optional("allow"),
        optional("quotas"),
        default("dry_run", Node::Bool(false)),
        optional("message"),
        optional("denial"),
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
        required("quota", "the name of a quota"),
        default("charge", Node::Number(1.0)),
    ],
};

pub(super) static MATCHER: Section = Section {
    title: "a matcher",
    fields: &[
        optional("exact"),
        optional("prefix"),
        optional("suffix"),
        optional("contains"),
        optional("regex"),
        default("ignore_case", Node::Bool(false)),
        optional("in"),
        optional("not"),
        optional("present"),
        optional("some"),
        optional("every"),
    ],
};

pub(super) static ROUTE: Section = Section {
    title: "a route",
    fields: &[
        required("name", "a name"),
        optional("match"),
        optional("except"),
        required("set", "an object with attachments or connection_cluster"),
        not_yet("sticky_by"),
        not_yet("split"),
    ],
};

pub(super) static SET: Section = Section {
    title: "what a route sets",
    fields: &[
        default("attachments", EMPTY),
        optional("connection_cluster"),
    ],
};

pub(super) static REPORTS: Section = Section {
    title: "reports",
    fields: &[
        required("otlp", "an object with the collector's cluster"),
        default("batch", EMPTY),
        not_yet("sample_ratio"),
        not_yet("attachments"),
        not_yet("log"),
    ],
};

pub(super) static OTLP: Section = Section {
    title: "otlp",
    fields: &[required("cluster", "the name of an Envoy cluster")],
};

pub(super) static BATCH: Section = Section {
    title: "a batch",
    fields: &[
        default("max_records", Node::Number(100.0)),
        default("max_delay", word("1s")),
        default("max_queue_per_worker", Node::Number(10_000.0)),
    ],
};

pub(super) static DENIAL: Section = Section {
    title: "denial",
    fields: &[
        default("form", word("exception")),
        default("status", Node::Number(70.0)),
    ],
};

pub(super) static PROTOCOL: Section = Section {
    title: "protocol",
    fields: &[
        default("contradiction", word("deny")),
        default("services", NONE),
        default("serialization", EMPTY),
        default("limits", EMPTY),
        default("unchecked_classes", NONE),
        default("foreign_bytes", word("close")),
    ],
};

pub(super) static SERVICE: Section = Section {
    title: "an exported service",
    fields: &[
        required("interface", "an interface"),
        required("paths", "a list of strings"),
    ],
};

pub(super) static SERIALIZATION: Section = Section {
    title: "serialization",
    fields: &[
        default("fastjson2", word("check")),
        default("other", word("deny")),
    ],
};

pub(super) static LIMITS: Section = Section {
    title: "limits",
    fields: &[
        default("max_frame_bytes", Node::Number(8_388_608.0)),
        default("held_bytes_per_worker", Node::Number(67_108_864.0)),
        default("frame_timeout", word("30s")),
        default("calls_in_flight_per_connection", Node::Number(65_536.0)),
        default("calls_in_flight_per_worker", Node::Number(262_144.0)),
        default("forget_calls_after", word("10m")),
        default("denial_timeout", word("5s")),
    ],
};

const EMPTY: Node = Node::Object(Vec::new());
const NONE: Node = Node::Array(Vec::new());

const fn word(text: &'static str) -> Node {
    Node::String(Cow::Borrowed(text))
}

const fn required(name: &'static str, expected: &'static str) -> Field {
    let need = Need::Required(expected);
    Field { name, need }
}

const fn optional(name: &'static str) -> Field {
    let need = Need::Optional;
    Field { name, need }
}

const fn default(name: &'static str, node: Node) -> Field {
    let need = Need::Default(node);
    Field { name, need }
}

const fn not_yet(name: &'static str) -> Field {
    let need = Need::NotYet;
    Field { name, need }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTIONS: [&Section; 17] = [
        &POLICY,
        &LIST,
        &QUOTA,
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

    #[test]
    fn the_documentation_has_every_field_with_its_default() {
        let documentation = include_str!("../../../docs/configuration.md");
        for section in SECTIONS {
            let documented = table(documentation, section.title);
            let wanted: Vec<(String, String)> = section
                .fields
                .iter()
                .map(|field| (field.name.to_owned(), shown(&field.need)))
                .collect();
            assert_eq!(documented, wanted, "{}", section.title);
        }
    }

    /// Name and default of each row under the heading.
    fn table(documentation: &str, heading: &str) -> Vec<(String, String)> {
        documentation
            .lines()
            .skip_while(|line| {
                !line
                    .trim_start_matches('#')
                    .trim()
                    .eq_ignore_ascii_case(heading)
            })
            .skip(1)
            .take_while(|line| !line.starts_with('#'))
            .filter_map(|line| line.strip_prefix("| `"))
            .filter_map(|row| row.split_once("` |"))
            .filter_map(|(name, row)| {
                let default = row.split(" | ").nth(1)?;
                Some((name.to_owned(), default.to_owned()))
            })
            .collect()
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
