//! Finding things on a page as a visitor does: by what they are and what they are called.

use std::fmt;

use anyhow::{Result, bail};
use serde_json::json;

use crate::webdriver::{Element, Session};

/// A thing on a page. Made by [`button`], [`link`], [`field`], [`heading`], [`role`], [`test`] and
/// [`css`].
#[derive(Debug, Clone)]
pub struct Target {
    selector: String,
    /// Empty for any.
    roles: Vec<String>,
    /// Compared with the accessible name, runs of blanks as one.
    name: Option<String>,
    shown: String,
}

/// A button, by its name.
pub fn button(name: &str) -> Target {
    role("button", name)
}

/// A link, by its name.
pub fn link(name: &str) -> Target {
    role("link", name)
}

/// A heading of any level, by its text.
pub fn heading(text: &str) -> Target {
    role("heading", text)
}

/// Something to fill in or choose from, by its label.
pub fn field(label: &str) -> Target {
    Target {
        selector: "input:not([type=hidden]):not([type=submit]):not([type=button]), select, \
                   textarea, [contenteditable=true], [role=combobox], [role=switch]"
            .into(),
        roles: Vec::new(),
        name: Some(label.into()),
        shown: format!("field {label:?}"),
    }
}

/// Anything of an ARIA role, native or given, by its name: `role("tab", "Payments")`.
pub fn role(role: &str, name: &str) -> Target {
    let native = match role {
        "button" => "button, summary, input[type=submit], input[type=button], input[type=image]",
        "link" => "a[href], area[href]",
        "heading" => "h1, h2, h3, h4, h5, h6",
        "checkbox" => "input[type=checkbox]",
        "radio" => "input[type=radio]",
        "row" => "tr",
        "cell" => "td",
        "columnheader" | "rowheader" => "th",
        "table" => "table",
        "list" => "ul, ol",
        "listitem" => "li",
        "img" | "image" => "img, svg",
        "dialog" => "dialog",
        "navigation" => "nav",
        "region" => "section",
        "status" => "output",
        "option" => "option",
        "textbox" => "input, textarea",
        _ => "",
    };
    let separator = if native.is_empty() { "" } else { ", " };
    let mut roles = vec![role.to_owned()];
    if role == "button" {
        // Chromium's own role for the summary of a details element.
        roles.push("DisclosureTriangle".into());
    }
    Target {
        selector: format!("[role={role}]{separator}{native}"),
        roles,
        name: Some(name.into()),
        shown: format!("{role} {name:?}"),
    }
}

/// What carries `data-test="name"`: for values that have no name of their own.
pub fn test(name: &str) -> Target {
    css(&format!("[data-test={name:?}]"))
}

/// What a CSS selector finds: the last resort, for pages that are not ours.
pub fn css(selector: &str) -> Target {
    Target {
        selector: selector.into(),
        roles: Vec::new(),
        name: None,
        shown: format!("element {selector}"),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Target {
    /// The one visible thing that fits. A name fits whole; only if none does, as a part.
    pub(crate) fn find(&self, session: &Session) -> Result<Element> {
        let mut fitting = self.find_all(session)?;
        match fitting.len() {
            1 => Ok(fitting.remove(0)),
            0 => bail!("no {self} on the page; there is {}", self.neighbors(session)?),
            many => bail!("{many} things on the page are {self}; say which"),
        }
    }

    /// Every visible thing that fits.
    pub(crate) fn find_all(&self, session: &Session) -> Result<Vec<Element>> {
        let candidates = self.candidates(session)?;
        let Some(name) = &self.name else {
            return Ok(candidates.into_iter().map(|(element, _)| element).collect());
        };
        let wanted = squeezed(name);
        let having = |fits: &dyn Fn(&str) -> bool| -> Vec<Element> {
            let fitting = candidates.iter().filter(|(_, name)| fits(name));
            fitting.map(|(element, _)| element.clone()).collect()
        };
        let whole = having(&|name| name == wanted);
        Ok(if whole.is_empty() { having(&|name| name.contains(&wanted)) } else { whole })
    }

    fn neighbors(&self, session: &Session) -> Result<String> {
        let names: Vec<String> = self
            .candidates(session)?
            .into_iter()
            .take(20)
            .map(|(_, name)| format!("{name:?}"))
            .collect();
        Ok(if names.is_empty() { "nothing of the kind".into() } else { names.join(", ") })
    }

    /// Visible elements of the right kind, with their accessible names where names matter.
    fn candidates(&self, session: &Session) -> Result<Vec<(Element, String)>> {
        const VISIBLE: &str =
            "return [...document.querySelectorAll(arguments[0])].filter(element =>
            element.checkVisibility({ visibilityProperty: true }))";
        let mut candidates = Vec::new();
        for element in session.elements(VISIBLE, json!([self.selector]))? {
            if self.name.is_none() {
                candidates.push((element, String::new()));
                continue;
            }
            let role = session.ask(&element, "computedrole")?;
            if self.roles.is_empty() || self.roles.contains(&role) {
                let name = session.ask(&element, "computedlabel")?;
                candidates.push((element, squeezed(&name)));
            }
        }
        Ok(candidates)
    }
}

/// Runs of blanks as one, none at the ends.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
