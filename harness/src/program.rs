//! A compiled module.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use wasmtime::{Config, Engine, Module, OptLevel};

/// A compiled module, from which every VM is made. Cheap to clone.
#[derive(Clone)]
pub struct Program(Module);

impl Program {
    /// The module as `make build` leaves it, compiled once a process.
    ///
    /// # Errors
    /// When it is not there or does not compile.
    pub fn built() -> Result<Program> {
        static BUILT: OnceLock<Result<Program, String>> = OnceLock::new();
        let built =
            BUILT.get_or_init(|| Program::load(&built_path()).map_err(|e| format!("{e:#}")));
        built.clone().map_err(|error| anyhow!(error))
    }

    /// The built module with another name of its build, as if its sources were others.
    ///
    /// # Errors
    /// When it is not there, has no name, or does not compile.
    pub fn of_another_build() -> Result<Program> {
        let mut wasm = std::fs::read(built_path())?;
        let mark = b"build ";
        let is_name = |at: &usize| {
            wasm[*at..].starts_with(mark)
                && wasm[at + mark.len()..]
                    .iter()
                    .take(16)
                    .all(u8::is_ascii_hexdigit)
        };
        let at = (0..wasm.len()).find(is_name).context("no build's name")?;
        let first = &mut wasm[at + mark.len()];
        *first = if *first == b'0' { b'1' } else { b'0' };
        Program::from_wasm(&wasm)
    }

    /// A module from its binary form.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn from_wasm(wasm: &[u8]) -> Result<Program> {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        let engine = ENGINE.get_or_init(|| {
            let mut config = Config::new();
            config
                .cranelift_opt_level(OptLevel::Speed)
                .consume_fuel(true);
            Engine::new(&config).unwrap()
        });
        let module = Module::new(engine, wasm).map_err(anyhow::Error::from);
        Ok(Program(module.context("the module does not compile")?))
    }

    /// Names of the host calls that the module imports.
    pub fn host_calls(&self) -> impl Iterator<Item = &str> {
        self.0
            .imports()
            .filter(|import| import.module() == "env")
            .map(|import| import.name())
    }

    fn load(path: &Path) -> Result<Program> {
        let wasm = std::fs::read(path)
            .with_context(|| format!("no module at {}; `make build` makes it", path.display()))?;
        Program::from_wasm(&wasm)
    }

    pub(crate) fn module(&self) -> &Module {
        &self.0
    }
}

/// Where the build puts the module.
fn built_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/dubbo-policy.wasm")
}
