//! What looks like a head, where nobody knows whether one begins.

use dubbo::{HEAD_LEN, Head, Kind, Serialization};

use super::anomaly::MAX_REQUEST;

/// The first head that begins before `end`, and where.
pub(super) fn first_head(bytes: &[u8], end: usize) -> Option<(usize, Head)> {
    (0..end).find_map(|at| Some((at, likely_head(bytes.get(at..)?)?)))
}

/// The head at the beginning of some bytes, if a peer may have written it: nothing in a head but its first two bytes has to
/// stand there, so this asks for more than [`Head::parse`].
pub(super) fn likely_head(bytes: &[u8]) -> Option<Head> {
    let head = Head::parse(bytes.first_chunk::<HEAD_LEN>()?).ok()?;
    let known = [Serialization::HESSIAN2, Serialization::FASTJSON2].contains(&head.serialization);
    let kind = match head.kind {
        // In requests a status means nothing, and peers write none.
        Kind::Request { .. } => bytes.get(3) == Some(&0) && head.frame_len() <= MAX_REQUEST,
        Kind::Answer { status } => STATUSES.contains(&status.0),
    };
    (known && kind).then_some(head)
}

/// What Dubbo's peers answer.
const STATUSES: [u8; 12] = [20, 25, 30, 31, 35, 40, 50, 60, 70, 80, 90, 100];
