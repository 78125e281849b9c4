//! The server that is measured: this very program as a child process, so that its time and memory
//! are its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::client::{Client, get};
use crate::{Options, process};

/// What the program says once it listens.
const LISTENING: &str = "listening on http://";
/// It may take so long until it does, and until it has stopped.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Dropping it kills it; [`Server::stop`] lets it end in order.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Kept open: a closed pipe would be an error to whoever writes.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// `ordermill serve` over a database, with these variables in its environment.
    pub(crate) fn start(
        options: &Options,
        data: &Path,
        database: &str,
        environment: &[(&str, String)],
    ) -> Result<Self> {
        let mut command = program(options);
        command.arg("--data").arg(data).args(["--database", database]).arg("serve");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        Self::spawn(command, LISTENING)
    }

    /// `ordermill sandbox` with these arguments, and these variables in its environment.
    pub(crate) fn start_sandbox(
        options: &Options,
        arguments: &[&str],
        environment: &[(&str, String)],
    ) -> Result<Self> {
        let mut command = program(options);
        command
            .arg("sandbox")
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)));
        Self::spawn(command, "export ORDERMILL_SANDBOX_URL=http://")
    }

    /// The same accept loop and JSON with nothing behind: the limit of HTTP.
    pub(crate) fn start_nothing(options: &Options) -> Result<Self> {
        let mut command = program(options);
        command.arg("serve-nothing");
        Self::spawn(command, LISTENING)
    }

    /// Starts it and waits for the line in which it says where it listens.
    fn spawn(mut command: Command, listening: &str) -> Result<Self> {
        command.args(["--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start the server")?;
        let stdout = child.stdout.take().context("the server's output is piped")?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                bail!("the server ended before it listened: {}", child.wait()?);
            }
            if let Some(address) = line.trim().strip_prefix(listening) {
                let address = address.parse().context("where the server listens")?;
                return Ok(Self { child, address, _stdout: stdout });
            }
        }
    }

    /// Until it says that it can serve.
    pub(crate) fn wait_until_ready(&self) -> Result<()> {
        let mut request = Vec::new();
        get(&mut request, "/health/ready", "");
        let until = Instant::now() + PATIENCE;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            while Instant::now() < until {
                if let Ok(mut client) = Client::connect(self.address).await
                    && let Ok(answer) = client.ask(&request).await
                    && answer.status == 200
                {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            bail!("the server was not ready within {PATIENCE:?}")
        })
    }

    /// What it answers to a single question.
    pub(crate) fn ask(&self, request: &[u8]) -> Result<(u16, Vec<u8>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut client = Client::connect(self.address).await?;
            let answer = client.ask(request).await?;
            Ok((answer.status, answer.body.to_vec()))
        })
    }

    /// A counter of its `/metrics`.
    pub(crate) fn counter(&self, name: &str) -> Result<u64> {
        let mut request = Vec::new();
        get(&mut request, "/metrics", "");
        let (_, body) = self.ask(&request)?;
        let text = String::from_utf8(body)?;
        let mut values =
            text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        values.next().with_context(|| format!("no counter {name}"))
    }

    /// Processor time so far, in seconds; `None` where it cannot be known.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        process::cpu(self.child.id()).map(|time| time.as_secs_f64())
    }

    /// The most memory it has had, in megabytes; `None` where it cannot be known.
    pub(crate) fn peak_memory_mb(&self) -> Option<f64> {
        process::peak_memory_bytes(self.child.id()).map(|bytes| bytes as f64 / 1e6)
    }

    /// Lets it finish what it has accepted, and waits for its end.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(status.success(), "the server ended with {status}");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the server did not stop within {PATIENCE:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// This program, deaf to the settings of whoever measures.
pub(crate) fn program(options: &Options) -> Command {
    let mut command = Command::new(&options.program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("ORDERMILL_")) {
            command.env_remove(name);
        }
    }
    command.env("ORDERMILL_LOG", "warn");
    // One key asks for everything.
    command.env("ORDERMILL_API_REQUESTS_PER_MINUTE", "0");
    command
}
