//! `ordermill audit verify`: the hash chain over the journal, from the first entry to the last.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ordermill_base::IdGenerator;
use ordermill_storage::Connection;
use ordermill_storage::audit::{self, Head, VerifyError};

use super::terminal::{Progress, say};
use crate::config::Settings;

/// Verifies the chain; the first bad position is the answer if there is one.
pub(crate) fn verify(settings: &Settings, head: Option<&str>) -> anyhow::Result<ExitCode> {
    let head = head.map(str::parse::<Head>).transpose().context("a head is BLOCK:HASH")?;
    let ids = Arc::new(IdGenerator::new(0));
    let mut connection = Connection::open_reader(&settings.address()?, ids)?;
    let mut progress = Progress::new("verifying");
    let result = connection.snapshot(|tx| {
        audit::verify(tx, head.as_ref(), &mut |verified| {
            progress.at(u64::try_from(verified.entries).unwrap_or(0), 0);
        })
    });
    drop(progress);
    match result {
        Ok(verified) => {
            say(format_args!("{} entries in {} blocks hold", verified.entries, verified.blocks));
            if let Some(head) = verified.head {
                say(format_args!("head {head}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(VerifyError::Bad(bad)) => {
            say(bad);
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}
