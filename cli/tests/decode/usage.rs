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

#[test]
fn a_side_is_a_clients_or_a_providers_and_belongs_to_a_stream() {
    for args in [
        &["--from"][..],
        &["--from", "server", "-"],
        &["--from", "client", "../../captures/sll.pcap"],
    ] {
        let ran = decode(args, b"");
        assert_eq!((ran.lines.len(), ran.code), (0, Some(2)), "{args:?}");
    }
}

#[test]
fn a_port_is_a_number_and_belongs_to_a_capture() {
    for args in [
        &["--port"][..],
        &["--port", "dubbo", "-"],
        &["--port", "65536", "-"],
        &["--port", "20880", "hello.request.bin"],
    ] {
        let ran = decode(args, b"");
        assert_eq!((ran.lines.len(), ran.code), (0, Some(2)), "{args:?}");
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
