//! What `proxy_get_property` reads: values at paths.

use std::collections::BTreeMap;

use crate::status::Status;

/// Values by path; a path's elements are joined with a NUL, as on the ABI.
///
/// Text stands as it is, numbers are 8 bytes little endian, a truth value is one byte.
#[derive(Clone, Default)]
pub struct Properties(BTreeMap<Vec<u8>, Vec<u8>>);

impl Properties {
    /// Sets the value at a path, such as `["source", "address"]`.
    pub fn set(&mut self, path: &[&str], value: impl AsRef<[u8]>) {
        self.0
            .insert(path.join("\0").into_bytes(), value.as_ref().to_vec());
    }

    /// The value at a serialized path. A path that stands above others is a map, which has no
    /// bytes ([`Status::SERIALIZATION_FAILURE`]).
    pub(crate) fn get(&self, path: &[u8]) -> Result<&[u8], Status> {
        if let Some(value) = self.0.get(path) {
            return Ok(value);
        }
        let below = [path, b"\0"].concat();
        match self.0.range(below.clone()..).next() {
            Some((found, _)) if found.starts_with(&below) => Err(Status::SERIALIZATION_FAILURE),
            _ => Err(Status::NOT_FOUND),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_whole_path_and_a_map_has_no_bytes() {
        let mut properties = Properties::default();
        properties.set(&["xds", "node"], "proto");
        properties.set(&["xds", "node", "id"], "sidecar");
        properties.set(&["source.not", "a"], "");
        assert_eq!(properties.get(b"xds\0node"), Ok(b"proto".as_slice()));
        assert_eq!(properties.get(b"xds\0node\0id"), Ok(b"sidecar".as_slice()));
        assert_eq!(properties.get(b"xds"), Err(Status::SERIALIZATION_FAILURE));
        assert_eq!(properties.get(b"source"), Err(Status::NOT_FOUND));
        assert_eq!(
            properties.get(b"xds\0listener_name"),
            Err(Status::NOT_FOUND)
        );
    }
}
