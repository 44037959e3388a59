//! A configuration of any bytes: JSON text, or a serialized `google.protobuf.Struct`.

use engine::config::{self, Errors, Node, Path, Segment};

/// Reads it: as a policy, or as mistakes that say where they are; and the same text as a Struct says the same.
pub fn check(bytes: &[u8]) {
    let node = match config::parse(bytes) {
        Ok(node) => node,
        Err(errors) => return mistakes(&Node::Null, &errors),
    };
    let loaded = config::load(&node);
    match &loaded {
        Ok(loaded) => {
            assert!(!loaded.policy.name.is_empty() && !loaded.policy.revision.is_empty());
            for warning in &loaded.warnings {
                assert!(!warning.text.is_empty());
                place(&node, &warning.path);
            }
        }
        Err(errors) => mistakes(&node, errors),
    }
    let Node::Object(fields) = &node else { return };
    let mut written = Vec::new();
    write_struct(&mut written, fields);
    if fields.is_empty() || depth(&node) > 60 {
        return;
    }
    let again = config::parse(&written).expect("a Struct is read");
    match (loaded, config::load(&again)) {
        (Ok(json), Ok(again)) => assert_eq!(json.policy.revision, again.policy.revision),
        (Err(json), Err(again)) => assert_eq!(json, again),
        (json, again) => panic!("JSON {json:?}, Struct {again:?}"),
    }
}

fn mistakes(node: &Node, errors: &Errors) {
    assert!(!errors.is_empty());
    for error in errors {
        assert!(!error.expected.is_empty() && !error.found.is_empty());
        assert!(!error.to_string().is_empty());
        place(node, &error.path);
    }
}

/// A path leads to a value of the document, or to a field that is missing from an object of it.
fn place(node: &Node, path: &Path) {
    let Some((last, before)) = path.0.split_last() else {
        return;
    };
    // Of fields that stand twice any may be meant.
    let mut nodes = vec![node];
    for segment in before {
        nodes = nodes
            .into_iter()
            .flat_map(|node| children(node, segment))
            .collect();
    }
    let holds = |node: &&Node| match last {
        Segment::Field(_) => matches!(node, Node::Object(_)),
        Segment::Index(_) => !children(node, last).is_empty(),
    };
    assert!(nodes.iter().any(holds), "{path} leads nowhere");
}

fn children<'n>(node: &'n Node, segment: &Segment) -> Vec<&'n Node> {
    match (node, segment) {
        (Node::Object(fields), Segment::Field(name)) => fields
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value)
            .collect(),
        (Node::Array(items), Segment::Index(index)) => items.get(*index).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn depth(node: &Node) -> usize {
    1 + match node {
        Node::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Node::Object(fields) => fields
            .iter()
            .map(|(_, value)| depth(value))
            .max()
            .unwrap_or(0),
        _ => 0,
    }
}

fn write_struct(out: &mut Vec<u8>, fields: &[(String, Node)]) {
    for (key, value) in fields {
        let mut entry = Vec::new();
        delimited(&mut entry, 1, key.as_bytes());
        let mut written = Vec::new();
        write_value(&mut written, value);
        delimited(&mut entry, 2, &written);
        delimited(out, 1, &entry);
    }
}

fn write_value(out: &mut Vec<u8>, value: &Node) {
    match value {
        Node::Null => out.extend([1 << 3, 0]),
        Node::Number(number) => {
            out.push(2 << 3 | 1);
            out.extend(number.to_le_bytes());
        }
        Node::String(text) => delimited(out, 3, text.as_bytes()),
        Node::Bool(flag) => out.extend([4 << 3, u8::from(*flag)]),
        Node::Object(fields) => {
            let mut inner = Vec::new();
            write_struct(&mut inner, fields);
            delimited(out, 5, &inner);
        }
        Node::Array(items) => {
            let mut inner = Vec::new();
            for item in items {
                let mut written = Vec::new();
                write_value(&mut written, item);
                delimited(&mut inner, 1, &written);
            }
            delimited(out, 6, &inner);
        }
    }
}

fn delimited(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    let mut len = bytes.len();
    while len > 0x7f {
        out.push((len & 0x7f) as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend_from_slice(bytes);
}
