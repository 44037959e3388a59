//! What a call says, as plain values: what rules look at, and what its books will say.

use core::cell::RefCell;
use std::borrow::Cow;
use std::rc::Rc;

use dubbo::edit::EditError;
use dubbo::{AttachmentValue, Call, Contradiction, Identities, Identity, LoneSurrogate, edit};

use super::reason::GROUP_AS_PATH;
use crate::policy::{CallFacts, Findings, Origin, Policy};

/// The facts of a call that stand in its bytes. All calls that say the same share them.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(super) identities: Vec<Identity<'static>>,
    /// `None` when the body was not read.
    pub(super) method: Option<Box<str>>,
    pub(super) generic: Option<Box<str>>,
    pub(super) claimed_app: Option<Cow<'static, str>>,
    /// By slot of `Policy::attachment_keys`.
    pub(super) attachments: Vec<Option<Cow<'static, str>>>,
    /// Why the call cannot be judged by rules, or should not be.
    pub(super) flaw: Option<Flaw>,
    /// Whether it has an attachment that only routes may set.
    pub(super) has_owned: bool,
    /// Why routes cannot set attachments of it.
    pub(super) unwritable: Option<EditError>,
    /// What the policy's rules said of the last call with these facts.
    looked: RefCell<Option<Looked>>,
}

/// What rules said of a call, and what they looked at besides the bytes of its body.
#[derive(Debug)]
struct Looked {
    origin: Rc<Origin>,
    one_way: bool,
    callback: bool,
    findings: Rc<Findings>,
}

/// What a well-formed call should not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It names different services, and the configuration does not say that they are one.
    Contradiction(Contradiction),
    /// Its group and its path, joined by the `/` with which providers look services up, are the path of another service that
    /// the policy names: `ctx/com.acme.A` without a group.
    GroupAsPath,
    /// An attachment that the policy looks at is no text.
    NotText,
}

/// The attachments in which callers say which application they are: Dubbo 2.7 and newer, and the JavaScript clients.
const CLAIMED_APP: [&str; 2] = ["remote.application", "application"];

impl Facts {
    pub(super) fn of(call: &Call<'_>, policy: &Policy) -> Facts {
        let identities = call.identities();
        let attachments: Result<_, _> = policy
            .attachment_keys
            .iter()
            .map(|key| attachment(call, key))
            .collect();
        let claimed_app = claimed_app(call, policy.looks_at_claimed_app);
        let flaw = match contradiction(call, &identities, policy) {
            _ if attachments.is_err() || claimed_app.is_err() => Some(Flaw::NotText),
            None => group_as_path(call, policy).then_some(Flaw::GroupAsPath),
            contradiction => contradiction.map(Flaw::Contradiction),
        };
        Facts {
            identities: identities.iter().map(owned).collect(),
            method: Some(call.target_method().into()),
            generic: call
                .generic
                .as_ref()
                .map(|target| target.generic.as_ref().into()),
            claimed_app: claimed_app.ok().flatten(),
            attachments: attachments.unwrap_or_default(),
            flaw,
            has_owned: edit::has_owned(call, &policy.owned_attachments),
            unwritable: edit::check(call, &policy.owned_attachments).err(),
            looked: RefCell::default(),
        }
    }

    /// What is kept of the facts until the call has ended: all of them, unless they are unusually long. A caller must not
    /// be able to fill the memory with names; reports cut them anyway.
    pub(super) fn to_keep(self: Rc<Facts>) -> Rc<Facts> {
        let attachments = self.attachments.iter().flatten().map(|text| text.len());
        let names = self
            .identities
            .iter()
            .map(|identity| identity.service.len() + identity.version.len() + identity.group.len());
        let app = self.claimed_app.as_ref().map_or(0, |app| app.len());
        let method = self.method();
        if attachments.chain(names).sum::<usize>() + method.len() + app <= MOST_KEPT {
            return self;
        }
        let (service, version, group) = self.runs();
        Rc::new(Facts {
            identities: vec![Identity {
                service: beginning(service),
                version: beginning(version),
                group: beginning(group),
            }],
            method: Some(beginning(method).into()),
            claimed_app: self.claimed_app.as_deref().map(beginning),
            ..Facts::default()
        })
    }

    /// What the rules say of a call with these facts: they are asked again only when it is made by somebody else, or in
    /// another way, or when its arguments have a say. When a list changes, [`Memory`](super::memory::Memory) forgets the facts.
    pub(super) fn findings(
        &self,
        call: &CallFacts<'_>,
        origin: &Rc<Origin>,
        policy: &Policy,
    ) -> Rc<Findings> {
        if call.classes.is_some_and(|classes| !classes.is_empty()) {
            return Rc::new(policy.look_at(call));
        }
        let mut looked = self.looked.borrow_mut();
        if let Some(looked) = &*looked
            && (Rc::ptr_eq(&looked.origin, origin) || looked.origin == *origin)
            && looked.one_way == call.one_way
            && looked.callback == call.callback
        {
            return Rc::clone(&looked.findings);
        }
        let findings = Rc::new(policy.look_at(call));
        *looked = Some(Looked {
            origin: Rc::clone(origin),
            one_way: call.one_way,
            callback: call.callback,
            findings: Rc::clone(&findings),
        });
        findings
    }

    /// The method, "" when it is not known.
    pub(super) fn method(&self) -> &str {
        self.method.as_deref().unwrap_or_default()
    }

    /// What Java runs: service, version, group.
    pub(super) fn runs(&self) -> (&str, &str, &str) {
        self.identities.first().map_or(("", "", ""), |runs| {
            (&*runs.service, &*runs.version, &*runs.group)
        })
    }
}

/// Bytes of text that a call in flight keeps as they are; of longer ones it keeps the beginnings.
const MOST_KEPT: usize = 1024;

/// The first 256 bytes of a text, or a little less.
fn beginning(text: &str) -> Cow<'static, str> {
    let end = text.floor_char_boundary(256);
    Cow::Owned(text.get(..end).unwrap_or_default().to_owned())
}

impl Flaw {
    pub(super) fn name(self) -> &'static str {
        match self {
            Flaw::Contradiction(contradiction) => contradiction.name(),
            Flaw::GroupAsPath => GROUP_AS_PATH,
            Flaw::NotText => "lone_surrogate",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Flaw::Contradiction(_) => "body and attachments name different services",
            Flaw::GroupAsPath => "group and path together are the path of another service",
            Flaw::NotText => "an attachment holds half a surrogate pair",
        }
    }
}

/// What the call says of itself that cannot all be true, unless the configuration says that it can.
fn contradiction(
    call: &Call<'_>,
    identities: &Identities<'_>,
    policy: &Policy,
) -> Option<Contradiction> {
    let text = |key| attachment(call, key).ok().flatten();
    identities.contradictions.iter().find(|contradiction| {
        let path = || text("path").unwrap_or_else(|| Cow::Owned(call.path.clone().into_owned()));
        match contradiction {
            // Since Dubbo 2.7.7 the body has the interface, for a service that is exported under a path of its own.
            Contradiction::Path => !policy.exports(&call.path, &path()),
            Contradiction::Interface => {
                !text("interface").is_some_and(|interface| policy.exports(&interface, &path()))
            }
            _ => true,
        }
    })
}

fn group_as_path(call: &Call<'_>, policy: &Policy) -> bool {
    let text = |key| attachment(call, key).ok().flatten();
    let Some(group) = text("group").filter(|group| !group.is_empty()) else {
        return false;
    };
    let paths = [
        text("path"),
        text("interface"),
        Some(Cow::Owned(call.path.clone().into_owned())),
    ];
    paths
        .into_iter()
        .flatten()
        .any(|path| policy.paths.contain(&format!("{group}/{path}")))
}

/// The caller's claim. Only where rules or quotas look at it has it to be text; reports take it with U+FFFD in it.
fn claimed_app(
    call: &Call<'_>,
    looked_at: bool,
) -> Result<Option<Cow<'static, str>>, LoneSurrogate> {
    for key in CLAIMED_APP {
        let app = match attachment(call, key) {
            Err(_) if !looked_at => lossy_attachment(call, key),
            app => app?,
        };
        if app.is_some() {
            return Ok(app);
        }
    }
    Ok(None)
}

fn lossy_attachment(call: &Call<'_>, key: &str) -> Option<Cow<'static, str>> {
    match call.attachments.get(key)?.value() {
        AttachmentValue::String(text) => Some(Cow::Owned(text.to_str_lossy().into_owned())),
        _ => None,
    }
}

fn attachment(call: &Call<'_>, key: &str) -> Result<Option<Cow<'static, str>>, LoneSurrogate> {
    let text = call
        .attachments
        .get(key)
        .map_or(Ok(None), |pair| pair.text())?;
    Ok(text.map(|text| Cow::Owned(text.into_owned())))
}

fn owned(identity: &Identity<'_>) -> Identity<'static> {
    let own = |text: &str| Cow::Owned(text.to_owned());
    Identity {
        service: own(&identity.service),
        version: own(&identity.version),
        group: own(&identity.group),
    }
}

/// Multiplies, and folds the upper half of the product into the lower: every bit of the result depends on all bits.
pub(super) fn mix(word: u64) -> u64 {
    let product = u128::from(word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::rc::Rc;

    use super::{Facts, MOST_KEPT};
    use dubbo::Identity;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn facts(service: String, attachment: String) -> Rc<Facts> {
        Rc::new(Facts {
            identities: vec![Identity {
                service: Cow::Owned(service),
                version: Cow::Borrowed(""),
                group: Cow::Borrowed(""),
            }],
            attachments: vec![Some(Cow::Owned(attachment))],
            ..Facts::default()
        })
    }

    #[test]
    fn usual_facts_are_kept_as_they_are() {
        let usual = facts("com.acme.Users".to_owned(), "canary".to_owned());
        assert!(Rc::ptr_eq(&Rc::clone(&usual).to_keep(), &usual));
    }

    #[test]
    fn of_long_texts_a_call_in_flight_keeps_the_beginning() {
        let kept = facts("é".repeat(MOST_KEPT), String::new()).to_keep();
        assert_eq!(kept.runs().0, "é".repeat(128));
        let kept = facts("com.acme.Users".to_owned(), "x".repeat(8 << 20)).to_keep();
        assert_eq!(
            (kept.runs().0, kept.attachments.len()),
            ("com.acme.Users", 0)
        );
    }
}
