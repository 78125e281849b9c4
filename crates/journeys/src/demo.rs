//! The real program with its made-up merchant, in a folder of its own, for one test.

use std::path::PathBuf;
use std::time::{Duration, Instant};

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
    data: tempfile::TempDir,
}

/// How somebody of the staff signs in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The name.
    pub login: String,
    /// The password.
    pub password: String,
}

impl Demo {
    /// Starts it on free ports, with fresh data, a short past, and nobody who comes by.
    ///
    /// # Errors
    /// When the program is not built or does not start.
    pub fn start() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut program = Program::new(binary()?)
            .arg("demo")
            .arg("--data")
            .arg(data.path())
            .args(["--listen", "127.0.0.1:0", "--pace", "0", "--past-orders", "60"])
            .start()?;
        let line = program.wait_for_line("listening on http://", PATIENCE)?;
        let url = line.split_whitespace().last().context("where the shop listens")?.to_owned();
        let line = program.wait_for_line("the sandbox at http://", PATIENCE)?;
        let sandbox = line.split_whitespace().last().context("where one pays")?.to_owned();
        Ok(Self { url, sandbox, program, data })
    }

    /// How somebody of this role signs in to the console.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn sign_in_of(&self, role: &str) -> Result<SignIn> {
        let text = std::fs::read_to_string(self.data.path().join("demo-sign-ins.txt"))?;
        let lines = || text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let login = lines().find_map(|words| match words.as_slice() {
            [login, last] if *last == role => Some((*login).to_owned()),
            _ => None,
        });
        let password = lines().find_map(|words| match words.as_slice() {
            ["password", password, ..] => Some((*password).to_owned()),
            _ => None,
        });
        let login = login.with_context(|| format!("somebody who is {role}"))?;
        Ok(SignIn { login, password: password.context("the password of all")? })
    }

    /// The code in the newest text message to a phone, once there is one that is not `before`.
    ///
    /// # Errors
    /// When none comes.
    pub fn code_sent_to(&self, phone: &str, before: Option<&str>) -> Result<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mut answer = ureq::get(format!("{}/sms", self.sandbox)).call()?;
            let messages: serde_json::Value = answer.body_mut().read_json()?;
            let newest = messages
                .as_array()
                .into_iter()
                .flatten()
                .find(|message| message["to"].as_str().is_some_and(|to| to.ends_with(phone)));
            let code = newest.and_then(|message| code_in(message["text"].as_str()?));
            match code.filter(|code| Some(code.as_str()) != before) {
                Some(code) => return Ok(code),
                None => ensure!(Instant::now() < deadline, "no code for {phone}: {messages}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has said so far, for the message of a failure.
    pub fn output(&self) -> String {
        self.program.output()
    }
}

/// Six digits in a row.
fn code_in(text: &str) -> Option<String> {
    let mut runs = text.split(|letter: char| !letter.is_ascii_digit());
    runs.find(|run| run.len() == 6).map(str::to_owned)
}

/// The program beside the tests: `target/debug/ordermill` of `target/debug/deps/shop-…`.
fn binary() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(|deps| deps.parent()).context("the test's folder")?;
    let binary = folder.join("ordermill");
    ensure!(binary.exists(), "{} is not there: cargo build -p ordermill", binary.display());
    Ok(binary)
}
