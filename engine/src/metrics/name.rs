//! Names of Envoy stats that carry tags.
//!
//! ```text
//! policy=.=user-provider;.;reason=.=bad_magic;.;dubbo_policy_refused_total
//! ```
//! Envoy cuts a tag out of a name with `(TAG=\.=(.*?);\.;)`: the regex that Istio makes of `extraStatTags`, and that
//! `envoy-config/stats-tags.yaml` gives a plain Envoy. What is left is the name in Prometheus.

/// All tags that a name may have.
pub const TAGS: [&str; 14] = [
    "policy",
    "revision",
    "direction",
    "dubbo_service",
    "dubbo_method",
    "decision",
    "answer",
    "rule",
    "result",
    "enforced",
    "quota",
    "list",
    "reason",
    "call",
];

/// The name of a metric, without our prefix, with its tags in front.
pub(super) fn stat_name(tags: &[(&str, &str)], metric: &str) -> String {
    let mut name = String::new();
    for (tag, value) in tags {
        name.push_str(tag);
        name.push_str("=.=");
        name.extend(value.chars().map(plain));
        name.push_str(";.;");
    }
    name.push_str("dubbo_policy_");
    name.push_str(metric);
    name
}

/// `;` would end a tag and `=` could begin one; the rest does not belong into a label or a stats line.
fn plain(c: char) -> char {
    match c {
        ';' | '=' => '_',
        ' '..='~' => c,
        _ => '_',
    }
}
