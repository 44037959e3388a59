use core::fmt;

/// How the body of a frame is written: the five low bits of the flag byte.
///
/// The space is open (plugins add ids), so unknown ids are kept and shown as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serialization(u8);

impl Serialization {
    /// Hessian 2, the default of every Dubbo 2 release.
    pub const HESSIAN2: Self = Self(2);
    /// fastjson2's JSONB, each value behind a length of four bytes.
    pub const FASTJSON2: Self = Self(23);

    /// The serialization of a flag byte.
    pub const fn from_flag(flag: u8) -> Self {
        Self(flag & 0x1f)
    }

    /// The id on the wire, 0 to 31.
    pub const fn id(self) -> u8 {
        self.0
    }

    /// Dubbo's name of a known id, such as `hessian2`.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "dubbo",
            2 => "hessian2",
            3 => "java",
            4 => "compactedjava",
            5 => "json",
            6 => "fastjson",
            7 => "nativejava",
            8 => "kryo",
            9 => "fst",
            10 => "native-hessian",
            11 => "avro",
            12 => "protostuff",
            16 => "gson",
            18 => "jackson",
            21 => "protobuf-json",
            22 => "protobuf",
            23 => "fastjson2",
            27 => "msgpack",
            28 => "fury",
            _ => return None,
        })
    }
}

/// The name, or the number of an unknown id.
impl fmt::Display for Serialization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_flag_bits_above_the_id_do_not_count() {
        assert_eq!(Serialization::from_flag(0xe2), Serialization::HESSIAN2);
        assert_eq!(Serialization::from_flag(0xf7), Serialization::FASTJSON2);
    }

    #[test]
    fn unknown_ids_are_kept_and_shown_as_numbers() {
        let unknown = Serialization::from_flag(0x1f);
        assert_eq!((unknown.id(), unknown.name()), (31, None));
        assert_eq!(unknown.to_string(), "31");
        assert_eq!(Serialization::HESSIAN2.to_string(), "hessian2");
    }
}
