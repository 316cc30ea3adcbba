use super::strips::{self, StripEncoder, Worker};
use framewire_codec::{BackendError, ImageBackend};
use framewire_frame::{Color, PictureRef, Size};
use turbojpeg::{Compressor, OutputBuf, Subsamp, YuvPlanesImage};

/// Baseline JPEG in 4:2:0 by libjpeg-turbo.
pub(super) struct Turbojpeg {
    workers: Vec<Worker<Strip>>,
}

impl Turbojpeg {
    pub(super) fn new() -> Result<Self, BackendError> {
        let strip = || Ok(Worker::new(Strip(Compressor::new().map_err(failed)?)));
        Ok(Self { workers: (0..strips::threads()).map(|_| strip()).collect::<Result<_, BackendError>>()? })
    }
}

impl ImageBackend for Turbojpeg {
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        color: Color,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        strips::encode(&mut self.workers, picture, color, quality, out)
    }
}

struct Strip(Compressor);

impl StripEncoder for Strip {
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        size: Size,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        let [luma, blue, red] = [0, 1, 2].map(|index| picture.plane(index));
        let image = YuvPlanesImage {
            y_plane: luma.data(),
            u_plane: blue.data(),
            v_plane: red.data(),
            width: size.width() as usize,
            height: size.height() as usize,
            y_stride: luma.stride(),
            u_stride: blue.stride(),
            v_stride: red.stride(),
            subsamp: Subsamp::Sub2x2,
        };
        self.0.set_quality(i32::from(quality.clamp(1, 100))).map_err(failed)?;
        let mut jpeg = OutputBuf::new_owned();
        self.0.compress_yuv_planes(&image, &mut jpeg).map_err(failed)?;
        out.extend_from_slice(&jpeg);
        Ok(())
    }
}

fn failed(error: turbojpeg::Error) -> BackendError {
    BackendError::failed_with("libjpeg-turbo failed", error)
}
