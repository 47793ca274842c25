#![forbid(unsafe_code)]
//! What several of the fuzz targets share: how a stream of bytes arrives, and any settings of the compression.

mod cuts;
pub use cuts::Cuts;

mod settings;
pub use settings::Settings;
