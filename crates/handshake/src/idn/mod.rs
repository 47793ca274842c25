//! Internationalized host names: [UTS 46](https://www.unicode.org/reports/tr46/), behind the feature `idn`.

#[cfg(not(feature = "idn"))]
mod disabled;
#[cfg(not(feature = "idn"))]
pub(crate) use disabled::to_ascii;

#[cfg(feature = "idn")]
mod enabled;
#[cfg(feature = "idn")]
pub(crate) use enabled::to_ascii;
