//! Rebuilds the crate when a migration is added: `sqlx::migrate!` embeds the folder as it is.

#![allow(clippy::print_stdout, reason = "printing is how a build script speaks to cargo")]

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
