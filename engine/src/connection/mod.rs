//! One connection: frames in, decisions applied, frames out, and the books of what is in flight.
//!
//! A connection has two symmetric halves, because both peers send requests and answers: providers call back, and both send
//! heartbeats. What a half keeps is an incomplete frame, and the requests whose answers the other half will bring.
//!
//! A denied call is replaced by a heartbeat with its id, and the heartbeat's answer by the refusal: a proxy cannot write
//! to a peer but in the course of that peer's own bytes.

mod answers;
mod books;
mod calls;
mod cut;
mod effects;
mod ending;
mod facts;
mod in_flight;
mod judge;
mod memory;
mod output;
mod reason;
mod state;
mod trail;

pub(crate) use self::effects::Surroundings;
pub use self::effects::{Effects, Peers, Side};
pub(crate) use self::memory::Memory;
pub use self::output::Edit;
pub use self::reason::{ALTERED_CLASS, CloseReason, reasons};
pub(crate) use self::state::{Connection, Context};
pub use self::trail::Judged;
