//! Dubbo 2 frames and calls: bytes to types, and the few frames that a policy has to write.
//!
//! A frame's way through this crate: [`Head::parse`] judges the 16-byte head, [`Frame`] joins it with its body, and
//! [`Call::parse`] reads what a request asks for. [`Call::identities`] then says which services some provider may run for it,
//! which is more than the body's path says. Back come [`refusal`], [`event`] heartbeats and [`edit`]ed requests.
//!
//! Everything borrows from the frame. Reading costs time linear in the frame, one allocation for the attachments (at most
//! [`MAX_ATTACHMENTS`] of them), and one for each string that stands in several chunks or holds a surrogate pair.
//! Reading never panics, whatever the bytes, and never believes a declared length before the bytes are there.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod answer;
mod attachments;
mod call;
pub mod canonical;
mod carried;
mod descriptor;
pub mod edit;
mod error;
pub mod event;
mod fastjson2;
mod frame;
mod head;
mod hessian2;
mod identity;
mod jsonb;
mod named;
pub mod outline;
pub mod refusal;
mod serialization;
mod status;

pub use attachments::{Attachment, AttachmentValue, Attachments, MAX_ATTACHMENTS};
pub use call::{Call, GenericTarget};
pub use carried::Carried;
pub use error::{CallError, CallErrorKind};
pub use frame::{Frame, Parsed};
pub use head::{FrameError, HEAD_LEN, Head, Kind, RequestId};
pub use hessian::{Limits, LoneSurrogate, Text};
pub use identity::{Contradiction, Contradictions, Identities, Identity};
pub use jsonb::ErrorKind as JsonbErrorKind;
pub use outline::Outline;
pub use serialization::Serialization;
pub use status::Status;
