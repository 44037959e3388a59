//! Calls that pass, and calls that rules refuse.

use anyhow::{Context, Result};
use e2e::java::{Exception, Outcome, Provider};
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::request::{Request, SECRET, USER};
use crate::{page, policy};

pub(crate) fn allowed(lab: &Lab) -> Result<()> {
    page::section(
        "1. Allowed calls",
        &[
            "No rule of the policy refuses them. Values and the service's own exceptions come back unchanged.",
        ],
    );
    let call =
        |method, arguments| lab.show(&lab.shop, lab.tcp, &Request::new(USER, method, arguments));
    let hello = call("hello", vec![json!("ada")])?;
    let null = call("findUser", vec![json!("nobody")])?;
    let bytes = call("echoBytes", vec![json!(2 << 20)])?;
    let thrown = call("fail", vec![json!("no such user")])?;
    println!();
    page::fact(
        "a string",
        "consumer",
        &hello.result,
        &Ok(json!("hello ada")),
    )?;
    page::fact("null", "consumer", &null.result, &Ok(Value::Null))?;
    let size = bytes.result.map(|value| value.get("bytes").cloned());
    page::fact(
        "2 MB in a byte[] and back",
        "consumer",
        &size,
        &Ok(Some(json!(2 << 20))),
    )?;
    let business = Exception {
        class: "lab.BusinessException".to_owned(),
        message: "no such user".to_owned(),
        code: Some(42),
    };
    page::fact(
        "an exception of the service's own",
        "consumer",
        &thrown.result,
        &Err(business),
    )?;
    page::fact(
        "all four ran",
        "log of provider stable",
        &lab.ran(&lab.stable, 0, 4),
        &4,
    )
}

pub(crate) fn denied(lab: &Lab) -> Result<()> {
    page::section(
        "2. A denied method",
        &[
            "The caller gets one exception at once and keeps its connection; the provider sees nothing. The policy:",
        ],
    );
    policy::quote(&["no-reveal"])?;
    let connections = || lab.envoy.stat("tcp.provider.downstream_cx_total");
    let before = connections()?;
    let hello = |name: &str| {
        let request = Request::new(USER, "hello", vec![json!(name)]);
        lab.show(&lab.shop, lab.tcp, &request)
    };
    hello("before")?;
    let reveal = Request::new(SECRET, "reveal", vec![json!("the plan")]);
    let outcome = lab.show(&lab.shop, lab.tcp, &reveal)?;
    hello("after")?;
    println!();
    refused(
        &outcome,
        "dubbo-policy: DENIED rule=no-reveal: reveal is closed",
    )?;
    page::fact(
        "one attempt, no retry",
        "filter in the consumer",
        &outcome.attempts,
        &1,
    )?;
    lab.counted("denied", 1)?;
    // The record is in order: what came before the last call would stand there now.
    let (port, after) = (
        peer(&lab.stable, "hello before")?,
        peer(&lab.stable, "hello after")?,
    );
    page::fact(
        "reveal never ran",
        "log of provider stable",
        &ran(&lab.stable, "reveal"),
        &0,
    )?;
    page::fact(
        &format!("no new connection: {before} before and after"),
        "Envoy: tcp.provider.downstream_cx_total",
        &connections()?,
        &before,
    )?;
    page::fact(
        &format!("the calls before and after it came from port {port}"),
        "log of provider stable",
        &after,
        &port,
    )
}

pub(crate) fn not_on_the_list(lab: &Lab) -> Result<()> {
    page::section(
        "3. A caller that is not on the list",
        &["A partner may call saveUser, a stranger may not. The policy:"],
    );
    policy::quote(&["partners", "partners-only"])?;
    let save = Request::new(USER, "saveUser", vec![json!({"name": "ada", "age": 36})]);
    let before = lab.stable.executed().len();
    let stranger = lab.show(&lab.stranger, lab.tcp, &save)?;
    let partner = lab.show(&lab.shop, lab.tcp, &save)?;
    println!();
    refused(
        &stranger,
        "dubbo-policy: DENIED rule=partners-only: ask the lab to become a partner",
    )?;
    let age = partner.result.map(|user| user.get("age").cloned());
    page::fact(
        "the partner gets the user, one year older",
        "consumer",
        &age,
        &Ok(Some(json!(37))),
    )?;
    page::fact(
        "one of the two calls ran",
        "log of provider stable",
        &lab.ran(&lab.stable, before, 1),
        &1,
    )?;
    lab.counted("denied", 2)
}

/// The exception of a refused call.
fn refused(outcome: &Outcome, text: &str) -> Result<()> {
    let refusal = Exception {
        class: "java.lang.RuntimeException".to_owned(),
        message: text.to_owned(),
        code: None,
    };
    page::fact(
        "one exception, which names the rule",
        "consumer",
        &outcome.result,
        &Err(refusal),
    )
}

/// How often a method ran, by the provider's own record.
fn ran(provider: &Provider, method: &str) -> usize {
    let method = format!(".{method} ");
    provider
        .executed()
        .iter()
        .filter(|call| call.contains(&method))
        .count()
}

/// The port that a call came from, by the provider's own record.
fn peer(provider: &Provider, call: &str) -> Result<String> {
    let line = provider.wait_executed(&format!(".{call} from "))?;
    Ok(line.rsplit(' ').next().context("a port")?.to_owned())
}
