use std::collections::VecDeque;

/// What the queue has to know about an event.
pub(crate) trait Queued {
    /// Whether `next`, coming right after, makes this event superfluous: both say where the same thing now is.
    fn is_superseded_by(&self, next: &Self) -> bool;

    /// Whether it ends something that an application may wait for: a key or button that was let go.
    fn is_release(&self) -> bool;

    /// Whether `later` ends the same thing as this release.
    fn is_repeated_by(&self, later: &Self) -> bool;

    /// Bytes of memory, about.
    fn cost(&self) -> usize;
}

/// A bounded queue of input events.
///
/// A move takes the place of a move of the same thing when nothing else lies between them. When the queue is full the
/// oldest event that is no release goes. Releases alone may fill twice the capacity; then one goes that a later one
/// repeats, and only if there is none the oldest of all.
#[derive(Debug)]
pub(crate) struct EventQueue<T> {
    capacity: usize,
    events: VecDeque<T>,
    bytes: usize,
    dropped: u64,
}

/// The memory of all events of a queue; releases may take twice as much.
const MAX_BYTES: usize = 8 << 20;

impl<T: Queued> EventQueue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), events: VecDeque::new(), bytes: 0, dropped: 0 }
    }

    pub(crate) fn push(&mut self, event: T) {
        if self.events.back().is_some_and(|last| last.is_superseded_by(&event)) {
            let last = self.events.pop_back();
            self.bytes -= last.map_or(0, |last| last.cost());
        }
        let cost = event.cost();
        while self.overflows(cost, 1)
            && let Some(index) = self.victim(&event, cost)
        {
            self.remove(index);
        }
        self.bytes += cost;
        self.events.push_back(event);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let event = self.events.pop_front()?;
        self.bytes -= event.cost();
        Some(event)
    }

    pub(crate) fn drain(&mut self) -> Vec<T> {
        self.bytes = 0;
        self.events.drain(..).collect()
    }

    /// How many events went unseen. Moves that a later move replaced don't count.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether one more event of `cost` is more than `times` the limits.
    fn overflows(&self, cost: usize, times: usize) -> bool {
        let full = self.events.len() >= times * self.capacity || self.bytes + cost > times * MAX_BYTES;
        full && !self.events.is_empty()
    }

    /// Which event goes for `event`; `None` where releases alone wait and may still grow in number.
    fn victim(&self, event: &T, cost: usize) -> Option<usize> {
        let expendable = self.events.iter().position(|queued| !queued.is_release());
        let release = || self.overflows(cost, 2).then(|| self.repeated_release(event).unwrap_or(0));
        expendable.or_else(release)
    }

    /// An old release that `event`, or one that waits already, repeats. Only the oldest few are looked at, so that a
    /// flood of different ones costs no more than it should.
    fn repeated_release(&self, event: &T) -> Option<usize> {
        const LOOK_AT: usize = 32;
        (0..self.events.len().min(LOOK_AT)).find(|&index| {
            let release = &self.events[index];
            release.is_repeated_by(event)
                || self.events.range(index + 1..).any(|later| release.is_repeated_by(later))
        })
    }

    fn remove(&mut self, index: usize) {
        let removed = self.events.remove(index);
        self.bytes -= removed.map_or(0, |event| event.cost());
        self.dropped += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Copy, Debug)]
    enum Class {
        Move(u8),
        Release(u8),
        Other,
        Large,
    }

    type Test = (Class, u32);

    impl Queued for Test {
        fn is_superseded_by(&self, next: &Self) -> bool {
            matches!((self.0, next.0), (Class::Move(a), Class::Move(b)) if a == b)
        }

        fn is_release(&self) -> bool {
            matches!(self.0, Class::Release(_))
        }

        fn is_repeated_by(&self, later: &Self) -> bool {
            matches!((self.0, later.0), (Class::Release(a), Class::Release(b)) if a == b)
        }

        fn cost(&self) -> usize {
            if matches!(self.0, Class::Large) { MAX_BYTES / 4 } else { 10 }
        }
    }

    fn numbers(queue: &mut EventQueue<Test>) -> Vec<u32> {
        queue.drain().into_iter().map(|(_, number)| number).collect()
    }

    #[test]
    fn a_run_of_moves_becomes_its_last_one() {
        let mut queue = EventQueue::new(10);
        for position in 0..100 {
            queue.push((Class::Move(1), position));
        }
        queue.push((Class::Other, 200));
        queue.push((Class::Move(1), 300));
        assert_eq!(numbers(&mut queue), [99, 200, 300]);
        assert_eq!(queue.dropped(), 0);
    }

    #[test]
    fn moves_of_different_things_stay_apart() {
        let mut queue = EventQueue::new(10);
        queue.push((Class::Move(1), 1));
        queue.push((Class::Move(2), 2));
        queue.push((Class::Move(1), 3));
        assert_eq!(numbers(&mut queue), [1, 2, 3]);
    }

    #[test]
    fn a_full_queue_loses_its_oldest_event_and_says_so() {
        let mut queue = EventQueue::new(3);
        for event in 0..5 {
            queue.push((Class::Other, event));
        }
        assert_eq!(queue.dropped(), 2);
        assert_eq!(numbers(&mut queue), [2, 3, 4]);
    }

    #[test]
    fn a_few_large_events_fill_the_queue_too() {
        let mut queue = EventQueue::new(100);
        for event in 0..10 {
            queue.push((Class::Large, event));
        }
        assert_eq!(queue.dropped(), 6);
        assert_eq!(numbers(&mut queue), [6, 7, 8, 9]);
    }

    #[test]
    fn a_release_outlives_everything_else() {
        let mut queue = EventQueue::new(3);
        queue.push((Class::Release(7), 0));
        for event in 1..100 {
            queue.push((Class::Other, event));
        }
        assert_eq!(numbers(&mut queue), [0, 98, 99]);
    }

    #[test]
    fn releases_that_nobody_fetches_are_bounded_and_each_kind_keeps_its_last() {
        let mut queue = EventQueue::new(3);
        queue.push((Class::Release(9), 0));
        for event in 1..1000 {
            queue.push((Class::Release(1), event));
        }
        assert_eq!(numbers(&mut queue), [0, 995, 996, 997, 998, 999]);
    }

    fn class() -> impl Strategy<Value = Class> {
        prop_oneof![
            (0..3_u8).prop_map(Class::Move),
            (0..3_u8).prop_map(Class::Release),
            Just(Class::Other),
            Just(Class::Large),
        ]
    }

    proptest! {
        #[test]
        fn the_queue_is_bounded_in_order_and_keeps_the_last_release_of_each_kind(
            classes in prop::collection::vec(class(), 0..400),
            capacity in 4..10_usize,
        ) {
            let mut queue = EventQueue::new(capacity);
            let mut last_release = [None; 3];
            for (event, class) in (0..).zip(classes) {
                if let Class::Release(key) = class {
                    last_release[usize::from(key)] = Some(event);
                }
                queue.push((class, event));
                prop_assert!(queue.events.len() <= 2 * capacity);
                prop_assert_eq!(queue.bytes, queue.events.iter().map(Queued::cost).sum::<usize>());
                prop_assert!(queue.bytes <= 2 * MAX_BYTES);
            }
            let left = numbers(&mut queue);
            prop_assert!(left.is_sorted());
            for event in last_release.into_iter().flatten() {
                prop_assert!(left.contains(&event));
            }
        }
    }
}
