//! The published JSON Schema is the one that the code makes.

use std::path::Path;

use faults::vocabulary::Catalogue;

/// Set this variable to write the file anew after a change: `UPDATE_SCHEMA=1 cargo test -p faults schema`.
const UPDATE: &str = "UPDATE_SCHEMA";

#[test]
fn the_published_schema_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scenario.schema.json");
    let schema = scenarios::schema::schema(&Catalogue);
    if std::env::var_os(UPDATE).is_some() {
        let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        std::fs::write(&path, text).expect("the repository is writable");
    }
    let text = std::fs::read_to_string(&path).expect("docs/scenario.schema.json is there");
    let published: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        published, schema,
        "write it anew: UPDATE_SCHEMA=1 cargo test -p faults schema"
    );
}
