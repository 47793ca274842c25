//! The exceptions of the specification in Rust: types, attributes, texts and predicates.

mod tree;

mod answers;
mod attributes;
mod reports;
mod sources;
