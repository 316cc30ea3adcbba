use crate::{KeyframeReason, Time};
use std::time::Duration;

/// How many key frames the viewers of a rendition can cause together.
///
/// Requests are gathered into the next allowed key frame and never lost: a request stays until a key unit has come out
/// ([`KeyframeBudget::emitted`]), whatever is being encoded when it arrives.
#[derive(Clone, Debug)]
pub struct KeyframeBudget {
    policy: KeyframePolicy,
    last: Option<Time>,
    last_loss: Option<Time>,
    /// When the next one is due, and whether a loss alone asks for it.
    pending: Option<Pending>,
}

/// How far apart key frames are at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyframePolicy {
    /// Any two of them, which is what joins and resizes wait for.
    pub any: Duration,
    /// Two for losses and decoder failures.
    pub loss: Duration,
}

/// When a request is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The next unit is to be a key frame; a frame at rest is encoded again for it.
    Now,
    /// The same, at this moment.
    At(Time),
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    at: Time,
    loss_only: bool,
}

impl KeyframeBudget {
    /// A budget of which nothing is spent.
    pub fn new(policy: KeyframePolicy) -> Self {
        Self { policy, last: None, last_loss: None, pending: None }
    }

    /// A viewer asks for a key frame.
    pub fn request(&mut self, reason: KeyframeReason, now: Time) -> Grant {
        let loss = matches!(reason, KeyframeReason::Loss | KeyframeReason::Decoder);
        let after = |last: Option<Time>, pause| last.map_or(now, |last| last + pause).max(now);
        let mut at = after(self.last, self.policy.any);
        if loss {
            at = at.max(after(self.last_loss, self.policy.loss));
        }
        let pending = match self.pending {
            Some(earlier) => Pending { at: earlier.at.min(at), loss_only: earlier.loss_only && loss },
            None => Pending { at, loss_only: loss },
        };
        self.pending = Some(pending);
        if pending.at <= now { Grant::Now } else { Grant::At(pending.at) }
    }

    /// Whether the unit that is encoded next has to be a key frame.
    pub fn is_due(&self, now: Time) -> bool {
        self.pending.is_some_and(|pending| pending.at <= now)
    }

    /// When a request will be due.
    pub fn deadline(&self) -> Option<Time> {
        self.pending.map(|pending| pending.at)
    }

    /// A key unit has come out, whoever asked for it. It serves all who wait.
    pub fn emitted(&mut self, now: Time) {
        if self.pending.take().is_some_and(|pending| pending.loss_only) {
            self.last_loss = Some(now);
        }
        self.last = Some(now);
    }
}

impl Default for KeyframePolicy {
    fn default() -> Self {
        Self { any: Duration::from_millis(250), loss: Duration::from_secs(2) }
    }
}

impl Default for KeyframeBudget {
    fn default() -> Self {
        Self::new(KeyframePolicy::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use KeyframeReason::{Decoder, Join, Loss, Resize};

    fn at(millis: u64) -> Time {
        Time::from_epoch(Duration::from_millis(millis))
    }

    #[test]
    fn the_first_request_is_granted_at_once() {
        for reason in [Join, Resize, Loss, Decoder] {
            assert_eq!(KeyframeBudget::default().request(reason, at(5)), Grant::Now);
        }
    }

    #[test]
    fn joins_wait_a_quarter_of_a_second_and_losses_two() {
        let mut budget = KeyframeBudget::default();
        budget.request(Loss, at(0));
        budget.emitted(at(10));
        assert_eq!(budget.request(Loss, at(20)), Grant::At(at(2010)));
        assert!(!budget.is_due(at(2009)) && budget.is_due(at(2010)));
        assert_eq!(budget.request(Join, at(30)), Grant::At(at(260)), "an earlier one serves both");
        budget.emitted(at(260));
        assert_eq!(budget.deadline(), None);
    }

    #[test]
    fn a_request_stays_until_a_key_unit_came_out() {
        let mut budget = KeyframeBudget::default();
        budget.request(Decoder, at(0));
        assert!(
            budget.is_due(at(0)) && budget.is_due(at(5000)),
            "units that are no key frames change nothing"
        );
        budget.emitted(at(5000));
        assert!(!budget.is_due(at(9000)));
    }

    #[test]
    fn a_flood_of_requests_costs_one_key_frame_per_two_seconds() {
        let mut budget = KeyframeBudget::default();
        let mut keys = 0;
        for millis in 0..20_000 {
            budget.request(if millis % 2 == 0 { Loss } else { Decoder }, at(millis));
            if budget.is_due(at(millis)) {
                budget.emitted(at(millis));
                keys += 1;
            }
        }
        assert_eq!(keys, 10);
    }
}
