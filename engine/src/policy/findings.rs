//! What the rules say of one call, before anything is made of it.

use super::facts::{CallFacts, Reading};
use super::policy::Policy;
use super::rule::{Action, Rule};
use super::truth::{Expired, Truth};

/// The rules that are about a call, by their places in the policy, each once and in their order. They depend on nothing
/// but the call's facts and the lists, so they hold for every call with the same ones. Nothing is allocated for a call that no rule
/// denies or charges.
#[derive(Debug, Default)]
pub struct Findings {
    /// Rules that deny it, or require what does not hold.
    pub(super) denying: Vec<usize>,
    /// Such rules in dry run.
    pub(super) denying_dry: Vec<usize>,
    /// Rules that charge it.
    pub(super) charging: Vec<usize>,
    /// Such rules in dry run.
    pub(super) charging_dry: Vec<usize>,
    /// Rules that would refuse or charge it, or not: a list that refuses has expired.
    pub(super) unknown: Vec<(usize, Expired)>,
    /// Such rules in dry run.
    pub(super) unknown_dry: Vec<(usize, Expired)>,
    /// Some rule may allow it, or not.
    pub(super) may_be_granted: bool,
    /// The first rule that allows the first reading.
    pub(super) granting: Option<usize>,
    /// The first route that is about the call, in its first reading.
    pub(super) route: Option<usize>,
    /// A bit for each reading that some rule allows.
    granted: u64,
    readings: u32,
}

impl Findings {
    /// Looks at every rule that may be about the call, in every reading of it.
    pub(super) fn of(call: &CallFacts<'_>, policy: &Policy) -> Findings {
        let mut findings = Findings::default();
        let mut room = Vec::new();
        let (rules, routes) = (&policy.rules, &policy.routes);
        let first = call.first_reading();
        policy.route_index.visit(&first, &mut room, |place| {
            let route = routes.get(place);
            let applies = route.is_some_and(|route| route.scope.covers(&first).is_true());
            findings.route = applies.then_some(place);
            applies
        });
        for reading in call.readings() {
            policy.rule_index.visit(&reading, &mut room, |place| {
                if let Some(rule) = rules.get(place) {
                    findings.note(rule, rule.scope.covers(&reading), &reading);
                }
                false
            });
            findings.readings += 1;
        }
        findings
    }

    /// Some rule allows every reading. Readings that have no bit are not known to be allowed.
    pub(super) fn all_granted(&self) -> bool {
        self.granted.count_ones() == self.readings
    }

    fn note(&mut self, rule: &Rule, covers: Truth, reading: &Reading<'_>) {
        let applies = match (&rule.action, covers) {
            (Action::Require(required), Truth::True | Truth::Unknown(_)) => {
                covers.and(!required.test(reading))
            }
            (_, covers) => covers,
        };
        match (&rule.action, applies) {
            (_, Truth::False) => {}
            (Action::Allow, _) if rule.dry_run => {}
            (Action::Allow, Truth::Unknown(_)) => self.may_be_granted = true,
            (Action::Allow, Truth::True) => {
                self.granted |= 1u64.checked_shl(self.readings).unwrap_or_default();
                if self.readings == 0 {
                    self.granting.get_or_insert(rule.index);
                }
            }
            (_, Truth::Unknown(expired)) => {
                let unknown = match rule.dry_run {
                    true => &mut self.unknown_dry,
                    false => &mut self.unknown,
                };
                if expired.refuses {
                    add_unknown(unknown, rule.index, expired);
                }
            }
            (Action::Deny | Action::Require(_), Truth::True) => match rule.dry_run {
                true => add(&mut self.denying_dry, rule.index),
                false => add(&mut self.denying, rule.index),
            },
            (Action::Quotas(_), Truth::True) => match rule.dry_run {
                true => add(&mut self.charging_dry, rule.index),
                false => add(&mut self.charging, rule.index),
            },
        }
    }
}

/// Adds a rule in its order, once: several readings come to the same rules.
fn add(rules: &mut Vec<usize>, rule: usize) {
    let at = rules.partition_point(|other| *other < rule);
    if rules.get(at) != Some(&rule) {
        rules.insert(at, rule);
    }
}

/// The same, with the list that counts of those that readings have met.
fn add_unknown(rules: &mut Vec<(usize, Expired)>, rule: usize, expired: Expired) {
    let at = rules.partition_point(|(other, _)| *other < rule);
    match rules.get_mut(at) {
        Some((other, known)) if *other == rule => *known = known.or_stricter(expired),
        _ => rules.insert(at, (rule, expired)),
    }
}
