//! Captures: `testdata/captures` has the streams of `testdata/dubbo/recorded` in packets that scapy wrote, and tshark put back
//! together.

use serde_json::json;

use crate::packets::{capture, direction, recorded, told};
use crate::run::decode;

/// The capture has whole connections that say what these recordings say, and is clean.
#[track_caller]
fn has(name: &str, connections: &[&str]) {
    let ran = capture(name);
    assert_eq!((&*ran.err, ran.code), ("", Some(0)), "{name} {ran:?}");
    let mut lines = 0;
    for (number, recording) in (1..).zip(connections) {
        for (to, side) in [("to_provider", "request"), ("to_client", "response")] {
            let expected = recorded(recording, side);
            lines += expected.len();
            assert_eq!(
                direction(&ran, number, to),
                expected,
                "{name} {number} {to}"
            );
        }
    }
    assert_eq!(ran.lines.len(), lines, "{name}");
}

#[test]
fn every_byte_order_and_resolution_of_pcap_is_read() {
    for name in [
        "little-micros.pcap",
        "little-nanos.pcap",
        "big-micros.pcap",
        "big-nanos.pcap",
    ] {
        has(name, &["attachments"]);
    }
}

#[test]
fn every_link_type_is_read() {
    for name in [
        "sll.pcap",
        "sll2.pcap",
        "raw.pcap",
        "loopback.pcap",
        "loopback-ipv6.pcap",
        "vlan.pcap",
        "vlan-in-vlan.pcap",
        "ipv6.pcap",
        "ipv6-extension.pcap",
    ] {
        has(name, &["object"]);
    }
    has("padded.pcap", &["heartbeats"]);
}

#[test]
fn streams_are_put_back_together() {
    has("out-of-order.pcap", &["bytes"]);
    has("retransmitted.pcap", &["bytes"]);
    has("wraparound.pcap", &["bytes"]);
    has("one-byte-segments.pcap", &["heartbeats"]);
    has("two-connections.pcap", &["object", "object"]);
    has("reused-ports.pcap", &["hello", "object"]);
    has("reused-ports-without-fin.pcap", &["hello", "object"]);
    has("begins-with-the-providers-syn.pcap", &["object"]);
}

/// The second ones have other bytes.
#[test]
fn of_bytes_that_come_twice_the_first_ones_count() {
    has("overlap.pcap", &["bytes"]);
}

#[test]
fn keep_alives_are_no_part_of_the_stream() {
    let ran = capture("keep-alive.pcap");
    assert_eq!(ran.code, Some(0));
    let length = |side| {
        let lines = direction(&ran, 1, side);
        lines
            .iter()
            .map(|line| line["length"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(
        (length("to_provider"), length("to_client")),
        (181 + 215, 41 + 75)
    );
}

#[test]
fn a_line_says_when_where_and_between_whom() {
    let ran = capture("ipv6.pcap");
    let call = &ran.lines[0];
    assert_eq!(call["file"], "../../captures/ipv6.pcap");
    // One packet a millisecond; the call begins behind three packets of the handshake.
    assert_eq!(call["time"], "2023-11-14T22:13:20.003Z");
    assert_eq!(call["packet"], 4);
    let ends =
        json!({"number": 1, "client": "[2001:db8::7]:51234", "provider": "[2001:db8::9]:20880"});
    assert_eq!(call["connection"], ends);
    assert_eq!(call["direction"], "to_provider");
    assert_eq!(ran.lines[1]["direction"], "to_client");
    assert_eq!(ran.lines[1]["connection"], ends);
}

#[test]
fn interfaces_have_their_own_link_types_and_clocks() {
    has("interfaces.pcapng", &["attachments", "object"]);
    let ran = capture("interfaces.pcapng");
    let times: Vec<_> = ran
        .lines
        .iter()
        .map(|line| line["time"].as_str().unwrap())
        .collect();
    let at = |millis: u32| format!("2023-11-14T22:13:20.00{millis}Z");
    assert_eq!(times, [at(3), at(4), at(3), at(7)]);
}

/// 3/1024 and 6/1024 of a second; tshark says so, too. The packets without a time, and of the old kind, are in between.
#[test]
fn sections_have_their_own_byte_orders() {
    has("sections.pcapng", &["generic", "generic"]);
    let ran = capture("sections.pcapng");
    let times: Vec<_> = ran
        .lines
        .iter()
        .map(|line| line["time"].as_str().unwrap())
        .collect();
    let (call, answer) = (
        "2023-11-14T22:13:20.002929687Z",
        "2023-11-14T22:13:20.005859375Z",
    );
    assert_eq!(times, [call, answer, call, answer]);
    let addresses: Vec<_> = ran
        .lines
        .iter()
        .map(|line| line["connection"]["client"].as_str().unwrap())
        .collect();
    assert_eq!(addresses[0], "10.0.0.7:51234");
    assert_ne!(addresses[0], addresses[2]);
}

#[test]
fn other_traffic_is_not_told_and_that_is_said() {
    for (name, packets) in [("http.pcap", 8), ("telnet.pcap", 8)] {
        let ran = capture(name);
        assert_eq!((ran.lines.len(), ran.code), (0, Some(0)), "{name}");
        assert_eq!(
            ran.err,
            format!(
                "dubbo-policy: ../../captures/{name}: no Dubbo in {packets} packets and 1 TCP connections; \
                 --port says which port is Dubbo's\n"
            )
        );
    }
}

#[test]
fn on_a_port_that_is_named_everything_has_to_be_dubbo() {
    let ran = decode(&["--port", "20880", "../../captures/telnet.pcap"], b"");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        told(&ran),
        [
            json!(["to_provider", 0, "no_frame", [["bad_magic", 0]]]),
            json!(["to_client", 0, "no_frame", [["bad_magic", 0]]]),
        ]
    );
    let other = decode(
        &["--port", "20881", "../../captures/little-micros.pcap"],
        b"",
    );
    assert_eq!((other.lines.len(), other.code), (0, Some(0)));
    let both = [
        "--port",
        "1",
        "--port",
        "20880",
        "../../captures/little-micros.pcap",
    ];
    assert_eq!(decode(&both, b"").lines.len(), 2);
}

#[test]
fn of_a_dubbo_connection_both_sides_are_told() {
    let ran = capture("banner.pcap");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        told(&ran),
        [
            json!(["to_provider", 0, "call", []]),
            json!(["to_client", 0, "no_frame", [["bad_magic", 0]]]),
        ]
    );
}

/// Nothing is missing here: to look for the next frame would be to fall for who put it there.
#[test]
fn behind_text_between_frames_nothing_is_read() {
    let ran = capture("text-between-frames.pcap");
    assert_eq!(
        told(&ran),
        [
            json!(["to_provider", 0, "call", []]),
            json!(["to_client", 0, "answer", []]),
            json!(["to_provider", 181, "no_frame", [["bad_magic", 181]]]),
        ]
    );
    assert_eq!(ran.code, Some(1));
}

#[test]
fn what_is_not_read_of_a_capture_is_said() {
    let ran = capture("fragments.pcap");
    assert_eq!(ran.code, Some(1));
    let why = "6 packets are not read: they are fragments of IP packets";
    assert!(ran.err.contains(why), "{}", ran.err);
    let ran = capture("usb.pcap");
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.ends_with("but found link type 189\n"),
        "{}",
        ran.err
    );
}

/// The next packet of the client comes, and its hole stays.
#[test]
fn fragments_are_a_gap_of_a_port_that_is_named() {
    let ran = decode(&["--port", "20880", "../../captures/fragments.pcap"], b"");
    let gaps: Vec<_> = ran
        .lines
        .iter()
        .map(|line| &line["anomalies"][0]["name"])
        .collect();
    assert_eq!(gaps, ["gap", "gap"]);
}

#[test]
fn a_capture_comes_through_the_standard_input_too() {
    let bytes =
        std::fs::read(crate::run::recordings().join("../../captures/sections.pcapng")).unwrap();
    let ran = decode(&["-"], &bytes);
    assert_eq!((ran.lines.len(), ran.code), (4, Some(0)));
    assert_eq!(ran.lines[0]["file"], "-");
}

/// What the consumer asked for and what it got, as it printed it (`testdata/tools/captures/real.py`).
#[test]
fn what_tcpdump_saw_of_real_peers_is_what_they_said() {
    let asked = [
        ("hello", "value"),
        ("saveUser", "value"),
        ("listUsers", "value"),
        ("findUser", "null"),
        ("fail", "exception"),
        ("echoBytes", "value"),
    ];
    for name in ["real.pcap", "real-any.pcap"] {
        let ran = capture(name);
        assert_eq!((&*ran.err, ran.code), ("", Some(0)), "{name}");
        let (calls, answers) = (
            direction(&ran, 1, "to_provider"),
            direction(&ran, 1, "to_client"),
        );
        assert_eq!(calls.len() + answers.len(), ran.lines.len(), "{name}");
        let said: Vec<_> = calls
            .iter()
            .zip(&answers)
            .map(|(call, answer)| {
                assert_eq!(call["id"], answer["id"], "{name}");
                let method = call["runs"][0]["method"].as_str().unwrap();
                (method, answer["answer"].as_str().unwrap())
            })
            .collect();
        assert_eq!(said, asked, "{name}");
        for lines in [calls, answers] {
            let mut end = 0;
            for line in lines {
                assert_eq!(line["offset"], end, "{name}");
                end += line["length"].as_u64().unwrap();
            }
        }
    }
}
