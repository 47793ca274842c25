//! The report: results of a run as tables for a terminal, as Markdown, and as a chart.

pub mod chart;
pub mod growth;
pub mod markdown;
pub mod overhead;
mod results;
pub mod statistics;
pub mod table;

pub use results::{Measured, OURS, RAW, Row, Sample};
