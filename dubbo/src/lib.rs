//! Dubbo 2 frames and calls.
