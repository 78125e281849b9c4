//! Bodies that arrive at a walking pace at least: a client that sends a byte a second would keep its
//! place for as long as it likes.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

/// How slow a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The time that every body has.
    pub(crate) grace: Duration,
    /// Each so many bytes give it another second.
    pub(crate) bytes_per_second: u64,
}

/// A body that ends in an error when it falls behind. Its time begins when somebody reads it.
pub(crate) struct Patience {
    body: Incoming,
    pace: Pace,
    received: u64,
    began: Option<Instant>,
    limit: Option<Pin<Box<Sleep>>>,
}

/// The body came too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
pub(crate) struct TooSlow;

impl Patience {
    pub(crate) fn new(body: Incoming, pace: Pace) -> Self {
        Self { body, pace, received: 0, began: None, limit: None }
    }

    /// Whether the time of what has come so far is over.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        let began = *self.began.get_or_insert_with(Instant::now);
        let earned = Duration::from_secs(self.received / self.pace.bytes_per_second.max(1));
        let until = began + self.pace.grace + earned;
        let limit = self.limit.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if limit.deadline() != until {
            limit.as_mut().reset(until);
        }
        limit.as_mut().poll(context).is_ready()
    }
}

impl Body for Patience {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(other) => Poll::Ready(other.map(|frame| frame.map_err(Into::into))),
            Poll::Pending if self.is_over(context) => Poll::Ready(Some(Err(TooSlow.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
