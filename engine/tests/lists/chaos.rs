//! Anything may fail at any time: no VM ever has a list that is none of those that the server had.

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

use engine::attributes::Value;
use engine::lists::{Answer, Fetch, Response};
use engine::policy::Truth;
use proptest::prelude::*;
use serde_json::json;

use crate::world::{Server, World, config, source, status};

/// Entries of one content; two pieces.
const ENTRIES: usize = 40_000;

#[derive(Debug, Clone)]
enum Act {
    Run(u64),
    Change,
    Break(u8),
    Mend,
    Kill(usize),
    Revive(usize),
    StoreFails(bool),
    Late(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1u64..200).prop_map(Act::Run),
        3 => Just(Act::Change),
        1 => (0u8..6).prop_map(Act::Break),
        2 => Just(Act::Mend),
        1 => (0usize..3).prop_map(Act::Kill),
        2 => (0usize..3).prop_map(Act::Revive),
        1 => prop::bool::weighted(0.3).prop_map(Act::StoreFails),
        1 => (10u64..4_000).prop_map(Act::Late),
    ]
}

fn body(content: usize) -> String {
    let mut body = format!("content-{content}\n");
    for n in 0..ENTRIES {
        writeln!(body, "{content}/entry-{n:0>20}").unwrap();
    }
    body
}

fn good(content: usize) -> Answer {
    let body = body(content);
    Answer::Response(Response {
        status: 200,
        content_length: Some(body.len() as u64),
        length: body.len() as u64,
        body: body.into_bytes(),
        ..Response::default()
    })
}

/// The content as the server gives it in one of its moods.
fn answer(content: usize, mood: u8) -> Option<Answer> {
    Some(match (mood, good(content)) {
        (0, _) => status(500),
        (1, _) => return None,
        (2, _) => Answer::Nothing,
        (3, Answer::Response(mut response)) => {
            response.body.truncate(300_000);
            response.length = 300_000;
            Answer::Response(response)
        }
        (4, Answer::Response(mut response)) => {
            response.body = b"<html></html>".to_vec();
            response.length = 13;
            response.content_length = None;
            Answer::Response(response)
        }
        (5, Answer::Response(mut response)) => {
            response.length = 1 << 30;
            response.content_length = Some(1 << 30);
            response.body.clear();
            Answer::Response(response)
        }
        (_, answer) => answer,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_vm_has_a_whole_list_that_the_server_had(acts in proptest::collection::vec(act(), 10..40)) {
        let state = Rc::new(RefCell::new((1usize, None)));
        let server: Server = {
            let state = Rc::clone(&state);
            Rc::new(RefCell::new(move |_: &Fetch| {
                let (content, mood) = *state.borrow();
                answer(content, mood.unwrap_or(u8::MAX))
            }))
        };
        let list = json!({"when_expired": "keep", "expire_after": "10s", "source": source(json!({"refresh": "3s", "max_bytes": 8_000_000}))});
        let mut world = World::new(&config(list), 3, server);
        for act in acts {
            match act {
                Act::Run(steps) => {
                    for _ in 0..steps {
                        world.step();
                        look(&world, state.borrow().0)?;
                    }
                }
                Act::Change => state.borrow_mut().0 += 1,
                Act::Break(mood) => state.borrow_mut().1 = Some(mood),
                Act::Mend => state.borrow_mut().1 = None,
                Act::Kill(vm) => world.kill(vm),
                Act::Revive(vm) if world.vms[vm].is_none() => world.revive(vm),
                Act::Revive(_) => {}
                Act::StoreFails(fails) => world.store.fails = fails,
                Act::Late(latency) => world.latency = latency,
            }
        }
        // All is well again: so are all lists, soon.
        state.borrow_mut().1 = None;
        world.store.fails = false;
        world.latency = 10;
        for vm in 0..3 {
            if world.vms[vm].is_none() {
                world.revive(vm);
            }
        }
        state.borrow_mut().0 += 1;
        let newest = format!("content-{}", state.borrow().0);
        world.until(30_000, |world| world.all_have(&newest));
    }
}

/// Each VM has exactly one of the contents so far, whole, or none yet.
fn look(world: &World, newest: usize) -> Result<(), TestCaseError> {
    for worker in world.vms.iter().flatten() {
        let list = &worker.policy().lists[0];
        let says = |text: &str| list.contains(Value::Text(text));
        if matches!(says("x"), Truth::Unknown(_)) {
            continue;
        }
        let has: Vec<usize> = (1..=newest)
            .filter(|content| says(&format!("content-{content}")).is_true())
            .collect();
        prop_assert_eq!(has.len(), 1, "{:?}", has);
        for content in newest.saturating_sub(2).max(1)..=newest {
            for n in [0, ENTRIES / 2, ENTRIES - 1] {
                let entry = format!("{content}/entry-{n:0>20}");
                prop_assert_eq!(says(&entry).is_true(), has[0] == content);
            }
        }
    }
    Ok(())
}
