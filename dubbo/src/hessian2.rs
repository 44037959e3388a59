use alloc::borrow::Cow;
use alloc::vec::Vec;

use hessian::{Decoder, Limits, Text};

use crate::attachments::{Attachment, Attachments, Form, MAX_ATTACHMENTS};
use crate::call::{is_generic, trim};
use crate::named::Named;
use crate::{Call, CallError, CallErrorKind, GenericTarget, descriptor};

/// Reads the body of a hessian2 request: one Hessian stream from its first byte to its last.
pub(crate) fn parse(bytes: &[u8], limits: Limits) -> Result<Call<'_>, CallError> {
    let mut body = Body {
        stream: Decoder::new(bytes, limits),
    };
    let protocol = body.name("protocol")?;
    let path = body.name("path")?;
    let version = body.name_or_null("version")?;
    let method = body.name("method")?;
    let descriptor_at = body.stream.offset();
    let descriptor = body.name("descriptor")?;
    let Some(arguments) = descriptor::arguments(&descriptor) else {
        return Err(CallError {
            kind: CallErrorKind::Descriptor,
            field: "descriptor",
            offset: descriptor_at,
        });
    };
    let inner_method = if is_generic(&method, arguments) {
        let inner = body.name("generic method")?;
        body.skip(arguments - 1)?;
        Some(trim(inner))
    } else {
        body.skip(arguments)?;
        None
    };
    let attachments_at = body.stream.offset();
    let attachments = body.attachments()?;
    if !body.stream.is_empty() {
        return Err(body.fail("body", CallErrorKind::TrailingBytes));
    }
    let named = Named::of(&attachments)?;
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
        body: bytes,
        named,
    })
}

/// A stream whose errors name the field that was being read.
struct Body<'a> {
    stream: Decoder<'a>,
}

impl<'a> Body<'a> {
    /// A string that rules compare or the parser acts on.
    fn name(&mut self, field: &'static str) -> Result<Cow<'a, str>, CallError> {
        let offset = self.stream.offset();
        let text = self
            .stream
            .string()
            .map_err(|error| hessian_error(field, error))?;
        name(text, field, offset)
    }

    fn name_or_null(&mut self, field: &'static str) -> Result<Option<Cow<'a, str>>, CallError> {
        let offset = self.stream.offset();
        let text = self
            .stream
            .string_or_null()
            .map_err(|error| hessian_error(field, error))?;
        text.map(|text| name(text, field, offset)).transpose()
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

    /// `N`, `H pairs Z` or `M type pairs Z`, and nothing before or instead of it: Java also takes the map that a back
    /// reference points to, and the fields of a class instance.
    fn attachments(&mut self) -> Result<Attachments<'a>, CallError> {
        let fail = |error| hessian_error("attachments", error);
        let form = match self.stream.peek().map_err(fail)? {
            b'N' => {
                self.stream.skip().map_err(fail)?;
                return Ok(Attachments {
                    form: Form::Null,
                    pairs: Vec::new(),
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
            let value = self.stream.scalar().map_err(fail)?.into();
            pairs.push(Attachment {
                key,
                value,
                span: begin..self.stream.offset(),
            });
        }
        Ok(Attachments { form, pairs })
    }

    fn fail(&self, field: &'static str, kind: CallErrorKind) -> CallError {
        CallError {
            kind,
            field,
            offset: self.stream.offset(),
        }
    }
}

fn name<'a>(text: Text<'a>, field: &'static str, offset: usize) -> Result<Cow<'a, str>, CallError> {
    text.into_str().map_err(|_| CallError {
        kind: CallErrorKind::LoneSurrogate,
        field,
        offset,
    })
}

fn hessian_error(field: &'static str, error: hessian::Error) -> CallError {
    CallError {
        kind: CallErrorKind::Hessian(error.kind),
        field,
        offset: error.offset,
    }
}

/// Room for the attachments of a usual call, so that they cost one allocation.
const USUAL_ATTACHMENTS: usize = 12;
