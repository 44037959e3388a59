//! Who the caller is by its certificate, decided in real Envoy with real TLS.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test: a panic is a failure"
)]

use std::path::Path;

use anyhow::{Context, Result};
use e2e::bootstrap::{Bootstrap, Form};
use e2e::certificates::{Authority, Certificate};
use e2e::collector::Collector;
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::frames::{contains, frames};
use e2e::paths::free_port;
use e2e::socket::Socket;
use e2e::wait::{self, SOON};
use scenario::Frame;
use serde_json::{Value, json};

/// Callers: each has a listener of this name, behind which Envoy speaks TLS with the caller's certificate to the listener that
/// is tested, as a sidecar does.
const ORDER: &str = "order";
const BILLING: &str = "billing";
/// Has a certificate in which no URI stands.
const UNNAMED: &str = "unnamed";
/// Speaks TLS and shows no certificate.
const ANONYMOUS: &str = "anonymous";
/// Has a certificate like ORDER's, from an authority that nobody trusts.
const STRANGER: &str = "stranger";
/// Speaks no TLS at all.
const PLAIN: &str = "dubbo";

struct Lab {
    envoy: Envoy,
    echo: Echo,
    collector: Collector,
    _authorities: [Authority; 2],
}

impl Lab {
    fn start(rules: &Value) -> Result<Lab> {
        let (echo, collector) = (Echo::start()?, Collector::start()?);
        let (trusted, other) = (Authority::new()?, Authority::new()?);
        let server = trusted.sign("server", "DNS:provider.lab")?;
        let order = "URI:spiffe://cluster.local/ns/shop/sa/order";
        let callers = [
            (ORDER, Some(trusted.sign("order", order)?)),
            (
                BILLING,
                Some(trusted.sign("billing", "URI:spiffe://cluster.local/ns/money/sa/billing")?),
            ),
            (
                UNNAMED,
                Some(trusted.sign("unnamed", "DNS:cluster.local/ns/shop/sa/order")?),
            ),
            (ANONYMOUS, None),
            (STRANGER, Some(other.sign("stranger", order)?)),
        ];
        let policy = json!({
            "apiVersion": "dubbo-policy/v1",
            "name": "mtls",
            "default": "allow",
            "rules": rules,
            "reports": {"otlp": {"cluster": "collector"}, "batch": {"max_delay": "50ms"}},
        });
        let port = free_port()?;
        let places = [
            ("PROVIDER_PORT", echo.port.to_string()),
            ("COLLECTOR_PORT", collector.port.to_string()),
            ("LISTEN_PORT", port.to_string()),
        ];
        let bootstrap = Bootstrap::load("tcp.yaml", &places)?
            .policy(&policy, Form::Struct)?
            .changed(|bootstrap| {
                bootstrap["node"]["metadata"] =
                    json!({"NAMESPACE": "users", "WORKLOAD_NAME": "user-provider"});
                let resources = &mut bootstrap["static_resources"];
                permit_tls(
                    &mut resources["listeners"][0],
                    &server,
                    &trusted.certificate(),
                );
                for (name, certificate) in &callers {
                    let listeners = resources["listeners"].as_array_mut().unwrap();
                    listeners.push(caller_listener(name));
                    let clusters = resources["clusters"].as_array_mut().unwrap();
                    clusters.push(caller_cluster(name, port, certificate.as_ref()));
                }
            });
        Ok(Lab {
            envoy: Envoy::start(&bootstrap, 1)?,
            echo,
            collector,
            _authorities: [trusted, other],
        })
    }

    fn connect(&self, caller: &str) -> Result<Socket> {
        Socket::connect(self.envoy.listener(caller)?)
    }

    /// `passed`, `refused by RULE`, or `closed`, of one call by a caller.
    fn call(&self, caller: &str, method: &str) -> Result<String> {
        outcome(&self.connect(caller)?, method)
    }
}

/// The outcome of one more call on a connection.
fn outcome(socket: &Socket, method: &str) -> Result<String> {
    let call = json!({"call": {"id": 1, "service": "lab.UserService", "method": method}});
    let before = socket.seen().0.len();
    // A closed connection tells by its end.
    let _ = socket.send(&serde_json::from_value::<Frame>(call)?.bytes()?);
    let answer = wait::until("an answer or the end", SOON, || {
        let (bytes, ended) = socket.seen();
        let whole = frames(&bytes, before).next();
        Ok(match (whole, ended) {
            (Some(frame), _) => Some(Some(bytes[frame.body].to_vec())),
            (None, true) => Some(None),
            (None, false) => None,
        })
    })?;
    let Some(body) = answer else {
        return Ok("closed".to_owned());
    };
    if !contains(&body, "dubbo-policy: ") {
        assert_eq!(body, b"\x91\x02ok");
        return Ok("passed".to_owned());
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let (_, rule) = text.split_once("DENIED rule=").context(text.clone())?;
    Ok(format!("refused by {}", rule.split(':').next().unwrap()))
}

/// As Istio does for PERMISSIVE: with TLS, which asks for a certificate and does without, and beside it without TLS.
fn permit_tls(listener: &mut Value, server: &Certificate, trusted: &Path) {
    listener["traffic_direction"] = json!("INBOUND");
    listener["listener_filters"] = json!([{
        "name": "tls_inspector",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"},
    }]);
    let plain = listener["filter_chains"][0].clone();
    let mut tls = plain.clone();
    tls["filter_chain_match"] = json!({"transport_protocol": "tls"});
    tls["transport_socket"] = json!({
        "name": "tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "require_client_certificate": false,
            "common_tls_context": {
                "tls_certificates": [files(server)],
                "validation_context": {"trusted_ca": {"filename": trusted}},
            },
        },
    });
    listener["filter_chains"] = json!([tls, plain]);
}

fn caller_listener(name: &str) -> Value {
    json!({
        "name": name,
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [{
            "name": "tcp_proxy",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                "stat_prefix": name,
                "cluster": name,
            },
        }]}],
    })
}

fn caller_cluster(name: &str, port: u16, certificate: Option<&Certificate>) -> Value {
    let certificates: Vec<Value> = certificate.into_iter().map(files).collect();
    json!({
        "name": name,
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        }}]}]},
        "transport_socket": {
            "name": "tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "common_tls_context": {"tls_certificates": certificates},
            },
        },
    })
}

fn files(certificate: &Certificate) -> Value {
    json!({
        "certificate_chain": {"filename": certificate.chain},
        "private_key": {"filename": certificate.key},
    })
}

#[test]
fn rules_decide_by_the_callers_certificate_and_nobody_is_mistaken_for_its_owner() -> Result<()> {
    let lab = Lab::start(&json!([
        {"name": "principal", "match": {"method": "byPrincipal"},
         "require": {"source.principal": "cluster.local/ns/shop/sa/order"}},
        {"name": "uri", "match": {"method": "byUri"},
         "require": {"source.principal": "spiffe://cluster.local/ns/shop/sa/order"}},
        {"name": "namespace", "match": {"method": "byNamespace"}, "require": {"source.namespace": "shop"}},
        {"name": "account", "match": {"method": "byAccount"}, "require": {"source.service_account": "order"}},
        {"name": "domain", "match": {"method": "byDomain"}, "require": {"source.trust_domain": "cluster.local"}},
        {"name": "money", "match": {"method": "notMoney", "source.namespace": "money"}, "deny": {}},
        {"name": "anybody", "match": {"method": "named"}, "require": {"source.principal": {"present": true}}},
        {"name": "here", "match": {"method": "here"}, "require": {
            "direction": "inbound", "destination.namespace": "users", "destination.workload": "user-provider",
            "destination.ip": "127.0.0.1",
        }},
    ]))?;
    let table = [
        // Method, what ORDER gets, BILLING, and those without a name.
        (
            "byPrincipal",
            "passed",
            "refused by principal",
            "refused by principal",
        ),
        ("byUri", "passed", "refused by uri", "refused by uri"),
        (
            "byNamespace",
            "passed",
            "refused by namespace",
            "refused by namespace",
        ),
        (
            "byAccount",
            "passed",
            "refused by account",
            "refused by account",
        ),
        ("byDomain", "passed", "passed", "refused by domain"),
        ("notMoney", "passed", "refused by money", "passed"),
        ("named", "passed", "passed", "refused by anybody"),
        ("here", "passed", "passed", "passed"),
    ];
    for (method, order, billing, nobody) in table {
        for (caller, want) in [
            (ORDER, order),
            (BILLING, billing),
            (UNNAMED, nobody),
            (ANONYMOUS, nobody),
            (PLAIN, nobody),
        ] {
            assert_eq!(lab.call(caller, method)?, want, "{method} by {caller}");
        }
    }
    // In turns, on open connections: what was decided for one is not taken for another.
    let callers = [ORDER, BILLING, ANONYMOUS, PLAIN];
    let sockets = callers.map(|caller| lab.connect(caller).unwrap());
    for _ in 0..5 {
        let outcomes = sockets.iter().map(|socket| outcome(socket, "byAccount"));
        assert_eq!(
            outcomes.collect::<Result<Vec<_>>>()?,
            [
                "passed",
                "refused by account",
                "refused by account",
                "refused by account"
            ]
        );
    }
    // Envoy has not verified this one, and lets nothing of it through.
    let before = lab.echo.arrivals().len();
    assert_eq!(lab.call(STRANGER, "here")?, "closed");
    assert_eq!(lab.echo.arrivals().len(), before);
    Ok(())
}

#[test]
fn reports_say_who_the_caller_is_by_its_certificate() -> Result<()> {
    let lab = Lab::start(&json!([]))?;
    for caller in [ORDER, ANONYMOUS, PLAIN] {
        assert_eq!(lab.call(caller, "hello")?, "passed");
    }
    let reports = lab.collector.wait_calls(3);
    assert_eq!(reports.len(), 3);
    let mut told: Vec<[Option<&str>; 2]> = reports
        .iter()
        .map(|report| {
            ["dubbo.source.principal", "dubbo.source.namespace"]
                .map(|name| report.attributes.get(name).and_then(Value::as_str))
        })
        .collect();
    told.sort_unstable();
    let order = [Some("cluster.local/ns/shop/sa/order"), Some("shop")];
    assert_eq!(told, [[None, None], [None, None], order]);
    Ok(())
}
