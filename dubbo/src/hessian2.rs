use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use hessian::{Decoder, Limits, ListLen, Text};

use crate::attachments::{Attachment, Attachments, Form, MAX_ATTACHMENTS, USUAL_ATTACHMENTS};
use crate::call::{CLASS_KEYS, Stream, is_generic, name, naming, trim};
use crate::canonical::Parameter;
use crate::named::{Named, Repeated};
use crate::{Call, CallError, CallErrorKind, GenericTarget, descriptor};

/// Reads the body of a hessian2 request: one Hessian stream from its first byte to its last.
pub(crate) fn parse(bytes: &[u8], limits: Limits) -> Result<Call<'_>, CallError> {
    let mut body = Body {
        bytes,
        stream: Decoder::new(bytes, limits),
    };
    let protocol = body.text("protocol")?;
    let path_at = body.stream.offset();
    let path = body.name("path")?;
    let version_at = body.stream.offset();
    let version = body.name_or_null("version")?;
    let method_at = body.stream.offset();
    let method = body.name("method")?;
    let descriptor_at = body.stream.offset();
    let descriptor = body.text("descriptor")?;
    let Some(arguments) = descriptor::arguments(descriptor.as_bytes()) else {
        return Err(CallError {
            kind: CallErrorKind::Descriptor,
            field: "descriptor",
            offset: descriptor_at,
        });
    };
    let arguments_at = body.stream.offset();
    let mut misread = false;
    let inner_method = if is_generic(&method, arguments) {
        let inner = body.name("generic method")?;
        // dubbo-go does not look at the types. Whatever else stood in their place, such as an object that it reads in another
        // way than it is defined, would move the attachments.
        body.each_type(|_| ())?;
        body.skip(arguments - 2)?;
        Some(trim(inner))
    } else {
        misread = body.skip_parameters(descriptor.as_bytes(), arguments)?;
        None
    };
    let attachments_at = body.stream.offset();
    let repeated_path = Repeated {
        wire: body.slice(path_at..version_at),
        text: &path,
    };
    let repeated_version = version.as_ref().map(|text| Repeated {
        wire: body.slice(version_at..method_at),
        text,
    });
    let mut named = Named::default();
    let attachments = body.attachments(|pair, offset| {
        named.note(pair, offset, &repeated_path, repeated_version.as_ref())
    })?;
    if !body.stream.is_empty() {
        return Err(body.fail("body", CallErrorKind::TrailingBytes));
    }
    let generic = inner_method.map(|method| GenericTarget {
        method,
        generic: named.generic.clone().unwrap_or_default(),
    });
    Ok(Call {
        protocol,
        path,
        version,
        method,
        descriptor,
        generic,
        attachments,
        attachments_at,
        arguments_at,
        arguments,
        body: bytes,
        named,
        misread,
        stream: Stream::Hessian2(naming(&mut body.stream, limits)),
        limits,
    })
}

/// The names of classes that stand in the arguments of a generic call as plain strings: the parameters' types, and what
/// stands under the keys `class` and `className`. The body is one that [`parse`] has read.
pub(crate) fn generic_classes(bytes: &[u8], limits: Limits) -> Result<Vec<Text<'_>>, CallError> {
    let mut body = Body {
        bytes,
        stream: Decoder::new(bytes, limits),
    };
    // The method's name stands behind those that begin every body.
    body.skip(STRINGS + 1)?;
    let mut found = Vec::new();
    body.each_type(|name| found.push(name))?;
    body.stream
        .skip_collecting(&CLASS_KEYS, &mut found)
        .map_err(|error| hessian_error("argument", error))?;
    Ok(found)
}

/// A stream whose errors name the field that was being read.
struct Body<'a> {
    bytes: &'a [u8],
    stream: Decoder<'a>,
}

impl<'a> Body<'a> {
    fn text(&mut self, field: &'static str) -> Result<Text<'a>, CallError> {
        self.stream
            .string()
            .map_err(|error| hessian_error(field, error))
    }

    /// A string that rules compare.
    fn name(&mut self, field: &'static str) -> Result<Cow<'a, str>, CallError> {
        let offset = self.stream.offset();
        name(self.text(field)?, field, offset)
    }

    fn name_or_null(&mut self, field: &'static str) -> Result<Option<Cow<'a, str>>, CallError> {
        let offset = self.stream.offset();
        let text = self
            .stream
            .string_or_null()
            .map_err(|error| hessian_error(field, error))?;
        text.map(|text| name(text, field, offset)).transpose()
    }

    /// Steps over arguments, and says whether one of them may be read otherwise because of its parameter's type.
    fn skip_parameters(&mut self, descriptor: &[u8], count: usize) -> Result<bool, CallError> {
        let fail = |error| hessian_error("argument", error);
        let mut misread = false;
        let mut types = descriptor::types(descriptor);
        for _ in 0..count {
            let parameter = types.next().map_or(Parameter::Any, Parameter::of);
            if parameter != Parameter::Any {
                misread |= parameter.misreads(&self.stream.ahead().map_err(fail)?);
            }
            self.stream.skip().map_err(fail)?;
        }
        Ok(misread)
    }

    /// Steps over arguments.
    fn skip(&mut self, count: usize) -> Result<(), CallError> {
        for _ in 0..count {
            self.stream
                .skip()
                .map_err(|error| hessian_error("argument", error))?;
        }
        Ok(())
    }

    /// The second argument of a generic call: null or a list of strings, some of which may be null.
    fn each_type(&mut self, mut note: impl FnMut(Text<'a>)) -> Result<(), CallError> {
        let fail = |error| hessian_error("generic types", error);
        if self.stream.peek().map_err(fail)? == b'N' {
            return self.skip(1);
        }
        match self.stream.begin_list().map_err(fail)? {
            ListLen::Fixed(count) => {
                for _ in 0..count {
                    self.stream.string_or_null().map_err(fail)?.map(&mut note);
                }
            }
            ListLen::UntilEnd => {
                while !self.stream.end() {
                    self.stream.string_or_null().map_err(fail)?.map(&mut note);
                }
            }
        }
        Ok(())
    }

    /// `N`, `H pairs Z` or `M type pairs Z`, and nothing before or instead of it: Java also takes the map that a back
    /// reference points to, and the fields of a class instance. `note` sees each pair and its offset.
    fn attachments(
        &mut self,
        mut note: impl FnMut(&Attachment<'a>, usize) -> Result<(), CallError>,
    ) -> Result<Attachments<'a>, CallError> {
        let fail = |error| hessian_error("attachments", error);
        let form = match self.stream.peek().map_err(fail)? {
            b'N' => {
                self.stream.skip().map_err(fail)?;
                return Ok(Attachments {
                    form: Form::Null,
                    pairs: Vec::new(),
                    symbolic: false,
                });
            }
            b'H' | b'M' => self
                .stream
                .begin_map()
                .map_err(fail)?
                .map_or(Form::Map, Form::TypedMap),
            found => return Err(self.fail("attachments", CallErrorKind::AttachmentsKind { found })),
        };
        let mut pairs = Vec::with_capacity(USUAL_ATTACHMENTS);
        while !self.stream.end() {
            if pairs.len() == MAX_ATTACHMENTS {
                return Err(self.fail("attachments", CallErrorKind::TooManyAttachments));
            }
            let begin = self.stream.offset();
            let key = self.stream.string().map_err(fail)?;
            let value_at = self.stream.offset();
            self.stream.skip().map_err(fail)?;
            let end = self.stream.offset();
            let pair = Attachment {
                key,
                pair: self.slice(begin..end),
                key_len: value_at - begin,
                jsonb: false,
            };
            note(&pair, begin)?;
            pairs.push(pair);
        }
        Ok(Attachments {
            form,
            pairs,
            symbolic: false,
        })
    }

    fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    fn fail(&self, field: &'static str, kind: CallErrorKind) -> CallError {
        CallError {
            kind,
            field,
            offset: self.stream.offset(),
        }
    }
}

fn hessian_error(field: &'static str, error: hessian::Error) -> CallError {
    CallError {
        kind: CallErrorKind::Hessian(error.kind),
        field,
        offset: error.offset,
    }
}

/// Protocol, path, version, method, descriptor.
const STRINGS: usize = 5;
