//! A document as a tree, before anything is known of its meaning.

use std::borrow::Cow;

/// A value. JSON text, a `google.protobuf.Struct` and, on the command line, YAML are read into this.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    String(Cow<'static, str>),
    /// An array.
    Array(Vec<Node>),
    /// An object, in the order of the document. A field that stands there twice is here twice: that is a mistake to be
    /// reported, not one to be hidden.
    Object(Vec<(String, Node)>),
}
