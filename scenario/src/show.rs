//! Bytes by frames, for a reader.

use std::fmt::Write as _;

/// A line for each frame but the first `skip`: where it begins, its decoded head, and the body in hex and as text.
pub(crate) fn frames(bytes: &[u8], skip: usize) -> String {
    let mut lines = String::new();
    let (mut at, mut index) = (0, 0);
    while at < bytes.len() && index < skip + MOST_FRAMES {
        let (len, line) = first(&bytes[at..]);
        if index >= skip {
            let _ = writeln!(lines, "  {at:>7}  {line}");
        }
        at += len;
        index += 1;
    }
    if at < bytes.len() {
        let _ = writeln!(lines, "  {at:>7}  .. {} more bytes", bytes.len() - at);
    }
    if lines.is_empty() {
        lines.push_str("  nothing\n");
    }
    lines
}

/// How many frames are whole before the byte `at`.
pub(crate) fn frames_before(bytes: &[u8], at: usize) -> usize {
    let (mut begin, mut count) = (0, 0);
    while begin < bytes.len() {
        begin += first(&bytes[begin..]).0;
        if begin > at {
            break;
        }
        count += 1;
    }
    count
}

/// The length and the line of the frame that `bytes` begin with; all of them when that is none.
fn first(bytes: &[u8]) -> (usize, String) {
    let Some(head) = bytes
        .first_chunk::<16>()
        .filter(|head| head.starts_with(&[0xda, 0xbb]))
    else {
        return (bytes.len(), format!("no frame: {}", body(bytes)));
    };
    let (flag, status) = (head[2], head[3]);
    let id = i64::from_be_bytes([
        head[4], head[5], head[6], head[7], head[8], head[9], head[10], head[11],
    ]);
    let len = i32::from_be_bytes([head[12], head[13], head[14], head[15]]);
    let kind = match (flag & 0x80 != 0, flag & 0x40 != 0) {
        (true, true) => "two-way request".into(),
        (true, false) => "one-way request".into(),
        (false, _) => format!("answer, status {status}"),
    };
    let event = if flag & 0x20 != 0 { ", event" } else { "" };
    let end = usize::try_from(len).map_or(bytes.len(), |len| (16 + len).min(bytes.len()));
    let cut = if usize::try_from(len).is_ok_and(|len| 16 + len <= bytes.len()) {
        ""
    } else {
        " (cut)"
    };
    let line = format!(
        "{kind}{event}, serialization {}, id {id}, {len} bytes{cut}: {}",
        flag & 0x1f,
        body(&bytes[16..end])
    );
    (end, line)
}

fn body(bytes: &[u8]) -> String {
    let some = &bytes[..bytes.len().min(MOST_BYTES)];
    let hex: String = some.iter().map(|byte| format!("{byte:02x}")).collect();
    let text: String = some
        .iter()
        .map(|byte| {
            if byte.is_ascii_graphic() || *byte == b' ' {
                char::from(*byte)
            } else {
                '.'
            }
        })
        .collect();
    let more = if some.len() < bytes.len() { ".." } else { "" };
    format!("{hex}{more} |{text}{more}|")
}

/// Frames of a long stream that are shown.
const MOST_FRAMES: usize = 12;
/// Bytes of a body that are shown: enough for the whole of a small call.
const MOST_BYTES: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_and_foreign_bytes_have_a_line_each() {
        let mut bytes = vec![
            0xda, 0xbb, 0xe2, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0x4e,
        ];
        bytes.extend(b"ls\r\n");
        assert_eq!(
            frames(&bytes, 0),
            "        0  two-way request, event, serialization 2, id 7, 1 bytes: 4e |N|\n       17  no frame: 6c730d0a |ls..|\n"
        );
    }

    #[test]
    fn frames_before_the_place_of_interest_are_left_out() {
        let heartbeat = [
            0xda, 0xbb, 0xe2, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0x4e,
        ];
        let three = [heartbeat, heartbeat, heartbeat].concat();
        let counts = [0, 16, 17, 40, 50, 51].map(|at| frames_before(&three, at));
        assert_eq!(counts, [0, 0, 1, 2, 2, 3]);
        let shown = frames(&three, 2);
        assert!(shown.starts_with("       34  two-way"), "{shown}");
        assert_eq!(frames(&three, 3), "  nothing\n");
    }

    #[test]
    fn a_frame_that_is_not_whole_says_so() {
        let bytes = [
            0xda, 0xbb, 0x02, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9, 0x91,
        ];
        assert_eq!(
            frames(&bytes, 0),
            "        0  answer, status 20, serialization 2, id 7, 9 bytes (cut): 91 |.|\n"
        );
    }
}
