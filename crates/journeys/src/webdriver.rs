//! A browser session by the W3C WebDriver protocol: JSON over HTTP to chromedriver on loopback.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use ordermill_faults::{Program, Running};
use serde_json::{Value, json};

use crate::view::{Screen, View};

/// The key under which the protocol gives an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// A picture of a long page is large; so may be a log.
const ANSWER_BYTES_MAX: u64 = 100 << 20;

/// What chromium is told besides the view.
///
/// No sandbox: containers often lack what it needs, and the pages are our own. No background
/// traffic, and no host but this machine: a test never reaches out.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.*",
];

/// One chromedriver with one chromium. Dropping it ends both.
#[derive(Debug)]
pub(crate) struct Session {
    agent: ureq::Agent,
    /// `http://127.0.0.1:PORT/session/ID`
    url: String,
    // Ended after the session, which closes the browser and removes its profile.
    _driver: Running,
}

/// Tries to start a driver. It looks for one port that is free for both versions of IP, and gives up
/// when another program takes one of the two in between.
const STARTS_MAX: u32 = 5;

/// A driver, and the line in which it says that it is ready.
fn driver(language: &str) -> Result<(Running, String)> {
    let mut starts = 1;
    loop {
        let mut driver = Program::new("chromedriver")
            .arg("--port=0")
            .env("LANGUAGE", language.replace('-', "_"))
            .start()
            .context("chromedriver and chromium are needed; cargo xtask test installs them")?;
        match driver.wait_for_line("started successfully on port", Duration::from_secs(20)) {
            Ok(ready) => return Ok((driver, ready)),
            Err(_) if starts < STARTS_MAX => starts += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// An element of the page, as the driver numbers it.
#[derive(Debug, Clone)]
pub(crate) struct Element(String);

impl Session {
    pub(crate) fn start(view: View) -> Result<Self> {
        let language = view.language.code();
        let (driver, ready) = driver(language)?;
        let port: u16 = ready
            .trim_end_matches('.')
            .rsplit(' ')
            .next()
            .and_then(|port| port.parse().ok())
            .with_context(|| format!("chromedriver named no port: {ready}"))?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .build()
            .new_agent();
        let (width, height) = view.screen.size();
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(ToString::to_string).collect();
        arguments.push(format!("--lang={language}"));
        arguments.push(format!("--window-size={width},{height}"));
        let options = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": { "intl.accept_languages": language },
            },
        }}});
        let base = format!("http://127.0.0.1:{port}");
        let mut session = Self { agent, url: format!("{base}/session"), _driver: driver };
        let started = session.post("", &options).context("cannot start chromium")?;
        let id = started["sessionId"].as_str().context("the new session has no id")?;
        session.url = format!("{base}/session/{id}");
        session.fit(view.screen)?;
        Ok(session)
    }

    /// A window has borders and a smallest width, so the screen is set from inside.
    fn fit(&self, screen: Screen) -> Result<()> {
        let (width, height) = screen.size();
        let phone = screen == Screen::Phone;
        let scale = if phone { 2 } else { 1 };
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone }),
        )?;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": phone }))?;
        Ok(())
    }

    pub(crate) fn run_scripts(&self, on: bool) -> Result<()> {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !on }))?;
        Ok(())
    }

    /// A command of the browser's own protocol, for what WebDriver has no word for.
    pub(crate) fn devtools(&self, command: &str, params: Value) -> Result<Value> {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// Runs a function body on the page; `arguments` are its arguments.
    pub(crate) fn script(&self, body: &str, arguments: Value) -> Result<Value> {
        self.post("/execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// As [`Session::script`], where a promise that the body returns is awaited.
    pub(crate) fn script_async(&self, body: &str, arguments: Value) -> Result<Value> {
        let awaited = format!(
            "const done = arguments[arguments.length - 1];
             (async (...arguments) => {{ {body} }})(...arguments)
                 .then(value => done({{ value }}), error => done({{ error: String(error) }}));"
        );
        let mut outcome =
            self.post("/execute/async", &json!({ "script": awaited, "args": arguments }))?;
        match outcome["error"].as_str() {
            Some(error) => bail!("script on the page: {error}"),
            None => Ok(outcome["value"].take()),
        }
    }

    /// The elements that a script gives as a list.
    pub(crate) fn elements(&self, body: &str, arguments: Value) -> Result<Vec<Element>> {
        let found = self.script(body, arguments)?;
        let ids = found.as_array().into_iter().flatten().filter_map(|item| item[ELEMENT].as_str());
        Ok(ids.map(|id| Element(id.to_owned())).collect())
    }

    /// Something about an element: `computedrole`, `computedlabel`, `text`, `property/value`.
    pub(crate) fn ask(&self, element: &Element, what: &str) -> Result<String> {
        let answer = self.get(&format!("/element/{}/{what}", element.0))?;
        Ok(match answer {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        })
    }

    /// Something done to an element: `click`, `clear`, `value`.
    pub(crate) fn act(&self, element: &Element, action: &str, body: &Value) -> Result<()> {
        self.post(&format!("/element/{}/{action}", element.0), body)?;
        Ok(())
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        let answer = self.agent.get(&url).call().with_context(|| url.clone())?;
        value(path, answer)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        let answer = self.agent.post(&url).send_json(body).with_context(|| url.clone())?;
        value(path, answer)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // If the driver does not answer, its end is the browser's end too.
        drop(self.agent.delete(&self.url).call());
    }
}

impl Element {
    /// As an argument of a script.
    pub(crate) fn as_argument(&self) -> Value {
        json!({ ELEMENT: self.0 })
    }
}

fn value(path: &str, mut answer: ureq::http::Response<ureq::Body>) -> Result<Value> {
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let mut body: Value = body.read_json().with_context(|| format!("{path}: no JSON"))?;
    let mut value = body["value"].take();
    if let Some(error) = value["error"].as_str().filter(|_| !answer.status().is_success()) {
        let message = value["message"].as_str().unwrap_or_default();
        bail!("{error}: {}", message.lines().next().unwrap_or_default());
    }
    Ok(value.take())
}
