//! Where things are, all relative to this crate's folder in the repository.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("e2e is a folder of the repository")
        .to_owned()
}

/// The pinned Envoy that `tools/setup.sh` installed.
pub fn envoy() -> Result<PathBuf> {
    installed(
        repository().join(".cache/envoy-1.40.0/envoy/_bin/envoy"),
        "tools/setup.sh",
    )
}

/// The built module, as shipped.
pub fn module() -> Result<PathBuf> {
    installed(repository().join("dist/dubbo-policy.wasm"), "make build")
}

/// The class path of the Java peers on this release of Dubbo.
pub fn java_classes(dubbo: &str) -> Result<String> {
    let built = installed(
        repository().join("e2e/peers/java/target").join(dubbo),
        "tools/setup.sh",
    )?;
    Ok(format!(
        "{}:{}/*",
        built.join("classes").display(),
        built.join("lib").display()
    ))
}

/// A program of the dubbo-go peers.
pub fn go_peer(name: &str) -> Result<PathBuf> {
    installed(
        repository().join("e2e/peers/go/target").join(name),
        "tools/setup.sh",
    )
}

/// The rate limit service.
pub fn ratelimit() -> Result<PathBuf> {
    installed(
        repository().join("e2e/peers/ratelimit/target/ratelimit"),
        "tools/setup.sh go",
    )
}

/// The system's Redis.
pub fn redis() -> Result<PathBuf> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&places).map(|place| place.join("redis-server"));
    let found = places.into_iter().find(|program| program.exists());
    found.context("redis-server is missing: run tools/setup.sh redis")
}

fn installed(path: PathBuf, by: &str) -> Result<PathBuf> {
    ensure!(path.exists(), "{} is missing: run {by}", path.display());
    Ok(path)
}

/// A port of 127.0.0.1 that was free a moment ago, for what cannot be told to pick its own.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(loopback(0))?.local_addr()?.port())
}

/// An address of this machine alone.
pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A folder that is removed with its owner; kept when a test fails, because the logs are in it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new, empty folder.
    pub fn new(name: &str) -> Result<Folder> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "dubbo-policy-e2e-{}-{number}-{name}",
            std::process::id()
        ));
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Folder(path))
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // What is left over lies in the temporary folder; there is nobody to tell.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
