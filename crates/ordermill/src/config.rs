//! Settings: from the command line, the environment and a file, in this order of precedence.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ordermill_domain::outgoing::AllowedHost;
use ordermill_storage::Address;

use crate::log::LogFormat;
use crate::partners::SandboxSettings;
use crate::server::Network;

/// What can be set for every command; each has an environment variable and a name in the file.
#[derive(Debug, Clone, Default, Args, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// A TOML file with these settings [default: DATA/ordermill.toml if it is there]
    #[arg(long, env = "ORDERMILL_CONFIG", value_name = "FILE", global = true)]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// Directory of the database, the key and the log of this installation [default: ./data]
    #[arg(long, env = "ORDERMILL_DATA", value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,

    /// sqlite:FILE or postgres://USER@HOST/NAME [default: sqlite:DATA/ordermill.db]
    #[arg(
        long,
        env = "ORDERMILL_DATABASE",
        value_name = "ADDRESS",
        global = true,
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,

    /// Address to listen on; nothing beyond this machine unless you say so [default: 127.0.0.1:8080]
    #[arg(long, env = "ORDERMILL_LISTEN", value_name = "ADDR", global = true)]
    pub(crate) listen: Option<SocketAddr>,

    /// How other programs reach this server, for links and callbacks [default: http://LISTEN]
    #[arg(long, env = "ORDERMILL_PUBLIC_URL", value_name = "URL", global = true)]
    pub(crate) public_url: Option<String>,

    /// Log lines for people or for machines [default: text]
    #[arg(long, env = "ORDERMILL_LOG_FORMAT", value_name = "FORMAT", global = true)]
    pub(crate) log_format: Option<LogFormat>,

    /// A host that webhooks and carriers may be at although it is not on the public internet, and without
    /// TLS, by one port or by all; may be given several times
    #[arg(
        long = "webhook-allow-host",
        env = "ORDERMILL_WEBHOOK_ALLOW_HOSTS",
        value_name = "HOST",
        value_delimiter = ',',
        global = true
    )]
    pub(crate) webhook_allow_hosts: Vec<AllowedHost>,

    /// A proxy in front of this server, or a network of them, whose word on who the client is counts
    /// (`Forwarded`, `X-Forwarded-For`); may be given several times
    #[arg(
        long = "trusted-proxy",
        env = "ORDERMILL_TRUSTED_PROXIES",
        value_name = "NETWORK",
        value_delimiter = ',',
        global = true
    )]
    pub(crate) trusted_proxies: Vec<Network>,

    /// Requests that one API key may make in a minute; 0 for as many as it likes [default: 60000]
    #[arg(
        long = "api-requests-per-minute",
        env = "ORDERMILL_API_REQUESTS_PER_MINUTE",
        value_name = "N",
        global = true
    )]
    pub(crate) api_requests_per_minute: Option<u32>,

    /// A payment gateway and messages to try things with; in the file and the environment only.
    #[arg(skip)]
    pub(crate) sandbox: SandboxSettings,
}

impl Settings {
    /// Fills what the command line and the environment left open from the file.
    pub(crate) fn with_file(self) -> anyhow::Result<Self> {
        let named = self.config.clone();
        let path = named.clone().unwrap_or_else(|| self.data_dir().join("ordermill.toml"));
        if named.is_none() && !path.exists() {
            return Ok(self);
        }
        let file = read(&path)?;
        Ok(Self {
            config: self.config,
            data: self.data.or(file.data),
            database: self.database.or(file.database),
            listen: self.listen.or(file.listen),
            public_url: self.public_url.or(file.public_url),
            log_format: self.log_format.or(file.log_format),
            api_requests_per_minute: self.api_requests_per_minute.or(file.api_requests_per_minute),
            webhook_allow_hosts: given_or(self.webhook_allow_hosts, file.webhook_allow_hosts),
            trusted_proxies: given_or(self.trusted_proxies, file.trusted_proxies),
            sandbox: file.sandbox,
        })
    }

    /// The data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("data"))
    }

    /// Where the database is; makes the data directory if SQLite needs it.
    pub(crate) fn address(&self) -> anyhow::Result<Address> {
        match &self.database {
            Some(address) => Ok(address.parse()?),
            None => {
                let data = self.data_dir();
                std::fs::create_dir_all(&data).with_context(|| {
                    format!("cannot make the data directory {}", data.display())
                })?;
                Ok(Address::sqlite(data.join("ordermill.db")))
            }
        }
    }

    /// How others reach the server that listens at `listening`, without a slash at the end.
    pub(crate) fn public_url(&self, listening: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{listening}"),
        }
    }

    /// Where to listen.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)))
    }
}

/// What was given on the command line or in the environment, else what the file says.
fn given_or<T>(given: Vec<T>, file: Vec<T>) -> Vec<T> {
    if given.is_empty() { file } else { given }
}

fn read(path: &Path) -> anyhow::Result<Settings> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the settings in {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("the settings in {} are wrong", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ordermill.toml");
        std::fs::write(&path, "listen = '127.0.0.1:1'\npublic_url = 'http://shop.example'")
            .unwrap();
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], 2)));
        let data = Some(directory.path().to_owned());
        let settings = Settings { listen, data, ..Settings::default() }.with_file().unwrap();
        assert_eq!(settings.listen(), SocketAddr::from(([127, 0, 0, 1], 2)));
        assert_eq!(settings.public_url.as_deref(), Some("http://shop.example"));
    }

    #[test]
    fn proxies_are_trusted_by_the_file_unless_others_are_named_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ordermill.toml");
        std::fs::write(&path, "trusted_proxies = ['10.0.0.0/8', '::1']").unwrap();
        let settings = |trusted_proxies: Vec<Network>| {
            let config = Some(path.clone());
            Settings { config, trusted_proxies, ..Settings::default() }.with_file()
        };
        let network = |text: &str| text.parse::<Network>().unwrap();
        assert_eq!(
            settings(vec![]).unwrap().trusted_proxies,
            [network("10.0.0.0/8"), network("::1")]
        );
        let named = vec![network("192.0.2.7")];
        assert_eq!(settings(named.clone()).unwrap().trusted_proxies, named);

        std::fs::write(&path, "trusted_proxies = ['10.0.0.7/8']").unwrap();
        let error = format!("{:#}", settings(vec![]).unwrap_err());
        assert!(error.contains("write 10.0.0.0/8 for the network"), "{error}");
    }

    #[test]
    fn a_misspelled_setting_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.toml");
        std::fs::write(&path, "lissen = '127.0.0.1:1'").unwrap();
        let error = Settings { config: Some(path), ..Settings::default() }.with_file().unwrap_err();
        assert!(format!("{error:#}").contains("lissen"), "{error:#}");
    }
}
