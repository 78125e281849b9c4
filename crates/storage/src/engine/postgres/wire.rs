//! The way to the server: what nobody waits for travels in front of what somebody does.
//!
//! A statement costs its turn of server, socket and threads more than its work. `BEGIN`, a setting and rows
//! that are only added have no answer that anybody reads, so they are sent together with the next statement
//! that has one, and if one of them is refused, that statement is told. The server takes everything in the
//! order in which it was sent.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, Error, NoTls};

use crate::Error as StorageError;

type Running = Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>>;

/// Calls that go ahead before their answers are waited for: bounds what they keep in memory.
const AHEAD_MAX: usize = 500;

/// A call that goes ahead.
struct Ahead {
    call: Running,
    is_sent: bool,
    /// Nobody is to be told of a refusal.
    is_moot: bool,
}

/// A connection that its owner's thread drives while it waits.
pub(super) struct Wire {
    client: Arc<Client>,
    /// What was sent, or is to be, and whose answer only matters if it is a refusal.
    ahead: Vec<Ahead>,
    /// Whether some of it must be known before a commit, which would go through all the same.
    must_be_known: bool,
    /// The first refusal of what went ahead that nobody has been told of.
    refusal: Option<StorageError>,
    /// Moves bytes; `None` once the way is gone.
    connection: Option<Running>,
    runtime: Runtime,
}

impl Wire {
    pub(super) fn open(config: &Config) -> Result<Self, StorageError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StorageError::Unavailable(Some(error.into())))?;
        let (client, connection) = runtime.block_on(config.connect(NoTls))?;
        Ok(Self {
            client: Arc::new(client),
            ahead: Vec::new(),
            must_be_known: false,
            refusal: None,
            connection: Some(Box::pin(async { Ok(connection.await?) })),
            runtime,
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// For what is asked of the server: its calls are handed to the methods below.
    pub(super) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    /// Lets this go in front of whatever is waited for next.
    pub(super) fn go_ahead(
        &mut self,
        call: impl Future<Output = Result<(), StorageError>> + Send + 'static,
    ) {
        if self.ahead.len() >= AHEAD_MAX
            && let Err(error) = self.wait_for(async { Ok(()) })
        {
            // Told with what is asked next; until then nothing is committed.
            self.refusal = Some(error);
            self.must_be_known = true;
        }
        self.ahead.push(Ahead { call: Box::pin(call), is_sent: false, is_moot: false });
    }

    /// As [`Self::go_ahead`], for what the server takes but we may not: a commit waits for it.
    pub(super) fn go_ahead_if(
        &mut self,
        call: impl Future<Output = Result<(), StorageError>> + Send + 'static,
    ) {
        self.go_ahead(call);
        self.must_be_known = true;
    }

    /// What went ahead so far concerns nobody any more: its transaction is over, or whoever asked has gone.
    pub(super) fn forget(&mut self) {
        self.ahead.iter_mut().for_each(|ahead| ahead.is_moot = true);
        self.refusal = None;
        self.must_be_known = false;
    }

    /// Waits for what went ahead, if a commit must.
    pub(super) fn know(&mut self) -> Result<(), StorageError> {
        if self.must_be_known { self.wait_for(async { Ok(()) }) } else { Ok(()) }
    }

    /// Sends what goes ahead now, when nothing else may be asked for a while.
    pub(super) fn send(&mut self) {
        let Self { ahead, refusal, connection, runtime, .. } = self;
        runtime.block_on(poll_fn(|context| {
            advance(ahead, refusal, context);
            drive(connection, context);
            Poll::Ready(())
        }));
    }

    /// Waits for an answer, and for those of everything in front of it.
    ///
    /// # Errors
    /// The first refusal of them all.
    pub(super) fn wait_for<T>(
        &mut self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, StorageError> {
        let Self { ahead, refusal, connection, runtime, .. } = self;
        let mut call = pin!(call);
        let mut answer = None;
        let answer = runtime.block_on(poll_fn(|context| {
            loop {
                // In this order they are sent, and answered.
                advance(ahead, refusal, context);
                if answer.is_none()
                    && let Poll::Ready(ready) = call.as_mut().poll(context)
                {
                    answer = Some(ready);
                }
                if ahead.is_empty()
                    && let Some(answer) = answer.take()
                {
                    return Poll::Ready(answer);
                }
                // What the connection brings wakes this very task; when it ends, all calls end with it.
                if !drive(connection, context) {
                    return Poll::Pending;
                }
            }
        }));
        self.must_be_known = false;
        match self.refusal.take() {
            Some(refused) => Err(refused),
            None => Ok(answer?),
        }
    }
}

/// Moves what goes ahead, in its order, and keeps what has no answer yet.
fn advance(ahead: &mut Vec<Ahead>, refusal: &mut Option<StorageError>, context: &mut Context<'_>) {
    let mut is_waiting = false;
    ahead.retain_mut(|Ahead { call, is_sent, is_moot }| {
        // Behind the first that has no answer there is none either; but all are to be sent.
        if is_waiting && *is_sent {
            return true;
        }
        *is_sent = true;
        match call.as_mut().poll(context) {
            Poll::Pending => is_waiting = true,
            Poll::Ready(Ok(())) => return false,
            Poll::Ready(Err(error)) => {
                if !*is_moot {
                    refusal.get_or_insert(error);
                }
                return false;
            }
        }
        true
    });
}

/// Moves bytes. Whether the way has just ended.
fn drive(connection: &mut Option<Running>, context: &mut Context<'_>) -> bool {
    let Some(running) = connection else { return false };
    let is_over = running.as_mut().poll(context).is_ready();
    if is_over {
        *connection = None;
    }
    is_over
}
