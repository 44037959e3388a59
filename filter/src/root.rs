//! The root context: configurations, ticks, and the way of the reports.

use core::cell::RefCell;
use core::time::Duration;
use std::collections::HashMap;
use std::rc::Rc;

use engine::config;
use engine::policy::Policy;
use engine::report::{Failure, SendId};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, RootContext, StreamContext};
use proxy_wasm::types::{BufferType, ContextType, LogLevel, MetricType};

use crate::host;
use crate::lists::Fetches;
use crate::seat::Seat;
use crate::shared::HostData;
use crate::stream::{Stream, close};

const LOGS_SERVICE: &str = "opentelemetry.proto.collector.logs.v1.LogsService";

/// One configuration of the filter.
pub(crate) struct Root {
    id: u32,
    /// `None` until there is a configuration, and when the host did not hand one over: nothing passes then.
    seated: RefCell<Option<Seated>>,
    /// The reports on their way, by the host's token.
    sends: RefCell<HashMap<u32, SendId>>,
    /// The lists on theirs.
    fetches: Fetches,
}

/// A root with its configuration.
struct Seated {
    seat: Rc<Seat>,
    policy: Rc<Policy>,
}

impl Root {
    pub(crate) fn new(id: u32) -> Root {
        Root {
            id,
            seated: RefCell::default(),
            sends: RefCell::default(),
            fetches: Fetches::default(),
        }
    }

    /// Puts a configuration in force, or says what is wrong with it. The verdict depends on nothing but the text: Envoy
    /// asks every thread on its own, and a worker that says no alone lets its connections pass without the filter.
    fn configure(&mut self, text: &[u8]) -> Result<(), config::Errors> {
        let loaded = config::parse(text).and_then(|node| config::load(&node))?;
        for warning in &loaded.warnings {
            host::log(LogLevel::Warn, &format!("dubbo-policy: warning: {warning}"));
        }
        let policy = Rc::new(loaded.policy);
        let seat = Seat::take(self.id, Rc::clone(&policy));
        let in_force = seat.worker.borrow().policy().revision == policy.revision;
        host::log(
            LogLevel::Info,
            &format!(
                "dubbo-policy: policy {} revision {} {}",
                policy.name,
                policy.revision,
                if in_force {
                    "is in force"
                } else {
                    "waits for its lists"
                }
            ),
        );
        self.seated.replace(Some(Seated { seat, policy }));
        Ok(())
    }

    fn seat(&self) -> Option<Rc<Seat>> {
        self.seated
            .borrow()
            .as_ref()
            .map(|seated| Rc::clone(&seated.seat))
    }

    /// The seat for a new connection. A root whose seat has another policy now would not get one if it had been replaced:
    /// so another listener has the same plugin name, root id and policy name, and each has to keep its own policy.
    fn seat_for_stream(&self) -> Option<Rc<Seat>> {
        let mut seated = self.seated.borrow_mut();
        let Seated { seat, policy } = seated.as_mut()?;
        if seat.worker.borrow().newest_policy().revision != policy.revision {
            host::log(
                LogLevel::Error,
                &format!(
                    "dubbo-policy: two listeners have policies {} that differ: give them other names",
                    policy.name
                ),
            );
            seat.leave(self.id);
            *seat = Seat::apart(self.id, Rc::clone(policy));
        }
        Some(Rc::clone(seat))
    }

    fn tick(&self, seat: &Seat) -> host::Result<()> {
        let now = seat.now_exactly()?;
        let doomed = seat.worker.borrow_mut().tick(now, &mut HostData);
        for connection in doomed {
            if seat.try_host(host::set_effective_context(connection.0)) {
                close();
            }
        }
        seat.try_host(host::set_effective_context(self.id));
        if let Some(reports) = seat.worker.borrow_mut().reports()
            && let Some(send) = reports.expire(now)
        {
            self.sends.borrow_mut().retain(|_, other| *other != send);
        }
        self.send_due(seat)?;
        self.fetches.send_due(seat)?;
        seat.metrics
            .borrow_mut()
            .write(seat.worker.borrow_mut().metrics());
        Ok(())
    }

    /// Sends the next batch, if one is due and none is on its way.
    fn send_due(&self, seat: &Seat) -> host::Result<()> {
        let now = seat.now()?;
        let due = seat
            .worker
            .borrow_mut()
            .reports()
            .and_then(|reports| Some((reports.due(now)?, grpc_service(reports.cluster()))));
        let Some((batch, upstream)) = due else {
            return Ok(());
        };
        let sent = hostcalls::dispatch_grpc_call(
            &upstream,
            LOGS_SERVICE,
            "Export",
            Vec::new(),
            Some(&batch.message),
            Duration::from_nanos(batch.timeout.0),
        );
        match sent {
            Ok(token) => {
                self.sends.borrow_mut().insert(token, batch.send);
                Ok(())
            }
            Err(_) => self.sent(seat, batch.send, Err(Failure::Transient)),
        }
    }

    /// What became of a batch: the collector's answer, or why there is none.
    fn sent(
        &self,
        seat: &Seat,
        send: SendId,
        answer: Result<Vec<u8>, Failure>,
    ) -> host::Result<()> {
        let now = seat.now()?;
        if let Some(reports) = seat.worker.borrow_mut().reports() {
            match answer {
                Ok(answer) => reports.sent(send, &answer),
                Err(why) => reports.failed(send, now, why),
            }
        }
        Ok(())
    }
}

impl Context for Root {
    fn on_grpc_call_response(&mut self, token: u32, status: u32, size: usize) {
        let Some(seat) = self.seat() else { return };
        let Some(send) = self.sends.borrow_mut().remove(&token) else {
            return;
        };
        let answer = match status {
            0 => host::buffer(BufferType::GrpcReceiveBuffer, size).map_err(|error| {
                seat.failed(error);
                Failure::Transient
            }),
            _ => Err(Failure::from_grpc_status(status)),
        };
        let settled = self.sent(&seat, send, answer);
        if let Err(error) = settled.and_then(|()| self.send_due(&seat)) {
            seat.failed(error);
        }
    }

    fn on_http_call_response(
        &mut self,
        token: u32,
        headers: usize,
        body_size: usize,
        _trailers: usize,
    ) {
        let Some(seat) = self.seat() else { return };
        if let Err(error) = self.fetches.answered(&seat, token, headers, body_size) {
            seat.failed(error);
        }
    }

    fn on_done(&mut self) -> bool {
        self.on_tick();
        if let Some(seat) = self.seat() {
            seat.leave(self.id);
        }
        true
    }
}

impl RootContext for Root {
    fn on_vm_start(&mut self, _size: usize) -> bool {
        true
    }

    fn on_configure(&mut self, size: usize) -> bool {
        let text = match host::buffer(BufferType::PluginConfiguration, size) {
            Ok(text) => text,
            Err(error) => {
                // Not a verdict on the configuration, so none is given: without a seat no connection passes.
                host::log(
                    LogLevel::Error,
                    &format!("dubbo-policy: no configuration, all is closed: {error}"),
                );
                return true;
            }
        };
        match self.configure(&text) {
            Ok(()) => true,
            Err(errors) => {
                for error in &errors {
                    host::log(LogLevel::Error, &format!("dubbo-policy: {error}"));
                }
                host::log(
                    LogLevel::Error,
                    &format!(
                        "dubbo-policy: configuration rejected, {} errors",
                        errors.len()
                    ),
                );
                count_rejected();
                false
            }
        }
    }

    fn on_tick(&mut self) {
        let Some(seat) = self.seat() else { return };
        if !seat.is_owned_by(self.id) {
            return;
        }
        if let Err(error) = self.tick(&seat) {
            seat.failed(error);
        }
        seat.set_pace();
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::StreamContext)
    }

    fn create_stream_context(&self, id: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(Stream::new(id, self.seat_for_stream())))
    }
}

/// Counts a configuration that was not taken: it has no worker whose metrics could. The verdict stands in any case.
fn count_rejected() {
    let name = "dubbo_policy_config_rejected_total";
    let counted =
        host::define_metric(MetricType::Counter, name).and_then(|id| host::increment_metric(id, 1));
    if let Err(error) = counted {
        host::log(LogLevel::Error, &format!("dubbo-policy: {error}"));
    }
}

/// `GrpcService { envoy_grpc { cluster_name } }`. A bare name would be parsed as one, too, and crash Envoy where it happens
/// to parse. Names are shorter than 124 bytes (the configuration sees to it), so that the lengths stay ASCII: the SDK
/// wants text.
fn grpc_service(cluster: &str) -> String {
    let length = |len: usize| char::from(u8::try_from(len).unwrap_or_default());
    format!(
        "\n{}\n{}{cluster}",
        length(cluster.len() + 2),
        length(cluster.len())
    )
}
