//! Any settings of the compression.

use arbitrary::Arbitrary;
use sockeye_deflate::DeflateConfig;

/// The settings of an application.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Settings {
    level: u8,
    mem_level: u8,
    window_bits: Option<u8>,
    peer_window_bits: Option<u8>,
    no_context_takeover: bool,
    peer_no_context_takeover: bool,
    threshold: u8,
}

impl From<Settings> for DeflateConfig {
    fn from(settings: Settings) -> Self {
        let mut deflate = Self::default()
            .level(settings.level % 10)
            .mem_level(settings.mem_level % 10)
            .no_context_takeover(settings.no_context_takeover)
            .peer_no_context_takeover(settings.peer_no_context_takeover)
            .threshold(settings.threshold.into());
        if let Some(bits) = settings.window_bits {
            deflate = deflate.window_bits(8 + bits % 8);
        }
        if let Some(bits) = settings.peer_window_bits {
            deflate = deflate.peer_window_bits(8 + bits % 8);
        }
        deflate
    }
}
