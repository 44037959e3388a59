//! A caller that asks for five times what its quota admits.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use e2e::java::Exception;
use e2e::load::monotonic;
use serde_json::json;

use crate::lab::Lab;
use crate::request::{Request, USER};
use crate::{page, policy};

/// As in `envoy-config/demo-policy.yaml`.
const LIMIT: usize = 10;
const RATE: u32 = 50;
const SECONDS: usize = 5;
/// Calls under way at once, so that a slow one does not hold up the next.
const THREADS: u32 = 5;
/// The rolling window moves on in tenths.
const SLOT: Duration = Duration::from_millis(100);

/// One call, with times since the load's start.
struct Timed {
    sent: Duration,
    ended: Duration,
    refusal: Option<Exception>,
}

pub(crate) fn show(lab: &Lab) -> Result<()> {
    page::section(
        "4. A quota of 10 a second under 50 calls a second",
        &["Calls above the limit are refused. The policy:"],
    );
    policy::quote(&["ten-a-second", "fair-use"])?;
    println!("  shop: UserService.listUsers(1), {RATE} times a second for {SECONDS} seconds:\n");
    let before = lab.stable.executed().len();
    let calls = load(lab)?;
    table(&calls);

    let refusals: Vec<&Exception> = calls
        .iter()
        .filter_map(|call| call.refusal.as_ref())
        .collect();
    let (refused, admitted) = (refusals.len(), calls.len() - refusals.len());
    let refusal = Exception {
        class: "java.lang.RuntimeException".to_owned(),
        message: "dubbo-policy: LIMITED rule=fair-use: try again in a second".to_owned(),
        code: None,
    };
    println!(
        "\n  The refused ones threw {}\n      {}\n",
        refusal.class, refusal.message
    );
    let most = most_in_a_second(&calls);
    page::fact(
        &format!("at most {most} were admitted in any second"),
        "consumer",
        &(most <= LIMIT),
        &true,
    )?;
    let enough = LIMIT * SECONDS * 9 / 10;
    page::fact(
        &format!("at least {enough} of {} possible were", LIMIT * SECONDS),
        "consumer",
        &(admitted >= enough),
        &true,
    )?;
    page::fact(
        "the admitted ones ran, and no other",
        "log of provider stable",
        &lab.ran(&lab.stable, before, admitted),
        &admitted,
    )?;
    let told = refusals.iter().filter(|told| ***told == refusal).count();
    page::fact(
        "the others were told which rule and why",
        "consumer",
        &told,
        &refused,
    )?;
    lab.counted("limited", refused as u64)
}

/// Calls by the second in which they ended.
fn table(calls: &[Timed]) {
    println!("  second     calls  admitted   refused");
    for second in 0..SECONDS {
        // The last second takes what was late.
        let ended = calls
            .iter()
            .filter(|call| (call.ended.as_secs() as usize).min(SECONDS - 1) == second);
        row(&(second + 1).to_string(), ended);
    }
    row("all", calls.iter());
}

fn row<'a>(name: &str, calls: impl Iterator<Item = &'a Timed>) {
    let (admitted, refused): (Vec<_>, Vec<_>) = calls.partition(|call| call.refusal.is_none());
    let (admitted, refused) = (admitted.len(), refused.len());
    println!(
        "  {name:<6} {:>9} {admitted:>9} {refused:>9}",
        admitted + refused
    );
}

/// Makes the calls, evenly spaced.
fn load(lab: &Lab) -> Result<Vec<Timed>> {
    // From the beginning of a slot on, so that the seconds of the table are seconds of the quota's.
    let now = monotonic();
    let into_slot = Duration::from_nanos((now.subsec_nanos() % SLOT.subsec_nanos()).into());
    let start = now + SLOT - into_slot;
    let spacing = Duration::from_secs(1) / RATE;
    let list = || Request::new(USER, "listUsers", vec![json!(1)]);
    let thread = |first: u32| -> Result<Vec<Timed>> {
        let mut calls = Vec::new();
        for number in (first..RATE * SECONDS as u32).step_by(THREADS as usize) {
            thread::sleep((start + spacing * number).saturating_sub(monotonic()));
            let sent = monotonic() - start;
            let outcome = lab.call(&lab.shop, lab.tcp, &list())?;
            calls.push(Timed {
                sent,
                ended: monotonic() - start,
                refusal: outcome.result.err(),
            });
        }
        Ok(calls)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || thread(first)))
            .collect();
        let calls = threads.into_iter().map(|thread| thread.join().unwrap());
        Ok(calls
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    })
}

/// The most calls that were certainly admitted within ten consecutive slots: sent in or after the first, ended in or before the
/// last.
fn most_in_a_second(calls: &[Timed]) -> usize {
    let slot = |at: Duration| at.as_nanos() / SLOT.as_nanos();
    let admitted: Vec<(u128, u128)> = calls
        .iter()
        .filter(|call| call.refusal.is_none())
        .map(|call| (slot(call.sent), slot(call.ended)))
        .collect();
    let within = |first: u128| {
        admitted
            .iter()
            .filter(move |(sent, ended)| *sent >= first && *ended < first + 10)
    };
    admitted
        .iter()
        .map(|(first, _)| within(*first).count())
        .max()
        .unwrap_or(0)
}
