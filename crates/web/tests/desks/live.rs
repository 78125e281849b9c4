//! Pages that hear what happens, from the moment that they were made.

use std::time::Duration;

use futures_util::StreamExt as _;
use ordermill_domain::role::Role;
use tokio::sync::watch;

use crate::kit::{Shop, on_each_database};

/// Until news of everything so far were told.
async fn all_is_told(shop: &Shop) {
    let end = shop.services.database().read(ordermill_storage::journal::end).await.unwrap();
    while shop.services.live().told_up_to() != Some(end) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_page_hears_of_what_happened_after_it_was_made_and_before_it_listened() {
    on_each_database(async |shop: &Shop| {
        let (stop, stopped) = watch::channel(false);
        let database = shop.services.database().clone();
        let told = tokio::spawn(shop.services.live().clone().run(database, stopped));
        let kim = shop.hire("kim", &[Role::Operations]).await;
        all_is_told(shop).await;
        let page = shop.get(&kim, "/console/orders").await.body;
        let since = page.split_once("/console/live?since=").unwrap().1;
        let since = since.split_once('"').unwrap().0;

        shop.order(1).await;
        all_is_told(shop).await;
        let path = format!("/console/live?since={since}&topics=orders,catalog");
        let mut stream = shop.listen(&kim, &path).await;
        let mut heard = String::new();
        while !heard.contains("data: ") {
            let chunk = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
            let chunk = chunk.expect("the order is told").unwrap().unwrap();
            heard.push_str(&String::from_utf8_lossy(&chunk));
        }
        assert_eq!(heard, ": listening\n\ndata: orders\n\n", "and nothing else");
        drop(stream);
        stop.send(true).unwrap();
        told.await.unwrap();
    });
}
