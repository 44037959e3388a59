//! However traffic is cut, it has one outcome, and hostile bytes close a connection behind what was right.

use dubbo::{Frame, Kind, RequestId};
use engine::{CloseReason, Side};
use proptest::prelude::*;

use crate::play::{Outcome, Script, contains, count, frames, play, routes, sum};
use crate::traffic::{CALLERS_LANE, DENIED, Sent, hostile, sent, side};

fn turns() -> impl Strategy<Value = Vec<(Side, Vec<Sent>)>> {
    prop::collection::vec((side(), prop::collection::vec(sent(), 1..8)), 1..8)
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        1 => Just(vec![1]),
        4 => prop::collection::vec(1..150usize, 1..10),
    ]
}

fn script(turns: &[(Side, Vec<Sent>)]) -> Script {
    let bytes = |sent: &Vec<Sent>| sent.iter().flat_map(Sent::bytes).collect();
    let turns = turns.iter();
    turns
        .map(|(from, sent)| (*from, bytes(sent), false))
        .collect()
}
proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn however_traffic_is_cut_it_has_one_outcome(
        turns in turns(),
        routes in routes(),
        cuts in cuts(),
        first_end in side(),
        truncated in prop::collection::vec(0..60usize, 2),
    ) {
        let mut script = script(&turns);
        for (end, len) in [first_end, first_end.other()].into_iter().zip(truncated) {
            let call = Sent::Call { id: 1, method: DENIED, one_way: false, lane: false }.bytes();
            script.push((end, call[..len].to_vec(), true));
        }
        let whole = play(&routes, &script, &[]);
        let cut = play(&routes, &script, &cuts);
        prop_assert_eq!(&whole, &cut);

        let routes = routes.to_string();
        if whole.closed == Some(CloseReason::ENDED_BEFORE_A_CALL) {
            prop_assert!(routes.contains("connection_cluster") && whole.to_provider.is_empty());
            return Ok(());
        }
        prop_assert_eq!(whole.closed, None);
        prop_assert_eq!(whole.counted.sum("dubbo_policy_requests_total"), sum(&turns, Sent::is_call));
        prop_assert!(!contains(&whole.to_provider, DENIED) && !contains(&whole.to_client, DENIED));
        if routes.contains("lane") {
            prop_assert!(!contains(&whole.to_provider, CALLERS_LANE));
        }
        let (to_provider, to_client) = (frames(&whole.to_provider), frames(&whole.to_client));
        check_waiting(&whole, &turns)?;
        let holds_early = routes.contains("connection_cluster");
        check_side(Side::Downstream, &turns, &to_provider, &to_client, holds_early)?;
        check_side(Side::Upstream, &turns, &to_client, &to_provider, false)?;
    }

    #[test]
    fn hostile_bytes_close_the_connection_behind_what_was_right(
        turns in turns(),
        routes in routes(),
        cuts in cuts(),
        (from, right, hostile, behind) in (side(), prop::collection::vec(sent(), 0..4), hostile(), sent()),
    ) {
        let mut script = script(&turns);
        let right_bytes = right.iter().flat_map(Sent::bytes);
        let bytes = right_bytes.chain(hostile).chain(behind.bytes()).collect();
        script.push((from, bytes, false));
        // What comes later meets a closed connection.
        script.push((from.other(), behind.bytes(), true));
        let calls = sum(&turns, Sent::is_call) + sum(&[(from, right)], Sent::is_call);

        let whole = play(&routes, &script, &[]);
        let cut = play(&routes, &script, &cuts);
        prop_assert!(whole.closed.is_some());
        prop_assert_eq!(whole.closed, cut.closed);
        prop_assert!(cut.to_provider.starts_with(&whole.to_provider));
        prop_assert!(cut.to_client.starts_with(&whole.to_client));
        for outcome in [&whole, &cut] {
            prop_assert_eq!(outcome.counted.sum("dubbo_policy_requests_total"), calls);
            prop_assert_eq!(outcome.counted.sum("dubbo_policy_connections_closed_total"), 1);
            prop_assert!(!contains(&outcome.to_provider, DENIED) && !contains(&outcome.to_client, DENIED));
        }
    }
}

/// In the end nothing is waited for but what was neither answered nor refused, and still can be answered.
fn check_waiting(outcome: &Outcome, turns: &[(Side, Vec<Sent>)]) -> Result<(), TestCaseError> {
    let answered = ["ok", "exception", "error", "no_answer"].map(|answer| {
        let series = outcome.counted.0.iter();
        let tag = format!("answer=.={answer};.;dubbo_policy_requests_total");
        let series = series.filter(|(name, _)| name.ends_with(&tag));
        series.map(|(_, value)| value).sum::<i64>()
    });
    let left = sum(turns, Sent::asks)
        - answered.iter().sum::<i64>()
        - sum(turns, |sent| sent.refused().is_some());
    let heartbeats = sum(turns, |sent| sent.asks() && !sent.is_call());
    prop_assert!((left - heartbeats..=left).contains(&outcome.waiting));
    Ok(())
}

/// Everything that one side sends is passed on, refused or dropped as it must be, by what comes out at its peer and at itself.
fn check_side(
    from: Side,
    turns: &[(Side, Vec<Sent>)],
    onwards: &[Frame<'_>],
    back: &[Frame<'_>],
    holds_early: bool,
) -> Result<(), TestCaseError> {
    let sent: Vec<&Sent> = turns
        .iter()
        .filter(|(side, _)| *side == from)
        .flat_map(|(_, sent)| sent)
        .collect();
    let is_request = |frame: &Frame<'_>| matches!(frame.head.kind, Kind::Request { .. });
    let allowed = sent.iter().filter(|sent| sent.is_allowed_call()).count();
    prop_assert_eq!(
        count(onwards, |frame| is_request(frame) && !frame.head.event),
        allowed
    );

    let mut refused: Vec<RequestId> = sent.iter().filter_map(|sent| sent.refused()).collect();
    let mut told: Vec<RequestId> = back
        .iter()
        .filter(|frame| contains(frame.body(), "rule=closed"))
        .map(|frame| frame.head.id)
        .collect();
    refused.sort();
    told.sort();
    prop_assert_eq!(&told, &refused);

    // Where calls choose the cluster, heartbeats wait until something goes on or comes: a call, an answer, the provider's own bytes.
    let (mut heartbeats, mut waiting, mut connected) = (0, 0, !holds_early);
    for (side, sent) in turns {
        if *side != from {
            connected |= !sent.is_empty();
            continue;
        }
        for sent in sent {
            let heartbeat = matches!(sent, Sent::Heartbeat { .. });
            let silent = matches!(
                sent,
                Sent::Call {
                    method: DENIED,
                    one_way: true,
                    ..
                }
            );
            let call = !heartbeat && !silent;
            waiting += usize::from(heartbeat);
            connected |= call;
            if call || (heartbeat && connected) {
                heartbeats += core::mem::take(&mut waiting);
            }
        }
    }
    prop_assert_eq!(
        count(onwards, |frame| is_request(frame) && frame.head.event),
        heartbeats + refused.len()
    );
    Ok(())
}
