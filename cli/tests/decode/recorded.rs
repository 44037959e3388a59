//! What Apache Dubbo's own peers said. What each recording holds stands in `testdata/README.md`, and `e2e`'s recorder made
//! those calls.

use serde_json::{Value, json};

use crate::run::{decode, recording, recordings};

/// Name, service, version, group, method, answer.
type Recording = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const CALLS: [Recording; 22] = [
    ("hello", "lab.UserService", "", "", "hello", "value"),
    ("non-ascii", "lab.UserService", "", "", "hello", "value"),
    ("long-string", "lab.UserService", "", "", "hello", "value"),
    ("object", "lab.UserService", "", "", "saveUser", "value"),
    ("list", "lab.UserService", "", "", "listUsers", "value"),
    ("bytes", "lab.UserService", "", "", "echoBytes", "value"),
    ("null", "lab.UserService", "", "", "findUser", "null"),
    ("exception", "lab.UserService", "", "", "fail", "exception"),
    ("no-argument", "lab.UserService", "", "", "whoAmI", "value"),
    ("attachments", "lab.UserService", "", "", "hello", "value"),
    ("one-way", "lab.UserService", "", "", "notify", ""),
    ("generic", "lab.UserService", "", "", "hello", "value"),
    (
        "group-version",
        "lab.SecretService",
        "2.0.0",
        "g1",
        "reveal",
        "value",
    ),
    (
        "unknown-service",
        "lab.UserService",
        "1.0.0",
        "absent",
        "hello",
        "error",
    ),
    ("heartbeats", "lab.UserService", "", "", "hello", "value"),
    ("fastjson2", "lab.UserService", "", "", "hello", "value"),
    (
        "fastjson2-object",
        "lab.UserService",
        "",
        "",
        "saveUser",
        "value",
    ),
    (
        "fastjson2-null",
        "lab.UserService",
        "",
        "",
        "findUser",
        "null",
    ),
    (
        "fastjson2-exception",
        "lab.UserService",
        "",
        "",
        "fail",
        "exception",
    ),
    (
        "fastjson2-attachments",
        "lab.UserService",
        "",
        "",
        "hello",
        "value",
    ),
    ("fastjson2-one-way", "lab.UserService", "", "", "notify", ""),
    (
        "fastjson2-generic",
        "lab.UserService",
        "",
        "",
        "hello",
        "value",
    ),
];

#[test]
fn every_recorded_call_would_run_what_the_consumer_meant() {
    for (name, service, version, group, method, answer) in CALLS {
        let ran = decode(
            &[
                &format!("{name}.request.bin"),
                &format!("{name}.response.bin"),
            ],
            b"",
        );
        assert_eq!((&*ran.err, ran.code), ("", Some(0)), "{name}");
        let call = &ran.lines[0];
        assert_eq!(call["kind"], "call", "{name}");
        let serialization = if name.starts_with("fastjson2") {
            "fastjson2"
        } else {
            "hessian2"
        };
        assert_eq!(call["serialization"], serialization, "{name}");
        assert_eq!(call["two_way"], !name.ends_with("one-way"), "{name}");
        let run = json!({"service": service, "version": version, "group": group, "method": method});
        assert_eq!(call["runs"], json!([run]), "{name}");
        assert_eq!(call["body"]["path"], service, "{name}");
        assert_eq!(call["attached"]["path"], service, "{name}");
        let answers: Vec<&Value> = ran
            .lines
            .iter()
            .filter(|line| line["kind"] == "answer")
            .collect();
        assert_eq!(answers.len(), usize::from(!answer.is_empty()), "{name}");
        for line in answers {
            assert_eq!(line["answer"], answer, "{name}");
            assert_eq!(line["id"], call["id"], "{name}");
            assert_eq!(
                line["status"],
                if answer == "error" { 70 } else { 20 },
                "{name}"
            );
        }
    }
}

#[test]
fn a_line_says_all_that_the_frame_says() {
    let ran = decode(&["attachments.request.bin"], b"");
    let id = recording("attachments.request.bin")[4..12]
        .try_into()
        .unwrap();
    assert_eq!(
        ran.lines,
        [json!({
            "file": "attachments.request.bin",
            "offset": 0,
            "kind": "call",
            "length": recording("attachments.request.bin").len(),
            "body_length": recording("attachments.request.bin").len() - 16,
            "id": i64::from_be_bytes(id).to_string(),
            "serialization": "hessian2",
            "two_way": true,
            "body": {
                "protocol": "2.0.2",
                "path": "lab.UserService",
                "version": "0.0.0",
                "method": "hello",
                "descriptor": "Ljava/lang/String;",
            },
            "attached": {
                "path": "lab.UserService",
                "interface": "lab.UserService",
                "version": "0.0.0",
                "group": null,
                "generic": null,
            },
            // A byte for the length, and the text.
            "arguments_length": "\u{3}bob".len(),
            "runs": [{"service": "lab.UserService", "version": "", "group": "", "method": "hello"}],
            "attachments": [
                ["path", "lab.UserService"],
                ["remote.application", "lab-consumer"],
                ["x-lane", "canary"],
                ["interface", "lab.UserService"],
                ["version", "0.0.0"],
                ["timeout", "3000"],
                ["empty", ""],
            ],
            "classes": [],
            "anomalies": [],
        })]
    );
}

#[test]
fn generic_calls_show_both_methods() {
    let ran = decode(&["generic.request.bin"], b"");
    let call = &ran.lines[0];
    assert_eq!(call["body"]["method"], "$invoke");
    assert_eq!(
        call["generic"],
        json!({"method": "hello", "generic": "true"})
    );
}

#[test]
fn heartbeats_are_told_from_calls() {
    let ran = decode(&["heartbeats.request.bin", "heartbeats.response.bin"], b"");
    let kinds: Vec<&str> = ran
        .lines
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "call",
            "heartbeat",
            "heartbeat",
            "answer",
            "heartbeat_answer",
            "heartbeat_answer"
        ]
    );
    assert_eq!(ran.lines[1]["id"], ran.lines[4]["id"]);
    assert_eq!(ran.lines[2]["id"], ran.lines[5]["id"]);
}

#[test]
fn frames_follow_each_other_from_the_first_byte_to_the_last() {
    for entry in std::fs::read_dir(recordings()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let mut end = 0;
        for line in decode(&[&name], b"").lines {
            assert_eq!(line["file"], name);
            assert_eq!(line["offset"], end, "{name}");
            end += line["length"].as_u64().unwrap();
        }
        assert_eq!(end, recording(&name).len() as u64, "{name}");
    }
}

/// A recording that is cut off between two frames is a shorter one.
#[test]
fn every_prefix_of_a_recording_ends_with_truncated() {
    let folder = Folder::new();
    for (name, step) in [
        ("heartbeats.request.bin", 1),
        ("heartbeats.response.bin", 1),
        ("generic.request.bin", 1),
        ("object.request.bin", 1),
        ("fastjson2.request.bin", 1),
        ("null.response.bin", 1),
        ("bytes.request.bin", 7),
        ("exception.response.bin", 61),
    ] {
        let whole = decode(&[name], b"").lines;
        let bytes = recording(name);
        let ends: Vec<usize> = (1..bytes.len()).step_by(step).collect();
        let files: Vec<String> = ends
            .iter()
            .map(|end| folder.write(&bytes[..*end]))
            .collect();
        let ran = decode(&files.iter().map(String::as_str).collect::<Vec<_>>(), b"");
        assert_eq!(ran.code, Some(1), "{name}");
        for (file, end) in files.iter().zip(ends) {
            let lines: Vec<&Value> = ran
                .lines
                .iter()
                .filter(|line| line["file"] == **file)
                .collect();
            let begin = |line: &Value| usize::try_from(line["offset"].as_u64().unwrap()).unwrap();
            let before = whole.iter().filter(|line| begin(line) < end).count();
            assert_eq!(lines.len(), before, "{name} {end}");
            let last = lines[before - 1];
            if whole.iter().any(|line| begin(line) == end) {
                assert_eq!(
                    last["anomalies"],
                    whole[before - 1]["anomalies"],
                    "{name} {end}"
                );
                continue;
            }
            let anomalies = last["anomalies"].as_array().unwrap();
            assert_eq!(anomalies.len(), 1, "{name} {end}");
            assert_eq!(anomalies[0]["name"], "truncated", "{name} {end}");
            assert_eq!(anomalies[0]["offset"], end, "{name} {end}");
            let in_head = end - begin(last) < 16;
            assert_eq!(last["kind"] == "no_frame", in_head, "{name} {end}");
        }
    }
}

/// A folder of this process, gone with the value.
struct Folder(std::path::PathBuf, core::cell::Cell<usize>);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("dubbo-policy-decode-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path, core::cell::Cell::new(0))
    }

    fn write(&self, bytes: &[u8]) -> String {
        let number = self.1.replace(self.1.get() + 1);
        let file = self.0.join(number.to_string());
        std::fs::write(&file, bytes).unwrap();
        file.into_os_string().into_string().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The names stand in the recordings, as each serialization writes them: `LM` and `[O` are fastjson2's own words.
#[test]
fn calls_show_the_classes_that_a_provider_loads_and_where_their_bytes_are() {
    for (name, classes) in [
        ("hello", &[][..]),
        (
            "object",
            &["lab.User", "java.util.LinkedHashMap", "lab.User$Role"],
        ),
        ("fastjson2-object", &["lab.User", "LM"]),
        ("generic", &["[string", "[object", "java.lang.String"]),
        ("fastjson2-generic", &["[String", "java.lang.String", "[O"]),
    ] {
        let file = format!("{name}.request.bin");
        let bytes = recording(&file);
        let ran = decode(&[&file], b"");
        let call = &ran.lines[0];
        assert_eq!(call["classes"], json!(classes), "{name}");
        for class in classes {
            let mut windows = bytes.windows(class.len());
            assert!(windows.any(|part| part == class.as_bytes()), "{class}");
        }
        let number = |key: &str| call[key].as_u64().unwrap();
        assert_eq!(number("length"), number("body_length") + 16, "{name}");
        assert!(number("arguments_length") < number("body_length"), "{name}");
    }
}

/// A string is its length, in one byte or behind a tag in two, and its text.
#[test]
fn the_length_of_the_arguments_is_that_of_their_bytes() {
    for (name, length) in [
        ("hello", 1 + "bob".len()),
        ("no-argument", 0),
        ("long-string", 3 + 1024),
        // fastjson2 puts a length of four bytes before each value.
        ("fastjson2", 4 + 1 + "bob".len()),
    ] {
        let ran = decode(&[&format!("{name}.request.bin")], b"");
        assert_eq!(ran.lines[0]["arguments_length"], length, "{name}");
    }
}
