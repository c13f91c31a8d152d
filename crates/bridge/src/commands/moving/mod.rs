//! What the commands that carry an older version's data over have in common.

pub(crate) mod names;
pub(crate) mod progress;
