//! A real program under test: started, listened to, paused, killed.
//!
//! A running program is a child of the test and stays in its process group, so that whoever ends
//! the test's group ends it too.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Strace;

/// How much of what a program says is kept: the newest lines.
const LINES_KEPT: usize = 10_000;

/// A program that can be started, any number of times, always in the same way.
#[derive(Debug, Clone)]
pub struct Program {
    path: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    strace: Option<Strace>,
    own_group: bool,
}

/// A started program. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    status: Option<ExitStatus>,
    said: Arc<Said>,
}

/// Why a program could not be started or did not do what was waited for.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// There is no such program, or it may not be run.
    #[error("cannot start {name}")]
    Start {
        /// The program's path as given.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended while something else was waited for.
    #[error("{name} ended ({status}) before {awaited}; it said:\n{output}")]
    Ended {
        /// The program's path as given.
        name: String,
        /// What was waited for.
        awaited: String,
        /// How it ended.
        status: ExitStatus,
        /// Its output so far.
        output: String,
    },
    /// The time was up.
    #[error("{name}: no {awaited} within {} ms; it said:\n{output}", within.as_millis())]
    TimedOut {
        /// The program's path as given.
        name: String,
        /// What was waited for.
        awaited: String,
        /// How long.
        within: Duration,
        /// Its output so far.
        output: String,
    },
    /// A signal could not be sent or the program not be waited for.
    #[error("cannot reach the process of {name}")]
    Process {
        /// The program's path as given.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Program {
    /// The program at `path`, or found on the `PATH` by name.
    pub fn new(path: impl AsRef<OsStr>) -> Self {
        Self {
            path: path.as_ref().into(),
            args: Vec::new(),
            env: Vec::new(),
            directory: None,
            strace: None,
            own_group: false,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().into()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// The folder it runs in; without it that of the test.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Runs it under strace, which makes some of its system calls fail.
    #[must_use]
    pub fn under(mut self, strace: Strace) -> Self {
        self.strace = Some(strace);
        self
    }

    /// Gives it a process group of its own, out of reach of a Ctrl-C in the terminal.
    #[must_use]
    pub fn own_group(mut self) -> Self {
        self.own_group = true;
        self
    }

    /// Starts it and listens to its two outputs.
    ///
    /// # Errors
    /// When there is no such program (or no strace, if one was asked for).
    pub fn start(&self) -> Result<Running, ProgramError> {
        let mut command = match &self.strace {
            None => Command::new(&self.path),
            Some(strace) => {
                let mut command = Command::new("strace");
                command.args(strace.args()).arg("--").arg(&self.path);
                command
            }
        };
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        if self.own_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child =
            command.spawn().map_err(|source| ProgramError::Start { name: name.clone(), source })?;
        let said = Arc::new(Said::default());
        if let Some(out) = child.stdout.take() {
            said.listen(out);
        }
        if let Some(err) = child.stderr.take() {
            said.listen(err);
        }
        Ok(Running { name: self.path.to_string_lossy().into_owned(), child, status: None, said })
    }
}

impl Running {
    /// The process id, also under strace.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far on both outputs, the newest ten thousand lines.
    pub fn output(&self) -> String {
        let mut text = String::new();
        for line in &self.said.lock().lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Waits for the first line that contains `text` and gives the whole line, also when it was
    /// said before the call.
    ///
    /// # Errors
    /// When the program ends without saying it, or the time is up.
    pub fn wait_for_line(&mut self, text: &str, within: Duration) -> Result<String, ProgramError> {
        let deadline = Instant::now() + within;
        let awaited = || format!("line with {text:?}");
        loop {
            let said = self.said.lock();
            if let Some(line) = said.lines.iter().find(|line| line.contains(text)) {
                return Ok(line.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(said);
                return Err(self.timed_out(awaited(), within));
            }
            // Woken early by each new line; the short bound is for a program that ends in silence.
            drop(self.said.heard.wait_timeout(said, left.min(Duration::from_millis(100))));
            if let Some(status) = self.poll()? {
                self.said.wait_until_closed(Duration::from_secs(2));
                let said = self.said.lock();
                if let Some(line) = said.lines.iter().find(|line| line.contains(text)) {
                    return Ok(line.clone());
                }
                drop(said);
                return Err(self.ended(awaited(), status));
            }
        }
    }

    /// Waits until `condition` holds while the program lives, for example until a port answers.
    ///
    /// # Errors
    /// When the program ends first, or the time is up.
    pub fn wait_until(
        &mut self,
        awaited: &str,
        within: Duration,
        mut condition: impl FnMut() -> bool,
    ) -> Result<(), ProgramError> {
        let deadline = Instant::now() + within;
        while !condition() {
            if let Some(status) = self.poll()? {
                return Err(self.ended(awaited.into(), status));
            }
            if Instant::now() >= deadline {
                return Err(self.timed_out(awaited.into(), within));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Power failure: SIGKILL, and waits until the process is gone.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub fn kill(&mut self) -> Result<ExitStatus, ProgramError> {
        self.signal(Signal::KILL)?;
        self.wait(Duration::from_secs(10))
    }

    /// Asks it to end in good order (SIGTERM) and waits.
    ///
    /// # Errors
    /// When it is still there after that time.
    pub fn terminate(&mut self, within: Duration) -> Result<ExitStatus, ProgramError> {
        self.signal(Signal::TERM)?;
        self.wait(within)
    }

    /// Asks it to end as Ctrl-C would (SIGINT) and waits.
    ///
    /// # Errors
    /// When it is still there after that time.
    pub fn interrupt(&mut self, within: Duration) -> Result<ExitStatus, ProgramError> {
        self.signal(Signal::INT)?;
        self.wait(within)
    }

    /// Freezes it (SIGSTOP): its sockets stay open and nobody answers.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn pause(&mut self) -> Result<(), ProgramError> {
        self.signal(Signal::STOP)
    }

    /// Lets a frozen program go on (SIGCONT).
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn resume(&mut self) -> Result<(), ProgramError> {
        self.signal(Signal::CONT)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it is still there after that time.
    pub fn wait(&mut self, within: Duration) -> Result<ExitStatus, ProgramError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.poll()? {
                self.said.wait_until_closed(Duration::from_secs(2));
                return Ok(status);
            }
            if Instant::now() >= deadline {
                return Err(self.timed_out("end".into(), within));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the process cannot be asked.
    pub fn poll(&mut self) -> Result<Option<ExitStatus>, ProgramError> {
        if self.status.is_none() {
            self.status = self.child.try_wait().map_err(|source| self.process(source))?;
        }
        Ok(self.status)
    }

    /// Nothing is sent to a process that has been waited for: its number may be another's by now.
    fn signal(&mut self, signal: Signal) -> Result<(), ProgramError> {
        match self.poll()? {
            Some(_) => Ok(()),
            None => kill_process(Pid::from_child(&self.child), signal)
                .map_err(|errno| self.process(errno.into())),
        }
    }

    fn process(&self, source: io::Error) -> ProgramError {
        ProgramError::Process { name: self.name.clone(), source }
    }

    fn ended(&self, awaited: String, status: ExitStatus) -> ProgramError {
        ProgramError::Ended { name: self.name.clone(), awaited, status, output: self.output() }
    }

    fn timed_out(&self, awaited: String, within: Duration) -> ProgramError {
        ProgramError::TimedOut { name: self.name.clone(), awaited, within, output: self.output() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure here, and the system reaps what we could not.
        drop(self.kill());
    }
}

/// What a program says, line by line, from both of its outputs.
#[derive(Debug, Default)]
struct Said {
    lines: Mutex<Lines>,
    heard: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    lines: VecDeque<String>,
    open: usize,
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: &Arc<Self>, from: impl Read + Send + 'static) {
        self.lock().open += 1;
        let said = Arc::clone(self);
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                let mut kept = said.lock();
                if kept.lines.len() == LINES_KEPT {
                    kept.lines.pop_front();
                }
                kept.lines.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
                drop(kept);
                said.heard.notify_all();
                line.clear();
            }
            said.lock().open -= 1;
            said.heard.notify_all();
        });
    }

    /// The last words of a process may arrive after its end; a grandchild may hold the pipe longer.
    fn wait_until_closed(&self, within: Duration) {
        drop(self.heard.wait_timeout_while(self.lock(), within, |said| said.open > 0));
    }
}
