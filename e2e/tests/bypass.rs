//! Every case of `testdata/bypass` at real providers: directly, through Envoy's `dubbo_proxy`, and through the module.
//!
//! What comes of each is on record in `testdata/bypass/outcomes.json`; with `BYPASS_RECORD=1` the record is written anew. What is
//! on record of the module never says that a closed service ran, but for the one kind of case that nobody can see.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test: a panic is a failure, the environment is read, and what came of each case is shown"
)]

mod bypass_lab;

use anyhow::Result;
use e2e::go;
use e2e::java::{self, Release};

#[test]
fn dubbo_3_3_6() -> Result<()> {
    bypass_lab::play("Dubbo 3.3.6", &|| {
        java::Provider::start(Release::V3_3_6, "bypass", None)
    })
}

#[test]
fn dubbo_2_7_23() -> Result<()> {
    bypass_lab::play("Dubbo 2.7.23", &|| {
        java::Provider::start(Release::V2_7_23, "bypass", None)
    })
}

#[test]
fn dubbo_go_3_3_1() -> Result<()> {
    bypass_lab::play("dubbo-go 3.3.1", &|| go::Provider::start("bypass"))
}
