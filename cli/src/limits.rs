//! Limits in words.

use engine::quota::{Algorithm, Kind};

/// What a quota admits for each key: `100 in any 1 s`.
pub(crate) fn text(kind: &Kind) -> String {
    match kind {
        Kind::InFlight(in_flight) => format!("{} at a time", in_flight.limit),
        Kind::Global(rate) => {
            let window = rate.global.unit.window().as_secs_f64();
            format!("{} in each clock-aligned {window} s", rate.limit)
        }
        Kind::Rate(rate) => {
            let algorithm = match rate.algorithm {
                Algorithm::Rolling => "in any",
                Algorithm::Fixed => "in each clock-aligned",
            };
            format!("{} {algorithm} {} s", rate.limit, rate.window.as_secs_f64())
        }
    }
}
