//! Tiny modules, written as text, that do one thing to the host each and log what happened.
#![allow(dead_code, reason = "each test binary uses its own part")]

use harness::{Client, ConnectionId, Envoy, Program, Settings};

/// A module of `body` behind the imports and helpers that all guests share:
/// `$status` logs a status as `status N`; `$trace` logs a name with two one-digit numbers.
pub(crate) fn guest(body: &str) -> Program {
    let text = PRELUDE.replace("BODY", body);
    Program::from_wasm(&wat::parse_str(text).unwrap()).unwrap()
}

/// An Envoy that runs it with a configuration.
pub(crate) fn envoy(program: &Program, workers: usize, configuration: &str) -> Envoy {
    let mut envoy = Envoy::new(
        program.clone(),
        Settings {
            workers,
            ..Settings::default()
        },
    );
    envoy.configure(configuration.as_bytes()).unwrap();
    envoy
}

/// Connects a client on worker 0.
pub(crate) fn connect(envoy: &mut Envoy) -> ConnectionId {
    envoy.connect(&Client::default())
}

/// The lines of the log that were written since `from`.
pub(crate) fn lines(envoy: &Envoy, from: usize) -> Vec<String> {
    envoy.log()[from..]
        .iter()
        .map(|(_, line)| line.clone())
        .collect()
}

const PRELUDE: &str = r#"
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes" (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_close_stream" (func $close_stream (param i32) (result i32)))
  (import "env" "proxy_continue_stream" (func $continue_stream (param i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $set_effective_context (param i32) (result i32)))
  (import "env" "proxy_done" (func $done (result i32)))
  (import "env" "proxy_set_tick_period_milliseconds" (func $set_tick_period (param i32) (result i32)))
  (import "env" "proxy_get_shared_data" (func $get_shared_data (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $set_shared_data (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $get_property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_property" (func $set_property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_call_foreign_function" (func $call_foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_define_metric" (func $define_metric (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_increment_metric" (func $increment_metric (param i32 i64) (result i32)))
  (import "env" "proxy_register_shared_queue" (func $register_queue (param i32 i32 i32) (result i32)))
  (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_call" (func $grpc_call
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_status" (func $get_status (param i32 i32 i32) (result i32)))
  (import "env" "proxy_http_call" (func $http_call
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $now (param i32) (result i32)))

  (memory (export "memory") 64)
  ;; 0..16 results of host calls, 32.. scratch of the helpers, 256..4096 the guest's own data,
  ;; 65536.. where the host puts what it hands over.
  (data (i32.const 64) "status 0")
  (global $root (mut i32) (i32.const 0))

  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (i32.const 65536))

  (func $status (param $status i32)
    (i32.store8 (i32.const 71) (i32.add (i32.const 48) (local.get $status)))
    (drop (call $log (i32.const 2) (i32.const 64) (i32.const 8))))

  (func $trace (param $name i32) (param $size i32) (param $a i32) (param $b i32)
    (memory.copy (i32.const 128) (local.get $name) (local.get $size))
    (i32.store8 (i32.add (i32.const 128) (local.get $size)) (i32.const 32))
    (i32.store8 (i32.add (i32.const 129) (local.get $size)) (i32.add (i32.const 48) (local.get $a)))
    (i32.store8 (i32.add (i32.const 130) (local.get $size)) (i32.const 32))
    (i32.store8 (i32.add (i32.const 131) (local.get $size)) (i32.add (i32.const 48) (local.get $b)))
    (drop (call $log (i32.const 2) (i32.const 128) (i32.add (local.get $size) (i32.const 4)))))

  ;; Logs what the last host call handed over (pointer at 0, size at 4).
  (func $log_given
    (drop (call $log (i32.const 2) (i32.load (i32.const 0)) (i32.load (i32.const 4)))))

  BODY
)"#;
