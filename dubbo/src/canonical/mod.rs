//! Class definitions that a provider does not read as they are written.
//!
//! A class definition says how many values an object has. For most classes hessian-lite reads that many; but for some
//! classes of the JDK it has readers that take a fixed number of values, or stop at a field that they do not know. Who
//! writes a definition with other fields shifts all that such a provider reads behind it: values inside an object turn into
//! attachments. So of these classes only the definitions that some writer makes, and that every reader takes whole, are let
//! through.
//!
//! Left open, because no name tells: a field or a parameter whose declared type is such a class (a `UUID` in a bean) is read
//! so whatever the class of the object that stands there; a class that no JDK has and that has a field of type `InputStream`
//! leaves its reader in front of the stream's bytes; and providers up to Dubbo 2.7 and 3.0.6 go on reading behind an
//! exception in an argument, in the middle of it.

mod go;
mod holder;
mod parameter;
mod table;

use alloc::vec::Vec;

use hessian::Text;

pub(crate) use holder::{may_hold, moves};
pub(crate) use parameter::Parameter;
use table::TABLE;

/// Whether `fields` are none of the field lists that a writer defines the class `name` with.
///
/// Always false for classes that every provider reads as they are defined, which are nearly all.
pub fn differs<'a>(name: &str, fields: impl Iterator<Item = Text<'a>> + Clone) -> bool {
    if go::leaves_unread(name, fields.clone()) {
        return true;
    }
    let Ok(place) = TABLE.binary_search_by_key(&name, |(class, _)| class) else {
        return false;
    };
    let lists = TABLE.get(place).map_or(&[][..], |(_, lists)| lists);
    let longest = lists.iter().map(|list| list.len()).max().unwrap_or(0);
    let fields: Vec<_> = fields.take(longest + 1).collect();
    !lists.iter().any(|list| fields == **list)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn differs_from(name: &str, fields: &[&str]) -> bool {
        differs(name, fields.iter().map(|field| Text::from(*field)))
    }

    #[test]
    fn the_table_is_sorted_and_no_list_stands_twice() {
        assert!(TABLE.is_sorted_by(|(one, _), (next, _)| one < next));
        for (class, lists) in TABLE {
            assert!(lists.is_sorted_by(|one, next| one < next), "{class}");
        }
    }

    #[test]
    fn definitions_that_move_a_reader_differ() {
        for class in [
            "java.util.UUID",
            "java.time.LocalDate",
            "java.time.LocalTime",
            "java.util.concurrent.atomic.LongAdder$SerializationProxy",
        ] {
            for fields in [
                &[][..],
                &["x"],
                &["x", "value"],
                &["value", "x"],
                &["value", "x", "y"],
            ] {
                assert!(differs_from(class, fields), "{class} {fields:?}");
            }
        }
    }

    #[test]
    fn classes_that_the_audit_must_have_found_are_in_the_table() {
        // Seen to move the readers of Dubbo 2.7.23, some of them only by exceptions that it swallows.
        for class in [
            "java.lang.Character",
            "java.lang.Integer",
            "java.lang.Number",
            "java.lang.Object",
            "java.lang.String",
            "java.lang.StringBuilder",
            "java.sql.Date",
            "java.sql.Time",
            "java.sql.Timestamp",
            "java.util.ArrayList",
            "java.util.Arrays$ArrayList",
            "java.util.Collections$EmptyList",
            "java.util.Collections$UnmodifiableRandomAccessList",
            "java.util.Date",
            "java.util.EnumSet",
            "java.util.HashSet",
            "java.util.LinkedList",
            "java.util.Properties",
            "java.util.TimeZone",
            "java.util.concurrent.ConcurrentHashMap",
            "java.util.concurrent.atomic.AtomicBoolean",
            "java.util.concurrent.atomic.AtomicInteger",
            "java.util.concurrent.atomic.AtomicLong",
            "java.util.concurrent.atomic.AtomicReference",
        ] {
            assert!(differs_from(class, &["x", "y"]), "{class}");
        }
        // dubbo-go leaves these fields unread.
        for fields in [&["value", "digitsInt"][..], &["wordBuf"], &["Negative"]] {
            assert!(differs_from("java.math.BigDecimal", fields), "{fields:?}");
        }
        assert!(differs_from("java.math.BigInteger", &["signum", "Value"]));
        // A stream that is read later: a reader stays in front of its bytes.
        assert!(differs_from("java.io.FilterInputStream", &["in"]));
    }

    #[test]
    fn definitions_that_writers_make_do_not_differ() {
        assert!(!differs_from("java.util.UUID", &["value"]));
        assert!(!differs_from(
            "java.util.concurrent.atomic.AtomicLong",
            &["value"]
        ));
        assert!(!differs_from("java.sql.Timestamp", &["value"]));
        assert!(!differs_from("java.math.BigDecimal", &["value"]));
        assert!(!differs_from("java.math.BigDecimal", &["intVal", "scale"]));
        assert!(!differs_from("java.math.BigInteger", &["signum", "mag"]));
        assert!(!differs_from("com.acme.User", &["id", "name"]));
        assert!(!differs_from("com.acme.User", &[]));
    }
}
