//! The chores of a contributor.

fn main() {}
