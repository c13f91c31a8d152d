//! The dashboard is embedded anew when it was built anew.
//!
//! An unoptimised program reads the files when they are asked for: then there is nothing to watch.

use std::path::Path;

fn main() {
    let candidates = if std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some() {
        &["build.rs"][..]
    } else {
        // Without a build of the dashboard, watch for one to appear.
        &["../../web/dist", "../../web", "build.rs"][..]
    };
    let watched = candidates.iter().find(|path| Path::new(path).exists());
    println!("cargo::rerun-if-changed={}", watched.expect("this file exists"));
}
