//! The tree of the specification: what each exception is in Rust, its attributes, and its text.

mod tree;

mod answers;
mod attributes;
mod sources;
