//! The scripted backend passes the suite that every backend must pass: in one piece, and with all that the wrapper is to
//! make good.

use framewire_codec::{
    Codec,
    testing::{DecoderScript, Fault, Script, conformance::Subject},
};

fn subject(script: &Script, decoder: DecoderScript) -> Result<Subject, String> {
    Ok(Subject {
        codec: Codec::H264,
        encoder: script.candidate(),
        decoder: decoder.candidate("scripted"),
        least_psnr: f64::INFINITY,
        follows_bitrate: false,
    })
}

mod synchronous {
    use super::*;

    fn plain() -> Result<Subject, String> {
        subject(&Script::new("scripted"), DecoderScript::default())
    }

    framewire_codec::conformance!(plain);
}

mod pipelined {
    use super::*;

    fn delayed() -> Result<Subject, String> {
        subject(
            &Script::new("scripted").with_delay(3),
            DecoderScript { delay: 2, ..DecoderScript::default() },
        )
    }

    framewire_codec::conformance!(delayed);
}

mod careless {
    use super::*;

    fn careless() -> Result<Subject, String> {
        let script = Script::new("scripted").with(Fault::ParameterSetsOnce).with(Fault::ShortStartCodes);
        subject(&script.with(Fault::RefuseRate), DecoderScript::default())
    }

    framewire_codec::conformance!(careless);
}
