//! How entries come from the VM that has fetched them to the others, and what happens when it is gone in the middle.

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

use engine::lists::Fetch;
use engine::policy::Truth;
use serde_json::json;

use crate::world::{STEP, Server, World, config, ok, says, source};

/// Several mebibytes of entries, all with this beginning.
fn long(name: &str) -> String {
    let mut body = String::new();
    for n in 0..120_000 {
        writeln!(body, "{name}/entry-{n:0>20}").unwrap();
    }
    body
}

fn big() -> String {
    config(json!({"source": source(json!({"max_bytes": 33_554_432}))}))
}

fn last(name: &str) -> String {
    format!("{name}/entry-{:0>20}", 119_999)
}

#[test]
fn a_long_list_goes_in_pieces_of_a_mebibyte_one_a_tick() {
    let body = long("one");
    let pieces = body.len().div_ceil(1 << 20) as u64;
    assert_eq!(pieces, 4);
    let mut world = World::new(&big(), 3, says(ok(&body)));
    world.until(10_000, |world| world.all_have(&last("one")));
    assert!(
        world.most_written <= (1 << 20) + 4096,
        "{}",
        world.most_written
    );
    assert_eq!(world.asked.len(), 1);
    // Published a piece a tick; then seen after a second at most, and read a piece a tick.
    let longest = 50 + (2 * pieces + 2) * STEP + 1_000;
    assert!(world.millis <= longest, "{} of {longest} ms", world.millis);
}

#[test]
fn a_vm_that_is_new_gets_the_list_without_a_fetch() {
    let mut world = World::new(&big(), 2, says(ok(&long("one"))));
    world.until(10_000, |world| world.all_have(&last("one")));
    world.kill(1);
    world.revive(1);
    world.until(2_500, |world| world.all_have(&last("one")));
    assert_eq!(world.asked.len(), 1);
}

#[test]
fn a_vm_that_is_gone_while_it_fetches_is_replaced() {
    let server: Server = Rc::new(RefCell::new(|_: &Fetch| None));
    let mut world = World::new(&config(json!({})), 3, server);
    world.until(2_500, |world| !world.asked.is_empty());
    let gone = world.asked[0].vm;
    world.kill(gone);
    world.server = says(ok("a\n"));
    let took = world.until(10_000, |world| world.all_have("a"));
    assert!(took <= 7_500, "{took}");
}

#[test]
fn a_vm_that_is_gone_while_it_publishes_leaves_nothing_torn_behind() {
    // Of four pieces.
    for pieces in [2, 3] {
        let mut world = World::new(&big(), 3, says(ok(&long("one"))));
        world.until(10_000, |world| world.all_have(&last("one")));
        world.server = says(ok(&long("two")));
        let before = world.asked.len();
        world.until(61_000, |world| world.asked.len() > before);
        let gone = world.asked[before].vm;
        // The answer comes with the next step, and a piece goes out with it, with its tick, and with each tick that follows.
        for _ in 1..pieces {
            world.step();
        }
        world.kill(gone);
        assert_eq!(world.says(&last("two")), [Truth::False; 2], "{pieces}");
        world.run(500);
        assert!(world.all_have(&last("one")), "{pieces}");
        // Also for one that knew nothing before.
        world.revive(gone);
        world.until(1_500, |world| world.all_have(&last("one")));
        world.until(10_000, |world| world.all_have(&last("two")));
        assert_eq!(world.says(&last("one")), [Truth::False; 3], "{pieces}");
    }
}

#[test]
fn pieces_that_do_not_fit_together_are_not_taken_and_the_list_is_fetched_again() {
    let mut world = World::new(&big(), 2, says(ok(&long("one"))));
    world.until(10_000, |world| world.all_have(&last("one")));
    let kill = if world.asked[0].vm == 0 { 1 } else { 0 };
    for damage in 0..3 {
        world.kill(kill);
        for (_, piece) in world
            .store
            .values
            .iter_mut()
            .filter(|(key, _)| key.ends_with("/2"))
        {
            match damage {
                0 => *piece.value.last_mut().unwrap() ^= 1,
                1 => piece.value.truncate(1000),
                _ => piece.value.clear(),
            }
        }
        world.revive(kill);
        world.until(10_000, |world| world.all_have(&last("one")));
        assert_eq!(world.asked.len(), damage + 2);
    }
}

#[test]
fn keys_in_shared_data_are_of_a_bounded_set() {
    let sizes = Rc::new(RefCell::new(0));
    let server: Server = {
        let sizes = Rc::clone(&sizes);
        Rc::new(RefCell::new(move |_: &Fetch| {
            *sizes.borrow_mut() += 1;
            Some(ok(&format!("{}{}\n", long("one"), sizes.borrow())))
        }))
    };
    let mut world = World::new(&big(), 2, server);
    world.run(200_000);
    let keys = world.store.values.len();
    assert!(
        world
            .store
            .values
            .keys()
            .all(|key| key.starts_with("dubbo-policy/1/"))
    );
    world.run(400_000);
    assert_eq!(world.store.values.len(), keys);
}

#[test]
fn without_shared_data_nothing_is_fetched_and_what_there_is_stays_until_it_expires() {
    let mut world = World::new(&config(json!({})), 2, says(ok("a\n")));
    world.until(2_500, |world| world.all_have("a"));
    let asked = world.asked.len();
    world.store.fails = true;
    world.run(200_000);
    assert!(world.all_have("a"));
    assert!(world.asked.len() <= asked + 1);
    world.run(150_000);
    assert!(!world.all_have("a"));
    world.store.fails = false;
    world.until(3_000, |world| world.all_have("a"));
}
