use super::surface::TestSurface;
use framewire_convert::{ChangeMap, Converter, Scaler};
use framewire_frame::{
    Color, DeviceConverter, DeviceError, DevicePicture, DeviceSurface, Frame, Picture, PictureMut,
    PixelFormat, Size, Surface,
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A device that the processor plays: it converts and scales, fails on demand, and counts. A clone is the same device.
#[derive(Clone, Default)]
pub struct TestDevice(Arc<Mutex<State>>);

/// One thing that a [`TestDevice`] does not do as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceFault {
    /// No converter opens.
    RefuseConverter,
    /// This conversion fails, counted from 0 over all converters.
    FailConvert(usize),
    /// No conversion of a scaled surface works.
    FailScaled,
    /// This conversion gives the right picture, and the changes of one of another size.
    StrayChanges(usize),
    /// This conversion gives the picture as it was before.
    StrayPicture(usize),
    /// It has no converter, as most devices.
    LackConverter,
    /// It does not scale.
    LackScaling,
    /// Nothing can be had from it any more.
    Lost,
}

/// How often a [`TestDevice`] was asked for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each counts the calls of the function of its name")]
pub struct DeviceCounts {
    pub converter: usize,
    pub start: usize,
    pub convert: usize,
    pub scaled: usize,
    pub download: usize,
}

#[derive(Default)]
struct State {
    faults: Vec<DeviceFault>,
    counts: DeviceCounts,
    on_start: Option<Callback>,
}

type Callback = Arc<dyn Fn() + Send + Sync>;

impl TestDevice {
    /// A frame with `picture` on this device.
    pub fn frame(&self, picture: Picture) -> Frame {
        Frame::new(Surface::Device(Arc::new(TestSurface::on(self, picture))))
    }

    /// From here on it has one more fault.
    pub fn fail(&self, fault: DeviceFault) {
        self.lock().faults.push(fault);
    }

    /// From here on it calls back whenever a conversion is started, as a driver calls what a program has left with it.
    pub fn on_start(&self, callback: impl Fn() + Send + Sync + 'static) {
        self.lock().on_start = Some(Arc::new(callback));
    }

    /// The calls so far.
    pub fn counts(&self) -> DeviceCounts {
        self.lock().counts
    }

    pub(super) fn download(&self, picture: &Picture) -> Result<Picture, DeviceError> {
        let mut state = self.lock();
        state.counts.download += 1;
        state.check_alive()?;
        Ok(picture.clone())
    }

    pub(super) fn scaled(&self, picture: &Picture, size: Size, color: Color) -> Option<TestSurface> {
        let mut state = self.lock();
        state.counts.scaled += 1;
        if state.faults.contains(&DeviceFault::LackScaling) {
            return None;
        }
        let format = PixelFormat::Nv12;
        let mut full = vec![0; format.packed_len(picture.size())];
        let mut target = PictureMut::packed(format, picture.size(), &mut full).ok()?;
        let converter = Converter::new(picture.format(), format, picture.size(), color).ok()?;
        converter.convert(&picture.as_ref(), &mut target).ok()?;
        let mut small = vec![0; format.packed_len(size)];
        let scaler = Scaler::new(format, picture.size(), size).ok()?;
        scaler.scale(&target.as_ref(), &mut PictureMut::packed(format, size, &mut small).ok()?).ok()?;
        Some(TestSurface::on(self, Picture::packed(format, size, small).ok()?))
    }

    pub(super) fn converter(
        &self,
        picture: &Picture,
        format: PixelFormat,
        color: Color,
    ) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
        let mut state = self.lock();
        if state.faults.contains(&DeviceFault::LackConverter) {
            return None;
        }
        state.counts.converter += 1;
        let refuses = state.faults.contains(&DeviceFault::RefuseConverter);
        Some(match Converter::new(picture.format(), format, picture.size(), color) {
            _ if refuses => Err(device_error("it converts nothing")),
            Err(why) => Err(device_error(&why.to_string())),
            Ok(converter) => {
                let device = self.clone();
                Ok(Arc::new(TestConverter { device, converter, last: Mutex::default() }))
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for TestDevice {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for TestDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestDevice({:?})", self.lock().faults)
    }
}

impl State {
    fn check_alive(&self) -> Result<(), DeviceError> {
        if self.faults.contains(&DeviceFault::Lost) {
            Err(device_error("the device is lost"))
        } else {
            Ok(())
        }
    }
}

#[derive(Debug)]
struct TestConverter {
    device: TestDevice,
    converter: Converter,
    /// The picture that the last call gave; empty before the first.
    last: Mutex<Vec<u8>>,
}

impl TestConverter {
    /// The pixels of a surface that fits, and whether it is a scaled one.
    fn picture<'a>(&self, surface: &'a dyn DeviceSurface) -> Option<(&'a Picture, bool)> {
        let surface = surface.as_any().downcast_ref::<TestSurface>()?;
        let picture = surface.picture.as_ref().filter(|_| surface.device.as_ref() == Some(&self.device))?;
        let is = (picture.format(), picture.size());
        (is == (self.converter.source_format(), self.converter.size())).then_some((picture, surface.scaled))
    }
}

impl DeviceConverter for TestConverter {
    fn device(&self) -> &str {
        "a test device"
    }

    fn fits(&self, surface: &dyn DeviceSurface) -> bool {
        self.picture(surface).is_some()
    }

    fn start(&self, _: &dyn DeviceSurface) {
        let mut state = self.device.lock();
        state.counts.start += 1;
        let callback = state.on_start.clone();
        drop(state);
        if let Some(callback) = callback {
            callback();
        }
    }

    fn convert(&self, surface: &dyn DeviceSurface) -> Result<DevicePicture, DeviceError> {
        let mut state = self.device.lock();
        let number = state.counts.convert;
        state.counts.convert += 1;
        state.check_alive()?;
        let faults = state.faults.clone();
        drop(state);
        let picture = self.picture(surface);
        let (source, scaled) = picture.ok_or_else(|| device_error("the surface is another device's"))?;
        if faults.contains(&DeviceFault::FailConvert(number))
            || scaled && faults.contains(&DeviceFault::FailScaled)
        {
            return Err(device_error("it does not convert this one"));
        }
        let (format, size) = (self.converter.target_format(), source.size().padded_to_even());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let first = last.is_empty();
        last.resize(format.packed_len(size), 0);
        let mut changes = ChangeMap::new(size);
        let mut target = PictureMut::packed(format, size, &mut last).expect("the buffer was made for it");
        let converted = self.converter.convert_tracking(&source.as_ref(), &mut target, &mut changes);
        converted.map_err(|why| device_error(&why.to_string()))?;
        if first {
            changes.mark_all();
        }
        if faults.contains(&DeviceFault::StrayChanges(number)) {
            changes = ChangeMap::default();
        }
        let picture = match faults.contains(&DeviceFault::StrayPicture(number)) {
            true => source.clone(),
            false => Picture::packed(format, size, last.clone()).expect("the buffer was made for it"),
        };
        Ok(DevicePicture { picture, changes })
    }
}

/// What the device says is what its source says: nobody is to tell it twice.
pub(super) fn device_error(message: &str) -> DeviceError {
    DeviceError { message: message.to_owned(), source: Some(message.into()) }
}
