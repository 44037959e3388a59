//! The fake's data path, shown with a module that does what the last byte of its data tells it:
//! `c` continues, `p` pauses, `e` empties the buffer, `h` replaces its first byte, `m` writes into
//! its middle, `x` closes the stream and continues, `r` resumes the downstream, `t` traps; from
//! `k` on, it pauses at the end of the stream.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod guest;

use guest::{connect, envoy, guest, lines};
use harness::{Client, Envoy, Peer, Program, Settings, UpstreamConnect};

fn commands() -> Program {
    guest(
        r#"
  (data (i32.const 256) "new")
  (data (i32.const 264) "down")
  (data (i32.const 272) "up")
  (data (i32.const 280) "up_close")
  (data (i32.const 288) "down_close")
  (data (i32.const 300) "done")
  (data (i32.const 308) "log")
  (data (i32.const 312) "delete")
  (data (i32.const 320) "HEAD")
  (global $keep_end (mut i32) (i32.const 0))

  (func (export "proxy_on_new_connection") (param i32) (result i32)
    (call $trace (i32.const 256) (i32.const 3) (i32.const 0) (i32.const 0))
    (i32.const 0))
  (func (export "proxy_on_downstream_connection_close") (param i32 i32)
    (call $trace (i32.const 288) (i32.const 10) (local.get 1) (i32.const 0)))
  (func (export "proxy_on_upstream_connection_close") (param i32 i32)
    (call $trace (i32.const 280) (i32.const 8) (local.get 1) (i32.const 0)))
  (func (export "proxy_on_done") (param i32) (result i32)
    (call $trace (i32.const 300) (i32.const 4) (i32.const 0) (i32.const 0))
    (i32.const 0))
  (func (export "proxy_on_log") (param i32)
    (call $trace (i32.const 308) (i32.const 3) (i32.const 0) (i32.const 0)))
  (func (export "proxy_on_delete") (param i32)
    (call $trace (i32.const 312) (i32.const 6) (i32.const 0) (i32.const 0)))

  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (call $trace (i32.const 264) (i32.const 4) (local.get 1) (local.get 2))
    (call $data (i32.const 2) (local.get 1) (local.get 2)))
  (func (export "proxy_on_upstream_data") (param i32 i32 i32) (result i32)
    (call $trace (i32.const 272) (i32.const 2) (local.get 1) (local.get 2))
    (call $data (i32.const 3) (local.get 1) (local.get 2)))

  (func $data (param $kind i32) (param $size i32) (param $end i32) (result i32)
    (local $command i32)
    (if (i32.eqz (local.get $size)) (then (return (global.get $keep_end))))
    (drop (call $get_buffer (local.get $kind) (i32.sub (local.get $size) (i32.const 1)) (i32.const 1)
      (i32.const 0) (i32.const 4)))
    (local.set $command (i32.load8_u (i32.load (i32.const 0))))
    (if (i32.eq (local.get $command) (i32.const 112 (; p ;))) (then (return (i32.const 1))))
    (if (i32.eq (local.get $command) (i32.const 116 (; t ;))) (then unreachable))
    (if (i32.eq (local.get $command) (i32.const 120 (; x ;)))
      (then (call $status (call $close_stream (local.get $kind)))))
    (if (i32.eq (local.get $command) (i32.const 107 (; k ;)))
      (then (global.set $keep_end (i32.const 1))))
    (if (i32.eq (local.get $command) (i32.const 101 (; e ;)))
      (then (call $status (call $set_buffer
        (local.get $kind) (i32.const 0) (local.get $size) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (local.get $command) (i32.const 104 (; h ;)))
      (then (call $status (call $set_buffer
        (local.get $kind) (i32.const 0) (i32.const 1) (i32.const 320) (i32.const 4)))))
    (if (i32.eq (local.get $command) (i32.const 109 (; m ;)))
      (then (call $status (call $set_buffer
        (local.get $kind) (i32.const 1) (i32.const 1) (i32.const 320) (i32.const 4)))))
    (if (i32.eq (local.get $command) (i32.const 114 (; r ;)))
      (then
        (call $status (call $continue_stream (local.get $kind)))
        (return (i32.const 1))))
    (i32.const 0))"#,
    )
}

/// Everything after the connection was made.
fn trace(run: impl FnOnce(&mut Envoy, harness::ConnectionId)) -> Vec<String> {
    let mut envoy = envoy(&commands(), 1, "");
    let id = connect(&mut envoy);
    let from = envoy.log().len();
    run(&mut envoy, id);
    lines(&envoy, from)
}

#[test]
fn continue_releases_what_was_held_and_pause_adds_up() {
    let seen = trace(|envoy, id| {
        envoy.send(id, Peer::Client, b"ap");
        envoy.send(id, Peer::Client, b"bp");
        assert_eq!(envoy.received(id, Peer::Provider), b"");
        envoy.send(id, Peer::Client, b"c");
        assert_eq!(envoy.received(id, Peer::Provider), b"apbpc");
        envoy.send(id, Peer::Client, b"c");
        envoy.send(id, Peer::Provider, b"zp");
        envoy.send(id, Peer::Provider, b"c");
        assert_eq!(envoy.received(id, Peer::Provider), b"apbpcc");
        assert_eq!(envoy.received(id, Peer::Client), b"zpc");
    });
    assert_eq!(
        seen,
        [
            "down 2 0", "down 4 0", "down 5 0", "down 1 0", "up 2 0", "up 3 0"
        ]
    );
}

#[test]
fn an_emptied_buffer_releases_nothing_and_the_next_callback_has_only_new_bytes() {
    let seen = trace(|envoy, id| {
        envoy.send(id, Peer::Client, b"abe");
        envoy.send(id, Peer::Client, b"c");
        assert_eq!(envoy.received(id, Peer::Provider), b"c");
    });
    assert_eq!(seen, ["down 3 0", "status 0", "down 1 0"]);
}

#[test]
fn the_head_can_be_replaced_and_the_middle_cannot() {
    let seen = trace(|envoy, id| {
        envoy.send(id, Peer::Client, b"abh");
        envoy.send(id, Peer::Client, b"abm");
        assert_eq!(envoy.received(id, Peer::Provider), b"HEADbhabm");
    });
    assert_eq!(seen, ["down 3 0", "status 0", "down 3 0", "status 2"]);
}

#[test]
fn a_clients_half_close_passes_and_the_provider_still_answers() {
    let seen = trace(|envoy, id| {
        envoy.finish(id, Peer::Client);
        assert!(envoy.ended(id, Peer::Provider) && !envoy.ended(id, Peer::Client));
        envoy.send(id, Peer::Provider, b"c");
        assert_eq!(envoy.received(id, Peer::Client), b"c");
        envoy.finish(id, Peer::Provider);
        assert!(envoy.closed(id));
    });
    let order = [
        "down 0 1",
        "up 1 0",
        "up 0 1",
        "up_close 0 0",
        "down_close 1 0",
    ];
    assert_eq!(
        seen,
        [order.as_slice(), &["done 0 0", "log 0 0", "delete 0 0"]].concat()
    );
}

#[test]
fn a_providers_close_ends_with_the_clients() {
    let seen = trace(|envoy, id| {
        envoy.finish(id, Peer::Provider);
        assert!(envoy.ended(id, Peer::Client) && !envoy.ended(id, Peer::Provider));
        envoy.finish(id, Peer::Client);
    });
    let order = ["up 0 1", "up_close 0 0", "down 0 1", "down_close 2 0"];
    assert_eq!(
        seen,
        [order.as_slice(), &["done 0 0", "log 0 0", "delete 0 0"]].concat()
    );
}

#[test]
fn a_clients_reset_brings_no_end_of_stream() {
    let seen = trace(|envoy, id| {
        envoy.send(id, Peer::Client, b"p");
        envoy.reset(id, Peer::Client);
        assert!(envoy.ended(id, Peer::Provider));
        assert_eq!(envoy.received(id, Peer::Provider), b"");
    });
    assert_eq!(
        seen,
        [
            "down 1 0",
            "down_close 2 0",
            "done 0 0",
            "log 0 0",
            "delete 0 0"
        ]
    );
}

#[test]
fn the_fin_comes_with_the_last_bytes_or_alone() {
    let seen = trace(|envoy, id| {
        envoy.send_and_finish(id, Peer::Client, b"c");
        envoy.send(id, Peer::Provider, b"c");
        envoy.finish(id, Peer::Provider);
    });
    assert_eq!(seen[..3], ["down 1 1", "up 1 0", "up 0 1"]);
}

#[test]
fn a_pause_at_the_end_of_the_stream_holds_the_fin_for_ever() {
    trace(|envoy, id| {
        envoy.send(id, Peer::Client, b"k");
        envoy.finish(id, Peer::Client);
        envoy.finish(id, Peer::Provider);
        envoy.advance(std::time::Duration::from_secs(600));
        assert!(!envoy.ended(id, Peer::Provider) && !envoy.closed(id));
    });
}

#[test]
fn a_close_throws_away_what_the_same_callback_releases() {
    for from in [Peer::Client, Peer::Provider] {
        let seen = trace(|envoy, id| {
            envoy.send(id, from, b"c");
            envoy.send(id, from, b"abx");
            assert_eq!(envoy.received(id, from.other()), b"c");
            assert!(envoy.ended(id, Peer::Client) && envoy.ended(id, Peer::Provider));
            envoy.send(id, from, b"c");
            assert_eq!(envoy.received(id, from.other()), b"c");
        });
        assert_eq!(
            seen[2..],
            [
                "status 0",
                "down_close 1 0",
                "done 0 0",
                "log 0 0",
                "delete 0 0"
            ]
        );
    }
}

#[test]
fn the_downstream_can_be_resumed_and_the_upstream_cannot() {
    let seen = trace(|envoy, id| {
        envoy.send(id, Peer::Client, b"abp");
        envoy.send(id, Peer::Client, b"r");
        assert_eq!(envoy.received(id, Peer::Provider), b"abpr");
        envoy.send(id, Peer::Provider, b"r");
        assert_eq!(envoy.received(id, Peer::Client), b"");
    });
    assert_eq!(
        seen,
        ["down 3 0", "down 4 0", "status 0", "up 1 0", "status <"]
    );
}

#[test]
fn a_callback_brings_no_more_than_the_buffer_limit_and_a_full_buffer_stalls() {
    let settings = Settings {
        buffer_limit: 4,
        ..Settings::default()
    };
    let mut envoy = Envoy::new(commands(), settings);
    envoy.configure(b"").unwrap();
    let id = connect(&mut envoy);
    let from = envoy.log().len();
    envoy.send(id, Peer::Client, b"aaacbbbcc");
    assert_eq!(envoy.received(id, Peer::Provider), b"aaacbbbcc");
    envoy.send(id, Peer::Client, b"aaap");
    envoy.send(id, Peer::Client, b"c");
    assert_eq!(envoy.received(id, Peer::Provider), b"aaacbbbcc");
    assert_eq!(
        lines(&envoy, from),
        ["down 4 0", "down 4 0", "down 1 0", "down 4 0"]
    );
}

#[test]
fn a_connection_on_demand_opens_with_the_first_byte_that_is_released() {
    let settings = Settings {
        upstream_connect: UpstreamConnect::OnDownstreamData,
        ..Settings::default()
    };
    let mut envoy = Envoy::new(commands(), settings);
    envoy.configure(b"").unwrap();
    let id = connect(&mut envoy);
    envoy.send(id, Peer::Client, b"e");
    assert_eq!(envoy.upstream_cluster(id), None);
    envoy.send(id, Peer::Client, b"c");
    assert_eq!(envoy.upstream_cluster(id), Some("provider"));

    let leaked = connect(&mut envoy);
    envoy.finish(leaked, Peer::Client);
    assert!(!envoy.closed(leaked) && !envoy.ended(leaked, Peer::Client));
}

#[test]
fn a_trap_kills_the_streams_of_its_vm_and_no_others() {
    let mut envoy = envoy(&commands(), 2, "");
    let trapping = connect(&mut envoy);
    let same_vm = connect(&mut envoy);
    let other_vm = envoy.connect(&Client::on_worker(1));
    let from = envoy.log().len();
    envoy.send(trapping, Peer::Client, b"t");
    assert!(envoy.closed(trapping) && !envoy.closed(same_vm));
    envoy.send(same_vm, Peer::Client, b"c");
    assert!(envoy.closed(same_vm));
    assert_eq!(envoy.received(same_vm, Peer::Provider), b"");
    envoy.send(other_vm, Peer::Client, b"c");
    assert_eq!(envoy.received(other_vm, Peer::Provider), b"c");
    // Neither on_done nor on_log nor on_delete of the dead streams.
    assert_eq!(lines(&envoy, from), ["down 1 0", "down 1 0"]);
    assert_eq!(envoy.traps().len(), 1);
    assert!(
        envoy.traps()[0].1.contains("unreachable"),
        "{:?}",
        envoy.traps()
    );
}

#[test]
fn a_vm_is_made_anew_by_a_connection_after_the_backoff() {
    let mut envoy = envoy(&commands(), 1, "");
    let trapping = connect(&mut envoy);
    envoy.send(trapping, Peer::Client, b"t");
    let early = connect(&mut envoy);
    assert!(envoy.closed(early) && envoy.reloads() == 0);
    envoy.advance(std::time::Duration::from_secs(1));
    let later = connect(&mut envoy);
    envoy.send(later, Peer::Client, b"c");
    assert_eq!(envoy.received(later, Peer::Provider), b"c");
    assert_eq!(envoy.reloads(), 1);
}
