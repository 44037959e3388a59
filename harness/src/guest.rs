//! A host call's view of the module that makes it: its memory, its allocator, its state.

use wasmtime::{Caller, Error};

use crate::state::VmState;
use crate::status::Status;

/// Why a host call does not answer [`Status::OK`].
pub(crate) enum Refusal {
    Status(Status),
    /// Envoy would crash, or the module's allocator trapped: the VM ends.
    Trap(Error),
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Refusal {
        Refusal::Status(status)
    }
}

/// The caller of a host call.
pub(crate) struct Guest<'a>(Caller<'a, VmState>);

impl<'a> Guest<'a> {
    /// Counts the call, and runs `body` unless the call is to fail.
    pub(crate) fn run(
        caller: Caller<'a, VmState>,
        call: &'static str,
        body: impl FnOnce(&mut Guest<'a>) -> Result<(), Refusal>,
    ) -> Result<u32, Error> {
        let mut guest = Guest(caller);
        if guest.state().active == 0 {
            // Envoy dereferences its current context, which is null here.
            return Err(Error::msg(format!(
                "{call} was called in _initialize: Envoy crashes"
            )));
        }
        if let Some(status) = guest.state().host.borrow_mut().enter(call) {
            return Ok(status.0);
        }
        match body(&mut guest) {
            Ok(()) => Ok(Status::OK.0),
            Err(Refusal::Status(status)) => Ok(status.0),
            Err(Refusal::Trap(error)) => Err(error),
        }
    }

    pub(crate) fn state(&mut self) -> &mut VmState {
        self.0.data_mut()
    }

    /// Reads the module's memory.
    pub(crate) fn read(&mut self, at: u32, length: u32) -> Result<Vec<u8>, Status> {
        let memory = self.state().memory.ok_or(Status::INVALID_MEMORY_ACCESS)?;
        let at = at as usize;
        let bytes = memory
            .data(&self.0)
            .get(at..at.saturating_add(length as usize));
        bytes
            .map(<[u8]>::to_vec)
            .ok_or(Status::INVALID_MEMORY_ACCESS)
    }

    /// Writes into the module's memory.
    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Status> {
        let memory = self.state().memory.ok_or(Status::INVALID_MEMORY_ACCESS)?;
        memory
            .write(&mut self.0, at as usize, bytes)
            .map_err(|_| Status::INVALID_MEMORY_ACCESS)
    }

    /// Hands bytes over in memory that the module allocates for them; no bytes are a null pointer.
    pub(crate) fn give(
        &mut self,
        bytes: &[u8],
        pointer_at: u32,
        size_at: u32,
    ) -> Result<(), Refusal> {
        let mut pointer = 0;
        if !bytes.is_empty() {
            let allocate = self.state().allocate.clone();
            let allocate = allocate.ok_or(Status::INVALID_MEMORY_ACCESS)?;
            pointer = allocate
                .call(&mut self.0, bytes.len() as u32)
                .map_err(Refusal::Trap)?;
            if pointer == 0 {
                return Err(Status::INVALID_MEMORY_ACCESS.into());
            }
            self.write(pointer, bytes)?;
        }
        self.write(pointer_at, &pointer.to_le_bytes())?;
        self.write(size_at, &(bytes.len() as u32).to_le_bytes())?;
        Ok(())
    }
}
