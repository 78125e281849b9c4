//! Buyers: they order and pay as long as not too much is under way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use ordermill_base::Random;

use super::Line;
use crate::pay::Buyer;

/// Order, payment, and the buyer at the gateway's page.
const REQUESTS: u64 = 3;

pub(super) async fn run(line: Arc<Line>, random: Random) -> Result<()> {
    let mut buyer =
        Buyer::connect(line.server, line.gateway, line.authorization.clone(), random).await?;
    while !line.is_over() {
        if line.under_way() >= line.under_way_max {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        line.placed.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let order = buyer.buy().await?;
        line.requests.fetch_add(REQUESTS, Ordering::Relaxed);
        Line::lock(&line.began).insert(order, began);
    }
    Ok(())
}
