//! A receiver of reports that costs as little as it can: every gRPC request is read, forgotten, and answered with OK.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::Result;
use bytes::Bytes;
use e2e::paths::loopback;
use h2::RecvStream;
use h2::server::{self, SendResponse};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::oneshot;

/// A running receiver; it stops when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// Where it listens.
    pub port: u16,
    bytes: Arc<AtomicU64>,
    _alive: oneshot::Sender<()>,
}

impl Receiver {
    /// Starts it on a port of the system's choice.
    pub fn start() -> Result<Receiver> {
        let listener = TcpListener::bind(loopback(0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let (alive, gone) = oneshot::channel();
        let bytes: Arc<AtomicU64> = Arc::default();
        let count = Arc::clone(&bytes);
        thread::spawn(move || {
            runtime.block_on(async {
                tokio::spawn(accept(listener, count));
                // Nothing is ever sent: that the sender is gone is the message.
                let _ = gone.await;
            });
        });
        Ok(Receiver {
            port,
            bytes,
            _alive: alive,
        })
    }

    /// Bytes of messages so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, bytes: Arc<AtomicU64>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let bytes = Arc::clone(&bytes);
        tokio::spawn(async move {
            // When a connection fails, Envoy makes a new one, and the module counts what was lost.
            let _ = serve(stream, bytes).await;
        });
    }
}

async fn serve(stream: TcpStream, bytes: Arc<AtomicU64>) -> Result<(), h2::Error> {
    let mut connection = server::Builder::new()
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .handshake::<_, Bytes>(stream)
        .await?;
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted?;
        let bytes = Arc::clone(&bytes);
        tokio::spawn(async move {
            let _ = answer(request, respond, &bytes).await;
        });
    }
    Ok(())
}

/// gRPC's answer to a unary call: headers, an empty message (flag 0, length 0), and the status in the trailers.
async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    bytes: &AtomicU64,
) -> Result<(), h2::Error> {
    let mut body = request.into_body();
    while let Some(data) = body.data().await {
        let len = data?.len();
        bytes.fetch_add(len as u64, Ordering::Relaxed);
        body.flow_control().release_capacity(len)?;
    }
    let mut head = Response::new(());
    head.headers_mut()
        .insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(head, false)?;
    stream.send_data(Bytes::from_static(&[0; 5]), false)?;
    let status = HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    stream.send_trailers(status)
}

/// Room for several batches, so that no batch waits for the receiver.
const WINDOW: u32 = 16 << 20;
