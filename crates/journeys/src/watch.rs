//! What goes wrong without anybody looking: the console, the content security policy, foreign
//! requests, and barriers for people who do not see the page or use no mouse.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::webdriver::Session;

/// Deque's accessibility checker; see THIRD_PARTY.md.
const AXE: &str = include_str!("../vendor/axe-core-4.14.1/axe.min.js");

/// Collects what the browser logs.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Where requests may go.
    origins: Vec<String>,
    expected: Vec<String>,
}

impl Watch {
    pub(crate) fn new(origin: &str) -> Self {
        Self { origins: vec![origin.to_owned()], expected: Vec::new() }
    }

    pub(crate) fn allow(&mut self, origin: &str) {
        self.origins.push(origin.trim_end_matches('/').to_owned());
    }

    pub(crate) fn expect(&mut self, part: &str) {
        self.expected.push(part.to_owned());
    }

    /// Everything logged since the last call that should not be there, and what was expected and
    /// did not come.
    pub(crate) fn problems(&mut self, session: &Session) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        let mut missing = std::mem::take(&mut self.expected);
        let expected = missing.clone();
        for entry in log(session, "browser")? {
            let message = entry["message"].as_str().unwrap_or_default();
            let is_policy = entry["source"] == "security" || message.contains("Content Security");
            if entry["level"] != "SEVERE" && !is_policy {
                continue;
            }
            missing.retain(|part| !message.contains(part.as_str()));
            if !expected.iter().any(|part| message.contains(part.as_str())) {
                problems.push(format!("console: {message}"));
            }
        }
        problems.extend(missing.iter().map(|part| format!("expected on the console: {part:?}")));
        problems.extend(self.foreign_requests(session)?);
        Ok(problems)
    }

    fn foreign_requests(&self, session: &Session) -> Result<Vec<String>> {
        let mut foreign = Vec::new();
        for entry in log(session, "performance")? {
            // Each entry is a message of the browser's own protocol, as JSON in a string.
            let message = entry["message"].as_str().unwrap_or_default();
            let message: Value = serde_json::from_str(message).context("performance log")?;
            let message = &message["message"];
            if message["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let url = message["params"]["request"]["url"].as_str().unwrap_or_default();
            let is_under = |origin: &String| {
                url.strip_prefix(origin)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            };
            let is_ours = self.origins.iter().any(is_under);
            let leaves_the_browser = ["http:", "https:", "ws:", "wss:", "ftp:"]
                .iter()
                .any(|scheme| url.starts_with(scheme));
            if leaves_the_browser && !is_ours {
                foreign.push(format!("request to a foreign host: {url}"));
            }
        }
        foreign.sort();
        foreign.dedup();
        Ok(foreign)
    }
}

/// Lets axe look at the page, and compares its width with the screen's.
pub(crate) fn barriers(session: &Session) -> Result<Vec<String>> {
    let page = session.get("/url")?;
    let page = page.as_str().unwrap_or_default();
    if !page.starts_with("http") {
        return Ok(Vec::new());
    }
    session.script(&format!("if (!window.axe) {{ {AXE} }}"), json!([])).context("axe")?;
    let violations = session.script_async(
        "const { violations } = await axe.run(document, { resultTypes: ['violations'] });
         return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help,
             nodes: nodes.slice(0, 3).map(node => node.html.slice(0, 200)) }));",
        json!([]),
    )?;
    let mut barriers: Vec<String> = violations
        .as_array()
        .context("axe gave no list")?
        .iter()
        .map(|violation| {
            let text = |key: &str| violation[key].as_str().unwrap_or("?").to_owned();
            let nodes = violation["nodes"].as_array().into_iter().flatten();
            let nodes: Vec<_> = nodes.filter_map(Value::as_str).collect();
            let (id, impact, help) = (text("id"), text("impact"), text("help"));
            format!("barrier on {page}: {id} ({impact}): {help}: {}", nodes.join(" | "))
        })
        .collect();
    let sizes = session.script(
        "const page = document.scrollingElement; return [page.scrollWidth, page.clientWidth]",
        json!([]),
    )?;
    if let (Some(page_width), Some(screen_width)) = (sizes[0].as_u64(), sizes[1].as_u64())
        && page_width > screen_width
    {
        barriers.push(format!("{page} is {page_width} wide on a screen of {screen_width}"));
    }
    Ok(barriers)
}

fn log(session: &Session, kind: &str) -> Result<Vec<Value>> {
    match session.post("/se/log", &json!({ "type": kind }))? {
        Value::Array(entries) => Ok(entries),
        other => anyhow::bail!("the {kind} log is no list: {other}"),
    }
}
