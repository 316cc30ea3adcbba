use super::{
    Closing, Viewer,
    bell::Bell,
    scale,
    wake::{News, Sources, Timer, next_change, next_news},
    watching::{self, Watching},
};
use crate::{Principal, app::Phase, auth::Verdict, clock};
use bytes::Bytes;
use framewire_codec::Rate;
use framewire_engine::{Error, InputEvent, RenditionKey, ViewerId, Viewport};
use framewire_frame::PixelRatio;
use framewire_protocol::{self as protocol, Close, CloseCode, Hello, NoticeLevel};
use framewire_session::{Input, Move, Output, Session, Time};
use framewire_websocket::{Event, Role, binary_header, close_frame, ping_frame, pong_frame};
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// Bytes of small messages that may wait before nothing more is read.
const MAX_SMALL: usize = 64 << 10;

/// Runs a viewer to its end: one wake for a unit, one write of it, one read of its acknowledgement.
pub(super) async fn drive(mut viewer: Viewer, ahead: Bytes) {
    let stream = viewer.channel.stream.clone();
    let mut phase = viewer.app.phase();
    phase.mark_changed();
    let mut policy = stream.policy_changes();
    policy.mark_changed();
    let mut news = pin!(next_news(Sources { policy, phase, notices: stream.notices() }));
    let mut head = pin!(next_change(None::<watch::Receiver<u64>>));
    let mut rate = pin!(next_change(None::<watch::Receiver<Rate>>));
    let sleep = pin!(sleep_until(Instant::now()));
    let mut timer = Timer::new(sleep);
    let mut hook: Option<Pin<Box<dyn Future<Output = Option<Principal>> + Send>>> = None;
    let mut bell: Option<Bell> = None;
    let mut ahead = Some(ahead);
    let seat = Arc::clone(&viewer.seat);

    poll_fn(|cx| {
        if bell.as_ref().is_none_or(|bell| !bell.belongs_to(cx.waker())) {
            bell = Some(Bell::new(cx.waker()));
            seat.set_waker(cx.waker());
        }
        let Some(bell) = &bell else { return Poll::Ready(()) };
        let mut session = seat.session();
        let now = clock::now(&stream);
        if bell.take() {
            let cx = &mut bell.context();
            while let Poll::Ready((sources, item)) = news.as_mut().poll(cx) {
                news.set(next_news(sources));
                if item == News::Phase(Phase::Abort) {
                    return Poll::Ready(());
                }
                viewer.news(&mut session, item, now);
            }
            while let Poll::Ready(mut receiver) = rate.as_mut().poll(cx) {
                let quality = watching::quality(*receiver.borrow_and_update());
                rate.set(next_change(Some(receiver)));
                session.handle(Input::Quality(quality), now);
            }
            if let Some(asked) = &mut hook
                && let Poll::Ready(verdict) = asked.as_mut().poll(cx)
            {
                hook = None;
                viewer.verdict(&mut session, verdict, now);
            }
            timer.poll(cx, &mut session, now);
        }
        while let Poll::Ready(receiver) = head.as_mut().poll(cx) {
            head.set(next_change(Some(receiver)));
        }
        if let Some(bytes) = ahead.take() {
            viewer.take(&mut session, &bytes, now);
        }
        let turn = viewer.read(cx, &mut session, now).and_then(|()| viewer.pump(cx, &mut session, now));
        let Ok(asks) = turn else { return Poll::Ready(()) };
        let mut again = false;
        if let Some(hello) = asks.hello {
            hook = Some(Box::pin(viewer.ask(hello)));
            again = true;
        }
        if asks.joined
            && let Some(watching) = &viewer.watching
        {
            head.set(next_change(Some(watching.subscription.changed())));
            rate.set(next_change(Some(watching.subscription.rate())));
            again = true;
        }
        if viewer.is_over(now) {
            return Poll::Ready(());
        }
        again |= timer.arm(viewer.deadline(&session), now);
        if again {
            // By way of the runtime: turn after turn in one poll would keep the thread from all else, and the wakers
            // that tokio puts off until the end of the poll would pile up without bound.
            bell.ring();
        }
        Poll::Pending
    })
    .await;
}

/// What a turn of the session wants from the task.
#[derive(Default)]
struct Asks {
    hello: Option<Hello>,
    joined: bool,
}

/// The connection is gone.
struct Gone;

impl Viewer {
    /// Takes bytes that came with the handshake.
    fn take(&mut self, session: &mut Session, mut bytes: &[u8], now: Time) {
        while !bytes.is_empty() {
            let spare = self.reader.spare();
            let n = spare.len().min(bytes.len());
            spare[..n].copy_from_slice(&bytes[..n]);
            self.reader.filled(n);
            bytes = &bytes[n..];
            self.messages(session, now);
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, session: &mut Session, now: Time) -> Result<(), Gone> {
        while self.outbox.small_len() <= MAX_SMALL {
            match self.socket.poll_read(cx, self.reader.spare()) {
                Poll::Pending => break,
                Poll::Ready(Ok(0) | Err(_)) => return Err(Gone),
                Poll::Ready(Ok(n)) => {
                    self.reader.filled(n);
                    self.messages(session, now);
                    // Answers go out between reads, so that a flood is met by the socket's own limits.
                    if self.outbox.small_len() > 0 {
                        self.write(cx, session, now)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn messages(&mut self, session: &mut Session, now: Time) {
        loop {
            let close = match self.reader.next() {
                Ok(None) => return,
                Ok(Some(_)) if self.closing.is_some() => continue,
                Ok(Some(Event::Text(text))) => {
                    session.handle(Input::Text(text), now);
                    continue;
                }
                Ok(Some(Event::Binary(bytes))) => {
                    session.handle(Input::Binary(bytes), now);
                    continue;
                }
                Ok(Some(Event::Ping(payload))) => {
                    self.outbox.push(&pong_frame(payload));
                    session.handle(Input::Alive, now);
                    continue;
                }
                Ok(Some(Event::Close(close))) => close.map_or(CloseCode::Normal.number(), |close| close.code),
                Ok(Some(_)) => {
                    session.handle(Input::Alive, now);
                    continue;
                }
                Err(error) if self.closing.is_none() => {
                    self.outbox.push(&close_frame(error.close_code(), &error.to_string()));
                    return self.begin_closing(now);
                }
                Err(_) => return,
            };
            self.outbox.push(&close_frame(close, ""));
            return self.begin_closing(now);
        }
    }

    /// Does what the session says, and sends units as long as the window and the socket take them.
    fn pump(&mut self, cx: &mut Context<'_>, session: &mut Session, now: Time) -> Result<Asks, Gone> {
        let mut asks = Asks::default();
        if std::mem::take(&mut self.rejoin) {
            asks.joined = self.select(session, now);
        }
        loop {
            self.outputs(session, &mut asks, now);
            let queued = self.closing.is_none()
                && self.outbox.takes_payload()
                && self.next_unit(session, &mut asks, now);
            self.outputs(session, &mut asks, now);
            let drained = self.write(cx, session, now)?;
            if !drained || !queued {
                break;
            }
        }
        // What the last write led to.
        self.outputs(session, &mut asks, now);
        if let Some(watching) = &self.watching {
            watching.report(session.delivery_rate());
        }
        self.shut(cx);
        Ok(asks)
    }

    /// Queues the next unit, if there is one for this viewer.
    fn next_unit(&mut self, session: &mut Session, asks: &mut Asks, now: Time) -> bool {
        let Some(watching) = &mut self.watching else { return false };
        let log = watching.subscription.log();
        let Some(send) = session.next_unit(&**log, now) else { return false };
        let Some(unit) = log.get(send.position) else {
            // The log went on in between; the client sees a gap in `seq`, the cursor a unit that is gone.
            session.handle(Input::Written { remaining: self.outbox.len() }, now);
            return true;
        };
        if let Some(info) = watching.news_before(&self.channel.stream, &unit) {
            session.handle(Input::Reconfigured(info.clone()), now);
            // The config goes before the unit that it describes.
            self.outputs(session, asks, now);
        }
        self.outbox.push_payload(unit.data.clone(), |out| {
            let frame = out.len();
            out.reserve(16 + unit.max_header_len());
            unit.write_header(send.seq, send.publish_time, out);
            // The length of the message is known now; its header goes before.
            let header = binary_header(Role::Server, out.len() - frame + unit.data.len());
            out.splice(frame..frame, header.iter().copied());
        });
        true
    }

    /// Writes what waits; returns whether the socket has taken everything.
    fn write(&mut self, cx: &mut Context<'_>, session: &mut Session, now: Time) -> Result<bool, Gone> {
        while !self.outbox.is_empty() {
            match self.socket.poll_write(cx, &self.outbox.parts()) {
                Poll::Ready(Ok(0) | Err(_)) => return Err(Gone),
                Poll::Ready(Ok(n)) => {
                    self.outbox.advance(n);
                    self.unflushed = true;
                    self.waits = !self.outbox.is_empty();
                    session.handle(Input::Written { remaining: self.outbox.len() }, now);
                }
                Poll::Pending => {
                    if !self.waits {
                        self.waits = true;
                        session.handle(Input::Written { remaining: self.outbox.len() }, now);
                    }
                    return Ok(false);
                }
            }
        }
        if self.unflushed {
            match self.socket.poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Err(Gone),
                Poll::Pending => {}
            }
        }
        Ok(true)
    }

    fn outputs(&mut self, session: &mut Session, asks: &mut Asks, now: Time) {
        while let Some(output) = session.poll() {
            self.output(session, output, asks, now);
        }
    }

    fn output(&mut self, session: &mut Session, output: Output, asks: &mut Asks, now: Time) {
        match output {
            Output::Send(text) => self.outbox.push_text(&text),
            Output::Ping => self.outbox.push(&ping_frame(&[])),
            Output::Ready(ready) => {
                self.ready = ready;
                if let Some(watching) = &self.watching {
                    watching.subscription.set_ready(ready);
                }
            }
            Output::RequestKeyframe(reason) => {
                if let Some(watching) = &self.watching {
                    watching.subscription.request_keyframe(reason);
                }
            }
            Output::Event(event) => self.event(event),
            Output::Viewport(viewport) => self.channel.stream.report_viewport(Viewport {
                width: viewport.pwidth,
                height: viewport.pheight,
                ratio: PixelRatio::new(viewport.ratio).unwrap_or(PixelRatio::ONE),
            }),
            Output::Authenticate(hello) => {
                self.capabilities = hello.supported;
                asks.hello = Some(hello);
            }
            Output::Select(_) => asks.joined |= self.select(session, now),
            Output::Move(step) => {
                let key = self.watching.as_ref().map(Watching::key);
                let next = key.and_then(|key| match step {
                    Move::Smaller => key.smaller(),
                    Move::Larger => key.larger(),
                });
                if let Some(key) = next {
                    asks.joined |= self.join(session, key, now);
                }
            }
            Output::Close(close) => {
                self.outbox.push(&close_frame(close.code.number(), &close.reason));
                self.begin_closing(now);
            }
            _ => {}
        }
    }

    fn news(&mut self, session: &mut Session, news: News, now: Time) {
        match news {
            News::Phase(Phase::Running | Phase::Abort) => {}
            News::Phase(Phase::Draining) => session.handle(Input::Shutdown, now),
            News::Notice(text) => {
                session.handle(Input::Notice(protocol::Notice { level: NoticeLevel::Warn, text }), now);
            }
            News::Policy if self.channel.stream.is_closed() => session.handle(Input::StreamEnded, now),
            News::Policy => self.policy_changed(session, now),
        }
    }

    fn policy_changed(&mut self, session: &mut Session, now: Time) {
        let Some(watching) = &mut self.watching else { return };
        match self.channel.stream.select(self.capabilities) {
            Some(key) if key.kind == watching.key().kind => {
                if let Some(info) = watching.news_of_policy(&self.channel.stream) {
                    session.handle(Input::Reconfigured(info.clone()), now);
                }
            }
            _ => self.rejoin = true,
        }
    }

    /// Puts the viewer on what it gets by the stream's policy; returns whether it is there.
    fn select(&mut self, session: &mut Session, now: Time) -> bool {
        match self.channel.stream.select(self.capabilities) {
            Some(key) => self.join(session, key, now),
            None => {
                session.handle(Input::NoTransport, now);
                false
            }
        }
    }

    fn join(&mut self, session: &mut Session, key: RenditionKey, now: Time) -> bool {
        let input = match Watching::join(&self.channel.stream, key, self.capabilities) {
            Ok(watching) => {
                watching.subscription.set_ready(self.ready);
                let info = watching.info().clone();
                self.seat.set_rendition(key);
                // The viewer's place in the rendition before is given up now.
                self.watching = Some(watching);
                session.handle(Input::Rendition(info), now);
                return true;
            }
            Err(Error::Closed { .. }) => Input::StreamEnded,
            Err(error) => {
                tracing::warn!(stream = self.channel.stream.name(), "a viewer can't be served: {error}");
                Input::Refuse(Close::new(CloseCode::Internal, error.to_string()))
            }
        };
        session.handle(input, now);
        false
    }

    fn event(&self, event: protocol::InputEvent) {
        let stream = &self.channel.stream;
        let event = match &self.watching {
            Some(watching) => scale::to_frame(event, watching.info().size, watching.frame_size()),
            None => event,
        };
        let principal = self.seat.principal.get().cloned();
        stream.push_event(InputEvent {
            viewer: ViewerId(self.seat.id),
            principal,
            received: stream.now(),
            event,
        });
    }

    /// The question for the authenticator, with its time limit.
    fn ask(&mut self, hello: Hello) -> impl Future<Output = Option<Principal>> + Send + 'static {
        let app = Arc::clone(&self.app);
        let request = self.request.take().map(|request| *request).unwrap_or_default();
        async move {
            let Some(auth) = &app.auth else { return Some(Principal::default()) };
            let mut request = request.settle(hello.token);
            request.hello = Some(hello.json.into());
            let verdict: Verdict<'_> = auth.authenticate(request);
            tokio::time::timeout(app.limits.authentication, verdict).await.ok().flatten()
        }
    }

    fn verdict(&mut self, session: &mut Session, verdict: Option<Principal>, now: Time) {
        let Some(principal) = verdict else { return session.handle(Input::Rejected, now) };
        if let Some(name) = principal.name {
            let _ = self.seat.principal.set(name);
        }
        session.handle(Input::Admitted(principal.role), now);
    }

    fn begin_closing(&mut self, now: Time) {
        if self.closing.is_none() {
            self.closing = Some(Closing { until: now + self.app.limits.drain, shut: false });
            self.watching = None;
        }
    }

    /// Once everything is out: no more comes from here.
    fn shut(&mut self, cx: &mut Context<'_>) {
        if let Some(closing) = &mut self.closing
            && !closing.shut
            && self.outbox.is_empty()
        {
            // An error shows when the peer's end is read.
            closing.shut = self.socket.poll_shutdown(cx).is_ready();
        }
    }

    fn is_over(&self, now: Time) -> bool {
        self.closing.as_ref().is_some_and(|closing| now >= closing.until)
    }

    fn deadline(&self, session: &Session) -> Option<Time> {
        match &self.closing {
            Some(closing) => Some(closing.until),
            None => session.deadline(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer::Socket;

    #[test]
    fn the_task_of_a_viewer_is_small() {
        fn size_of<F: Future>(_: impl FnOnce(Viewer, Bytes) -> F) -> usize {
            size_of_future::<F>()
        }
        const fn size_of_future<F>() -> usize {
            std::mem::size_of::<F>()
        }
        let size = size_of(drive);
        assert!(size < 4 << 10, "{size} bytes for each viewer");
        assert!(std::mem::size_of::<Socket>() < 256);
    }
}
