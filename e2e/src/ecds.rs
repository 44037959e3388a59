//! The file that `envoy-config/ecds.yaml` watches: the filter, which a running Envoy takes anew.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bootstrap::{self, Bootstrap, Form, configuration};
use crate::envoy::Envoy;
use crate::paths::{self, Folder};
use crate::wait::{self, SOON};

/// The file, with the module and the policy that were put there last.
#[derive(Debug)]
pub struct Ecds {
    folder: Folder,
    module: PathBuf,
    puts: u32,
}

impl Ecds {
    /// With the built module and this policy.
    pub fn new(policy: &Value) -> Result<Ecds> {
        let mut ecds = Ecds {
            folder: Folder::new("ecds")?,
            module: paths::module()?,
            puts: 0,
        };
        ecds.put(policy)?;
        Ok(ecds)
    }

    /// `envoy-config/ecds.yaml` before this provider.
    pub fn bootstrap(&self, provider: u16) -> Result<Bootstrap> {
        let places = [
            ("PROVIDER_PORT", provider.to_string()),
            ("ECDS_FILE", self.file().display().to_string()),
        ];
        Bootstrap::load("ecds.yaml", &places)
    }

    /// Another policy. Envoy watches for a move, not for a write.
    pub fn put(&mut self, policy: &Value) -> Result<()> {
        self.puts += 1;
        let module = self.module.display().to_string();
        let mut resource = bootstrap::read("ecds-filter.yaml", &[("MODULE", module)].into())?;
        resource["resources"][0]["typed_config"]["config"]["configuration"] =
            configuration(policy, Form::Text)?;
        let new = self.file().with_extension("new");
        std::fs::write(&new, resource.to_string())?;
        Ok(std::fs::rename(new, self.file())?)
    }

    /// Another policy, and Envoy's main thread has taken it.
    pub fn put_and_wait(&mut self, policy: &Value, envoy: &Envoy) -> Result<()> {
        let before = taken(envoy)?;
        self.put(policy)?;
        wait::until("an update", SOON, || {
            Ok((taken(envoy)? > before).then_some(()))
        })
    }

    /// From the next policy on, this module.
    pub fn set_module(&mut self, module: &Path) {
        module.clone_into(&mut self.module);
    }

    /// A file beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.file(name)
    }

    fn file(&self) -> PathBuf {
        self.folder.file("filter.json")
    }
}

/// Updates that Envoy has taken.
fn taken(envoy: &Envoy) -> Result<u64> {
    envoy.stat("extension_config_discovery.network_filter.dubbo_policy.config_reload")
}

/// The built module under the name of another build: other code to Envoy, and another load to the module. Returns both names.
pub fn other_build(to: &Path) -> Result<(String, String)> {
    let mut code = std::fs::read(paths::module()?)?;
    let marks = code.windows(MARK.len()).enumerate();
    let places: Vec<usize> = marks
        .filter(|(at, bytes)| {
            let name = code.get(at + MARK.len()..at + MARK.len() + DIGITS);
            *bytes == MARK && name.is_some_and(|name| name.iter().all(u8::is_ascii_hexdigit))
        })
        .map(|(at, _)| at + MARK.len())
        .collect();
    ensure!(places.len() == 1, "the build's name stands at {places:?}");
    let name = code
        .get_mut(places[0]..places[0] + DIGITS)
        .context("a name")?;
    let built = String::from_utf8(name.to_vec())?;
    name.reverse();
    // A palindrome would be no other.
    name[0] = if name[0] == b'0' { b'1' } else { b'0' };
    let other = String::from_utf8(name.to_vec())?;
    std::fs::write(to, code)?;
    Ok((format!("build {built}"), format!("build {other}")))
}

const MARK: &[u8] = b"build ";
const DIGITS: usize = 16;
