//! A receiver of reports: OpenTelemetry's LogsService over gRPC.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;
use scenario::{Report, otlp};
use tokio::runtime::Runtime;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};

use crate::paths::loopback;
use crate::wait::{self, SOON};

/// What the receiver does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behaviour {
    /// Keeps it.
    #[default]
    Accept,
    /// Answers UNAVAILABLE and forgets it.
    Refuse,
    /// Keeps it, and answers after this time.
    Wait(Duration),
}

/// A running receiver; it stops when it is dropped.
#[derive(Debug)]
pub struct Collector {
    /// Where it listens.
    pub port: u16,
    state: Arc<Mutex<State>>,
    runtime: Option<Runtime>,
}

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    batches: Vec<ExportLogsServiceRequest>,
}

impl Collector {
    /// Starts a receiver on a port of the system's choice.
    pub fn start() -> Result<Collector> {
        Collector::start_at(0)
    }

    /// Starts a receiver on this port.
    pub fn start_at(port: u16) -> Result<Collector> {
        let listener = TcpListener::bind(loopback(port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let state: Arc<Mutex<State>> = Arc::default();
        let service = LogsServiceServer::new(Service(Arc::clone(&state)));
        let entered = runtime.enter();
        let incoming = TcpIncoming::from(tokio::net::TcpListener::from_std(listener)?);
        drop(entered);
        runtime.spawn(
            tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming(incoming),
        );
        Ok(Collector {
            port,
            state,
            runtime: Some(runtime),
        })
    }

    /// Changes what it does with later requests.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().behaviour = behaviour;
    }

    /// The requests it has kept so far.
    pub fn batches(&self) -> Vec<ExportLogsServiceRequest> {
        self.state.lock().unwrap().batches.clone()
    }

    /// The records of each request so far.
    pub fn batch_sizes(&self) -> Vec<usize> {
        self.batches()
            .iter()
            .map(|batch| records(batch).count())
            .collect()
    }

    /// The reports of calls so far: the records of the event `dubbo.call`.
    pub fn calls(&self) -> Vec<Report> {
        let batches = self.batches();
        let reports = batches
            .iter()
            .map(|batch| otlp::reports(&batch.encode_to_vec()));
        reports
            .flat_map(|reports| reports.expect("what was decoded once"))
            .collect()
    }

    /// Waits until there are at least so many reports of calls; returns them all.
    pub fn wait_calls(&self, want: usize) -> Vec<Report> {
        // That there are fewer shows in what is returned.
        let _ = wait::until("reports", SOON, || {
            Ok((self.calls().len() >= want).then_some(()))
        });
        self.calls()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct Service(Arc<Mutex<State>>);

#[tonic::async_trait]
impl LogsService for Service {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let behaviour = self.0.lock().unwrap().behaviour;
        if behaviour == Behaviour::Refuse {
            return Err(Status::new(Code::Unavailable, "told to refuse"));
        }
        self.0.lock().unwrap().batches.push(request.into_inner());
        if let Behaviour::Wait(time) = behaviour {
            tokio::time::sleep(time).await;
        }
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

fn records(batch: &ExportLogsServiceRequest) -> impl Iterator<Item = &LogRecord> {
    batch
        .resource_logs
        .iter()
        .flat_map(|logs| &logs.scope_logs)
        .flat_map(|logs| &logs.log_records)
}
