//! Hessian 2, read strictly and without building values.
//!
//! A [`Decoder`] walks over one Hessian stream and hands out the few values that its caller asks for; everything else
//! is stepped over. What it reads is the grammar of the Hessian 2.0 serialization protocol as Caucho's and Dubbo's
//! writers use it, and nothing beyond: where Java's reader is lenient (a number for a string, missing bytes at the
//! end, stray continuation bytes), this one returns an [`Error`] that names the byte.
//!
//! # What hostile input can cost
//!
//! - Time: linear in the length of the input. A declared length or count larger than what is left ends at once.
//! - Memory: nothing for values that are stepped over. The tables of class definitions and type names hold at most
//!   [`Limits::classes`] and [`Limits::types`] entries that borrow from the input (names written in several chunks are
//!   joined, so at most one copy of the input is made), the stack of open values at most [`Limits::depth`] entries of
//!   8 bytes. [`Decoder::skip_collecting`] keeps at most [`Limits::types`] strings.
//! - Stack: constant; nothing recurses.
//! - No panic.
//!
//! # What it does not do
//!
//! Back references are checked for range and not followed; objects, lists, maps, dates and binary data are stepped
//! over or walked through, not returned; Hessian 1 and the Hessian RPC envelope are refused.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod ahead;
mod chunk;
mod collect;
mod decode;
mod definition;
pub mod encode;
mod error;
mod limits;
mod nested;
mod number;
mod open;
mod reader;
mod skip;
mod tables;
mod tag;
mod text;
mod units;

pub use ahead::Ahead;
pub use decode::{Decoder, ListLen, Scalar};
pub use definition::Definition;
pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use text::{LoneSurrogate, Text};
