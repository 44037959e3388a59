//! Frames of a scenario against the bytes of a recording.

use std::path::Path;

use scenario::{Frame, Step};

/// The bytes of the recording must be those of the frames, which are written in YAML; `ID` stands for the recording's first id.
#[track_caller]
pub(crate) fn recorded(file: &str, frames: &str) {
    let recorded = read(file);
    let first_id = first_id(&recorded);
    let frames = (1..=4).rev().fold(frames.to_owned(), |frames, more| {
        frames.replace(&format!("ID+{more}"), &(first_id + more).to_string())
    });
    let frames = frames.replace("ID", &first_id.to_string());
    assert_eq!(
        written(&frames).escape_ascii().to_string(),
        recorded.escape_ascii().to_string()
    );
}

/// A file of `testdata/dubbo/recorded`.
pub(crate) fn read(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/dubbo/recorded");
    std::fs::read(folder.join(file)).unwrap()
}

/// The id of the first frame.
pub(crate) fn first_id(recorded: &[u8]) -> i64 {
    i64::from_be_bytes(recorded[4..12].try_into().unwrap())
}

/// The bytes of frames in YAML.
pub(crate) fn written(frames: &str) -> Vec<u8> {
    let text = format!("name: a\nconfig: {{}}\nsteps: [{{client: {frames}}}]");
    let scenario = scenario::parse(&text, Path::new("a test")).unwrap();
    let [Step::Client(frames)] = scenario.steps.as_slice() else {
        panic!("one step")
    };
    frames
        .iter()
        .flat_map(|frame: &Frame| frame.bytes().unwrap())
        .collect()
}
