//! `tracking`: carriers push what they scan, and buyers look where their parcels are.
//!
//! The parcels are real ones, brought on the road by the desks of `lifecycle`. Four partners push, each in
//! its own shape and with its own signature; each push is about the next scan of one parcel and holds its
//! whole history, as those partners do. Then the public pages of these parcels are opened.

mod page;
mod push;
mod trackers;

use anyhow::Result;

use crate::lifecycle::hand_over;
use crate::place::nothing;
use crate::{Bench, Figure, Options};

/// Parcels on the road, if no other number is given.
const PARCELS: u64 = 3_000;

pub(crate) fn tracking(_: &Bench, options: &Options) -> Result<Vec<Figure>> {
    let parcels = usize::try_from(options.orders_or(PARCELS))?;
    let (shop, sent) = hand_over(options, parcels)?;
    let partners = trackers::set_up(&shop, options)?;
    let tokens = page::tokens(&shop, options, &sent)?;
    let limit = nothing(options)?;
    let server = shop.serve(options)?;
    let push = push::measure(&server, &shop, options, &sent, &partners)?;
    let page = page::measure(&server, options, &tokens)?;
    server.stop()?;
    shop.ensure_invariants(options)?;
    Ok(vec![push.with("http_limit_per_second", limit), page.beside(limit)])
}
