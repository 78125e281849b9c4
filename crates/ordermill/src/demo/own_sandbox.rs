//! The sandbox that a demo pays at: in the same process, on a port of loopback beside the shop's.

use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use anyhow::Context as _;
use ordermill_sandbox::{Config, Sandbox};
use ordermill_vault::standard_webhooks::WebhookSecret;
use ordermill_vault::{OsEntropy, Token};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::SystemClock;
use crate::command::serve::{bind, seed};
use crate::command::terminal::say;
use crate::partners::{MERCHANT, SandboxAccount};

/// A sandbox with its port, before it serves.
pub(crate) struct OwnSandbox {
    sandbox: Sandbox,
    listener: StdListener,
    account: SandboxAccount,
}

impl OwnSandbox {
    /// A sandbox on the port behind the shop's, else on any: payment pages that buyers have open
    /// then survive a restart.
    pub(crate) fn bind(shop: SocketAddr, public_url: &str) -> anyhow::Result<Self> {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let beside = shop.port().checked_add(1).context("no port behind the shop's");
        let listener =
            beside.and_then(|port| bind(loopback(port))).or_else(|_| bind(loopback(0)))?;
        let account = SandboxAccount {
            url: format!("http://{}", listener.local_addr()?),
            merchant: MERCHANT.to_owned(),
            api_key: Token::generate(&OsEntropy).as_str().to_owned(),
            notice_secret: WebhookSecret::generate(&OsEntropy).to_text().to_string(),
        };
        let (key, secret) = (&*account.api_key, &*account.notice_secret);
        let config = Config {
            notify_hosts: host(public_url).into_iter().collect(),
            ..Config::new(MERCHANT, key, secret, Arc::new(SystemClock), seed())
        };
        let sandbox = Sandbox::new(config).context("cannot make the sandbox")?;
        Ok(Self { sandbox, listener, account })
    }

    /// How the shop reaches it.
    pub(crate) fn account(&self) -> &SandboxAccount {
        &self.account
    }

    /// The sandbox itself, for buyers without a browser.
    pub(crate) fn sandbox(&self) -> Sandbox {
        self.sandbox.clone()
    }

    /// Serves until the runtime ends.
    pub(crate) fn start(self) -> anyhow::Result<JoinHandle<std::io::Result<()>>> {
        let listener = TcpListener::from_std(self.listener)?;
        let url = &self.account.url;
        say(format_args!("payments, text messages and mails go to the sandbox at {url}"));
        let sandbox = self.sandbox;
        Ok(tokio::spawn(async move { sandbox.serve(listener).await }))
    }
}

/// The host of an address, `shop.example` of `https://shop.example:8443/x`.
fn host(url: &str) -> Option<String> {
    let authority = url.split("://").nth(1)?.split('/').next()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_of_an_address_has_neither_port_nor_path() {
        for (url, expected) in [
            ("https://shop.example:8443/x", "shop.example"),
            ("http://127.0.0.1", "127.0.0.1"),
            ("http://[::1]:80", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(host(url).as_deref(), Some(expected));
        }
    }
}
