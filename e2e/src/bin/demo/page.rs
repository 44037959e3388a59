//! How things are printed: plain text, 110 columns, facts with the place where they were seen.

use std::fmt::Debug;

use anyhow::{Result, bail};
use e2e::java::Outcome;
use serde_json::Value;

use crate::request::Request;

/// The title of a section and what it is about.
pub(crate) fn section(title: &str, about: &[&str]) {
    println!("\n{title}\n{}", "-".repeat(title.len()));
    for line in about {
        println!("{line}");
    }
    println!();
}

/// A call, and what the Java caller got.
pub(crate) fn call(caller: &str, request: &Request, outcome: &Outcome) {
    let call = format!("{caller}: {request}");
    match &outcome.result {
        Ok(value) => println!("  {call:<58} returned {}", short(value)),
        Err(exception) => {
            println!("  {call:<58} threw {}", exception.class);
            println!("      {}", exception.message);
        }
    }
}

/// Something that must be so, and where it was seen. Fails when it is not so.
pub(crate) fn fact<T: PartialEq + Debug>(
    what: &str,
    seen: &str,
    found: &T,
    expected: &T,
) -> Result<()> {
    if found != expected {
        println!("  NO {what:<56} [{seen}]");
        bail!("{what}: expected {expected:?}, found {found:?} [{seen}]");
    }
    println!("  ok {what:<56} [{seen}]");
    Ok(())
}

/// A value as JSON, its beginning if it is long.
fn short(value: &Value) -> String {
    const MOST: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.split_at(end).0),
        None => text,
    }
}
