//! How a process is told to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Until SIGTERM or Ctrl-C. Listens from the call on, not only once it is waited for: whoever sees
/// that a server answers may stop it, too.
pub(crate) fn terminated() -> impl Future<Output = ()> {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
