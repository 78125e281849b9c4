//! Ordermill: an order management system in one binary.

mod cli;
mod clock;
mod command;
mod config;
mod demo;
mod log;
mod partners;
mod sandbox_carriers;
mod server;
mod wiring;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match command::run(cli) {
        Ok(code) => code,
        Err(error) => {
            // The cause chain, once, where the error is handled, for whoever typed the command.
            let _ = writeln!(std::io::stderr(), "ordermill: {error:#}");
            ExitCode::FAILURE
        }
    }
}
