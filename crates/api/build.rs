//! The dashboard is embedded anew when it was built anew.
//!
//! An unoptimised program reads the files when they are asked for: then there is nothing to watch,
//! once they are there. Where they are is settled when it is compiled, and one that was compiled
//! before the first build of the dashboard would never find it.

use std::path::Path;

const DIST: &str = "../../web/dist";

fn main() {
    let reads_when_asked = std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    let candidates = if reads_when_asked && Path::new(DIST).exists() {
        &["build.rs"][..]
    } else {
        // Without a build of the dashboard, watch for one to appear.
        &[DIST, "../../web", "build.rs"][..]
    };
    let watched = candidates.iter().find(|path| Path::new(path).exists());
    println!("cargo::rerun-if-changed={}", watched.expect("this file exists"));
}
