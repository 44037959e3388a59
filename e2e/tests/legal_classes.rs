//! The example policy that admits known classes only (`envoy-config/known-classes.yaml`), under an ordinary consumer's calls.

use std::collections::BTreeMap;

use anyhow::Result;
use e2e::bootstrap::{self, Bootstrap, Form};
use e2e::envoy::Envoy;
use e2e::java::{Consumer, Provider, Release};

const ADMITTED: [&str; 14] = [
    "primitives",
    "boxed nulls",
    "any number of arguments",
    "generic",
    "generic, a map with its class",
    "a future",
    "echo ArrayList",
    "echo TreeMap",
    "echo String[]",
    "echo LocalDateTime",
    "echo ZonedDateTime",
    "echo UUID",
    "echo Staff",
    "echo RuntimeException",
];

const DENIED: [&str; 7] = [
    "echo BigDecimal",
    "echo sql.Date",
    "echo URI",
    "echo Class",
    "generic=bean",
    "generic=nativejava",
    "generic=gson",
];

#[test]
fn known_classes_pass_and_others_do_not() -> Result<()> {
    let policy = bootstrap::read("known-classes.yaml", &BTreeMap::new())?;
    for release in Release::ALL {
        let provider = Provider::start(release, "blue", None)?;
        let consumer = Consumer::start(release, "shop")?;
        let places = [("PROVIDER_PORT", provider.port.to_string())];
        let bootstrap = Bootstrap::load("tcp.yaml", &places)?.policy(&policy, Form::Text)?;
        let envoy = Envoy::start(&bootstrap, 1)?;
        let calls = [&ADMITTED[..], &DENIED].concat();
        let calls = consumer.legal(envoy.port()?, "timeout=20000&retries=0", &calls)?;
        assert_eq!(calls.len(), ADMITTED.len() + DENIED.len());
        for call in calls {
            let denied = call
                .exception
                .as_ref()
                .is_some_and(|text| text.contains("dubbo-policy: DENIED"));
            let expected = DENIED.contains(&call.name.as_str());
            assert_eq!(denied, expected, "{release:?}: {call:?}");
            assert_eq!(call.value.is_none(), expected, "{release:?}: {call:?}");
        }
    }
    Ok(())
}
