//! The values of a scenario file, whatever they are written in.

use serde::Deserialize;

/// A value in a scenario file. Plain YAML is null, a bool, an int or a string; everything else says its kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// `42`: a Java int
    Int(i32),
    /// `bob`
    String(String),
    /// `{long: 42}`
    Typed(Typed),
}

/// A value that names its kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Typed {
    /// A Java long.
    Long(i64),
    /// A Java double.
    Double(f64),
    /// A byte array of so many bytes.
    Bytes(usize),
    /// A string of so many characters.
    Text(usize),
    /// A `java.util.List`, written as Java writes an `ArrayList`: fixed length, without a type.
    List(Vec<Value>),
    /// A `String[]`.
    Strings(Vec<String>),
    /// An `Object[]`.
    Objects(Vec<Value>),
    /// A `java.util.HashMap`.
    Map(Vec<(Value, Value)>),
    /// A map that names its class.
    TypedMap(String, Vec<(Value, Value)>),
    /// An instance of a class.
    Object(Object),
    /// These bytes (hex), whatever they are.
    Raw(String),
    /// The bytes of this text, and nothing that tells their kind or number.
    Ascii(String),
    /// Values that stand in the place of one, without anything between them.
    Pieces(Vec<Value>),
    /// What only fastjson2 has.
    Jsonb(Jsonb),
}

/// An instance of a class, its fields in the order of its definition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The Java class name.
    pub class: String,
    /// Names and values.
    pub fields: Vec<(String, Value)>,
}

/// What JSONB has and Hessian has not: several forms of a string, a table of names, references by path, a class before any value.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jsonb {
    /// `7a`: a string in UTF-8.
    Utf8(String),
    /// `7b`: a string in UTF-16 that begins with a byte order mark.
    Utf16(String),
    /// `7c`: a string in UTF-16, low byte first.
    Utf16le(String),
    /// `7d`: a string in UTF-16, high byte first.
    Utf16be(String),
    /// `7f`: a name that gets a number in the value's table; the number alone when the name is there already.
    Symbol(String),
    /// `93`: the value at this path (`$.lane`) of the same top-level value.
    Reference(String),
    /// `bd`: an int of one byte.
    Int8(i8),
    /// A map with symbols for keys, as fields are written.
    Fields(Vec<(String, Value)>),
    /// `92`: a class, and a value of it.
    Class(String, Box<Value>),
    /// A value of the body behind another length than its own.
    Claims(i32, Box<Value>),
}

impl Value {
    /// What stands for a parameter of this kind in a method's descriptor.
    pub(crate) fn descriptor(&self) -> String {
        match self {
            Value::Null => OBJECT.into(),
            Value::Bool(_) => "Z".into(),
            Value::Int(_) => "I".into(),
            Value::String(_) => STRING.into(),
            Value::Typed(typed) => typed.descriptor(),
        }
    }
}

impl Typed {
    fn descriptor(&self) -> String {
        match self {
            Typed::Raw(_) => OBJECT.into(),
            Typed::Text(_) | Typed::Ascii(_) => STRING.into(),
            Typed::Long(_) => "J".into(),
            Typed::Double(_) => "D".into(),
            Typed::Bytes(_) => "[B".into(),
            Typed::List(_) => "Ljava/util/List;".into(),
            Typed::Strings(_) => "[Ljava/lang/String;".into(),
            Typed::Objects(_) => "[Ljava/lang/Object;".into(),
            Typed::Map(_) | Typed::TypedMap(..) => MAP.into(),
            Typed::Object(object) => format!("L{};", object.class.replace('.', "/")),
            Typed::Pieces(pieces) => pieces.first().unwrap_or(&Value::Null).descriptor(),
            Typed::Jsonb(jsonb) => jsonb.descriptor(),
        }
    }
}

impl Jsonb {
    fn descriptor(&self) -> String {
        match self {
            Jsonb::Utf8(_)
            | Jsonb::Utf16(_)
            | Jsonb::Utf16le(_)
            | Jsonb::Utf16be(_)
            | Jsonb::Symbol(_) => STRING.into(),
            Jsonb::Reference(_) => OBJECT.into(),
            Jsonb::Int8(_) => "B".into(),
            Jsonb::Fields(_) => MAP.into(),
            Jsonb::Class(class, _) => format!("L{};", class.replace('.', "/")),
            Jsonb::Claims(_, value) => value.descriptor(),
        }
    }
}

const OBJECT: &str = "Ljava/lang/Object;";
const STRING: &str = "Ljava/lang/String;";
const MAP: &str = "Ljava/util/Map;";
