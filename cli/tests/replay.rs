//! `dubbo-policy replay`, run as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "in a test a panic is the answer"
)]

mod support;

use std::path::PathBuf;

use scenario::Step;
use serde_json::Value;
use support::{repository, run};

/// What was printed: calls, and the sums.
#[derive(Debug)]
struct Replayed {
    calls: Vec<Value>,
    summary: Value,
    code: Option<i32>,
}

impl Replayed {
    /// Method, decision and rule of each call.
    fn decisions(&self) -> Vec<(&str, &str, Option<&str>)> {
        self.calls
            .iter()
            .map(|call| {
                (
                    call["method"].as_str().unwrap_or("-"),
                    call["decision"].as_str().unwrap(),
                    call["rule"].as_str(),
                )
            })
            .collect()
    }
}

/// Files of one test.
struct Files(PathBuf);

impl Files {
    fn new(test: &str) -> Files {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&directory).unwrap();
        Files(directory)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn replay(args: &[&str]) -> Replayed {
    let ran = run(&repository("."), &[&["replay"], args].concat(), "");
    let mut calls: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let summary = calls.pop().expect(&ran.err)["summary"].take();
    Replayed {
        calls,
        summary,
        code: ran.code,
    }
}

const REAL: &str = "testdata/captures/real.pcap";

/// A capture of Dubbo 3 at work: hello, saveUser, listUsers, findUser, fail, echoBytes.
#[test]
fn calls_of_a_capture_are_decided_by_the_policy() {
    let files = Files::new("decided");
    let policy = files.write(
        "policy.yaml",
        r#"
apiVersion: dubbo-policy/v1
name: lab
default: deny
rules:
- {name: reads, match: {service: lab.UserService, method: [hello, {suffix: Users}, findUser, fail]}, allow: {}}
- {name: writes, match: {service: lab.UserService, method: {prefix: save}}, allow: {}}
- {name: known-classes, require: {classes: {every: {prefix: java.}}}}
- {name: no-failing, match: {method: fail}, deny: {}, dry_run: true}
"#,
    );
    let replayed = replay(&["--config", &policy, REAL]);
    assert_eq!(
        replayed.decisions(),
        [
            ("hello", "allowed", Some("reads")),
            ("saveUser", "denied", Some("known-classes")),
            ("listUsers", "allowed", Some("reads")),
            ("findUser", "allowed", Some("reads")),
            ("fail", "allowed", Some("reads")),
            ("echoBytes", "denied", None),
        ]
    );
    assert_eq!(replayed.calls[4]["dry_run_rules"][0], "no-failing");
    assert_eq!(replayed.calls[0]["connection"]["client"], "127.0.0.1:47892");
    assert_eq!(replayed.calls[5]["why"], "no rule allows it");
    let decisions = &replayed.summary["decisions"];
    assert_eq!(
        (&decisions["allowed"], &decisions["denied"]),
        (&4.into(), &2.into())
    );
    assert_eq!(replayed.summary["rules"]["reads"], 4);
    assert_eq!(replayed.code, Some(1));
}

#[test]
fn the_client_of_a_capture_is_the_source() {
    let files = Files::new("source");
    for (nets, decision) in [("10.0.0.7, 10.0.0.8", "allowed"), ("10.0.0.9", "denied")] {
        let policy = files.write(
            "policy.yaml",
            format!(
                "apiVersion: dubbo-policy/v1\nname: a\nrules: [{{name: r, require: {{source.ip: [{nets}]}}}}]\n"
            ),
        );
        let replayed = replay(&[
            "--config",
            &policy,
            "testdata/captures/two-connections.pcap",
        ]);
        let decisions = replayed.decisions();
        assert_eq!(decisions.len(), 2);
        assert!(
            decisions.iter().all(|(_, told, _)| *told == decision),
            "{decisions:?}"
        );
    }
}

#[test]
fn another_policy_shows_what_would_change() {
    let files = Files::new("against");
    let rules = |rules: &str| format!("apiVersion: dubbo-policy/v1\nname: a\nrules: [{rules}]\n");
    let before = files.write(
        "before.yaml",
        rules("{name: r, match: {method: [hello, fail]}, deny: {}}"),
    );
    let after = files.write(
        "after.yaml",
        rules("{name: s, match: {method: [fail, findUser]}, deny: {}}"),
    );
    let replayed = replay(&["--config", &before, "--against", &after, REAL]);
    let changed: Vec<(&str, &str, &str)> = replayed
        .calls
        .iter()
        .map(|call| {
            (
                call["method"].as_str().unwrap(),
                call["decision"].as_str().unwrap(),
                call["against"]["decision"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        changed,
        [
            ("hello", "denied", "allowed"),
            ("findUser", "allowed", "denied")
        ]
    );
    let changes = &replayed.summary["against"];
    assert_eq!(changes["changed"], 2);
    assert_eq!(changes["changes"]["denied -> allowed"], 1);
    assert_eq!(replayed.code, Some(1));
    let same = replay(&["--config", &before, "--against", &before, REAL]);
    assert_eq!((same.calls.len(), same.code), (0, Some(0)));
}

/// The bytes of frames that are written as in a scenario file.
fn frames(yaml: &str) -> Vec<u8> {
    let text = format!("name: a\nconfig: {{}}\nsteps: [{{client: {yaml}}}]");
    let scenario = scenario::parse(&text, "a".as_ref()).unwrap();
    let Step::Client(sent) = &scenario.steps[0] else {
        panic!("a client sends");
    };
    sent.iter()
        .flat_map(|frame| frame.bytes().unwrap())
        .collect()
}

/// A capture (raw IP) of one connection on which a client sends these frames, at these milliseconds.
fn capture(packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    let mut sequence = 1000_u32;
    let mut packet = |millis: u64, flags: u8, payload: &[u8]| {
        let mut bytes = vec![0x45, 0];
        bytes.extend((40 + payload.len() as u16).to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 7, 10, 0, 0, 9]);
        bytes.extend(40_000_u16.to_be_bytes());
        bytes.extend(20_880_u16.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(payload);
        sequence += payload.len() as u32 + u32::from(flags & 2 != 0);
        let seconds = 1_700_000_000 + millis / 1000;
        for word in [
            seconds as u32,
            (millis % 1000) as u32 * 1000,
            bytes.len() as u32,
            bytes.len() as u32,
        ] {
            file.extend(word.to_le_bytes());
        }
        file.extend(bytes);
    };
    packet(0, 2, &[]);
    for (millis, payload) in packets {
        packet(*millis, 0x18, payload);
    }
    file
}

/// Quotas count by the packets' times. Before a window has passed nobody knows what was charged before; from then on the
/// decisions are those of a count over the last ten tenths of the window.
#[test]
fn quotas_count_in_the_time_of_the_capture() {
    let files = Files::new("quotas");
    let policy = files.write(
        "policy.yaml",
        r#"
apiVersion: dubbo-policy/v1
name: a
quotas: [{name: q, limit: 3, window: 1s, per: [source.ip]}]
rules: [{name: limit, match: {method: hello}, quotas: [q]}]
"#,
    );
    let times: Vec<u64> = (0..60).map(|call| 20 + call * 130).collect();
    let packets: Vec<(u64, Vec<u8>)> = times
        .iter()
        .map(|millis| {
            (
                *millis,
                frames("[{call: {id: 7, service: lab.UserService, method: hello}}]"),
            )
        })
        .collect();
    let file = files.write("quotas.pcap", capture(&packets));
    let replayed = replay(&["--config", &policy, &file]);
    let mut admitted: Vec<u64> = Vec::new();
    let wanted: Vec<&str> = times
        .iter()
        .map(|millis| {
            // The capture's times are a whole number of seconds after 1970, so tenths begin at whole tenths.
            let slot = millis / 100;
            let fits = admitted.iter().filter(|other| **other + 10 > slot).count() < 3;
            if fits {
                admitted.push(slot);
            }
            match (millis - times[0] < 1000, fits) {
                (true, _) => "unknown",
                (false, true) => "allowed",
                (false, false) => "limited",
            }
        })
        .collect();
    let told: Vec<&str> = replayed
        .decisions()
        .iter()
        .map(|(_, told, _)| *told)
        .collect();
    assert_eq!(told, wanted);
    assert!(wanted.contains(&"limited") && wanted.contains(&"allowed"));
}

/// A call without an answer holds its slot for `max_hold`, and nobody knows what was held when the capture began.
#[test]
fn slots_are_held_in_the_time_of_the_capture() {
    let files = Files::new("in-flight");
    let policy = files.write(
        "policy.yaml",
        r#"
apiVersion: dubbo-policy/v1
name: a
quotas: [{name: q, max_in_flight: 1, max_hold: 1s}]
rules: [{name: slots, match: {method: hello}, quotas: [q]}]
"#,
    );
    let call = frames("[{call: {id: 7, service: lab.UserService, method: hello}}]");
    let other = frames("[{call: {id: 8, service: lab.UserService, method: other}}]");
    let packets = [
        (0, call.clone()),
        (1500, other),
        (1600, call.clone()),
        (1700, call.clone()),
        (2800, call),
    ];
    let file = files.write("slots.pcap", capture(&packets));
    let replayed = replay(&["--config", &policy, &file]);
    let told: Vec<&str> = replayed
        .decisions()
        .iter()
        .map(|(_, told, _)| *told)
        .collect();
    assert_eq!(
        told,
        ["unknown", "allowed", "allowed", "limited", "allowed"]
    );
}

/// Without times nobody knows what a quota has room for.
#[test]
fn in_a_recorded_stream_quotas_are_unknown() {
    let files = Files::new("stream");
    let policy = files.write(
        "policy.yaml",
        r#"
apiVersion: dubbo-policy/v1
name: a
quotas: [{name: q, limit: 100, window: 1s}]
rules:
- {name: limit, match: {method: hello}, quotas: [q]}
- {name: refuse, match: {method: bye}, deny: {}}
"#,
    );
    let call =
        |method: &str| format!("{{call: {{id: 7, service: lab.UserService, method: {method}}}}}");
    let bytes = frames(&format!(
        "[{}, {}, {}]",
        call("hello"),
        call("bye"),
        call("other")
    ));
    let file = files.write("stream.bin", &bytes);
    let replayed = replay(&["--config", &policy, &file]);
    assert_eq!(
        replayed.decisions(),
        [
            ("hello", "unknown", None),
            ("bye", "denied", Some("refuse")),
            ("other", "allowed", None),
        ]
    );
    let cut = files.write("cut.bin", &bytes[..bytes.len() - 1]);
    let replayed = replay(&["--config", &policy, &cut]);
    assert_eq!(replayed.decisions()[2], ("-", "unknown", None));
}

/// A capture has no certificates, and the bytes of one side have no addresses.
#[test]
fn what_no_capture_shows_makes_a_decision_unknown() {
    let files = Files::new("unseen");
    let policy = files.write(
        "policy.yaml",
        r#"
apiVersion: dubbo-policy/v1
name: a
default: deny
quotas: [{name: q, limit: 1, window: 1s, per: [source.principal]}]
rules:
- {name: secret, match: {method: hello}, require: {source.principal: {suffix: /sa/order}}}
- {name: own, match: {source.namespace: shop}, allow: {}}
- {name: all, match: {method: [hello, saveUser, listUsers, fail]}, allow: {}}
- {name: fail-first, match: {method: fail}, deny: {}}
- {name: fair, match: {method: listUsers}, quotas: [q]}
- {name: from, match: {source.ip: 10.0.0.0/8}, deny: {}}
"#,
    );
    let replayed = replay(&["--config", &policy, REAL]);
    assert_eq!(
        replayed.decisions(),
        [
            ("hello", "unknown", Some("secret")),
            ("saveUser", "allowed", Some("all")),
            ("listUsers", "unknown", Some("all")),
            ("findUser", "unknown", None),
            ("fail", "denied", Some("fail-first")),
            ("echoBytes", "unknown", None),
        ]
    );
    let call = frames("[{call: {id: 7, service: lab.UserService, method: saveUser}}]");
    let stream = files.write("stream.bin", call);
    let replayed = replay(&["--config", &policy, &stream]);
    assert_eq!(
        replayed.decisions(),
        [("saveUser", "unknown", Some("from"))]
    );
    assert!(
        replayed.calls[0]["why"]
            .as_str()
            .unwrap()
            .contains("source.ip")
    );
}

/// What cannot be read closes a connection; consumers connect again, so what follows is decided again.
#[test]
fn what_cannot_be_judged_is_refused_for_its_reason() {
    let files = Files::new("refused");
    let policy = files.write(
        "policy.yaml",
        "apiVersion: dubbo-policy/v1\nname: a\nrules: []\n",
    );
    let bytes = frames(
        "[{call: {id: 7, service: lab.UserService, method: hello, attachments: [[path, lab.Other]]}},
          {call: {id: 8, service: lab.UserService, method: hello}}]",
    );
    let file = files.write("stream.bin", bytes);
    let replayed = replay(&["--config", &policy, &file]);
    assert_eq!(replayed.calls[0]["decision"], "refused");
    assert_eq!(replayed.calls[0]["why"], "duplicate_key");
    assert_eq!(replayed.calls[1]["decision"], "allowed");
    let text = files.write("text.bin", "GET / HTTP/1.1\r\n\r\n");
    let replayed = replay(&["--config", &policy, &text]);
    assert_eq!(
        (replayed.calls.len(), &replayed.summary["closed"]),
        (0, &1.into())
    );
}

/// More calls than may be in flight at a time, none of which has an answer in the file.
#[test]
fn a_stream_without_answers_is_replayed_to_its_end() {
    let files = Files::new("long");
    let policy = files.write(
        "policy.yaml",
        "apiVersion: dubbo-policy/v1\nname: a\nrules: []\nprotocol: {limits: {calls_in_flight_per_connection: 10}}\n",
    );
    let call = frames("[{call: {id: 7, service: lab.UserService, method: hello}}]");
    let file = files.write("stream.bin", call.repeat(100));
    let replayed = replay(&["--config", &policy, &file]);
    assert_eq!(replayed.summary["decisions"]["allowed"], 100);
    assert_eq!(replayed.code, Some(0));
}

#[test]
fn wrong_usage_is_told() {
    for args in [
        &["replay"][..],
        &["replay", "--config", "testdata/config/good/minimal.yaml"],
        &["replay", REAL],
        &["replay", "--config", "nowhere.yaml", REAL],
        &[
            "replay",
            "--config",
            "testdata/config/good/minimal.yaml",
            "nowhere.pcap",
        ],
        &[
            "replay",
            "--config",
            "testdata/config/bad/no-name.yaml",
            REAL,
        ],
    ] {
        let ran = run(&repository("."), args, "");
        assert_eq!(ran.code, Some(2), "{args:?} {ran:?}");
        assert!(!ran.err.is_empty());
    }
}
