//! JSONB, the binary form of fastjson2, as Dubbo frames it: each value of a body behind its length, with symbols of its own.
//!
//! What is read is what fastjson2 2.0.56 (with Dubbo 3.3.6) writes, and of what it reads only what it could write. Its
//! reader is lenient where a few bytes decide what runs; see [`reader`] and [`walk`].
//!
//! | tag | value |
//! |---|---|
//! | `00`-`48`, `f0`-`ff` | 32-bit number |
//! | `49`-`78`, `79` | string, a byte a character (Latin-1) |
//! | `7a`, `7b`, `7c`, `7d`, `7e` | string in UTF-8, UTF-16 with its byte order, little-endian, big-endian, GB 18030 |
//! | `7f` | symbol: a string and its number, or the number of an earlier one |
//! | `90` | character |
//! | `91` | binary |
//! | `92` | type: a name and its number as a symbol, or the number of an earlier one; the value follows |
//! | `93` | reference: a JSON path as a string |
//! | `94`-`a3`, `a4` | array: so many values follow |
//! | `a6` | object: keys and values to `a5` |
//! | `a7`-`ae` | dates and times |
//! | `af`, `b0`, `b1` | null, false, true |
//! | `b2`-`bb` | floating point numbers, decimals, big integers |
//! | `bc`, `bd` | 16-bit and 8-bit number |
//! | `be`-`ef` | 64-bit number |

mod error;
pub(crate) mod number;
pub(crate) mod reader;
mod scalar;
mod string;
mod symbols;
pub(crate) mod walk;
mod write;

pub(crate) use error::Error;
pub use error::ErrorKind;
pub(crate) use scalar::scalar;
pub(crate) use string::text;
pub(crate) use write::{INT8, OBJECT, OBJECT_END, TYPED, string, value};

pub(crate) const NULL: u8 = 0xaf;
pub(crate) const REFERENCE: u8 = 0x93;
pub(crate) const SYMBOL: u8 = 0x7f;
