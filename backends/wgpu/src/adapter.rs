//! The adapters of this machine, and devices of our own on them.

use crate::{Error, Gpu};
use std::{fmt, sync::OnceLock};
use wgpu::{AdapterInfo, Backends, DeviceDescriptor, DeviceType, Instance, InstanceDescriptor, Limits};

/// A GPU of this machine, or an emulation of one. The same card may be there several times, once for each of its drivers.
#[derive(Clone)]
pub struct Adapter(wgpu::Adapter);

/// Which adapter [`Gpu::open`] takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The first of [`adapters`] that gives a device.
    #[default]
    Fastest,
    /// As [`AdapterChoice::Fastest`], but none that is emulated on the processor.
    Hardware,
    /// As [`AdapterChoice::Fastest`], of those whose name contains this, in upper or lower case.
    Named(String),
}

/// Every adapter that a driver of this machine offers, the fastest kind first: a card of its own, one that shares the
/// processor's memory, a virtual one, one that is emulated on the processor. Whether one gives a device shows
/// [`Adapter::open`].
pub fn adapters() -> Vec<Adapter> {
    // One for the program: making it loads every driver, and wgpu panics where the devices of two are mixed.
    static INSTANCE: OnceLock<Instance> = OnceLock::new();
    let instance = INSTANCE.get_or_init(|| Instance::new(InstanceDescriptor::new_without_display_handle()));
    let mut adapters: Vec<_> =
        pollster::block_on(instance.enumerate_adapters(Backends::all())).into_iter().map(Adapter).collect();
    adapters.sort_by_key(|adapter| match adapter.info().device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    });
    adapters
}

impl Adapter {
    /// What its driver says of it.
    pub fn info(&self) -> AdapterInfo {
        self.0.get_info()
    }

    /// `NAME (BACKEND, DRIVER)`, for people.
    pub fn description(&self) -> String {
        describe(&self.info())
    }

    /// Whether it runs on the processor, as Mesa's lavapipe does.
    pub fn is_emulated(&self) -> bool {
        is_emulated(&self.info())
    }

    /// A device of our own, without a window, with the largest buffers and textures that it allows.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] where it gives none, and what [`Gpu::new`] may fail by.
    pub fn open(&self) -> Result<Gpu, Error> {
        let largest = self.0.limits();
        let required_limits = Limits {
            max_buffer_size: largest.max_buffer_size,
            max_storage_buffer_binding_size: largest.max_storage_buffer_binding_size,
            max_texture_dimension_2d: largest.max_texture_dimension_2d,
            ..Limits::default().or_worse_values_from(&largest)
        };
        let descriptor =
            DeviceDescriptor { label: Some("framewire"), required_limits, ..DeviceDescriptor::default() };
        let (device, queue) = pollster::block_on(self.0.request_device(&descriptor)).map_err(|error| {
            Error::NoAdapter { why: format!("{} gives no device: {error}", self.description()) }
        })?;
        Gpu::new(&device, &queue)
    }
}

impl Gpu {
    /// A device of our own on an adapter of this machine, as [`Adapter::open`] makes it.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], naming all that was tried, or what there is instead.
    pub fn open(choice: &AdapterChoice) -> Result<Self, Error> {
        let (wanted, others): (Vec<_>, Vec<_>) =
            adapters().into_iter().partition(|adapter| choice.takes(&adapter.info()));
        let mut refused = Vec::new();
        for adapter in &wanted {
            match adapter.open() {
                Ok(gpu) => return Ok(gpu),
                Err(error) => {
                    tracing::warn!("{error}");
                    refused.push(error.to_string());
                }
            }
        }
        if refused.is_empty() {
            let others: Vec<String> = others.iter().map(Adapter::description).collect();
            let others = if others.is_empty() { "no adapter at all".to_owned() } else { others.join(", ") };
            return Err(Error::NoAdapter { why: format!("{choice} was looked for, and there is {others}") });
        }
        Err(Error::NoAdapter { why: refused.join("; ") })
    }
}

/// `NAME (BACKEND, DRIVER)`.
pub(crate) fn describe(info: &AdapterInfo) -> String {
    // An emulation often has its driver's name.
    let driver = if info.name.starts_with(&info.driver) { "" } else { info.driver.as_str() };
    let driver = [driver, info.driver_info.as_str()].join(" ");
    let driver = if driver.trim().is_empty() { "driver unknown" } else { driver.trim() };
    format!("{} ({}, {driver})", info.name, info.backend)
}

pub(crate) fn is_emulated(info: &AdapterInfo) -> bool {
    info.device_type == DeviceType::Cpu
}

impl AdapterChoice {
    fn takes(&self, info: &AdapterInfo) -> bool {
        match self {
            Self::Fastest => true,
            Self::Hardware => !is_emulated(info),
            Self::Named(part) => info.name.to_lowercase().contains(&part.to_lowercase()),
        }
    }
}

impl fmt::Display for AdapterChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fastest => f.write_str("any adapter"),
            Self::Hardware => f.write_str("an adapter in hardware"),
            Self::Named(part) => write!(f, "an adapter named \"{part}\""),
        }
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Adapter({})", self.description())
    }
}
