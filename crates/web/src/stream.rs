//! Streams of server-sent events: how many there may be at once, and how one is answered.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};

/// Places for streams that stay open.
#[derive(Debug)]
pub(crate) struct Places {
    taken: AtomicUsize,
    most: usize,
}

/// One of them; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place(&'static Places);

impl Places {
    pub(crate) const fn new(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most }
    }

    /// A free place, if there is one.
    pub(crate) fn take(&'static self) -> Option<Place> {
        let more = |count| (count < self.most).then_some(count + 1);
        let taken = self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.is_ok().then_some(Place(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The answer whose body are these chunks, as they come.
pub(crate) fn answer(chunks: impl Stream<Item = String> + Send + 'static) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    let chunks = chunks.map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk)));
    (headers, Body::from_stream(chunks)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_stream_has_ended() {
        static PLACES: Places = Places::new(2);
        let (one, two) = (PLACES.take(), PLACES.take());
        assert!(one.is_some() && two.is_some() && PLACES.take().is_none());
        drop(one);
        assert!(PLACES.take().is_some());
    }
}
