use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use hessian::{Decoder, Limits, Text};

use crate::call::{Naming, Stream, naming};
use crate::{Call, CallError, canonical, fastjson2, hessian2};

/// The classes that a call makes its provider load, as they stand in its arguments and attachments.
#[derive(Clone, Debug)]
pub struct Carried<'a> {
    source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    Call(&'a Call<'a>),
    /// A stream that has stepped over the arguments of a call that is no generic one.
    Hessian2(Naming<'a>),
    /// Arguments and attachments, which begin at `offset` of the body, of a call that is no generic one.
    Fastjson2 {
        values: &'a [u8],
        offset: usize,
        limits: Limits,
    },
}

impl<'a> Carried<'a> {
    pub(crate) fn of(call: &'a Call<'a>) -> Self {
        Carried {
            source: Source::Call(call),
        }
    }

    pub(crate) fn in_arguments(stream: &mut Decoder<'a>, limits: Limits) -> Self {
        Carried {
            source: Source::Hessian2(naming(stream, limits)),
        }
    }

    pub(crate) fn in_values(values: &'a [u8], offset: usize, limits: Limits) -> Self {
        Carried {
            source: Source::Fastjson2 {
                values,
                offset,
                limits,
            },
        }
    }

    /// The names of the class definitions whose fields are not those that the class is known to have: Java's reader of such
    /// a class may read another number of values than the definition says, and take what follows for something else. And of
    /// the classes and types around an object that no writer puts there, which Java may read so, too; the descriptor stands for
    /// the type of a parameter.
    pub fn altered(&self) -> impl Iterator<Item = &Text<'a>> {
        let decoder = self.decoder().into_iter();
        let differing = decoder.clone().flat_map(Decoder::definitions).filter(|it| {
            // A name with half a surrogate pair is none of Java's own.
            it.name
                .to_str()
                .is_ok_and(|name| canonical::differs(&name, it.fields()))
        });
        let names = differing.map(|definition| &definition.name);
        let misread = match &self.source {
            Source::Call(call) if call.misread => Some(&call.descriptor),
            _ => None,
        };
        misread
            .into_iter()
            .chain(names)
            .chain(decoder.flat_map(misused_holders))
    }

    /// The names of the classes that a provider loads for the call, each once:
    ///
    /// - in hessian2 the names of class definitions, and the types of maps and lists, in the order of the wire. They are as
    ///   they stand there: `java.util.HashMap`, `[java.lang.String`, `[int`, or a short name such as `string`;
    /// - in fastjson2 the names of types, in the order of the wire, and the strings under the key `@type`, which is a type's
    ///   name to readers of beans. Well-known classes have short names: `TreeMap`, `[O` for an array of objects;
    /// - in a generic call also the names of the parameters' types, and the strings that stand under the keys `class` and
    ///   `className` in its arguments: providers turn maps into beans of the class that they name.
    ///
    /// What is looked for is looked for now; nothing is kept.
    ///
    /// # Errors
    ///
    /// Types of a generic call that are no strings. Arguments in fastjson2 that cannot be walked through.
    pub fn classes(&self) -> Result<Vec<Text<'a>>, CallError> {
        let mut names: Vec<_> = self
            .decoder()
            .into_iter()
            .flat_map(Decoder::names)
            .cloned()
            .collect();
        match self.source {
            Source::Call(call) => names.extend(in_strings_or_values(call)?),
            Source::Hessian2(_) => {}
            Source::Fastjson2 {
                values,
                offset,
                limits,
            } => names.extend(fastjson2::classes(values, offset, false, limits)?),
        }
        Ok(each_once(names))
    }

    fn decoder(&self) -> Option<&Decoder<'a>> {
        match &self.source {
            Source::Call(call) => match &call.stream {
                Stream::Hessian2(stream) => stream.as_deref(),
                Stream::Fastjson2 => None,
            },
            Source::Hessian2(stream) => stream.as_deref(),
            Source::Fastjson2 { .. } => None,
        }
    }
}

/// The classes and types that make Java read an object in them otherwise than it is defined.
fn misused_holders<'d, 'a>(stream: &'d Decoder<'a>) -> Vec<&'d Text<'a>> {
    let moving = stream.names().filter(|name| canonical::moves(name));
    let mut misused: Vec<_> = moving.collect();
    if stream
        .names()
        .any(|name| canonical::may_hold(name).is_some())
    {
        let holds_another = |(outer, inner): &(&Text<'a>, &Text<'a>)| {
            canonical::may_hold(outer)
                .is_some_and(|held| !held.iter().any(|class| *inner == *class))
        };
        let nested = stream.nested().into_iter().filter(holds_another);
        misused.extend(nested.map(|(outer, _)| outer));
    }
    misused
}

/// The names that no stream has taken note of: those in strings of generic calls, and all of fastjson2.
fn in_strings_or_values<'a>(call: &'a Call<'a>) -> Result<Vec<Text<'a>>, CallError> {
    let generic = call.generic.is_some();
    match call.stream {
        Stream::Hessian2(_) if generic => hessian2::generic_classes(call.body, call.limits),
        Stream::Hessian2(_) => Ok(Vec::new()),
        Stream::Fastjson2 => {
            let values = call.body.get(call.arguments_at..).unwrap_or_default();
            fastjson2::classes(values, call.arguments_at, generic, call.limits)
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
