//! `cargo xtask shots URL FOLDER`: how a page looks to each kind of visitor.

use std::path::Path;

use anyhow::{Context, Result, bail};
use ordermill_journeys::{Browser, View};

use crate::command::is_interrupted;
use crate::machine::{self, Tool};

pub(crate) fn run(args: &[String]) -> Result<()> {
    let [url, folder] = args else { bail!("usage: cargo xtask shots URL FOLDER") };
    machine::provide(&[Tool::Browser])?;
    let (origin, path) = split(url)?;
    for view in View::ALL {
        if is_interrupted() {
            bail!("interrupted");
        }
        let mut browser = Browser::start(origin, view)?;
        browser.open(path)?;
        let file = Path::new(folder).join(format!("{view}.png"));
        browser.screenshot(&file)?;
        println!("{}", file.display());
    }
    Ok(())
}

/// The server's part of an address, and the page's.
fn split(url: &str) -> Result<(&str, &str)> {
    let host = url.find("://").context("the address starts with http:// or https://")? + 3;
    let end = url[host..].find('/').map_or(url.len(), |slash| host + slash);
    Ok(url.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_address_is_a_server_and_a_page() {
        let server = "http://127.0.0.1:8080";
        assert_eq!(split("http://127.0.0.1:8080/orders?q=1").unwrap(), (server, "/orders?q=1"));
        assert_eq!(split(server).unwrap(), (server, ""));
        assert!(split("/orders").is_err());
    }
}
