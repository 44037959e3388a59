//! Streams made from the grammar itself, in every form of every value, without the crate's own encoder.

use proptest::collection::vec;
use proptest::prelude::*;

/// A value, and the form in which it is to be written.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A value that holds no other: its bytes.
    Leaf(Vec<u8>),
    /// A list: a type or none, whether it is open or has a length, its values.
    List(Option<u8>, bool, Vec<Node>),
    /// A map: a type or none, its pairs.
    Map(Option<u8>, Vec<(Node, Node)>),
    /// An object of a class with so many fields; a new definition even if there is one.
    Object(bool, Vec<Node>),
    /// A value behind a definition that it does not use.
    Defined(Box<Node>),
    /// A back reference.
    Ref(u16),
}

/// Values of every form; text is made of `chars`, chunks of binary data are no longer than `chunk`.
pub(crate) fn node(
    chars: impl Strategy<Value = char> + Clone + 'static,
    chunk: usize,
) -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        4 => prop::sample::select(&b"NTF\x5b\x5c\x80\x90\xbf\xd8\xe0\xef"[..]).prop_map(|tag| vec![tag]),
        4 => number(),
        4 => text(chars),
        1 => binary(chunk),
    ];
    let leaf = prop_oneof![9 => leaf.prop_map(Node::Leaf), 1 => any::<u16>().prop_map(Node::Ref)];
    leaf.prop_recursive(5, 64, 9, |inner| {
        let ty = prop::option::of(0..6_u8);
        prop_oneof![
            3 => (ty.clone(), any::<bool>(), vec(inner.clone(), 0..10)).prop_map(|(ty, open, nodes)| Node::List(ty, open, nodes)),
            2 => (ty, vec((inner.clone(), inner.clone()), 0..4)).prop_map(|(ty, pairs)| Node::Map(ty, pairs)),
            3 => (any::<bool>(), vec(inner.clone(), 0..6)).prop_map(|(new, nodes)| Node::Object(new, nodes)),
            1 => inner.prop_map(|node| Node::Defined(Box::new(node))),
        ]
    })
}

/// A tag with a fixed number of bytes behind it.
fn number() -> impl Strategy<Value = Vec<u8>> {
    let forms = prop_oneof![
        (0xc0..=0xcf_u8, Just(1)),
        (0xd0..=0xd7_u8, Just(2)),
        (Just(b'I'), Just(4)),
        (0xf0..=0xff_u8, Just(1)),
        (0x38..=0x3f_u8, Just(2)),
        (Just(0x59), Just(4)),
        (Just(b'L'), Just(8)),
        (Just(0x5d), Just(1)),
        (Just(0x5e), Just(2)),
        (Just(0x5f), Just(4)),
        (Just(b'D'), Just(8)),
        (Just(b'J'), Just(8)),
        (Just(b'K'), Just(4)),
    ];
    (forms, any::<[u8; 8]>()).prop_map(|((tag, len), bytes)| [&[tag], &bytes[..len]].concat())
}

fn text(chars: impl Strategy<Value = char> + Clone) -> impl Strategy<Value = Vec<u8>> {
    let last = vec(chars.clone(), 0..50).prop_map(|chars| {
        let (units, bytes) = units(&chars);
        [head(units, 0x00, 0x20, 0x30, b'S'), bytes].concat()
    });
    let others = vec(vec(chars, 0..20), 0..3).prop_map(|chunks| {
        let chunk = |chars: &Vec<char>| {
            let (units, bytes) = units(chars);
            [long_head(b'R', units), bytes].concat()
        };
        chunks.iter().flat_map(chunk).collect::<Vec<u8>>()
    });
    (prop_oneof![3 => Just(Vec::new()), 1 => others], last)
        .prop_map(|(others, last)| [others, last].concat())
}

fn binary(chunk: usize) -> impl Strategy<Value = Vec<u8>> {
    let last = vec(any::<u8>(), 0..chunk)
        .prop_map(|bytes| [head(bytes.len(), 0x20, 0x10, 0x34, b'B'), bytes].concat());
    let other =
        vec(any::<u8>(), 0..chunk).prop_map(|bytes| [long_head(b'A', bytes.len()), bytes].concat());
    (prop::option::of(other), last)
        .prop_map(|(other, last)| [other.unwrap_or_default(), last].concat())
}

/// The shortest head for a last chunk.
fn head(len: usize, short: u8, shorts: usize, medium: u8, long: u8) -> Vec<u8> {
    let [high, low] = u16::try_from(len)
        .expect("a chunk's length fits two bytes")
        .to_be_bytes();
    match len {
        _ if len < shorts => vec![short + low],
        0..0x400 => vec![medium + high, low],
        _ => long_head(long, len),
    }
}

fn long_head(tag: u8, len: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(len)
        .expect("a chunk's length fits two bytes")
        .to_be_bytes();
    vec![tag, high, low]
}

/// The UTF-16 units of `chars` and how many they are: a table of its own, not the crate's.
fn units(chars: &[char]) -> (usize, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut units = 0;
    for char in chars {
        let mut pair = [0; 2];
        for unit in char.encode_utf16(&mut pair) {
            match char::from_u32((*unit).into()) {
                Some(char) => bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes()),
                None => bytes.extend([
                    0xed,
                    0x80 | (*unit >> 6 & 0x3f) as u8,
                    0x80 | (*unit & 0x3f) as u8,
                ]),
            }
            units += 1;
        }
    }
    (units, bytes)
}

/// Writes the values as one stream.
pub(crate) fn write(nodes: &[Node]) -> Vec<u8> {
    let mut stream = Stream::default();
    nodes.iter().for_each(|node| stream.node(node));
    stream.out
}

#[derive(Default)]
struct Stream {
    out: Vec<u8>,
    /// Fields of each class.
    classes: Vec<usize>,
    types: Vec<u8>,
    refs: usize,
}

impl Stream {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Leaf(bytes) => self.out.extend(bytes),
            Node::List(ty, open, nodes) => self.list(*ty, *open, nodes),
            Node::Map(ty, pairs) => {
                self.refs += 1;
                self.out.push(if ty.is_some() { b'M' } else { b'H' });
                self.ty(*ty);
                for (key, value) in pairs {
                    self.node(key);
                    self.node(value);
                }
                self.out.push(b'Z');
            }
            Node::Object(new, nodes) => self.object(*new, nodes),
            Node::Defined(node) => {
                self.define(3);
                self.node(node);
            }
            Node::Ref(index) if self.refs > 0 => {
                self.out.push(b'Q');
                self.int(usize::from(*index) % self.refs);
            }
            Node::Ref(_) => self.out.push(b'N'),
        }
    }

    fn list(&mut self, ty: Option<u8>, open: bool, nodes: &[Node]) {
        self.refs += 1;
        let short = u8::try_from(nodes.len()).ok().filter(|len| *len < 8);
        let typed = ty.is_some();
        match (short, typed, open) {
            (_, true, true) => self.out.push(b'U'),
            (_, false, true) => self.out.push(b'W'),
            (Some(len), true, false) => self.out.push(0x70 + len),
            (Some(len), false, false) => self.out.push(0x78 + len),
            (None, true, false) => self.out.push(b'V'),
            (None, false, false) => self.out.push(b'X'),
        }
        self.ty(ty);
        if !open && short.is_none() {
            self.int(nodes.len());
        }
        nodes.iter().for_each(|node| self.node(node));
        if open {
            self.out.push(b'Z');
        }
    }

    fn object(&mut self, new: bool, nodes: &[Node]) {
        self.refs += 1;
        let class = match self
            .classes
            .iter()
            .position(|fields| *fields == nodes.len())
        {
            Some(class) if !new => class,
            _ => self.define(nodes.len()),
        };
        match u8::try_from(class) {
            Ok(class) if class < 16 => self.out.push(0x60 + class),
            _ => {
                self.out.push(b'O');
                self.int(class);
            }
        }
        nodes.iter().for_each(|node| self.node(node));
    }

    fn define(&mut self, fields: usize) -> usize {
        self.out.extend(b"C\x01c");
        self.int(fields);
        (0..fields).for_each(|field| self.out.extend([1, b'a' + field as u8]));
        self.classes.push(fields);
        self.classes.len() - 1
    }

    fn ty(&mut self, ty: Option<u8>) {
        let Some(ty) = ty else { return };
        match self.types.iter().position(|known| *known == ty) {
            Some(index) => self.int(index),
            None => {
                self.types.push(ty);
                self.out.extend([2, b't', b'0' + ty]);
            }
        }
    }

    fn int(&mut self, value: usize) {
        match u8::try_from(value) {
            Ok(value @ 0..=0x2f) => self.out.push(0x90 + value),
            _ => {
                self.out.push(b'I');
                self.out
                    .extend(u32::try_from(value).expect("a small number").to_be_bytes());
            }
        }
    }
}
