//! Plays cases at one provider and finds out what came of them.

mod lab;
mod play;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Mutex;

use anyhow::{Result, ensure};
use e2e::peer::Provider;
use scenario::bypass::{self, Case, Outcome, Row, Way};

use lab::Lab;

/// Plays every case on every way to a provider and compares what came of it with the record of this name, or writes the record.
pub(crate) fn play<P: Deref<Target = Provider>>(
    name: &str,
    start: &dyn Fn() -> Result<P>,
) -> Result<()> {
    let recording = std::env::var_os("BYPASS_RECORD").is_some();
    let only = std::env::var("BYPASS_ONLY").unwrap_or_default();
    let recorded = bypass::outcomes()?;
    let kinds = bypass::kinds()?;
    let mut lab = Lab::start(start)?;
    let mut rows = BTreeMap::new();
    let mut broken = Vec::new();
    for case in kinds.into_iter().flat_map(|kind| kind.cases) {
        if !case.name.contains(&only) {
            continue;
        }
        let expected = recorded
            .get(&case.name)
            .and_then(|rows| rows.get(name))
            .filter(|_| !recording);
        let mut on = |way: Way| {
            let expected = expected.map(|row| row.on(way));
            // What a case breaks may show in the next one only, so that one is played again.
            for _ in 0..2 {
                let outcome = lab.play(&case, way, expected)?;
                if outcome != Outcome::Crashed {
                    return Ok(outcome);
                }
                lab.mend(start)?;
            }
            anyhow::Ok(Outcome::Crashed)
        };
        let row = Row {
            direct: on(Way::Direct)?,
            dubbo_proxy: on(Way::DubboProxy)?,
            module: on(Way::Module)?,
        };
        println!("{} at {name}: {row}", case.name);
        broken.extend(holds(&case, &row).err().map(|error| error.to_string()));
        if !case.pending || recording {
            rows.insert(case.name, row);
        }
    }
    if recording {
        static FILE: Mutex<()> = Mutex::new(());
        let _one = FILE.lock().unwrap();
        bypass::record(name, &rows)?;
    } else {
        bypass::compare(name, &rows)?;
    }
    ensure!(broken.is_empty(), "at {name}:\n{}", broken.join("\n"));
    Ok(())
}

/// Whatever the record says: through the module nothing closed runs, and nobody answers for it.
fn holds(case: &Case, row: &Row) -> Result<()> {
    let fine = match row.module {
        Outcome::Secret => case.known_hole || case.pending,
        Outcome::Answered => case.legal,
        Outcome::Text | Outcome::Crashed => false,
        _ => true,
    };
    ensure!(fine, "{}: through the module: {}", case.name, row.module);
    let seen = row.direct == Outcome::Secret && row.module != Outcome::Secret;
    ensure!(
        !(case.known_hole && seen),
        "{}: is a hole no more",
        case.name
    );
    Ok(())
}
