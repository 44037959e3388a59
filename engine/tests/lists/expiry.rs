//! What a list says when it was not fetched for too long, or never.

use engine::policy::{Expired, Truth};
use engine::{ConnectionId, Edit, Peers, Side};
use serde_json::json;

use crate::world::{World, config, ok, says, source, status};

const REFUSES: Truth = Truth::Unknown(Expired {
    list: 0,
    refuses: true,
});
const SKIPS: Truth = Truth::Unknown(Expired {
    list: 0,
    refuses: false,
});

fn list(when_expired: &str) -> String {
    config(json!({
        "entries": ["always"],
        "when_expired": when_expired,
        "expire_after": "2m",
        "source": source(json!({"refresh": "30s"})),
    }))
}

#[test]
fn a_list_that_was_never_fetched_is_expired_but_for_what_the_configuration_says() {
    for (when_expired, unknown) in [("deny", REFUSES), ("skip", SKIPS), ("keep", REFUSES)] {
        let mut world = World::new(&list(when_expired), 2, says(status(500)));
        for millis in [0, 10_000, 200_000] {
            world.run(millis);
            assert_eq!(world.says("a"), [unknown; 2], "{when_expired}");
            assert_eq!(world.says("always"), [Truth::True; 2], "{when_expired}");
        }
    }
}

#[test]
fn a_list_expires_when_the_server_is_away_and_comes_back_with_it() {
    for (when_expired, a, other) in [
        ("deny", REFUSES, REFUSES),
        ("skip", SKIPS, SKIPS),
        ("keep", Truth::True, Truth::False),
    ] {
        let mut world = World::new(&list(when_expired), 3, says(ok("a\n")));
        world.until(2_500, |world| world.all_have("a"));
        world.run(65_000);
        world.server = says(status(500));
        // At least 90 s of the 120 are left, as the last good fetch was 30 s ago at most.
        world.run(89_000);
        assert!(world.all_have("a"), "{when_expired}");
        world.run(32_000);
        assert_eq!(world.says("a"), [a; 3], "{when_expired}");
        assert_eq!(world.says("other"), [other; 3], "{when_expired}");
        assert_eq!(world.says("always"), [Truth::True; 3], "{when_expired}");
        world.server = says(ok("a\nother\n"));
        world.until(31_500, |world| world.all_have("other"));
        assert!(world.all_have("a"));
    }
}

#[test]
fn what_a_change_of_a_list_makes_old_can_be_told() {
    let mut world = World::new(&list("deny"), 1, says(ok("a\n")));
    let version = |world: &mut World| world.vm(0).policy().lists_version();
    let before = version(&mut world);
    world.until(2_500, |world| world.all_have("a"));
    let fetched = version(&mut world);
    assert!(fetched > before);
    world.run(10_000);
    assert_eq!(version(&mut world), fetched);
    world.server = says(status(500));
    world.run(160_000);
    let expired = version(&mut world);
    assert!(expired > fetched);
    world.server = says(ok("a\n"));
    world.until(31_500, |world| world.all_have("a"));
    assert!(version(&mut world) > expired);
}

/// What rules said of a call is remembered for the next that says the same: not beyond a change of a list.
#[test]
fn a_call_that_repeats_itself_is_decided_by_the_list_as_it_is_then() {
    let config = list("deny").replace("claimed.app", "service");
    let mut world = World::new(&config, 1, says(ok("lab.B\n")));
    world.until(2_500, |world| world.all_have("lab.B"));
    let mut number = 0;
    let mut passes = |world: &mut World| {
        number += 1;
        let id = ConnectionId(number);
        world.vm(0).open(id, Peers::default());
        let call = json!({"call": {"id": number, "service": "lab.A", "method": "hello"}});
        let frame: scenario::Frame = serde_json::from_value(call).unwrap();
        let bytes = frame.bytes().unwrap();
        let now = world.now();
        let (vm, store) = (world.vms[0].as_mut().unwrap(), &mut world.store);
        let effects = vm.data(id, Side::Downstream, bytes, false, now, store);
        assert!(effects.close.is_none());
        effects.edit == Edit::Keep
    };
    assert!(passes(&mut world) && passes(&mut world));
    world.server = says(ok("lab.A\n"));
    world.until(31_000, |world| world.all_have("lab.A"));
    assert!(!passes(&mut world) && !passes(&mut world));
    world.server = says(ok("lab.B\n"));
    world.until(31_000, |world| world.all_have("lab.B"));
    assert!(passes(&mut world) && passes(&mut world));
    world.server = says(status(500));
    world.run(160_000);
    assert!(!passes(&mut world) && !passes(&mut world), "it has expired");
}
