//! Lists and new configurations.

use engine::lists::Fetch;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

use crate::support::policy;
use crate::world::{Server, World, config, ok, says, says_in, source, status};

fn by_path() -> Server {
    Rc::new(RefCell::new(|fetch: &Fetch| {
        let path = fetch.headers.iter().find(|(name, _)| *name == ":path");
        path.map(|(_, path)| ok(&format!("{path}\n")))
    }))
}

fn update(world: &mut World, config: &str) -> String {
    let new = policy(config);
    let revision = new.revision.clone();
    for vm in 0..world.vms.len() {
        world.vm(vm).set_policy(policy(config));
    }
    revision
}

fn in_force(world: &mut World) -> Vec<String> {
    (0..world.vms.len())
        .map(|vm| world.vm(vm).policy().revision.clone())
        .collect()
}

#[test]
fn what_was_fetched_survives_an_update_that_leaves_the_source_alone() {
    let mut world = World::new(&config(json!({})), 2, by_path());
    world.until(2_500, |world| world.all_have("/a"));
    world.server = says(status(500));
    let other = json!({"entries": ["more"], "expire_after": "10m", "source": source(json!({"refresh": "5s"}))});
    let revision = update(&mut world, &config(other));
    assert_eq!(in_force(&mut world), [revision.clone(), revision]);
    assert!(world.all_have("/a") && world.all_have("more"), "at once");
    world.run(60_000);
    assert!(world.all_have("/a"));
}

#[test]
fn a_policy_with_a_new_source_waits_for_it_while_the_old_one_decides() {
    let mut world = World::new(&config(json!({})), 3, by_path());
    world.until(2_500, |world| world.all_have("/a"));
    let old = in_force(&mut world);
    world.latency = 1_500;
    let new = config(json!({"source": source(json!({"path": "/b"}))}));
    let revision = update(&mut world, &new);
    assert_eq!(world.vm(0).newest_policy().revision, revision);
    world.run(1_000);
    assert_eq!(in_force(&mut world), old);
    assert!(world.all_have("/a"));
    let took = world.until(5_000, |world| {
        in_force(world).iter().all(|now| *now == revision)
    });
    assert!(took <= 2_000, "{took}");
    assert!(world.all_have("/b"), "from the first moment on");
    let said = world
        .notices
        .iter()
        .filter(|notice| notice.text.contains("is in force"));
    assert_eq!(said.count(), 3);
}

#[test]
fn a_policy_whose_new_source_does_not_answer_is_in_force_after_ten_seconds() {
    let mut world = World::new(&config(json!({})), 2, by_path());
    world.until(2_500, |world| world.all_have("/a"));
    let old = in_force(&mut world);
    world.server = says(status(500));
    let new = config(json!({"source": source(json!({"path": "/b"}))}));
    let revision = update(&mut world, &new);
    world.run(9_900);
    assert_eq!(in_force(&mut world), old);
    world.run(300);
    assert_eq!(in_force(&mut world), [revision.clone(), revision]);
    assert!(!world.all_have("/a") && !world.all_have("/b"));
}

#[test]
fn a_policy_that_waits_is_replaced_by_a_newer_one() {
    let mut world = World::new(&config(json!({})), 2, by_path());
    world.until(2_500, |world| world.all_have("/a"));
    world.server = Rc::new(RefCell::new(|_: &Fetch| None));
    update(
        &mut world,
        &config(json!({"source": source(json!({"path": "/b"}))})),
    );
    world.run(1_000);
    let revision = update(&mut world, &config(json!({"entries": ["more"]})));
    assert_eq!(in_force(&mut world), [revision.clone(), revision]);
    assert!(world.all_have("/a") && world.all_have("more"));
}

#[test]
fn another_type_or_format_of_the_same_name_is_another_list() {
    for list in [
        json!({"ignore_case": true}),
        json!({"type": "regex"}),
        json!({"source": source(json!({"format": "yaml"}))}),
        json!({"source": source(json!({"authority": "other"}))}),
        json!({"source": source(json!({"cluster": "other"}))}),
        json!({"name": "renamed"}),
    ] {
        let mut world = World::new(&config(json!({})), 1, by_path());
        world.until(2_500, |world| world.all_have("/a"));
        let text = config(list).replace("\"in\":\"fetched\"", "\"in\":\"NAME\"");
        let name = if text.contains("renamed") {
            "renamed"
        } else {
            "fetched"
        };
        let new = policy(&text.replace("NAME", name));
        world.vm(0).set_policy(Rc::clone(&new));
        assert!(!says_in(&new, "/a").is_true(), "{text}");
    }
}
