//! The clusters that a module may call, and the calls that are under way.

use std::time::Duration;

use crate::thread::ThreadId;

/// A call that a module made to a cluster.
#[derive(Clone, Debug)]
pub struct Request {
    /// The thread whose VM made it.
    pub thread: ThreadId,
    /// Simulated time since the start.
    pub at: Duration,
    /// The module's own deadline for it; zero is none.
    pub timeout: Duration,
    /// What is asked.
    pub call: Call,
}

/// The two kinds of calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// A unary gRPC call.
    Grpc {
        /// Full name of the service.
        service: String,
        /// Name of the method.
        method: String,
        /// The serialized request message.
        message: Vec<u8>,
    },
    /// An HTTP request.
    Http {
        /// Its headers, pseudo-headers first.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Vec<u8>,
    },
}

/// What a cluster answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A gRPC response message.
    Message(Vec<u8>),
    /// A gRPC status other than OK, with its message.
    Failure(u32, String),
    /// An HTTP response.
    Response {
        /// Its headers, `:status` first.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Vec<u8>,
    },
    /// Nothing: the call runs into its timeout, or waits for ever.
    Silence,
}

/// A cluster of this Envoy: records what it is asked, and answers or is down.
pub struct Cluster {
    down: bool,
    delay: Duration,
    answer: Box<dyn FnMut(&Request) -> Answer>,
    requests: Vec<Request>,
}

impl Cluster {
    /// A cluster that is up and answers at once.
    pub fn new(answer: impl FnMut(&Request) -> Answer + 'static) -> Cluster {
        Cluster {
            down: false,
            delay: Duration::ZERO,
            answer: Box::new(answer),
            requests: Vec::new(),
        }
    }

    /// Takes its hosts away, or gives them back. Calls to a cluster without hosts fail at once.
    pub fn set_down(&mut self, down: bool) {
        self.down = down;
    }

    /// The simulated time that every later answer takes.
    pub fn set_delay(&mut self, delay: Duration) {
        self.delay = delay;
    }

    /// What reached it, in order.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The answer to a call and the time until it arrives; `None`: never.
    pub(crate) fn call(&mut self, request: Request) -> Option<(Duration, Answer)> {
        let grpc = matches!(request.call, Call::Grpc { .. });
        if self.down {
            return Some((
                Duration::ZERO,
                if grpc { unavailable() } else { status("503") },
            ));
        }
        let answer = (self.answer)(&request);
        let timeout = request.timeout;
        self.requests.push(request);
        let late = answer == Answer::Silence || (!timeout.is_zero() && self.delay >= timeout);
        match (late, timeout.is_zero(), grpc) {
            (false, ..) => Some((self.delay, answer)),
            (true, true, _) => None,
            (true, false, true) => Some((timeout, Answer::Failure(4, "Deadline Exceeded".into()))),
            (true, false, false) => Some((timeout, status("504"))),
        }
    }
}

/// What a gRPC call to a cluster without hosts ends with.
pub(crate) fn unavailable() -> Answer {
    Answer::Failure(14, "no healthy upstream".into())
}

fn status(code: &str) -> Answer {
    Answer::Response {
        headers: vec![(":status".into(), code.into())],
        body: b"no healthy upstream".to_vec(),
    }
}

/// An answer on its way to the root context that asked.
pub(crate) struct Pending {
    /// Nanoseconds of simulated time at which it arrives.
    pub(crate) due: u64,
    pub(crate) vm: u32,
    pub(crate) root: u32,
    pub(crate) token: u32,
    pub(crate) answer: Answer,
}
