//! The list of orders as a file: the orders of the filters with the columns that the page shows, masked
//! as there, page by page as the browser takes them.

use axum::body::Body;
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::tz::TimeZone;
use ordermill_app::exchange::csv_record;
use ordermill_app::order::list;
use ordermill_app::order::sight::Sight;
use ordermill_domain::ids::OrderId;
use ordermill_storage::channel::{self, Channel};
use ordermill_storage::order::Filter;

use super::Asked;
use crate::console::desk::Desk;
use crate::console::trouble::Trouble;

/// Orders read at once; nothing is held while the browser takes them.
const READ_AT_ONCE: i64 = 500;
/// Orders of one file. Whoever needs more says which days.
const ORDERS_MAX: i64 = 100_000;

pub(super) async fn export(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let sight = Sight::of(&desk.member.principal)?;
    let channels = desk.site.services().database().read(channel::list).await?;
    let filter = desk.filter(&asked.chosen(), &channels).map(|filter| sight.narrow(filter));
    let zone = desk.shell().site.zone;
    let today = desk.now().to_jiff().to_zoned(zone.clone()).date();
    let name = format!("attachment; filename=\"orders-{today}.csv\"");
    let export = Export { desk, sight, channels, zone, filter, before: None, left: ORDERS_MAX };
    let header = export.header();
    let rows = stream::try_unfold(export, Export::next);
    let whole = stream::StreamExt::chain(stream::once(std::future::ready(Ok(header))), rows);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}

/// How far a file is.
struct Export {
    desk: Desk,
    sight: Sight,
    channels: Vec<Channel>,
    /// In which moments are written.
    zone: TimeZone,
    /// What is still to come; none: nothing.
    filter: Option<Filter>,
    before: Option<OrderId>,
    left: i64,
}

impl Export {
    /// The names of the columns, behind a mark by which spreadsheets know the encoding.
    fn header(&self) -> Vec<u8> {
        let t = self.desk.t();
        let names = [
            t.orders_number(),
            t.orders_placed(),
            t.orders_recipient(),
            t.orders_state(),
            t.orders_remaining(),
            t.orders_pieces(),
            t.orders_total(),
            t.orders_currency(),
            t.orders_payment(),
            t.orders_location(),
            t.orders_channel(),
        ];
        [b"\xef\xbb\xbf".as_slice(), &csv_record(names)].concat()
    }

    /// The next rows, and where they end. An error breaks the file off, so that nobody takes it for a
    /// whole one.
    async fn next(mut self) -> Result<Option<(Vec<u8>, Self)>, ordermill_storage::Error> {
        let Some(filter) = self.filter.clone().filter(|_| self.left > 0) else { return Ok(None) };
        let (before, limit) = (self.before, READ_AT_ONCE.min(self.left));
        let database = self.desk.site.services().database();
        let (found, has_more) =
            database.snapshot(move |tx| list::page(tx, &filter, before, limit)).await?;
        let mut bytes = Vec::with_capacity(found.len() * 120);
        for row in &found {
            let row = self.desk.row(self.sight, row, &self.channels);
            let placed_at = row.placed_at.to_jiff().to_zoned(self.zone.clone());
            let placed_at = placed_at.strftime("%Y-%m-%d %H:%M:%S").to_string();
            let recipient = format!("{} {}", row.recipient, row.place);
            let remaining = row.remaining.as_ref().map_or("", |remaining| remaining.words());
            bytes.extend(csv_record([
                row.number.as_str(),
                &placed_at,
                recipient.trim(),
                &row.state.word,
                remaining,
                &row.pieces.to_string(),
                &row.total.to_decimal(),
                row.total.currency.code(),
                &row.payment.word,
                &row.location,
                &row.channel,
            ]));
        }
        self.left -= found.len() as i64;
        self.before = found.last().map(|last| last.stored.order.id());
        if !has_more {
            self.filter = None;
        }
        Ok(Some((bytes, self)))
    }
}
