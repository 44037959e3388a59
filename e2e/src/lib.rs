//! Real Envoy, real Dubbo peers.
