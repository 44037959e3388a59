//! Rules, lists and routes, compiled, and the decision on one call.

mod condition;
mod decide;
mod decision;
mod facts;
mod findings;
mod index;
mod limiter;
mod list;
mod matcher;
mod names;
mod origin;
#[expect(
    clippy::module_inception,
    reason = "the type that the module is named for"
)]
mod policy;
mod principal;
mod refusal;
mod route;
mod rule;
mod truth;
mod vocabulary;

pub use condition::{Condition, Match, Scope};
pub use decision::{Decision, Verdict};
pub use dubbo::Identity;
pub use dubbo::refusal::Form;
pub use facts::{CallFacts, Reading};
pub use findings::Findings;
pub use index::Index;
pub use limiter::Limiter;
pub use list::{Changes, Fetched, List};
pub use matcher::{Matcher, Pattern};
pub use origin::{Origin, Workload};
pub use policy::{
    Contradictions, ExportedService, ForeignBytes, Mode, Policy, Serializations, Treatment,
};
pub use principal::Principal;
pub use refusal::{Refusal, RefusalKind, refusal_text};
pub use route::Route;
pub use rule::{Action, QuotaUse, Rule};
pub use truth::{Expired, Truth};
pub use vocabulary::Paths;
