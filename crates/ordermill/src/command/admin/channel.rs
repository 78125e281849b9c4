//! Sales channels from the machine itself.

use std::collections::BTreeMap;
use std::io::BufRead as _;

use anyhow::Context as _;
use ordermill_app::channel::setup::{self, SetUpChannel, set_up_channel};
use ordermill_app::links::Links;

use crate::command::terminal::say;
use crate::wiring::Shop;

/// `THEIRS=OURS`, each.
pub(super) fn aliases(skus: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let pair = |text: &String| {
        let (theirs, ours) = text
            .rsplit_once('=')
            .with_context(|| format!("a SKU is written THEIRS=OURS, not {text}"))?;
        Ok((theirs.to_owned(), ours.to_owned()))
    };
    skus.iter().map(pair).collect()
}

/// Makes the channel with the secrets that are typed, and says where its messages go.
pub(super) fn set_up(shop: &Shop, public_url: &str, new: SetUpChannel) -> anyhow::Result<()> {
    let lines = std::io::stdin().lock().lines();
    let lines: Vec<String> = lines.collect::<Result<_, _>>().context("cannot read the secrets")?;
    let secrets = lines.into_iter().map(|line| line.trim().to_owned());
    let secrets = secrets.filter(|secret| !secret.is_empty()).collect();
    let new = SetUpChannel { secrets, ..new };
    let services = &shop.services;
    let (vault, now) = (services.vault().clone(), services.now());
    let (code, kind) = (new.code.clone(), new.kind.clone());
    let id = services.database().write_blocking(move |tx| set_up_channel(tx, &vault, &new, now))?;
    say(format_args!("{id}: messages go to {}", Links::new(public_url).channel(&code, &kind)));
    Ok(())
}

/// Keeps the access token that is typed; an empty one ends the telling.
pub(super) fn keep_access(shop: &Shop, code: &str, url: Option<&str>) -> anyhow::Result<()> {
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed).context("cannot read the access token")?;
    let services = &shop.services;
    let vault = services.vault().clone();
    let (code, url, token) = (code.to_owned(), url.map(str::to_owned), typed.trim().to_owned());
    let named = code.clone();
    services
        .database()
        .write_blocking(move |tx| setup::keep_access(tx, &vault, &code, url.as_deref(), &token))?;
    let what = if typed.trim().is_empty() { "is told nothing" } else { "is told what leaves" };
    say(format_args!("{named} {what}"));
    Ok(())
}
