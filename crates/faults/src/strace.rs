//! System calls that fail: a disk that answers EIO, a write that meets a full disk, a process that
//! dies inside its third fsync.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What strace does to a program; see [`Program::under`](crate::Program::under).
///
/// Occurrences are counted per thread, as strace counts them.
#[derive(Debug, Clone, Default)]
pub struct Strace {
    rules: Vec<(String, Injection, String)>,
    log: Option<PathBuf>,
}

/// What happens to a system call.
#[derive(Debug, Clone)]
pub enum Injection {
    /// The call does not take place and gives this error: `EIO`, `ENOSPC`, `EMFILE`.
    Error(&'static str),
    /// The call takes place this much later.
    Delay(Duration),
    /// The process is killed when it makes the call.
    Kill,
}

impl Strace {
    /// Traces without harm; add rules with [`Strace::each`] or [`Strace::nth`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Harms every one of these calls: `"fsync,fdatasync"`.
    #[must_use]
    pub fn each(self, calls: &str, injection: Injection) -> Self {
        self.from_nth(calls, 1, injection)
    }

    /// Harms only the `nth` of these calls in each thread, counted from 1.
    #[must_use]
    pub fn nth(mut self, calls: &str, nth: u32, injection: Injection) -> Self {
        self.rules.push((calls.into(), injection, nth.to_string()));
        self
    }

    /// Harms the `nth` of these calls in each thread and all after it, counted from 1.
    #[must_use]
    pub fn from_nth(mut self, calls: &str, nth: u32, injection: Injection) -> Self {
        self.rules.push((calls.into(), injection, format!("{nth}+")));
        self
    }

    /// Keeps strace's own account of the harmed calls in this file.
    #[must_use]
    pub fn log(mut self, path: impl Into<PathBuf>) -> Self {
        self.log = Some(path.into());
        self
    }

    /// The tracer is put beside the program instead of above it (`-D`), so that the process id is
    /// the program's; calls without a rule run at full speed (`--seccomp-bpf`), except where a kill
    /// is asked for: strace 6.1 then forgets to send it.
    pub(crate) fn args(&self) -> Vec<OsString> {
        let mut args: Vec<OsString> = ["-D", "-f", "-qq"].map(Into::into).into();
        if !self.rules.iter().any(|(_, injection, _)| matches!(injection, Injection::Kill)) {
            args.push("--seccomp-bpf".into());
        }
        let log = self.log.clone().unwrap_or_else(|| "/dev/null".into());
        args.extend(["-o".into(), log.into_os_string()]);
        let calls: Vec<_> = self.rules.iter().map(|(calls, ..)| calls.as_str()).collect();
        let traced = if calls.is_empty() { "none".to_owned() } else { calls.join(",") };
        args.extend(["-e".into(), format!("trace={traced}").into()]);
        for (calls, injection, when) in &self.rules {
            let harm = match injection {
                Injection::Error(errno) => format!("error={errno}"),
                Injection::Delay(delay) => format!("delay_enter={}us", delay.as_micros()),
                Injection::Kill => "signal=KILL".to_owned(),
            };
            args.extend(["-e".into(), format!("inject={calls}:{harm}:when={when}").into()]);
        }
        args
    }
}
