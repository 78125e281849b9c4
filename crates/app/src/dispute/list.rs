//! Reads the lists of disputes that gateways keep, from where they were read last, so that no lost notice
//! leaves one unknown.

use ordermill_domain::actor::Act;
use ordermill_domain::task::TaskKind;
use ordermill_ports::gateway::{DisputeReport, GatewayError};
use ordermill_storage::dispute::{self, Cursor};
use ordermill_storage::{Error, Tx, task};
use serde_json::json;

use super::news::{DisputeNews, DisputeRecorded};
use crate::payment::Payments;

/// Pieces of a list that are read in one go; the rest follows at once.
const PAGES_MAX: usize = 20;

impl Payments {
    /// Reads the lists that are due. Gives how many disputes were told of.
    pub async fn read_disputes(&self) -> Result<usize, Error> {
        let now = self.now();
        let again_at = now + self.settings().call_within;
        let names: Vec<String> = self.gateways().names().map(str::to_owned).collect();
        let claim = move |tx: &mut Tx<'_>| dispute::claim_cursor(tx, &names, now, again_at);
        let mut count = 0;
        for cursor in self.database().write(claim).await? {
            count += self.read_list(cursor).await?;
        }
        Ok(count)
    }

    async fn read_list(&self, mut cursor: Cursor) -> Result<usize, Error> {
        let mut count = 0;
        for _ in 0..PAGES_MAX {
            let Some(gateway) = self.gateways().get(&cursor.gateway) else { return Ok(count) };
            let page = match gateway.disputes(cursor.place.as_deref()).await {
                Ok(page) => page,
                Err(error) => {
                    self.no_list(&cursor, &error);
                    let again_at = self.now() + self.settings().answer_within;
                    self.move_on(&cursor, cursor.place.clone(), again_at).await?;
                    return Ok(count);
                }
            };
            for report in page.items {
                self.take_in(&cursor.gateway, report).await?;
                count += 1;
            }
            let again_at = self.now() + self.settings().disputes_every;
            self.move_on(&cursor, page.next.clone(), again_at).await?;
            if !page.has_more {
                return Ok(count);
            }
            cursor.place = page.next;
        }
        Ok(count)
    }

    /// Records one; of a payment whose money we do not know of the gateway is asked first.
    async fn take_in(&self, gateway: &str, report: DisputeReport) -> Result<(), Error> {
        let Some(act) = self.gateways().act(gateway, self.now()) else { return Ok(()) };
        let payment = report.payment;
        let news = DisputeNews { gateway: gateway.to_owned(), report };
        let mut recorded = self.record_dispute(&news, &act).await?;
        if recorded == DisputeRecorded::NotCaptured {
            // What could not be learned leaves the dispute as strange as it is.
            let _unknown = self.check_payment(&act, payment).await;
            recorded = self.record_dispute(&news, &act).await?;
        }
        let why = match recorded {
            // Of a mismatch a person has been told.
            DisputeRecorded::Noted | DisputeRecorded::Mismatch(_) => return Ok(()),
            DisputeRecorded::NotFound => "it is about a payment that is not ours",
            DisputeRecorded::NotCaptured => "it is about a payment that was not captured",
        };
        tracing::warn!(payment.id = %payment, gateway, why, "a dispute cannot be recorded");
        let reference = &news.report.gateway_reference;
        let detail = json!({ "dispute": reference, "error": why }).to_string();
        let tell = move |tx: &mut Tx<'_>| {
            task::open(tx, TaskKind::PaymentMismatch, payment, &detail, None, act.at)
        };
        self.database().write(tell).await
    }

    pub(crate) async fn record_dispute(
        &self,
        news: &DisputeNews,
        act: &Act,
    ) -> Result<DisputeRecorded, Error> {
        let (news, act) = (news.clone(), act.clone());
        self.database().write(move |tx| news.record(tx, &act)).await
    }

    async fn move_on(
        &self,
        cursor: &Cursor,
        place: Option<String>,
        ask_at: ordermill_base::Timestamp,
    ) -> Result<(), Error> {
        let cursor = cursor.clone();
        let moved =
            move |tx: &mut Tx<'_>| dispute::move_cursor(tx, &cursor, place.as_deref(), ask_at);
        self.database().write(moved).await
    }

    fn no_list(&self, cursor: &Cursor, error: &GatewayError) {
        let gateway = &cursor.gateway;
        tracing::warn!(gateway, %error, "a gateway did not give its list of disputes");
    }
}
