//! The background work of shipping: labels, drivers, pushes and silent parcels, until told to stop.

use std::future::Future;
use std::time::Duration;

use ordermill_storage::Error;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::carrier::Carriers;

/// Behind a round with little work: what comes in meanwhile goes along with the next, and no parcel is in a hurry
/// of milliseconds.
const REST: Duration = Duration::from_millis(20);
/// A round with less has little work.
const LITTLE: usize = 32;

impl Carriers {
    /// Runs until `stop` becomes true or its sender is gone. What is under way then is finished.
    /// Any number of nodes may run this on one database.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let nobody = Notify::new();
        tokio::join!(
            self.repeat("labels", stop.clone(), self.work(), || self.make_labels()),
            self.repeat("instructions", stop.clone(), self.errands(), || self.instruct()),
            self.repeat("drivers", stop.clone(), &nobody, || self.call_drivers()),
            self.repeat("pushes", stop.clone(), self.pushes(), || self.process_pushes()),
            self.repeat("silence", stop.clone(), &nobody, || self.ask_about_silent()),
            // Kept fresh for those who may not wait for it.
            self.repeat("scores", stop, &nobody, async || self.histories().await.map(|_| 0)),
        );
    }

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
                Ok(count) => {
                    if count < LITTLE {
                        sleep(REST).await;
                    }
                    continue;
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(work = name, error, "background work failed");
                }
            }
            let pause = self.about(self.patience().look_every).to_std();
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { return },
                () = nudge.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }
}
