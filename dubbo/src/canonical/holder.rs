//! What is around an object, and makes hessian-lite read it as something else than its class says.

use hessian::{Ahead, Text};

/// Types of fields and elements that are read as one value whatever object stands there, unless its class is one of these,
/// which writers put there. An array is typed with `[` and the name.
static TYPES: &[(&str, &[&str])] = &[
    ("java.time.LocalDate", &[LOCAL_DATE]),
    ("java.time.LocalTime", &[LOCAL_TIME]),
    ("java.util.UUID", &["java.util.UUID"]),
    (
        "java.util.concurrent.atomic.LongAdder$SerializationProxy",
        &[],
    ),
];

/// Handles that have fields of such types: of hessian-lite 4.0.1 and later.
static HANDLES: &[(&str, &[&str])] = &[
    (
        "com.alibaba.com.caucho.hessian.io.java8.LocalDateTimeHandle",
        &[LOCAL_DATE, LOCAL_TIME],
    ),
    (
        "com.alibaba.com.caucho.hessian.io.java8.OffsetTimeHandle",
        &[LOCAL_TIME, ZONE_OFFSET],
    ),
];

const LOCAL_DATE: &str = "com.alibaba.com.caucho.hessian.io.java8.LocalDateHandle";
const LOCAL_TIME: &str = "com.alibaba.com.caucho.hessian.io.java8.LocalTimeHandle";
const ZONE_OFFSET: &str = "com.alibaba.com.caucho.hessian.io.java8.ZoneOffsetHandle";

/// The classes whose objects may stand in an object of a class, or in a list of a type; none if it does not matter.
pub(crate) fn may_hold(name: &Text<'_>) -> Option<&'static [&'static str]> {
    // A name with half a surrogate pair is none of Java's own.
    let name = name.to_str().ok()?;
    let (table, name) = match name.strip_prefix('[') {
        Some(element) => (TYPES, element),
        None => (HANDLES, &*name),
    };
    let place = table.binary_search_by_key(&name, |(holder, _)| holder);
    table.get(place.ok()?).map(|(_, held)| *held)
}

/// Whether a parameter of this type, such as `Ljava/util/UUID;` or `[[I`, may be read otherwise than the argument `ahead` says:
/// it is of a type that is read as one value whatever object stands there, or as a stream whose bytes are left for later.
pub(crate) fn misreads(parameter: &[u8], ahead: &Ahead<'_>) -> bool {
    let Some((depth, class)) = class_of(parameter) else {
        return false;
    };
    if *ahead == Ahead::NullOrRef {
        return false;
    }
    if same_class(class, STREAM) {
        return true;
    }
    let Some((name, held)) = TYPES.iter().find(|(name, _)| same_class(class, name)) else {
        return false;
    };
    match (depth, ahead) {
        (0, Ahead::Object(class)) => !held.iter().any(|name| *class == **name),
        (0, _) => false,
        // Its elements are looked at as those of any such list.
        (1, Ahead::TypedList(ty)) => {
            let ty = ty.to_str();
            ty.ok().as_deref().and_then(|ty| ty.strip_prefix('[')) != Some(*name)
        }
        (_, _) => true,
    }
}

/// Whether some type of a descriptor may be one that [`misreads`]: a look at the ends of names.
pub(crate) fn may_misread(descriptor: &[u8]) -> bool {
    let ends = descriptor.split(|&byte| byte == b';');
    ends.into_iter().any(|part| {
        let names = TYPES.iter().map(|(name, _)| *name);
        names.chain([STREAM]).any(|name| {
            let at = part.len().checked_sub(name.len());
            at.and_then(|at| part.get(at..))
                .is_some_and(|end| same_class(end, name))
        })
    })
}

/// How many times an array, and of which class.
fn class_of(parameter: &[u8]) -> Option<(usize, &[u8])> {
    let depth = parameter.iter().take_while(|&&byte| byte == b'[').count();
    let class = parameter.get(depth..)?.strip_prefix(b"L")?;
    Some((depth, class.strip_suffix(b";")?))
}

/// Whether `java/util/UUID` is `java.util.UUID`.
fn same_class(jvm: &[u8], name: &str) -> bool {
    let dotted = |byte: &u8| if *byte == b'/' { b'.' } else { *byte };
    jvm.len() == name.len() && jvm.iter().map(dotted).eq(name.bytes())
}

/// Read as a stream: the reader stays in front of its bytes.
const STREAM: &str = "java.io.InputStream";

/// Whether a type moves a reader whatever it holds: arrays of arrays of such types, which no writer known uses, and arrays of
/// streams, whose bytes a reader leaves for later.
pub(crate) fn moves(name: &Text<'_>) -> bool {
    let Ok(name) = name.to_str() else {
        return false;
    };
    let element = name.trim_start_matches('[');
    match name.len() - element.len() {
        0 => false,
        1 => element == STREAM,
        _ => element == STREAM || TYPES.iter().any(|(ty, _)| *ty == element),
    }
}
