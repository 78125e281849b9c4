//! Journeys: walks through the pages in a real browser.
//!
//! A journey is a function that is handed a [`Browser`]; [`visit`] runs it and fails for anything
//! that went wrong on the way, also for what the journey did not look at: console errors, breaches
//! of the content security policy, requests to foreign hosts, barriers found by axe, pages wider
//! than their screen.
//!
//! Nothing on a page is found by its place or its class. A [`Target`] is a role and a name, as
//! assistive technology sees it, or the value of `data-test`.

mod browser;
mod demo;
mod find;
mod view;
mod watch;
mod webdriver;

use std::path::{Path, PathBuf};

pub use browser::Browser;
pub use demo::{Demo, SignIn};
pub use find::{Target, button, css, field, heading, link, role, test};
pub use view::{Language, Screen, View};

/// What went wrong on a journey, for people to read; one entry each.
#[derive(Debug)]
pub struct Problems(pub Vec<String>);

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Runs a journey over the pages at `origin` (`http://127.0.0.1:8080`).
///
/// # Panics
/// If anything went wrong; the message says what, and where a picture of the page lies.
pub fn visit(origin: &str, view: View, journey: impl FnOnce(&mut Browser) -> anyhow::Result<()>) {
    if let Err(problems) = try_visit(origin, view, journey) {
        panic!("on {view}:\n{problems}");
    }
}

/// As [`visit`], for those who want to look at the problems.
///
/// # Errors
/// Everything that went wrong, the journey's own error first.
pub fn try_visit(
    origin: &str,
    view: View,
    journey: impl FnOnce(&mut Browser) -> anyhow::Result<()>,
) -> Result<(), Problems> {
    let wrong = |error: anyhow::Error| Problems(vec![format!("{error:#}")]);
    let mut browser = Browser::start(origin, view).map_err(wrong)?;
    let mut problems = Vec::new();
    match journey(&mut browser) {
        Ok(()) => problems.extend(browser.barriers().unwrap_or_else(|error| wrong(error).0)),
        Err(error) => problems.extend(wrong(error).0),
    }
    problems.extend(browser.unseen().unwrap_or_else(|error| wrong(error).0));
    if problems.is_empty() {
        return Ok(());
    }
    let folder = evidence_folder(view);
    match browser.leave_evidence(&folder) {
        Ok(()) => problems.push(format!("the page as it was: {}", folder.display())),
        Err(error) => problems.push(format!("no picture of the page: {error:#}")),
    }
    Err(Problems(problems))
}

/// One folder for each test, named as the test is, since a test's thread has its name.
fn evidence_folder(view: View) -> PathBuf {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("journey").replace("::", "-");
    let base: PathBuf = match std::env::var_os("ORDERMILL_SHOTS") {
        Some(folder) => Path::new(&folder).join("failed"),
        None => std::env::temp_dir().join("ordermill-journeys"),
    };
    base.join(format!("{test}-{view}"))
}
