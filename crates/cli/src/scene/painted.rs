//! Scenes that are drawn on the processor.

use super::{Input, Moment, Scene};
use framewire::frame::{Frame, Picture, PictureMut, PixelFormat, Pool, Size};

/// A scene that fills rows of pixels.
pub trait Painted: Send {
    /// Draws one picture, in RGBA. Its size may differ from one call to the next.
    fn draw(&mut self, moment: Moment, target: &mut PictureMut<'_>);

    /// As [`Scene::on_input`].
    fn on_input(&mut self, _input: &Input) {}
}

/// A painted scene with the memory for its pictures.
struct Canvas<P> {
    scene: P,
    pool: Pool,
}

/// Pictures that are kept for reuse.
const POOL: usize = 4;

/// Shows a painted scene.
pub fn painted(scene: impl Painted + 'static) -> Box<dyn Scene> {
    Box::new(Canvas { scene, pool: Pool::new(POOL) })
}

impl<P: Painted> Scene for Canvas<P> {
    fn frame(&mut self, moment: Moment, size: Size) -> Result<Frame, String> {
        const FORMAT: PixelFormat = PixelFormat::Rgba8;
        let mut buffer = self.pool.take(FORMAT.packed_len(size));
        let mut target =
            PictureMut::packed(FORMAT, size, &mut buffer).expect("the buffer has the packed length");
        self.scene.draw(moment, &mut target);
        let picture =
            Picture::packed(FORMAT, size, buffer.freeze()).expect("the buffer has the packed length");
        Ok(picture.into())
    }

    fn on_input(&mut self, input: &Input) {
        self.scene.on_input(input);
    }
}

/// One RGBA pixel that hides what is behind it.
pub const fn rgb(red: u8, green: u8, blue: u8) -> [u8; 4] {
    [red, green, blue, 255]
}

/// The rows of a packed or padded RGBA picture, each as whole pixels.
pub fn rows<'a>(target: &'a mut PictureMut<'_>) -> (Size, impl Iterator<Item = &'a mut [[u8; 4]]>) {
    let size = target.size();
    let plane = &mut target.planes_mut()[0];
    let (stride, width) = (plane.stride(), size.width() as usize);
    let rows = plane.data_mut().chunks_mut(stride).take(size.height() as usize);
    (size, rows.map(move |row| &mut row.as_chunks_mut::<4>().0[..width]))
}
