//! Which services some provider may run for a call.
//!
//! The body names a path and a version, the attachments may name others, and providers differ in whom they believe (seen on
//! Apache Dubbo 3.3.6 and 2.7.23 and on dubbo-go 3.3.1):
//!
//! | | service | version | group |
//! |---|---|---|---|
//! | Java | attachment `path`, else the body's | attachment `version`, else the body's | attachment `group` |
//! | dubbo-go | attachment `path`, else attachment `interface` | attachment `version` | attachment `group` |
//! | dubbo-go, null attachments | the body's | none | none |
//!
//! Both then join what they believe to one string, `group/path:version`, and look that up. So a path can hide a group before
//! a `/` and a version behind a `:`; dubbo-go also strips a leading `/`.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Deref;

use crate::Call;

/// One service that a provider may run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity<'a> {
    /// The service's path; for most services the interface's name.
    pub service: Cow<'a, str>,
    /// The version; empty for none, which `0.0.0` means too.
    pub version: Cow<'a, str>,
    /// The group; empty for none.
    pub group: Cow<'a, str>,
}

/// All services that some provider may run for a call, each one whole; the first is what Java takes the call for, read
/// without a group in its path. One in the calls of usual peers, nine at most.
#[derive(Clone, Debug)]
pub struct Identities<'a> {
    list: List<'a>,
    /// Where the call contradicts itself.
    pub contradictions: Contradictions,
}

/// A list that needs no allocation for one.
#[derive(Clone, Debug)]
enum List<'a> {
    One([Identity<'a>; 1]),
    Many(Vec<Identity<'a>>),
}

/// What no honest caller writes, or only one that calls a service exported under a path of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Contradiction {
    /// The attachment `path` is not the body's path. Dubbo 2.7.7 and newer write that for services exported under a path
    /// of their own: the body then has the interface.
    Path,
    /// The attachment `interface` is not the path that Java runs. Honest, too, for services exported under a path of their
    /// own.
    Interface,
    /// A path with a `:`, which no service can have; Java reads a version behind it.
    IllegalPath,
    /// A group with a `/`, which Dubbo does not let a service have; it would read as the beginning of a path.
    IllegalGroup,
    /// An attachment that decides what runs stands there twice. Java takes the last, Envoy's dubbo_proxy the first.
    DuplicateKey,
}

/// A set of [`Contradiction`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contradictions(u8);

impl Call<'_> {
    /// The services that some provider may run for this call. Allocates nothing where body and attachments agree.
    pub fn identities(&self) -> Identities<'_> {
        let java = self.java_claim();
        let others = [self.go_claim(), Some(self.body_claim())];
        let mut list = List::One([java.whole()]);
        list.add_all(java.hidden());
        for claim in others.into_iter().flatten().filter(|claim| *claim != java) {
            list.add(claim.whole());
            list.add_all(claim.hidden());
        }
        Identities {
            list,
            contradictions: self.contradictions(),
        }
    }

    fn java_claim(&self) -> Claim<'_> {
        let body = self.body_claim();
        Claim {
            path: self.named.path.as_deref().unwrap_or(body.path),
            version: self.named.version.as_deref().unwrap_or(body.version),
            group: body.group,
        }
    }

    /// None where dubbo-go finds no service at all.
    fn go_claim(&self) -> Option<Claim<'_>> {
        let path = if self.attachments.is_null() {
            Some(&self.path)
        } else {
            let non_empty = |name: &&Cow<'_, str>| !name.is_empty();
            self.named.path.as_ref().filter(non_empty).or(self
                .named
                .interface
                .as_ref()
                .filter(non_empty))
        };
        Some(Claim {
            path: path?,
            version: self.named.version.as_deref().unwrap_or_default(),
            group: self.named.group.as_deref().unwrap_or_default(),
        })
    }

    /// The body's words. It has none for a group, so a provider that reads the body takes the attachment's.
    fn body_claim(&self) -> Claim<'_> {
        Claim {
            path: &self.path,
            version: self.version.as_deref().unwrap_or_default(),
            group: self.named.group.as_deref().unwrap_or_default(),
        }
    }

    fn contradictions(&self) -> Contradictions {
        let path = self.named.path.as_deref();
        let interface = self.named.interface.as_deref();
        let illegal_path = [Some(&*self.path), path, interface]
            .into_iter()
            .flatten()
            .any(|path| path.contains(VERSION));
        let illegal_group = self
            .named
            .group
            .as_deref()
            .is_some_and(|group| group.contains(GROUP));
        let mut found = Contradictions::default();
        found.add_if(
            path.is_some_and(|path| path != self.path),
            Contradiction::Path,
        );
        found.add_if(
            interface.is_some_and(|name| name != path.unwrap_or(&self.path)),
            Contradiction::Interface,
        );
        found.add_if(illegal_path, Contradiction::IllegalPath);
        found.add_if(illegal_group, Contradiction::IllegalGroup);
        found.add_if(self.named.duplicates, Contradiction::DuplicateKey);
        found
    }
}

impl<'a> Deref for Identities<'a> {
    type Target = [Identity<'a>];

    fn deref(&self) -> &Self::Target {
        match &self.list {
            List::One(one) => one,
            List::Many(many) => many,
        }
    }
}

impl Contradiction {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] = [
        Self::IllegalPath,
        Self::IllegalGroup,
        Self::DuplicateKey,
        Self::Path,
        Self::Interface,
    ];

    /// The reason in metrics, such as `illegal_path`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Path => "path_mismatch",
            Self::Interface => "interface_mismatch",
            Self::IllegalPath => "illegal_path",
            Self::IllegalGroup => "illegal_group",
            Self::DuplicateKey => "duplicate_key",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Contradictions {
    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of them is there.
    pub const fn contains(self, one: Contradiction) -> bool {
        self.0 & one.bit() != 0
    }

    /// Those that are there, the gravest first.
    pub fn iter(self) -> impl Iterator<Item = Contradiction> {
        Contradiction::ALL
            .into_iter()
            .filter(move |&one| self.contains(one))
    }

    fn add_if(&mut self, found: bool, one: Contradiction) {
        if found {
            self.0 |= one.bit();
        }
    }
}

impl<'a> List<'a> {
    fn add(&mut self, identity: Identity<'a>) {
        match self {
            Self::One([one]) if *one == identity => {}
            Self::One([one]) => *self = Self::Many(vec![one.clone(), identity]),
            Self::Many(many) if many.contains(&identity) => {}
            Self::Many(many) => many.push(identity),
        }
    }

    fn add_all(&mut self, identities: impl Iterator<Item = Identity<'a>>) {
        identities.for_each(|identity| self.add(identity));
    }
}

/// What one kind of provider believes.
#[derive(Clone, Copy, PartialEq)]
struct Claim<'a> {
    path: &'a str,
    version: &'a str,
    group: &'a str,
}

impl<'a> Claim<'a> {
    /// The service without a group in its path. With a version in its path, no other service can be meant.
    fn whole(self) -> Identity<'a> {
        let (path, version) = self.split_version();
        identity(path, version, Cow::Borrowed(self.group))
    }

    /// The services with a group in their path: before its first `/`, or before its last one. A `/` may also end a context
    /// path; that reading is [`Claim::whole`].
    fn hidden(self) -> impl Iterator<Item = Identity<'a>> {
        let (path, version) = self.split_version();
        let first = path.split_once(GROUP);
        let last = path.rsplit_once(GROUP).filter(|last| Some(*last) != first);
        [first, last]
            .into_iter()
            .flatten()
            .map(move |(before, service)| {
                let group = match (self.group, before) {
                    ("", group) | (group, "") => Cow::Borrowed(group),
                    (group, more) => Cow::Owned(format!("{group}/{more}")),
                };
                identity(service, version, group)
            })
    }

    fn split_version(self) -> (&'a str, &'a str) {
        self.path
            .split_once(VERSION)
            .unwrap_or((self.path, self.version))
    }
}

fn identity<'a>(service: &'a str, version: &'a str, group: Cow<'a, str>) -> Identity<'a> {
    let version = if version == NO_VERSION { "" } else { version };
    Identity {
        service: Cow::Borrowed(service),
        version: Cow::Borrowed(version),
        group,
    }
}

/// What ends the group, and begins the version, in the string by which providers look services up.
const GROUP: char = '/';
const VERSION: char = ':';
/// The version that means none.
const NO_VERSION: &str = "0.0.0";
