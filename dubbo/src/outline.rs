//! The bytes around a call's arguments, which most calls of a connection repeat.

use alloc::vec::Vec;

use hessian::{Decoder, Limits};

use crate::attachments::Form;
use crate::canonical::Parameter;
use crate::carried::Carried;
use crate::{AttachmentValue, Call, Serialization, descriptor, fastjson2};

/// What stands before and behind the arguments of a call: its names, and its attachments.
///
/// Everything but the arguments that can be read from a call stands in these bytes. So of a body that fits the same
/// outline nothing has to be read anew, whatever its arguments are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    serialization: Serialization,
    before: Vec<u8>,
    /// One for each argument.
    parameters: Vec<Parameter>,
    behind: Vec<u8>,
}

impl Outline {
    /// The outline of a call; none for a call of which something else has a say: the arguments of a generic call, or a value
    /// in the attachments that may refer to something before them, or arguments that are read otherwise than they are written.
    pub fn of(call: &Call<'_>) -> Option<Outline> {
        let plain = match call.attachments.form {
            // Each value of fastjson2 has symbols of its own.
            _ if call.serialization() == Serialization::FASTJSON2 => true,
            Form::Null => true,
            Form::TypedMap(_) => false,
            Form::Map => call
                .attachments
                .iter()
                .all(|pair| pair.value() != AttachmentValue::Other),
        };
        if call.generic.is_some() || call.misread || !plain {
            return None;
        }
        Some(Outline {
            serialization: call.serialization(),
            before: call.body.get(..call.arguments_at)?.to_vec(),
            parameters: parameters(call),
            behind: call.body.get(call.attachments_at..)?.to_vec(),
        })
    }

    /// If a body in the same serialization has this outline, the classes that it carries. It is then read as the call was,
    /// and its arguments are whole.
    pub fn fits<'a>(&self, body: &'a [u8], limits: Limits) -> Option<Carried<'a>> {
        let rest = body.strip_prefix(self.before.as_slice())?;
        if self.serialization == Serialization::FASTJSON2 {
            let fits = fastjson2::fits(rest, self.parameters.len(), &self.behind);
            return fits.then(|| Carried::in_values(rest, self.before.len(), limits));
        }
        let mut stream = Decoder::new(rest, limits);
        for parameter in &self.parameters {
            if *parameter != Parameter::Any && parameter.misreads(&stream.ahead().ok()?) {
                return None;
            }
            stream.skip().ok()?;
        }
        (stream.rest() == self.behind).then(|| Carried::in_arguments(&mut stream, limits))
    }

    /// How many bytes it keeps.
    pub fn len(&self) -> usize {
        self.before.len() + self.behind.len()
    }

    /// Whether it keeps none, which no call's outline does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn parameters(call: &Call<'_>) -> Vec<Parameter> {
    let mut parameters: Vec<_> = descriptor::types(call.descriptor.as_bytes())
        .map(Parameter::of)
        .collect();
    // dubbo-go's one descriptor that ends in the middle of a type.
    parameters.resize(call.arguments, Parameter::Any);
    parameters
}

/// The bytes at the beginning of a body that tell most calls apart: its five strings, as far as they are short and ASCII.
/// Other bytes for other bodies do no harm: an outline compares them all.
pub fn names(body: &[u8], serialization: Serialization) -> &[u8] {
    let mut end = 0;
    for _ in 0..STRINGS {
        let rest = body.get(end..).unwrap_or_default();
        let (head, len) = match (serialization, rest) {
            // A value behind its length, which is a short one.
            (Serialization::FASTJSON2, [0, 0, high, low, ..]) => {
                (4, usize::from(*high) << 8 | usize::from(*low))
            }
            (Serialization::HESSIAN2, [tag @ 0x00..=0x1f, ..]) => (1, usize::from(*tag)),
            (Serialization::HESSIAN2, [tag @ 0x30..=0x33, low, ..]) => {
                (2, usize::from(*tag & 3) << 8 | usize::from(*low))
            }
            (Serialization::HESSIAN2, [b'N', ..]) => (1, 0),
            _ => break,
        };
        end += head + len;
    }
    body.get(..end).unwrap_or(body)
}

/// Protocol, path, version, method, descriptor.
const STRINGS: usize = 5;
