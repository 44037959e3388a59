//! What the fake's host calls answer.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod guest;

use std::time::Duration;

use guest::{connect, envoy, guest, lines};
use harness::{Answer, Call, Client, Cluster, Envoy, Peer, Settings, Status};

#[test]
fn workers_see_each_others_shared_data_and_an_old_stamp_fails() {
    // A byte of data: `r` reads value and stamp, `w` writes with the stamp last read.
    let program = guest(
        r#"
  (data (i32.const 256) "key")
  (data (i32.const 260) "value")
  (global $cas (mut i32) (i32.const 0))
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (drop (call $get_buffer (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load8_u (i32.load (i32.const 0))) (i32.const 114 (; r ;)))
      (then
        (call $status (call $get_shared_data
          (i32.const 256) (i32.const 3) (i32.const 0) (i32.const 4) (i32.const 8)))
        (global.set $cas (i32.load (i32.const 8))))
      (else
        (call $status (call $set_shared_data
          (i32.const 256) (i32.const 3) (i32.const 260) (i32.const 5) (global.get $cas)))))
    (i32.const 0))"#,
    );
    let mut envoy = envoy(&program, 2, "");
    let one = envoy.connect(&Client::on_worker(0));
    let two = envoy.connect(&Client::on_worker(1));
    for (worker, command, status) in [
        (one, b"r", "status 1"),
        (one, b"w", "status 0"),
        (two, b"r", "status 0"),
        (one, b"r", "status 0"),
        (two, b"w", "status 0"),
        (one, b"w", "status 8"),
        (one, b"r", "status 0"),
        (one, b"w", "status 0"),
    ] {
        let from = envoy.log().len();
        envoy.send(worker, Peer::Client, command);
        assert_eq!(lines(&envoy, from), [status], "{command:?}");
    }
    assert_eq!(envoy.shared_keys(), [b"key"]);
}

#[test]
fn a_shared_queue_wakes_the_thread_that_registered_it_last() {
    let program = guest(
        r#"
  (data (i32.const 256) "queue")
  (data (i32.const 262) "ready")
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
    (drop (call $register_queue (i32.const 256) (i32.const 5) (i32.const 16)))
    (i32.const 1))
  (func (export "proxy_on_queue_ready") (param i32 i32)
    (call $trace (i32.const 262) (i32.const 5) (local.get 0) (local.get 1)))
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (call $status (call $enqueue (i32.load (i32.const 16)) (i32.const 256) (i32.const 5)))
    (i32.const 0))"#,
    );
    let mut envoy = envoy(&program, 2, "");
    let id = connect(&mut envoy);
    envoy.send(id, Peer::Client, b"x");
    assert_eq!(lines(&envoy, 0), ["status 0", "ready 1 1"]);
}

#[test]
fn a_root_has_no_stream_properties_and_a_map_has_no_bytes() {
    // Reads on the root (at configure) and on the stream; the paths end with a NUL element.
    let program = guest(
        r#"
  (data (i32.const 256) "source\00address")
  (data (i32.const 280) "source")
  (data (i32.const 290) "plugin_name")
  (data (i32.const 304) "xds\00node\00id")
  (data (i32.const 320) "k")
  (data (i32.const 324) "filter_state\00wasm.k")
  (func $read (param i32 i32)
    (local $status i32)
    (local.set $status (call $get_property
      (local.get 0) (local.get 1) (i32.const 0) (i32.const 4)))
    (if (local.get $status)
      (then (call $status (local.get $status)))
      (else (call $log_given))))
  (func $read_all
    (call $read (i32.const 256) (i32.const 14))
    (call $read (i32.const 280) (i32.const 6))
    (call $read (i32.const 290) (i32.const 11))
    (call $read (i32.const 304) (i32.const 11))
    (call $status (call $set_property (i32.const 320) (i32.const 1) (i32.const 290) (i32.const 6)))
    (call $read (i32.const 324) (i32.const 19)))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $read_all) (i32.const 1))
  (func (export "proxy_on_new_connection") (param i32) (result i32) (call $read_all) (i32.const 0))"#,
    );
    let mut envoy = envoy(&program, 0, "");
    let node = "sidecar~10.1.0.9~provider.shop~shop.svc";
    let root = [
        "status 1",
        "status 1",
        "dubbo-policy",
        node,
        "status 1",
        "status 1",
    ];
    assert_eq!(lines(&envoy, 0)[..6], root);
    envoy = guest::envoy(&program, 1, "");
    let from = envoy.log().len();
    let id = connect(&mut envoy);
    let stream = [
        "10.1.0.7:40000",
        "status 3",
        "dubbo-policy",
        node,
        "status 0",
        "plugin",
    ];
    assert_eq!(lines(&envoy, from), stream);
    assert_eq!(
        envoy.filter_state(id, "wasm.k").as_deref(),
        Some(b"plugin".as_slice())
    );
}

#[test]
fn a_filter_can_choose_the_cluster_before_upstream_is_connected() {
    let program = guest(
        r#"
  (data (i32.const 256) "set_envoy_filter_state")
  (data (i32.const 280) "\0a\17envoy.tcp_proxy.cluster\12\05other")
  (data (i32.const 320) "\0a\04nope\12\01x")
  (func (export "proxy_on_new_connection") (param i32) (result i32)
    (call $status (call $call_foreign (i32.const 256) (i32.const 22)
      (i32.const 280) (i32.const 32) (i32.const 0) (i32.const 4)))
    (call $status (call $call_foreign (i32.const 256) (i32.const 22)
      (i32.const 320) (i32.const 9) (i32.const 0) (i32.const 4)))
    (call $status (call $call_foreign (i32.const 256) (i32.const 3)
      (i32.const 280) (i32.const 32) (i32.const 0) (i32.const 4)))
    (i32.const 0))"#,
    );
    let mut envoy = envoy(&program, 1, "");
    let id = connect(&mut envoy);
    assert_eq!(lines(&envoy, 0), ["status 0", "status 1", "status 1"]);
    assert_eq!(envoy.upstream_cluster(id), Some("other"));
}

#[test]
fn metrics_are_common_to_all_threads_and_found_by_their_tags() {
    let program = guest(
        r#"
  (data (i32.const 256) "rule=.=a;.;result=.=denied;.;results_total")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $define_metric (i32.const 0) (i32.const 256) (i32.const 42) (i32.const 16)))
    (i32.const 1))
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (call $status (call $increment_metric (i32.load (i32.const 16)) (i64.const 2)))
    (i32.const 0))"#,
    );
    let mut envoy = envoy(&program, 2, "");
    for worker in [0, 1] {
        let id = envoy.connect(&Client::on_worker(worker));
        envoy.send(id, Peer::Client, b"x");
    }
    assert_eq!(
        envoy.metric("results_total", &[("result", "denied"), ("rule", "a")]),
        4
    );
    assert_eq!(envoy.metric("results_total", &[]), 4);
    assert_eq!(envoy.metric("results_total", &[("result", "allowed")]), 0);
    assert_eq!(envoy.metric("total", &[]), 0);
}

#[test]
fn the_edit_of_a_buffer_outside_of_data_callbacks_is_refused_and_a_tick_can_close_a_stream() {
    let program = guest(
        r#"
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $set_tick_period (i32.const 50)))
    (i32.const 1))
  (func (export "proxy_on_tick") (param i32)
    (call $status (call $set_effective_context (i32.const 99)))
    (call $status (call $set_effective_context (i32.const 2)))
    (call $status (call $set_buffer
      (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 256) (i32.const 1)))
    (call $status (call $close_stream (i32.const 2))))"#,
    );
    let mut envoy = Envoy::new(program, Settings::default());
    envoy.configure(b"").unwrap();
    let id = connect(&mut envoy);
    let from = envoy.log().len();
    envoy.advance(Duration::from_millis(50));
    // First the main thread's VM, which has no stream, then the worker's.
    let main = ["status 2", "status 2", "status 2", "status 0"];
    let worker = ["status 2", "status 0", "status 2", "status 0"];
    assert_eq!(lines(&envoy, from), [main, worker].concat());
    assert!(envoy.ended(id, Peer::Client) && envoy.closed(id));
}

/// Calls gRPC with a target, or HTTP, from `on_configure` or a tick, and logs what comes back.
fn caller(target: &str, length: usize) -> harness::Program {
    guest(
        &r#"
  (data (i32.const 256) "TARGET")
  (data (i32.const 320) "Logs")
  (data (i32.const 326) "Export")
  (data (i32.const 336) "received")
  (data (i32.const 346) "closed")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $set_tick_period (i32.const 100)))
    (i32.const 1))
  (func (export "proxy_on_tick") (param i32)
    (call $status (call $grpc_call
      (i32.const 256) (i32.const LENGTH) (i32.const 320) (i32.const 4) (i32.const 326) (i32.const 6)
      (i32.const 0) (i32.const 0) (i32.const 336) (i32.const 8) (i32.const 2000) (i32.const 16)))
    (drop (call $set_tick_period (i32.const 0))))
  (func (export "proxy_on_grpc_receive") (param i32 i32 i32)
    (call $trace (i32.const 336) (i32.const 8) (local.get 1) (local.get 2))
    (drop (call $get_buffer (i32.const 5) (i32.const 0) (local.get 2) (i32.const 0) (i32.const 4)))
    (call $log_given))
  (func (export "proxy_on_grpc_close") (param i32 i32 i32)
    (call $trace (i32.const 346) (i32.const 6) (local.get 1) (local.get 2))
    (drop (call $get_status (i32.const 8) (i32.const 0) (i32.const 4)))
    (call $log_given))"#
            .replace("TARGET", target)
            .replace("LENGTH", &length.to_string()),
    )
}

/// `GrpcService{envoy_grpc{cluster_name: "otel"}}`.
const OTEL: (&str, usize) = (r"\0a\06\0a\04otel", 8);

fn with_otel(answer: Answer) -> Envoy {
    let mut envoy = Envoy::new(
        caller(OTEL.0, OTEL.1),
        Settings {
            workers: 0,
            ..Settings::default()
        },
    );
    envoy.add_cluster("otel", Cluster::new(move |_| answer.clone()));
    envoy.configure(b"").unwrap();
    envoy
}

#[test]
fn a_grpc_call_from_a_tick_is_answered_on_the_root() {
    let mut envoy = with_otel(Answer::Message(b"fine".to_vec()));
    envoy.advance(Duration::from_millis(100));
    assert_eq!(lines(&envoy, 0), ["status 0", "received 1 4", "fine"]);
    let requests = envoy.cluster("otel").requests().to_vec();
    let expected = Call::Grpc {
        service: "Logs".into(),
        method: "Export".into(),
        message: b"received".to_vec(),
    };
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (&requests[0].call, requests[0].timeout),
        (&expected, Duration::from_secs(2))
    );
}

#[test]
fn a_grpc_call_ends_with_the_servers_status_or_runs_into_its_timeout() {
    let mut envoy = with_otel(Answer::Failure(8, "full".into()));
    envoy.advance(Duration::from_millis(100));
    assert_eq!(lines(&envoy, 0), ["status 0", "closed 1 8", "full"]);

    let mut envoy = with_otel(Answer::Silence);
    envoy.advance(Duration::from_millis(2_099));
    assert_eq!(lines(&envoy, 0), ["status 0"]);
    envoy.advance(Duration::from_millis(1));
    assert_eq!(
        lines(&envoy, 0),
        ["status 0", "closed 1 4", "Deadline Exceeded"]
    );

    let mut envoy = with_otel(Answer::Message(b"late".to_vec()));
    envoy.cluster("otel").set_delay(Duration::from_millis(300));
    envoy.advance(Duration::from_millis(399));
    assert_eq!(lines(&envoy, 0), ["status 0"]);
    envoy.advance(Duration::from_millis(1));
    assert_eq!(lines(&envoy, 0), ["status 0", "received 1 4", "late"]);
}

#[test]
fn a_grpc_call_to_a_cluster_without_hosts_is_closed_at_once() {
    let mut envoy = with_otel(Answer::Message(Vec::new()));
    envoy.cluster("otel").set_down(true);
    envoy.advance(Duration::from_millis(100));
    assert_eq!(lines(&envoy, 0)[..2], ["status 0", "closed 1 >"]);
    assert!(envoy.cluster("otel").requests().is_empty());
}

#[test]
fn a_grpc_call_to_an_unknown_cluster_depends_on_how_it_is_named() {
    let run = |target: (&str, usize)| {
        let program = caller(target.0, target.1);
        let mut envoy = envoy(&program, 0, "");
        envoy.advance(Duration::from_millis(100));
        (lines(&envoy, 0), envoy.traps().len())
    };
    // As a proto: status 10, and a stray close 14 for a token that nobody was given.
    let (seen, _) = run(OTEL);
    assert_eq!(seen[..2], ["status :", "closed 1 >"]);
    assert_eq!(run(("otel", 4)), (vec!["status 4".to_owned()], 0));
    // A bare name that parses as a GrpcService without a target takes Envoy down.
    assert_eq!(run(("metal", 5)), (Vec::new(), 1));
}

#[test]
fn an_http_call_needs_its_pseudo_headers_and_a_known_cluster() {
    let program = guest(
        r#"
  (data (i32.const 256) "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\01\00\00\00\0a\00\00\00\01\00\00\00:method\00GET\00:path\00/\00:authority\00l\00")
  (data (i32.const 400) "lists")
  (data (i32.const 408) "answer")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $set_tick_period (i32.const 100)))
    (i32.const 1))
  (func $call (param $cluster i32) (param $headers i32)
    (call $status (call $http_call
      (local.get $cluster) (i32.const 5) (i32.const 256) (local.get $headers)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 16))))
  (func (export "proxy_on_tick") (param i32)
    (call $call (i32.const 400) (i32.const 61))
    (call $call (i32.const 401) (i32.const 61))
    (call $call (i32.const 400) (i32.const 0))
    (drop (call $set_tick_period (i32.const 0))))
  (func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32)
    (call $trace (i32.const 408) (i32.const 6) (local.get 2) (local.get 3))
    (drop (call $get_buffer (i32.const 4) (i32.const 0) (local.get 3) (i32.const 0) (i32.const 4)))
    (call $log_given))"#,
    );
    let mut envoy = Envoy::new(
        program,
        Settings {
            workers: 0,
            ..Settings::default()
        },
    );
    let headers = vec![(":status".to_owned(), "200".to_owned())];
    let answer = Answer::Response {
        headers,
        body: b"10.0.0.1".to_vec(),
    };
    envoy.add_cluster("lists", Cluster::new(move |_| answer.clone()));
    envoy.configure(b"").unwrap();
    envoy.advance(Duration::from_millis(100));
    let seen = ["status 0", "status 2", "status 2", "answer 1 8", "10.0.0.1"];
    assert_eq!(lines(&envoy, 0), seen);
}

#[test]
fn a_host_call_fails_on_demand_after_as_many_calls_as_are_spared() {
    let program = guest(
        r#"
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (call $status (call $now (i32.const 0)))
    (i32.const 0))"#,
    );
    let mut envoy = envoy(&program, 1, "");
    let id = connect(&mut envoy);
    envoy.fail(
        "proxy_get_current_time_nanoseconds",
        Status::INTERNAL_FAILURE,
        2,
    );
    for _ in 0..4 {
        envoy.send(id, Peer::Client, b"x");
    }
    envoy.heal();
    envoy.send(id, Peer::Client, b"x");
    assert_eq!(
        lines(&envoy, 0),
        ["status 0", "status 0", "status :", "status :", "status 0"]
    );
    assert_eq!(envoy.calls("proxy_get_current_time_nanoseconds"), 5);
}

#[test]
fn a_host_call_in_initialize_crashes() {
    let program = guest(
        r#"
  (func (export "_initialize") (call $status (call $now (i32.const 0))))"#,
    );
    let rejected = Envoy::new(program, Settings::default())
        .configure(b"")
        .unwrap_err();
    assert!(rejected.to_string().contains("_initialize"), "{rejected}");
}

#[test]
fn the_clock_stands_still_until_it_is_advanced() {
    let program = guest(
        r#"
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (drop (call $now (i32.const 0)))
    (drop (call $set_property (i32.const 256) (i32.const 1) (i32.const 0) (i32.const 8)))
    (i32.const 0))
  (data (i32.const 256) "t")"#,
    );
    let mut envoy = envoy(&program, 1, "");
    let id = connect(&mut envoy);
    let mut read = || {
        envoy.send(id, Peer::Client, b"x");
        let bytes = envoy.filter_state(id, "wasm.t").unwrap();
        envoy.advance(Duration::from_millis(30));
        u64::from_le_bytes(bytes.try_into().unwrap())
    };
    let (first, second) = (read(), read());
    assert_eq!(second - first, 30_000_000);
}

#[test]
fn an_endless_loop_is_a_trap() {
    let program = guest(
        r#"
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (loop (br 0))
    (i32.const 0))"#,
    );
    let mut envoy = envoy(&program, 1, "");
    let id = connect(&mut envoy);
    envoy.send(id, Peer::Client, b"x");
    assert_eq!(envoy.traps().len(), 1);
}
