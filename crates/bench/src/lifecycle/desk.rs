//! A desk's connection: asks the API as an integration would, and counts what it has asked.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Line;
use crate::client::{Client, get, post};

/// How long a desk without work waits before it looks again.
pub(super) const IDLE: Duration = Duration::from_millis(40);
/// How often somebody looks for work to hand out.
pub(super) const LOOKED_EVERY: Duration = Duration::from_millis(100);

/// One connection of somebody at work.
pub(super) struct Desk<'l> {
    line: &'l Line,
    client: Client,
    request: Vec<u8>,
}

/// Things of a list, as much as a desk looks at.
#[derive(Debug, Deserialize)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
}

impl<'l> Desk<'l> {
    pub(super) async fn connect(line: &'l Line) -> Result<Self> {
        let client = Client::connect(line.server).await.context("the server does not listen")?;
        Ok(Self { line, client, request: Vec::with_capacity(4 * 1024) })
    }

    /// What stands at a path.
    pub(super) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T> {
        self.request.clear();
        get(&mut self.request, path, &self.line.authorization);
        self.line.requests.fetch_add(1, Ordering::Relaxed);
        let answer = self.client.ask(&self.request).await?;
        if answer.status != 200 {
            bail!("{path}: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        Ok(serde_json::from_slice(answer.body)?)
    }

    /// Does something. `None` if the answer is a conflict: somebody was faster, or there is nothing to do.
    pub(super) async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Result<Option<T>> {
        self.request.clear();
        let extra = format!("{}{headers}", self.line.authorization);
        post(&mut self.request, path, &extra, body);
        self.line.requests.fetch_add(1, Ordering::Relaxed);
        let answer = self.client.ask(&self.request).await?;
        match answer.status {
            200 | 201 => Ok(Some(serde_json::from_slice(answer.body)?)),
            409 => Ok(None),
            status => bail!("{path}: {status} {}", String::from_utf8_lossy(answer.body)),
        }
    }

    /// The server's own figures.
    pub(super) async fn metrics(&mut self) -> Result<String> {
        self.request.clear();
        get(&mut self.request, "/metrics", "");
        let answer = self.client.ask(&self.request).await?;
        Ok(String::from_utf8(answer.body.to_vec())?)
    }
}

/// Work that is handed out to whoever is free.
#[derive(Debug)]
pub(super) struct Tray<T> {
    sender: tokio::sync::mpsc::UnboundedSender<T>,
    receiver: tokio::sync::Mutex<tokio::sync::mpsc::UnboundedReceiver<T>>,
}

impl<T> Tray<T> {
    pub(super) fn new() -> Arc<Self> {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        Arc::new(Self { sender, receiver: receiver.into() })
    }

    pub(super) fn put(&self, work: T) {
        // The receiver lives as long as the sender.
        drop(self.sender.send(work));
    }

    pub(super) async fn take(&self) -> Result<T> {
        self.receiver.lock().await.recv().await.context("the tray is gone")
    }
}
