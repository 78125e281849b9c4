//! One file for each command.

mod admin;
mod serve;
mod terminal;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::log;

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = cli.settings.with_file()?;
    log::start(settings.log_format.unwrap_or_default());
    match cli.command {
        Command::Serve => serve::serve(&settings),
        Command::Admin(admin) => admin::run(&settings, admin),
    }
}
