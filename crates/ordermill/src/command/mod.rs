//! One file for each command.

mod admin;
mod audit;
mod backup;
mod bench;
mod check;
mod export;
mod import;
mod keys;
mod sandbox;
pub(crate) mod serve;
mod stop;
pub(crate) mod terminal;

use std::process::ExitCode;

use crate::cli::{Audit, Cli, Command};
use crate::config::Settings;
use crate::log;

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = match cli.command {
        // A program of its own: it has no data directory and none of its settings.
        Command::Sandbox(_) => cli.settings,
        _ => cli.settings.with_file()?,
    };
    log::start(settings.log_format.unwrap_or_default());
    match cli.command {
        Command::Sandbox(sandbox) => sandbox::run(&settings, &sandbox),
        Command::Serve => serve::serve(&settings, None, |_, _| Ok(())),
        Command::Demo { pace, past_orders } => {
            let data = settings.data.or_else(|| Some("demo-data".into()));
            let settings = Settings { data, ..settings };
            serve::serve(&settings, Some(pace), |url, sandbox| {
                crate::demo::prepare(&settings, url, sandbox, past_orders)
            })
        }
        Command::Import(import) => import::run(&settings, import),
        Command::Export(export) => export::run(&settings, export),
        Command::Check => check::check(&settings),
        Command::Audit(Audit::Verify { head }) => audit::verify(&settings, head.as_deref()),
        Command::Backup { folder, with_root_key } => {
            backup::backup(&settings, &folder, with_root_key)
        }
        Command::Restore { folder } => backup::restore(&settings, &folder),
        Command::Bench(what) => bench::bench(&settings, &what),
        Command::ServeNothing => bench::serve_nothing(&settings),
        Command::Keys(command) => keys::run(&settings, command),
        Command::Admin(admin) => admin::run(&settings, admin),
    }
}
