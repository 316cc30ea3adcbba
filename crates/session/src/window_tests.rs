use super::*;

fn at(millis: u64) -> Time {
    Time::from_epoch(Duration::from_millis(millis))
}

fn open(window: &mut Window, bytes: u64, now: Time) -> usize {
    let mut units = 0;
    while window.is_open(now) && units < 1000 {
        window.send(bytes, now);
        units += 1;
    }
    units
}

#[test]
fn before_any_measurement_the_floors_hold() {
    assert_eq!(open(&mut Window::new(WindowPolicy::default()), 16 << 10, at(0)), 4, "64 KiB");
    assert_eq!(open(&mut Window::new(WindowPolicy::default()), 1 << 20, at(0)), 2, "two units however large");
    // The decoder has to show the first ones before more than in flight and eight are out.
    assert_eq!(open(&mut Window::new(WindowPolicy::default()), 10, at(0)), 256);
}

#[test]
fn the_window_grows_with_the_path() {
    let mut window = Window::new(WindowPolicy::default());
    let mut now = 0;
    for _ in 0..8 {
        open(&mut window, 16 << 10, at(now));
        now += 150;
        let last = window.next_seq() - 1;
        assert!(window.arrived(last, at(now)));
        window.displayed(last, 0, at(now));
    }
    assert_eq!(window.shortest_round_trip(), Some(Duration::from_millis(150)));
    assert!(open(&mut window, 16 << 10, at(now)) > 50);
    assert!(window.bytes_in_flight() <= (8 << 20) + (16 << 10));
}

#[test]
fn an_old_unit_in_flight_closes_it_and_its_arrival_opens_it() {
    let mut window = Window::new(WindowPolicy::default());
    window.send(100, at(0));
    window.arrived(0, at(20));
    window.displayed(0, 0, at(20));
    window.send(100, at(100));
    assert!(window.is_open(at(219)) && !window.is_open(at(220)));
    assert_eq!(window.closes_at(), Some(at(220)));
    window.arrived(1, at(230));
    assert!(window.is_open(at(230)));
}

#[test]
fn a_decoder_that_lags_closes_it_until_it_says_otherwise_or_is_silent_for_two_seconds() {
    let mut window = Window::new(WindowPolicy::default());
    for seq in 0..9 {
        assert!(window.is_open(at(seq)));
        window.send(10, at(seq));
        window.arrived(seq, at(seq + 1));
    }
    assert!(!window.is_open(at(20)), "nine are there and none is displayed");
    window.displayed(4, 7, at(30));
    assert!(!window.is_open(at(30)), "seven wait in the decoder");
    assert_eq!(window.expires_at(), Some(at(2030)));
    assert!(!window.expire(at(2029)) && window.expire(at(2030)) && window.is_open(at(2030)));
}

#[test]
fn what_is_never_acknowledged_expires_once() {
    let mut window = Window::new(WindowPolicy::default());
    window.send(1 << 20, at(0));
    window.send(1 << 20, at(10));
    assert!(!window.is_open(at(11)));
    assert_eq!(window.expires_at(), Some(at(2000)));
    assert!(window.expire(at(2000)) && window.is_open(at(2000)));
    assert!(!window.expire(at(2000)) && window.expires_at().is_none());
    assert!(!window.arrived(1, at(2500)), "late news of it changes nothing");
}

#[test]
fn a_standing_queue_is_drained_to_measure_the_path_again() {
    let mut window = Window::new(WindowPolicy::default());
    let mut now = 0;
    window.send(10_000, at(now));
    window.arrived(0, at(now + 20));
    window.displayed(0, 0, at(now + 20));
    let mut waited_for_empty = false;
    for _ in 0..200 {
        now += 100;
        if window.is_open(at(now)) {
            window.send(10_000, at(now));
        } else if window.units_in_flight() > 0 && window.closes_at().is_some_and(|closes| closes > at(now)) {
            waited_for_empty = true;
        }
        // Everything takes 80 ms more than the path needs.
        if let Some(seq) = window.next_seq().checked_sub(2) {
            window.arrived(seq, at(now));
            window.displayed(seq, 0, at(now));
        }
        if waited_for_empty {
            break;
        }
    }
    assert!(waited_for_empty && now > 10_000, "{now}");
}

#[test]
fn numbers_from_the_future_change_nothing() {
    let mut window = Window::new(WindowPolicy::default());
    window.send(10, at(0));
    window.displayed(u64::MAX, 100, at(0));
    assert_eq!(window.decode_queue(), 0);
    assert!(!window.is_in_flight(1) && window.is_in_flight(0));
}
