//! As much of the protobuf wire format as two host calls need.

/// The length-delimited fields of a message, in order; `None` when the bytes are no message.
///
/// Unknown fields of any wire type are stepped over, as protobuf does: that is why some plain
/// names happen to parse (see [`grpc_target`]). Groups are taken for malformed.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        if tag >> 3 == 0 {
            return None;
        }
        match tag & 7 {
            0 => drop(varint(&mut bytes)?),
            1 => bytes = bytes.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                found.push((tag >> 3, value));
                bytes = rest;
            }
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// What Envoy makes of the first argument of `proxy_grpc_call`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum GrpcTarget {
    /// A `GrpcService{envoy_grpc{cluster_name}}`.
    Service(String),
    /// Not a `GrpcService`: taken for a cluster's bare name.
    Name(String),
    /// A `GrpcService` without a target: Envoy ends in `panic: unset oneof`.
    Unset,
}

/// Reads a gRPC target as Envoy does: as a `GrpcService` first, and only if that fails as a name.
pub(crate) fn grpc_target(bytes: &[u8]) -> GrpcTarget {
    let name = || GrpcTarget::Name(String::from_utf8_lossy(bytes).into_owned());
    let Some(service) = fields(bytes) else {
        return name();
    };
    let Some((_, envoy_grpc)) = service.iter().rev().find(|(number, _)| *number == 1) else {
        return GrpcTarget::Unset;
    };
    let Some(envoy_grpc) = fields(envoy_grpc) else {
        return name();
    };
    let cluster = envoy_grpc.iter().rev().find(|(number, _)| *number == 1);
    GrpcTarget::Service(cluster.map_or_else(String::new, |(_, name)| {
        String::from_utf8_lossy(name).into_owned()
    }))
}

/// Path and value of a `SetEnvoyFilterStateArguments`.
pub(crate) fn filter_state(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let (mut path, mut value) = (String::new(), Vec::new());
    for (number, bytes) in fields(bytes)? {
        match number {
            1 => path = String::from_utf8(bytes.to_vec()).ok()?,
            2 => value = bytes.to_vec(),
            _ => {}
        }
    }
    Some((path, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_service_names_its_cluster_and_other_bytes_are_a_name() {
        assert_eq!(
            grpc_target(b"\x0a\x06\x0a\x04otel"),
            GrpcTarget::Service("otel".into())
        );
        assert_eq!(grpc_target(b"otel"), GrpcTarget::Name("otel".into()));
    }

    /// The three names with which a real Envoy 1.40 crashed.
    #[test]
    fn names_that_happen_to_parse_have_no_target() {
        for name in ["", "metal", "apmserver"] {
            assert_eq!(grpc_target(name.as_bytes()), GrpcTarget::Unset, "{name:?}");
        }
    }

    #[test]
    fn filter_state_arguments_are_path_and_value_and_a_span_is_stepped_over() {
        let bytes = b"\x0a\x01k\x12\x02ab\x18\x01";
        assert_eq!(filter_state(bytes), Some(("k".into(), b"ab".to_vec())));
        assert_eq!(filter_state(b"\x0a\x09k"), None);
    }
}
