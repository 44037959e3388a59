//! Reads scenario files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use crate::Scenario;

/// Every `*.yaml` file of the folder, in the order of their names.
pub fn load_all(folder: &Path) -> Result<Vec<Scenario>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("the folder of scenarios {}", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    files.sort();
    ensure!(!files.is_empty(), "no scenario in {}", folder.display());
    files.iter().map(|file| load(file)).collect()
}

/// One scenario file.
pub fn load(file: &Path) -> Result<Scenario> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    parse(&text, file)
}

/// The text of a scenario file; errors name `file`.
pub fn parse(text: &str, file: &Path) -> Result<Scenario> {
    let scenario: Scenario =
        serde_saphyr::from_str(text).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    Ok(Scenario {
        file: file.to_owned(),
        ..scenario
    })
}
