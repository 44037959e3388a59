use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::mem;

use hessian::{Decoder, Limits, Text};

use crate::carried::Carried;
use crate::named::Named;
use crate::{Attachments, CallError, CallErrorKind, Serialization, fastjson2, hessian2};

/// What a request asks for, as its body says it:
///
/// ```text
/// protocol, path, version, method, descriptor, argument*, attachments
/// ```
///
/// The strings are those of the body. What will run may be another service: [`Call::identities`].
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The caller's protocol, such as `2.0.2`; up to Dubbo 2.6.2 its release.
    pub protocol: Text<'a>,
    /// The service, by its path; since Dubbo 2.7.7 the interface where the caller's API set one.
    pub path: Cow<'a, str>,
    /// The service's version, unless null stands in its place.
    pub version: Option<Cow<'a, str>>,
    /// The method.
    pub method: Cow<'a, str>,
    /// The JVM descriptors of the method's arguments, such as `Ljava/lang/String;I`.
    pub descriptor: Text<'a>,
    /// The call inside a generic call.
    pub generic: Option<GenericTarget<'a>>,
    /// What stands behind the arguments.
    pub attachments: Attachments<'a>,
    /// Where the attachments begin in the body.
    pub attachments_at: usize,
    /// Where the arguments begin in the body.
    pub(crate) arguments_at: usize,
    /// How many arguments there are.
    pub(crate) arguments: usize,
    /// The body that all this was read from.
    pub(crate) body: &'a [u8],
    /// The attachments that have a say in what runs.
    pub(crate) named: Named<'a>,
    /// Whether Java may read an argument otherwise than it is written, because of its parameter's type.
    pub(crate) misread: bool,
    /// What was met on the way through the body.
    pub(crate) stream: Stream<'a>,
    pub(crate) limits: Limits,
}

/// A body that has been walked through, with what is remembered of the way.
#[derive(Clone, Debug)]
pub(crate) enum Stream<'a> {
    Hessian2(Naming<'a>),
    Fastjson2,
}

/// A stream that has named classes or types. Most have not, and a stream is too large to be handed on for nothing.
pub(crate) type Naming<'a> = Option<Box<Decoder<'a>>>;

/// What is kept of a stream that has been read, taken out of its place.
#[inline]
pub(crate) fn naming<'a>(stream: &mut Decoder<'a>, limits: Limits) -> Naming<'a> {
    stream.names().next()?;
    Some(Box::new(mem::replace(stream, Decoder::new(&[], limits))))
}

/// What a generic call makes the provider run: `$invoke` or `$invokeAsync` with three arguments (method name, parameter
/// types, arguments).
///
/// The generic filters of Java and dubbo-go look at the method's name and the number of arguments, never at the
/// descriptor, and Dubbo up to 2.6 decodes `$invoke` with any descriptor. So any three arguments make a call generic here,
/// not only `Ljava/lang/String;[Ljava/lang/String;[Ljava/lang/Object;`. With another number, `$invoke` is a method like any
/// other, as it is for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericTarget<'a> {
    /// The method: the first argument without leading and trailing blanks and control characters, which Java trims.
    pub method: Cow<'a, str>,
    /// How the arguments are written, by the attachment `generic`: `true`, `nativejava`, `bean` and so on; empty without
    /// that attachment, which providers take for `true`.
    pub generic: Cow<'a, str>,
}

impl<'a> Call<'a> {
    /// Reads a request's whole body.
    ///
    /// # Errors
    ///
    /// Whatever peers could read in different ways: bytes outside the grammar, values that are not of the kind that must
    /// stand in their place, bytes left over, other serializations than hessian2 and fastjson2.
    pub fn parse(
        body: &'a [u8],
        serialization: Serialization,
        limits: Limits,
    ) -> Result<Self, CallError> {
        match serialization {
            Serialization::HESSIAN2 => hessian2::parse(body, limits),
            Serialization::FASTJSON2 => fastjson2::parse(body, limits),
            _ => Err(CallError {
                kind: CallErrorKind::UnsupportedSerialization,
                field: "body",
                offset: 0,
            }),
        }
    }

    /// The classes that the call makes its provider load.
    pub fn carried(&self) -> Carried<'_> {
        Carried::of(self)
    }

    /// How the body is written.
    pub fn serialization(&self) -> Serialization {
        match self.stream {
            Stream::Hessian2(_) => Serialization::HESSIAN2,
            Stream::Fastjson2 => Serialization::FASTJSON2,
        }
    }

    /// Bytes of all arguments together.
    pub fn arguments_len(&self) -> usize {
        self.attachments_at.saturating_sub(self.arguments_at)
    }

    /// The method that runs: the inner one of a generic call.
    pub fn target_method(&self) -> &str {
        match &self.generic {
            Some(target) => &target.method,
            None => &self.method,
        }
    }
}

/// What names the class of a bean that a map stands for, in generic calls: `class` in a map that Java's `PojoUtils` reads,
/// `className` in a `JavaBeanDescriptor`.
pub(crate) const CLASS_KEYS: [&str; 2] = ["class", "className"];

/// The text of a name that rules compare, which stands at `offset`.
pub(crate) fn name<'a>(
    text: Text<'a>,
    field: &'static str,
    offset: usize,
) -> Result<Cow<'a, str>, CallError> {
    text.into_str().map_err(|_| CallError {
        kind: CallErrorKind::LoneSurrogate,
        field,
        offset,
    })
}

/// Whether a provider takes a call for a generic one.
pub(crate) fn is_generic(method: &str, arguments: usize) -> bool {
    matches!(method, "$invoke" | "$invokeAsync") && arguments == 3
}

/// `java.lang.String.trim`: what is not above U+0020 goes from both ends.
pub(crate) fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    let blank = |char| char <= ' ';
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(blank).into()),
    }
}
