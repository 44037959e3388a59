//! A stateful fake Envoy that runs the built module.
