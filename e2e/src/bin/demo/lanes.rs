//! Calls that Envoy routes by what the module has written into them.

use anyhow::Result;
use serde_json::json;

use crate::lab::Lab;
use crate::request::{Request, USER};
use crate::{page, policy};

/// Each kind of call so often, in turns.
const ROUNDS: usize = 5;

pub(crate) fn show(lab: &Lab) -> Result<()> {
    page::section(
        "5. A canary",
        &[
            "The module writes the attachment `lane` into each call; behind it, Envoy's dubbo_proxy sends lane=canary to provider canary",
            "and all else to provider stable (demo.yaml). A caller cannot write `lane` itself. The policy:",
        ],
    );
    policy::quote(&["canary", "stable"])?;
    let plain = Request::new(USER, "whoAmI", vec![]);
    let chosen = Request::new(USER, "whoAmI", vec![]).with("x-lane", "canary");
    let forged = Request::new(USER, "whoAmI", vec![]).with("lane", "canary");
    let before = (lab.stable.executed().len(), lab.canary.executed().len());
    for round in 0..ROUNDS {
        for request in [&plain, &chosen, &forged] {
            let outcome = lab.call(&lab.shop, lab.lanes, request)?;
            let lane = if request.attachment == chosen.attachment {
                "canary"
            } else {
                "stable"
            };
            if round == 0 {
                page::call(lab.shop.name, request, &outcome);
            }
            if outcome.result != Ok(json!(lane)) {
                page::fact(
                    &format!("{request} in round {round}"),
                    "consumer",
                    &outcome.result,
                    &Ok(json!(lane)),
                )?;
            }
        }
    }
    println!();
    let canary = lab.ran(&lab.canary, before.1, ROUNDS);
    page::fact(
        &format!("{ROUNDS} calls with x-lane=canary ran"),
        "log of provider canary",
        &canary,
        &ROUNDS,
    )?;
    let stable = lab.ran(&lab.stable, before.0, 2 * ROUNDS);
    page::fact(
        &format!("{} others ran", 2 * ROUNDS),
        "log of provider stable",
        &stable,
        &(2 * ROUNDS),
    )
}
