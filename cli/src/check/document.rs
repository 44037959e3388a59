//! One file: its configurations, and what is wrong with them.

use engine::config;

use super::findings::{Checked, Finding, Report, Severity};
use crate::config::{Held, Place, Yaml, documents, held_in};

/// Checks a file.
pub(crate) fn check(file: &str, bytes: &[u8], report: &mut Report) {
    let mut file = File { name: file, report };
    let documents = match documents(file.name, bytes) {
        Ok(documents) => documents,
        Err(error) => return file.find(error.place, Severity::Error, error.text),
    };
    let held = match held_in(&documents) {
        Ok(held) => held,
        Err(error) => return file.find(error.place, Severity::Error, error.text),
    };
    for held in held {
        file.check(held);
    }
}

struct File<'r> {
    name: &'r str,
    report: &'r mut Report,
}

impl File<'_> {
    fn check(&mut self, held: Held<'_>) {
        let first = self.report.findings.len();
        let loaded = held
            .node
            .and_then(|node| Ok((config::load(&node)?, config::notes(&node))));
        match loaded {
            Err(errors) => {
                for error in errors {
                    self.find_at(held.yaml, &error.path, Severity::Error, error.to_string());
                }
            }
            Ok((loaded, notes)) => {
                for (severity, told) in [
                    (Severity::Warning, loaded.warnings),
                    (Severity::Note, notes),
                ] {
                    for told in told {
                        self.find_at(held.yaml, &told.path, severity, told.to_string());
                    }
                }
                let checked = Checked {
                    file: self.name.to_owned(),
                    place: held.yaml.place,
                    plugin: held.plugin,
                    policy: loaded.policy,
                };
                self.reject_namesake(&checked, held.yaml);
                self.report.policies.push(checked);
            }
        }
        let found = self.report.findings.get_mut(first..).unwrap_or_default();
        found.sort_by_key(|finding| (finding.place.line, finding.place.column));
    }

    /// Envoy takes two configurations of one plugin with one policy name for an old and a new version of the same. Which
    /// plugin loads a plain configuration is not known.
    fn reject_namesake(&mut self, checked: &Checked, yaml: &Yaml) {
        let namesake = self.report.policies.iter().find(|other| {
            other.plugin == checked.plugin
                && other.policy.name == checked.policy.name
                && other.policy.revision != checked.policy.revision
        });
        let Some(other) = namesake else { return };
        let at = format!("{}:{}:{}", other.file, other.place.line, other.place.column);
        let (severity, text) = match &*checked.plugin {
            "" => (
                Severity::Warning,
                format!(
                    "name: the policy at {at} has this name, too: if one plugin loads both, they are taken for an old and a \
                     new version of one policy"
                ),
            ),
            _ => (
                Severity::Error,
                format!(
                    "name: expected a name of its own, found that of another policy of the same plugin, at {at}"
                ),
            ),
        };
        let path = config::Path::default().field("name");
        self.find_at(yaml, &path, severity, text);
    }

    /// Something in a configuration.
    fn find_at(&mut self, yaml: &Yaml, path: &config::Path, severity: Severity, text: String) {
        self.push(yaml.locate(path), severity, path.to_string(), text);
    }

    /// Something of the file itself.
    fn find(&mut self, place: Place, severity: Severity, text: String) {
        self.push(place, severity, String::new(), text);
    }

    fn push(&mut self, place: Place, severity: Severity, path: String, text: String) {
        self.report.findings.push(Finding {
            file: self.name.to_owned(),
            place,
            severity,
            path,
            text,
        });
    }
}
