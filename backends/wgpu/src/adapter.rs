//! The adapters of this machine, and devices of our own on them.

use crate::{Error, Gpu};
use std::{fmt, str::FromStr, sync::OnceLock};
use wgpu::{Adapter, AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor};

/// Which adapter [`Gpu::open`] takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The fastest kind that there is: a card of its own, then one that shares the processor's memory, then a virtual one,
    /// then one that is emulated on the processor.
    #[default]
    Fastest,
    /// As [`AdapterChoice::Fastest`], but none that is emulated on the processor.
    Hardware,
    /// The first whose name contains this, in upper or lower case.
    Named(String),
}

/// Every adapter that a device can be made of, the fastest kind first.
pub fn adapters() -> Vec<AdapterInfo> {
    list().iter().map(Adapter::get_info).collect()
}

/// Whether the adapter is an emulation that runs on the processor, as Mesa's lavapipe is.
pub fn is_emulated(info: &AdapterInfo) -> bool {
    info.device_type == DeviceType::Cpu
}

/// `NAME (BACKEND, DRIVER)`, for people.
pub fn describe(info: &AdapterInfo) -> String {
    let driver = [info.driver.as_str(), info.driver_info.as_str()].join(" ");
    let driver = if driver.trim().is_empty() { "driver unknown" } else { driver.trim() };
    format!("{} ({}, {driver})", info.name, info.backend)
}

impl Gpu {
    /// A device of our own on an adapter of this machine, without a window, with the largest buffers that it allows.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], naming what there is instead.
    pub fn open(choice: &AdapterChoice) -> Result<Self, Error> {
        let adapters = list();
        let Some(adapter) = adapters.iter().find(|adapter| choice.takes(&adapter.get_info())) else {
            let found: Vec<String> = adapters.iter().map(|adapter| describe(&adapter.get_info())).collect();
            let found = if found.is_empty() { "no adapter at all".to_owned() } else { found.join(", ") };
            return Err(Error::NoAdapter { why: format!("{choice} was looked for, and there is {found}") });
        };
        let (largest, usual) = (adapter.limits(), wgpu::Limits::default());
        let limits = wgpu::Limits {
            max_buffer_size: largest.max_buffer_size,
            max_storage_buffer_binding_size: largest.max_storage_buffer_binding_size,
            max_texture_dimension_2d: largest.max_texture_dimension_2d,
            ..usual.or_worse_values_from(&largest)
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("framewire"),
            required_limits: limits,
            ..wgpu::DeviceDescriptor::default()
        };
        let name = describe(&adapter.get_info());
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| Error::NoAdapter { why: format!("{name} gives no device: {error}") })?;
        Self::new(&device, &queue)
    }
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

impl FromStr for AdapterChoice {
    type Err = std::convert::Infallible;

    /// `fastest`, `hardware`, or a part of a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "fastest" => Self::Fastest,
            "hardware" => Self::Hardware,
            part => Self::Named(part.to_owned()),
        })
    }
}

fn list() -> Vec<Adapter> {
    // One for the program: making it loads every driver, and wgpu panics where the devices of two are mixed.
    static INSTANCE: OnceLock<Instance> = OnceLock::new();
    let instance = INSTANCE.get_or_init(|| Instance::new(InstanceDescriptor::new_without_display_handle()));
    let mut adapters = pollster::block_on(instance.enumerate_adapters(Backends::all()));
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    });
    adapters
}
