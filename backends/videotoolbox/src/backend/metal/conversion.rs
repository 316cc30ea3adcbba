//! The kernels that make 4:2:0 of pixels, at their size or a smaller one.

use super::{
    commands::{Bindings, Commands},
    queue::{Buffer, Kernel, MetalQueue, Slice},
    surface::Source,
};
use framewire_codec::BackendError;
use framewire_frame::{Color, Size};
use framewire_shader::{Codes, Params, Scaling, SourceLayout, YuvLayout};

/// What is made of which pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) source: SourceLayout,
    /// Of the picture, before it is padded.
    pub(super) size: Size,
    pub(super) color: Color,
}

/// A conversion of pixels of one layout.
#[derive(Debug)]
pub(super) struct Conversion {
    queue: MetalQueue,
    plan: Plan,
    /// Of the pixels, without a target.
    pixels: Params,
    smaller: Option<Smaller>,
}

/// Between two passes.
#[derive(Debug)]
struct Smaller {
    pass: Scaling,
    /// At full size.
    picture: Buffer,
    /// What has changed at full size, which nobody asks for.
    changes: Buffer,
}

impl Conversion {
    pub(super) fn new(queue: &MetalQueue, plan: Plan) -> Result<Self, BackendError> {
        let smaller = (plan.size != plan.source.size).then(|| {
            let pass = Scaling::new(plan.source.size, plan.size);
            Ok::<_, BackendError>(Smaller {
                pass,
                picture: queue.private_buffer(pass.full().len() as u64)?,
                changes: queue.private_buffer(pass.full().changes_len() as u64)?,
            })
        });
        let pixels = plan.source.params().with_color(plan.color);
        Ok(Self { queue: queue.clone(), plan, pixels, smaller: smaller.transpose()? })
    }

    pub(super) fn queue(&self) -> &MetalQueue {
        &self.queue
    }

    pub(super) fn color(&self) -> Color {
        self.plan.color
    }

    /// Whether it makes what is planned of these pixels.
    pub(super) fn fits(&self, source: &Source, plan: Plan) -> bool {
        self.queue.is(&source.queue)
            && self.plan.source.reads_like(&plan.source)
            && Plan { source: self.plan.source, ..plan } == self.plan
    }

    /// Records what makes a picture in `target`, where its planes lie as `layout` says, and marks in `changes` what is new in it.
    /// What is beyond the picture repeats its last columns and its last row.
    pub(super) fn record(
        &self,
        commands: &Commands<'_>,
        source: &Source,
        layout: &YuvLayout,
        target: Slice<'_>,
        changes: &Buffer,
    ) -> Result<(), BackendError> {
        let codes = self.queue.table(self.plan.source.codes());
        let convert = |layout: &YuvLayout, target, changes| {
            let params = layout.params(self.pixels);
            let source = source.binding();
            let bindings = Bindings { params: &params, source, codes, target, changes: Some(changes) };
            commands.dispatch(Kernel::Convert, &bindings, layout.groups())
        };
        let Some(Smaller { pass, picture, changes: unused }) = &self.smaller else {
            return convert(layout, target, changes);
        };
        convert(&pass.full(), picture.whole(), unused)?;
        let bindings = Bindings {
            params: &layout.params(pass.params()),
            source: picture.whole(),
            codes: self.queue.table(Codes::LinearBytes),
            target,
            changes: Some(changes),
        };
        commands.dispatch(Kernel::Scale, &bindings, layout.groups())
    }
}
