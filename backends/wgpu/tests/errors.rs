//! What cannot be had is said, and what dies takes nothing with it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_frame::{Color, DeviceError, DeviceSurface, PixelFormat};
use framewire_wgpu::{
    AdapterChoice, Buffer, Conversion, Error, Gpu, SourceLayout, Texel, Texture,
    wgpu::{
        self, BufferDescriptor, BufferUsages, Extent3d, TextureDescriptor, TextureDimension, TextureFormat,
        TextureUsages,
    },
};
use support::{
    Random, adapter_of, another, blank_texture, converter, each_gpu, open_device, packed, size, surface,
    texture, with_limits,
};

/// A texture that differs from one that can be published.
fn odd(gpu: &Gpu, change: impl FnOnce(&mut TextureDescriptor<'_>)) -> wgpu::Texture {
    let mut descriptor = TextureDescriptor {
        label: None,
        size: Extent3d { width: 8, height: 8, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: TextureDimension::D2,
        format: TextureFormat::Rgba8Unorm,
        usage: TextureUsages::COPY_SRC | TextureUsages::RENDER_ATTACHMENT,
        view_formats: &[],
    };
    change(&mut descriptor);
    gpu.device().create_texture(&descriptor)
}

#[test]
fn textures_that_cannot_be_published_are_named() {
    each_gpu("textures_that_cannot_be_published_are_named", |gpu| {
        for (texture, said) in [
            (odd(gpu, |it| it.format = TextureFormat::R8Unorm), "a texture of R8Unorm"),
            (odd(gpu, |it| it.usage = TextureUsages::RENDER_ATTACHMENT), "without the usage COPY_SRC"),
            (
                odd(gpu, |it| (it.sample_count, it.usage) = (4, TextureUsages::RENDER_ATTACHMENT)),
                "4 samples for each pixel",
            ),
            (
                odd(gpu, |it| {
                    (it.dimension, it.usage) = (TextureDimension::D3, TextureUsages::COPY_SRC);
                }),
                "dimension D3",
            ),
        ] {
            let error = Texture::new(gpu, &texture).unwrap_err();
            assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
            assert!(error.to_string().contains(said), "{error}");
        }
    });
}

#[test]
fn layouts_that_do_not_fit_are_named() {
    each_gpu("layouts_that_do_not_fit_are_named", |gpu| {
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let buffer = |size, usage| {
            gpu.device().create_buffer(&BufferDescriptor {
                label: None,
                size,
                usage,
                mapped_at_creation: false,
            })
        };
        let layout = SourceLayout::packed(size(4, 4), Texel::Rgba8);
        for (buffer, layout, said) in [
            (buffer(60, usage), layout, "in a buffer of 60 bytes"),
            (buffer(64, usage), SourceLayout { offset: 4, ..layout }, "at offset 4"),
            (
                buffer(64, usage),
                SourceLayout { offset: u64::MAX - 3, ..layout },
                "at offset 18446744073709551612",
            ),
            (buffer(128, usage), SourceLayout { stride: 12, ..layout }, "a row has 16 bytes at least"),
            (buffer(128, usage), SourceLayout { stride: 18, ..layout }, "18 bytes in a row"),
            (buffer(128, usage), SourceLayout { offset: 2, ..layout }, "at offset 2"),
            (buffer(64, BufferUsages::STORAGE), layout, "without the usage COPY_SRC"),
            (
                buffer(44, usage),
                SourceLayout { stride: 13, ..SourceLayout::packed(size(3, 4), Texel::Rgb8) },
                "48 bytes",
            ),
        ] {
            for make in [Buffer::new, Buffer::shared] {
                let error = make(gpu, &buffer, layout).unwrap_err();
                assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
                assert!(error.to_string().contains(said), "{error}");
            }
        }
    });
}

#[test]
fn a_frame_beyond_the_limits_of_the_device_is_refused() {
    each_gpu("a_frame_beyond_the_limits_of_the_device_is_refused", |gpu| {
        let small = with_limits(gpu, |limits| limits.max_storage_buffer_binding_size = 1 << 16);
        let error = Texture::new(&small, &blank_texture(&small, TextureFormat::Rgba8Unorm, size(256, 65)));
        let error = error.unwrap_err();
        assert!(matches!(error, Error::TooLarge { needed: 66560, allowed: 65536, .. }), "{error:?}");
        assert!(error.to_string().contains("max_storage_buffer_binding_size"), "{error}");
        // The 4:2:0 picture of one column has rows of 16 bytes and more.
        let error = Texture::new(&small, &blank_texture(&small, TextureFormat::Rgba8Unorm, size(1, 8192)));
        assert!(matches!(error.unwrap_err(), Error::TooLarge { .. }));
        let fits = blank_texture(&small, TextureFormat::Rgba8Unorm, size(256, 64));
        assert!(Texture::new(&small, &fits).is_ok());
    });
}

#[test]
fn a_device_without_compute_is_refused() {
    each_gpu("a_device_without_compute_is_refused", |gpu| {
        let limits = wgpu::Limits { max_compute_invocations_per_workgroup: 0, ..wgpu::Limits::default() };
        let (device, queue) = open_device(&adapter_of(gpu), limits);
        let error = Gpu::new(&device, &queue).unwrap_err();
        assert!(error.to_string().contains("max_compute_invocations_per_workgroup has to be 64"), "{error}");
    });
}

#[test]
fn an_adapter_that_is_not_there_is_named_with_those_that_are() {
    let error = Gpu::open(&AdapterChoice::Named("No Such Card".to_owned())).unwrap_err();
    assert!(matches!(error, Error::NoAdapter { .. }));
    assert!(error.to_string().contains("\"No Such Card\" was looked for, and there is"), "{error}");
}

#[test]
fn a_texture_of_another_device_is_an_error_and_not_the_end() {
    each_gpu("a_texture_of_another_device_is_an_error_and_not_the_end", |gpu| {
        // Of the same instance: wgpu itself panics at a mixture of instances.
        let adapter = adapter_of(gpu);
        let [gpu, other] = [(); 2].map(|()| {
            let (device, queue) = open_device(&adapter, wgpu::Limits::default());
            Gpu::new(&device, &queue).unwrap().with_conversion(Conversion::OnDevice)
        });
        let foreign = blank_texture(&other, TextureFormat::Rgba8Unorm, size(8, 8));
        let error = Texture::new(&gpu, &foreign).unwrap_err();
        assert!(matches!(error, Error::Failed { .. }), "{error:?}");
        // The device goes on.
        let pixels = Random(3).bytes(256);
        let surface = surface(&gpu, TextureFormat::Rgba8Unorm, size(8, 8), &pixels);
        assert!(packed(&surface.download().unwrap()) == pixels);
    });
}

#[test]
fn a_device_that_is_lost_says_so_from_then_on() {
    each_gpu("a_device_that_is_lost_says_so_from_then_on", |gpu| {
        let dying = another(gpu);
        let texture = texture(&dying, TextureFormat::Rgba8Unorm, size(32, 16), &[9; 2048]);
        let surface = Texture::new(&dying, &texture).unwrap().surface();
        let converter = converter(&*surface, PixelFormat::Nv12, Color::default());
        let kept = converter.convert(&*surface).unwrap().picture;
        converter.start(&*surface);
        dying.device().destroy();
        let error = converter.convert(&*surface).unwrap_err();
        assert!(error.to_string().contains("is lost"), "{error}");
        assert!(surface.download().unwrap_err().to_string().contains("is lost"));
        assert!(matches!(Texture::new(&dying, &texture).unwrap_err(), Error::Lost { .. }));
        let reopened = surface.converter(PixelFormat::Nv12, Color::default()).unwrap();
        assert!(reopened.unwrap_err().to_string().contains("is lost"));
        // What was fetched before stays readable, and is let go without harm.
        assert_eq!(kept.as_ref().plane(0).row(0)[0], 24);
    });
}

#[test]
fn whatever_is_asked_first_of_a_lost_device_is_an_error() {
    each_gpu("whatever_is_asked_first_of_a_lost_device_is_an_error", |gpu| {
        type Ask = fn(&dyn DeviceSurface) -> Result<(), DeviceError>;
        let asks: [Ask; 4] = [
            |surface| surface.converter(PixelFormat::Nv12, Color::default()).unwrap().map(drop),
            |surface| surface.download().map(drop),
            |surface| {
                let small = surface.scaled(size(8, 8), Color::default()).unwrap();
                small.converter(PixelFormat::Nv12, Color::default()).unwrap().map(drop)
            },
            |surface| surface.scaled(size(8, 8), Color::default()).unwrap().download().map(drop),
        ];
        for format in [TextureFormat::Rgba8Unorm, TextureFormat::Rgba16Float] {
            for ask in asks {
                let dying = another(gpu);
                let surface =
                    Texture::new(&dying, &blank_texture(&dying, format, size(16, 16))).unwrap().surface();
                dying.device().destroy();
                let error = ask(&*surface).unwrap_err();
                assert!(error.to_string().contains("is lost"), "{error}");
            }
        }
        let dead = another(gpu);
        dead.device().destroy();
        assert!(Gpu::new(dead.device(), dead.queue()).is_err());
    });
}

#[test]
fn pictures_in_use_keep_their_memory_and_give_it_back() {
    each_gpu("pictures_in_use_keep_their_memory_and_give_it_back", |gpu| {
        let texture = blank_texture(gpu, TextureFormat::Rgba8Unorm, size(16, 16));
        let shade = |shade: u8| {
            support::write(gpu, &texture, &[shade; 1024]);
            Texture::new(gpu, &texture).unwrap().surface()
        };
        let first = shade(0);
        let converter = converter(&*first, PixelFormat::Nv12, Color::default());
        // More than there are places in the ring, held all at once.
        let held: Vec<_> =
            (0..8).map(|index| converter.convert(&*shade(30 * index)).unwrap().picture).collect();
        for (index, picture) in (0_u32..).zip(&held) {
            assert_eq!(u32::from(packed(picture)[0]), 16 + (30 * index * 219 + 127) / 255);
        }
        drop(held);
        for index in 0..8 {
            assert_eq!(packed(&converter.convert(&*shade(255)).unwrap().picture)[0], 235, "{index}");
        }
        // A picture outlives all that made it.
        let last = converter.convert(&*shade(255)).unwrap().picture;
        drop((converter, first));
        assert_eq!(packed(&last)[0], 235);
    });
}

#[test]
fn what_was_begun_may_be_dropped() {
    each_gpu("what_was_begun_may_be_dropped", |gpu| {
        for round in 0..20 {
            let surface = surface(gpu, TextureFormat::Rgba8Unorm, size(64, 64), &[round; 16384]);
            let converter = converter(&*surface, PixelFormat::Nv12, Color::default());
            converter.start(&*surface);
        }
    });
}

#[test]
fn threads_publish_convert_and_download_side_by_side() {
    each_gpu("threads_publish_convert_and_download_side_by_side", |gpu| {
        std::thread::scope(|scope| {
            for thread in 0..4_u8 {
                scope.spawn(move || {
                    let size = size(40 + u32::from(thread), 30);
                    let texture = blank_texture(gpu, TextureFormat::Rgba8Unorm, size);
                    let mut kept = None;
                    for round in 0..25 {
                        let pixels = [thread * 10 + round; 4].repeat(size.pixels());
                        support::write(gpu, &texture, &pixels);
                        let surface = Texture::new(gpu, &texture).unwrap().surface();
                        let converter = kept
                            .get_or_insert_with(|| converter(&*surface, PixelFormat::Nv12, Color::default()));
                        converter.start(&*surface);
                        let luma = packed(&converter.convert(&*surface).unwrap().picture)[0];
                        assert_eq!(u32::from(luma), 16 + (u32::from(pixels[0]) * 219 + 127) / 255);
                        assert!(packed(&surface.download().unwrap()) == pixels);
                    }
                });
            }
        });
    });
}

#[test]
fn the_processor_converts_where_it_is_faster() {
    each_gpu("the_processor_converts_where_it_is_faster", |gpu| {
        for (conversion, on_device) in [
            (Conversion::OnDevice, true),
            (Conversion::OnProcessor, false),
            (Conversion::WhereItIsFaster, !gpu.is_emulated()),
        ] {
            let before = converter(
                &*surface(gpu, TextureFormat::Rgba8Unorm, size(8, 8), &[1; 256]),
                PixelFormat::Nv12,
                Color::default(),
            );
            let gpu = gpu.clone().with_conversion(conversion);
            let surface = surface(&gpu, TextureFormat::Rgba8Unorm, size(8, 8), &[1; 256]);
            let converts = surface.converter(PixelFormat::Nv12, Color::default()).is_some();
            let scales = surface.scaled(size(4, 4), Color::default()).is_some();
            let goes_on = before.fits(&*surface);
            assert_eq!([converts, scales, goes_on], [on_device; 3], "{conversion:?}");
        }
    });
}
