//! The body of a request of any bytes: what it says, what is remembered of it, and what an edit makes of it.

use dubbo::edit::{check as editable, has_owned, set_attachments};
use dubbo::{
    AttachmentValue, Call, CallErrorKind, Carried, Contradiction, HEAD_LEN, Head, Kind, Limits,
    Outline, RequestId, Serialization,
};
use hessian::Text;

/// The attachments that routes set.
const OWNED: [&str; 2] = ["lane", "zone"];
const OURS: [(&str, &str); 1] = [("lane", "ours")];

/// The first byte chooses the serialization; the next three change one byte of the body, which makes another body to compare with.
pub fn check(input: &[u8]) {
    let Some((&[serialization, high, low, change], body)) = input.split_first_chunk() else {
        return;
    };
    let serialization = match serialization & 1 {
        0 => Serialization::HESSIAN2,
        _ => Serialization::FASTJSON2,
    };
    let Some(call) = read(body, serialization) else {
        return;
    };
    identities(&call);
    attachments(&call);
    classes(&call.carried(), &call.descriptor);
    edited(&call, body, serialization);
    let mut other = body.to_vec();
    let at = usize::from(u16::from_be_bytes([high, low])) % other.len();
    other[at] ^= change;
    remembered(&call, body, &other, serialization);
}

fn read(body: &[u8], serialization: Serialization) -> Option<Call<'_>> {
    match Call::parse(body, serialization, Limits::default()) {
        Ok(call) => Some(call),
        Err(error) => {
            assert!(error.offset <= body.len(), "{error}");
            assert!(!error.name().is_empty() && !error.field.is_empty());
            None
        }
    }
}

/// What may run is made of what the call says, and a call that contradicts itself is known.
fn identities(call: &Call<'_>) {
    let identities = call.identities();
    assert!((1..=9).contains(&identities.len()));
    let text = |key: &str| {
        call.attachments
            .get(key)
            .and_then(|pair| pair.text().ok().flatten())
    };
    let (path, interface) = (text("path"), text("interface"));
    let words: Vec<&str> = [
        Some(&*call.path),
        path.as_deref(),
        interface.as_deref(),
        call.version.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let (version, group) = (text("version"), text("group"));
    // Providers look services up by one string, in which any of the three may hold a part of its neighbours.
    let group = group.unwrap_or_default();
    let keys: Vec<String> = words.iter().map(|word| format!("{group}/{word}")).collect();
    for identity in identities.iter() {
        assert!(
            words.iter().any(|word| word.contains(&*identity.service)),
            "{identity:?}"
        );
        assert!(
            keys.iter().any(|key| key.contains(&*identity.group)),
            "{identity:?}"
        );
        let named = version.as_deref() == Some(&*identity.version);
        assert!(
            named || words.iter().any(|word| word.contains(&*identity.version)),
            "{identity:?}"
        );
    }
    let contradicts =
        |which: Contradiction| identities.contradictions.iter().any(|found| found == which);
    assert_eq!(
        contradicts(Contradiction::Path),
        path.as_deref().is_some_and(|path| path != call.path)
    );
    assert!(!call.target_method().is_empty() || call.generic.is_some() || call.method.is_empty());
}

/// The classes that a call carries, or that they cannot be told; those whose fields are not the canonical ones are among them,
/// and the descriptor stands for the types of parameters.
fn classes(carried: &Carried<'_>, descriptor: &Text<'_>) -> Option<(Vec<String>, Vec<String>)> {
    let names = carried.classes().ok()?;
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "{name:?} stands there twice");
    }
    let altered: Vec<_> = carried.altered().collect();
    assert!(
        altered
            .iter()
            .all(|name| names.contains(name) || *name == descriptor)
    );
    let shown = |name: &Text<'_>| format!("{:?}", name.as_bytes());
    Some((
        names.iter().map(shown).collect(),
        altered.into_iter().map(shown).collect(),
    ))
}

/// Of duplicates the last one counts, and no value is read differently twice.
fn attachments(call: &Call<'_>) {
    assert!(call.attachments.iter().len() == 0 || !call.attachments.is_null());
    for pair in &call.attachments {
        let Ok(key) = pair.key.to_str() else { continue };
        let last = call
            .attachments
            .iter()
            .rev()
            .find(|other| other.key == pair.key);
        assert_eq!(call.attachments.get(&key), last);
        let text = pair.text();
        if let (AttachmentValue::String(value), Ok(Some(text))) = (pair.value(), &text) {
            assert!(value == **text);
        }
    }
}

/// An edit leaves everything but the owned attachments as it is, byte for byte, and the result is read as a call.
fn edited(call: &Call<'_>, body: &[u8], serialization: Serialization) {
    let head = Head {
        kind: Kind::Request { two_way: true },
        event: false,
        serialization,
        id: RequestId(7),
        body_len: u32::try_from(body.len()).expect("a short body"),
    };
    let mut out = b"before".to_vec();
    let written = set_attachments(&mut out, &head, call, &OURS, &OWNED);
    assert_eq!(written.err(), editable(call, &OWNED).err());
    if written.is_err() {
        assert_eq!(out, b"before");
        return;
    }
    let frame = out.strip_prefix(b"before").expect("what was there stays");
    let new_head = Head::parse(frame.first_chunk().expect("a head")).expect("a right head");
    assert_eq!(new_head.frame_len(), frame.len());
    let new_body = &frame[HEAD_LEN..];
    let begin = call.attachments_at;
    assert_eq!(new_body.get(..begin), body.get(..begin));
    let new = match Call::parse(new_body, serialization, Limits::default()) {
        Ok(new) => new,
        // One attachment more may be one too many for us, though not for a provider.
        Err(error) if error.kind == CallErrorKind::TooManyAttachments => return,
        Err(error) => panic!("an edit that is no call: {error}"),
    };
    assert!(has_owned(&new, &OWNED));
    let is_owned = |key: &str| OWNED.iter().any(|owned| key.eq_ignore_ascii_case(owned));
    let shown = |call: &Call<'_>| -> Vec<String> {
        let pairs = call.attachments.iter();
        pairs
            .filter(|pair| !pair.key.to_str().is_ok_and(|key| is_owned(&key)))
            .map(|pair| {
                format!(
                    "{:?} {:?} {:?}",
                    pair.key.as_bytes(),
                    pair.value(),
                    pair.text()
                )
            })
            .collect()
    };
    let owned: Vec<(String, String)> = new
        .attachments
        .iter()
        .filter(|pair| pair.key.to_str().is_ok_and(|key| is_owned(&key)))
        .map(|pair| {
            (
                pair.key.to_str_lossy().into(),
                pair.text().ok().flatten().unwrap_or_default().into(),
            )
        })
        .collect();
    assert_eq!(
        owned,
        OURS.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
    if !call.attachments.is_null() {
        assert_eq!(shown(&new), shown(call));
        // What may run is what it was.
        assert!(new.identities().iter().eq(call.identities().iter()));
    }
    let mut again = Vec::new();
    set_attachments(&mut again, &new_head, &new, &OURS, &OWNED).expect("an edit can be edited");
    assert_eq!(again, frame);
}

/// What a call says, but for its arguments.
fn words(call: &Call<'_>) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        call.path,
        call.version,
        call.method,
        call.descriptor,
        call.attachments,
        call.identities(),
    )
}

/// A body fits the outline of a call exactly if it is a call with that outline, and then it says the same.
fn remembered(call: &Call<'_>, body: &[u8], other: &[u8], serialization: Serialization) {
    let Some(outline) = Outline::of(call) else {
        return;
    };
    let again = outline
        .fits(body, Limits::default())
        .expect("a call fits its own outline");
    assert_eq!(
        classes(&again, &call.descriptor),
        classes(&call.carried(), &call.descriptor)
    );
    assert!(!outline.is_empty() && outline.len() <= body.len());
    let read = Call::parse(other, serialization, Limits::default());
    let same = read
        .as_ref()
        .is_ok_and(|other| Outline::of(other).as_ref() == Some(&outline));
    let fits = outline.fits(other, Limits::default());
    assert_eq!(fits.is_some(), same);
    if let (Some(carried), Ok(other)) = (fits, &read) {
        assert_eq!(words(other), words(call));
        assert_eq!(
            classes(&carried, &call.descriptor),
            classes(&other.carried(), &other.descriptor)
        );
    }
}
