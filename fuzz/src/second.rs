//! hessian_rs as a second opinion. It overflows its stack and its memory on hostile input, so it only gets what `grammar` has found tame.

use hessian::Scalar;
use hessian_rs::Value;
use hessian_rs::de::Deserializer;

/// An int that follows a value: a reader that ended elsewhere would not find it.
const MARKER: i32 = 0x5a5a_1234;

/// Longer streams are not compared: a name costs it as many bytes as it has objects.
const MAX: usize = 2048;

/// The first value of `stream`, which has `len` bytes and says `scalar`, is the same for hessian_rs, if that can read it.
pub(crate) fn agrees(stream: &[u8], len: usize, scalar: &Scalar<'_>) {
    let Some(value) = stream.get(..len).filter(|value| value.len() <= MAX) else {
        return;
    };
    let marked = [value, b"I", &MARKER.to_be_bytes()].concat();
    let mut theirs = Deserializer::new(&marked);
    let Ok(value) = theirs.read_value() else {
        return;
    };
    let same = match (scalar, &value) {
        (Scalar::Null, Value::Null) => true,
        (Scalar::Bool(ours), Value::Bool(theirs)) => ours == theirs,
        (Scalar::Int(ours), Value::Int(theirs)) => ours == theirs,
        (Scalar::Long(ours), Value::Long(theirs)) => ours == theirs,
        (Scalar::Double(ours), Value::Double(theirs)) => ours.to_bits() == theirs.to_bits(),
        (Scalar::String(ours), Value::String(theirs)) => *ours == **theirs,
        // Behind a class definition every value is `Other` for us.
        (Scalar::Other, _) => true,
        _ => false,
    };
    assert!(same, "ours {scalar:?}, theirs {value:?}");
    assert_eq!(
        theirs.read_value().ok(),
        Some(Value::Int(MARKER)),
        "another end"
    );
}
