//! The `dubbo-policy` command.

fn main() {}
