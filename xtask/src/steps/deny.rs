//! Licenses, forbidden crates and known vulnerabilities of what we depend on.

use std::process::Command;
use std::time::Duration;

use ordermill_faults::Program;

use super::Step;
use crate::command::{cargo, run, succeeds};

pub(super) const STEP: Step = Step {
    name: "deny",
    about: "licenses, sources and forbidden crates of the dependencies; advisories if reachable",
    needs: &[],
    run: |_| {
        if !succeeds(deny().arg("--version")) {
            // Unoptimized: it runs for a second here, and builds in half the time.
            run(cargo().args(["install", "--locked", "--debug", "cargo-deny"]))?;
        }
        run(deny().args(["--locked", "check", "bans", "licenses", "sources"]))?;
        if !can_fetch_advisories() {
            return Ok(
                "bans, licenses, sources; advisories NOT checked: no way to their database".into()
            );
        }
        run(deny().args(["--locked", "check", "--disable-fetch", "advisories"]))?;
        Ok("bans, licenses, sources, advisories".into())
    },
};

fn deny() -> Command {
    let mut command = cargo();
    command.arg("deny");
    command
}

/// The database is a git repository elsewhere; behind a closed network it does not answer.
fn can_fetch_advisories() -> bool {
    let fetch = Program::new("cargo").args(["deny", "fetch", "db"]).start();
    fetch.and_then(|mut fetch| fetch.wait(Duration::from_secs(60))).is_ok_and(|end| end.success())
}
