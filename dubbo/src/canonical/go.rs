//! What dubbo-go's reader leaves unread.
//!
//! It looks for each field of a definition in the Go type of that class. When the type has it, but does not export it, the
//! value is not read at all (seen on dubbo-go 3.3.1, dubbo-go-hessian2 1.12.5), and all that follows is shifted. Of the classes
//! that every dubbo-go provider has, these two have such fields.

use hessian::Text;

/// Whether dubbo-go leaves a value unread of a class with these fields.
pub(super) fn leaves_unread<'a>(name: &str, mut fields: impl Iterator<Item = Text<'a>>) -> bool {
    let unread: &[&[u8]] = match name {
        "java.math.BigDecimal" => &[
            b"digitsInt",
            b"digitsFrac",
            b"resultFrac",
            b"negative",
            b"wordBuf",
        ],
        "java.math.BigInteger" => &[b"value"],
        _ => return false,
    };
    fields.any(|field| {
        unread
            .iter()
            .any(|name| field.as_bytes().eq_ignore_ascii_case(name))
    })
}
