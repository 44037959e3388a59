//! The configuration: bytes are read into a [`Node`], and that into a [`Policy`](crate::policy::Policy), or into every
//! mistake that it has.

mod conditions;
mod denial;
mod digest;
mod documentation;
mod duration;
mod error;
mod global;
mod json;
mod json_schema;
mod limits;
mod lists;
mod load;
mod matchers;
mod names;
mod node;
mod notes;
mod parse;
mod path;
mod patterns;
mod protobuf;
mod protocol;
mod quotas;
mod reader;
mod reports;
mod routes;
mod rules;
mod schema;
mod suggest;
mod types;
mod warnings;

pub use error::{ConfigError, Errors, Warning};
pub use json_schema::json_schema;
pub use limits::Limits;
pub use load::{Loaded, load, load_unseen};
pub use node::Node;
pub use notes::notes;
pub use parse::parse;
pub use path::{Path, Segment};
pub use suggest::suggest;
