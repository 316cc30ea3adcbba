//! The machine's converter in an export.

use super::*;
use framewire_codec::testing::{ConverterScript, Entry};
use framewire_convert::Level;

const FRAMES: u64 = 20;

/// An encoder that takes what the machine's converter makes.
fn taker(name: &'static str) -> Script {
    Script { takes_surfaces: true, ..Script::new(name) }
}

/// What came of an export.
struct Outcome {
    report: Report,
    units: Vec<Vec<u8>>,
    replaced: usize,
}

fn run(scripts: &[Script], converter: &ConverterScript, conversion: Conversion) -> Outcome {
    run_from(Scripted::of(FRAMES), scripts, converter, conversion)
}

fn run_from(
    source: Box<dyn Source>,
    scripts: &[Script],
    converter: &ConverterScript,
    conversion: Conversion,
) -> Outcome {
    let roster = Roster { converters: vec![converter.candidate()], ..roster(scripts) };
    let (sink, mut replaced) = (Kept::default(), 0);
    let open = sink.clone();
    let options = ExportOptions { conversion, ..options() };
    let observe = &mut |event: Event<'_>| replaced += usize::from(matches!(event, Event::Replaced(_)));
    let report =
        export(source, &roster, &options, move |_| Ok(Box::new(open)), &Cancel::default(), observe).unwrap();
    assert_eq!(*sink.ticks.lock().unwrap(), moments(FRAMES), "every frame, in order");
    assert_eq!(report.fallbacks.len(), replaced, "what is told is reported");
    let units = std::mem::take(&mut *sink.data.lock().unwrap());
    Outcome { report, units, replaced }
}

/// What the processor makes.
fn reference() -> Vec<Vec<u8>> {
    run(&[taker("one")], &ConverterScript::new("one"), Conversion::Processor).units
}

/// How many pictures of an encoder came on a device.
fn on_device(script: &Script) -> u64 {
    let is = |entry: &&Entry| matches!(entry, Entry::Encoded { on_device: true, .. });
    script.diary.entries().iter().filter(is).count() as u64
}

#[test]
fn the_machine_converts_what_the_encoder_takes_where_it_is() {
    let (encoder, converter) = (taker("one"), ConverterScript::new("one"));
    let Outcome { report, units, replaced } =
        run(std::slice::from_ref(&encoder), &converter, Conversion::Auto);
    assert_eq!(report.converted, Converted { machine: FRAMES, processor: 0 });
    assert_eq!((report.converter, replaced), (Some(ConverterScript::NAME), 0));
    assert_eq!(report.machine_converter, Some(ConverterScript::NAME));
    assert_eq!(on_device(&encoder), FRAMES);
    assert_eq!(units, reference());
}

#[test]
fn where_its_pictures_are_of_no_use_the_machine_is_not_asked_or_not_used() {
    let plain = Script::new("one");
    for (scripts, converter, conversion, openings) in [
        ([taker("one")], ConverterScript::new("one"), Conversion::Processor, 0),
        ([taker("one")], ConverterScript::new("another"), Conversion::Auto, 0),
        ([plain], ConverterScript::new("one"), Conversion::Auto, 1),
    ] {
        let Outcome { report, units, replaced } = run(&scripts, &converter, conversion);
        assert_eq!(report.converted, Converted { machine: 0, processor: FRAMES });
        assert_eq!((report.converter, replaced), (Some(Level::detect().name()), 0));
        assert_eq!(converter.openings(), openings);
        assert_eq!(units, reference());
    }
}

#[test]
fn a_machine_that_refuses_at_open_is_told_once_and_the_processor_converts() {
    let converter = ConverterScript::new("one").refusing();
    let Outcome { report, units, replaced } = run(&[taker("one")], &converter, Conversion::Auto);
    assert_eq!(report.converted, Converted { machine: 0, processor: FRAMES });
    assert_eq!((report.converter, replaced, converter.openings()), (Some(Level::detect().name()), 1, 1));
    let [Replaced { from, to, why }] = report.fallbacks.as_slice() else { unreachable!() };
    assert_eq!((from.as_str(), to.as_str()), ("conversion by scripted", "conversion on the processor"));
    assert_eq!(why, "a conversion of rgba of 48x32 to i420 of 48x32 is not supported");
    assert_eq!(units, reference());
}

#[test]
fn a_machine_that_fails_in_the_middle_loses_nothing_and_is_told_once() {
    let reference = reference();
    // The first picture is that of the trial.
    for number in [1, 2, 9, FRAMES] {
        let converter = ConverterScript::new("one").failing_from(number);
        let encoder = taker("one");
        let Outcome { report, units, replaced } =
            run(std::slice::from_ref(&encoder), &converter, Conversion::Auto);
        let machine = number - 1;
        assert_eq!(report.converted, Converted { machine, processor: FRAMES - machine });
        assert_eq!(on_device(&encoder), machine);
        assert_eq!((report.converter, replaced), (Some(Level::detect().name()), 1));
        assert_eq!(report.machine_converter, Some(ConverterScript::NAME), "also once it is given up");
        assert!(report.fallbacks[0].why.contains("the script says so"), "{:?}", report.fallbacks);
        assert_eq!(report.encoder.as_deref(), Some("one"), "the encoder is not to blame");
        assert_eq!(units, reference);
    }
}

#[test]
fn another_encoder_that_would_fetch_the_pictures_gets_them_from_the_processor() {
    let first = taker("one").with(Fault::FailAt(7));
    let second = Script::new("two");
    let converter = ConverterScript::new("one");
    let Outcome { report, replaced, .. } = run(&[first, second.clone()], &converter, Conversion::Auto);
    assert_eq!(report.encoder.as_deref(), Some("two"));
    let Converted { machine, processor } = report.converted;
    assert_eq!(machine + processor, FRAMES);
    assert!(machine >= 8, "{machine} were converted before the encoder failed at the eighth");
    assert_eq!((report.converter, replaced), (Some(Level::detect().name()), 2));
    let told: Vec<_> = report.fallbacks.iter().map(|replaced| replaced.from.as_str()).collect();
    assert_eq!(told, ["one", "conversion by scripted"]);
    assert_eq!(report.fallbacks[1].why, "two does not take its pictures of 48x32");
    assert_eq!(on_device(&second), 0);
}

#[test]
fn frames_of_another_size_are_converted_by_the_machine_too_and_odd_ones_by_the_processor() {
    /// Ten frames of one size, then ten of another.
    struct Grows(Box<Scripted>, Size);
    impl Source for Grows {
        fn describe(&self) -> String {
            self.0.describe()
        }
        fn frame_rate(&self) -> Option<FrameRate> {
            self.0.frame_rate()
        }
        fn next(&mut self) -> Next {
            let (index, Some(mut timed)) = (self.0.index, self.0.next()?) else { return Ok(None) };
            if index >= FRAMES / 2 {
                timed.frame = pictures::rgba(self.1, index).into();
            }
            Ok(Some(timed))
        }
        fn rewind(&mut self) -> Result<bool, InputError> {
            Ok(false)
        }
    }
    for (second, machine) in [("64x48", FRAMES), ("63x48", FRAMES / 2)] {
        let source = Grows(Scripted::of(FRAMES), second.parse().unwrap());
        let converter = ConverterScript::new("one");
        let Outcome { report, replaced, .. } =
            run_from(Box::new(source), &[taker("one")], &converter, Conversion::Auto);
        assert_eq!(report.converted, Converted { machine, processor: FRAMES - machine }, "{second}");
        assert_eq!((report.converter, replaced), (Some(ConverterScript::NAME), 0), "{second}");
    }
}
