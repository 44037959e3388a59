//! Documents to read.

use engine::config::{self, Loaded};
use prost::Message;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::{Map, json};

/// Every supported field.
pub(crate) fn full() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../testdata/config/good/full.json")).unwrap()
}

/// The smallest document, with these fields instead of or besides its own.
pub(crate) fn with(fields: serde_json::Value) -> serde_json::Value {
    let mut document = json!({"apiVersion": "dubbo-policy/v1", "name": "test", "rules": []});
    let serde_json::Value::Object(fields) = fields else {
        panic!("fields are an object");
    };
    document.as_object_mut().unwrap().extend(fields);
    document
}

/// Reads JSON text.
pub(crate) fn load_text(text: &str) -> Result<Loaded, Vec<String>> {
    config::parse(text.as_bytes())
        .and_then(|node| config::load(&node))
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// Reads a document as JSON text.
pub(crate) fn load(document: &serde_json::Value) -> Result<Loaded, Vec<String>> {
    load_text(&document.to_string())
}

/// The document as prost writes it: what Envoy hands over for a Struct.
pub(crate) fn struct_bytes(document: &serde_json::Value) -> Vec<u8> {
    to_struct(document.as_object().unwrap()).encode_to_vec()
}

fn to_struct(fields: &Map<String, serde_json::Value>) -> Struct {
    Struct {
        fields: fields
            .iter()
            .map(|(name, value)| (name.clone(), to_value(value)))
            .collect(),
    }
}

fn to_value(value: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    let kind = match value {
        Json::Null => Kind::NullValue(0),
        Json::Bool(flag) => Kind::BoolValue(*flag),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        Json::String(text) => Kind::StringValue(text.clone()),
        Json::Array(values) => Kind::ListValue(ListValue {
            values: values.iter().map(to_value).collect(),
        }),
        Json::Object(fields) => Kind::StructValue(to_struct(fields)),
    };
    Value { kind: Some(kind) }
}
