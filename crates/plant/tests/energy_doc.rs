//! `docs/energy.md` shows what the program does.

#[path = "../examples/energy_doc/page.rs"]
mod page;
#[path = "../examples/energy_doc/picture.rs"]
mod picture;
mod scenarios;

#[test]
fn the_document_about_energy_is_up_to_date() {
    for (path, expected) in page::files().expect("the document") {
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == expected,
            "{} is not what the scenarios give: cargo run -p plant --example energy_doc",
            path.display()
        );
    }
}
