//! No definition that a known writer makes is taken for an altered one.

#![allow(clippy::expect_used, reason = "a test fails by panic")]

use dubbo::{Limits, canonical};
use hessian::Decoder;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[path = "../../hessian/tests/support/mod.rs"]
mod vectors;

#[test]
fn what_writers_define_does_not_differ() {
    let mut definitions = 0;
    for value in vectors::all_values() {
        // Two fields, as hessian-lite wrote them up to 3.2.7: all later readers take one value.
        if value.name == "values.txt: object UUID" {
            continue;
        }
        let mut stream = Decoder::new(&value.bytes, Limits::default());
        stream.skip().expect(&value.name);
        for definition in stream.definitions() {
            let class = definition.name.to_str_lossy();
            let fields: Vec<_> = definition.fields().collect();
            let differs = canonical::differs(&class, fields.iter().cloned());
            assert!(!differs, "{}: {class} {fields:?}", value.name);
            definitions += 1;
        }
    }
    assert!(definitions > 300, "{definitions} definitions");
}
