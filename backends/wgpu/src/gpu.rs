use crate::Error;
use std::sync::Arc;

/// A device and its queue, with what framewire keeps on it. A clone is the same.
#[derive(Clone, Debug)]
pub struct Gpu {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    device: wgpu::Device,
    queue: wgpu::Queue,
}

impl Gpu {
    /// Over a device that renders.
    ///
    /// # Errors
    /// When the device runs no compute shaders.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Result<Self, Error> {
        Ok(Self { shared: Arc::new(Shared { device: device.clone(), queue: queue.clone() }) })
    }

    /// The device.
    pub fn device(&self) -> &wgpu::Device {
        &self.shared.device
    }

    /// The queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.shared.queue
    }
}
