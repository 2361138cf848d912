//! The page and the report in a real browser; before that, their JavaScript by the type checker and the linter.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::{binary, shell};

const FOLDER: &str = "tests/page";
const TESTS: [&str; 6] = [
    "formats.test.mjs",
    "report.test.mjs",
    "lab.test.mjs",
    "traces.test.mjs",
    "drive.test.mjs",
    "large.test.mjs",
];

/// What the tests need of this machine.
pub struct Tools {
    /// Where the packages are, outside of the repository.
    modules: PathBuf,
    chromium: PathBuf,
}

impl Tools {
    /// Finds or installs them; an error says what is missing.
    pub fn find() -> Result<Self, String> {
        for program in ["node", "npm"] {
            shell::find(program).ok_or_else(|| format!("{program} is not installed"))?;
        }
        if shell::find("chromium").is_none() && shell::can_install_packages() {
            shell::install_packages(&["chromium"])?;
        }
        let chromium = shell::find("chromium").ok_or("chromium is not installed")?;
        Ok(Self {
            modules: modules()?,
            chromium,
        })
    }

    /// Checks the JavaScript, then drives the binary's page and report.
    pub fn test(&self) -> Result<(), String> {
        shell::run(self.package("tsc").args(["-p", FOLDER]))?;
        shell::run(self.package("biome").args([
            "lint",
            "--error-on-warnings",
            "--config-path=tests/page/lint.json",
            "lab/ui",
            FOLDER,
        ]))?;
        let target = binary::target()?;
        let tests = TESTS.iter().map(|test| Path::new(FOLDER).join(test));
        shell::run(
            Command::new("node")
                // One after another: each measures, and has a shop of its own.
                .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
                .args(tests)
                .env("FAULTMART_BINARY", target.join("debug/faultmart"))
                .env("FAULTMART_CHROMIUM", &self.chromium)
                .env("FAULTMART_PAGE_MODULES", &self.modules)
                .env("FAULTMART_PICTURES", target.join("page-pictures")),
        )
    }

    fn package(&self, program: &str) -> Command {
        Command::new(self.modules.join("node_modules/.bin").join(program))
    }
}

/// Installs what `package-lock.json` names into a cache of its own, once for each version of that file.
fn modules() -> Result<PathBuf, String> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
    let folder = cache.join("faultmart/page-tests");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let lock = fs::read(Path::new(FOLDER).join("package-lock.json")).map_err(failed)?;
    let done = folder.join("installed-lock.json");
    if fs::read(&done).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(FOLDER).join(file), folder.join(file)).map_err(failed)?;
    }
    shell::run(
        Command::new("npm")
            .args([
                "install",
                "--no-save",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ])
            .current_dir(&folder),
    )?;
    fs::write(&done, lock).map_err(failed)?;
    Ok(folder)
}
