//! The goals for the product's speed, and whether a run met them.

use crate::load::Load;
use crate::measure::Outcome;
use crate::setup::Variant;

/// What is compared with a goal's bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Microseconds a call.
    Microseconds,
    /// Times the cost of another variant.
    Times(Variant),
}

/// One goal: a variant's cost under a load is at most so much.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    /// The load.
    pub load: Load,
    /// The variant.
    pub variant: Variant,
    /// What is compared.
    pub measure: Measure,
    /// The bound.
    pub at_most: f64,
}

impl Goal {
    /// What the run says.
    pub fn measured(&self, outcome: &Outcome) -> f64 {
        match self.measure {
            Measure::Microseconds => outcome.cost(self.load, self.variant),
            Measure::Times(other) => outcome.ratio(self.load, self.variant, other),
        }
    }
}

/// All goals.
pub const GOALS: [Goal; 9] = [
    goal(
        Load::Single,
        Variant::Bounded,
        Measure::Times(Variant::Tcp),
        1.25,
    ),
    goal(
        Load::Single,
        Variant::Bounded,
        Measure::Times(Variant::DubboProxy),
        1.0,
    ),
    goal(
        Load::Single,
        Variant::Every,
        Measure::Times(Variant::Tcp),
        1.25,
    ),
    goal(
        Load::Pipelined,
        Variant::Bounded,
        Measure::Microseconds,
        1.3,
    ),
    goal(
        Load::Pipelined,
        Variant::Bounded,
        Measure::Times(Variant::DubboProxy),
        0.12,
    ),
    goal(Load::Pipelined, Variant::Every, Measure::Microseconds, 2.0),
    goal(
        Load::Pipelined,
        Variant::Every,
        Measure::Times(Variant::DubboProxy),
        0.12,
    ),
    goal(
        Load::LargeString,
        Variant::Bounded,
        Measure::Times(Variant::DubboProxy),
        1.0,
    ),
    goal(
        Load::LargeBytes,
        Variant::Bounded,
        Measure::Times(Variant::DubboProxy),
        0.8,
    ),
];

const fn goal(load: Load, variant: Variant, measure: Measure, at_most: f64) -> Goal {
    Goal {
        load,
        variant,
        measure,
        at_most,
    }
}
