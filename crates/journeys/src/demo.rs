//! The real program with its made-up merchant, in a folder of its own, for one test.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ordermill_faults::{Program, Running};

/// Making the merchant takes a while where tests compete for the processor.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running `ordermill demo`. It ends with this value.
#[derive(Debug)]
pub struct Demo {
    /// Where the shop is.
    pub url: String,
    /// Where one pays, and where messages go.
    pub sandbox: String,
    program: Running,
    _data: tempfile::TempDir,
}

impl Demo {
    /// Starts it on free ports, with fresh data.
    ///
    /// # Errors
    /// When the program is not built or does not start.
    pub fn start() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut program = Program::new(binary()?)
            .arg("demo")
            .arg("--data")
            .arg(data.path())
            .args(["--listen", "127.0.0.1:0"])
            .start()?;
        let line = program.wait_for_line("listening on http://", PATIENCE)?;
        let url = line.split_whitespace().last().context("where the shop listens")?.to_owned();
        let line = program.wait_for_line("the sandbox at http://", PATIENCE)?;
        let sandbox = line.split_whitespace().last().context("where one pays")?.to_owned();
        Ok(Self { url, sandbox, program, _data: data })
    }

    /// What it has said so far, for the message of a failure.
    pub fn output(&self) -> String {
        self.program.output()
    }
}

/// The program beside the tests: `target/debug/ordermill` of `target/debug/deps/shop-…`.
fn binary() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(|deps| deps.parent()).context("the test's folder")?;
    let binary = folder.join("ordermill");
    ensure!(binary.exists(), "{} is not there: cargo build -p ordermill", binary.display());
    Ok(binary)
}
