//! Bodies put together by hand from the tag table of Hessian 2, by nothing of the crates under test.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

pub(crate) const GENERIC: &str = "Ljava/lang/String;[Ljava/lang/String;[Ljava/lang/Object;";
pub(crate) const STRING: &str = "Ljava/lang/String;";
/// U+1F600 as Java writes it: two surrogates of three bytes, which count as two units.
pub(crate) const EMOJI: &[u8] = b"\x02\xed\xa0\xbd\xed\xb8\x80";
/// The first half alone, which Java writes as well.
pub(crate) const LONE: &[u8] = b"\x01\xed\xa0\xbd";

/// `00-1f` or `30-33 b`, then the text; ASCII only, up to 1023 characters.
pub(crate) fn string(text: &str) -> Vec<u8> {
    assert!(text.is_ascii() && text.len() < 1024);
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let mut bytes = if text.len() < 32 {
        vec![length[1]]
    } else {
        vec![0x30 + length[0], length[1]]
    };
    bytes.extend(text.bytes());
    bytes
}

/// `H pairs Z`
pub(crate) fn map(pairs: &[(&str, &str)]) -> Vec<u8> {
    let pairs = pairs
        .iter()
        .flat_map(|(key, value)| [string(key), string(value)].concat());
    [b"H".to_vec(), pairs.collect(), b"Z".to_vec()].concat()
}

/// The five strings that begin every body of [`with_arguments`].
pub(crate) fn strings(path: &str, version: &str, method: &str, descriptor: &str) -> Vec<u8> {
    ["2.0.2", path, version, method, descriptor]
        .iter()
        .flat_map(|text| string(text))
        .collect()
}

/// The body of a call of `hello(String)` with the argument "bob".
pub(crate) fn hello(path: &str, version: &str, attachments: &[u8]) -> Vec<u8> {
    [
        &strings(path, version, "hello", STRING),
        b"\x03bob".as_slice(),
        attachments,
    ]
    .concat()
}

/// A two-way hessian2 request.
pub(crate) fn request(body: &[u8]) -> Vec<u8> {
    let mut frame = b"\xda\xbb\xc2\x00\x01\x02\x03\x04\x05\x06\x07\x08".to_vec();
    frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    frame.extend(body);
    frame
}

/// What Dubbo 3.3.6 sends for `hello("bob")` of lab.UserService: the strings and pairs of a frame that was seen (in
/// fastjson2), in hessian2.
pub(crate) fn seen_hello() -> Vec<u8> {
    let attachments = map(&[
        ("path", "lab.UserService"),
        ("remote.application", "lab-consumer"),
        ("interface", "lab.UserService"),
        ("version", "0.0.0"),
        ("timeout", "3000"),
    ]);
    hello("lab.UserService", "0.0.0", &attachments)
}

/// The same in fastjson2: each value behind its length.
pub(crate) mod fastjson2 {
    /// `49+n` up to 47 bytes, `79 38 n` above; ASCII only, up to 255 characters.
    pub(crate) fn string(text: &str) -> Vec<u8> {
        assert!(text.is_ascii());
        let length = u8::try_from(text.len()).unwrap();
        let mut bytes = if length < 48 {
            vec![0x49 + length]
        } else {
            vec![0x79, 0x38, length]
        };
        bytes.extend(text.bytes());
        bytes
    }

    /// A value behind its length.
    pub(crate) fn value(bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap();
        [length.to_be_bytes().as_slice(), bytes].concat()
    }

    /// `a6 pairs a5`
    pub(crate) fn map(pairs: &[(&str, &str)]) -> Vec<u8> {
        let pairs = pairs
            .iter()
            .flat_map(|(key, value)| [string(key), string(value)].concat());
        [b"\xa6".to_vec(), pairs.collect(), b"\xa5".to_vec()].concat()
    }

    pub(crate) fn strings(path: &str, version: &str, method: &str, descriptor: &str) -> Vec<u8> {
        ["2.0.2", path, version, method, descriptor]
            .iter()
            .flat_map(|text| value(&string(text)))
            .collect()
    }

    /// The body of a call of `hello(String)` with the argument "bob".
    pub(crate) fn hello(path: &str, version: &str, attachments: &[u8]) -> Vec<u8> {
        [
            strings(path, version, "hello", super::STRING),
            value(&string("bob")),
            value(attachments),
        ]
        .concat()
    }

    /// What Dubbo 3.3.6 sends for `hello("bob")` of lab.UserService, as it was seen.
    pub(crate) fn seen_hello() -> Vec<u8> {
        let attachments = map(&[
            ("path", "lab.UserService"),
            ("remote.application", "lab-consumer"),
            ("interface", "lab.UserService"),
            ("version", "0.0.0"),
            ("timeout", "3000"),
        ]);
        hello("lab.UserService", "0.0.0", &attachments)
    }
}
