//! When a list is fetched, by whom, and what is made of the answer.

use std::cell::RefCell;
use std::rc::Rc;

use engine::lists::{Answer, Fetch, Response};
use engine::policy::Truth;
use serde_json::json;

use crate::world::{Server, World, config, ok, says, source, status};

fn response(change: impl FnOnce(&mut Response)) -> Answer {
    let Answer::Response(mut response) = ok("a\n") else {
        panic!("it is a response");
    };
    change(&mut response);
    Answer::Response(response)
}

#[test]
fn one_vm_fetches_for_all_and_all_have_it_within_a_second() {
    let mut world = World::new(&config(json!({})), 4, says(ok("a\nb\n")));
    let took = world.until(2_500, |world| world.all_have("b"));
    assert!(took <= 1_000, "{took}");
    assert_eq!(world.says("c"), [Truth::False; 4]);
    assert_eq!(world.asked.len(), 1);
    let fetch = &world.asked[0].fetch;
    assert_eq!(fetch.cluster, "lists");
    for header in [
        (":method", "GET"),
        (":path", "/a"),
        (":authority", "lists.infra"),
    ] {
        let has = fetch
            .headers
            .iter()
            .any(|(name, value)| (*name, &**value) == header);
        assert!(has, "{header:?}");
    }
    // In ten minutes of 60 s, less up to a tenth.
    world.run(600_000);
    let asked = world.asked.len();
    assert!((11..=13).contains(&asked), "{asked}");
    assert!(world.all_have("a"));
}

#[test]
fn a_vm_that_serves_connections_leaves_the_work_to_one_that_does_not() {
    let mut world = World::new(&config(json!({})), 3, says(ok("a\n")));
    world.run(1_000);
    world.serve(0);
    world.serve(2);
    world.asked.clear();
    world.run(600_000);
    assert!(world.asked.len() >= 10);
    assert!(world.asked.iter().all(|asked| asked.vm == 1));
    // Without it the others do it.
    world.kill(1);
    world.asked.clear();
    world.run(120_000);
    assert!(!world.asked.is_empty());
    assert!(world.all_have("a"));
}

#[test]
fn a_list_that_has_not_changed_is_not_built_again() {
    for etag in [None, Some("\"v1\"".to_owned())] {
        let has_etag = etag.is_some();
        let server: Server = Rc::new(RefCell::new(move |fetch: &Fetch| {
            let asks = fetch
                .headers
                .iter()
                .find(|(name, _)| *name == "if-none-match");
            Some(match asks {
                Some((_, known)) => {
                    assert_eq!(known, "\"v1\"");
                    status(304)
                }
                None => response(|response| response.etag = etag.clone()),
            })
        }));
        let mut world = World::new(&config(json!({})), 2, server);
        world.until(2_500, |world| world.all_have("a"));
        let versions: Vec<u64> = (0..2)
            .map(|vm| world.vm(vm).policy().lists_version())
            .collect();
        world.run(600_000);
        let now: Vec<u64> = (0..2)
            .map(|vm| world.vm(vm).policy().lists_version())
            .collect();
        assert_eq!(now, versions);
        assert!(world.all_have("a"), "it is fresh: the server has said so");
        let named = |asked: &crate::world::Asked| {
            asked
                .fetch
                .headers
                .iter()
                .any(|(name, _)| *name == "if-none-match")
        };
        let conditional = world.asked.iter().filter(|asked| named(asked)).count();
        assert_eq!(
            conditional,
            if has_etag { world.asked.len() - 1 } else { 0 }
        );
        let count = |result: &str| world.counted.sum_of("list_fetches_total", result);
        assert_eq!(count("result=.=changed"), 1);
        assert_eq!(count("result=.=unchanged"), world.asked.len() as i64 - 1);
    }
}

#[test]
fn an_answer_that_is_no_list_changes_nothing() {
    let bad: Vec<(&str, Answer)> = vec![
        ("status 500", status(500)),
        ("status 404", status(404)),
        ("status 302", status(302)),
        ("status 204", status(204)),
        ("status 0", status(0)),
        // Nobody has asked whether it is the same.
        ("status 304", status(304)),
        ("no answer", Answer::Nothing),
        (
            "1 of 3 bytes",
            response(|response| {
                response.content_length = Some(3);
                response.length = 1;
                response.body.truncate(1);
            }),
        ),
        (
            "more than 1000 bytes",
            response(|response| {
                response.length = 1_001;
                response.body.clear();
            }),
        ),
        (
            "another encoding",
            response(|response| response.content_encoding = Some("gzip".to_owned())),
        ),
        (
            "HTML",
            response(|response| {
                response.content_type = Some("Text/HTML; charset=utf-8".to_owned())
            }),
        ),
        ("markup", ok("<html><body>a</body></html>")),
        ("no text", ok("a\n\0\x01\x02")),
        ("none of its 1 entries", ok("\x07\n")),
    ];
    for (why, answer) in bad {
        let answers = Rc::new(RefCell::new(ok("a\nb\n")));
        let server: Server = {
            let answers = Rc::clone(&answers);
            Rc::new(RefCell::new(move |_: &Fetch| {
                Some(answers.borrow().clone())
            }))
        };
        let list = json!({"source": source(json!({"max_bytes": 1000}))});
        let mut world = World::new(&config(list), 2, server);
        world.until(2_500, |world| world.all_have("b"));
        *answers.borrow_mut() = answer;
        world.run(70_000);
        assert!(world.all_have("a") && world.all_have("b"), "{why}");
        let warned = world
            .notices
            .iter()
            .filter(|notice| notice.warning && notice.text.contains(why));
        assert!(warned.count() >= 1, "{why}: {:?}", world.notices);
        assert!(
            world.counted.sum_of("list_fetches_total", "failed") >= 1,
            "{why}"
        );
        *answers.borrow_mut() = ok("c\n");
        world.until(61_000, |world| world.all_have("c"));
        assert_eq!(world.says("a"), [Truth::False; 2]);
    }
}

#[test]
fn failures_are_tried_again_ever_later_but_never_later_than_refresh() {
    let mut world = World::new(&config(json!({})), 2, says(status(503)));
    world.run(400_000);
    let times: Vec<u64> = world.asked.iter().map(|asked| asked.at).collect();
    let waits: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (index, wait) in waits.iter().enumerate() {
        let longest = (1_000u64 << index.min(16)).min(60_000);
        assert!(
            (longest / 2..=longest + 150).contains(wait),
            "{index}: {waits:?}"
        );
    }
    assert!(waits.len() >= 10);
    assert_eq!(world.notices.len(), world.asked.len(), "one line a failure");
}

#[test]
fn a_server_that_never_answers_is_given_up_and_asked_again() {
    let server: Server = Rc::new(RefCell::new(|_: &Fetch| None));
    let mut world = World::new(&config(json!({})), 2, server);
    world.run(20_000);
    assert!(
        (3..=6).contains(&world.asked.len()),
        "{}",
        world.asked.len()
    );
}

#[test]
fn an_answer_that_comes_when_it_was_given_up_is_not_looked_at() {
    let mut world = World::new(&config(json!({})), 1, says(ok("a\n")));
    world.latency = 3_500;
    world.run(60_000);
    assert_eq!(
        world
            .says("a")
            .iter()
            .filter(|truth| truth.is_true())
            .count(),
        0
    );
    world.latency = 1_000;
    world.until(70_000, |world| world.all_have("a"));
}

#[test]
fn bad_entries_are_counted_and_the_gauges_tell_what_there_is() {
    let list = json!({"type": "ip", "source": source(json!({}))});
    let config = config(list).replace("claimed.app", "source.ip");
    let mut world = World::new(&config, 3, says(ok("10.0.0.0/8\n::1\nlocalhost\n")));
    let level = |world: &World, name: &str| {
        world
            .counted
            .sum_of(name, "policy=.=test;.;list=.=fetched;.;")
    };
    world.step();
    assert_eq!(level(&world, "list_expired"), 1);
    world.run(1_000);
    assert_eq!(level(&world, "list_entries"), 2);
    assert_eq!(level(&world, "list_bad_entries"), 1);
    assert_eq!(level(&world, "list_expired"), 0);
    assert_eq!(
        level(&world, "list_last_success_timestamp_seconds"),
        1_700_000_000
    );
    world.server = says(status(500));
    world.run(400_000);
    assert_eq!(level(&world, "list_expired"), 1);
    assert_eq!(level(&world, "list_entries"), 2);
}
