//! `ordermill admin`: what whoever has the machine may do without signing in.

mod channel;

use std::io::BufRead as _;
use std::process::ExitCode;

use anyhow::Context as _;
use ordermill_app::Partners;
use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::channel::ChannelSettings;
use ordermill_app::channel::setup::SetUpChannel;
use ordermill_app::permission::Principal;
use ordermill_app::staff::{self, NewStaff};
use ordermill_domain::api_key::Scope;
use ordermill_vault::{OsEntropy, password};

use super::terminal::say;
use crate::cli::Admin;
use crate::config::Settings;
use crate::wiring;

/// Makes what was asked for.
pub(crate) fn run(settings: &Settings, admin: Admin) -> anyhow::Result<ExitCode> {
    let shop = wiring::open(settings, Partners::default())?;
    let result = match admin {
        Admin::ApiKey { name, scopes } => api_key(&shop, name, &scopes),
        Admin::Channel { code, kind, name, account, skus, takes_tests } => {
            let name = name.unwrap_or_else(|| code.clone());
            let public_url = settings.public_url(settings.listen());
            let sku_aliases = channel::aliases(&skus);
            sku_aliases.and_then(|sku_aliases| {
                let settings = ChannelSettings {
                    account,
                    sku_aliases,
                    takes_tests,
                    ..ChannelSettings::default()
                };
                let secrets = Vec::new();
                let new = SetUpChannel { code, kind, name, settings, secrets };
                channel::set_up(&shop, &public_url, new)
            })
        }
        Admin::ChannelAccess { code, url } => channel::keep_access(&shop, &code, url.as_deref()),
        Admin::Create { login, name, even_if_one_exists } => {
            first_admin(&shop, &login, name, even_if_one_exists)
        }
    };
    shop.services.database().close();
    result.map(|()| ExitCode::SUCCESS)
}

fn api_key(shop: &wiring::Shop, name: String, scopes: &[String]) -> anyhow::Result<()> {
    let scopes = scopes
        .iter()
        .map(|scope| scope.parse::<Scope>().with_context(|| format!("there is no scope {scope}")))
        .collect::<anyhow::Result<Vec<Scope>>>()?;
    let services = &shop.services;
    let principal = Principal::system("command_line");
    let act = principal.act(services.now());
    let (vault, new) = (services.vault().clone(), NewApiKey { name, scopes, channel: None });
    let key = services
        .database()
        .write_blocking(move |tx| api_key::create(tx, &vault, &principal, &act, &new))?;
    say(key.text.as_str());
    Ok(())
}

fn first_admin(
    shop: &wiring::Shop,
    login: &str,
    name: Option<String>,
    even_if_one_exists: bool,
) -> anyhow::Result<()> {
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed).context("cannot read the password")?;
    let password = password::hash(typed.trim_end_matches(['\r', '\n']), &OsEntropy)?;
    let services = &shop.services;
    let new = NewStaff {
        name: name.unwrap_or_else(|| login.to_owned()),
        login: login.parse().context("that cannot be a login")?,
        roles: Vec::new(),
        location: None,
        password,
    };
    let act = Principal::system("command_line").act(services.now());
    let id = services
        .database()
        .write_blocking(move |tx| staff::create_first_admin(tx, &act, &new, even_if_one_exists))?;
    say(id);
    Ok(())
}
