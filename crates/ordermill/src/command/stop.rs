//! How a process is told to stop.

/// Until SIGTERM or Ctrl-C.
pub(crate) async fn terminated() {
    let asked = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = asked => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
