//! Where every record is.

/// `made == queued + in_flight + sent + queue_full + send_failed + rejected`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Books {
    /// Records that were to be sent.
    pub made: u64,
    /// Waiting.
    pub queued: u64,
    /// In the batch that is being sent or waits for its retry.
    pub in_flight: u64,
    /// Taken by the collector.
    pub sent: u64,
    /// Lost because the queue was full.
    pub queue_full: u64,
    /// Lost because their batch could not be sent, after all retries.
    pub send_failed: u64,
    /// Lost because the collector did not take them.
    pub rejected: u64,
    /// Denials without a record of their own, because their rule had too many in a second: counted in one record instead.
    pub summarized: u64,
}

impl Books {
    /// Lost since then, by reason.
    pub fn dropped_since(&self, then: &Books) -> [(&'static str, u64); 3] {
        [
            (
                "queue_full",
                self.queue_full.saturating_sub(then.queue_full),
            ),
            (
                "send_failed",
                self.send_failed.saturating_sub(then.send_failed),
            ),
            ("rejected", self.rejected.saturating_sub(then.rejected)),
        ]
    }

    /// All counts, as attributes of a batch.
    pub(super) fn counts(&self) -> [(&'static str, u64); 8] {
        [
            ("dubbo.policy.reports.made", self.made),
            ("dubbo.policy.reports.queued", self.queued),
            ("dubbo.policy.reports.in_flight", self.in_flight),
            ("dubbo.policy.reports.sent", self.sent),
            ("dubbo.policy.reports.queue_full", self.queue_full),
            ("dubbo.policy.reports.send_failed", self.send_failed),
            ("dubbo.policy.reports.rejected", self.rejected),
            ("dubbo.policy.reports.summarized", self.summarized),
        ]
    }
}
