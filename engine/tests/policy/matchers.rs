use serde_json::{Value, json};

use crate::calls::{Call, identity, outcome, policy};

/// Whether a matcher of an attribute holds for a call.
fn holds(attribute: &str, matcher: &Value, call: &Call) -> bool {
    let policy = policy(json!({
        "default": "allow",
        "lists": [
            {"name": "strings", "type": "string", "entries": ["a", "Bc", "", "0.0.0", "ünï"]},
            {"name": "folded", "type": "string", "ignore_case": true, "entries": ["a", "Bc"]},
            {"name": "regexes", "type": "regex", "entries": ["x+", "y|z"]},
            {"name": "folded-regexes", "type": "regex", "ignore_case": true, "entries": ["x+"]},
            {"name": "nets", "type": "ip", "entries": [
                "10.0.0.0/8", "192.0.2.1", "192.0.2.2", "192.0.2.3/32", "2001:db8::1", "fd00::/8", "::ffff:203.0.113.0/120",
            ]},
            {"name": "everywhere", "type": "ip", "entries": ["0.0.0.0/0", "::/0", "10.0.0.0/8"]},
            {"name": "none", "type": "string", "entries": []},
        ],
        "rules": [{"name": "r", "match": {attribute: matcher}, "deny": {}}],
    }));
    outcome(&policy, call) == "denied by r"
}

/// By an attribute that is a text and nothing more.
fn text(matcher: Value, text: &str) -> bool {
    holds("claimed.app", &matcher, &Call::of("s", "m").app(text))
}

#[test]
fn a_method_is_the_same_with_its_first_letter_in_either_case() {
    let method = |matcher: &Value, name: &str| holds("method", matcher, &Call::of("s", name));
    for (matcher, hits, misses) in [
        (
            json!("reveal"),
            &["reveal", "Reveal"][..],
            &["REVEAL", "reveal ", "éveal", ""][..],
        ),
        (json!("Reveal"), &["reveal", "Reveal"], &["rEveal"]),
        (
            json!({"prefix": "get"}),
            &["getName", "GetName"],
            &["gEtName", "forget"],
        ),
        (
            json!({"regex": "get[A-Z].*"}),
            &["getName", "GetName"],
            &["getname"],
        ),
        (
            json!({"in": "strings"}),
            &["a", "A", "Bc", "bc", "", "ünï"],
            &["BC", "Ünï"],
        ),
        (
            json!({"not": "reveal"}),
            &["hide", "REVEAL"],
            &["reveal", "Reveal"],
        ),
    ] {
        for name in hits {
            assert!(method(&matcher, name), "{matcher} {name:?}");
        }
        for name in misses {
            assert!(!method(&matcher, name), "{matcher} {name:?}");
        }
    }
}

#[test]
fn texts_match_as_they_are_told_to() {
    for (matcher, hits, misses) in [
        (json!("get"), &["get"][..], &["Get", "ge", "gets", ""][..]),
        (
            json!(["get", {"prefix": "set"}]),
            &["get", "set", "setName"],
            &["gets", "reset"],
        ),
        (json!({"exact": "get"}), &["get"], &["GET", "gets"]),
        (
            json!({"exact": "get", "ignore_case": true}),
            &["get", "GET", "gEt"],
            &["gets", ""],
        ),
        (json!({"exact": "a*"}), &["a*"], &["ab"]),
        (json!({"exact": ""}), &[""], &["a"]),
        (
            json!({"prefix": "get"}),
            &["get", "getName"],
            &["Get", "ge", "forget"],
        ),
        (
            json!({"prefix": "get", "ignore_case": true}),
            &["GETNAME", "get"],
            &["ge", "ägt"],
        ),
        (
            json!({"suffix": "Name"}),
            &["Name", "getName"],
            &["getname", "Names", "ame"],
        ),
        (
            json!({"suffix": "Name", "ignore_case": true}),
            &["getNAME"],
            &["ame", "names", "éa"],
        ),
        (
            json!({"contains": "tNa"}),
            &["getName", "tNa"],
            &["getname", "tN"],
        ),
        (
            json!({"contains": "tNa", "ignore_case": true}),
            &["GETNAME"],
            &["getnme", "", "ü"],
        ),
        (
            json!({"contains": "", "ignore_case": true}),
            &["", "a"],
            &[],
        ),
        (
            json!({"regex": "get.*"}),
            &["get", "getName"],
            &["forget", "Get", "get\nName"],
        ),
        (json!({"regex": "a|b"}), &["a", "b"], &["ab", "xa", "bx"]),
        (
            json!({"regex": "A+", "ignore_case": true}),
            &["a", "aA"],
            &["ab"],
        ),
        (json!({"regex": "(?i)a"}), &["A"], &["AA"]),
        (json!({"regex": "(?m)a$"}), &["a"], &["a\nb"]),
        (json!({"regex": ".*"}), &["", "ü"], &[]),
        (
            json!({"prefix": "get", "suffix": "Name"}),
            &["getName", "getXName"],
            &["get", "Name"],
        ),
        (
            json!({"prefix": "get", "not": {"suffix": "All"}}),
            &["get", "getOne"],
            &["getAll", "all"],
        ),
        (json!({"not": "get"}), &["set", "Get"], &["get"]),
        (json!({"not": ["get", "set"]}), &["put"], &["get", "set"]),
        (json!({"not": {"not": "get"}}), &["get"], &["set"]),
        (json!([{"not": "get"}, "get"]), &["get", "set"], &[]),
        (json!({"present": true}), &["", "get"], &[]),
        (
            json!({"in": "strings"}),
            &["a", "Bc", "", "ünï"],
            &["b", "bc", "A", "aBc", "x"],
        ),
        (
            json!({"in": "folded"}),
            &["A", "a", "bC"],
            &["b", "", "BcBc"],
        ),
        (
            json!({"in": "regexes"}),
            &["x", "xx", "y", "z"],
            &["", "X", "yz", "xy"],
        ),
        (json!({"in": "folded-regexes"}), &["X", "xX"], &["Xy"]),
        (json!({"in": "none"}), &[], &["", "a"]),
        (json!({"not": {"in": "none"}}), &["", "a"], &[]),
    ] {
        for value in hits {
            assert!(text(matcher.clone(), value), "{matcher} {value:?}");
        }
        for value in misses {
            assert!(!text(matcher.clone(), value), "{matcher} {value:?}");
        }
    }
}

#[test]
fn addresses_are_in_networks() {
    for (matcher, hits, misses) in [
        (
            json!("10.0.0.1"),
            &["10.0.0.1", "::ffff:10.0.0.1"][..],
            &["10.0.0.2", "::10.0.0.1"][..],
        ),
        (
            json!("10.2.0.0/16"),
            &["10.2.0.0", "10.2.255.255"],
            &["10.3.0.0", "10.1.255.255", "2001:db8::1"],
        ),
        (
            json!("2001:db8::1"),
            &["2001:db8::1"],
            &["2001:db8::2", "10.0.0.1"],
        ),
        (
            json!("::ffff:10.0.0.0/104"),
            &["10.1.2.3"],
            &["11.0.0.0", "::1"],
        ),
        (
            json!("0.0.0.0/0"),
            &["0.0.0.0", "255.255.255.255"],
            &["::1"],
        ),
        (json!("::/0"), &["::1"], &["10.0.0.1"]),
        (
            json!(["10.0.0.1", "fd00::/8"]),
            &["10.0.0.1", "fdff::1"],
            &["fe00::1"],
        ),
        (
            json!({"not": "10.0.0.0/8"}),
            &["11.0.0.0", "::1"],
            &["10.9.9.9"],
        ),
        (
            json!({"in": "nets"}),
            &[
                "10.0.0.0",
                "10.255.255.255",
                "192.0.2.1",
                "192.0.2.2",
                "192.0.2.3",
                "2001:db8::1",
                "fd12::",
                "203.0.113.9",
            ],
            &[
                "9.255.255.255",
                "11.0.0.0",
                "192.0.2.0",
                "192.0.2.4",
                "2001:db8::",
                "2001:db8::2",
                "fc00::",
                "203.0.114.0",
            ],
        ),
        (
            json!({"in": "everywhere"}),
            &[
                "0.0.0.0",
                "255.255.255.255",
                "::",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ],
            &[],
        ),
    ] {
        for ip in hits {
            assert!(
                holds("source.ip", &matcher, &Call::of("s", "m").ip(ip)),
                "{matcher} {ip}"
            );
        }
        for ip in misses {
            assert!(
                !holds("source.ip", &matcher, &Call::of("s", "m").ip(ip)),
                "{matcher} {ip}"
            );
        }
    }
}

#[test]
fn every_attribute_is_read_from_its_own_place() {
    let call = Call {
        identities: vec![identity("s", "v", "g")],
        method: Some("m".to_owned()),
        generic: Some("true".to_owned()),
        one_way: true,
        callback: true,
        ..Call::default()
    };
    let call = call
        .classes(&["x.Y"])
        .ip("10.0.0.1")
        .app("c")
        .attachment("k", "a")
        .attachment("K", "b");
    for (attribute, value, other) in [
        ("service", json!("s"), json!("m")),
        ("method", json!("m"), json!("s")),
        ("version", json!("v"), json!("g")),
        ("group", json!("g"), json!("v")),
        ("generic", json!("true"), json!("")),
        ("one_way", json!(true), json!(false)),
        ("callback", json!(true), json!(false)),
        ("classes", json!({"some": "x.Y"}), json!({"some": "m"})),
        ("serialization", json!("hessian2"), json!("fastjson2")),
        ("source.ip", json!("10.0.0.1"), json!("10.0.0.2")),
        ("claimed.app", json!("c"), json!("a")),
        ("attachments.k", json!("a"), json!("b")),
        ("attachments.K", json!("b"), json!("a")),
    ] {
        assert!(holds(attribute, &value, &call), "{attribute}");
        assert!(!holds(attribute, &other, &call), "{attribute}");
    }
}

#[test]
fn every_spelling_of_no_version_and_no_group_is_one() {
    for version in ["", "0.0.0"] {
        let call = Call {
            identities: vec![identity("s", version, "")],
            ..Call::default()
        };
        for (attribute, matcher, want) in [
            ("version", json!({"present": false}), true),
            ("version", json!(""), true),
            ("version", json!("0.0.0"), true),
            (
                "version",
                json!({"exact": "0.0.0", "ignore_case": true}),
                true,
            ),
            ("version", json!({"in": "strings"}), true),
            ("version", json!({"not": "0.0.0"}), false),
            ("version", json!("1.0.0"), false),
            ("version", json!({"prefix": "0"}), false),
            ("group", json!(""), true),
            ("group", json!({"in": "strings"}), true),
            ("group", json!("0.0.0"), false),
            ("group", json!({"in": "folded"}), false),
        ] {
            assert_eq!(
                holds(attribute, &matcher, &call),
                want,
                "{version:?} {attribute} {matcher}"
            );
        }
    }
    let call = Call {
        identities: vec![identity("s", "1.0.0", "g")],
        ..Call::default()
    };
    for matcher in [json!(""), json!("0.0.0"), json!({"in": "strings"})] {
        assert!(!holds("version", &matcher, &call), "{matcher}");
    }
}

#[test]
fn an_object_is_all_of_it_and_a_list_any_of_it() {
    let policy = policy(json!({"default": "allow", "rules": [{
        "name": "r",
        "match": [{"service": "a", "method": "x"}, {"service": "b"}],
        "except": [{"method": "y"}, {"source.ip": "10.0.0.0/8", "method": "x"}],
        "deny": {},
    }]}));
    for (call, want) in [
        (Call::of("a", "x"), "denied by r"),
        (Call::of("a", "z"), "allowed"),
        (Call::of("b", "z"), "denied by r"),
        (Call::of("b", "y"), "allowed"),
        (Call::of("a", "x").ip("10.1.1.1"), "allowed"),
        (Call::of("a", "x").ip("11.1.1.1"), "denied by r"),
        (Call::of("b", "z").ip("10.1.1.1"), "denied by r"),
        (Call::of("c", "x"), "allowed"),
    ] {
        assert_eq!(outcome(&policy, &call), want, "{call:?}");
    }
}

#[test]
fn alternatives_of_one_service_are_about_no_other() {
    let policy = policy(json!({"default": "allow", "rules": [{
        "name": "r",
        "match": [{"service": "a", "method": "x"}, {"service": "a", "group": "g"}],
        "deny": {},
    }]}));
    let grouped = |service| Call {
        identities: vec![identity(service, "", "g")],
        ..Call::of(service, "y")
    };
    for (call, want) in [
        (Call::of("a", "x"), "denied by r"),
        (grouped("a"), "denied by r"),
        (Call::of("a", "y"), "allowed"),
        (Call::of("b", "x"), "allowed"),
        (grouped("b"), "allowed"),
        (Call::default(), "allowed"),
    ] {
        assert_eq!(outcome(&policy, &call), want, "{call:?}");
    }
}
