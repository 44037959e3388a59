//! The root context: configurations, ticks, and the way of the reports.

use core::cell::RefCell;
use core::time::Duration;
use std::collections::HashMap;
use std::rc::Rc;

use engine::config;
use engine::policy::Policy;
use engine::quota::AskId;
use engine::report::{Failure, SendId};
use engine::time::Nanos;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, RootContext, StreamContext};
use proxy_wasm::types::{BufferType, ContextType, LogLevel, MetricType};

use crate::generation;
use crate::host;
use crate::lists::Fetches;
use crate::place;
use crate::seat::Seat;
use crate::shared::HostData;
use crate::stream::{Stream, close};

const LOGS_SERVICE: &str = "opentelemetry.proto.collector.logs.v1.LogsService";

const RATE_LIMIT_SERVICE: &str = "envoy.service.ratelimit.v3.RateLimitService";

/// One configuration of the filter.
pub(crate) struct Root {
    id: u32,
    /// `None` until there is a configuration, and when the host did not hand one over: nothing passes then.
    seated: RefCell<Option<Seated>>,
    /// The gRPC calls on their way, by the host's token.
    sends: RefCell<HashMap<u32, Sent>>,
    /// The lists on theirs.
    fetches: Fetches,
}

/// What a gRPC call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Report(SendId),
    Lease(AskId),
}

/// A root with its configuration.
struct Seated {
    /// That of all roots with this policy's name.
    seat: Rc<Seat>,
    /// This root's own, if the other did not fit.
    apart: Option<Rc<Seat>>,
    policy: Rc<Policy>,
    /// When the configuration came.
    since: Nanos,
}

/// A gRPC call on its way.
struct Sent {
    seat: Rc<Seat>,
    purpose: Purpose,
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
        // It says which of two configurations is the later one, and has no part in the verdict.
        let since = host::monotonic_time().map_or_else(|_| Nanos::default(), Nanos);
        let seat = place::take(self.id, &policy, since);
        let in_force = seat.worker.borrow().policy().revision == policy.revision;
        host::log(
            LogLevel::Info,
            &format!(
                "dubbo-policy: policy {} revision {} {} ({})",
                policy.name,
                policy.revision,
                if in_force {
                    "is in force"
                } else {
                    "waits for its lists"
                },
                generation::BUILD
            ),
        );
        self.seated.replace(Some(Seated {
            seat,
            apart: None,
            policy,
            since,
        }));
        Ok(())
    }

    /// The seats that this root ticks for, or may have to.
    fn seats(&self) -> Vec<Rc<Seat>> {
        let seated = self.seated.borrow();
        let seats = seated
            .iter()
            .flat_map(|seated| core::iter::once(&seated.seat).chain(&seated.apart));
        seats.map(Rc::clone).collect()
    }

    /// The seat for a new connection.
    fn seat_for_stream(&self) -> Option<Rc<Seat>> {
        let mut seated = self.seated.borrow_mut();
        let seated = seated.as_mut()?;
        let seat = seated
            .seat
            .for_connection(self.id, &seated.policy, seated.since);
        if !Rc::ptr_eq(&seat, &seated.seat) {
            seated.apart = Some(Rc::clone(&seat));
        }
        Some(seat)
    }

    fn tick(&self, seat: &Rc<Seat>) -> host::Result<()> {
        let now = seat.now_exactly()?;
        seat.look_around(now);
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
            let same =
                |sent: &Sent| sent.purpose == Purpose::Report(send) && Rc::ptr_eq(&sent.seat, seat);
            self.sends.borrow_mut().retain(|_, sent| !same(sent));
        }
        self.send_due(seat)?;
        self.ask(seat);
        self.fetches.send_due(seat)?;
        seat.metrics
            .borrow_mut()
            .write(seat.worker.borrow_mut().metrics());
        Ok(())
    }

    /// Sends the next batch, if one is due and none is on its way.
    fn send_due(&self, seat: &Rc<Seat>) -> host::Result<()> {
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
                self.remember(seat, token, Purpose::Report(batch.send));
                Ok(())
            }
            Err(_) => self.sent(seat, batch.send, Err(Failure::Transient)),
        }
    }

    /// Sends what the worker has to ask of rate limit services. The worker itself gives up on what is not answered, and knows
    /// nothing of answers that come later.
    fn ask(&self, seat: &Rc<Seat>) {
        self.sends
            .borrow_mut()
            .retain(|_, sent| match sent.purpose {
                Purpose::Report(_) => true,
                Purpose::Lease(ask) => sent.seat.worker.borrow_mut().awaits(ask),
            });
        let asks = seat.worker.borrow_mut().take_asks();
        for ask in asks {
            let sent = hostcalls::dispatch_grpc_call(
                &grpc_service(&ask.cluster),
                RATE_LIMIT_SERVICE,
                "ShouldRateLimit",
                Vec::new(),
                Some(&ask.message),
                Duration::from_nanos(ask.timeout.0),
            );
            match sent {
                Ok(token) => self.remember(seat, token, Purpose::Lease(ask.id)),
                Err(_) => self.asked(seat, ask.id, Err("Envoy has no such cluster")),
            }
        }
    }

    fn remember(&self, seat: &Rc<Seat>, token: u32, purpose: Purpose) {
        let seat = Rc::clone(seat);
        self.sends
            .borrow_mut()
            .insert(token, Sent { seat, purpose });
    }

    fn asked(&self, seat: &Seat, ask: AskId, answer: Result<&[u8], &'static str>) {
        match seat.now() {
            Ok(now) => seat
                .worker
                .borrow_mut()
                .asked(ask, answer, now, &mut HostData),
            // The worker will take it for unanswered.
            Err(error) => seat.failed(error),
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
        let Some(Sent { seat, purpose }) = self.sends.borrow_mut().remove(&token) else {
            return;
        };
        // The host's own status of an earlier call may still be there, so the callback's counts.
        let answer = match status {
            0 => host::buffer(BufferType::GrpcReceiveBuffer, size).map_err(|error| {
                seat.failed(error);
                None
            }),
            _ => Err(Some(status)),
        };
        match purpose {
            Purpose::Report(send) => {
                let answer = answer
                    .map_err(|status| status.map_or(Failure::Transient, Failure::from_grpc_status));
                let settled = self.sent(&seat, send, answer);
                if let Err(error) = settled.and_then(|()| self.send_due(&seat)) {
                    seat.failed(error);
                }
            }
            Purpose::Lease(ask) => {
                let answer = answer
                    .as_deref()
                    .map_err(|_| "it answers with an error, or not at all");
                self.asked(&seat, ask, answer);
            }
        }
    }

    fn on_http_call_response(
        &mut self,
        token: u32,
        headers: usize,
        body_size: usize,
        _trailers: usize,
    ) {
        self.fetches.answered(token, headers, body_size);
    }

    fn on_done(&mut self) -> bool {
        self.on_tick();
        for seat in self.seats() {
            seat.leave(self.id);
        }
        if let Some(seated) = &*self.seated.borrow() {
            let now = seated.seat.now().unwrap_or_default();
            place::leave(self.id, &seated.seat.key, now.mono);
        }
        true
    }
}

impl RootContext for Root {
    fn on_vm_start(&mut self, size: usize) -> bool {
        generation::learn(size);
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
        let mut seats = self.seats();
        seats.retain(|seat| seat.is_owned_by(self.id));
        for seat in &seats {
            if let Err(error) = self.tick(seat) {
                seat.failed(error);
            }
        }
        if let Ok(now) = host::monotonic_time() {
            place::bury(Nanos(now));
        }
        let busy = seats.iter().any(|seat| seat.is_busy());
        for seat in &seats {
            seat.set_pace(busy);
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::StreamContext)
    }

    fn create_stream_context(&self, id: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(Stream::new(id, self.id, self.seat_for_stream())))
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
