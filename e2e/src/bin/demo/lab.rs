//! The parts of the demo, all on 127.0.0.1.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Result, ensure};
use e2e::bootstrap::Bootstrap;
use e2e::collector::Collector;
use e2e::envoy::Envoy;
use e2e::java::{Consumer, Outcome, Provider, Reference, Release};
use e2e::wait::{self, SOON};

use crate::request::{Request, decision};
use crate::{page, policy};

/// What is running, and what the consumers have seen so far.
pub(crate) struct Lab {
    pub(crate) shop: App,
    pub(crate) stranger: App,
    pub(crate) envoy: Envoy,
    /// Envoy's listener with `tcp_proxy`.
    pub(crate) tcp: u16,
    /// Envoy's listener with `dubbo_proxy`.
    pub(crate) lanes: u16,
    pub(crate) stable: Provider,
    pub(crate) canary: Provider,
    pub(crate) collector: Collector,
    decisions: Mutex<BTreeMap<&'static str, u64>>,
}

/// A consumer and the name of its application.
pub(crate) struct App {
    pub(crate) name: &'static str,
    consumer: Consumer,
}

impl Lab {
    pub(crate) fn start() -> Result<Lab> {
        page::section(
            "Starting",
            &["Everything listens on 127.0.0.1, on free ports."],
        );
        let collector = Collector::start()?;
        println!(
            "  {:<34} port {}, in this process",
            "receiver of reports (OTLP/gRPC)", collector.port
        );
        // A JVM takes its time to start: all at once.
        let (stable, canary, shop, stranger) = thread::scope(|scope| {
            let stable = scope.spawn(|| Provider::start(Release::V3_3_6, "stable", None));
            let canary = scope.spawn(|| Provider::start(Release::V3_3_6, "canary", None));
            let shop = scope.spawn(|| App::start("shop"));
            let stranger = scope.spawn(|| App::start("stranger"));
            (stable.join(), canary.join(), shop.join(), stranger.join())
        });
        let (stable, canary) = (stable.unwrap()?, canary.unwrap()?);
        let (shop, stranger) = (shop.unwrap()?, stranger.unwrap()?);
        for (label, provider) in [("stable", &stable), ("canary", &canary)] {
            println!(
                "  {:<34} port {}, process {}",
                format!("provider {label} (Dubbo 3.3.6)"),
                provider.port,
                provider.id()
            );
        }
        for app in [&shop, &stranger] {
            println!(
                "  {:<34} process {}",
                format!("consumer {} (Dubbo 3.3.6)", app.name),
                app.consumer.id()
            );
        }
        let places = [
            ("POLICY", policy::load()?.to_string()),
            ("LANES_PORT", "0".to_owned()),
            ("PROVIDER_PORT", stable.port.to_string()),
            ("CANARY_PORT", canary.port.to_string()),
            ("COLLECTOR_PORT", collector.port.to_string()),
        ];
        let envoy = Envoy::start(&Bootstrap::load("demo.yaml", &places)?, 2)?;
        let (tcp, lanes) = (
            envoy.listener("dubbo")?.port(),
            envoy.listener("lanes")?.port(),
        );
        println!(
            "  {:<34} process {}, 2 workers, envoy-config/demo.yaml with demo-policy.yaml in it:",
            "Envoy 1.40.0",
            envoy.id()
        );
        println!("     port {tcp}: dubbo-policy, then tcp_proxy, to provider stable");
        println!("     port {lanes}: dubbo-policy, then dubbo_proxy, to provider stable or canary");
        Ok(Lab {
            shop,
            stranger,
            envoy,
            tcp,
            lanes,
            stable,
            canary,
            collector,
            decisions: Mutex::default(),
        })
    }

    /// Makes a call through this port of Envoy's. It must have taken one attempt.
    pub(crate) fn call(&self, app: &App, port: u16, request: &Request) -> Result<Outcome> {
        // Longer than a busy machine needs: no call is slow for a reason of its own.
        let reference = Reference::new(port, request.service, "timeout=20000");
        let outcome = app.consumer.call(&reference, request.call())?;
        ensure!(
            outcome.attempts == 1,
            "{request} took {} attempts: {:?}",
            outcome.attempts,
            outcome.result
        );
        *self
            .decisions
            .lock()
            .unwrap()
            .entry(decision(&outcome))
            .or_default() += 1;
        Ok(outcome)
    }

    /// The same, and shows it.
    pub(crate) fn show(&self, app: &App, port: u16, request: &Request) -> Result<Outcome> {
        let outcome = self.call(app, port, request)?;
        page::call(app.name, request, &outcome);
        Ok(outcome)
    }

    /// How many calls ended how so far, by what the callers saw.
    pub(crate) fn decisions(&self) -> BTreeMap<&'static str, u64> {
        self.decisions.lock().unwrap().clone()
    }

    /// How many calls a provider has run, by its own record, beyond these; waits until there are as many as wanted.
    pub(crate) fn ran(&self, provider: &Provider, before: usize, want: usize) -> usize {
        let ran = || provider.executed().len() - before;
        // That there are fewer shows in what is returned.
        let _ = wait::until("calls at the provider", SOON, || {
            Ok((ran() >= want).then_some(()))
        });
        ran()
    }

    /// So many requests were decided in this way.
    pub(crate) fn counted(&self, decision: &str, want: u64) -> Result<()> {
        let name = "dubbo_policy_requests_total";
        let found = self
            .envoy
            .wait_metric(name, &[("decision", decision)], want)?;
        page::fact(
            &format!("{want} {decision} in all"),
            &format!("Envoy: {name}"),
            &found,
            &want,
        )
    }

    /// Stops everything, and looks whether it is gone.
    pub(crate) fn stop(self) -> Result<()> {
        page::section("Stopping", &[]);
        let processes = [
            ("Envoy", self.envoy.id()),
            ("consumer shop", self.shop.consumer.id()),
            ("consumer stranger", self.stranger.consumer.id()),
            ("provider stable", self.stable.id()),
            ("provider canary", self.canary.id()),
        ];
        drop(self);
        for (name, process) in processes {
            page::fact(
                &format!("{name} is gone"),
                &format!("kill -0 {process}"),
                &runs(process)?,
                &false,
            )?;
        }
        Ok(())
    }
}

impl App {
    fn start(name: &'static str) -> Result<App> {
        Ok(App {
            name,
            consumer: Consumer::start(Release::V3_3_6, name)?,
        })
    }
}

/// Whether there is a process of this id.
fn runs(process: u32) -> Result<bool> {
    let status = Command::new("sh")
        .args(["-c", "kill -0 \"$1\"", "sh", &process.to_string()])
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}
