//! Bytes that are no Dubbo: what the module counts and what gets to the provider. What comes of them otherwise is in `bypass.rs`.

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::envoy::Envoy;
use e2e::java::{Provider, Release};
use e2e::paths::loopback;
use e2e::socket::Socket;
use scenario::Frame;
use serde_json::{Value, json};

const USER: &str = "lab.UserService";
const SECRET: &str = "lab.SecretService";

/// `UserService` is open, `SecretService` closed, in any group and version.
fn envoy(provider: &Provider) -> Result<Envoy> {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "hostile",
        "default": "allow",
        "rules": [{"name": "no-secrets", "match": {"service": SECRET}, "deny": {}}],
    });
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", provider.port.to_string())])?;
    Envoy::start(&bootstrap.policy(&policy, Form::Text)?, 1)
}

fn bytes(frame: Value) -> Result<Vec<u8>> {
    serde_json::from_value::<Frame>(frame)?.bytes()
}

fn ordinary(id: i64) -> Result<Vec<u8>> {
    bytes(
        json!({"call": {"id": id, "service": USER, "method": "hello", "args": [format!("ordinary-{id}")]}}),
    )
}

#[test]
fn bytes_that_are_no_frame_close_the_connection_and_the_provider_gets_none() -> Result<()> {
    let provider = Provider::start(Release::V3_3_6, "hostile", None)?;
    let envoy = envoy(&provider)?;
    // Java 3.3.6 skips a head whose length is wrong and serves what follows; 2.x serves telnet.
    let then_a_call =
        |id: i64, head: &[u8]| -> Result<Vec<u8>> { Ok([head, &ordinary(id)?].concat()) };
    let cases = [
        ("bad_magic", b"help\r\n".to_vec()),
        ("bad_magic", then_a_call(1, b"\r\n")?),
        (
            "bad_magic",
            b"POST /lab.UserService/hello HTTP/1.1\r\nhost: lab\r\n\r\n".to_vec(),
        ),
        ("bad_magic", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        (
            "negative_length",
            then_a_call(
                2,
                &bytes(json!({"head": {"flag": 0xc2, "id": 1, "len": -1}}))?,
            )?,
        ),
        (
            "frame_too_long",
            then_a_call(
                3,
                &bytes(json!({"head": {"flag": 0xc2, "id": 1, "len": 8_388_609}}))?,
            )?,
        ),
    ];
    for (number, (reason, bytes)) in cases.iter().enumerate() {
        let client = Socket::connect(envoy.address()?)?;
        client.send(bytes)?;
        assert!(client.ended(true), "{reason}: the connection is open");
        assert_eq!(client.received(0), b"", "{reason}");
        let so_far = cases
            .iter()
            .take(number + 1)
            .filter(|(other, _)| other == reason)
            .count() as u64;
        assert_eq!(
            envoy.wait_metric(
                "dubbo_policy_connections_closed_total",
                &[("reason", reason)],
                so_far
            )?,
            so_far
        );
    }
    assert_eq!(
        envoy.stat("cluster.provider.upstream_cx_tx_bytes_total")?,
        0
    );
    assert_eq!(provider.executed(), Vec::<String>::new());
    // The provider's telnet console is there: without the module it answers.
    let direct = Socket::connect(loopback(provider.port))?;
    direct.send(b"help\r\n")?;
    assert!(!direct.received(1).is_empty());
    Ok(())
}
