//! What a newcomer is told: where everything is, and how to get in.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::staff::SignIns;
use crate::command::terminal::say;

/// Keeps the sign-ins where only the owner of the data directory reads them.
pub(super) fn keep(path: &Path, sign_ins: &SignIns, public_url: &str) -> anyhow::Result<()> {
    let mut text = String::new();
    let SignIns { logins, password, api_key } = sign_ins;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "console   {public_url}/console");
    let _ = writeln!(text, "password  {password}   of all of these:");
    for (login, role) in logins {
        let _ = writeln!(text, "          {login:<12} {role}");
    }
    let _ = writeln!(text, "API key   {api_key}");
    let failed = || format!("cannot keep the sign-ins in {}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(failed)?;
    }
    // Of an earlier merchant whose database is gone.
    drop(std::fs::remove_file(path));
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create_new(true).mode(0o600).open(path).with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)
}

/// Prints the addresses, and the sign-ins if they are still where they were kept.
pub(super) fn tell(sign_ins: &Path, public_url: &str) {
    say("");
    say("  Eaves & Co. 檐下集 is open");
    say("");
    say(format_args!("  shop      {public_url}/"));
    say(format_args!("  API       {public_url}/api/v1/openapi.json"));
    match std::fs::read_to_string(sign_ins) {
        Ok(text) => {
            text.lines().for_each(|line| say(format_args!("  {line}")));
            say(format_args!("  (kept in {})", sign_ins.display()));
        }
        Err(_) => say(format_args!("  console   {public_url}/console")),
    }
    say("");
}
