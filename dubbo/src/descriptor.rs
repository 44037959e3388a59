/// How many arguments a JVM method descriptor names, such as 2 for `Ljava/lang/String;[I`; none if it is no sequence of
///
/// ```text
/// [VZBCDFIJS]  |  L name (/ name)* ;  |  [+ and one of these
/// ```
///
/// with names of ASCII letters, digits, `_` and `$`. Dubbo up to 2.6 and dubbo-go *search* a descriptor for this pattern and
/// skip what does not match, newer Java compares it with its methods', dubbo-js splits at `;`. They agree on the number only
/// where the whole descriptor matches, and at one slip of dubbo-go's, so nothing else is read. That costs the Java classes whose
/// names have other letters: newer Java finds the method by them, but who searches counts one argument less and reads the
/// last one as the attachments.
pub(crate) fn arguments(descriptor: &[u8]) -> Option<usize> {
    let (mut rest, mut count) = match descriptor.strip_suffix(DATES) {
        Some(others) => (others, 1),
        None => (descriptor, 0),
    };
    while !rest.is_empty() {
        rest = after_type(rest)?;
        count += 1;
    }
    Some(count)
}

/// The types of a descriptor, one after the other.
pub(crate) fn types(descriptor: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = descriptor;
    core::iter::from_fn(move || {
        let behind = after_type(rest)?;
        let ty = rest.get(..rest.len() - behind.len());
        rest = behind;
        ty
    })
}

/// What dubbo-go writes for a slice of `time.Time`. Who searches finds the `D` and nothing else, so all count one argument; but only
/// at the end: before another class it would begin the name of that.
const DATES: &[u8] = b"[Ljava/util/Date";

/// What stands behind the type at the beginning of `bytes`.
fn after_type(mut bytes: &[u8]) -> Option<&[u8]> {
    while let [b'[', rest @ ..] = bytes {
        bytes = rest;
    }
    match bytes {
        [
            b'V' | b'Z' | b'B' | b'C' | b'D' | b'F' | b'I' | b'J' | b'S',
            rest @ ..,
        ] => Some(rest),
        [b'L', rest @ ..] => {
            let end = rest.iter().position(|&byte| byte == b';')?;
            let (name, rest) = rest.split_at_checked(end)?;
            is_class_name(name).then(|| rest.get(1..))?
        }
        _ => None,
    }
}

fn is_class_name(name: &[u8]) -> bool {
    name.split(|&byte| byte == b'/').all(|part| {
        let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$';
        part.first().is_some_and(|&first| begins(first))
            && part
                .iter()
                .all(|&byte| begins(byte) || byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn whole_descriptors_have_as_many_arguments_as_types() {
        for (descriptor, count) in [
            ("", 0),
            ("I", 1),
            ("II", 2),
            ("VZBCDFIJS", 9),
            ("Ljava/lang/String;", 1),
            ("Ljava/lang/String;I[[JLa;[Lcom/acme/User$Kind_1;", 5),
            ("[[[[[[[[I", 1),
            (
                "Ljava/lang/String;[Ljava/lang/String;[Ljava/lang/Object;",
                3,
            ),
        ] {
            assert_eq!(
                arguments(descriptor.as_bytes()),
                Some(count),
                "{descriptor}"
            );
        }
    }

    #[test]
    fn dates_of_dubbo_go_are_one_argument_at_the_end() {
        for (descriptor, count) in [
            ("[Ljava/util/Date", Some(1)),
            ("Ljava/lang/String;I[Ljava/util/Date", Some(3)),
            ("[Ljava/util/Date;", Some(1)),
            ("[[Ljava/util/Date", None),
            ("Ljava/util/Date", None),
            ("[Ljava/util/DateI", None),
            ("[Ljava/util/DateTime", None),
            ("[Ljava/util/Date[Ljava/util/Date", None),
            // A searcher takes this for one class.
            ("[Ljava/util/DateLjava/lang/String;", Some(1)),
        ] {
            assert_eq!(arguments(descriptor.as_bytes()), count, "{descriptor}");
        }
    }

    #[test]
    fn descriptors_that_some_peer_would_search_are_refused() {
        for descriptor in [
            "X",
            " I",
            "I ",
            "I,I",
            "[",
            "[[",
            "I[",
            "L",
            "L;",
            "La",
            "La/;",
            "L/a;",
            "La//b;",
            "L1a;",
            "La/1b;",
            "La.b;",
            "La-b;",
            "L a;",
            "(I)V",
            "[V;",
            "L[I;",
            "Lüser;",
            "L中;",
            "I;",
            "Ljava/lang/String;;",
            "\0",
        ] {
            assert_eq!(arguments(descriptor.as_bytes()), None, "{descriptor}");
        }
    }
}
