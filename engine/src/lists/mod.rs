//! What is in lists, and where it comes from.
//!
//! One VM fetches a list for all VMs of the process, compiles it, and hands it on in pieces through shared data. There is
//! no I/O here: what has to be sent is handed out, and answers are handed in.

mod body;
mod entries;
mod fetch;
mod following;
mod ips;
mod pieces;
mod regexes;
mod schedule;
mod slot;
mod source;
mod strings;
mod tracked;

pub use body::{Format, NotAList, compile};
pub use entries::{Compiled, Entries, Kind};
pub use fetch::{Answer, Fetch, FetchId, Response};
pub use following::Following;
pub use ips::IpSet;
pub(crate) use ips::parse_net;
pub use regexes::RegexSet;
pub(crate) use regexes::whole;
pub use source::{Source, WhenExpired};
pub use strings::StringSet;
pub use tracked::Notice;
