//! What a parameter's type makes of an argument.
//!
//! hessian-lite reads an argument by the type of its parameter. A value of another kind is an error for it in the middle of
//! the value, and providers up to Dubbo 2.7.23 and 3.0.6 go on reading there (seen): a list in the place of a string has the
//! attachments in it. And some types are read as one value whatever object stands there.

use hessian::Ahead;

use super::holder::{STREAM, TYPES};

/// A parameter's type, as far as it matters to how its argument is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Arguments are read as they are written, or nothing is known.
    Any,
    /// Read as a number.
    Number,
    /// Read as a string, also from numbers.
    Text,
    /// Read as one value, whatever object stands there: a type of [`TYPES`], by its place.
    OneValue(usize),
    /// An array of these.
    OneValueEach(usize),
    /// An array of arrays of these, which no writer known writes; or a stream, whose bytes a reader leaves for later.
    Never,
}

impl Parameter {
    /// Of a JVM type, such as `I` or `[Ljava/util/UUID;`.
    pub(crate) fn of(ty: &[u8]) -> Parameter {
        match ty {
            b"Ljava/lang/String;" | b"C" | b"Ljava/lang/Character;" => return Parameter::Text,
            b"Z" | b"B" | b"D" | b"F" | b"I" | b"J" | b"S" => return Parameter::Number,
            b"Ljava/lang/Boolean;"
            | b"Ljava/lang/Byte;"
            | b"Ljava/lang/Double;"
            | b"Ljava/lang/Float;"
            | b"Ljava/lang/Integer;"
            | b"Ljava/lang/Long;"
            | b"Ljava/lang/Short;" => return Parameter::Number,
            _ => {}
        }
        let depth = ty.iter().take_while(|&&byte| byte == b'[').count();
        let class = ty
            .get(depth..)
            .and_then(|ty| ty.strip_prefix(b"L")?.strip_suffix(b";"));
        let Some(class) = class else {
            return Parameter::Any;
        };
        if same_class(class, STREAM) {
            return Parameter::Never;
        }
        match (
            depth,
            TYPES.iter().position(|(name, _)| same_class(class, name)),
        ) {
            (_, None) => Parameter::Any,
            (0, Some(place)) => Parameter::OneValue(place),
            (1, Some(place)) => Parameter::OneValueEach(place),
            (_, Some(_)) => Parameter::Never,
        }
    }

    /// Whether the argument `ahead` may be read otherwise than it is written.
    pub(crate) fn misreads(self, ahead: &Ahead<'_>) -> bool {
        match (self, ahead) {
            (Parameter::Any, _) | (_, Ahead::Null) => false,
            (Parameter::Number, ahead) => *ahead != Ahead::Number,
            (Parameter::Text, ahead) => !matches!(ahead, Ahead::Number | Ahead::Text),
            (Parameter::Never, ahead) => *ahead != Ahead::Ref,
            (Parameter::OneValue(place), Ahead::Object(class)) => !TYPES
                .get(place)
                .is_some_and(|(_, held)| held.iter().any(|name| *class == **name)),
            (Parameter::OneValue(_), _) | (Parameter::OneValueEach(_), Ahead::Ref) => false,
            // Its elements are looked at as those of any such list.
            (Parameter::OneValueEach(place), Ahead::TypedList(ty)) => {
                let ty = ty.to_str_lossy();
                ty.strip_prefix('[') != TYPES.get(place).map(|(name, _)| *name)
            }
            (Parameter::OneValueEach(_), _) => true,
        }
    }
}

/// Whether `java/util/UUID` is `java.util.UUID`.
fn same_class(jvm: &[u8], name: &str) -> bool {
    let dotted = |byte: &u8| if *byte == b'/' { b'.' } else { *byte };
    jvm.len() == name.len() && jvm.iter().map(dotted).eq(name.bytes())
}
