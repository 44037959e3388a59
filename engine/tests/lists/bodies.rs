//! What is taken for a list, and what for an entry.

use engine::attributes::Value;
use engine::lists::{Format, Kind, compile};
use proptest::prelude::*;

const STRINGS: Kind = Kind::String { ignore_case: false };

/// Which of `a`, `b c`, `#d`, `é` are in it, then how many entries are good and bad; `None` for what is no list.
fn read(format: Format, body: &[u8]) -> Option<(Vec<&'static str>, u64, u64)> {
    let compiled = compile(format, STRINGS, body).ok()?;
    let entries = ["a", "b c", "#d", "é", "x"];
    let found = entries
        .into_iter()
        .filter(|entry| compiled.entries.contains(Value::Text(entry)));
    Some((found.collect(), compiled.good, compiled.bad))
}

#[track_caller]
fn holds(format: Format, body: &[u8], entries: &[&'static str], good: u64, bad: u64) {
    let shown = String::from_utf8_lossy(body);
    assert_eq!(
        read(format, body),
        Some((entries.to_vec(), good, bad)),
        "{shown}"
    );
}

#[track_caller]
fn is_no_list(format: Format, body: &[u8]) {
    let shown = String::from_utf8_lossy(body);
    assert_eq!(read(format, body), None, "{shown}");
}

#[test]
fn lines_end_in_lf_or_crlf_and_have_comments() {
    let lines = |body: &[u8], entries: &[&'static str], good, bad| {
        holds(Format::Lines, body, entries, good, bad);
    };
    lines(b"a\nb c\n", &["a", "b c"], 2, 0);
    lines(b"a\r\nb c\r\n", &["a", "b c"], 2, 0);
    lines(b"\xef\xbb\xbfa\n", &["a"], 1, 0);
    lines(b"a", &["a"], 1, 0);
    lines(b"  a\t\n\n \n#b\n # b\nb c # d\nx#d\n", &["a", "b c"], 3, 0);
    lines("é\n".as_bytes(), &["é"], 1, 0);
    lines(b"", &[], 0, 0);
    lines(b"# nobody today\n", &[], 0, 0);
    // No UTF-8, a control character, too long.
    lines(b"a\n\xe9\nb\x07\n", &["a"], 1, 2);
    let long = format!("a\n{}\n{}\n", "y".repeat(4096), "y".repeat(4097));
    lines(long.as_bytes(), &["a"], 2, 1);
}

#[test]
fn what_is_no_lines_at_all_is_no_list() {
    is_no_list(
        Format::Lines,
        b"<!DOCTYPE html><html><body>Bad gateway</body></html>",
    );
    is_no_list(Format::Lines, b"\n  <html>\n");
    is_no_list(Format::Lines, b"\x1f\x8b\x08\x00\x00\x00\x00\x00");
    is_no_list(Format::Lines, b"a\n\0\n");
    is_no_list(Format::Lines, b"\xff\xfe\n\xff\n");
}

#[test]
fn json_is_an_array_or_an_object_with_one() {
    let json = |body: &[u8], entries: &[&'static str], good, bad| {
        holds(Format::Json, body, entries, good, bad);
    };
    json(br#"["a", "b c"]"#, &["a", "b c"], 2, 0);
    json(
        br#" {"whitelist": ["a", "\u00e9"], "of": [1, {"x": null}]} "#,
        &["a", "é"],
        2,
        0,
    );
    json(b"\xef\xbb\xbf[\"a\"]", &["a"], 1, 0);
    json(b"[]", &[], 0, 0);
    json(
        br##"["#d", 1, -1, 1.5, null, true, ["a"], {"a": "b"}, "", "x\u0007"]"##,
        &["#d"],
        1,
        9,
    );
    for body in [
        r#"["a", "b c""#,
        r#"["a"] ["b"]"#,
        r#"["a",]"#,
        r#"{"blacklist": ["a"]}"#,
        r#"{"whitelist": "a"}"#,
        r#"{"whitelist": null}"#,
        r#"{"whitelist": ["a"], "whitelist": ["x"]}"#,
        r#""a""#,
        "null",
        "",
        "a\nb\n",
        "<html></html>",
        "[1, 2]",
    ] {
        is_no_list(Format::Json, body.as_bytes());
    }
    is_no_list(Format::Json, b"[\"\xff\"]");
    is_no_list(Format::Json, &b"[".repeat(100_000));
    is_no_list(
        Format::Json,
        [b"[\"a\", ".to_vec(), b"[".repeat(100_000)]
            .concat()
            .as_slice(),
    );
}

#[test]
fn yaml_is_a_sequence_or_a_mapping_with_one() {
    let yaml = |body: &str, entries: &[&'static str], good, bad| {
        holds(Format::Yaml, body.as_bytes(), entries, good, bad);
    };
    yaml("- a\n- b c\n", &["a", "b c"], 2, 0);
    yaml(
        "---\n# partners\nwhitelist:\n- a\n\n- 'b c' # them\n",
        &["a", "b c"],
        2,
        0,
    );
    yaml(
        "whitelist: # them\r\n  - a\r\n  - \"\\u00e9\"\r\n...\r\n",
        &["a", "é"],
        2,
        0,
    );
    yaml(
        "whitelist: [a, \"b c\",\n  'x', '#d'] # end\n",
        &["a", "b c", "#d", "x"],
        4,
        0,
    );
    yaml("[]", &[], 0, 0);
    yaml("[a,]", &["a"], 1, 0);
    yaml("\u{feff}- a", &["a"], 1, 0);
    yaml("- 'it''s'\n- \"\\x61\"\n- a\n", &["a"], 3, 0);
    yaml(
        "- a\n- null\n- ~\n-\n- b: c\n- &x y\n- *x\n- |\n  text\n- [x]\n- {x: y}\n- \"\\n\"\n- 'open\n",
        &["a"],
        1,
        11,
    );
    yaml("- a\n- x\n  and more\n", &["a"], 1, 1);
    for body in [
        "",
        "# nothing\n",
        "whitelist:\n",
        "whitelist: a\n",
        "blacklist:\n- a\n",
        "a\nb\n",
        "- a\nb\n",
        "- a\n- x\nwhitelist:\n- b c\n",
        " - a\n- x\n",
        "[a, x",
        "[a x\n, 'b",
        "[a]\n[x]\n",
        "[a,, x]",
        "[[a]]",
        "[{a: x}]",
        "<html>\n<body>\n",
        "a: - x",
        "%YAML 1.2\n---\n- a\n",
    ] {
        is_no_list(Format::Yaml, body.as_bytes());
    }
    is_no_list(Format::Yaml, b"- \xff\n");
}

/// Every YAML 1.2 reader reads JSON's strings; another one agrees on what is in these lists.
#[test]
fn another_yaml_reader_finds_the_same_entries() {
    for body in [
        "- a\n- b c\n- x\n",
        "whitelist:\n  - 10.57.0.0/16\n  - \"2001:db8::1\"\n  - 2001:db8::2\n",
        "whitelist: ['it''s', \"q\\\"\\\\\\/\", ::1, -x, ?y, a:b, a#b]",
        "- \"\\u00e9\\x41\\U0001F600\"\n- 'b' # c\n- d # e\n- f#g\n",
    ] {
        let theirs: serde_json::Value = serde_saphyr::from_str(body).unwrap();
        let theirs = theirs
            .get("whitelist")
            .unwrap_or(&theirs)
            .as_array()
            .unwrap()
            .clone();
        let compiled = compile(Format::Yaml, STRINGS, body.as_bytes()).unwrap();
        assert_eq!(
            (compiled.good, compiled.bad),
            (theirs.len() as u64, 0),
            "{body}"
        );
        for entry in theirs {
            let entry = entry.as_str().unwrap().to_owned();
            assert!(
                compiled.entries.contains(Value::Text(&entry)),
                "{entry} of {body}"
            );
        }
    }
}

#[test]
fn a_bad_entry_is_skipped_and_the_rest_counts() {
    let body = b"10.0.0.0/8\n10.0.0.1/8\nlocalhost\n300.1.1.1\n10.0.0.0/33\nfe80::1%eth0\n";
    let compiled = compile(Format::Lines, Kind::Ip, body).unwrap();
    assert_eq!((compiled.good, compiled.bad), (1, 5));
    assert_eq!(compiled.examples, ["10.0.0.1/8", "localhost", "300.1.1.1"]);
    let kind = Kind::Regex { ignore_case: false };
    let body = b"a(\n(.{1000}){1000}\na)|(b\nok\n";
    let compiled = compile(Format::Lines, kind, body).unwrap();
    assert_eq!((compiled.good, compiled.bad), (1, 3));
    let many: String = (0..1500).map(|n| format!("{n}\n")).collect();
    let compiled = compile(Format::Lines, kind, many.as_bytes()).unwrap();
    assert_eq!((compiled.good, compiled.bad), (1000, 500));
}

#[test]
fn a_list_of_bad_entries_alone_is_no_list_and_an_empty_one_is() {
    let none = compile(Format::Lines, Kind::Ip, b"not\nan\naddress\n").unwrap_err();
    assert_eq!(
        none.to_string(),
        "none of its 3 entries is one: \"not, an, address\""
    );
    assert!(compile(Format::Lines, Kind::Ip, b"").is_ok());
}

proptest! {
    #[test]
    fn no_body_is_too_odd(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[-\\[\\]{}\"',:# \\n\\\\ua0w]{0,80}",
        tail in "[-\\[\\]\"',:# \\na]{0,40}",
    ) {
        let whitelist = format!("whitelist: {tail}");
        for body in [bytes.as_slice(), text.as_bytes(), tail.as_bytes(), whitelist.as_bytes()] {
            for format in [Format::Lines, Format::Json, Format::Yaml] {
                for kind in [STRINGS, Kind::Ip, Kind::Regex { ignore_case: false }] {
                    if let Ok(compiled) = compile(format, kind, body) {
                        prop_assert!(compiled.good > 0 || compiled.bad == 0);
                    }
                }
            }
        }
    }
}
