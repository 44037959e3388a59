//! A Hessian stream of any bytes.

use hessian::{Decoder, Error, ErrorKind, Limits};

use crate::grammar::Walk;
use crate::second;

/// Limits that short inputs reach.
const TIGHT: Limits = Limits {
    depth: 8,
    classes: 4,
    fields: 4,
    types: 4,
};

/// Steps over the values of a stream: to the same byte as the grammar says and as hessian_rs ends, or to an error within the bytes.
pub fn check(bytes: &[u8]) {
    for limits in [Limits::default(), TIGHT] {
        walk(bytes, limits);
    }
}

fn walk(bytes: &[u8], limits: Limits) {
    let mut ours = Decoder::new(bytes, limits);
    let mut grammar = Walk::new(bytes, limits);
    let mut names = 0;
    while !ours.is_empty() {
        let (start, before) = (ours.offset(), ours.clone());
        let result = ours.skip();
        let expected = grammar.value(0);
        assert_eq!(result.is_ok(), expected.is_ok(), "at {start}: {result:?}");
        if let Err(error) = result {
            assert!(error.offset <= bytes.len(), "{error}");
            assert!(!error.kind.name().is_empty());
            return;
        }
        assert_eq!(ours.offset(), grammar.at, "the value at {start}");
        assert!(ours.offset() > start);
        assert!(ours.names().count() >= names);
        names = ours.names().count();
        read_otherwise(&before, &ours);
        if start == 0 {
            let mut alone = before.clone();
            let scalar = alone
                .scalar()
                .expect("a value that can be stepped over can be read");
            if limits == Limits::default() && !grammar.beyond_second {
                second::agrees(bytes, ours.offset(), &scalar);
            }
            cut_short(bytes, ours.offset(), limits);
        }
    }
}

/// What begins at `before` and ends at `after` ends there for the readers of single values, too.
fn read_otherwise(before: &Decoder<'_>, after: &Decoder<'_>) {
    let mut scalar = before.clone();
    scalar
        .scalar()
        .expect("a value that can be stepped over can be read");
    assert_eq!(scalar.offset(), after.offset());

    let mut list = before.clone();
    if let Ok(len) = list.begin_list() {
        match len {
            hessian::ListLen::Fixed(count) => {
                (0..count).for_each(|_| list.skip().expect("an element"))
            }
            hessian::ListLen::UntilEnd => {
                while !list.end() {
                    list.skip().expect("an element");
                }
            }
        }
        assert_eq!(list.offset(), after.offset());
        assert!(list.names().eq(after.names()));
    }

    let mut map = before.clone();
    if map.begin_map().is_ok() {
        while !map.end() {
            map.skip().expect("a key");
            map.skip().expect("a value");
        }
        assert_eq!(map.offset(), after.offset());
        assert!(map.names().eq(after.names()));
    }

    let mut string = before.clone();
    if let Ok(text) = string.string() {
        assert_eq!(string.offset(), after.offset());
        assert!(text.units() <= text.as_bytes().len());
        assert!(text.to_str_lossy().encode_utf16().count() == text.units());
    }
}

/// A value that is cut anywhere ends at the cut. Some places are tried, so that the work stays linear.
fn cut_short(bytes: &[u8], len: usize, limits: Limits) {
    for cut in [0, 1, len / 3, len / 2, len - 1]
        .into_iter()
        .filter(|cut| *cut < len)
    {
        let truncated = Error {
            kind: ErrorKind::Truncated,
            offset: cut,
        };
        let mut decoder = Decoder::new(&bytes[..cut], limits);
        assert_eq!(decoder.skip(), Err(truncated), "{cut} of {len} bytes");
    }
}
