//! The example policy that admits known classes only: real calls pass it, and what attacks deserialization does not.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod shared;
#[allow(dead_code, reason = "shared with tests that count")]
mod support;

use std::path::{Path, PathBuf};

use engine::{ConnectionId, Edit, Peers, Side, Worker};
use serde_json::{Value, json};

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn worker() -> Worker {
    let policy = std::fs::read_to_string(testdata("envoy-config/known-classes.yaml")).unwrap();
    // A scenario is read from YAML, and its configuration is any document.
    let indented = policy.replace('\n', "\n  ");
    let text = format!("name: example\nconfig:\n  {indented}\nsteps: []\n");
    let scenario = scenario::parse(&text, Path::new("known-classes.yaml")).unwrap();
    support::worker(support::policy(&scenario.config.to_string()))
}

/// What goes on of some bytes of a client.
fn passed(worker: &mut Worker, bytes: &[u8]) -> Vec<u8> {
    let mut shared = shared::Memory::default();
    let id = ConnectionId(1);
    worker.open(id, Peers::default());
    let effects = worker.data(
        id,
        Side::Downstream,
        bytes.to_vec(),
        false,
        support::now(0),
        &mut shared,
    );
    assert_eq!(effects.close, None);
    worker.closed(id, support::now(0));
    match effects.edit {
        Edit::Keep => bytes.to_vec(),
        Edit::Replace(output) => output,
    }
}

/// A one-way call: it goes on, or nothing does.
fn passes(worker: &mut Worker, mut call: Value) -> bool {
    let fields = call.as_object_mut().unwrap();
    fields.extend(
        json!({"id": 1, "service": "lab.UserService", "one_way": true})
            .as_object()
            .unwrap()
            .clone(),
    );
    let method = fields.entry("method").or_insert(json!("save"));
    if method == "save" {
        fields.insert("descriptor".to_owned(), json!("Ljava/lang/Object;"));
    }
    let frame: scenario::Frame = serde_json::from_value(json!({ "call": call })).unwrap();
    let bytes = frame.bytes().unwrap();
    let output = passed(worker, &bytes);
    assert!(output.is_empty() || output == bytes);
    !output.is_empty()
}

fn generic(types: &[&str], argument: Value) -> Value {
    json!({
        "method": "$invoke", "args": ["save", {"strings": types}, {"objects": [argument]}],
        "attachments": [["generic", "true"]],
    })
}

#[test]
fn the_calls_of_real_consumers_pass() {
    let mut worker = worker();
    let folder = testdata("testdata/dubbo/recorded");
    let mut recordings = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        // These have classes of every package, and other kinds of generic calls; e2e/tests/legal_classes.rs makes such calls.
        let of_any_class = ["forms", "paths", "callbacks", "values"]
            .iter()
            .any(|kind| name.ends_with(&format!("{kind}.request.bin")));
        if name.ends_with(".request.bin") && !of_any_class {
            let bytes = std::fs::read(&path).unwrap();
            assert!(passed(&mut worker, &bytes) == bytes, "{}", path.display());
            recordings += 1;
        }
    }
    assert!(recordings >= 17, "{recordings}");
}

#[test]
fn the_classes_of_usual_calls_pass() {
    let mut worker = worker();
    for class in [
        "java.util.HashMap",
        "java.util.concurrent.ConcurrentHashMap",
        "java.util.Collections$UnmodifiableMap",
        "lab.User",
        "lab.orders.Order$Line",
    ] {
        let call = json!({"args": [{"typed_map": [class, [["a", {"strings": ["b"]}]]]}]});
        assert!(passes(&mut worker, call), "{class}");
    }
    for class in ["lab.User", "LM", "[O"] {
        let value = json!({"jsonb": {"class": [class, {"map": []}]}});
        let call = json!({"serialization": "fastjson2", "args": [value]});
        assert!(passes(&mut worker, call), "{class} in fastjson2");
    }
    let handle = "com.alibaba.com.caucho.hessian.io.java8.LocalDateHandle";
    let fields = json!([["year", 2026], ["month", 1], ["day", 2]]);
    let date = json!({"args": [{"object": {"class": handle, "fields": fields}}]});
    assert!(passes(&mut worker, date));
    for name in [
        "int",
        "[int",
        "int[]",
        "java.lang.String",
        "[Ljava.lang.String;",
        "java.util.List",
        "java.time.LocalDate",
        "lab.User",
        "lab.User[]",
    ] {
        assert!(passes(&mut worker, generic(&[name], json!("x"))), "{name}");
    }
    let bean = json!({"map": [["class", "lab.User"], ["name", "javax.swing.UIDefaults"]]});
    assert!(passes(&mut worker, generic(&["lab.User"], bean)));
}

#[test]
fn a_gadget_passes_in_no_place() {
    for class in [
        "javax.swing.UIDefaults",
        "com.sun.rowset.JdbcRowSetImpl",
        "com.sun.org.apache.xalan.internal.xsltc.trax.TemplatesImpl",
        "sun.print.UnixPrintServiceLookup",
        "org.springframework.aop.support.DefaultBeanFactoryPointcutAdvisor",
        "java.util.ServiceLoader$LazyIterator",
        "java.util.jar.JarFile",
        "java.lang.Class",
        "java.lang.ProcessBuilder",
        "java.lang.reflect.Proxy",
        "java.net.URL",
        "laboratory.Evil",
    ] {
        let mut worker = worker();
        let object = json!({"object": {"class": class, "fields": [["a", "b"]]}});
        let array = format!("[L{class};");
        for (place, call) in [
            ("a definition", json!({"args": [object]})),
            (
                "a definition in a list",
                json!({"args": [{"list": [{"map": [["k", object]]}]}]}),
            ),
            (
                "a definition in an attachment",
                json!({"args": ["x"], "attachments": [["k", object]]}),
            ),
            ("a typed map", json!({"args": [{"typed_map": [class, []]}]})),
            ("a parameter type", generic(&[class], json!("x"))),
            ("an array type", generic(&[&array], json!("x"))),
            (
                "a class key",
                generic(&["lab.User"], json!({"map": [["class", class]]})),
            ),
            (
                "a class key further in",
                generic(
                    &["lab.User"],
                    json!({"map": [["u", {"list": [{"map": [["class", class]]}]}]]}),
                ),
            ),
            (
                "a type in fastjson2",
                json!({"serialization": "fastjson2", "args": [{"jsonb": {"class": [class, {"map": []}]}}]}),
            ),
            (
                "a type further in, in fastjson2",
                json!({"serialization": "fastjson2", "args": [{"list": [{"jsonb": {"class": [class, {"map": []}]}}]}]}),
            ),
        ] {
            assert!(!passes(&mut worker, call), "{class} in {place}");
        }
    }
}

#[test]
fn generic_calls_in_bytes_do_not_pass() {
    let mut call = generic(&["lab.User"], json!("x"));
    for kind in ["nativejava", "bean", "gson"] {
        call["attachments"] = json!([["generic", kind]]);
        assert!(!passes(&mut worker(), call.clone()), "{kind}");
    }
}
