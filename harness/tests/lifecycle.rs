//! How the fake makes VMs and roots, tries and replaces configurations, and ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod guest;

use std::time::Duration;

use guest::{connect, envoy, guest, lines};
use harness::{Client, Envoy, Peer, Program, Settings};

/// Logs its callbacks; takes every configuration but those that begin with `n`. With `w` only the
/// first VM that asks takes it, which is the canary. Ticks every 100 ms when it begins with `t`;
/// the second tick traps when it begins with `tt`. With `k` a root wants to be kept at its end.
/// Context ids stand in the log: the static `$roots` counts the roots of this VM.
fn roots() -> Program {
    guest(
        r#"
  (data (i32.const 256) "create")
  (data (i32.const 264) "vm_start")
  (data (i32.const 272) "configure")
  (data (i32.const 284) "tick")
  (data (i32.const 290) "done")
  (data (i32.const 296) "delete")
  (data (i32.const 304) "down")
  (data (i32.const 310) "seen")
  (global $roots (mut i32) (i32.const 0))
  (global $ticks (mut i32) (i32.const 0))
  (global $kept (mut i32) (i32.const 0))
  (global $traps (mut i32) (i32.const 0))

  (func (export "proxy_on_context_create") (param i32 i32)
    (call $trace (i32.const 256) (i32.const 6) (local.get 0) (local.get 1)))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
    (global.set $roots (i32.add (global.get $roots) (i32.const 1)))
    (call $trace (i32.const 264) (i32.const 8) (local.get 0) (global.get $roots))
    (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (local $first i32)
    (call $trace (i32.const 272) (i32.const 9) (local.get 0) (local.get 1))
    (if (i32.eqz (local.get 1)) (then (return (i32.const 1))))
    (drop (call $get_buffer (i32.const 7) (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 4)))
    (local.set $first (i32.load8_u (i32.load (i32.const 0))))
    (if (i32.eq (local.get $first) (i32.const 110 (; n ;))) (then (return (i32.const 0))))
    (if (i32.eq (local.get $first) (i32.const 116 (; t ;)))
      (then
        (global.set $traps
          (i32.eq (i32.load8_u (i32.add (i32.load (i32.const 0)) (i32.const 1))) (i32.const 116)))
        (drop (call $set_tick_period (i32.const 100)))))
    (global.set $kept (i32.eq (local.get $first) (i32.const 107 (; k ;))))
    (if (i32.eq (local.get $first) (i32.const 119 (; w ;)))
      (then
        (if (i32.eqz (call $get_shared_data
              (i32.const 310) (i32.const 4) (i32.const 0) (i32.const 4) (i32.const 8)))
          (then (return (i32.const 0))))
        (drop (call $set_shared_data
          (i32.const 310) (i32.const 4) (i32.const 310) (i32.const 4) (i32.const 0)))))
    (i32.const 1))
  (func (export "proxy_on_tick") (param i32)
    (global.set $ticks (i32.add (global.get $ticks) (i32.const 1)))
    (call $trace (i32.const 284) (i32.const 4) (local.get 0) (global.get $ticks))
    (if (global.get $kept) (then (drop (call $done))))
    (if (i32.and (global.get $traps) (i32.eq (global.get $ticks) (i32.const 2)))
      (then unreachable)))
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (call $trace (i32.const 304) (i32.const 4) (local.get 0) (local.get 1))
    (i32.const 0))
  (func (export "proxy_on_done") (param i32) (result i32)
    (call $trace (i32.const 290) (i32.const 4) (local.get 0) (i32.const 0))
    (i32.eqz (global.get $kept)))
  (func (export "proxy_on_delete") (param i32)
    (call $trace (i32.const 296) (i32.const 6) (local.get 0) (i32.const 0)))"#,
    )
}

#[test]
fn a_start_makes_a_canary_the_main_threads_vm_and_one_a_worker() {
    let envoy = envoy(&roots(), 2, "abc");
    let one_vm = ["create 1 0", "vm_start 1 1", "configure 1 3"];
    assert_eq!(lines(&envoy, 0), one_vm.repeat(4));
}

#[test]
fn an_update_makes_a_new_root_in_the_same_vm_and_the_old_one_serves_its_streams() {
    let mut envoy = envoy(&roots(), 1, "");
    let old = connect(&mut envoy);
    let from = envoy.log().len();
    envoy.configure(b"ab").unwrap();
    let canary = ["create 1 0", "vm_start 1 1", "configure 1 2"];
    let main = ["create 2 0", "vm_start 2 2", "configure 2 2"];
    let worker = ["create 3 0", "vm_start 3 2", "configure 3 2"];
    // Nobody uses the main thread's old root; the worker's waits for its stream.
    let retired = ["done 1 0", "delete 1 0"];
    assert_eq!(
        lines(&envoy, from),
        [&canary[..], &main, &worker, &retired].concat()
    );

    let from = envoy.log().len();
    let new = connect(&mut envoy);
    envoy.send(old, Peer::Client, b"x");
    envoy.send(new, Peer::Client, b"xy");
    envoy.reset(old, Peer::Client);
    let seen = [
        "create 4 3",
        "down 2 1",
        "down 4 2",
        "done 2 0",
        "delete 2 0",
    ];
    assert_eq!(
        lines(&envoy, from),
        [&seen[..], &["done 1 0", "delete 1 0"]].concat()
    );
}

#[test]
fn a_configuration_that_comes_back_finds_its_root_where_that_still_has_streams() {
    let mut envoy = envoy(&roots(), 1, "a");
    connect(&mut envoy);
    envoy.configure(b"ab").unwrap();
    let from = envoy.log().len();
    envoy.configure(b"a").unwrap();
    let canary = ["create 1 0", "vm_start 1 1", "configure 1 1"];
    let main = ["create 3 0", "vm_start 3 3", "configure 3 1"];
    // The worker's first root says nothing, and its second has no streams.
    let retired = ["done 2 0", "delete 2 0", "done 3 0", "delete 3 0"];
    assert_eq!(lines(&envoy, from), [&canary[..], &main, &retired].concat());
}

#[test]
fn a_configuration_that_the_canary_refuses_changes_nothing() {
    let mut envoy = envoy(&roots(), 1, "");
    let rejected = envoy.configure(b"no").unwrap_err();
    assert!(
        rejected
            .to_string()
            .contains("Unable to create Wasm plugin"),
        "{rejected}"
    );
    assert!(
        rejected.log.contains(&"configure 1 2".to_owned()),
        "{rejected}"
    );
    let id = connect(&mut envoy);
    envoy.send(id, Peer::Client, b"x");
    assert_eq!(envoy.received(id, Peer::Provider), b"x");
    envoy.configure(b"ok").unwrap();
    let from_scratch = Envoy::new(roots(), Settings::default()).configure(b"no");
    assert!(from_scratch.is_err());
}

#[test]
fn a_worker_that_refuses_what_the_canary_took_lets_new_connections_bypass_the_filter() {
    let mut envoy = envoy(&roots(), 1, "");
    envoy.configure(b"w").unwrap();
    let id = connect(&mut envoy);
    let from = envoy.log().len();
    envoy.send(id, Peer::Client, b"unseen");
    envoy.finish(id, Peer::Provider);
    envoy.finish(id, Peer::Client);
    assert_eq!(envoy.received(id, Peer::Provider), b"unseen");
    assert!(envoy.closed(id));
    assert_eq!(lines(&envoy, from), [""; 0]);
}

#[test]
fn every_thread_ticks_and_so_do_old_roots_with_streams() {
    let mut envoy = envoy(&roots(), 1, "t");
    connect(&mut envoy);
    let from = envoy.log().len();
    envoy.advance(Duration::from_millis(250));
    assert_eq!(
        lines(&envoy, from),
        ["tick 1 1", "tick 1 1", "tick 1 2", "tick 1 2"]
    );
    envoy.configure(b"t2").unwrap();
    let from = envoy.log().len();
    envoy.advance(Duration::from_millis(100));
    // At 300 ms the worker's old root, at 350 ms the new ones of main and worker.
    assert_eq!(lines(&envoy, from), ["tick 1 3", "tick 2 3", "tick 3 4"]);
}

#[test]
fn a_trap_in_a_tick_kills_its_threads_vm() {
    let mut envoy = envoy(&roots(), 1, "tt");
    envoy.advance(Duration::from_millis(900));
    let threads: Vec<String> = envoy.traps().iter().map(|(id, _)| id.to_string()).collect();
    assert_eq!(threads, ["main", "worker 0"]);
    envoy.advance(Duration::from_millis(400));
    let id = connect(&mut envoy);
    assert!(!envoy.closed(id));
    assert_eq!(envoy.reloads(), 1);
}

#[test]
fn a_replaced_root_that_is_not_done_stays_until_it_says_so() {
    let mut envoy = envoy(&roots(), 1, "t");
    envoy.configure(b"k").unwrap();
    let from = envoy.log().len();
    envoy.advance(Duration::from_millis(100));
    // On each thread the old root ticks once more, calls proxy_done and is deleted.
    assert_eq!(
        lines(&envoy, from),
        ["tick 1 1", "delete 1 0", "tick 1 1", "delete 1 0"]
    );
    let from = envoy.log().len();
    envoy.advance(Duration::from_millis(500));
    assert_eq!(lines(&envoy, from), [""; 0]);
}

#[test]
fn a_shutdown_ends_streams_then_workers_then_the_main_thread_and_waits_for_nobody() {
    let mut envoy = envoy(&roots(), 1, "k");
    connect(&mut envoy);
    envoy.connect(&Client::default());
    let from = envoy.log().len();
    envoy.shut_down();
    let streams = ["done 2 0", "delete 2 0", "done 3 0", "delete 3 0"];
    let roots = ["done 1 0", "delete 1 0", "done 1 0", "delete 1 0"];
    assert_eq!(lines(&envoy, from), [streams, roots].concat());
}
