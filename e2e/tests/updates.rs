//! Policies and modules that replace each other in a running Envoy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test: a panic is a failure, and clocks are read"
)]

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::caller::Caller;
use e2e::ecds::{self, Ecds};
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::load::Load;
use e2e::paths::Folder;
use e2e::proxy::write_listeners;
use e2e::wait::{self, SOON};
use serde_json::{Value, json};

/// A policy that denies this method by a rule of its name, and lets three calls of `scarce` through in an hour.
fn denying(method: &str) -> Value {
    json!({"apiVersion": "dubbo-policy/v1", "name": "updates", "default": "allow",
    "quotas": [{"name": "three", "limit": 3, "window": "1h", "algorithm": "fixed", "per": ["service"]}],
    "rules": [
        {"name": format!("no-{method}"), "match": {"method": method}, "deny": {}},
        {"name": "fair", "match": {"method": "scarce"}, "quotas": ["three"]},
    ]})
}

/// Waits until the connection's calls are decided by the policy that denies this method, and not by one that denies another.
fn follows(caller: &mut Caller, method: &str, others: &[&str]) -> Result<()> {
    let rule = format!("rule=no-{method}");
    wait::until(&rule, SOON, || {
        let refusal = caller.refusal(method)?;
        Ok(refusal
            .is_some_and(|text| text.contains(&rule))
            .then_some(()))
    })?;
    for other in others.iter().filter(|other| **other != method) {
        assert_eq!(caller.refusal(other)?, None, "{other} beside {method}");
    }
    Ok(())
}

fn use_up(caller: &mut Caller) -> Result<()> {
    for _ in 0..3 {
        assert_eq!(caller.refusal("scarce")?, None);
    }
    is_used_up(caller)
}

fn is_used_up(caller: &mut Caller) -> Result<()> {
    let refusal = caller.refusal("scarce")?.unwrap_or_default();
    assert!(refusal.contains("quota three is exhausted"), "{refusal:?}");
    Ok(())
}

fn closed(envoy: &Envoy, reason: &str) -> Result<u64> {
    let labels = BTreeMap::from([("reason".to_owned(), reason.to_owned())]);
    envoy.metric("dubbo_policy_connections_closed_total", &labels)
}

fn all(envoy: &Envoy, metric: &str) -> Result<u64> {
    envoy.metric(metric, &BTreeMap::new())
}

#[test]
fn policies_that_come_and_come_back_under_load_fail_no_call_close_no_connection_and_forget_no_quota()
-> Result<()> {
    const METHODS: [&str; 3] = ["a", "b", "c"];
    let echo = Echo::start()?;
    let mut file = Ecds::new(&denying("a"))?;
    let envoy = Envoy::start(&file.bootstrap(echo.port)?, 2)?;
    let address = envoy.address()?;
    // Envoy deals connections out evenly: one on each worker.
    let mut old = [Caller::connect(address)?, Caller::connect(address)?];
    for caller in &mut old {
        follows(caller, "a", &METHODS)?;
    }
    use_up(&mut old[0])?;
    is_used_up(&mut old[1])?;

    let load = Load {
        connections: 4,
        rate: 400,
        time: Duration::from_secs(8),
        service: "lab.UserService".to_owned(),
        method: "hello".to_owned(),
    };
    let running = thread::spawn(move || load.run(address));
    let mut young = Vec::new();
    for method in ["b", "a", "c", "b", "a"] {
        file.put_and_wait(&denying(method), &envoy)?;
        for caller in old.iter_mut().chain(&mut young) {
            follows(caller, method, &METHODS)?;
            is_used_up(caller)?;
        }
        // Two that begin under this policy.
        for _ in 0..2 {
            let mut caller = Caller::connect(address)?;
            follows(&mut caller, method, &METHODS)?;
            young.push(caller);
        }
    }
    assert!(!running.is_finished(), "the load ended before the updates");
    let calls = running.join().expect("the load")?;
    assert_eq!(calls.len(), 3200);
    let failed = calls
        .iter()
        .filter(|call| call.answered.is_none() || call.refused);
    assert_eq!(failed.count(), 0);
    assert!(old.iter().chain(&young).all(|caller| !caller.ended()));
    assert_eq!(all(&envoy, "dubbo_policy_connections_closed_total")?, 0);
    assert_eq!(all(&envoy, "dubbo_policy_name_conflicts_total")?, 0);
    Ok(())
}

#[test]
fn a_policy_that_comes_back_reaches_connections_that_began_under_it_without_a_new_one() -> Result<()>
{
    let echo = Echo::start()?;
    let mut file = Ecds::new(&denying("a"))?;
    let envoy = Envoy::start(&file.bootstrap(echo.port)?, 1)?;
    let mut first = Caller::connect(envoy.address()?)?;
    follows(&mut first, "a", &["b"])?;
    file.put_and_wait(&denying("b"), &envoy)?;
    let mut second = Caller::connect(envoy.address()?)?;
    follows(&mut second, "b", &["a"])?;
    // Envoy takes the first root up again and does not tell the worker.
    file.put_and_wait(&denying("a"), &envoy)?;
    follows(&mut first, "a", &["b"])?;
    follows(&mut second, "a", &["b"])?;
    follows(&mut Caller::connect(envoy.address()?)?, "a", &["b"])?;
    Ok(())
}

#[test]
fn connections_of_a_policy_that_gets_another_name_are_told_to_come_back_and_stay_when_it_is_taken_back()
-> Result<()> {
    let echo = Echo::start()?;
    let mut file = Ecds::new(&denying("a"))?;
    let envoy = Envoy::start(&file.bootstrap(echo.port)?, 1)?;
    let mut old = Caller::connect(envoy.address()?)?;
    follows(&mut old, "a", &["b"])?;
    let mut renamed = denying("b");
    renamed["name"] = "renamed".into();
    file.put_and_wait(&renamed, &envoy)?;
    follows(&mut Caller::connect(envoy.address()?)?, "b", &["a"])?;
    envoy.wait_log(
        "policy updates: no listener has this policy any more; its 1 connections close within 60 s",
    )?;
    file.put_and_wait(&denying("c"), &envoy)?;
    follows(&mut old, "c", &["a", "b"])?;
    assert!(!old.ended());
    Ok(())
}

#[test]
fn with_lds_a_policy_that_comes_and_comes_back_decides_and_the_quota_is_kept() -> Result<()> {
    let echo = Echo::start()?;
    let folder = Folder::new("lds")?;
    let file = folder.file("listeners.json");
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", echo.port.to_string())])?;
    let listeners = |method| -> Result<()> {
        let with_policy = bootstrap.clone().policy(&denying(method), Form::Text)?;
        write_listeners(&file, with_policy.listeners())
    };
    listeners("a")?;
    let envoy = Envoy::start(&bootstrap.clone().listeners_from(&file), 1)?;
    let mut first = Caller::connect(envoy.address()?)?;
    follows(&mut first, "a", &["b"])?;
    use_up(&mut first)?;
    for method in ["b", "a"] {
        listeners(method)?;
        // A listener that is replaced gets another port; its connections end at the drain time.
        wait::until("the new policy", SOON, || {
            let Ok(mut caller) = envoy.address().and_then(Caller::connect) else {
                return Ok(None);
            };
            let refusal = caller.refusal(method);
            Ok(refusal.is_ok_and(|refusal| refusal.is_some()).then_some(()))
        })?;
        let mut caller = Caller::connect(envoy.address()?)?;
        follows(&mut caller, method, &["a", "b"])?;
        is_used_up(&mut caller)?;
    }
    assert_eq!(all(&envoy, "dubbo_policy_name_conflicts_total")?, 0);
    Ok(())
}

#[test]
fn two_listeners_with_one_name_decide_each_by_its_own_policy_once_that_is_proven() -> Result<()> {
    let echo = Echo::start()?;
    let folder = Folder::new("lds")?;
    let file = folder.file("listeners.json");
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", echo.port.to_string())])?;
    let listener = |name: &str, method| -> Result<Value> {
        let with_policy = bootstrap.clone().policy(&denying(method), Form::Text)?;
        let mut listener = with_policy.listeners()[0].clone();
        listener["name"] = name.into();
        Ok(listener)
    };
    let one = listener("one", "a")?;
    write_listeners(&file, std::slice::from_ref(&one))?;
    let envoy = Envoy::start(&bootstrap.clone().listeners_from(&file), 1)?;
    let mut stray = Caller::connect(envoy.listener("one")?)?;
    follows(&mut stray, "a", &["b"])?;
    write_listeners(&file, &[one, listener("two", "b")?])?;
    wait::until("the second listener", SOON, || {
        Ok(envoy.listener("two").ok())
    })?;
    let mut second = Caller::connect(envoy.listener("two")?)?;
    follows(&mut second, "b", &["a"])?;
    // It looks like an update: this one follows the second listener's policy, until a new connection proves that it is none.
    follows(&mut stray, "b", &["a"])?;
    let mut first = Caller::connect(envoy.listener("one")?)?;
    follows(&mut first, "a", &["b"])?;
    envoy.wait_log("two listeners have policies of this name that differ")?;
    assert_eq!(
        envoy.wait_metric("dubbo_policy_name_conflicts_total", &[], 1)?,
        1
    );
    // It is called back to its own.
    wait::until("the stray's end", SOON, || Ok(stray.ended().then_some(())))?;
    assert_eq!(
        envoy.wait_metric(
            "dubbo_policy_connections_closed_total",
            &[("reason", "two_listeners")],
            1
        )?,
        1
    );
    follows(&mut Caller::connect(envoy.listener("one")?)?, "a", &["b"])?;
    follows(&mut first, "a", &["b"])?;
    follows(&mut second, "b", &["a"])?;
    Ok(())
}

#[test]
fn another_build_of_the_module_gets_the_connections_within_a_minute_and_no_call_fails() -> Result<()>
{
    const IDLE: usize = 9;
    let echo = Echo::start()?;
    let mut file = Ecds::new(&denying("a"))?;
    let envoy = Envoy::start(&file.bootstrap(echo.port)?, 2)?;
    let address = envoy.address()?;
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        let mut caller = Caller::connect(address)?;
        follows(&mut caller, "a", &["b"])?;
        idle.push(caller);
    }
    use_up(&mut idle[0])?;
    let mut busy = Caller::connect(address)?;

    let other = file.beside("other.wasm");
    let (built, renamed) = ecds::other_build(&other)?;
    file.set_module(&other);
    file.put_and_wait(&denying("b"), &envoy)?;
    let begun = Instant::now();
    envoy.wait_log(&format!("is in force ({renamed})"))?;
    envoy.wait_log(&format!("taken over from {built}"))?;
    let mut new = Caller::connect(address)?;
    follows(&mut new, "b", &["a"])?;
    is_used_up(&mut new)?;

    // Envoy keeps a series as long as a module has it.
    assert_eq!(new.refusal("hello")?, None);
    // One call after the other, with a new connection when the old one is closed; all of them on the new module at last.
    let (mut calls, mut ends, mut reconnected) = (1, Vec::new(), 0);
    let mut over = None;
    while over.is_none_or(|over: Instant| over.elapsed() < Duration::from_millis(500)) {
        assert!(
            begun.elapsed() < Duration::from_secs(75),
            "{ends:?} of {IDLE}, {reconnected}"
        );
        if busy.ended() {
            busy = Caller::connect(address)?;
            reconnected += 1;
        }
        assert_eq!(busy.refusal("hello")?, None);
        calls += 1;
        let before = ends.len();
        idle.retain(|caller| {
            if caller.ended() {
                ends.push(begun.elapsed());
            }
            !caller.ended()
        });
        if before < IDLE / 2 && ends.len() >= IDLE / 2 {
            let closed = || closed(&envoy, "superseded");
            wait::until("closed", SOON, || {
                Ok((closed()? >= IDLE as u64 / 2).then_some(()))
            })?;
        }
        if idle.is_empty() && reconnected > 0 {
            over.get_or_insert_with(Instant::now);
        }
        thread::sleep(Duration::from_millis(20));
    }
    follows(&mut busy, "b", &["a"])?;
    is_used_up(&mut busy)?;
    assert!(!new.ended());
    // Both modules count the same calls. What the old one alone has counted ends with it, as Envoy has it.
    let hello = [("dubbo_method", "hello"), ("decision", "allowed")];
    let counted = envoy.wait_metric("dubbo_policy_requests_total", &hello, calls)?;
    assert_eq!(counted, calls);
    // Not all at once: the two workers have five each.
    let (first, last) = (ends[0], ends[IDLE - 1]);
    assert!(
        last.saturating_sub(first) > Duration::from_secs(20),
        "{ends:?}"
    );
    Ok(())
}

#[test]
fn a_module_that_comes_back_keeps_its_connections_and_the_other_one_gives_way() -> Result<()> {
    let echo = Echo::start()?;
    let mut file = Ecds::new(&denying("a"))?;
    let envoy = Envoy::start(&file.bootstrap(echo.port)?, 1)?;
    let built_module = e2e::paths::module()?;
    let mut first = Caller::connect(envoy.address()?)?;
    follows(&mut first, "a", &["b"])?;

    let other = file.beside("other.wasm");
    let (built, renamed) = ecds::other_build(&other)?;
    file.set_module(&other);
    file.put_and_wait(&denying("b"), &envoy)?;
    envoy.wait_log(&format!("taken over from {built}; its 1 connections"))?;
    let mut second = Caller::connect(envoy.address()?)?;
    follows(&mut second, "b", &["a"])?;

    file.set_module(&built_module);
    file.put_and_wait(&denying("a"), &envoy)?;
    envoy.wait_log(&format!("taken over from {renamed}; its 1 connections"))?;
    envoy.wait_log(&format!("{built} is in force again"))?;
    follows(&mut first, "a", &["b"])?;
    let mut third = Caller::connect(envoy.address()?)?;
    follows(&mut third, "a", &["b"])?;
    assert!(!first.ended());
    Ok(())
}
