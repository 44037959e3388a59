//! Names this build of the module, for a VM to know whether another one runs the same.
//!
//! `DUBBO_POLICY_BUILD` is a hash of what the module is made of: the sources of its crates, the dependencies' versions, the
//! compiler and the profile. The same sources give the same name wherever they lie.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What goes into the module, from the repository's root.
const SOURCES: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "hessian/Cargo.toml",
    "hessian/src",
    "dubbo/Cargo.toml",
    "dubbo/src",
    "engine/Cargo.toml",
    "engine/src",
    "filter/Cargo.toml",
    "filter/src",
];

fn main() -> io::Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("..");
    let mut hash = Fnv::default();
    let mut cargo = io::stdout();
    for source in SOURCES {
        writeln!(cargo, "cargo::rerun-if-changed=../{source}")?;
        add(&mut hash, &root, Path::new(source))?;
    }
    let compiler = Command::new(variable("RUSTC")).arg("-vV").output()?;
    hash.add(&compiler.stdout);
    for name in ["PROFILE", "OPT_LEVEL", "CARGO_ENCODED_RUSTFLAGS"] {
        hash.add(variable(name).as_bytes());
    }
    writeln!(cargo, "cargo::rustc-env=DUBBO_POLICY_BUILD={:016x}", hash.0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to a build script in variables"
)]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Adds a file, or all files below a folder in the order of their names.
fn add(hash: &mut Fnv, root: &Path, path: &Path) -> io::Result<()> {
    let whole = root.join(path);
    if whole.is_dir() {
        let entries = fs::read_dir(&whole)?.map(|entry| Ok(path.join(entry?.file_name())));
        let mut entries = entries.collect::<io::Result<Vec<PathBuf>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| add(hash, root, entry));
    }
    hash.add(path.to_string_lossy().as_bytes());
    hash.add(&fs::read(&whole)?);
    Ok(())
}

/// FNV-1a of 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds some bytes and their number.
    fn add(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
