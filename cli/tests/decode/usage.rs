//! What is no input.

use crate::run::{decode, recording};

#[test]
fn wrong_usage_and_unreadable_files_are_no_anomalies() {
    for args in [
        &[][..],
        &["there-is-no-such-file.bin"],
        &["--strict", "-"],
        &["."],
    ] {
        let ran = decode(args, b"");
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert!(ran.lines.is_empty(), "{args:?}");
        assert!(
            ran.err.starts_with("dubbo-policy: "),
            "{args:?} {}",
            ran.err
        );
    }
}

/// The magic numbers are those of the formats' specifications (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).
#[test]
fn captures_are_said_to_be_unsupported() {
    for (magic, format) in [
        (0xa1b2_c3d4_u32.to_be_bytes(), "pcap"),
        (0xa1b2_c3d4_u32.to_le_bytes(), "pcap"),
        (0xa1b2_3c4d_u32.to_be_bytes(), "pcap"),
        (0xa1b2_3c4d_u32.to_le_bytes(), "pcap"),
        (0x0a0d_0d0a_u32.to_be_bytes(), "pcapng"),
    ] {
        let ran = decode(&["-"], &[magic.as_slice(), &[0; 20]].concat());
        assert_eq!(ran.code, Some(2), "{format}");
        assert_eq!(
            ran.err,
            format!(
                "dubbo-policy: -: expected the bytes that one side of a connection sent, \
                 but found a {format} capture, which is not supported yet\n"
            )
        );
    }
}

#[test]
fn the_standard_input_is_a_file_too() {
    let ran = decode(&["-"], &recording("hello.request.bin"));
    let file = decode(&["hello.request.bin"], b"");
    assert_eq!(ran.lines[0]["file"], "-");
    assert_eq!(ran.lines[0]["runs"], file.lines[0]["runs"]);
    assert_eq!((ran.code, file.code), (Some(0), Some(0)));
}

#[test]
fn an_empty_file_has_no_lines() {
    let ran = decode(&["one-way.response.bin", "-"], b"");
    assert_eq!((ran.lines.len(), ran.code), (0, Some(0)));
}

#[test]
fn one_anomaly_in_several_files_is_told_by_the_exit_code() {
    let ran = decode(&["hello.request.bin", "-", "null.request.bin"], b"\xda");
    let files: Vec<_> = ran
        .lines
        .iter()
        .map(|line| line["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["hello.request.bin", "-", "null.request.bin"]);
    assert_eq!(ran.code, Some(1));
}
