//! The partners of this installation: how they are reached, and with which secrets.
//!
//! Secrets never stand in the settings themselves: these name an environment variable or a file.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use ordermill_adapters::Guard;
use ordermill_adapters::sandbox_carrier::SandboxCarriers;
use ordermill_adapters::sandbox_messages::SandboxMessages;
use ordermill_adapters::sandbox_pay::{self, SandboxPay};
use ordermill_adapters::shopify::Shopify;
use ordermill_adapters::tracking;
use ordermill_adapters::webhook::{HttpMessenger, Patience};
use ordermill_app::Partners;
use ordermill_app::links::Links;
use ordermill_app::payment::Gateways;
use ordermill_base::{Clock, Random, Span};
use ordermill_domain::outgoing::AllowedHost;
use ordermill_ports::gateway::Gateway;

use crate::clock::SystemClock;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Secret {
    /// In an environment variable of this name.
    Env(String),
    /// In a file; white space at its end does not count.
    File(PathBuf),
}

/// `[sandbox]` in the settings file. Each has an environment variable that wins over it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SandboxSettings {
    /// Where it listens; without it there is no sandbox. `ORDERMILL_SANDBOX_URL`
    url: Option<String>,
    /// Our account there. `ORDERMILL_SANDBOX_MERCHANT`
    merchant: Option<String>,
    /// The key of our account. `ORDERMILL_SANDBOX_API_KEY`
    api_key: Option<Secret>,
    /// What its notices are signed with. `ORDERMILL_SANDBOX_NOTICE_SECRET`
    notice_secret: Option<Secret>,
}

/// Our account at a sandbox.
#[derive(Clone)]
pub(crate) struct SandboxAccount {
    pub(crate) url: String,
    pub(crate) merchant: String,
    pub(crate) api_key: String,
    pub(crate) notice_secret: String,
}

/// The account that a sandbox has for a merchant who names none.
pub(crate) const MERCHANT: &str = "ordermill";

impl SandboxSettings {
    /// The account, if a sandbox is set up. `env` looks up environment variables.
    pub(crate) fn account(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Option<SandboxAccount>> {
        let Some(url) = env("ORDERMILL_SANDBOX_URL").or_else(|| self.url.clone()) else {
            return Ok(None);
        };
        let merchant = env("ORDERMILL_SANDBOX_MERCHANT").or_else(|| self.merchant.clone());
        let secret = |name: &str, variable: &str, setting: &Option<Secret>| match env(variable) {
            Some(secret) => Ok(secret),
            None => match setting {
                Some(secret) => secret.read(env).with_context(|| format!("the sandbox's {name}")),
                None => {
                    anyhow::bail!("a sandbox needs its {name}; set sandbox.{name} or {variable}")
                }
            },
        };
        Ok(Some(SandboxAccount {
            url: url.trim_end_matches('/').to_owned(),
            merchant: merchant.unwrap_or_else(|| MERCHANT.to_owned()),
            api_key: secret("api_key", "ORDERMILL_SANDBOX_API_KEY", &self.api_key)?,
            notice_secret: secret(
                "notice_secret",
                "ORDERMILL_SANDBOX_NOTICE_SECRET",
                &self.notice_secret,
            )?,
        }))
    }
}

impl Secret {
    fn read(&self, env: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<String> {
        match self {
            Self::Env(name) => env(name).with_context(|| format!("{name} is not set")),
            Self::File(path) => std::fs::read_to_string(path)
                .map(|text| text.trim_end().to_owned())
                .with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// An environment variable of this process, if it is there and not empty.
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Decides where calls may go whose address people type: to the public internet, and to the hosts that the
/// operator has named, one of which is the sandbox.
fn guard(named: &[AllowedHost], sandbox: Option<&SandboxAccount>) -> Guard {
    let sandbox = sandbox.and_then(|account| AllowedHost::of_url(&account.url));
    Guard::new(named.iter().cloned().chain(sandbox).collect())
}

/// Nobody but the carriers, for what is made before the shop opens.
pub(crate) fn carriers_only(sandbox: Option<&SandboxAccount>) -> Partners {
    let (guard, jitter) = (guard(&[], sandbox), Random::from_seed(0));
    let carriers = SandboxCarriers::new(guard, Arc::new(SystemClock), jitter);
    Partners { carrier_kinds: vec![Arc::new(carriers)], ..Partners::default() }
}

/// All partners of an installation that is reached at `public_url`.
pub(crate) fn connect(
    public_url: &str,
    sandbox: Option<&SandboxAccount>,
    webhook_allow_hosts: &[AllowedHost],
    mut jitter: Random,
) -> anyhow::Result<Partners> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let guard = guard(webhook_allow_hosts, sandbox);
    let messenger = HttpMessenger::new(guard.clone(), Patience::default(), Arc::clone(&clock))?;
    let shopify = Shopify::new(guard.clone(), Arc::clone(&clock), jitter.split());
    let carriers = SandboxCarriers::new(guard, Arc::clone(&clock), jitter.split());
    let partners = Partners {
        links: Links::new(public_url),
        channel_kinds: vec![Arc::new(shopify)],
        carrier_kinds: vec![Arc::new(carriers)],
        tracking_kinds: tracking::kinds(),
        messenger: Arc::new(messenger),
        jitter: jitter.split(),
        ..Partners::default()
    };
    let Some(account) = sandbox else { return Ok(partners) };
    let config = sandbox_pay::Config {
        base_url: account.url.clone(),
        merchant: account.merchant.clone(),
        api_key: account.api_key.clone(),
        notice_secret: account.notice_secret.clone(),
        timeout: Span::seconds(10),
        tries: 3,
        pause: Span::millis(200),
    };
    let gateway: Arc<dyn Gateway> =
        Arc::new(SandboxPay::new(config, Arc::clone(&clock), jitter.split())?);
    let (merchant, api_key) = (account.merchant.clone(), account.api_key.clone());
    let messages =
        SandboxMessages::new(account.url.clone(), merchant, api_key, clock, jitter.split())?;
    Ok(Partners {
        gateways: Gateways::new([gateway]).context("a gateway's name is unusable")?,
        notifier: Arc::new(messages),
        ..partners
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> SandboxSettings {
        toml::from_str(text).unwrap()
    }

    #[tokio::test]
    async fn what_people_type_leads_to_the_sandbox_that_is_set_up_and_to_nothing_beside_it() {
        let account = SandboxAccount {
            url: "http://127.0.0.1:8090".to_owned(),
            merchant: MERCHANT.to_owned(),
            api_key: String::new(),
            notice_secret: String::new(),
        };
        let named = ["10.0.0.7".parse().unwrap()];
        let with_sandbox = guard(&named, Some(&account));
        assert_eq!(with_sandbox.check("http://127.0.0.1:8090/carriers").await, Ok(()));
        assert_eq!(with_sandbox.check("http://10.0.0.7/").await, Ok(()));
        assert!(with_sandbox.check("http://127.0.0.1:5432/").await.is_err());
        assert!(guard(&named, None).check("http://127.0.0.1:8090/carriers").await.is_err());
    }

    #[test]
    fn without_an_address_there_is_no_sandbox() {
        assert!(settings("merchant = 'shop'").account(&|_| None).unwrap().is_none());
    }

    #[test]
    fn secrets_come_from_a_file_or_a_variable_and_the_environment_wins() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, "whsec_x\n").unwrap();
        let settings = settings(&format!(
            "url = 'http://127.0.0.1:8090/'\napi_key = {{ env = 'KEY' }}\n\
             notice_secret = {{ file = '{}' }}",
            file.display()
        ));
        let account = settings.account(&|name| (name == "KEY").then(|| "k".to_owned()));
        let account = account.unwrap().unwrap();
        assert_eq!(
            [account.url, account.merchant, account.api_key, account.notice_secret],
            ["http://127.0.0.1:8090", "ordermill", "k", "whsec_x"]
        );
        let account = settings.account(&|name| Some(name.to_lowercase())).unwrap().unwrap();
        assert_eq!(account.api_key, "ordermill_sandbox_api_key");
    }

    #[test]
    fn a_secret_that_is_not_there_is_named_and_none_may_stand_in_the_file() {
        let error = settings("url = 'http://127.0.0.1:1'").account(&|_| None).err().unwrap();
        assert!(error.to_string().contains("ORDERMILL_SANDBOX_API_KEY"), "{error:#}");
        assert!(toml::from_str::<SandboxSettings>("api_key = 'secret'").is_err());
    }
}
