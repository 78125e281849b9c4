//! A PostgreSQL server of one's own: a fresh cluster in a temporary folder, on loopback only.
//!
//! It runs on the machine's own PostgreSQL, as a user without rights when the test runs as root
//! (the server refuses root), and dies with the process that started it, however that one ends.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::{Program, ProgramError, Running};

/// Where Debian puts each version's programs.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
/// A standby accepts read-only ones.
const READY: &str = "database system is ready to accept";
/// Another process may take the free port between our look and the server's start.
const PORT_TRIES: u32 = 5;

/// A running server with an empty database `postgres`. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Postgres {
    // Dropped in this order: first the server, then its folder.
    server: Running,
    options: PostgresOptions,
    port: u16,
    programs: PathBuf,
    account: Option<Account>,
    directory: TempDir,
}

/// How the server runs.
#[derive(Debug, Clone, Copy)]
pub struct PostgresOptions {
    /// Whether a commit waits for the disk. Off is faster and proves nothing about power failures; the cluster is
    /// then kept in memory, where there is room.
    pub fsync: bool,
    /// How many clients at once.
    pub connections_max: u32,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { fsync: true, connections_max: 200 }
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// PostgreSQL's server programs are not on this machine.
    #[error(
        "no PostgreSQL server found on the PATH or under {DEBIAN_VERSIONS}; install postgresql"
    )]
    NotInstalled,
    /// The test runs as root, and there is neither a user `postgres` nor `nobody` to step down to.
    #[error("PostgreSQL refuses to run as root, and there is no user postgres or nobody")]
    NoAccount,
    /// The cluster could not be made, copied or told something.
    #[error("{program} failed: {said}")]
    Tool {
        /// Which of PostgreSQL's programs.
        program: &'static str,
        /// What it said.
        said: String,
    },
    /// The server did not start or stop.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// A folder or port could not be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Postgres {
    /// Makes a cluster and starts its server.
    ///
    /// The server is bound to the calling thread: the kernel ends it when that thread ends.
    ///
    /// # Errors
    /// When PostgreSQL is missing or does not start.
    pub fn start(options: PostgresOptions) -> Result<Self, PostgresError> {
        let (programs, account, directory) = place(options)?;
        let initdb = |command: &mut Command| {
            command
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
                .args(["--locale=C.UTF-8", "--no-sync", "--pgdata"])
                .arg(data(&directory));
        };
        run(&programs, account.as_ref(), &directory, "initdb", initdb)?;
        Self::over(programs, account, directory, options)
    }

    /// A standby: a copy that follows this server, and takes over when it is told to by
    /// [`Postgres::promote`]. From now on a commit here waits until the standby has it on its disk,
    /// so that nothing acknowledged is lost when this server goes.
    ///
    /// # Errors
    /// When the copy cannot be made or does not start.
    pub fn standby(&self) -> Result<Self, PostgresError> {
        let (programs, account, directory) = place(self.options)?;
        let copy = |command: &mut Command| {
            command
                .args(["--host=127.0.0.1", "--username=postgres", "--write-recovery-conf"])
                .args(["--wal-method=stream", "--checkpoint=fast", "--no-sync"])
                .arg(format!("--port={}", self.port))
                .arg("--pgdata")
                .arg(data(&directory));
        };
        run(&programs, account.as_ref(), &directory, "pg_basebackup", copy)?;
        let standby = Self::over(programs, account, directory, self.options)?;
        self.tell("ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        self.tell("SELECT pg_reload_conf()")?;
        Ok(standby)
    }

    /// Makes a standby the server that writes, and waits until it is.
    ///
    /// # Errors
    /// When it cannot be told so.
    pub fn promote(&self) -> Result<(), PostgresError> {
        self.tell("SELECT pg_promote()")
    }

    fn tell(&self, sql: &str) -> Result<(), PostgresError> {
        let tell = |command: &mut Command| {
            command.args(["--no-psqlrc", "--quiet", "--command", sql]).arg(self.url());
        };
        run(&self.programs, self.account.as_ref(), &self.directory, "psql", tell)
    }

    fn over(
        programs: PathBuf,
        account: Option<Account>,
        directory: TempDir,
        options: PostgresOptions,
    ) -> Result<Self, PostgresError> {
        let mut tries = 1;
        let (server, port) = loop {
            let port = free_port()?;
            match serve(&programs, account.as_ref(), &directory, port, options) {
                Ok(server) => break (server, port),
                Err(_) if tries < PORT_TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        };
        Ok(Self { server, options, port, programs, account, directory })
    }

    /// The address of its database `postgres`, with all rights and without a password.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where all its files are, its write-ahead log among them.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    /// The server's first process, to be paused or asked for its log.
    pub fn server(&mut self) -> &mut Running {
        &mut self.server
    }

    /// Power failure: the server is gone at once, without a checkpoint.
    ///
    /// # Errors
    /// When the process cannot be reached.
    pub fn kill(&mut self) -> Result<(), PostgresError> {
        self.server.kill()?;
        Ok(())
    }

    /// Starts the server again on the same port and data, after [`Postgres::kill`].
    ///
    /// # Errors
    /// When it does not come back.
    pub fn restart(&mut self) -> Result<(), PostgresError> {
        self.server.interrupt(STOP)?;
        let account = self.account.as_ref();
        // Sessions of a killed server take a moment to notice and hold its memory until then.
        let mut tries = 1;
        self.server = loop {
            match serve(&self.programs, account, &self.directory, self.port, self.options) {
                Ok(server) => break server,
                Err(_) if tries < 40 => std::thread::sleep(Duration::from_millis(250)),
                Err(error) => return Err(error.into()),
            }
            tries += 1;
        };
        Ok(())
    }
}

/// The server's programs, whom they run as, and a folder of that user.
fn place(options: PostgresOptions) -> Result<(PathBuf, Option<Account>, TempDir), PostgresError> {
    let programs = programs()?;
    let account = Account::to_step_down_to()?;
    let mut directory = tempfile::Builder::new();
    directory.prefix("ordermill-postgres-");
    let directory = match memory(MEMORY_MIN) {
        Some(memory) if !options.fsync => directory.tempdir_in(memory)?,
        _ => directory.tempdir()?,
    };
    if let Some(account) = &account {
        std::os::unix::fs::chown(directory.path(), Some(account.user), Some(account.group))?;
    }
    Ok((programs, account, directory))
}

/// What the cluster of a whole run of the tests takes at most: its log, and some dozens of databases at once.
const MEMORY_MIN: u64 = 4 << 30;

/// A folder in memory with so many free bytes. Each database is a thousand files, and ext4 looks for longer and
/// longer for the number of a new one while thousands are made and removed.
fn memory(free_min: u64) -> Option<&'static Path> {
    let folder = Path::new("/dev/shm");
    let stat = rustix::fs::statvfs(folder).ok()?;
    (stat.f_bavail * stat.f_frsize >= free_min).then_some(folder)
}

/// Runs one of PostgreSQL's own programs to its end.
fn run(
    programs: &Path,
    account: Option<&Account>,
    directory: &TempDir,
    program: &'static str,
    prepare: impl FnOnce(&mut Command),
) -> Result<(), PostgresError> {
    let mut command = Command::new("setpriv");
    command.args(as_account(account)).arg(programs.join(program)).current_dir(directory.path());
    prepare(&mut command);
    let output = command.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into();
        return Err(PostgresError::Tool { program, said });
    }
    Ok(())
}

/// How long a server may take to end its sessions.
const STOP: Duration = Duration::from_secs(10);

impl Drop for Postgres {
    fn drop(&mut self) {
        // What does not stop in time is killed with the field.
        drop(self.server.interrupt(STOP));
    }
}

fn serve(
    programs: &Path,
    account: Option<&Account>,
    directory: &TempDir,
    port: u16,
    options: PostgresOptions,
) -> Result<Running, ProgramError> {
    let fsync = if options.fsync { "on" } else { "off" };
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".into(),
        "unix_socket_directories=".into(),
        "lc_messages=C".into(),
        "log_min_messages=warning".into(),
        "log_min_error_statement=panic".into(),
        format!("max_connections={}", options.connections_max),
        format!("fsync={fsync}"),
        format!("synchronous_commit={fsync}"),
        // As docs/operations.md advises: without room, the log copies whole pages all the time.
        "shared_buffers=512MB".into(),
        format!("max_wal_size={}GB", if options.fsync { 4 } else { 1 }),
        "checkpoint_timeout=15min".into(),
    ];
    let mut server = Program::new("setpriv")
        .args(as_account(account))
        .arg(programs.join("postgres"))
        .arg("-D")
        .arg(data(directory))
        .args(settings.iter().flat_map(|setting| ["-c", setting.as_str()]))
        .directory(directory.path())
        .own_group()
        .start()?;
    server.wait_for_line(READY, Duration::from_secs(60))?;
    Ok(server)
}

fn data(directory: &TempDir) -> PathBuf {
    directory.path().join("data")
}

/// Arguments of setpriv: who the server is, and that it dies with us.
fn as_account(account: Option<&Account>) -> Vec<String> {
    let mut args = vec!["--pdeathsig=QUIT".to_owned()];
    if let Some(Account { user, group }) = account {
        args.extend([format!("--reuid={user}"), format!("--regid={group}")]);
        args.push("--clear-groups".into());
    }
    args
}

/// The folder of the newest server programs.
fn programs() -> Result<PathBuf, PostgresError> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir(DEBIAN_VERSIONS)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    debian.sort();
    let newest_first = debian.into_iter().rev().map(|(_, bin)| bin);
    newest_first
        .chain(std::env::split_paths(&on_path))
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .ok_or(PostgresError::NotInstalled)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A user of this machine.
#[derive(Debug)]
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// Whom a server of root's runs as; nobody else if we are not root.
    fn to_step_down_to() -> Result<Option<Self>, PostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let find = |name: &str| {
            users.lines().find_map(|line| {
                let mut fields = line.split(':');
                let found = fields.next() == Some(name);
                let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
                found.then_some(Self { user, group })
            })
        };
        find("postgres").or_else(|| find("nobody")).map(Some).ok_or(PostgresError::NoAccount)
    }
}
