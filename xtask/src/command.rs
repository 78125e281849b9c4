//! Running other programs: in sight of the user, and never left behind.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on Ctrl-C and a polite kill end [`run`] with an error instead of ending this program,
/// so that what was started is stopped and what was made is removed.
pub(crate) fn watch_signals() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&INTERRUPTED))
            .context("cannot watch for signals")?;
    }
    Ok(())
}

/// Whether the user wants no more.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Runs a command to its end, in a process group of its own; an interruption ends all of it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = name_of(command);
    command.process_group(0).stdin(Stdio::null());
    let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let status = wait(child).with_context(|| name.clone())?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}

/// Whether a command exists and ends well, with its output unseen.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The command as the user would have typed it, cut where it gets long.
pub(crate) fn name_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let mut name = String::new();
    for word in words {
        if name.len() > 100 {
            name.push_str(" …");
            break;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(&word.to_string_lossy());
    }
    name
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn wait(mut child: Child) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if is_interrupted() {
            end_group(&mut child)?;
            bail!("interrupted");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn end_group(child: &mut Child) -> Result<()> {
    let group = Pid::from_child(child);
    kill_process_group(group, Signal::TERM)?;
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process_group(group, Signal::KILL)?;
    child.wait()?;
    Ok(())
}
