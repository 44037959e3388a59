//! What is known of a condition. A list that has expired makes one unknown, which is neither true nor false.

/// A truth value of Kleene's three-valued logic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It cannot be told, because this list has expired.
    Unknown(Expired),
    /// It holds.
    True,
}

/// A list that has expired, and what is to follow (`when_expired`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// The list's place in `Policy::list_names`.
    pub list: usize,
    /// `deny`: where a rule could refuse a call, it does. Else, with `skip`, the rule does not apply.
    pub refuses: bool,
}

impl Truth {
    /// Whether it is known to hold.
    pub fn is_true(self) -> bool {
        self == Truth::True
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, truth) | (truth, Truth::True) => truth,
            (Truth::Unknown(one), Truth::Unknown(other)) => Truth::Unknown(one.or_stricter(other)),
        }
    }

    /// One of the two holds.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        !(!self).and(!other)
    }

    /// Each of them holds. They are looked at until one does not.
    pub fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut all = Truth::True;
        for truth in truths {
            all = all.and(truth);
            if all == Truth::False {
                break;
            }
        }
        all
    }

    /// One of them holds. They are looked at until one does.
    pub fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        !Truth::all(truths.into_iter().map(|truth| !truth))
    }
}

impl core::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown(expired) => Truth::Unknown(expired),
            Truth::True => Truth::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        match holds {
            true => Truth::True,
            false => Truth::False,
        }
    }
}

impl Expired {
    /// Which of two that leave the same question open counts: one that refuses, and else the first of the policy. It must
    /// not depend on which was looked at first.
    pub(super) fn or_stricter(self, other: Expired) -> Expired {
        let rank = |expired: Expired| (!expired.refuses, expired.list);
        if rank(other) < rank(self) {
            other
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Expired, Truth};

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const fn unknown(list: usize, refuses: bool) -> Truth {
        Truth::Unknown(Expired { list, refuses })
    }

    const VALUES: [Truth; 5] = [
        Truth::False,
        unknown(1, false),
        unknown(0, false),
        unknown(1, true),
        Truth::True,
    ];

    /// Kleene's tables, with F < U < T: `and` is the lesser, `or` the greater, `not` turns the order round.
    fn rank(truth: Truth) -> i8 {
        match truth {
            Truth::False => -1,
            Truth::Unknown(_) => 0,
            Truth::True => 1,
        }
    }

    #[test]
    fn connectives_are_those_of_kleene() {
        for a in VALUES {
            assert_eq!(rank(!a), -rank(a));
            assert_eq!(!!a, a);
            for b in VALUES {
                assert_eq!(rank(a.and(b)), rank(a).min(rank(b)), "{a:?} and {b:?}");
                assert_eq!(rank(a.or(b)), rank(a).max(rank(b)), "{a:?} or {b:?}");
                assert_eq!(a.and(b), b.and(a));
                assert_eq!(a.or(b), b.or(a));
                assert_eq!(Truth::all([a, b]), a.and(b));
                assert_eq!(Truth::any([a, b]), a.or(b));
                for c in VALUES {
                    assert_eq!(a.and(b.and(c)), a.and(b).and(c));
                }
            }
        }
        assert_eq!(Truth::all([]), Truth::True);
        assert_eq!(Truth::any([]), Truth::False);
    }

    #[test]
    fn of_two_expired_lists_the_one_that_refuses_counts() {
        let (skips, refuses) = (unknown(0, false), unknown(1, true));
        assert_eq!(skips.and(refuses), refuses);
        assert_eq!(skips.or(refuses), refuses);
        assert_eq!(skips.and(unknown(1, false)), skips);
    }
}
