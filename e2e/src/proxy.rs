//! Real Envoy as a runner of scenarios.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use scenario::{Conn, Peer, Proxy, Report, Tier};
use serde_json::{Value, json};

use crate::bootstrap::{Bootstrap, Form};
use crate::collector::Collector;
use crate::envoy::Envoy;
use crate::paths::Folder;
use crate::socket::{Listener, Socket};
use crate::wait::{self, SOON};

/// The built module before `tcp_proxy` (`envoy-config/tcp.yaml`), on one worker.
///
/// Envoy starts once, because compiling the module takes it a second or more. Each scenario gets a listener of its own (by LDS)
/// with a VM of its own, and its policy a name of its own, by which its counters and reports are told from those of others.
#[derive(Debug)]
pub struct EnvoyProxy {
    // Sockets first: Envoy outlives its connections.
    connections: Vec<(Socket, Socket)>,
    envoy: Envoy,
    provider: Listener,
    collector: Collector,
    bootstrap: Bootstrap,
    listeners: PathBuf,
    starts: u32,
    policy: PolicyName,
    _folder: Folder,
}

/// A policy's name, and the one that it has in Envoy.
#[derive(Debug, Default)]
struct PolicyName {
    written: String,
    unique: String,
}

impl EnvoyProxy {
    /// Starts Envoy, a receiver of reports, and a provider that says what the scenarios tell it.
    pub fn start() -> Result<EnvoyProxy> {
        let (provider, collector, folder) = (
            Listener::bind()?,
            Collector::start()?,
            Folder::new("listeners")?,
        );
        let places = [
            ("PROVIDER_PORT", provider.port()?.to_string()),
            ("COLLECTOR_PORT", collector.port.to_string()),
        ];
        let bootstrap = Bootstrap::load("tcp.yaml", &places)?;
        let listeners = folder.file("listeners.json");
        write_listeners(&listeners, &[])?;
        let envoy = Envoy::start(&bootstrap.clone().listeners_from(&listeners), 1)?;
        let (connections, policy) = (Vec::new(), PolicyName::default());
        Ok(EnvoyProxy {
            connections,
            envoy,
            provider,
            collector,
            bootstrap,
            listeners,
            starts: 0,
            policy,
            _folder: folder,
        })
    }

    fn socket(&self, conn: Conn, peer: Peer) -> Result<&Socket> {
        let (client, provider) = self.connections.get(conn.0).context("no such connection")?;
        Ok(match peer {
            Peer::Client => client,
            Peer::Provider => provider,
        })
    }
}

impl Proxy for EnvoyProxy {
    fn tier(&self) -> Tier {
        Tier::Envoy
    }

    fn start(&mut self, config_json: &str) -> Result<()> {
        self.connections.clear();
        self.starts += 1;
        let unique = format!("scenario-{}", self.starts);
        let mut policy: Value = serde_json::from_str(config_json)?;
        let written = policy["name"]
            .as_str()
            .context("the policy has no name")?
            .to_owned();
        policy["name"] = unique.as_str().into();
        let bootstrap = self
            .bootstrap
            .clone()
            .policy(&policy, Form::Text)?
            .named(&unique);
        let rejected = self.envoy.stat("listener_manager.lds.update_rejected")?;
        write_listeners(&self.listeners, bootstrap.listeners())?;
        wait::until("the listener", SOON, || {
            if self.envoy.stat("listener_manager.lds.update_rejected")? > rejected {
                bail!("Envoy rejects the policy\n{}", self.envoy.log());
            }
            Ok(self.envoy.listeners()?.contains_key(&unique).then_some(()))
        })?;
        self.policy = PolicyName { written, unique };
        Ok(())
    }

    fn connect(&mut self) -> Result<Conn> {
        let client = Socket::connect(self.envoy.listener(&self.policy.unique)?)?;
        let provider = self.provider.accept()?;
        self.connections.push((client, provider));
        Ok(Conn(self.connections.len() - 1))
    }

    fn send(&mut self, conn: Conn, from: Peer, bytes: &[u8]) -> Result<()> {
        // Lost when Envoy has closed the connection, as the trait says.
        let _ = self.socket(conn, from)?.send(bytes);
        Ok(())
    }

    fn finish(&mut self, conn: Conn, from: Peer) -> Result<()> {
        self.socket(conn, from)?.finish()
    }

    fn received(&mut self, conn: Conn, at: Peer, want: usize) -> Result<Vec<u8>> {
        Ok(self.socket(conn, at)?.received(want))
    }

    fn ended(&mut self, conn: Conn, at: Peer, want: bool) -> Result<bool> {
        Ok(self.socket(conn, at)?.ended(want))
    }

    fn advance(&mut self, by: Duration) -> Result<()> {
        std::thread::sleep(by);
        Ok(())
    }

    fn metric(&mut self, name: &str, tags: &BTreeMap<String, String>, want: u64) -> Result<u64> {
        let mut tags = tags.clone();
        if tags
            .insert("policy".to_owned(), self.policy.unique.clone())
            .is_some_and(|name| name != self.policy.written)
        {
            return Ok(0);
        }
        self.envoy.await_metric(name, &tags, want)
    }

    fn reports(&mut self, want: usize) -> Result<Vec<Report>> {
        let mine = || {
            let mut reports = self.collector.calls();
            reports.retain(|report| {
                report.attributes.get("dubbo.policy.name")
                    == Some(&self.policy.unique.as_str().into())
            });
            for report in &mut reports {
                report.attributes.insert(
                    "dubbo.policy.name".to_owned(),
                    self.policy.written.as_str().into(),
                );
            }
            reports
        };
        // That there are fewer shows in what is returned.
        let _ = wait::until("reports", SOON, || Ok((mine().len() >= want).then_some(())));
        Ok(mine())
    }
}

/// Puts the listeners in the place that Envoy watches. It watches for a move, not for a write.
pub fn write_listeners(place: &Path, listeners: &[Value]) -> Result<()> {
    let resource = |listener: &Value| {
        let mut listener = listener.clone();
        listener["@type"] = "type.googleapis.com/envoy.config.listener.v3.Listener".into();
        listener
    };
    let resources: Vec<Value> = listeners.iter().map(resource).collect();
    let new = place.with_extension("new");
    std::fs::write(&new, json!({ "resources": resources }).to_string())?;
    Ok(std::fs::rename(new, place)?)
}
