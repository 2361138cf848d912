//! The pages of docs/faults/ say what the catalogue says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use faults::catalogue::{FAULTS, RUN_BEGINS, RUN_ENDS, pages};

const HOW: &str = "write the pages anew: cargo xtask docs --text-only";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name))
        .unwrap_or_else(|error| panic!("docs/faults/{name}: {error}; {HOW}"))
}

#[test]
fn every_fault_has_its_page_with_what_a_run_showed() {
    for fault in FAULTS {
        let published = read(&format!("{}.md", fault.name));
        let (_, rest) = published.split_once(RUN_BEGINS).expect("where a run begins");
        let (run, _) = rest.split_once(RUN_ENDS).expect("where it ends");
        assert!(
            run.contains(&format!("\n{} at ", fault.name)),
            "{}: no run",
            fault.name
        );
        assert!(
            published == fault.page(run),
            "docs/faults/{}.md: {HOW}",
            fault.name
        );
    }
    assert!(read("README.md") == pages(), "docs/faults/README.md: {HOW}");
}

#[test]
fn there_is_no_page_of_a_fault_that_is_gone() {
    let known: BTreeSet<String> = FAULTS.iter().map(|fault| format!("{}.md", fault.name)).collect();
    for entry in std::fs::read_dir(folder()).expect("docs/faults") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a name");
        assert!(name == "README.md" || known.contains(&name), "docs/faults/{name}");
    }
}
