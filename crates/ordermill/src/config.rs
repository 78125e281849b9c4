//! Settings: from the command line, the environment and a file, in this order of precedence.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ordermill_storage::Address;

use crate::log::LogFormat;
use crate::partners::SandboxSettings;

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

    /// A host that webhooks may be sent to although it is not on the public internet, and without TLS;
    /// may be given several times
    #[arg(
        long = "webhook-allow-host",
        env = "ORDERMILL_WEBHOOK_ALLOW_HOSTS",
        value_name = "HOST",
        value_delimiter = ',',
        global = true
    )]
    pub(crate) webhook_allow_hosts: Vec<String>,

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
            webhook_allow_hosts: match self.webhook_allow_hosts {
                none if none.is_empty() => file.webhook_allow_hosts,
                some => some,
            },
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
    fn a_misspelled_setting_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.toml");
        std::fs::write(&path, "lissen = '127.0.0.1:1'").unwrap();
        let error = Settings { config: Some(path), ..Settings::default() }.with_file().unwrap_err();
        assert!(format!("{error:#}").contains("lissen"), "{error:#}");
    }
}
