//! A provider, Envoy with the module before it, and Envoy with `dubbo_proxy` alone.

use std::net::SocketAddr;
use std::ops::Deref;

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::envoy::Envoy;
use e2e::paths::loopback;
use e2e::peer::Provider;
use e2e::socket::Socket;
use scenario::bypass::{self, Case, Outcome, Way};
use serde_json::{Value, json};

use crate::bypass_lab::play::Line;

/// What cases are played at.
pub(crate) struct Lab<P> {
    module: Envoy,
    dubbo_proxy: Envoy,
    provider: P,
}

impl<P: Deref<Target = Provider>> Lab<P> {
    pub(crate) fn start(provider: &dyn Fn() -> Result<P>) -> Result<Lab<P>> {
        let provider = provider()?;
        Ok(Lab {
            module: module(provider.port)?,
            dubbo_proxy: dubbo_proxy(provider.port)?,
            provider,
        })
    }

    /// Starts what has crashed anew.
    pub(crate) fn mend(&mut self, provider: &dyn Fn() -> Result<P>) -> Result<()> {
        let port = self.provider.port;
        if Socket::connect(loopback(port)).is_err() {
            *self = Lab::start(provider)?;
        } else if self.dubbo_proxy.address().is_err() {
            self.dubbo_proxy = dubbo_proxy(port)?;
        } else {
            self.module = module(port)?;
        }
        Ok(())
    }

    /// What comes of the case on this way. When it is known what should, waits for that, within a deadline.
    pub(crate) fn play(&self, case: &Case, way: Way, expected: Option<Outcome>) -> Result<Outcome> {
        let Ok(address) = self.address(way) else {
            return Ok(Outcome::Crashed);
        };
        let provider = &*self.provider;
        Line { provider, address }.play(case, expected)
    }

    fn address(&self, way: Way) -> Result<SocketAddr> {
        match way {
            Way::Direct => Ok(loopback(self.provider.port)),
            Way::DubboProxy => self.dubbo_proxy.address(),
            Way::Module => self.module.address(),
        }
    }
}

fn bootstrap(provider: u16) -> Result<Bootstrap> {
    Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", provider.to_string())])
}

fn module(provider: u16) -> Result<Envoy> {
    let policy: Value = serde_json::from_str(&bypass::policy()?)?;
    Envoy::start(&bootstrap(provider)?.policy(&policy, Form::Struct)?, 1)
}

fn dubbo_proxy(provider: u16) -> Result<Envoy> {
    Envoy::start(&bootstrap(provider)?.only_filter(&router()), 1)
}

/// Routes the open service, without a group and a version, and of its methods all but the closed one.
fn router() -> Value {
    let methods = "hello|saveUser|listUsers|bytes|echoBytes|fail|slow|notify|whoAmI|[$]invoke|[$]invokeAsync|[$]echo";
    json!({
        "name": "dubbo_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.dubbo_proxy.v3.DubboProxy",
            "stat_prefix": "provider",
            "protocol_type": "Dubbo",
            "serialization_type": "Hessian2",
            "multiple_route_config": {
                "name": "provider",
                "route_config": [{
                    "name": "provider",
                    "interface": "lab.UserService",
                    "routes": [{
                        "match": {"method": {"name": {"safe_regex": {"regex": methods}}}},
                        "route": {"cluster": "provider"},
                    }],
                }],
            },
        },
    })
}
