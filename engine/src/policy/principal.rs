//! Who a caller is by the certificate that it has shown.

use core::ops::Range;

/// The URI of a client certificate, and what a SPIFFE id of Istio's form says in it:
/// `spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    uri: Box<str>,
    trust_domain: Option<Range<usize>>,
    namespace: Option<Range<usize>>,
    service_account: Option<Range<usize>>,
}

/// What SPIFFE ids begin with; rules may leave it out.
const SCHEME: &str = "spiffe://";

impl Principal {
    /// Of a certificate's first URI; `None` if that is empty, which names nobody.
    pub fn new(uri: &str) -> Option<Principal> {
        if uri.is_empty() {
            return None;
        }
        let mut principal = Principal {
            uri: uri.into(),
            trust_domain: None,
            namespace: None,
            service_account: None,
        };
        let Some(id) = uri.strip_prefix(SCHEME) else {
            return Some(principal);
        };
        let mut at = SCHEME.len();
        let mut parts = Vec::with_capacity(5);
        for part in id.split('/') {
            parts.push((part, at..at + part.len()));
            at += part.len() + 1;
        }
        let Some(((domain, domain_at), path)) = parts.split_first() else {
            return Some(principal);
        };
        // An id that is not SPIFFE's says nothing but itself.
        if is_trust_domain(domain) && path.iter().all(|(part, _)| is_segment(part)) {
            principal.trust_domain = Some(domain_at.clone());
            if let [("ns", _), (_, namespace), ("sa", _), (_, account)] = path {
                principal.namespace = Some(namespace.clone());
                principal.service_account = Some(account.clone());
            }
        }
        Some(principal)
    }

    /// The URI as it stands in the certificate.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// A SPIFFE id without `spiffe://`, and any other URI whole: the one spelling for keys and reports.
    pub fn name(&self) -> &str {
        let id = self.uri.strip_prefix(SCHEME);
        id.filter(|_| self.trust_domain.is_some())
            .unwrap_or(&self.uri)
    }

    /// `TRUST_DOMAIN`.
    pub fn trust_domain(&self) -> Option<&str> {
        self.part(&self.trust_domain)
    }

    /// `NAMESPACE`.
    pub fn namespace(&self) -> Option<&str> {
        self.part(&self.namespace)
    }

    /// `SERVICE_ACCOUNT`.
    pub fn service_account(&self) -> Option<&str> {
        self.part(&self.service_account)
    }

    fn part(&self, at: &Option<Range<usize>>) -> Option<&str> {
        self.uri.get(at.clone()?)
    }
}

/// By the SPIFFE ID specification, 2.1: lower case letters, digits, dots, dashes and underscores.
fn is_trust_domain(text: &str) -> bool {
    let is_of_one = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    !text.is_empty() && text.bytes().all(is_of_one)
}

/// By the SPIFFE ID specification, 2.2: the same and upper case letters, but no `.` and no `..`.
fn is_segment(text: &str) -> bool {
    let is_of_one = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !["", ".", ".."].contains(&text) && text.bytes().all(is_of_one)
}

#[cfg(test)]
mod tests {
    use super::Principal;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_istio_id_has_a_domain_a_namespace_and_an_account() {
        let shop = Principal::new("spiffe://cluster.local/ns/shop/sa/order").unwrap();
        assert_eq!(shop.name(), "cluster.local/ns/shop/sa/order");
        assert_eq!(shop.trust_domain(), Some("cluster.local"));
        assert_eq!(shop.namespace(), Some("shop"));
        assert_eq!(shop.service_account(), Some("order"));
    }

    #[test]
    fn another_uri_says_nothing_but_itself() {
        for uri in [
            "https://cluster.local/ns/shop/sa/order",
            "cluster.local/ns/shop/sa/order",
            "SPIFFE://cluster.local/ns/shop/sa/order",
            "spiffe://",
            "spiffe:///ns/shop/sa/order",
            "spiffe://a@b/ns/shop/sa/order",
            "spiffe://b:1/ns/shop/sa/order",
            "spiffe://Cluster.local/ns/shop/sa/order",
            "spiffe://cluster.local/ns/shop/sa/../sa/order",
            "spiffe://cluster.local/ns/sh%6fp/sa/order",
            "spiffe://cluster.local/ns//sa/order",
            "spiffe://cluster.local/",
            "spiffe://cluster.local/ns/shop/sa/order?x#y",
        ] {
            let other = Principal::new(uri).unwrap();
            assert_eq!((other.uri(), other.name()), (uri, uri));
            assert_eq!(other.trust_domain(), None, "{uri}");
            assert_eq!(other.namespace(), None, "{uri}");
            assert_eq!(other.service_account(), None, "{uri}");
        }
    }

    #[test]
    fn a_spiffe_id_of_another_form_has_a_domain_only() {
        for uri in [
            "spiffe://cluster.local",
            "spiffe://cluster.local/ns/shop",
            "spiffe://cluster.local/ns/shop/sa/order/x",
            "spiffe://cluster.local/x/ns/shop/sa/order",
            "spiffe://cluster.local/sa/shop/ns/order",
        ] {
            let other = Principal::new(uri).unwrap();
            assert_eq!(other.trust_domain(), Some("cluster.local"), "{uri}");
            assert_eq!((other.namespace(), other.service_account()), (None, None));
        }
    }

    #[test]
    fn no_text_is_nobody() {
        assert_eq!(Principal::new(""), None);
    }
}
