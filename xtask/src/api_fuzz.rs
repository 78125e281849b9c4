//! `cargo xtask api-fuzz SCHEMA_URL`: schemathesis sends a running server what its OpenAPI document
//! allows and what it forbids, and compares the answers with the document.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::run as run_command;
use crate::machine::{self, Tool};

/// From PyPI, for tests only.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

pub(crate) fn run(args: &[String]) -> Result<()> {
    let (url, options) = match args {
        [url] => (url, &[][..]),
        [url, separator, options @ ..] if separator == "--" => (url, options),
        _ => bail!("usage: cargo xtask api-fuzz SCHEMA_URL [-- OPTION…]"),
    };
    machine::provide(&[Tool::Python])?;
    fuzz(&install()?, url, options, None)
}

/// Runs all of schemathesis' checks; more of its options may follow. What it says goes to `report`, if there is
/// one.
pub(crate) fn fuzz(
    schemathesis: &Path,
    schema_url: &str,
    options: &[String],
    report: Option<&File>,
) -> Result<()> {
    let mut command = Command::new(schemathesis);
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemathesis.toml");
    command.arg("--config-file").arg(settings);
    if let Some(report) = report {
        command.stdout(report.try_clone()?).stderr(report.try_clone()?);
    }
    run_command(command.args(["--no-color", "run", schema_url, "--checks", "all"]).args(options))
}

/// Where schemathesis is. Installs it once into a Python environment of its own, under the folder of build results.
pub(crate) fn install() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let environment = Path::new(&target).join("python").join(SCHEMATHESIS);
    let bin = environment.join("bin");
    let program = bin.join("schemathesis");
    // Written last by pip, so its presence tells that the installation went through.
    if !program.is_file() {
        run_command(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        run_command(Command::new(bin.join("python")).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            SCHEMATHESIS,
        ]))?;
    }
    Ok(program)
}
