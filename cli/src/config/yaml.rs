//! YAML, and JSON as a part of it, with the place of every value.

use std::collections::HashMap;

use engine::config::{Node, Path, Segment};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::scalar;

/// A line and a column of a file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) struct Yaml {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(Node),
    Array(Vec<Yaml>),
    /// The fields as they stand there, also those that are there twice.
    Object(Vec<Field>),
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) value: Yaml,
}

/// What is no YAML, or none that a configuration may be.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) place: Place,
    pub(crate) text: String,
}

impl Yaml {
    /// The value without its places.
    pub(crate) fn to_node(&self) -> Node {
        match &self.content {
            Content::Scalar(node) => node.clone(),
            Content::Array(items) => Node::Array(items.iter().map(Yaml::to_node).collect()),
            Content::Object(fields) => Node::Object(
                fields
                    .iter()
                    .map(|field| (field.name.clone(), field.value.to_node()))
                    .collect(),
            ),
        }
    }

    /// Where the path leads, or as far as it goes. Of a field that is there twice, the last one is meant.
    pub(crate) fn locate(&self, path: &Path) -> Place {
        let mut place = self.place;
        let mut value = self;
        for segment in &path.0 {
            let next = match (segment, &value.content) {
                (Segment::Field(_), Content::Object(fields)) => fields
                    .iter()
                    .rfind(|field| Segment::Field(field.name.clone()) == *segment)
                    .map(|field| (field.place, &field.value)),
                (Segment::Index(index), Content::Array(items)) => {
                    items.get(*index).map(|item| (item.place, item))
                }
                _ => None,
            };
            let Some(next) = next else { break };
            (place, value) = next;
        }
        place
    }

    /// The field of this name, if this is an object that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Yaml> {
        let Content::Object(fields) = &self.content else {
            return None;
        };
        let field = fields.iter().find(|field| field.name == name)?;
        Some(&field.value)
    }

    /// The string that this is.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(Node::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// Reads all documents of a file.
pub(crate) fn parse(text: &str) -> Result<Vec<Yaml>, SyntaxError> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| SyntaxError {
            place: place(*error.marker()),
            text: error.info().to_owned(),
        })?;
        reader.event(event, span)?;
    }
    Ok(reader.documents)
}

/// Values that are not at their end yet, from the outermost to the innermost.
#[derive(Default)]
struct Reader {
    documents: Vec<Yaml>,
    open: Vec<Open>,
    /// By number; aliases repeat what is here.
    anchors: HashMap<usize, Yaml>,
    values: usize,
}

struct Open {
    value: Yaml,
    anchor: usize,
    /// Of an object: the name whose value comes next.
    name: Option<(String, Place)>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let place = place(span.start);
        match event {
            Event::Scalar(text, style, anchor, _tag) => {
                let node = match style {
                    ScalarStyle::Plain if !self.awaits_name() => scalar::plain(&text),
                    _ => Node::String(text.into_owned().into()),
                };
                let content = Content::Scalar(node);
                self.close(Yaml { place, content }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(place, Content::Array(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => self.open(place, Content::Object(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.close(open.value, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(value) => {
                    self.values += count(&value);
                    self.close(Yaml { place, ..value }, 0)
                }
                None => Err(error(place, "an alias of nothing")),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, place: Place, content: Content, anchor: usize) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(error(place, "values nested too deeply"));
        }
        let value = Yaml { place, content };
        self.open.push(Open {
            value,
            anchor,
            name: None,
        });
        Ok(())
    }

    /// Whether the next value is the name of a field; all of these are strings.
    fn awaits_name(&self) -> bool {
        self.open.last().is_some_and(|open| {
            open.name.is_none() && matches!(open.value.content, Content::Object(_))
        })
    }

    /// Puts a whole value where it belongs.
    fn close(&mut self, value: Yaml, anchor: usize) -> Result<(), SyntaxError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(error(value.place, "too many values"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(value);
            return Ok(());
        };
        match &mut parent.value.content {
            Content::Array(items) => items.push(value),
            Content::Object(fields) => match parent.name.take() {
                Some((name, place)) => fields.push(Field { name, place, value }),
                None => match value.content {
                    Content::Scalar(Node::String(name)) => {
                        parent.name = Some((name.into_owned(), value.place));
                    }
                    _ => return Err(error(value.place, "a field's name that is no string")),
                },
            },
            // Only arrays and objects are opened.
            Content::Scalar(_) => {}
        }
        Ok(())
    }
}

fn count(value: &Yaml) -> usize {
    match &value.content {
        Content::Scalar(_) => 1,
        Content::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Content::Object(fields) => {
            1 + fields
                .iter()
                .map(|field| count(&field.value))
                .sum::<usize>()
        }
    }
}

fn place(marker: Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn error(place: Place, text: &str) -> SyntaxError {
    SyntaxError {
        place,
        text: text.to_owned(),
    }
}

/// Aliases of aliases grow exponentially: so many values a file has at most, its repetitions counted.
const MAX_VALUES: usize = 4_000_000;
/// The same bound that JSON has.
const MAX_DEPTH: usize = 128;
