//! From the body of an answer to entries.
//!
//! A bad entry is skipped and counted. A body that is no list at all, because it is an error page, or half of a list,
//! is a [`NotAList`]: whatever list there was before is better than that.

mod json;
mod lines;
mod yaml;

use core::fmt;
use std::borrow::Cow;

use super::entries::{Compiled, Compiler, Kind};

/// `format`: how a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// An entry a line; LF or CRLF, blanks around entries, empty lines, and comments from a `#` that begins a line or
    /// stands behind a blank.
    Lines,
    /// An array of strings, or an object with one under `whitelist`.
    Json,
    /// A sequence of scalars, or a mapping with one under `whitelist`.
    Yaml,
}

/// Why a body is no list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAList(pub String);

impl fmt::Display for NotAList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for NotAList {}

/// What a reader calls for each entry: with its text, or with what stands there in its place, to be shown.
type Each<'f, 'a> = &'f mut dyn FnMut(Result<Cow<'a, str>, Cow<'a, str>>);

/// Reads a body, and compiles its entries.
///
/// # Errors
/// When it is not of the format, or when none of its entries is one.
pub fn compile(format: Format, kind: Kind, body: &[u8]) -> Result<Compiled, NotAList> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut compiler = Compiler::new(kind);
    let each: Each<'_, '_> = &mut |entry| compiler.add(entry);
    match format {
        Format::Lines => lines::read(body, each)?,
        Format::Json => json::read(body, each)?,
        Format::Yaml => yaml::read(body, each)?,
    }
    let compiled = compiler.finish();
    if compiled.good == 0 && compiled.bad > 0 {
        let shown = compiled.examples.join(", ");
        let bad = compiled.bad;
        return Err(NotAList(format!(
            "none of its {bad} entries is one: {shown:?}"
        )));
    }
    Ok(compiled)
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
