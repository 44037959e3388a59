//! The WASI calls that Envoy offers (`wasi_snapshot_preview1`), as far as Rust's standard library
//! imports them: the clocks are simulated, the randomness is the same in every run, standard
//! output and error are log lines, and there are no files.

use wasmtime::{Caller, Error, Linker};

use crate::state::VmState;

/// Errno values.
const SUCCESS: u32 = 0;
const BADF: u32 = 8;
const FAULT: u32 = 21;
const NOTSUP: u32 = 58;

pub(crate) fn define(linker: &mut Linker<VmState>) -> Result<(), Error> {
    let wasi = "wasi_snapshot_preview1";
    linker.func_wrap(
        wasi,
        "random_get",
        |mut caller: Caller<'_, VmState>, at: u32, length: u32| {
            let mut bytes = Vec::new();
            while bytes.len() < length as usize {
                bytes.extend(caller.data_mut().next_random().to_le_bytes());
            }
            bytes.truncate(length as usize);
            write(&mut caller, at, &bytes)
        },
    )?;
    linker.func_wrap(
        wasi,
        "clock_time_get",
        |mut caller: Caller<'_, VmState>, clock: u32, _precision: u64, at: u32| {
            let time = match clock {
                0 => caller.data().host.borrow().wall(),
                1 => caller.data().host.borrow().monotonic(),
                _ => return Ok(NOTSUP),
            };
            write(&mut caller, at, &time.to_le_bytes())
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_write",
        |mut caller: Caller<'_, VmState>, fd: u32, parts: u32, count: u32, written_at: u32| {
            // Level info for standard output, error for standard error.
            let level = match fd {
                1 => 2,
                2 => 4,
                _ => return Ok(BADF),
            };
            let Some(text) = gather(&mut caller, parts, count) else {
                return Ok(FAULT);
            };
            let written = (text.len() as u32).to_le_bytes();
            if !text.is_empty() {
                let text = String::from_utf8_lossy(&text);
                let line = text.strip_suffix('\n').unwrap_or(&text).to_owned();
                caller.data().host.borrow_mut().log.push((level, line));
            }
            write(&mut caller, written_at, &written)
        },
    )?;
    linker.func_wrap(
        wasi,
        "environ_sizes_get",
        |mut caller: Caller<'_, VmState>, count_at: u32, size_at: u32| {
            write(&mut caller, count_at, &0_u32.to_le_bytes())?;
            write(&mut caller, size_at, &0_u32.to_le_bytes())
        },
    )?;
    linker.func_wrap(wasi, "environ_get", |_names: u32, _bytes: u32| SUCCESS)?;
    linker.func_wrap(wasi, "fd_close", |_fd: u32| SUCCESS)?;
    linker.func_wrap(
        wasi,
        "fd_seek",
        |_fd: u32, _offset: u64, _whence: u32, _at: u32| SUCCESS,
    )?;
    linker.func_wrap(
        wasi,
        "fd_fdstat_get",
        |mut caller: Caller<'_, VmState>, fd: u32, at: u32| {
            if !matches!(fd, 1 | 2) {
                return Ok(BADF);
            }
            const RIGHT_TO_WRITE: u64 = 64;
            let stat: Vec<u8> = [0, RIGHT_TO_WRITE, 0]
                .iter()
                .flat_map(|w: &u64| w.to_le_bytes())
                .collect();
            write(&mut caller, at, &stat)
        },
    )?;
    linker.func_wrap(wasi, "sched_yield", || SUCCESS)?;
    linker.func_wrap(wasi, "proc_exit", |code: u32| -> Result<(), Error> {
        Err(Error::msg(format!("proc_exit({code})")))
    })?;
    Ok(())
}

/// Writes, unless there is no callback: Envoy's WASI calls need a context too.
fn write(caller: &mut Caller<'_, VmState>, at: u32, bytes: &[u8]) -> Result<u32, Error> {
    if caller.data().active == 0 {
        return Err(Error::msg("a WASI call in _initialize: Envoy crashes"));
    }
    let Some(memory) = caller.data().memory else {
        return Ok(FAULT);
    };
    Ok(memory
        .write(&mut *caller, at as usize, bytes)
        .map_or(FAULT, |()| SUCCESS))
}

/// Joins the buffers that `count` iovecs (pointer, length) at `parts` name.
fn gather(caller: &mut Caller<'_, VmState>, parts: u32, count: u32) -> Option<Vec<u8>> {
    let memory = caller.data().memory?;
    let memory = memory.data(&*caller);
    let number = |at: usize| Some(u32::from_le_bytes(*memory.get(at..)?.first_chunk()?) as usize);
    let mut text = Vec::new();
    for index in 0..count as usize {
        let part = parts as usize + index * 8;
        let (at, length) = (number(part)?, number(part + 4)?);
        text.extend_from_slice(memory.get(at..at.checked_add(length)?)?);
    }
    Some(text)
}
