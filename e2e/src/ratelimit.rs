//! A rate limit service as Envoy's users run it: envoyproxy/ratelimit (`peers/ratelimit`) on Redis.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::paths::{self, Folder, free_port, loopback};
use crate::process::Process;
use crate::wait::{self, SOON};

/// A Redis server that keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    /// Where it listens.
    pub port: u16,
    _process: Process,
    _folder: Folder,
}

impl Redis {
    /// Starts one.
    pub fn start() -> Result<Redis> {
        Redis::start_at(free_port()?)
    }

    /// Starts one at the port of another that has ended.
    pub fn start_at(port: u16) -> Result<Redis> {
        let folder = Folder::new("redis")?;
        let options = [
            ["--port", &port.to_string()],
            ["--bind", "127.0.0.1"],
            ["--save", ""],
            ["--appendonly", "no"],
            ["--dir", &folder.file("").display().to_string()],
        ];
        let options: Vec<String> = options.concat().into_iter().map(str::to_owned).collect();
        let program = paths::redis()?;
        let mut process = Process::start_watched(&program, &options, &folder.file("log"))?;
        await_port("Redis", port, &mut process)?;
        Ok(Redis {
            port,
            _process: process,
            _folder: folder,
        })
    }
}

/// A running service.
#[derive(Debug)]
pub struct RateLimit {
    /// Where it listens for gRPC.
    pub port: u16,
    http: u16,
    process: Process,
    _folder: Folder,
}

impl RateLimit {
    /// Starts a service with this file as its configuration.
    pub fn start(redis: &Redis, config: &Path) -> Result<RateLimit> {
        let folder = Folder::new("ratelimit")?;
        std::fs::create_dir_all(folder.file("config"))?;
        std::fs::copy(config, folder.file("config/dubbo.yaml"))
            .with_context(|| config.display().to_string())?;
        let (port, http, debug) = (free_port()?, free_port()?, free_port()?);
        let mut command = Command::new(paths::ratelimit()?);
        command.env_clear().envs([
            // Each listens on all addresses unless it is told where.
            ("HOST", "127.0.0.1".to_owned()),
            ("PORT", http.to_string()),
            ("GRPC_HOST", "127.0.0.1".to_owned()),
            ("GRPC_PORT", port.to_string()),
            ("DEBUG_HOST", "127.0.0.1".to_owned()),
            ("DEBUG_PORT", debug.to_string()),
            ("USE_STATSD", "false".to_owned()),
            ("DISABLE_STATS", "true".to_owned()),
            ("RUNTIME_ROOT", folder.file("").display().to_string()),
            ("RUNTIME_SUBDIRECTORY", String::new()),
            ("RUNTIME_WATCH_ROOT", "false".to_owned()),
            ("BACKEND_TYPE", "redis".to_owned()),
            ("REDIS_SOCKET_TYPE", "tcp".to_owned()),
            ("REDIS_URL", format!("127.0.0.1:{}", redis.port)),
            ("LOG_LEVEL", "info".to_owned()),
        ]);
        let mut process = Process::start(command, &folder.file("log"))?;
        await_port("the rate limit service", port, &mut process)?;
        Ok(RateLimit {
            port,
            http,
            process,
            _folder: folder,
        })
    }

    /// Whether it can count now, asked by HTTP: after an outage of Redis it takes its own time to connect again.
    pub fn counts(&self) -> bool {
        let body = r#"{"domain": "dubbo", "descriptors": [{"entries": [{"key": "test", "value": "test"}], "limit": {"requests_per_unit": 1000, "unit": "SECOND"}}]}"#;
        let request = format!(
            "POST /json HTTP/1.1\r\nhost: ratelimit\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect(loopback(self.http))?;
            stream.set_read_timeout(Some(Duration::from_millis(200)))?;
            stream.write_all(request.as_bytes())?;
            let mut answer = vec![0; 12];
            stream.read_exact(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer == b"HTTP/1.1 200")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

fn await_port(what: &str, port: u16, process: &mut Process) -> Result<()> {
    wait::until(what, SOON, || {
        if let Some(status) = process.ended()? {
            bail!("{what} has ended: {status}\n{}", process.log());
        }
        Ok(TcpStream::connect(loopback(port)).ok().map(|_| ()))
    })
}
