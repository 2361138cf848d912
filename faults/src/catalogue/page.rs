//! The pages of docs/faults/: an entry each, in Markdown, and the list of them.

use super::{FAULTS, Fault, Places};

/// What a run has shown stands after this line, and before the next one of its kind.
pub const RUN_BEGINS: &str = "<!-- a run -->\n";
/// What a run has shown ends here.
pub const RUN_ENDS: &str = "<!-- the end of the run -->\n";

const DO_NOT_EDIT: &str =
    "<!-- Written by `cargo xtask docs`. The text is that of the catalogue, faults/src/catalogue/. -->\n";

impl Fault {
    /// Its page. `run` is what a run of its scenario has shown, in Markdown; it may be empty.
    #[must_use]
    pub fn page(&self, run: &str) -> String {
        let Self {
            name,
            summary,
            mechanism,
            signature,
            confused_with,
            fix,
            scenario,
            ..
        } = self;
        let mut text = format!(
            "{DO_NOT_EDIT}# `{name}`\n\n{summary}\n\n\
             ```console\n$ faultmart run {scenario}\n```\n\n{RUN_BEGINS}{run}{RUN_ENDS}\n"
        );
        for (title, part) in [
            ("How it comes about", *mechanism),
            ("In a trace", signature),
            ("Metrics and traces", &self.shown_by_in_words().join("\n\n")),
            ("Mistaken for", confused_with),
            ("The fix", fix),
            ("Switched on", &self.switched_on_in_words()),
        ] {
            text.push_str(&format!("## {title}\n\n{part}\n\n"));
        }
        let places: Vec<String> = self
            .all_place_names()
            .iter()
            .map(|place| format!("`{place}`"))
            .collect();
        text.push_str(&format!("It strikes at {}.\n", places.join(", ")));
        if !self.parameters.is_empty() {
            text.push_str("\n| parameter | values | default | what it is |\n|---|---|---|---|\n");
        }
        for parameter in self.parameters {
            text.push_str(&format!(
                "| `{}` | {} | `{}` | {} |\n",
                parameter.name,
                parameter.kind.values().replace('|', "\\|"),
                parameter.default,
                parameter.summary
            ));
        }
        if let Places::Operations(operations) = self.places {
            text.push_str("\n## The two files\n");
            for operation in operations {
                text.push_str(&format!(
                    "\nAt `{}`, from the healthy file to the faulty one:\n\n```diff\n{}```\n",
                    operation.name,
                    operation.diff()
                ));
            }
        }
        text
    }
}

/// The page that leads to the others, in the order in which they are taught.
#[must_use]
pub fn pages() -> String {
    let mut text = format!(
        "{DO_NOT_EDIT}# The catalogue of faults\n\n\
         A page each, with what a run of its scenario showed. [faults.md](../faults.md) tells how to strike by hand, and in a\n\
         terminal `faultmart fault show NAME` says the same as these pages.\n\n\
         | fault | family | what it is |\n|---|---|---|\n"
    );
    for fault in FAULTS {
        text.push_str(&format!(
            "| [`{0}`]({0}.md) | {1} | {2} |\n",
            fault.name, fault.family, fault.summary
        ));
    }
    text
}
