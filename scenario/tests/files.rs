//! The files in testdata/scenarios can be read, and say what they mean to.
#![allow(clippy::unwrap_used, reason = "a panic is a test's failure")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use scenario::{Frame, Scenario, Step};

fn all() -> Vec<Scenario> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/scenarios");
    scenario::load_all(&folder).unwrap()
}

#[test]
fn every_frame_of_every_file_can_be_written() {
    for scenario in all() {
        for serialization in &scenario.serializations {
            let scenario = scenario.written_in(*serialization);
            for step in &scenario.steps {
                if let Step::Client(frames) | Step::Provider(frames) = step {
                    for frame in frames {
                        let bytes = frame.bytes();
                        let file = scenario.file.display();
                        assert!(bytes.is_ok(), "{file}: {frame:?}: {bytes:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_name_is_a_sentence_of_its_own() {
    let mut names = BTreeSet::new();
    for scenario in all() {
        assert!(scenario.name.split(' ').count() > 3, "{:?}", scenario.name);
        assert!(
            names.insert(scenario.name.clone()),
            "{:?} twice",
            scenario.name
        );
    }
}

#[test]
fn every_file_expects_something() {
    for scenario in all() {
        let sends = |step: &Step| {
            matches!(
                step,
                Step::Client(_) | Step::Provider(_) | Step::Advance(_) | Step::Connection(_)
            )
        };
        assert!(
            !scenario.steps.iter().all(sends),
            "{}",
            scenario.file.display()
        );
    }
}

/// A frame of 65,536 bytes is the point of `framing-longest.yaml`, and nothing else in the file would show that it is one.
#[test]
fn the_longest_frame_is_as_long_as_its_policy_admits() {
    let scenario = all()
        .into_iter()
        .find(|scenario| scenario.file.ends_with("framing-longest.yaml"))
        .unwrap();
    let lengths: Vec<usize> = scenario
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Client(frames) => frames.first().map(Frame::bytes),
            _ => None,
        })
        .map(|bytes| bytes.unwrap().len())
        .collect();
    assert_eq!(lengths, [65_536, 65_537]);
}
