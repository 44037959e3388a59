//! Every call to the host, checked.
//!
//! The proxy-wasm crate panics on any status that it did not foresee, and a panic here closes every connection of the
//! worker. So the calls that this module needs are declared here, and give a [`HostError`] for whatever the host answers.
//! Only gRPC and HTTP calls stay with the crate: its dispatcher has to know their tokens.
//!
//! Statuses and buffer numbers are those of Proxy-Wasm ABI 0.2.1; what Envoy really does with them was tried on 1.40.
#![expect(
    unsafe_code,
    reason = "the host calls of the Proxy-Wasm ABI; nothing outside this file is unsafe"
)]

use core::fmt;
use core::ptr::{null, null_mut};
use core::time::Duration;

use proxy_wasm::types::{BufferType, LogLevel, MapType, MetricType, StreamType};

/// A host call that did not answer `Ok`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostError {
    /// The call's name without `proxy_`: the label of the failure metric.
    pub(crate) call: &'static str,
    /// The raw status of the ABI.
    pub(crate) status: u32,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host call {} answered status {}", self.call, self.status)
    }
}

pub(crate) type Result<T> = core::result::Result<T, HostError>;

const OK: u32 = 0;
const NOT_FOUND: u32 = 1;
/// The answer of [`set_shared_data`] when somebody else has written since.
pub(crate) const CAS_MISMATCH: u32 = 8;

fn check(call: &'static str, status: u32) -> Result<()> {
    if status == OK {
        Ok(())
    } else {
        Err(HostError { call, status })
    }
}

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, data: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_buffer_bytes(
        kind: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        kind: u32,
        start: usize,
        size: usize,
        data: *const u8,
        len: usize,
    ) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        name_len: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_len: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_len: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_len: usize,
        data: *const u8,
        size: usize,
        cas: u32,
    ) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, len: usize, id: *mut u32) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_len: usize,
        arguments: *const u8,
        arguments_len: usize,
        results: *mut *mut u8,
        results_len: *mut usize,
    ) -> u32;
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
}

/// WASI's clock that never goes back. Envoy answers with its steady clock, the same for all VMs of the process; `Instant`
/// hides the number, and a window that several workers count in needs it.
const CLOCK_MONOTONIC: u32 = 1;

/// Nanoseconds on the host's monotonic clock.
pub(crate) fn monotonic_time() -> Result<u64> {
    let mut time = 0;
    // SAFETY: `time` outlives the call.
    check("clock_time_get", unsafe {
        clock_time_get(CLOCK_MONOTONIC, 0, &mut time)
    })?;
    Ok(time)
}

/// Nanoseconds since the UTC epoch.
pub(crate) fn wall_time() -> Result<u64> {
    let mut time = 0;
    // SAFETY: `time` outlives the call.
    check("get_current_time", unsafe {
        proxy_get_current_time_nanoseconds(&mut time)
    })?;
    Ok(time)
}

/// A line in Envoy's log. There is nowhere to say that it failed.
pub(crate) fn log(level: LogLevel, line: &str) {
    // SAFETY: the host reads `line` during the call only.
    unsafe { proxy_log(level as u32, line.as_ptr(), line.len()) };
}

/// Sets the period of the root's `on_tick`; zero stops it.
pub(crate) fn set_tick_period(period: Duration) -> Result<()> {
    let millis = u32::try_from(period.as_millis()).unwrap_or(u32::MAX);
    // SAFETY: no pointers.
    check("set_tick_period", unsafe {
        proxy_set_tick_period_milliseconds(millis)
    })
}

/// Takes over what the host has allocated in this module by `proxy_on_memory_allocate`, which makes a boxed slice of
/// exactly the size that was asked for.
///
/// # Safety
/// `data` and `size` are those that a host call has just handed over, or null.
unsafe fn adopt(data: *mut u8, size: usize) -> Vec<u8> {
    if data.is_null() {
        return Vec::new();
    }
    // SAFETY: the allocator's layout is that of a `Vec` with this length and capacity, and nobody else owns it.
    unsafe { Vec::from_raw_parts(data, size, size) }
}

/// The first `size` bytes of a buffer, of which a callback has just said that it holds so many. Anything else is an error:
/// bytes that were not seen must not go on.
pub(crate) fn buffer(kind: BufferType, size: usize) -> Result<Vec<u8>> {
    if size == 0 {
        return Ok(Vec::new());
    }
    let (mut data, mut len) = (null_mut(), 0);
    // SAFETY: both results outlive the call.
    let status = unsafe { proxy_get_buffer_bytes(kind as u32, 0, size, &mut data, &mut len) };
    // SAFETY: the host has just handed them over.
    let bytes = unsafe { adopt(data, len) };
    check("get_buffer", status)?;
    if bytes.len() == size {
        Ok(bytes)
    } else {
        Err(HostError {
            call: "get_buffer",
            status,
        })
    }
}

/// Puts `bytes` in the place of the whole buffer of `len` bytes. Envoy takes no other edit that is of use here: it refuses
/// to cut a tail or to write in the middle.
pub(crate) fn replace_buffer(kind: BufferType, len: usize, bytes: &[u8]) -> Result<()> {
    // SAFETY: the host reads `bytes` during the call only.
    check("set_buffer", unsafe {
        proxy_set_buffer_bytes(kind as u32, 0, len, bytes.as_ptr(), bytes.len())
    })
}

/// A header of the answer to an HTTP call, within its callback; `None` if it has none of this name, or no text in it.
pub(crate) fn answer_header(name: &str) -> Result<Option<String>> {
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: both results outlive the call; the host reads `name` during the call only.
    let status = unsafe {
        proxy_get_header_map_value(
            MapType::HttpCallResponseHeaders as u32,
            name.as_ptr(),
            name.len(),
            &mut data,
            &mut size,
        )
    };
    match status {
        NOT_FOUND => Ok(None),
        _ => check("get_header_map_value", status)
            // SAFETY: the host has just handed them over.
            .map(|()| String::from_utf8(unsafe { adopt(data, size) }).ok()),
    }
}

/// A property by its path; `None` where the host has none.
pub(crate) fn property(path: &[&str]) -> Result<Option<Vec<u8>>> {
    let path = path.join("\0");
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: both results outlive the call; the host reads `path` during the call only.
    let status = unsafe { proxy_get_property(path.as_ptr(), path.len(), &mut data, &mut size) };
    match status {
        NOT_FOUND => Ok(None),
        // SAFETY: the host has just handed them over.
        _ => check("get_property", status).map(|()| Some(unsafe { adopt(data, size) })),
    }
}

/// A shared value and its compare-and-set number; `None` when the key has never been set.
pub(crate) fn shared_data(key: &str) -> Result<Option<(Vec<u8>, u32)>> {
    let (mut data, mut size, mut cas) = (null_mut(), 0, 0);
    // SAFETY: the results outlive the call; the host reads `key` during the call only.
    let status =
        unsafe { proxy_get_shared_data(key.as_ptr(), key.len(), &mut data, &mut size, &mut cas) };
    match status {
        NOT_FOUND => Ok(None),
        // SAFETY: the host has just handed them over.
        _ => check("get_shared_data", status).map(|()| Some((unsafe { adopt(data, size) }, cas))),
    }
}

/// Sets a shared value, if it is still the one that `cas` was read with; 0 sets it in any case.
pub(crate) fn set_shared_data(key: &str, value: &[u8], cas: u32) -> Result<()> {
    // SAFETY: the host reads both during the call only.
    check("set_shared_data", unsafe {
        proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas)
    })
}

/// A new id for the metric of that name. Envoy gives another one at every call: define once, keep it.
pub(crate) fn define_metric(kind: MetricType, name: &str) -> Result<u32> {
    let mut id = 0;
    // SAFETY: `id` outlives the call; the host reads `name` during the call only.
    check("define_metric", unsafe {
        proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &mut id)
    })?;
    Ok(id)
}

/// Adds a sample to a histogram, or says what a gauge is.
pub(crate) fn record_metric(id: u32, value: u64) -> Result<()> {
    // SAFETY: no pointers.
    check("record_metric", unsafe { proxy_record_metric(id, value) })
}

/// Adds to a counter or a gauge.
pub(crate) fn increment_metric(id: u32, by: i64) -> Result<()> {
    // SAFETY: no pointers.
    check("increment_metric", unsafe {
        proxy_increment_metric(id, by)
    })
}

/// Closes one side of the effective context's connection.
pub(crate) fn close_stream(stream: StreamType) -> Result<()> {
    // SAFETY: no pointers.
    check("close_stream", unsafe { proxy_close_stream(stream as u32) })
}

/// Makes the host calls that follow act on another context of this VM.
pub(crate) fn set_effective_context(context: u32) -> Result<()> {
    // SAFETY: no pointers.
    check("set_effective_context", unsafe {
        proxy_set_effective_context(context)
    })
}

/// Calls one of the host's own functions by name; its answer is dropped.
pub(crate) fn call_foreign_function(name: &str, arguments: &[u8]) -> Result<()> {
    let (mut data, mut size) = (null_mut(), 0);
    let arguments_at = if arguments.is_empty() {
        null()
    } else {
        arguments.as_ptr()
    };
    // SAFETY: both results outlive the call; the host reads name and arguments during the call only.
    let status = unsafe {
        proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            arguments_at,
            arguments.len(),
            &mut data,
            &mut size,
        )
    };
    // SAFETY: the host has just handed them over.
    drop(unsafe { adopt(data, size) });
    check("call_foreign_function", status)
}
