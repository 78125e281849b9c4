//! What the tests need on the machine beside the Rust toolchain, and its installation.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{run, succeeds};

/// Something the tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Postgres,
    Strace,
    Python,
    /// With a font for Chinese, so that pictures of pages show what people see.
    Browser,
}

impl Tool {
    /// Debian's packages that bring it.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgresql"],
            Self::Strace => &["strace"],
            Self::Python => &["python3", "python3-venv"],
            Self::Browser => &["chromium", "chromium-driver", "fonts-noto-cjk"],
        }
    }

    fn is_present(self) -> bool {
        match self {
            Self::Postgres => is_on_path("initdb") || has_debian_postgres(),
            Self::Strace => is_on_path("strace"),
            Self::Python => {
                succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"]))
            }
            Self::Browser => {
                ["chromium", "chromedriver"].into_iter().all(is_on_path)
                    && Path::new("/usr/share/fonts/opentype/noto").is_dir()
            }
        }
    }
}

/// Makes sure that all of these are there.
///
/// Installs what is missing with apt-get when we are root or sudo asks for no password; otherwise
/// the error is the command to type.
pub(crate) fn provide(tools: &[Tool]) -> Result<()> {
    let missing: Vec<Tool> = tools.iter().copied().filter(|tool| !tool.is_present()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|tool| tool.packages()).copied().collect();
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !is_on_path("apt-get") {
        bail!("the tests need what Debian calls {}; please install it", packages.join(", "));
    }
    let is_root = rustix::process::geteuid().is_root();
    if !is_root && !succeeds(Command::new("sudo").args(["--non-interactive", "true"])) {
        bail!("the tests need more than is installed; please run: sudo {by_hand}");
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(if is_root { "env" } else { "sudo" });
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]);
        command.args(arguments);
        run(&mut command)
    };
    println!("installing {}", packages.join(", "));
    let mut install = vec!["install", "--no-install-recommends"];
    install.extend(&packages);
    apt(&["update"])
        .and_then(|()| apt(&install))
        .with_context(|| format!("could not install; please do it by hand: {by_hand}"))?;
    match missing.iter().find(|tool| !tool.is_present()) {
        Some(tool) => bail!("{tool:?} is still missing after: {by_hand}"),
        None => Ok(()),
    }
}

/// Whether a program can be called by its name.
pub(crate) fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Debian keeps the server's programs off the path, one folder a version.
fn has_debian_postgres() -> bool {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/initdb").is_file())
}
