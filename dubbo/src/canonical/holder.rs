//! What is around an object, and makes hessian-lite read it as something else than its class says.

use hessian::Text;

/// Types of fields and elements that are read as one value whatever object stands there, unless its class is one of these,
/// which writers put there. An array is typed with `[` and the name.
pub(super) static TYPES: &[(&str, &[&str])] = &[
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

/// Read as a stream: the reader stays in front of its bytes.
pub(super) const STREAM: &str = "java.io.InputStream";

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
