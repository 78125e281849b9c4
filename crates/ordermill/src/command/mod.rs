//! One file for each command.

mod audit;
mod backup;
mod check;
mod serve;
mod terminal;

use std::process::ExitCode;

use crate::cli::{Audit, Cli, Command};
use crate::log;

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = cli.settings.with_file()?;
    log::start(settings.log_format.unwrap_or_default());
    match cli.command {
        Command::Serve => serve::serve(&settings),
        Command::Check => check::check(&settings),
        Command::Audit(Audit::Verify) => audit::verify(&settings),
        Command::Backup { file } => backup::backup(&settings, &file),
        Command::Restore { file } => backup::restore(&settings, &file),
    }
}
