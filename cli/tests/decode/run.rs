//! How the command is run, and where its input comes from.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use scenario::Step;
use serde_json::Value;

/// What the command wrote and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) lines: Vec<Value>,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

/// Runs `dubbo-policy decode` in the folder of the recordings.
pub(crate) fn decode(args: &[&str], stdin: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dubbo-policy"))
        .arg("decode")
        .args(args)
        .current_dir(recordings())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // The command may stop reading early.
        scope.spawn(move || drop(input.write_all(stdin)));
        child.wait_with_output().unwrap()
    });
    let out = String::from_utf8(output.stdout).unwrap();
    Ran {
        lines: out
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// The lines for bytes on the standard input.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Value> {
    let ran = decode(&["-"], bytes);
    assert_eq!(ran.err, "");
    let clean = ran
        .lines
        .iter()
        .all(|line| line["anomalies"] == Value::Array(Vec::new()));
    assert_eq!(ran.code, Some(i32::from(!clean)), "{ran:?}");
    ran.lines
}

/// The bytes of frames that are written as in a scenario file.
pub(crate) fn frames(yaml: &str) -> Vec<u8> {
    let text = format!("name: a\nconfig: {{}}\nsteps: [{{client: {yaml}}}]");
    let scenario = scenario::parse(&text, Path::new("test")).unwrap();
    let [Step::Client(frames)] = scenario.steps.as_slice() else {
        panic!("one step")
    };
    frames
        .iter()
        .flat_map(|frame| frame.bytes().unwrap())
        .collect()
}

/// Where the recordings are.
pub(crate) fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/dubbo/recorded")
}

/// The bytes of a recording.
pub(crate) fn recording(name: &str) -> Vec<u8> {
    std::fs::read(recordings().join(name)).unwrap()
}
