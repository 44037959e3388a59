//! Fetched lists in the built module: one thread asks for all, and calls are decided by what it got.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use harness::{Answer, Call, Cluster, Envoy, Peer, Settings};
use serde_json::{Value, json};

use module::{call, connect, envoy, frames, is_event};

const SECOND: Duration = Duration::from_secs(1);

fn policy(name: &str, path: &str) -> Value {
    json!({
        "apiVersion": "dubbo-policy/v1", "name": "lab", "default": "allow",
        "lists": [{"name": "closed", "type": "string", "source": {
            "cluster": "lists", "authority": "lists.lab", "path": path,
            "refresh": "10s", "timeout": "1s", "max_bytes": 33_554_432,
        }}],
        "rules": [{"name": name, "match": {"method": {"in": "closed"}}, "deny": {}}],
    })
}

/// What the server answers.
type Says = Rc<RefCell<Answer>>;

fn ok(body: impl Into<Vec<u8>>) -> Answer {
    let headers = vec![(":status".to_owned(), "200".to_owned())];
    let body = body.into();
    Answer::Response { headers, body }
}

fn start(workers: usize, answer: Answer) -> (Envoy, Says) {
    let settings = Settings {
        workers,
        ..Settings::default()
    };
    let mut envoy = envoy(settings).unwrap();
    let says: Says = Rc::new(RefCell::new(answer));
    let answer = Rc::clone(&says);
    let mut cluster = Cluster::new(move |_| answer.borrow().clone());
    cluster.set_delay(Duration::from_millis(20));
    envoy.add_cluster("lists", cluster);
    envoy
        .configure(policy("first", "/a").to_string().as_bytes())
        .unwrap();
    (envoy, says)
}

/// Whether a call of the method reaches the provider, by each worker, on connections of their own.
fn passes(envoy: &mut Envoy, workers: usize, method: &str) -> Vec<bool> {
    (0..workers)
        .map(|worker| {
            let id = connect(envoy, worker);
            envoy.send(id, Peer::Client, &call(1, "lab.UserService", method));
            !is_event(&frames(envoy, id, Peer::Provider)[0])
        })
        .collect()
}

#[test]
fn one_thread_fetches_and_both_workers_decide_by_what_it_got() {
    let (mut envoy, says) = start(2, ok("reveal\r\n# dump\r\n"));
    // Nobody knows yet what is closed.
    assert_eq!(passes(&mut envoy, 2, "hello"), [false; 2]);
    envoy.advance(2 * SECOND);
    assert_eq!(passes(&mut envoy, 2, "hello"), [true; 2]);
    assert_eq!(passes(&mut envoy, 2, "reveal"), [false; 2]);
    assert_eq!(envoy.cluster("lists").requests().len(), 1);

    *says.borrow_mut() = ok("hello\n");
    envoy.advance(12 * SECOND);
    assert_eq!(passes(&mut envoy, 2, "hello"), [false; 2]);
    assert_eq!(passes(&mut envoy, 2, "reveal"), [true; 2]);

    *says.borrow_mut() = Answer::Silence;
    envoy.advance(30 * SECOND);
    assert_eq!(passes(&mut envoy, 2, "hello"), [false; 2]);
    assert_eq!(passes(&mut envoy, 2, "reveal"), [true; 2]);

    // Since the workers have had connections, the main thread does the work.
    let requests = envoy.cluster("lists").requests().to_vec();
    let later: BTreeSet<String> = requests[1..]
        .iter()
        .map(|request| format!("{:?}", request.thread))
        .collect();
    assert_eq!(later, BTreeSet::from(["Main".to_owned()]));
    let Call::Http { headers, body } = &requests[0].call else {
        panic!("{:?}", requests[0]);
    };
    assert!(body.is_empty());
    assert!(headers.contains(&(":path".to_owned(), "/a".to_owned())));
    assert_eq!(envoy.traps(), []);
    let failed = [("list", "closed"), ("result", "failed")];
    assert!(envoy.metric("dubbo_policy_list_fetches_total", &failed) >= 2);
    assert_eq!(
        envoy.metric("dubbo_policy_list_entries", &[("list", "closed")]),
        1
    );
    assert_eq!(
        envoy.metric("dubbo_policy_list_expired", &[("list", "closed")]),
        0
    );
    let log = envoy.log();
    let warned = |text: &str| {
        log.iter()
            .any(|(level, line)| *level == 3 && line.contains(text))
    };
    assert!(
        warned("list closed: fetch from lists has failed: status 504"),
        "{log:?}"
    );
}

#[test]
fn a_list_of_several_pieces_reaches_every_worker_whole() {
    let long: String = (0..200_000).map(|n| format!("method-{n:0>10}\n")).collect();
    let (mut envoy, says) = start(2, ok(long.as_bytes()));
    envoy.advance(3 * SECOND);
    for method in ["method-0000000000", "method-0000199999"] {
        assert_eq!(passes(&mut envoy, 2, method), [false; 2], "{method}");
    }
    assert_eq!(passes(&mut envoy, 2, "method-0000200000"), [true; 2]);
    // Beyond the cap Envoy hands over nothing but the callback.
    *says.borrow_mut() = Answer::Response {
        headers: Vec::new(),
        body: Vec::new(),
    };
    envoy.advance(30 * SECOND);
    assert_eq!(passes(&mut envoy, 2, "method-0000199999"), [false; 2]);
    assert_eq!(envoy.traps(), []);
    let keys = envoy.shared_keys();
    assert!(
        keys.iter().all(|key| key.starts_with(b"dubbo-policy/1/")),
        "{keys:?}"
    );
}

#[test]
fn an_update_waits_for_a_new_list_and_open_connections_follow() {
    let (mut envoy, says) = start(2, ok("reveal\n"));
    envoy.advance(2 * SECOND);
    let old = connect(&mut envoy, 1);
    envoy.send(old, Peer::Client, &call(1, "lab.UserService", "hello"));
    *says.borrow_mut() = Answer::Silence;
    envoy
        .configure(policy("second", "/b").to_string().as_bytes())
        .unwrap();
    envoy.advance(3 * SECOND);
    // The old one still decides, also on new connections; that is no conflict of listeners.
    assert_eq!(passes(&mut envoy, 2, "reveal"), [false; 2]);
    assert_eq!(passes(&mut envoy, 2, "hello"), [true; 2]);
    *says.borrow_mut() = ok("hello\n");
    envoy.advance(5 * SECOND);
    assert_eq!(passes(&mut envoy, 2, "reveal"), [true; 2]);
    assert_eq!(passes(&mut envoy, 2, "hello"), [false; 2]);
    envoy.send(old, Peer::Client, &call(2, "lab.UserService", "hello"));
    let seen = frames(&envoy, old, Peer::Provider);
    assert_eq!(
        seen.iter().map(|frame| is_event(frame)).collect::<Vec<_>>(),
        [false, true]
    );
    let log = envoy.log();
    assert!(
        !log.iter().any(|(_, line)| line.contains("two listeners")),
        "{log:?}"
    );
    assert_eq!(envoy.traps(), []);
}

#[test]
fn without_shared_data_nobody_fetches_and_what_there_is_stays() {
    let (mut envoy, _) = start(2, ok("reveal\n"));
    envoy.advance(2 * SECOND);
    envoy.fail("proxy_set_shared_data", harness::Status(99), 0);
    envoy.advance(15 * SECOND);
    assert_eq!(passes(&mut envoy, 2, "reveal"), [false; 2]);
    assert_eq!(passes(&mut envoy, 2, "hello"), [true; 2]);
    envoy.heal();
    let before = envoy.cluster("lists").requests().len();
    envoy.advance(15 * SECOND);
    assert!(envoy.cluster("lists").requests().len() > before);
    assert_eq!(passes(&mut envoy, 2, "reveal"), [false; 2]);
}
