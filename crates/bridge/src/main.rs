//! The hoymiles-smiles program.
fn main() {}
