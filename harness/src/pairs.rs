//! Header maps as the ABI writes them: a count, the lengths, then names and values, each ended by
//! a NUL. Numbers are 32 bits little endian.

/// Reads a map; `None` when the bytes are none. No bytes are an empty map.
pub(crate) fn parse(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let number = |at: usize| {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    };
    let count = number(0)?;
    let mut at = count.checked_mul(8)?.checked_add(4)?;
    let mut text = |length: usize| {
        let text = bytes.get(at..at.checked_add(length)?)?;
        at += length + 1;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    (0..count)
        .map(|index| Some((text(number(4 + index * 8)?)?, text(number(8 + index * 8)?)?)))
        .collect()
}

/// Writes a map.
pub(crate) fn write(pairs: &[(String, String)]) -> Vec<u8> {
    let mut bytes = (pairs.len() as u32).to_le_bytes().to_vec();
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend((text.len() as u32).to_le_bytes());
    }
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_as_it_was_written() {
        let pairs = vec![
            (":status".to_owned(), "200".to_owned()),
            ("x".to_owned(), String::new()),
        ];
        let bytes = write(&pairs);
        assert_eq!(bytes.len(), 4 + 16 + 8 + 4 + 2 + 1);
        assert_eq!(parse(&bytes), Some(pairs));
        assert_eq!(parse(b""), Some(Vec::new()));
    }

    #[test]
    fn err_a_map_whose_lengths_lie() {
        let mut bytes = write(&[("name".to_owned(), "value".to_owned())]);
        bytes[4] = 200;
        assert_eq!(parse(&bytes), None);
        assert_eq!(parse(b"\x01"), None);
    }
}
