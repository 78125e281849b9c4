//! The background work of payments: notices, the poller, the refund sender and disputes, until told to stop.

use std::future::Future;

use ordermill_storage::Error;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::Payments;

impl Payments {
    /// Runs until `stop` becomes true or its sender is gone. What is under way then is finished.
    /// Any number of nodes may run this on one database.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        tokio::join!(
            self.repeat("notices", stop.clone(), &self.0.notices, || self.process_notices()),
            self.repeat("poller", stop.clone(), &self.0.hurry, || self.poll()),
            self.repeat("refunds", stop.clone(), &self.0.hurry, || self.send_refunds()),
            self.repeat("answers", stop.clone(), &self.0.hurry, || self.tell_answers()),
            self.repeat("disputes", stop, &self.0.hurry, || self.read_disputes()),
        );
    }

    /// Does `work` again and again: at once while there is some, else when nudged or after
    /// about [`look_every`](super::PaymentSettings::look_every).
    async fn repeat<W: Future<Output = Result<usize, Error>>>(
        &self,
        name: &str,
        mut stop: watch::Receiver<bool>,
        nudge: &Notify,
        work: impl Fn() -> W,
    ) {
        while !*stop.borrow_and_update() {
            match work().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(work = name, error, "background work failed");
                }
            }
            let pause = self.about(self.settings().look_every).to_std();
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { return },
                () = nudge.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }
}
