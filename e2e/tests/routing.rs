//! Each call by itself finds its provider: by an attachment that the module writes and Envoy's `dubbo_proxy` reads.

use anyhow::Result;
use e2e::bootstrap::Bootstrap;
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::frames::frames;
use e2e::java::{Call, Consumer, Outcome, Provider, Reference, Release};
use e2e::socket::Socket;
use e2e::wait::{self, SOON};
use scenario::Frame;
use serde_json::json;

/// Two providers behind `envoy-config/routing.yaml`, with the policy that stands in it.
struct Lab {
    consumer: Consumer,
    envoy: Envoy,
    provider: Provider,
    canary: Provider,
}

impl Lab {
    fn start() -> Result<Lab> {
        let (provider, canary) = (
            Provider::start(Release::V3_3_6, "stable", None)?,
            Provider::start(Release::V3_3_6, "canary", None)?,
        );
        let places = [
            ("PROVIDER_PORT", provider.port.to_string()),
            ("CANARY_PORT", canary.port.to_string()),
        ];
        let envoy = Envoy::start(&Bootstrap::load("routing.yaml", &places)?, 1)?;
        Ok(Lab {
            consumer: Consumer::start(Release::V3_3_6, "shop")?,
            envoy,
            provider,
            canary,
        })
    }

    fn call(&self, service: &str, call: Call) -> Result<Outcome> {
        self.consumer.call(
            &Reference::new(self.envoy.port()?, service, "timeout=20000"),
            call,
        )
    }

    fn who(&self, attachments: &[(&str, &str)]) -> Result<String> {
        let call = attachments
            .iter()
            .fold(Call::new("whoAmI", json!([])), |call, (key, value)| {
                call.attachment(key, value)
            });
        let outcome = self.call("lab.UserService", call)?;
        Ok(outcome.result.map_or_else(
            |exception| format!("{exception:?}"),
            |value| value.as_str().unwrap_or_default().to_owned(),
        ))
    }
}

#[test]
fn a_call_goes_where_the_policy_sends_it_and_its_neighbours_elsewhere() -> Result<()> {
    let lab = Lab::start()?;
    for _ in 0..10 {
        assert_eq!(lab.who(&[])?, "stable");
        assert_eq!(lab.who(&[("x-lane", "canary")])?, "canary");
        assert_eq!(lab.who(&[("x-lane", "else")])?, "stable");
    }
    assert_eq!(lab.canary.executed().len(), 10);

    // dubbo_proxy reads keys in lower case and takes the first, Java the last: a caller must not choose its lane either way.
    assert_eq!(lab.who(&[("lane", "canary")])?, "stable");
    assert_eq!(lab.who(&[("LANE", "canary")])?, "stable");
    assert_eq!(
        lab.who(&[("lane", "stable"), ("x-lane", "canary")])?,
        "canary"
    );

    // Behind dubbo_proxy it is Envoy that answers the heartbeat in the denied call's place.
    let outcome = lab.call("lab.SecretService", Call::new("reveal", json!(["denied"])))?;
    let exception = outcome.result.expect_err("a denied call");
    assert_eq!(exception.class, "java.lang.RuntimeException");
    assert_eq!(
        exception.message,
        "dubbo-policy: DENIED rule=no-reveal: reveal is closed"
    );
    assert_eq!(outcome.attempts, 1);
    let executed = [lab.provider.executed(), lab.canary.executed()].concat();
    assert!(
        !executed.iter().any(|call| call.contains("reveal")),
        "{executed:?}"
    );
    Ok(())
}

#[test]
fn the_first_allowed_call_chooses_the_cluster_of_its_connection() -> Result<()> {
    let (provider, canary) = (Echo::start()?, Echo::start()?);
    let places = [
        ("PROVIDER_PORT", provider.port.to_string()),
        ("CANARY_PORT", canary.port.to_string()),
    ];
    let envoy = Envoy::start(&Bootstrap::load("connection-routing.yaml", &places)?, 1)?;
    let call = |id: i64, app: &str, service: &str, method: &str| -> Result<Vec<u8>> {
        let attachments = json!([
            ["path", service],
            ["interface", service],
            ["remote.application", app]
        ]);
        let call = json!({"call": {"id": id, "service": service, "method": method, "attachments_form": "only", "attachments": attachments}});
        serde_json::from_value::<Frame>(call)?.bytes()
    };
    let reveal = call(1, "test-shop", "lab.SecretService", "reveal")?;
    let tester = call(2, "test-shop", "lab.UserService", "hello")?;
    let shop = call(3, "shop", "lab.UserService", "hello")?;

    let client = Socket::connect(envoy.address()?)?;
    // A heartbeat chooses nothing, and waits for the call that does.
    client.send(b"\xda\xbb\xe2\0\0\0\0\0\0\0\0\x07\0\0\0\x01N")?;
    assert_eq!(client.received(0), b"");
    client.send(&tester)?;
    client.send(&reveal)?;
    client.send(&shop)?;
    assert_eq!(answered(&client, 4)?, [1, 2, 3, 7]);
    assert_eq!((canary.calls().len(), provider.calls().len()), (2, 0));

    let client = Socket::connect(envoy.address()?)?;
    client.send(&shop)?;
    client.send(&tester)?;
    assert_eq!(answered(&client, 2)?, [2, 3]);
    assert_eq!((canary.calls().len(), provider.calls().len()), (2, 2));
    Ok(())
}

/// Waits until so many frames have arrived; their ids in order.
fn answered(client: &Socket, count: usize) -> Result<Vec<i64>> {
    let mut ids: Vec<i64> = wait::until("answers", SOON, || {
        let ids: Vec<i64> = frames(&client.received(0), 0)
            .map(|frame| frame.id)
            .collect();
        Ok((ids.len() >= count).then_some(ids))
    })?;
    ids.sort();
    Ok(ids)
}
