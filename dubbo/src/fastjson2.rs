use alloc::borrow::Cow;
use alloc::vec::Vec;

use hessian::{Limits, Text};

use crate::attachments::{Attachment, Attachments, Form, MAX_ATTACHMENTS, USUAL_ATTACHMENTS};
use crate::call::{CLASS_KEYS, Stream, is_generic, name, trim};
use crate::jsonb::reader::Reader;
use crate::jsonb::walk::{Names, Walk};
use crate::jsonb::{self, NULL, OBJECT, OBJECT_END, TYPED};
use crate::named::{Named, Repeated};
use crate::{Call, CallError, CallErrorKind, GenericTarget, descriptor};

/// Reads the body of a fastjson2 request: values of JSONB, each behind its length and with symbols of its own.
///
/// Arguments are not looked into: their lengths say where the next value begins, to every reader.
pub(crate) fn parse(bytes: &[u8], limits: Limits) -> Result<Call<'_>, CallError> {
    let mut body = Body {
        rest: Reader::new(bytes, 0),
        limits,
    };
    let protocol = body.text("protocol")?.text;
    let path = body.text("path")?.name("path")?;
    let version = body.text_or_null("version")?;
    let version = version.map(|text| text.name("version")).transpose()?;
    let method = body.text("method")?.name("method")?.name;
    let descriptor = body.text("descriptor")?;
    let Some(arguments) = descriptor::arguments(descriptor.text.as_bytes()) else {
        return Err(CallError {
            kind: CallErrorKind::Descriptor,
            field: "descriptor",
            offset: descriptor.offset,
        });
    };
    let arguments_at = body.rest.offset();
    let inner_method = if is_generic(&method, arguments) {
        let inner = body.text("generic method")?.name("generic method")?.name;
        body.skip(arguments - 1)?;
        Some(trim(inner))
    } else {
        body.skip(arguments)?;
        None
    };
    let attachments_at = body.rest.offset();
    let repeated_path = path.repeated();
    let repeated_version = version.as_ref().map(Name::repeated);
    let mut named = Named::default();
    let attachments = body.attachments(|pair, offset| {
        named.note(pair, offset, &repeated_path, repeated_version.as_ref())
    })?;
    if !body.rest.is_empty() {
        return Err(CallError {
            kind: CallErrorKind::TrailingBytes,
            field: "body",
            offset: body.rest.offset(),
        });
    }
    let generic = inner_method.map(|method| GenericTarget {
        method,
        generic: named.generic.clone().unwrap_or_default(),
    });
    Ok(Call {
        protocol,
        path: path.name,
        version: version.map(|version| version.name),
        method,
        descriptor: descriptor.text,
        generic,
        attachments,
        attachments_at,
        arguments_at,
        arguments,
        body: bytes,
        named,
        misread: false,
        stream: Stream::Fastjson2,
        limits,
    })
}

/// Whether so many arguments stand before `behind` at the beginning of `rest`.
pub(crate) fn fits(rest: &[u8], arguments: usize, behind: &[u8]) -> bool {
    let mut rest = Reader::new(rest, 0);
    (0..arguments).all(|_| rest.value().is_ok()) && rest.rest() == behind
}

/// The names of classes in the arguments and attachments, which stand in `values` at `offset` of the body.
pub(crate) fn classes(
    values: &[u8],
    offset: usize,
    generic: bool,
    limits: Limits,
) -> Result<Vec<Text<'_>>, CallError> {
    let mut rest = Reader::new(values, offset);
    let mut names = Names {
        keys: if generic { &CLASS_KEYS } else { &[] },
        ..Names::default()
    };
    let mut place = 0;
    while !rest.is_empty() {
        // The second argument of a generic call has the names of the parameters' types.
        names.all_strings = generic && place == 1;
        let mut value = rest.value().map_err(|error| fail("argument", error))?;
        let walked = Walk::naming(limits, &mut names).value(&mut value);
        walked
            .and_then(|()| value.end())
            .map_err(|error| fail("argument", error))?;
        place += 1;
    }
    Ok(names.found)
}

struct Body<'a> {
    rest: Reader<'a>,
    limits: Limits,
}

/// A string that is a value of the body.
struct Value<'a> {
    text: Text<'a>,
    /// The string's bytes, tag and all.
    wire: &'a [u8],
    offset: usize,
}

/// A string that rules compare.
struct Name<'a> {
    name: Cow<'a, str>,
    wire: &'a [u8],
}

impl<'a> Body<'a> {
    fn text(&mut self, field: &'static str) -> Result<Value<'a>, CallError> {
        let fail = |error| fail(field, error);
        let value = self.rest.value().map_err(fail)?;
        string(value).map_err(fail)
    }

    fn text_or_null(&mut self, field: &'static str) -> Result<Option<Value<'a>>, CallError> {
        let fail = |error| fail(field, error);
        let value = self.rest.value().map_err(fail)?;
        if value.rest() == [NULL] {
            return Ok(None);
        }
        string(value).map(Some).map_err(fail)
    }

    /// Steps over arguments.
    fn skip(&mut self, count: usize) -> Result<(), CallError> {
        for _ in 0..count {
            self.rest.value().map_err(|error| fail("argument", error))?;
        }
        Ok(())
    }

    /// Null, `a6 pairs a5`, or that with a type's name before it. Java needs no `a6`, follows references, and gives types'
    /// values to readers of their own; nothing of that is read. `note` sees each pair and its offset.
    fn attachments(
        &mut self,
        mut note: impl FnMut(&Attachment<'a>, usize) -> Result<(), CallError>,
    ) -> Result<Attachments<'a>, CallError> {
        let fail = |error| fail(FIELD, error);
        let mut value = self.rest.value().map_err(fail)?;
        let mut walk = Walk::plain(self.limits);
        let mut form = Form::Map;
        if value.eat(NULL) {
            value.end().map_err(fail)?;
            return Ok(Attachments {
                form: Form::Null,
                pairs: Vec::new(),
                symbolic: false,
            });
        }
        if value.eat(TYPED) {
            form = Form::TypedMap(walk.type_name(&mut value).map_err(fail)?);
        }
        if !value.eat(OBJECT) {
            let found = value.peek().map_err(fail)?;
            return Err(CallError {
                kind: CallErrorKind::AttachmentsKind { found },
                field: FIELD,
                offset: value.offset(),
            });
        }
        let mut pairs = Vec::with_capacity(USUAL_ATTACHMENTS);
        while !value.eat(OBJECT_END) {
            let begin = value;
            if pairs.len() == MAX_ATTACHMENTS {
                return Err(CallError {
                    kind: CallErrorKind::TooManyAttachments,
                    field: FIELD,
                    offset: begin.offset(),
                });
            }
            let key = walk.key(&mut value).map_err(fail)?;
            let key_len = value.offset() - begin.offset();
            walk.value(&mut value).map_err(fail)?;
            let pair = Attachment {
                key,
                pair: between(begin, value),
                key_len,
                jsonb: true,
            };
            note(&pair, begin.offset())?;
            pairs.push(pair);
        }
        value.end().map_err(fail)?;
        Ok(Attachments {
            form,
            pairs,
            symbolic: walk.symbolic,
        })
    }
}

impl<'a> Value<'a> {
    fn name(self, field: &'static str) -> Result<Name<'a>, CallError> {
        Ok(Name {
            name: name(self.text, field, self.offset)?,
            wire: self.wire,
        })
    }
}

impl<'a> Name<'a> {
    fn repeated(&self) -> Repeated<'_, 'a> {
        Repeated {
            wire: self.wire,
            text: &self.name,
        }
    }
}

/// A value that is a string and nothing more.
fn string(value: Reader<'_>) -> Result<Value<'_>, jsonb::Error> {
    let mut behind = value;
    let text = jsonb::text(&mut behind)?;
    behind.end()?;
    Ok(Value {
        text,
        wire: value.rest(),
        offset: value.offset(),
    })
}

/// The bytes that were read on the way from one place to another.
fn between<'a>(begin: Reader<'a>, end: Reader<'_>) -> &'a [u8] {
    let len = end.offset() - begin.offset();
    begin.rest().get(..len).unwrap_or_default()
}

fn fail(field: &'static str, error: jsonb::Error) -> CallError {
    CallError {
        kind: CallErrorKind::Jsonb(error.kind),
        field,
        offset: error.offset,
    }
}

const FIELD: &str = "attachments";
