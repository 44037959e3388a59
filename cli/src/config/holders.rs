//! Where a configuration stands in what Envoy and Istio are given.

use engine::config::{Errors, Node, parse};

use super::yaml::{Content, Yaml};

/// A configuration.
#[derive(Debug)]
pub(crate) struct Held<'y> {
    /// Where its values stand.
    pub(crate) yaml: &'y Yaml,
    /// How the module will see it.
    pub(crate) node: Result<Node, Errors>,
    /// The plugin that loads it; empty for a plain configuration.
    pub(crate) plugin: String,
}

/// Finds the configurations in a document: it is one itself, or an EnvoyFilter, a WasmPlugin or a bootstrap holds them.
pub(crate) fn find(document: &Yaml) -> Vec<Held<'_>> {
    let holds = HOLDERS.iter().any(|field| document.get(field).is_some());
    if !holds {
        return vec![Held {
            yaml: document,
            node: Ok(document.to_node()),
            plugin: String::new(),
        }];
    }
    let mut found = Vec::new();
    search(document, "", &mut found);
    // Other modules have configurations, too.
    if found.iter().any(is_ours) {
        found.retain(is_ours);
    }
    found
}

/// What only the outermost object of something else has.
const HOLDERS: [&str; 5] = [
    "kind",
    "static_resources",
    "staticResources",
    "resources",
    "@type",
];

/// `resource` is Istio's name for the plugins of the WasmPlugin that this is a part of.
fn search<'y>(value: &'y Yaml, resource: &str, found: &mut Vec<Held<'y>>) {
    match &value.content {
        Content::Scalar(_) => {}
        Content::Array(items) => items.iter().for_each(|item| search(item, resource, found)),
        Content::Object(fields) => {
            let own = wasm_plugin(value);
            let resource = own.as_deref().unwrap_or(resource);
            for field in fields {
                match &*field.name {
                    "pluginConfig" => found.push(Held {
                        yaml: &field.value,
                        node: Ok(field.value.to_node()),
                        plugin: name_of(value, resource),
                    }),
                    "configuration" => found.extend(any(&field.value, name_of(value, resource))),
                    _ => search(&field.value, resource, found),
                }
            }
        }
    }
}

/// A `google.protobuf.Any` of a well-known type.
fn any(value: &Yaml, plugin: String) -> Option<Held<'_>> {
    let (_, kind) = value.get("@type")?.text()?.rsplit_once('/')?;
    let yaml = value.get("value")?;
    let node = match kind {
        "google.protobuf.Struct" => Ok(yaml.to_node()),
        "google.protobuf.StringValue" => parse(yaml.text()?.as_bytes()),
        _ => return None,
    };
    Some(Held { yaml, node, plugin })
}

/// Envoy's names of a plugin: its own and that of its root. Istio calls a plugin like its resource, and the root like the
/// `pluginName`.
fn name_of(plugin: &Yaml, resource: &str) -> String {
    let text = |field| plugin.get(field).and_then(Yaml::text).unwrap_or_default();
    if !resource.is_empty() {
        return format!("{resource}/{}", text("pluginName"));
    }
    let root = plugin.get("root_id").or(plugin.get("rootId"));
    let root = root.and_then(Yaml::text).unwrap_or_default();
    format!("{}/{root}", text("name"))
}

/// What Istio calls the plugin of a WasmPlugin.
fn wasm_plugin(value: &Yaml) -> Option<String> {
    if value.get("kind")?.text()? != "WasmPlugin" {
        return None;
    }
    let metadata = value.get("metadata");
    let text = |field| metadata?.get(field)?.text();
    let (namespace, name) = (text("namespace"), text("name"));
    Some(format!(
        "wasmplugin/{}.{}",
        namespace.unwrap_or_default(),
        name.unwrap_or_default()
    ))
}

/// A policy, or what was meant to be one.
fn is_ours(held: &Held<'_>) -> bool {
    match &held.node {
        Ok(Node::Object(fields)) => fields.iter().any(|(name, value)| {
            name == "apiVersion"
                && matches!(value, Node::String(version) if version.starts_with(OURS))
        }),
        Ok(_) => false,
        Err(_) => held.yaml.text().is_some_and(|text| text.contains(OURS)),
    }
}

const OURS: &str = "dubbo-policy/";
