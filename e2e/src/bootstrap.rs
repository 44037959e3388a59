//! Envoy's bootstraps: the files of `envoy-config`, as they are shipped, with a test's own ports and policy.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use crate::paths::repository;

/// The form in which Envoy hands the policy to the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON text, as Istio's WasmPlugin sends it.
    Text,
    /// A `google.protobuf.Struct`, so that the policy is plain YAML in an EnvoyFilter.
    Struct,
}

/// A bootstrap.
#[derive(Debug, Clone)]
pub struct Bootstrap(Value);

impl Bootstrap {
    /// A file of `envoy-config`, with `${NAME}` replaced. `MODULE` is the built module, `LISTEN_PORT` and `ADMIN_PORT` are of the
    /// system's choice, and a port that is not given is one where nobody listens.
    pub fn load(file: &str, places: &[(&str, String)]) -> Result<Bootstrap> {
        let mut values: BTreeMap<&str, String> = ["PROVIDER_PORT", "CANARY_PORT", "COLLECTOR_PORT"]
            .map(|port| (port, "1".to_owned()))
            .into();
        values.extend([
            ("LISTEN_PORT", "0".to_owned()),
            ("ADMIN_PORT", "0".to_owned()),
        ]);
        values.insert(
            "MODULE",
            repository()
                .join("dist/dubbo-policy.wasm")
                .display()
                .to_string(),
        );
        values.extend(places.iter().cloned());
        Ok(Bootstrap(read(file, &values)?))
    }

    /// With this policy in place of the file's own.
    pub fn policy(mut self, policy: &Value, form: Form) -> Result<Bootstrap> {
        let configuration = configuration(policy, form)?;
        let mut found = false;
        for filter in self.filters_mut() {
            if is_ours(filter) {
                filter["typed_config"]["config"]["configuration"] = configuration.clone();
                found = true;
            }
        }
        if !found {
            bail!("no filter in the bootstrap takes a policy");
        }
        Ok(self)
    }

    /// With this filter (`name`, `typed_config`) in place of the module's.
    pub fn filter(mut self, ours: &Value) -> Bootstrap {
        for filter in self.filters_mut().filter(|filter| is_ours(filter)) {
            *filter = ours.clone();
        }
        self
    }

    /// With this filter and no other.
    pub fn only_filter(mut self, filter: &Value) -> Bootstrap {
        for filters in chains(&mut self.0).filter_map(|chain| chain["filters"].as_array_mut()) {
            *filters = vec![filter.clone()];
        }
        self
    }

    /// Without the module: what Envoy and the peers do by themselves.
    pub fn without_filter(mut self) -> Bootstrap {
        for filters in chains(&mut self.0).filter_map(|chain| chain["filters"].as_array_mut()) {
            filters.retain(|filter| !is_ours(filter));
        }
        self
    }

    /// With so many connections to each cluster at most; Envoy's own limit is 1,024.
    pub fn max_connections(mut self, count: u32) -> Bootstrap {
        let clusters = self.0["static_resources"]["clusters"].as_array_mut();
        for cluster in clusters.into_iter().flatten() {
            cluster["circuit_breakers"] = json!({"thresholds": [{"max_connections": count}]});
        }
        self
    }

    /// With one more cluster, for gRPC, like the file's `collector`.
    pub fn grpc_cluster(mut self, name: &str, port: u16) -> Result<Bootstrap> {
        let clusters = self.0["static_resources"]["clusters"].as_array_mut();
        let clusters = clusters.context("no clusters")?;
        let collector = clusters
            .iter()
            .find(|cluster| cluster["name"] == "collector");
        let mut cluster = collector.context("no cluster collector")?.clone();
        cluster["name"] = name.into();
        cluster["load_assignment"]["cluster_name"] = name.into();
        let address = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
        let address = cluster.pointer_mut(address).context("no address")?;
        address["port_value"] = port.into();
        clusters.push(cluster);
        Ok(self)
    }

    /// With one more cluster, of these ports of 127.0.0.1.
    pub fn cluster(mut self, name: &str, ports: &[u16]) -> Bootstrap {
        let endpoint = |port: &u16| json!({"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}});
        let endpoints: Vec<Value> = ports.iter().map(endpoint).collect();
        let assignment = json!({"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]});
        let cluster = json!({"name": name, "connect_timeout": "1s", "load_assignment": assignment});
        if let Some(clusters) = self.0["static_resources"]["clusters"].as_array_mut() {
            clusters.push(cluster);
        }
        self
    }

    /// With another name of the listener and the plugin, and another `vm_id`, so that it can run beside the first.
    pub fn named(mut self, name: &str) -> Bootstrap {
        for filter in self.filters_mut().filter(|filter| is_ours(filter)) {
            filter["typed_config"]["config"]["name"] = name.into();
            filter["typed_config"]["config"]["vm_config"]["vm_id"] = name.into();
        }
        for listener in self.0["static_resources"]["listeners"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            listener["name"] = name.into();
        }
        self
    }

    /// With the listeners of this file, which Envoy watches, in place of its own.
    pub fn listeners_from(mut self, file: &Path) -> Bootstrap {
        self.0["static_resources"]["listeners"] = json!([]);
        self.0["dynamic_resources"]["lds_config"]["path_config_source"]["path"] =
            file.display().to_string().into();
        self
    }

    /// With whatever else a test needs in it.
    pub fn changed(mut self, change: impl FnOnce(&mut Value)) -> Bootstrap {
        change(&mut self.0);
        self
    }

    /// Its own listeners.
    pub fn listeners(&self) -> &[Value] {
        self.0["static_resources"]["listeners"]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }

    /// The bootstrap as JSON, which Envoy reads as well as YAML.
    pub fn document(&self) -> &Value {
        &self.0
    }

    fn filters_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        chains(&mut self.0)
            .filter_map(|chain| chain["filters"].as_array_mut())
            .flatten()
    }
}

/// The `configuration` of a Wasm filter.
pub fn configuration(policy: &Value, form: Form) -> Result<Value> {
    Ok(match form {
        Form::Text => {
            json!({"@type": "type.googleapis.com/google.protobuf.StringValue", "value": serde_json::to_string(policy)?})
        }
        Form::Struct => {
            json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": policy})
        }
    })
}

/// A YAML file of `envoy-config` with `${NAME}` replaced.
pub fn read(file: &str, values: &BTreeMap<&str, String>) -> Result<Value> {
    let path = repository().join("envoy-config").join(file);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut filled = String::new();
    let mut rest = text.as_str();
    while let Some((before, from)) = rest.split_once("${") {
        let (name, after) = from
            .split_once('}')
            .with_context(|| format!("{file}: ${{ without an end"))?;
        filled.push_str(before);
        filled.push_str(
            values
                .get(name)
                .with_context(|| format!("{file}: ${{{name}}} has no value"))?,
        );
        rest = after;
    }
    filled.push_str(rest);
    serde_saphyr::from_str(&filled).map_err(|error| anyhow!("{file}: {error}"))
}

fn chains(bootstrap: &mut Value) -> impl Iterator<Item = &mut Value> {
    let listeners = bootstrap["static_resources"]["listeners"].as_array_mut();
    listeners
        .into_iter()
        .flatten()
        .filter_map(|listener| listener["filter_chains"].as_array_mut())
        .flatten()
}

fn is_ours(filter: &Value) -> bool {
    filter["name"] == "dubbo_policy"
}
