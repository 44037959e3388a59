//! Which load of the module this VM belongs to.
//!
//! Every thread has a VM of its own, made at its own time. What all VMs of one load share, and another load does not, is what
//! Envoy makes a VM from: the module's code, and the VM's configuration.

use core::cell::Cell;

use engine::succession::fingerprint;
use proxy_wasm::types::{BufferType, LogLevel};

use crate::host;

/// Names the build: the same sources, dependencies and compiler have the same name.
pub(crate) const BUILD: &str = concat!("build ", env!("DUBBO_POLICY_BUILD"));

thread_local! {
    static GENERATION: Cell<u64> = const { Cell::new(0) };
}

/// Takes the VM's configuration, of `size` bytes, into account. It says nothing to the module otherwise.
pub(crate) fn learn(size: usize) {
    let configuration = host::buffer(BufferType::VmConfiguration, size).unwrap_or_else(|error| {
        host::log(LogLevel::Error, &format!("dubbo-policy: {error}"));
        Vec::new()
    });
    GENERATION.set(fingerprint(&[BUILD.as_bytes(), &configuration]));
}

/// The number of this VM's load.
pub(crate) fn this() -> u64 {
    GENERATION.get()
}
