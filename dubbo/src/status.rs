use core::fmt;

/// The status byte of an answer. The space is open; unknown codes are kept and shown as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(pub u8);

impl Status {
    /// The provider ran the call; its body says whether a value, null or an exception came out.
    pub const OK: Self = Self(20);
    /// The provider could not read or write a body (Dubbo 3).
    pub const SERIALIZATION_ERROR: Self = Self(25);
    /// The caller gave up waiting.
    pub const CLIENT_TIMEOUT: Self = Self(30);
    /// The provider took too long.
    pub const SERVER_TIMEOUT: Self = Self(31);
    /// The connection closed while the call was in flight.
    pub const CHANNEL_INACTIVE: Self = Self(35);
    /// The provider could not read the request.
    pub const BAD_REQUEST: Self = Self(40);
    /// The caller could not read the answer.
    pub const BAD_RESPONSE: Self = Self(50);
    /// The provider exports no such service.
    pub const SERVICE_NOT_FOUND: Self = Self(60);
    /// The service failed.
    pub const SERVICE_ERROR: Self = Self(70);
    /// The provider failed.
    pub const SERVER_ERROR: Self = Self(80);
    /// The caller failed.
    pub const CLIENT_ERROR: Self = Self(90);
    /// The provider has no thread left for the call.
    pub const SERVER_THREADPOOL_EXHAUSTED: Self = Self(100);

    /// Dubbo's name of a known code, in lower case, such as `service_error`.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::OK => "ok",
            Self::SERIALIZATION_ERROR => "serialization_error",
            Self::CLIENT_TIMEOUT => "client_timeout",
            Self::SERVER_TIMEOUT => "server_timeout",
            Self::CHANNEL_INACTIVE => "channel_inactive",
            Self::BAD_REQUEST => "bad_request",
            Self::BAD_RESPONSE => "bad_response",
            Self::SERVICE_NOT_FOUND => "service_not_found",
            Self::SERVICE_ERROR => "service_error",
            Self::SERVER_ERROR => "server_error",
            Self::CLIENT_ERROR => "client_error",
            Self::SERVER_THREADPOOL_EXHAUSTED => "server_threadpool_exhausted",
            _ => return None,
        })
    }
}

/// The name, or the number of an unknown code.
impl fmt::Display for Status {
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
    fn unknown_codes_are_kept_and_shown_as_numbers() {
        assert_eq!(
            (Status(21).name(), Status(21).to_string()),
            (None, "21".into())
        );
        assert_eq!(Status(70).to_string(), "service_error");
    }
}
