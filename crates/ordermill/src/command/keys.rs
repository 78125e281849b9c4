//! `ordermill keys`: the keys that seal personal data and secrets, and changing them.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use ordermill_app::node::{Node, TakeNodeError};
use ordermill_app::privacy::rotation::{Settling, rotate_keys_with};
use ordermill_app::privacy::{RotationProgress, Vault, destroy_key, keys};
use ordermill_base::{Clock, Span};
use ordermill_storage::{Database, Options, sealed};
use ordermill_vault::{KeyId, OsEntropy, Purpose};

use super::terminal::{Progress, say};
use crate::cli::Keys;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::wiring;

/// Lists, rotates or destroys keys. Other processes may work on the database meanwhile.
pub(crate) fn run(settings: &Settings, command: Keys) -> anyhow::Result<ExitCode> {
    let address = settings.address()?;
    let clock = Arc::new(SystemClock);
    // Nobody else on this SQLite database: then nobody needs time to learn of a new key.
    let alone = match Node::take(&address, "keys", Arc::clone(&clock) as Arc<dyn Clock>) {
        Ok(node) if !address.is_postgres() => Some(node),
        Ok(_) | Err(TakeNodeError::InUse(_)) => None,
        Err(error) => return Err(error).context("cannot open the database"),
    };
    // It makes no ids, so it needs no number of its own.
    let options = Options { readers: 1, writers: 1, ..Options::default() };
    let database = Database::open(&address, options).context("cannot open the database")?;
    let source = wiring::root_key(settings)?;
    let now = clock.now();
    let vault = database
        .write_blocking(move |tx| Vault::open(tx, &source, Arc::new(OsEntropy), now))
        .context("cannot open the vault")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let result = runtime.block_on(async {
        match command {
            Keys::List => list(&database, &vault).await,
            Keys::Rotate { purpose } => {
                rotate(&database, &vault, &purpose, alone.is_some(), &*clock).await
            }
            Keys::Destroy { key } => {
                destroy_key(&database, &vault, KeyId::new(key)).await?;
                say(format_args!("key {key} is destroyed; what backups hold under it is gone"));
                Ok(())
            }
        }
    });
    database.close();
    result.map(|()| ExitCode::SUCCESS)
}

async fn list(database: &Database, vault: &Vault) -> anyhow::Result<()> {
    for key in keys(vault) {
        let id = key.id.get();
        let values = database.read(move |tx| sealed::count_under(tx, id)).await?;
        let (purpose, state) = (key.purpose.as_str(), key.state.as_str());
        say(format_args!("{id:>4}  {purpose:<12} {state:<10} {}  {values:>10}", key.created_at));
    }
    Ok(())
}

async fn rotate(
    database: &Database,
    vault: &Vault,
    purpose: &str,
    is_alone: bool,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let Ok(purpose) = Purpose::parse(purpose) else { bail!("there is no purpose {purpose}") };
    let total = database.read(sealed::count).await?;
    let total = u64::try_from(total).unwrap_or(0);
    let settling = if is_alone { Settling::NOBODY_ELSE } else { Settling::OTHERS };
    if !is_alone {
        let wait: Span = settling.span();
        say(format_args!(
            "others may be using the database; they get {} seconds to learn of the new key, twice",
            wait.as_seconds()
        ));
    }
    let mut progress = Progress::new("sealing anew");
    let mut unreadable = 0;
    let told = |done: RotationProgress| {
        unreadable = done.unreadable;
        progress.at(done.resealed, total);
    };
    let now = clock.now();
    let key = rotate_keys_with(database, vault, purpose, now, settling, told).await?;
    drop(progress);
    say(format_args!("key {} is in use for {}", key.get(), purpose.as_str()));
    if unreadable > 0 {
        say(format_args!("{unreadable} values do not open and were left as they are"));
    }
    // Not at once: standard error may still draw.
    tokio::time::sleep(Duration::from_millis(1)).await;
    Ok(())
}
