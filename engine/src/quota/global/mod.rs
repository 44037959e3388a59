//! Limits that several Envoys share, by leases from a rate limit service (`envoy.service.ratelimit.v3`).
//!
//! No call waits for the service. What a node may admit of a key in the current window stands in shared data ([`pool`]), and
//! a VM asks for more ahead of need, from its ticks: for as much as was used lately ([`demand`]). One ask at a time is on its
//! way for a key, whichever VM has made it. Until a window's first answer a node admits on credit; the first ask takes what
//! was admitted, and more.
//!
//! So over n nodes the calls of a window are at most the limit and n leases, of a tenth of the limit or one charge each: what
//! one of them has admitted on credit when the service refuses. A node whose clock is not the service's may carry one lease
//! more from one window of the service into the next.

mod asks;
mod demand;
mod health;
mod known;
mod named;
mod node;
mod pool;
mod settings;
mod unit;
mod wire;

pub use asks::{Ask, AskId, Asked};
pub(super) use named::Named;
pub use node::Globals;
pub(super) use node::Taken;
pub use settings::{Global, Service, WhenUnavailable};
pub use unit::Unit;
