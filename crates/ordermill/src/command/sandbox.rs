//! `ordermill sandbox`: the sandbox gateway as a server of its own.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ordermill_base::Span;
use ordermill_sandbox::Config;
use ordermill_vault::standard_webhooks::WebhookSecret;
use ordermill_vault::{OsEntropy, Token};

use super::serve::{bind, seed};
use super::stop::terminated;
use super::terminal::say;
use crate::cli::Sandbox;
use crate::clock::SystemClock;
use crate::config::Settings;

const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8090);

/// Runs it until the process is told to stop.
pub(crate) fn run(settings: &Settings, sandbox: &Sandbox) -> anyhow::Result<ExitCode> {
    let listener = bind(settings.listen.unwrap_or(LISTEN))?;
    let config = config(settings, sandbox);
    // Whoever made the secrets knows them; those made up here are for no one else to know.
    say(format_args!(
        "export ORDERMILL_SANDBOX_URL={}",
        settings.public_url(listener.local_addr()?)
    ));
    say(format_args!("export ORDERMILL_SANDBOX_MERCHANT={}", config.merchant));
    if sandbox.api_key.is_none() {
        say(format_args!("export ORDERMILL_SANDBOX_API_KEY={}", config.api_key));
    }
    if sandbox.notice_secret.is_none() {
        say(format_args!("export ORDERMILL_SANDBOX_NOTICE_SECRET={}", config.notice_secret));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::select! {
            served = ordermill_sandbox::serve(listener, config) => {
                served.context("the sandbox failed").map(|()| ExitCode::SUCCESS)
            }
            () = terminated() => Ok(ExitCode::SUCCESS),
        }
    })
}

fn config(settings: &Settings, sandbox: &Sandbox) -> Config {
    let made_up = || WebhookSecret::generate(&OsEntropy).to_text().to_string();
    let key = || Token::generate(&OsEntropy).as_str().to_owned();
    Config {
        public_url: settings.public_url.clone(),
        allow_remote: sandbox.allow_remote,
        notify_hosts: sandbox.notify_hosts.clone(),
        carrier_day: Span::millis((sandbox.carrier_day * 1e3) as i64),
        ..Config::new(
            sandbox.merchant.clone(),
            sandbox.api_key.clone().unwrap_or_else(key),
            sandbox.notice_secret.clone().unwrap_or_else(made_up),
            Arc::new(SystemClock),
            seed(),
        )
    }
}
