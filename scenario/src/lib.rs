//! Scenario files: what a client and a provider send, and what each must see.
