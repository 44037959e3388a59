//! The part of YAML in which lists are written: a block sequence of scalars, or a flow sequence of them, alone or under
//! `whitelist:`.
//!
//! What other YAML could stand there (anchors, tags, block scalars, nested collections) is a bad entry where an entry
//! would be, and no list elsewhere.

use std::borrow::Cow;

use super::{Each, NotAList};

/// Calls `each` for each entry.
///
/// # Errors
/// For whatever is not such a sequence.
pub(super) fn read<'a>(body: &'a [u8], each: Each<'_, 'a>) -> Result<(), NotAList> {
    let text = str::from_utf8(body).map_err(|_| not_a_list(1, "no UTF-8"))?;
    let mut reader = Reader {
        rest: text,
        line: 0,
    };
    let mut under_whitelist = false;
    while let Some(line) = reader.next_line() {
        let (indent, content) = indented(line);
        match content {
            "" | "---" if indent == 0 || content.is_empty() => {}
            _ if content.starts_with('#') => {}
            _ if dashed(content).is_some() => return reader.block(line, each),
            _ if content.starts_with('[') => return reader.flow(content, each),
            _ => {
                let value = (indent == 0 && !under_whitelist)
                    .then(|| content.strip_prefix("whitelist:"))
                    .flatten()
                    .ok_or_else(|| not_a_list(reader.line, "neither `- ` nor `whitelist:`"))?;
                under_whitelist = true;
                let value = value.trim_start();
                if value.starts_with('[') {
                    return reader.flow(value, each);
                }
                if !without_comment(value).is_empty() {
                    return Err(not_a_list(reader.line, "whitelist is no sequence"));
                }
            }
        }
    }
    Err(not_a_list(reader.line, "the end without a sequence"))
}

struct Reader<'a> {
    rest: &'a str,
    /// The number of the last line that was taken.
    line: usize,
}

type Scalar<'a> = Result<Cow<'a, str>, Cow<'a, str>>;

impl<'a> Reader<'a> {
    fn next_line(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// A block sequence, whose first line has been taken.
    fn block(&mut self, first: &'a str, each: Each<'_, 'a>) -> Result<(), NotAList> {
        let (column, _) = indented(first);
        let mut entry: Option<Scalar<'a>> = None;
        let mut line = Some(first);
        while let Some(current) = line {
            let (indent, content) = indented(current);
            match dashed(content) {
                _ if content.is_empty() || content.starts_with('#') => {}
                Some(text) if indent == column => {
                    if let Some(entry) = entry.replace(scalar(text)) {
                        each(entry);
                    }
                }
                // More of the entry before: no scalar of one line.
                _ if indent > column => {
                    entry = entry.map(|entry| Err(entry.unwrap_or_else(|shown| shown)));
                }
                _ if indent == 0 && content == "..." => break,
                _ => return Err(not_a_list(self.line, "what is no entry of the sequence")),
            }
            line = self.next_line();
        }
        if let Some(entry) = entry {
            each(entry);
        }
        self.end()
    }

    /// A flow sequence, of which `line` is the rest of the line that it begins in.
    fn flow(&mut self, line: &'a str, each: Each<'_, 'a>) -> Result<(), NotAList> {
        let mut line = line.strip_prefix('[').unwrap_or(line);
        let mut after_comma = true;
        loop {
            line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                line = self
                    .next_line()
                    .ok_or_else(|| not_a_list(self.line, "the end within a sequence"))?;
            } else if let Some(rest) = line.strip_prefix(']') {
                if !without_comment(rest).is_empty() {
                    return Err(not_a_list(self.line, "more behind the sequence"));
                }
                return self.end();
            } else if let Some(rest) = line.strip_prefix(',') {
                if after_comma {
                    return Err(not_a_list(self.line, "a comma without an entry"));
                }
                (after_comma, line) = (true, rest);
            } else if !after_comma || line.starts_with(['[', '{', '}']) {
                return Err(not_a_list(self.line, "what is no entry of the sequence"));
            } else {
                let (text, rest) = match line.chars().next() {
                    Some(quote @ ('"' | '\'')) => quoted(line, quote)
                        .ok_or_else(|| not_a_list(self.line, "a quoted text without an end"))?,
                    _ => line.split_at(line.find([',', ']']).unwrap_or(line.len())),
                };
                each(scalar(text));
                (after_comma, line) = (false, rest);
            }
        }
    }

    /// Nothing may come behind the sequence.
    fn end(&mut self) -> Result<(), NotAList> {
        while let Some(line) = self.next_line() {
            if !without_comment(line).is_empty() && line != "..." {
                return Err(not_a_list(self.line, "more behind the sequence"));
            }
        }
        Ok(())
    }
}

fn not_a_list(line: usize, found: &str) -> NotAList {
    NotAList(format!("it is no YAML list: line {line} has {found}"))
}

fn indented(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches(' ');
    (line.len() - content.len(), content.trim_end())
}

/// What stands behind the dash of an entry.
fn dashed(content: &str) -> Option<&str> {
    let rest = content.strip_prefix('-')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

/// A text without its comment and the blanks around it.
fn without_comment(text: &str) -> &str {
    let text = text.trim();
    if text.starts_with('#') {
        return "";
    }
    let comment = [" #", "\t#"].into_iter().filter_map(|mark| text.find(mark));
    let end = comment.min().unwrap_or(text.len());
    text.get(..end).unwrap_or(text).trim_end()
}

/// The text in quotes that `line` begins with, quotes included, and what follows it.
fn quoted(line: &str, quote: char) -> Option<(&str, &str)> {
    let mut chars = line.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => _ = chars.next(),
            '\'' if quote == c && chars.peek().is_some_and(|(_, next)| *next == c) => {
                _ = chars.next();
            }
            c if c == quote => return line.split_at_checked(at + 1),
            _ => {}
        }
    }
    None
}

/// A scalar of one line.
fn scalar(text: &str) -> Scalar<'_> {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => match quoted(text, quote) {
            Some((inner, rest)) if without_comment(rest).is_empty() => {
                unquoted(inner, quote).ok_or(Cow::Borrowed(text))
            }
            _ => Err(Cow::Borrowed(text)),
        },
        _ => plain(text),
    }
}

/// What a text in quotes says; `None` when an escape says nothing.
fn unquoted(text: &str, quote: char) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    if quote == '\'' {
        return Some(match inner.contains('\'') {
            true => Cow::Owned(inner.replace("''", "'")),
            false => Cow::Borrowed(inner),
        });
    }
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut said = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, escape)) = rest.split_once('\\') {
        said.push_str(before);
        let kind = escape.chars().next()?;
        rest = escape.get(kind.len_utf8()..)?;
        let digits = match kind {
            '"' | '\\' | '/' => {
                said.push(kind);
                continue;
            }
            'x' => 2,
            'u' => 4,
            'U' => 8,
            // The others are control characters and odd blanks, which no entry has.
            _ => return None,
        };
        let (hex, after) = rest.split_at_checked(digits)?;
        let code = hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        let code = code.then(|| u32::from_str_radix(hex, 16).ok()).flatten()?;
        said.push(char::from_u32(code)?);
        rest = after;
    }
    said.push_str(rest);
    Some(Cow::Owned(said))
}

/// A scalar without quotes.
fn plain(text: &str) -> Scalar<'_> {
    let shown = Cow::Borrowed(text);
    let text = without_comment(text);
    let mut chars = text.chars();
    let begins_well = match (chars.next(), chars.next()) {
        (None, _) => false,
        (Some('-' | '?' | ':'), next) => next.is_some_and(|next| next != ' '),
        (Some(first), _) => !"[]{},&*!|>%@`#".contains(first),
    };
    let is_mapping = text.contains(": ") || text.ends_with(':');
    let is_null = matches!(text, "~" | "null" | "Null" | "NULL");
    match begins_well && !is_mapping && !is_null {
        true => Ok(Cow::Borrowed(text)),
        false => Err(shown),
    }
}
