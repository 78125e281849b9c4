//! What can be done and seen on a page.
//!
//! Everything waits a few seconds for the page to get there; no journey sleeps.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::find::{Target, squeezed};
use crate::view::View;
use crate::watch::{self, Watch};
use crate::webdriver::{Element, Session};

/// How long things may take to appear.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until the page is loaded and has been painted: keys that come before are lost.
const PAINTED: &str = "
    if (document.readyState !== 'complete') await new Promise(done => addEventListener('load', done));
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);";

/// A browser with one page, a clean profile, and a record of what went wrong.
#[derive(Debug)]
pub struct Browser {
    session: Session,
    origin: String,
    view: View,
    watch: Watch,
    scripts: bool,
}

impl Browser {
    /// Starts a browser that may talk to `origin` (`http://127.0.0.1:8080`) and to nobody else,
    /// unless [`Browser::allow`] says so.
    ///
    /// # Errors
    /// When chromium or chromedriver is missing or does not start.
    pub fn start(origin: &str, view: View) -> Result<Self> {
        let origin = origin.trim_end_matches('/').to_owned();
        let watch = Watch::new(&origin);
        Ok(Self { session: Session::start(view)?, origin, view, watch, scripts: true })
    }

    /// Through whose eyes it looks.
    pub fn view(&self) -> View {
        self.view
    }

    /// Opens a page by its path.
    ///
    /// # Errors
    /// When nothing answers there.
    pub fn open(&mut self, path: &str) -> Result<()> {
        self.session.post("/url", &json!({ "url": format!("{}{path}", self.origin) }))?;
        Ok(())
    }

    /// Where we are: path and query.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn path(&self) -> Result<String> {
        let url = self.session.get("/url")?;
        let url = url.as_str().unwrap_or_default();
        Ok(url.strip_prefix(&self.origin).unwrap_or(url).to_owned())
    }

    /// Waits until the path (with its query) begins with `start`, here or at another origin that is allowed: a
    /// form was accepted, a link followed.
    ///
    /// # Errors
    /// When it does not in time.
    pub fn arrive(&mut self, start: &str) -> Result<()> {
        self.patiently(|browser| {
            let here = browser.path()?;
            if path_of(&here).starts_with(start) {
                return Ok(());
            }
            bail!("we are at {here}, not at {start}")
        })
    }

    /// Goes back one page.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn back(&mut self) -> Result<()> {
        self.session.post("/back", &json!({})).map(drop)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn reload(&mut self) -> Result<()> {
        self.session.post("/refresh", &json!({})).map(drop)
    }

    /// Clicks or taps. What is to be clicked is brought to the middle of the screen first, at every attempt: the
    /// driver by itself goes no further than the edge, where a bar may lie above it, and a page that comes in
    /// meanwhile begins at its top again.
    ///
    /// # Errors
    /// When there is no such thing, more than one, or something lies above it.
    pub fn click(&mut self, target: &Target) -> Result<()> {
        const TO_THE_MIDDLE: &str = "arguments[0].scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' })";
        self.on(target, |session, element| {
            session.script(TO_THE_MIDDLE, json!([element.as_argument()]))?;
            session.act(element, "click", &json!({}))
        })
    }

    /// Replaces what stands in a field.
    ///
    /// # Errors
    /// When there is no such field or it takes no text.
    pub fn fill(&mut self, target: &Target, text: &str) -> Result<()> {
        self.on(target, |session, element| {
            session.act(element, "clear", &json!({}))?;
            session.act(element, "value", &json!({ "text": text }))
        })
    }

    /// Chooses an option of a select by its text.
    ///
    /// # Errors
    /// When there is no such select or no such option.
    pub fn choose(&mut self, target: &Target, option: &str) -> Result<()> {
        const OPTIONS: &str = "return [...arguments[0].options].filter(option =>
            option.label.trim() === arguments[1])";
        self.on(target, |session, element| {
            let options = session.elements(OPTIONS, json!([element.as_argument(), option]))?;
            match options.as_slice() {
                [option] => session.act(option, "click", &json!({})),
                found => bail!("{} options are {option:?}", found.len()),
            }
        })
    }

    /// Puts a file of this machine into a file field.
    ///
    /// # Errors
    /// When there is no such field or no such file.
    pub fn upload(&mut self, target: &Target, file: &Path) -> Result<()> {
        let file = file.canonicalize().with_context(|| file.display().to_string())?;
        let text = json!({ "text": file.to_string_lossy() });
        self.on(target, |session, element| session.act(element, "value", &text))
    }

    /// Types into whatever has the focus, as a scanner does. [`Browser::ENTER`] and the like may be
    /// part of the text.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn type_keys(&mut self, text: &str) -> Result<()> {
        self.with_scripts(|session| session.script_async(PAINTED, json!([])).map(drop))?;
        let keys: Vec<Value> = text
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": keys }] });
        self.session.post("/actions", &actions).map(drop)
    }

    /// Types what a scanner sends while a Chinese input method is on: the method composes letters in whatever
    /// has the focus, and of the keys the page is told where they are, but not what they mean. Ends with Enter.
    ///
    /// # Errors
    /// When the browser is gone, or for anything but letters, digits and hyphens.
    pub fn scan_through_input_method(&mut self, text: &str) -> Result<()> {
        let composed = text.to_lowercase();
        let compose = json!({
            "text": composed, "selectionStart": composed.len(), "selectionEnd": composed.len(),
        });
        self.session.devtools("Input.imeSetComposition", compose)?;
        let places = text.chars().map(place_of_key).collect::<Result<Vec<_>>>()?;
        self.session.script(
            "for (const code of [...arguments[0], 'Enter']) {
                 const key = { code, key: 'Process', isComposing: true, bubbles: true, cancelable: true };
                 document.activeElement.dispatchEvent(new KeyboardEvent('keydown', key));
             }",
            json!([places]),
        )?;
        Ok(())
    }

    /// The Enter key, for [`Browser::type_keys`].
    pub const ENTER: &str = "\u{e007}";
    /// The Tab key, for [`Browser::type_keys`].
    pub const TAB: &str = "\u{e004}";
    /// The Escape key, for [`Browser::type_keys`].
    pub const ESCAPE: &str = "\u{e00c}";

    /// Waits until this text can be read anywhere on the page.
    ///
    /// # Errors
    /// When it cannot in time; the error holds what the page says instead.
    pub fn see(&mut self, text: &str) -> Result<()> {
        let wanted = squeezed(text);
        self.patiently(|browser| {
            let page = browser.page_text()?;
            if page.contains(&wanted) { Ok(()) } else { bail!("no {wanted:?} on the page: {page}") }
        })
    }

    /// Waits until this text can no longer be read on the page.
    ///
    /// # Errors
    /// When it is still there in the end.
    pub fn see_no_more(&mut self, text: &str) -> Result<()> {
        let unwanted = squeezed(text);
        self.patiently(|browser| {
            let page = browser.page_text()?;
            if page.contains(&unwanted) { bail!("still on the page: {unwanted:?}") } else { Ok(()) }
        })
    }

    /// What a thing says.
    ///
    /// # Errors
    /// When there is no such thing, or more than one.
    pub fn text(&mut self, target: &Target) -> Result<String> {
        self.on(target, |session, element| Ok(squeezed(&session.ask(element, "text")?)))
    }

    /// What stands in a field.
    ///
    /// # Errors
    /// When there is no such field, or more than one.
    pub fn value(&mut self, target: &Target) -> Result<String> {
        self.on(target, |session, element| session.ask(element, "property/value"))
    }

    /// How many visible things fit now; does not wait.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn count(&mut self, target: &Target) -> Result<usize> {
        Ok(target.find_all(&self.session)?.len())
    }

    /// Runs a function body on the page and gives what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub fn evaluate(&mut self, body: &str) -> Result<Value> {
        self.session.script(body, json!([]))
    }

    /// Whether the pages' own scripts run. Pages work without; turn them off before opening one.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn scripts(&mut self, on: bool) -> Result<()> {
        self.scripts = on;
        self.session.run_scripts(on)
    }

    /// Pulls the network cable, or puts it back. The errors that follow must be expected, see
    /// [`Browser::expect`].
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn offline(&mut self, offline: bool) -> Result<()> {
        let conditions = json!({
            "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.session.devtools("Network.emulateNetworkConditions", conditions).map(drop)
    }

    /// Allows requests to another origin as well: a gateway's page where buyers pay.
    pub fn allow(&mut self, origin: &str) {
        self.watch.allow(origin);
    }

    /// Allows console errors that contain `part`, for example `"status of 422"` after a form with a
    /// mistake. If none comes until the end, that is a problem of its own.
    pub fn expect(&mut self, part: &str) {
        self.watch.expect(part);
    }

    /// Looks at the page as it is now: barriers (axe) and width. With `ORDERMILL_SHOTS` set, leaves
    /// a picture of it there, named after `name` and the view.
    ///
    /// # Errors
    /// When the page has barriers or is wider than its screen.
    pub fn check(&mut self, name: &str) -> Result<()> {
        if let Some(folder) = std::env::var_os("ORDERMILL_SHOTS") {
            self.screenshot(&Path::new(&folder).join(format!("{name}-{}.png", self.view)))?;
        }
        let barriers = self.barriers()?;
        if !barriers.is_empty() {
            bail!("{name}:\n{}", barriers.join("\n"));
        }
        Ok(())
    }

    /// Takes a picture of the whole page, as PNG; makes the folder if need be.
    ///
    /// # Errors
    /// When the picture cannot be taken or written.
    pub fn screenshot(&mut self, file: &Path) -> Result<()> {
        // After a change of the page its fonts and pictures may still be on their way; those that wait
        // until somebody scrolls to them are asked for now.
        self.with_scripts(|session| {
            session.script_async(
                "for (const image of document.images) image.loading = 'eager';
                 await document.fonts.ready;
                 await Promise.all([...document.images].map(image => image.decode().catch(() => {})));",
                json!([]),
            )
        })?;
        let options = json!({ "captureBeyondViewport": true, "format": "png" });
        let picture = self.session.devtools("Page.captureScreenshot", options)?;
        let picture = BASE64_STANDARD.decode(picture["data"].as_str().unwrap_or_default())?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        std::fs::write(file, picture).with_context(|| file.display().to_string())
    }

    /// What axe finds on the page, and whether it is wider than its screen.
    pub(crate) fn barriers(&mut self) -> Result<Vec<String>> {
        self.with_scripts(watch::barriers)
    }

    /// What went wrong unseen since the start: console, policy, foreign requests.
    pub(crate) fn unseen(&mut self) -> Result<Vec<String>> {
        self.watch.problems(&self.session)
    }

    /// Leaves the page for people to look at: `page.png` and `page.html`.
    pub(crate) fn leave_evidence(&mut self, folder: &Path) -> Result<()> {
        self.screenshot(&folder.join("page.png"))?;
        let source = self.session.get("/source")?;
        std::fs::write(folder.join("page.html"), source.as_str().unwrap_or_default())?;
        Ok(())
    }

    /// What waits on the page needs its scripts; those of the page itself stay as they were until
    /// it is loaded again.
    fn with_scripts<T>(&self, look: impl FnOnce(&Session) -> Result<T>) -> Result<T> {
        if self.scripts {
            return look(&self.session);
        }
        self.session.run_scripts(true)?;
        let seen = look(&self.session);
        self.session.run_scripts(false)?;
        seen
    }

    fn page_text(&self) -> Result<String> {
        let text = self.session.script("return document.body?.innerText ?? ''", json!([]))?;
        Ok(squeezed(text.as_str().unwrap_or_default()))
    }

    /// Finds and acts again and again: pages change under one's hands.
    fn on<T>(
        &mut self,
        target: &Target,
        act: impl Fn(&Session, &Element) -> Result<T>,
    ) -> Result<T> {
        self.patiently(|browser| {
            let element = target.find(&browser.session)?;
            act(&browser.session, &element).with_context(|| target.to_string())
        })
    }

    fn patiently<T>(&mut self, mut attempt: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match attempt(self) {
                Err(_) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                outcome => return outcome,
            }
        }
    }
}

/// Where a key lies, as `KeyboardEvent.code` calls it.
fn place_of_key(key: char) -> Result<String> {
    match key {
        'a'..='z' | 'A'..='Z' => Ok(format!("Key{}", key.to_ascii_uppercase())),
        '0'..='9' => Ok(format!("Digit{key}")),
        '-' => Ok("Minus".to_owned()),
        other => bail!("no key for {other:?}"),
    }
}

/// The path of an address, whatever its origin.
fn path_of(address: &str) -> &str {
    let Some((_, rest)) = address.split_once("://") else { return address };
    rest.find('/').map_or("", |at| &rest[at..])
}
