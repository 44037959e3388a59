use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use hessian::{Decoder, Definition, Limits, Text};

use crate::call::Stream;
use crate::hessian2;
use crate::{Call, CallError, canonical};

/// The classes that a call makes its provider load, as they stand in its arguments and attachments.
#[derive(Clone, Debug)]
pub struct Carried<'a> {
    source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    Hessian2 {
        stream: Held<'a>,
        /// The body and its limits, if the call is a generic one.
        generic: Option<(&'a [u8], Limits)>,
    },
}

/// A stream that a call keeps, or that nobody else needs.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a box would be an allocation for each call that fits an outline"
)]
enum Held<'a> {
    Lent(&'a Decoder<'a>),
    Own(Decoder<'a>),
}

impl<'a> Carried<'a> {
    pub(crate) fn of(call: &'a Call<'a>) -> Self {
        let generic = call.generic.is_some();
        let source = match &call.stream {
            Stream::Hessian2(stream) => Source::Hessian2 {
                stream: Held::Lent(stream),
                generic: generic.then_some((call.body, call.limits)),
            },
        };
        Carried { source }
    }

    /// The classes in the arguments of a call that is no generic one, all of which the stream has stepped over.
    pub(crate) fn in_arguments(stream: Decoder<'a>) -> Self {
        Carried {
            source: Source::Hessian2 {
                stream: Held::Own(stream),
                generic: None,
            },
        }
    }

    /// The names of the class definitions whose fields are not those that the class is known to have: Java's reader of such
    /// a class may read another number of values than the definition says, and take what follows for something else.
    pub fn altered(&self) -> impl Iterator<Item = &Text<'a>> {
        let Source::Hessian2 { stream, .. } = &self.source;
        let differs = |definition: &&Definition<'a>| {
            // A name with half a surrogate pair is none of Java's own.
            definition
                .name
                .to_str()
                .is_ok_and(|name| canonical::differs(&name, definition.fields()))
        };
        let definitions = stream.decoder().definitions();
        definitions
            .filter(differs)
            .map(|definition| &definition.name)
    }

    /// The names of the classes that a provider loads for the call, each once:
    ///
    /// - in hessian2 the names of class definitions, and the types of maps and lists, in the order of the wire. They are as
    ///   they stand there: `java.util.HashMap`, `[java.lang.String`, `[int`, or a short name such as `string`;
    /// - in a generic call also the names of the parameters' types, and the strings that stand under the keys `class` and
    ///   `className` in its arguments: providers turn maps into beans of the class that they name.
    ///
    /// What is looked for is looked for now; nothing is kept.
    ///
    /// # Errors
    ///
    /// Types of a generic call that are no strings.
    pub fn classes(&self) -> Result<Vec<Text<'a>>, CallError> {
        match &self.source {
            Source::Hessian2 { stream, generic } => {
                let mut names: Vec<_> = stream.decoder().names().cloned().collect();
                if let Some((body, limits)) = generic {
                    names.extend(hessian2::generic_classes(body, *limits)?);
                }
                Ok(each_once(names))
            }
        }
    }
}

impl<'a> Held<'a> {
    fn decoder(&self) -> &Decoder<'a> {
        match self {
            Held::Lent(stream) => stream,
            Held::Own(stream) => stream,
        }
    }
}

fn each_once(names: Vec<Text<'_>>) -> Vec<Text<'_>> {
    let mut seen = BTreeSet::new();
    let first: Vec<_> = names
        .iter()
        .map(|name| seen.insert(name.as_bytes()))
        .collect();
    let names = names.into_iter().zip(first);
    names
        .filter_map(|(name, first)| first.then_some(name))
        .collect()
}
