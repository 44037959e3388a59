//! The demo that the README promises: it asserts what it shows.

use std::process::Command;

#[test]
fn the_demo_shows_what_it_says_and_leaves_nothing_running() {
    let demo = Command::new(env!("CARGO_BIN_EXE_demo"))
        .output()
        .expect("the demo starts");
    let shown = String::from_utf8_lossy(&demo.stdout);
    assert!(
        demo.status.success(),
        "{shown}\n{}",
        String::from_utf8_lossy(&demo.stderr)
    );
    assert!(shown.contains("All as it should be"), "{shown}");
}
