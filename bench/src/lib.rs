//! Envoy's CPU a call, compared in one run.
