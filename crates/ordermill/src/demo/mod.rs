//! `ordermill demo`: a believable merchant to try everything on, in a data directory of its own.

mod own_sandbox;
mod seed;

use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::permission::Principal;
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::Span;
use ordermill_demo::Merchant;
use ordermill_domain::api_key::Scope;
use ordermill_vault::{OsEntropy, password};

use crate::command::terminal::say;
use crate::wiring::Shop;

pub(crate) use own_sandbox::OwnSandbox;

/// Every demo shows the same merchant.
const SEED: u64 = 20_261_122;
const ADMIN: &str = "admin";

/// Makes the merchant, if the data directory is still empty, and tells how to get in.
pub(crate) fn prepare(shop: &Shop) -> anyhow::Result<()> {
    let services = &shop.services;
    if seed::is_seeded(services) {
        say("the merchant is there already; its data is as you left it");
        return Ok(());
    }
    say("making the merchant: products, warehouses, stock");
    let merchant = Merchant::from_seed(SEED);
    // The merchant has been in business for a while.
    let opened_at = services.now() - Span::days(91);
    seed::seed(services, &merchant, opened_at)?;
    let secret = sign_in(shop)?;
    let key = key(shop)?;
    say(format_args!("administrator: {ADMIN} / {secret}"));
    say(format_args!("API key: {key}"));
    Ok(())
}

/// An administrator with a password of this installation alone.
fn sign_in(shop: &Shop) -> anyhow::Result<String> {
    let secret = ordermill_vault::Token::generate(&OsEntropy).as_str()[..14].to_owned();
    let new = NewStaff {
        login: ADMIN.parse()?,
        name: "管理员 Admin".to_owned(),
        roles: Vec::new(),
        location: None,
        password: password::hash(&secret, &OsEntropy)?,
    };
    let act = Principal::system("demo").act(shop.services.now());
    shop.services
        .database()
        .write_blocking(move |tx| staff::create_first_admin(tx, &act, &new, false).map(drop))?;
    Ok(secret)
}

fn key(shop: &Shop) -> anyhow::Result<String> {
    let principal = Principal::system("demo");
    let act = principal.act(shop.services.now());
    let vault = shop.services.vault().clone();
    let new = NewApiKey { name: "demo".to_owned(), scopes: Scope::ALL.to_vec(), channel: None };
    let key = shop
        .services
        .database()
        .write_blocking(move |tx| api_key::create(tx, &vault, &principal, &act, &new))?;
    Ok(key.text.as_str().to_owned())
}
