//! What the rules say of one call, before anything is made of it.

use super::facts::{CallFacts, Reading};
use super::rule::{Action, Rule};

/// The rules that are about a call, each once and in their order. Nothing is allocated for a call that no rule denies or
/// charges.
#[derive(Debug, Default)]
pub(super) struct Findings<'p> {
    /// Rules that deny it, or require what does not hold.
    pub(super) denying: Vec<&'p Rule>,
    /// Such rules in dry run.
    pub(super) denying_dry: Vec<&'p Rule>,
    /// Rules that charge it.
    pub(super) charging: Vec<&'p Rule>,
    /// Such rules in dry run.
    pub(super) charging_dry: Vec<&'p Rule>,
    /// The first rule that allows the first reading.
    pub(super) granting: Option<&'p Rule>,
    /// A bit for each reading that some rule allows.
    granted: u64,
    readings: u32,
}

impl<'p> Findings<'p> {
    /// Looks at every rule, in every reading of the call.
    pub(super) fn of(call: &CallFacts<'_>, rules: &'p [Rule]) -> Findings<'p> {
        let mut findings = Findings::default();
        for reading in call.readings() {
            for rule in rules {
                if rule.scope.covers(&reading) {
                    findings.note(rule, &reading);
                }
            }
            findings.readings += 1;
        }
        if findings.readings > 1 {
            findings.sort();
        }
        findings
    }

    /// Some rule allows every reading. Readings that have no bit are not known to be allowed.
    pub(super) fn all_granted(&self) -> bool {
        self.granted.count_ones() == self.readings
    }

    fn note(&mut self, rule: &'p Rule, reading: &Reading<'_>) {
        match &rule.action {
            Action::Require(required) if required.holds(reading) => {}
            Action::Deny | Action::Require(_) => match rule.dry_run {
                true => self.denying_dry.push(rule),
                false => self.denying.push(rule),
            },
            Action::Quotas(_) => match rule.dry_run {
                true => self.charging_dry.push(rule),
                false => self.charging.push(rule),
            },
            Action::Allow if rule.dry_run => {}
            Action::Allow => {
                self.granted |= 1u64.checked_shl(self.readings).unwrap_or_default();
                if self.readings == 0 {
                    self.granting.get_or_insert(rule);
                }
            }
        }
    }

    /// Several readings have left the rules reading by reading.
    fn sort(&mut self) {
        for rules in [
            &mut self.denying,
            &mut self.denying_dry,
            &mut self.charging,
            &mut self.charging_dry,
        ] {
            rules.sort_unstable_by_key(|rule| rule.index);
            rules.dedup_by_key(|rule| rule.index);
        }
    }
}
