use super::*;
use crate::UnitInfo;
use framewire_frame::Timestamp;
use std::ops::Range;

struct Log {
    first: u64,
    units: Vec<UnitInfo>,
}

impl UnitLog for Log {
    fn range(&self) -> Range<u64> {
        self.first..self.first + self.units.len() as u64
    }

    fn newest_key(&self) -> Option<u64> {
        self.units.iter().rposition(|unit| unit.key).map(|index| self.first + index as u64)
    }

    fn unit(&self, position: u64) -> Option<UnitInfo> {
        self.units.get(usize::try_from(position.checked_sub(self.first)?).ok()?).copied()
    }
}

/// Units 33 ms apart: `k` a key unit, `d` a delta, `x` a disposable one.
fn log(first: u64, kinds: &str) -> Log {
    let unit = |(index, kind)| UnitInfo {
        bytes: 1000,
        key: kind == 'k',
        disposable: kind == 'x',
        timestamp: Timestamp::from_micros((first + index as u64) * 33_000),
        ..UnitInfo::default()
    };
    Log { first, units: kinds.chars().enumerate().map(unit).collect() }
}

fn cursor() -> Cursor {
    Cursor::new(CursorPolicy::default())
}

fn at_position(position: u64) -> Cursor {
    let mut cursor = cursor();
    cursor.sent(position - 1);
    cursor
}

const NOW: Time = Time::ZERO;

#[test]
fn a_join_takes_a_recent_key_unit_or_asks_for_one() {
    assert_eq!(cursor().next(&log(5, "kddd"), NOW), Next::Unit(5));
    assert_eq!(cursor().next(&log(5, &format!("k{}", "d".repeat(29))), NOW), Next::Unit(5));
    assert_eq!(cursor().next(&log(5, &format!("k{}", "d".repeat(30))), NOW), Next::Ask(KeyframeReason::Join));
    assert_eq!(cursor().next(&log(5, "ddd"), NOW), Next::Ask(KeyframeReason::Join));
    assert_eq!(cursor().next(&log(0, ""), NOW), Next::Ask(KeyframeReason::Join));
    let mut large = log(0, "kd");
    large.units[0].bytes = 2 << 20;
    assert_eq!(cursor().next(&large, NOW), Next::Ask(KeyframeReason::Join));
    large.units.pop();
    assert_eq!(cursor().next(&large, NOW), Next::Unit(0), "the newest unit is worth its size");
}

#[test]
fn a_request_is_repeated_only_after_a_while() {
    let mut cursor = cursor();
    let empty = log(0, "");
    assert_eq!(cursor.next(&empty, NOW), Next::Ask(KeyframeReason::Join));
    assert_eq!(cursor.next(&empty, NOW + Duration::from_millis(2999)), Next::Later);
    assert_eq!(cursor.deadline(), Some(NOW + Duration::from_secs(3)));
    assert_eq!(cursor.next(&empty, NOW + Duration::from_secs(3)), Next::Ask(KeyframeReason::Join));
}

#[test]
fn a_lag_is_caught_up_then_skipped_then_lost() {
    let delta = "d".repeat(40);
    assert_eq!(at_position(30).next(&log(0, &delta), NOW), Next::Unit(30), "330 ms");
    assert_eq!(at_position(40).next(&log(0, &delta), NOW), Next::Later);
    let layered = "xd".repeat(20);
    assert_eq!(
        at_position(20).next(&log(0, &layered), NOW),
        Next::Unit(21),
        "660 ms: the disposable is left out"
    );
    assert_eq!(at_position(2).next(&log(0, &layered), NOW), Next::Ask(KeyframeReason::Loss), "1.2 s");
    let mut evicted = at_position(3);
    assert_eq!(evicted.next(&log(10, &delta), NOW), Next::Ask(KeyframeReason::Loss));
    assert_eq!(evicted.next(&log(10, &format!("{delta}kd")), NOW), Next::Unit(50));
    evicted.sent(50);
    assert_eq!((evicted.dropped(), evicted.losses()), (47, 1));
    assert_eq!(evicted.next(&log(10, &format!("{delta}kd")), NOW), Next::Unit(51));
}

#[test]
fn a_key_unit_ahead_ends_a_lag_without_a_request() {
    let units = format!("{}kdd", "d".repeat(40));
    assert_eq!(at_position(2).next(&log(0, &units), NOW), Next::Unit(40));
    assert_eq!(
        at_position(38).next(&log(0, &units), NOW),
        Next::Unit(38),
        "a short lag is caught up in order"
    );
}

#[test]
fn images_are_always_the_newest() {
    assert_eq!(at_position(3).next(&log(0, "kkkkkkk"), NOW), Next::Unit(6));
    assert_eq!(cursor().next(&log(0, "kkkkkkk"), NOW), Next::Unit(6));
}

#[test]
fn few_units_are_no_lag_however_old() {
    let mut slow = log(0, "kddd");
    for (index, unit) in slow.units.iter_mut().enumerate() {
        unit.timestamp = Timestamp::from_micros(index as u64 * 5_000_000);
    }
    assert_eq!(at_position(1).next(&slow, NOW), Next::Unit(1));
}

#[test]
fn a_decoder_that_cannot_go_on_waits_for_a_key_unit_that_it_has_not_seen() {
    let mut cursor = at_position(3);
    cursor.need_key();
    assert_eq!(cursor.next(&log(0, "kdd"), NOW), Next::Ask(KeyframeReason::Decoder));
    assert_eq!(cursor.next(&log(0, "kddd"), NOW), Next::Later);
    assert_eq!(cursor.next(&log(0, "kdddk"), NOW), Next::Unit(4));
    assert_eq!(cursor.losses(), 0);
}
