//! The configuration: a document is read into a [`Node`], and that into a [`Policy`], or into every mistake it has.

mod error;
mod limits;
mod node;
mod path;

pub use error::{ConfigError, Errors, Warning};
pub use limits::Limits;
pub use node::Node;
pub use path::{Path, Segment};

use crate::policy::Policy;

/// A configuration that has no mistakes.
#[derive(Debug)]
pub struct Loaded {
    /// The policy.
    pub policy: Policy,
    /// What is allowed and probably not meant.
    pub warnings: Vec<Warning>,
}
