//! Parcels from their label to the door, over real carriers on loopback: the sandbox's.
#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod asked_again;
mod benefits;
mod checked;
mod desk;
mod disputed;
mod dock;
mod done;
mod instead;
mod kit;
mod labels;
mod load;
mod merged;
mod messages;
mod packed;
mod replaced;
mod ruled;
mod samples;
mod told;
mod tracking;
mod tried;
mod vehicles;
mod wishes;
