//! Modules as one script, for a page that is opened from a file: there, a module may not import another.
//!
//! Each module becomes a function that is called once, after those that it imports, and returns what it exports. This reads the
//! part of the language in which our modules import and export, at the beginning of a line, and says what it cannot read.

use std::collections::HashMap;

/// The modules that `entry` needs, and `entry` last, as one script.
///
/// # Errors
///
/// A text that says what cannot be bundled: a module that is not there, a ring of imports, a form of export.
pub fn bundle<'a>(entry: &'a str, read: impl Fn(&str) -> Option<&'a str>) -> Result<String, String> {
    let mut modules: HashMap<String, Module> = HashMap::new();
    let mut done: Vec<String> = Vec::new();
    let mut stack = vec![entry.to_owned()];
    while let Some(path) = stack.last().cloned() {
        if !modules.contains_key(&path) {
            let text = read(&path).ok_or_else(|| format!("{path} is imported and not there"))?;
            modules.insert(path.clone(), Module::read(&path, text)?);
        }
        let missing = modules[&path].imports.iter().find(|it| !done.contains(it));
        match missing {
            Some(import) if stack.contains(import) => {
                return Err(format!("{path} and {import} import one another"));
            }
            Some(import) => stack.push(import.clone()),
            None => {
                stack.pop();
                if !done.contains(&path) {
                    done.push(path);
                }
            }
        }
    }
    let mut script = String::from("const $modules = {};\n");
    for path in done {
        let module = &modules[&path];
        script.push_str(&format!(
            "$modules[\"{path}\"] = (() => {{\n{}\nreturn {{ {} }};\n}})();\n",
            module.body.trim_end(),
            module.exports.join(", ")
        ));
    }
    // The end of a script element, wherever it stands; in a JavaScript text it means the same.
    Ok(script.replace("</script", "<\\/script"))
}

struct Module {
    imports: Vec<String>,
    /// `name` or `outer: inner`.
    exports: Vec<String>,
    body: String,
}

impl Module {
    fn read(path: &str, text: &str) -> Result<Self, String> {
        let mut module = Self {
            imports: Vec::new(),
            exports: Vec::new(),
            body: String::new(),
        };
        let mut lines = text.lines();
        let mut in_comment = false;
        while let Some(line) = lines.next() {
            in_comment |= line.trim_start().starts_with("/*");
            if in_comment {
                in_comment = !line.contains("*/");
                module.push(line);
            } else if line.starts_with("import ") {
                let statement = until_semicolon(line, &mut lines);
                module.import(path, &statement)?;
            } else if line.starts_with("export {") {
                let statement = until_semicolon(line, &mut lines);
                module.export_list(&statement);
            } else if let Some(declaration) = line.strip_prefix("export ") {
                module.export(path, declaration)?;
                module.push(declaration);
            } else if let Some(at) = line.rfind("export{") {
                // What a minifier leaves at the end.
                module.push(&line[..at]);
                module.export_list(&line[at..]);
            } else {
                module.push(line);
            }
        }
        Ok(module)
    }

    fn push(&mut self, line: &str) {
        self.body.push_str(line);
        self.body.push('\n');
    }

    fn import(&mut self, path: &str, statement: &str) -> Result<(), String> {
        let wrong = || format!("{path}: cannot bundle `{statement}`");
        let rest = statement.trim_start_matches("import ").trim_end_matches(';');
        let (names, from) = rest.rsplit_once(" from ").ok_or_else(wrong)?;
        let target = resolve(path, from.trim().trim_matches('"')).ok_or_else(wrong)?;
        let names = names.trim();
        let pattern = match names.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            Some(list) => format!(
                "{{ {} }}",
                list.trim().trim_end_matches(',').replace(" as ", ": ")
            ),
            None => format!("{{ default: {names} }}"),
        };
        self.push(&format!("const {pattern} = $modules[\"{target}\"];"));
        self.imports.push(target);
        Ok(())
    }

    fn export(&mut self, path: &str, declaration: &str) -> Result<(), String> {
        let mut words = declaration.split(|it: char| !(it.is_alphanumeric() || it == '_' || it == '$'));
        let name = match words.next() {
            Some("async") => words.nth(1),
            Some("function" | "class" | "const") => words.next(),
            _ => None,
        };
        let name = name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("{path}: cannot bundle `export {declaration}`"))?;
        self.exports.push(name.to_owned());
        Ok(())
    }

    fn export_list(&mut self, statement: &str) {
        let list = statement
            .trim_start_matches("export")
            .trim_matches(|it: char| it.is_whitespace() || "{};".contains(it));
        for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            self.exports.push(match item.split_once(" as ") {
                Some((inner, outer)) => format!("{}: {}", outer.trim(), inner.trim()),
                None => item.to_owned(),
            });
        }
    }
}

fn until_semicolon<'a>(first: &str, lines: &mut impl Iterator<Item = &'a str>) -> String {
    let mut statement = first.to_owned();
    while !statement.contains(';') {
        let Some(line) = lines.next() else { break };
        statement.push(' ');
        statement.push_str(line.trim());
    }
    statement
}

/// A path relative to a module's, from the root of the files.
fn resolve(module: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = module.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    (relative.starts_with("./") || relative.starts_with("../")).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(files: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<&'a str> {
        move |path| {
            files
                .iter()
                .find(|(name, _)| *name == path)
                .map(|(_, text)| *text)
        }
    }

    #[test]
    fn what_is_imported_comes_first_and_once() {
        let files = [
            (
                "a/main.js",
                "import { one,\n  two as zwei,\n} from \"../b.js\";\nimport chart from \"../c.js\";\nzwei();",
            ),
            (
                "b.js",
                "import chart from \"./c.js\";\nexport function one() {}\nexport const two = 2;\nexport async function three() {}",
            ),
            ("c.js", "const it = 1;export{it as default};"),
        ];
        let script = bundle("a/main.js", read(&files)).expect("a bundle");
        let place = |text: &str| script.find(text).unwrap_or_else(|| panic!("{text} in {script}"));
        assert!(place("$modules[\"c.js\"] =") < place("$modules[\"b.js\"] ="));
        assert!(place("$modules[\"b.js\"] =") < place("$modules[\"a/main.js\"] ="));
        place("const { one, two: zwei } = $modules[\"b.js\"];");
        place("const { default: chart } = $modules[\"c.js\"];");
        place("return { one, two, three };");
        place("return { default: it };");
        assert_eq!(script.matches("$modules[\"c.js\"] =").count(), 1);
    }

    #[test]
    fn what_cannot_be_bundled_is_said() {
        let missing = bundle("a.js", read(&[("a.js", "import { b } from \"./b.js\";")]));
        assert_eq!(missing.expect_err("no b.js"), "b.js is imported and not there");
        let ring = [
            ("a.js", "import { b } from \"./b.js\";"),
            ("b.js", "import { a } from \"./a.js\";"),
        ];
        assert!(
            bundle("a.js", read(&ring))
                .expect_err("a ring")
                .contains("one another")
        );
        let default = bundle("a.js", read(&[("a.js", "export default 1;")]));
        assert!(default.expect_err("a default").contains("export default 1"));
        let bare = bundle("a.js", read(&[("a.js", "import { b } from \"preact\";")]));
        assert!(bare.is_err());
    }

    #[test]
    fn what_is_in_a_comment_is_not_exported() {
        let files = [(
            "a.js",
            "/*\nexport function old() {}\n*/\n/** What. */\nexport const it = 1;",
        )];
        let script = bundle("a.js", read(&files)).expect("a bundle");
        assert!(script.contains("return { it };"), "{script}");
    }

    #[test]
    fn a_script_cannot_end_its_element() {
        let script = bundle("a.js", read(&[("a.js", "const it = \"</script>\";")])).expect("a bundle");
        assert!(!script.contains("</script"), "{script}");
    }
}
