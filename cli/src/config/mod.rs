//! Configurations in files: plain, or in what Envoy and Istio are given.

mod choose;
mod file;
mod holders;
mod scalar;
mod yaml;

pub(crate) use choose::{Chosen, choose};
pub(crate) use file::{documents, held_in, read};
pub(crate) use holders::Held;
pub(crate) use yaml::{Place, Yaml};
