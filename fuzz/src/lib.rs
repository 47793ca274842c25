#![forbid(unsafe_code)]
//! Code that several fuzz targets share: reads of arbitrary sizes, and arbitrary settings of the compression.

mod cuts;
pub use cuts::Cuts;

mod settings;
pub use settings::Settings;
