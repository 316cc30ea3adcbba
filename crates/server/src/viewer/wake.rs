//! What wakes a viewer's task beside its socket.

use crate::app::Phase;
use framewire_engine::Notice;
use framewire_session::{Input, Session, Time};
use std::{
    future::{Future, pending, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, Sleep},
};

/// A session's moment in the past that stays there does not make the task spin.
const SHORTEST_TIMER: Duration = Duration::from_millis(1);

/// A timer that is moved as seldom as possible: it may ring early, and is then set again.
pub(super) struct Timer<'a> {
    sleep: Pin<&'a mut Sleep>,
    /// The moment that it is set for. It rings a little later where that had passed already.
    armed_for: Time,
    rang: bool,
}

impl<'a> Timer<'a> {
    /// A timer that is not set.
    pub(super) fn new(sleep: Pin<&'a mut Sleep>) -> Self {
        Self { sleep, armed_for: Time::ZERO, rang: true }
    }

    /// Tells the session when its moment has come.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, session: &mut Session, now: Time) {
        if self.rang || self.sleep.as_mut().poll(cx).is_pending() {
            return;
        }
        self.rang = true;
        if session.deadline().is_some_and(|deadline| now >= deadline) {
            session.handle(Input::Timeout, now);
        }
    }

    /// Sees to it that the timer rings by `deadline`; returns whether it has to be polled for that.
    pub(super) fn arm(&mut self, deadline: Option<Time>, now: Time) -> bool {
        let Some(deadline) = deadline else { return false };
        if !self.rang && self.armed_for <= deadline {
            return false;
        }
        let wait = deadline.since(now).max(SHORTEST_TIMER);
        self.armed_for = deadline;
        self.rang = false;
        self.sleep.as_mut().reset(Instant::now() + wait);
        true
    }
}

/// What happens to a stream or the server, seldom.
pub(super) struct Sources {
    pub(super) policy: watch::Receiver<u64>,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) notices: broadcast::Receiver<Notice>,
}

#[derive(Debug, PartialEq)]
pub(super) enum News {
    Policy,
    Phase(Phase),
    Notice(String),
}

pub(super) async fn next_news(mut sources: Sources) -> (Sources, News) {
    let item = {
        let mut policy = pin!(sources.policy.changed());
        let mut phase = pin!(sources.phase.changed());
        let mut notice = pin!(next_notice(&mut sources.notices));
        poll_fn(|cx| {
            // A notice before the policy that it goes with: it is heard by those whom the policy sends away, too.
            if let Poll::Ready(text) = notice.as_mut().poll(cx) {
                return Poll::Ready(Some(News::Notice(text)));
            }
            if let Poll::Ready(Ok(())) = phase.as_mut().poll(cx) {
                return Poll::Ready(None);
            }
            match policy.as_mut().poll(cx) {
                Poll::Ready(Ok(())) => Poll::Ready(Some(News::Policy)),
                _ => Poll::Pending,
            }
        })
        .await
    };
    let item = item.unwrap_or_else(|| News::Phase(*sources.phase.borrow()));
    (sources, item)
}

async fn next_notice(notices: &mut broadcast::Receiver<Notice>) -> String {
    loop {
        match notices.recv().await {
            Ok(notice) if notice.is_for_viewers() => return notice.to_string(),
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => pending().await,
        }
    }
}

/// The receiver, once its value has changed; never without one, or when nobody can change it any more.
pub(super) async fn next_change<T>(receiver: Option<watch::Receiver<T>>) -> watch::Receiver<T> {
    if let Some(mut receiver) = receiver
        && receiver.changed().await.is_ok()
    {
        return receiver;
    }
    pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Time {
        Time::ZERO + Duration::from_micros(micros)
    }

    #[tokio::test]
    async fn a_moment_that_has_passed_sets_the_timer_once() {
        let sleep = pin!(tokio::time::sleep(Duration::ZERO));
        let mut timer = Timer::new(sleep);
        assert!(timer.arm(Some(at(500)), at(900)), "it has to be polled");
        assert!(!timer.arm(Some(at(500)), at(950)), "it would never ring if it were set anew in every turn");
        assert!(timer.arm(Some(at(400)), at(960)), "an earlier moment counts");
        assert!(!timer.arm(Some(at(700)), at(970)), "a later one is looked at when it rings");
    }
}
