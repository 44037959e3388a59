//! An entry a line.

use super::{Each, NotAList};

/// Calls `each` for each entry.
///
/// # Errors
/// For what is plainly something else: a page of markup, or bytes that are no text.
pub(super) fn read<'a>(body: &'a [u8], each: Each<'_, 'a>) -> Result<(), NotAList> {
    if body.contains(&0) {
        return Err(NotAList("its bytes are no text".to_owned()));
    }
    if body.trim_ascii_start().first() == Some(&b'<') {
        return Err(NotAList("it is markup".to_owned()));
    }
    for line in body.split(|byte| *byte == b'\n') {
        let entry = without_comment(line).trim_ascii();
        if !entry.is_empty() {
            let text = String::from_utf8_lossy(entry);
            // Only what was no UTF-8 is not borrowed.
            each(match text {
                text @ std::borrow::Cow::Borrowed(_) => Ok(text),
                text => Err(text),
            });
        }
    }
    Ok(())
}

fn without_comment(line: &[u8]) -> &[u8] {
    let begins = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| line.get(before));
        before.is_none_or(u8::is_ascii_whitespace)
    };
    let hashes = line.iter().enumerate().filter(|(_, byte)| **byte == b'#');
    let comment = hashes.map(|(at, _)| at).find(|at| begins(*at));
    match comment {
        Some(at) => line.get(..at).unwrap_or(line),
        None => line,
    }
}
