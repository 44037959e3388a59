//! Captures that lack something.

use serde_json::json;

use crate::packets::{capture, direction, recorded, told};

/// The frame is told, with what it lacks; the frames behind it stand where they stood.
#[test]
fn a_gap_within_a_body_costs_no_other_frame() {
    let ran = capture("gap-in-a-body.pcap");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        told(&ran),
        [
            json!(["to_provider", 0, "call", []]),
            json!(["to_provider", 179, "call", []]),
            json!(["to_client", 0, "answer", [["gap", 2000]]]),
            json!(["to_client", 5141, "answer", []]),
        ]
    );
    let answer = &direction(&ran, 1, "to_client")[0];
    assert_eq!(
        (&answer["answer"], &answer["length"]),
        (&json!("exception"), &json!(5141))
    );
    assert_eq!(
        answer["anomalies"][0]["text"],
        "1000 bytes are not in the capture"
    );
}

#[test]
fn behind_a_gap_between_frames_the_next_head_is_a_guess_that_is_said() {
    let ran = capture("gap-between-frames.pcap");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        told(&ran),
        [
            json!(["to_provider", 0, "call", []]),
            json!(["to_provider", 181, "skipped", [["gap", 181]]]),
            json!(["to_provider", 198, "heartbeat", []]),
        ]
    );
    assert_eq!(ran.lines[1]["length"], 17);
    assert_eq!(ran.lines[2]["guessed"], true);
}

#[test]
fn packets_that_were_cut_off_are_gaps() {
    let ran = capture("snaplen.pcap");
    // 54 of 120 bytes are heads.
    assert_eq!(
        told(&ran),
        [
            json!(["to_provider", 0, "call", [["gap", 66]]]),
            json!(["to_client", 0, "answer", [["gap", 66]]]),
            json!(["to_provider", 1668, "call", [["gap", 1734]]]),
            json!(["to_client", 1534, "answer", []]),
        ]
    );
    assert_eq!(ran.lines[1]["answer"], "value");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn captures_may_begin_in_the_middle_of_a_connection() {
    let ran = capture("begins-at-a-frame.pcap");
    assert_eq!(ran.code, Some(0));
    assert_eq!(
        direction(&ran, 1, "to_provider"),
        recorded("object", "request")
    );
    assert_eq!(
        direction(&ran, 1, "to_client"),
        recorded("object", "response")
    );
    assert!(ran.lines.iter().all(|line| line["guessed"] == true));

    let ran = capture("begins-in-a-frame.pcap");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        told(&ran),
        [
            json!(["to_provider", 0, "skipped", [["mid_connection", 0]]]),
            json!(["to_provider", 668, "call", []]),
            json!(["to_client", 0, "answer", []]),
        ]
    );
    assert_eq!(
        (&ran.lines[0]["length"], &ran.lines[0]["packet"]),
        (&json!(668), &json!(1))
    );
    assert_eq!(ran.lines[1]["runs"][0]["method"], "saveUser");
}

/// What was captured is told; then, that something is missing, and where.
#[test]
fn captures_that_are_cut_off_are_unreadable_from_there_on() {
    for (name, lines, why) in [
        (
            "ends-in-a-packet.pcap",
            2,
            "the file ends inside a packet at byte 807",
        ),
        (
            "ends-in-a-head.pcap",
            0,
            "the file ends inside a packet at byte 31",
        ),
        (
            "ends-in-the-file-header.pcap",
            0,
            "the file ends inside the pcap header at byte 20",
        ),
        (
            "ends-in-a-block.pcapng",
            4,
            "the file ends inside a block at byte 2798",
        ),
    ] {
        let ran = capture(name);
        assert_eq!((ran.lines.len(), ran.code), (lines, Some(2)), "{name}");
        assert_eq!(
            ran.err,
            format!("dubbo-policy: ../../captures/{name}: {why}\n")
        );
    }
}
