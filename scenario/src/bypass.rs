//! Bypasses: calls that run something else at a provider than what they seem to be, as data (`testdata/bypass`).
//!
//! A provider has an open service and closed ones on one port, and `policy.json` closes the closed ones. Each case is sent to the
//! provider itself, through Envoy's `dubbo_proxy`, and through the module; `outcomes.json` says what came of it each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;

use crate::Frame;
use crate::frame::all_bytes;

mod outcome;
mod table;

pub use outcome::{Outcome, Row, Way};
pub use table::table;

/// Cases of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// The kind's heading.
    pub kind: String,
    /// What the cases have in common, as a paragraph.
    pub about: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One way to get around a policy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What it tries, as a line.
    pub tries: String,
    /// What is sent: each list in one segment.
    pub writes: Vec<Vec<Frame>>,
    /// The whole is traffic that a policy should let pass.
    #[serde(default)]
    pub legal: bool,
    /// The module does not see it either: a hole that the page tells of. It must pass, so that the page is mended with it.
    #[serde(default)]
    pub known_hole: bool,
    /// A hole that is about to be closed: it may pass or not.
    #[serde(default)]
    pub pending: bool,
}

impl Case {
    /// The bytes of each segment.
    pub fn segments(&self) -> Result<Vec<Vec<u8>>> {
        let segments = self.writes.iter().map(|frames| all_bytes(frames));
        segments
            .collect::<Result<_>>()
            .with_context(|| self.name.clone())
    }
}

/// What calls of closed services have in their bytes and others have not: their argument.
pub const CLOSED_ARGUMENT: &str = "psst";

/// The kinds of cases, in the order of their files.
pub fn kinds() -> Result<Vec<Kind>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|kind| kind == "yaml"));
    files.sort();
    let read = |file: &PathBuf| -> Result<Kind> {
        let text = fs::read_to_string(file)?;
        serde_saphyr::from_str(&text).map_err(|error| anyhow!("{}: {error}", file.display()))
    };
    let kinds = files.iter().map(read).collect::<Result<Vec<_>>>()?;
    let mut names = BTreeSet::new();
    for case in kinds.iter().flat_map(|kind| &kind.cases) {
        ensure!(names.insert(&case.name), "{} twice", case.name);
    }
    Ok(kinds)
}

/// The policy that closes what is closed, as JSON text.
pub fn policy() -> Result<String> {
    Ok(fs::read_to_string(folder().join("policy.json"))?)
}

/// What came of the cases, by their names and by the provider's.
pub type Outcomes = BTreeMap<String, BTreeMap<String, Row>>;

/// The outcomes that are on record.
pub fn outcomes() -> Result<Outcomes> {
    let file = folder().join("outcomes.json");
    if !file.exists() {
        return Ok(Outcomes::new());
    }
    Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
}

/// Puts what came of cases at one provider on record. What is there of cases that are no more goes.
pub fn record(provider: &str, rows: &BTreeMap<String, Row>) -> Result<()> {
    let mut all = outcomes()?;
    let cases = kinds()?.into_iter().flat_map(|kind| kind.cases);
    let names: BTreeSet<String> = cases.map(|case| case.name).collect();
    all.retain(|name, _| names.contains(name));
    for (name, row) in rows {
        let providers = all.entry(name.clone()).or_default();
        providers.insert(provider.to_owned(), row.clone());
    }
    let lines: Vec<String> = all
        .iter()
        .map(|(name, rows)| {
            Ok(format!(
                "  {}: {}",
                quoted(name)?,
                serde_json::to_string(rows)?
            ))
        })
        .collect::<Result<_>>()?;
    let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
    Ok(fs::write(folder().join("outcomes.json"), text)?)
}

/// Whether the record says what the test found; in the words of a failure if not. How a case fails at the provider is not compared:
/// dubbo-go's answers and the end of its connection race. Nor is what comes of it through `dubbo_proxy`: with dubbo-go behind it, whether a
/// one-way call arrives before it closes the connection is a matter of chance.
pub fn compare(provider: &str, found: &BTreeMap<String, Row>) -> Result<()> {
    let recorded = outcomes()?;
    let differ = |(name, row): (&String, &Row)| {
        let said = recorded.get(name).and_then(|rows| rows.get(provider));
        let said_text = said.map_or_else(|| "nothing".to_owned(), Row::to_string);
        let same = said.is_some_and(|said| {
            let failed = !said.direct.is_success() && !row.direct.is_success();
            said.module.is_like(row.module) && (failed || said.direct == row.direct)
        });
        (!same).then(|| format!("{name} at {provider}: {row}, on record: {said_text}"))
    };
    let different: Vec<String> = found.iter().filter_map(differ).collect();
    ensure!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

fn quoted(text: &str) -> Result<String> {
    Ok(serde_json::to_string(text)?)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/bypass")
}
