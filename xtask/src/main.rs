//! What is done to the project: `cargo xtask`.
//!
//! Start at [`COMMANDS`]; the test command is in [`test`], each of its parts in [`steps`].

#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

mod api_fuzz;
mod check;
mod command;
mod machine;
mod postgres;
mod shots;
mod steps;
mod test;

use std::process::ExitCode;

use anyhow::{Context, Result};

/// A command: its name, its arguments, what it does, and the function that does it.
type Entry = (&'static str, &'static str, &'static str, fn(&[String]) -> Result<()>);

const COMMANDS: &[Entry] = &[
    (
        "test",
        "[--list] [--only PART]…",
        "tests everything, after installing what the tests need",
        test::run,
    ),
    ("check", "", "the house rules no other tool knows: see CONTRIBUTING.md", check::run),
    (
        "postgres",
        "[--no-fsync] -- COMMAND…",
        "runs a command beside a throw-away PostgreSQL server",
        postgres::run,
    ),
    (
        "api-fuzz",
        "SCHEMA_URL [-- OPTION…]",
        "sends generated requests to a running server, by its OpenAPI document",
        api_fuzz::run,
    ),
    (
        "shots",
        "URL FOLDER",
        "takes pictures of a running page: phone and desktop, Chinese and English",
        shots::run,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let command = args.first().map(String::as_str).unwrap_or_default();
    let Some((.., run)) = COMMANDS.iter().find(|(name, ..)| *name == command) else {
        for (name, arguments, about, _) in COMMANDS {
            println!("cargo xtask {name} {arguments}\n    {about}");
        }
        return if command.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    match enter_root().and_then(|()| command::watch_signals()).and_then(|()| run(&args[1..])) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Every command works from the root of the repository, wherever it was called.
fn enter_root() -> Result<()> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("call me by `cargo xtask`")?;
    let root = std::path::Path::new(&manifest).parent().context("xtask lies in no folder")?;
    std::env::set_current_dir(root).with_context(|| format!("cannot enter {}", root.display()))
}
