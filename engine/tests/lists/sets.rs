//! Compiled entries against a naive look through the list.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use engine::attributes::Value;
use engine::lists::{Entries, Format, Kind, compile};
use proptest::prelude::*;

/// Prefixes near each other, so that they overlap, touch and nest.
fn net() -> impl Strategy<Value = (IpAddr, u8)> {
    prop_oneof![
        (any::<u16>(), 16u8..=32).prop_map(|(low, len)| {
            let bits = 0x0a00_0000 | u32::from(low);
            let mask = u32::MAX.checked_shl(u32::from(32 - len)).unwrap_or(0);
            (Ipv4Addr::from_bits(bits & mask).into(), len)
        }),
        (0u8..=8).prop_map(|len| (Ipv4Addr::from_bits(0).into(), len)),
        (any::<u16>(), 112u8..=128).prop_map(|(low, len)| {
            let bits = 0x2001_0db8 << 96 | u128::from(low);
            let mask = u128::MAX.checked_shl(u32::from(128 - len)).unwrap_or(0);
            (Ipv6Addr::from_bits(bits & mask).into(), len)
        }),
    ]
}

fn probe() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u16>().prop_map(|low| Ipv4Addr::from_bits(0x0a00_0000 | u32::from(low)).into()),
        any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
        any::<u16>()
            .prop_map(|low| Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(low)).into()),
    ]
}

/// Bit by bit, as RFC 4632 says.
fn covers((net, len): (IpAddr, u8), ip: IpAddr) -> bool {
    let (net, ip, width) = match (net, ip) {
        (IpAddr::V4(net), IpAddr::V4(ip)) => {
            (u128::from(net.to_bits()), u128::from(ip.to_bits()), 32)
        }
        (IpAddr::V6(net), IpAddr::V6(ip)) => (net.to_bits(), ip.to_bits(), 128),
        _ => return false,
    };
    (0..len).all(|bit| (net >> (width - 1 - bit)) & 1 == (ip >> (width - 1 - bit)) & 1)
}

/// Through the bytes that other VMs are sent.
fn sent(kind: Kind, entries: &Entries) -> Entries {
    Entries::from_bytes(kind, entries.bytes().to_vec()).unwrap()
}

proptest! {
    #[test]
    fn addresses_are_in_the_compiled_set_if_one_network_covers_them(
        nets in proptest::collection::vec(net(), 0..40),
        probes in proptest::collection::vec(probe(), 40),
    ) {
        let body: String = nets.iter().map(|(net, len)| format!("{net}/{len}\n")).collect();
        let compiled = compile(Format::Lines, Kind::Ip, body.as_bytes()).unwrap();
        prop_assert_eq!((compiled.good, compiled.bad), (nets.len() as u64, 0));
        let again = sent(Kind::Ip, &compiled.entries);
        // The edges of each network, and one beyond them.
        let edges = nets.iter().flat_map(|(net, _)| match net {
            IpAddr::V4(net) => [net.to_bits(), net.to_bits().wrapping_sub(1)].map(|bits| Ipv4Addr::from_bits(bits).into()),
            IpAddr::V6(net) => [net.to_bits(), net.to_bits().wrapping_sub(1)].map(|bits| Ipv6Addr::from_bits(bits).into()),
        });
        for ip in probes.into_iter().chain(edges) {
            let wanted = nets.iter().any(|net| covers(*net, ip));
            prop_assert_eq!(compiled.entries.contains(Value::Ip(ip)), wanted, "{}", ip);
            prop_assert_eq!(again.contains(Value::Ip(ip)), wanted, "{}", ip);
        }
    }

    #[test]
    fn strings_are_in_the_compiled_set_if_one_entry_equals_them(
        entries in proptest::collection::vec("[abAB]{1,4}|[é☃x]{1,3}", 0..60),
        probes in proptest::collection::vec("[abAB]{0,5}|[éÉ☃x]{0,3}", 60),
        ignore_case: bool,
    ) {
        let kind = Kind::String { ignore_case };
        let body = serde_json::to_vec(&entries).unwrap();
        let compiled = compile(Format::Json, kind, &body).unwrap();
        let again = sent(kind, &compiled.entries);
        for text in probes.iter().chain(&entries) {
            let wanted = entries.iter().any(|entry| match ignore_case {
                true => entry.eq_ignore_ascii_case(text),
                false => entry == text,
            });
            prop_assert_eq!(compiled.entries.contains(Value::Text(text)), wanted, "{}", text);
            prop_assert_eq!(again.contains(Value::Text(text)), wanted, "{}", text);
        }
    }

    /// What comes from shared data is looked at with care: it may be anything.
    #[test]
    fn no_bytes_are_too_odd_to_be_taken_for_entries(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        small in proptest::collection::vec(0u8..3, 0..80),
    ) {
        for kind in [Kind::Ip, Kind::String { ignore_case: false }, Kind::String { ignore_case: true }, Kind::Regex { ignore_case: false }] {
            for bytes in [&bytes, &small] {
                if let Some(entries) = Entries::from_bytes(kind, bytes.clone()) {
                    entries.contains(Value::Text("abc"));
                    entries.contains(Value::Ip(Ipv4Addr::LOCALHOST.into()));
                    entries.contains(Value::Ip(Ipv6Addr::LOCALHOST.into()));
                }
            }
        }
    }
}

#[test]
fn an_address_alone_is_a_network_of_one_also_in_ipv6() {
    let body = b"2001:db8::1\n192.0.2.1\n::ffff:198.51.100.0/120\n";
    let entries = compile(Format::Lines, Kind::Ip, body).unwrap().entries;
    for (ip, wanted) in [
        ("2001:db8::1", true),
        ("2001:db8::2", false),
        ("2001:db8:1::1", false),
        ("192.0.2.1", true),
        ("192.0.2.2", false),
        ("::ffff:192.0.2.1", true),
        ("198.51.100.7", true),
    ] {
        assert_eq!(
            entries.contains(Value::Ip(ip.parse().unwrap())),
            wanted,
            "{ip}"
        );
    }
}

#[test]
fn expressions_match_whole_values_before_and_after_they_were_sent() {
    let kind = Kind::Regex { ignore_case: true };
    let entries = compile(Format::Lines, kind, b"ping[0-9]*\na|b\n")
        .unwrap()
        .entries;
    for entries in [&entries, &sent(kind, &entries)] {
        for (text, wanted) in [
            ("PING7", true),
            ("b", true),
            ("pinged", false),
            ("ab", false),
        ] {
            assert_eq!(entries.contains(Value::Text(text)), wanted, "{text}");
        }
    }
}

#[test]
fn a_million_entries_take_little_more_than_their_own_bytes() {
    let mut ips = String::new();
    let mut strings = String::new();
    for n in 0..1_000_000u32 {
        use std::fmt::Write;
        writeln!(ips, "{}", Ipv4Addr::from_bits(n * 4)).unwrap();
        writeln!(strings, "cluster.local/ns/team-{}/sa/app-{n}", n % 1000).unwrap();
    }
    let compiled = compile(Format::Lines, Kind::Ip, ips.as_bytes()).unwrap();
    assert_eq!(compiled.entries.bytes().len(), 4 + 8_000_000);
    let kind = Kind::String { ignore_case: false };
    let compiled = compile(Format::Lines, kind, strings.as_bytes()).unwrap();
    let text = strings.len() - 1_000_000;
    assert!(compiled.entries.bytes().len() - text < 256);
    let probe = Cow::from("cluster.local/ns/team-999/sa/app-999999");
    assert!(compiled.entries.contains(Value::Text(&probe)));
}
