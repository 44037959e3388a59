//! The policy of the demo, as its file says it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use e2e::bootstrap;
use e2e::paths::repository;
use serde_json::Value;

/// The file in `envoy-config`.
pub(crate) const FILE: &str = "demo-policy.yaml";

/// The whole policy.
pub(crate) fn load() -> Result<Value> {
    bootstrap::read(FILE, &BTreeMap::new())
}

/// Prints the entries (lists, quotas, rules, routes) of these names, word for word.
pub(crate) fn quote(names: &[&str]) -> Result<()> {
    let path = repository().join("envoy-config").join(FILE);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    for name in names {
        let first = format!("- name: {name}");
        let mut lines = text.lines().skip_while(|line| *line != first);
        ensure!(lines.next().is_some(), "{FILE} has no entry {name}");
        println!("    {first}");
        for line in lines.take_while(|line| line.starts_with("  ")) {
            println!("    {line}");
        }
    }
    println!();
    Ok(())
}
