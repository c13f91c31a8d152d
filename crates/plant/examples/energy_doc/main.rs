//! Writes the tables of `docs/energy.md` and its picture from the scenarios that are tested.

mod page;
mod picture;
#[path = "../../tests/scenarios/mod.rs"]
mod scenarios;

use std::{fs, io};

fn main() -> io::Result<()> {
    for (path, text) in page::files()? {
        fs::write(path, text)?;
    }
    Ok(())
}
