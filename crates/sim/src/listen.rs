//! What the journal says that happened is told to the model, which knows whether it may.
//!
//! Where buyers, the gateway, timers and the poller race, the journal alone says who came first. The
//! model takes from it only that: which payment, which timer, in which order. What had to follow it
//! computes by itself, and every promise that had to be made must be in the same breath.

mod floor;
mod missing;

use ordermill_app::sourcing;
use ordermill_base::Id;
use ordermill_domain::ids::{EventId, LocationId, OrderId, PaymentId, SkuId};
use ordermill_storage::journal::{self, Entry};
use serde_json::Value;

use crate::gateway::{self, State};
use crate::model::{Answer, Share, Stage, Wanted, Work, Wrong};
use crate::shop::Shop;

const PAGE: i64 = 512;

impl Shop {
    /// Takes in what happened since the last time.
    pub(crate) fn listen(&mut self) -> Result<(), Wrong> {
        for entry in self.news() {
            self.heard = entry.cursor.position.raw();
            self.hear(&entry).map_err(|wrong| format!("{} {}: {wrong}", entry.kind, entry.at))?;
        }
        if let Some((payment, amount)) = self.model.owed.first() {
            return Err(format!("{amount} of payment {payment} must go back and nobody says so"));
        }
        if let Some((order, tender, amount)) = self.model.tendered.first() {
            return Err(format!("order {order} takes {amount} by {} unpaid", tender.name()));
        }
        if let Some(order) = self.model.ended_for_stock.first() {
            return Err(format!("order {order} ends for its stock without a late payment"));
        }
        self.asked.clear();
        self.model.parcels_are_sound()?;
        self.model.floor_is_sound()?;
        self.model.work_is_sound()
    }

    /// By position, as this process alone writes: the readers' order would wait for the transactions
    /// of everybody else on the server.
    fn news(&mut self) -> Vec<Entry> {
        let mut news: Vec<Entry> = Vec::new();
        loop {
            let heard = news.last().map_or(self.heard, |entry| entry.cursor.position.raw());
            let (after, upto) = (EventId::from_raw(heard), EventId::from_raw(i64::MAX));
            let page = self.world.look(|tx| journal::between(tx, after, upto, PAGE));
            let is_last = (page.len() as i64) < PAGE;
            news.extend(page);
            if is_last {
                return news;
            }
        }
    }

    fn hear(&mut self, entry: &Entry) -> Result<(), Wrong> {
        let (id, now) = (entry.aggregate_id, entry.at.as_micros());
        let position = entry.cursor.position.raw();
        let body: Value = match entry.kind.as_str() {
            "order.canceled"
            | "reservation.expired"
            | "payment.created"
            | "refund.granted"
            | "dispute.opened"
            | "deadline.warned"
            | "reservation.held"
            | "stock.moved"
            | "fulfillment.planned"
            | "fulfillment.rejected" => {
                serde_json::from_str(&entry.body).map_err(|error| error.to_string())?
            }
            _ => Value::Null,
        };
        let amount = || body["amount_minor"].as_i64().ok_or("no amount".to_owned());
        match entry.kind.as_str() {
            "order.placed" => match self.who_asked_for(id) {
                Some(wanted) => match self.model.place(&wanted) {
                    Answer::New(_) => {
                        self.came_in(id);
                        Ok(())
                    }
                    other => Err(format!("it is placed, should be {other:?}")),
                },
                None => Err(format!("nobody asked for order {id}")),
            },
            "order.paid" => {
                self.model.is_news(position, now, (id, "paid", 0));
                Ok(())
            }
            "deadline.warned" => {
                if body["deadline"] == "pay" {
                    self.model.is_news(position, now, (id, "payment_due", 0));
                }
                Ok(())
            }
            "order.canceled" => match self.canceled(id, position, now, &body) {
                Some("unpaid") => self.model.unpaid_in_time(id, now),
                Some("out_of_stock") => {
                    self.model.ended_for_stock.insert(id);
                    Ok(())
                }
                _ => self.model.cancel(id),
            },
            "stock.moved" if body["delta"].as_i64().is_some_and(|delta| delta > 0) => {
                let place = (raw::<SkuId>(&body["sku"])?, raw::<LocationId>(&body["location"])?);
                self.model.freed(position, place);
                self.model.to_source.came_in(place.1, now);
                Ok(())
            }
            "reservation.held" if body["from"] == "backordered" => {
                let line = body["line_no"].as_i64().ok_or("no line")?;
                let place = (raw::<SkuId>(&body["sku"])?, raw::<LocationId>(&body["location"])?);
                self.model.arrived(id, line, place)
            }
            "reservation.expired" => {
                let line = body["line_no"].as_i64().ok_or("no line")?;
                let place = (raw::<SkuId>(&body["sku"])?, raw::<LocationId>(&body["location"])?);
                self.model.freed(position, place);
                self.model.hold_runs_out(id, line, place, now)
            }
            "order.confirmed" => {
                self.model.to_source.orders.insert(id, position);
                Ok(())
            }
            "fulfillment.planned" => self.work_planned(id, entry, &body),
            "fulfillment.rejected" => {
                let reason = body["reason"].as_str().unwrap_or_default();
                self.model.work_rejected(id, reason, (position, now))
            }
            "fulfillment.canceled" => self.model.work_canceled(id),
            kind if missing::is_of_it(kind) => {
                let body = serde_json::from_str(&entry.body).map_err(|error| error.to_string())?;
                self.hear_of_missing(entry, &body)
            }
            kind if floor::is_of_it(kind) => {
                let body = serde_json::from_str(&entry.body).map_err(|error| error.to_string())?;
                self.hear_of_floor(entry, &body)
            }
            "payment.created" => {
                let order = raw::<OrderId>(&body["order"])?;
                match body["gateway"].as_str() {
                    Some(gateway::NAME) => self.model.payment_created(id, order, amount()?, now),
                    tender => self.model.tender_written(id, order, tender.unwrap_or(""), amount()?),
                }
            }
            "payment.captured" => {
                if !self.model.is_tender(id) {
                    self.is_true(id, State::Charged)?;
                }
                self.model.captured(id)
            }
            "payment.failed" => {
                self.model.payment_over(id, "failed", now)?;
                let order = self.model.payments[&id].order;
                self.model.is_news(position, now, (order, "payment_failed", id));
                Ok(())
            }
            "payment.expired" => self.model.payment_over(id, "expired", now),
            "payment.voided" => self.model.payment_over(id, "voided", now),
            "refund.granted" => {
                let payment = raw::<PaymentId>(&body["key"]["payment"])?;
                self.model.refund_granted(id, payment, amount()?)
            }
            "refund.succeeded" => {
                let payment = self.model.refunds.get(&id).map_or(0, |refund| refund.payment);
                let is_sent = self.model.is_tender(payment)
                    || self.world.gateway.books().refunds.get(&id).is_some_and(|it| it.is_sent);
                if !is_sent {
                    return Err(format!("the gateway has not sent refund {id}"));
                }
                self.model.refund_sent(id)?;
                let order = self.model.payments[&payment].order;
                self.model.is_news(position, now, (order, "refunded", id));
                Ok(())
            }
            "refund.withdrawn" => self.model.refund_withdrawn(id),
            "dispute.opened" => {
                let payment = raw::<PaymentId>(&body["payment"])?;
                let reference = body["gateway_ref"].as_str().unwrap_or_default().to_owned();
                let claim = self.world.gateway.books().claim(&reference).cloned();
                let claimed = claim.map(|claim| (claim.payment, claim.amount));
                if claimed != Some((payment, amount()?)) {
                    return Err(format!("the gateway says of dispute {reference}: {claimed:?}"));
                }
                self.claims.insert(id, reference);
                self.model.dispute_opened(id, payment, amount()?)
            }
            "dispute.won" | "dispute.lost" | "dispute.accepted" => {
                let is_won = entry.kind == "dispute.won";
                let reference = self.claims.get(&id).cloned().unwrap_or_default();
                let stand = self.world.gateway.books().claim(&reference).map(|it| it.stand);
                if stand.is_none_or(|stand| stand.is_open() || stand.is_charged_back() == is_won) {
                    return Err(format!("the gateway says of dispute {reference}: {stand:?}"));
                }
                self.model.dispute_ended(id, is_won)
            }
            _ => Ok(()),
        }
    }

    fn work_planned(&mut self, id: i64, entry: &Entry, body: &Value) -> Result<(), Wrong> {
        let mut lines = Vec::new();
        for line in body["lines"].as_array().ok_or("no lines")? {
            let (no, count) = (number(line, "line_no")?, number(line, "quantity")?);
            lines.push(Share { line: no, sku: raw::<SkuId>(&line["sku"])?, count, picked: 0 });
        }
        let order = raw::<OrderId>(&body["order"])?;
        let work = Work {
            order,
            location: raw::<LocationId>(&body["location"])?,
            stage: Stage::Planned,
            is_urgent: body["is_urgent"].as_bool().unwrap_or_default(),
            lines,
            packages: Vec::new(),
        };
        let by_rules = entry.actor.to_string() == format!("system:{}", sourcing::READER);
        self.model.work_planned(id, work, by_rules)
    }

    fn canceled<'b>(
        &mut self,
        id: i64,
        position: i64,
        now: i64,
        body: &'b Value,
    ) -> Option<&'b str> {
        self.model.is_news(position, now, (id, "canceled", 0));
        let pieces = self.model.orders.get(&id).map(|order| order.pieces.clone());
        for it in pieces.unwrap_or_default() {
            self.model.freed(position, it.place);
        }
        body["reason"].as_str()
    }

    /// The wish that has become this order; the id of one that was asked for in the shop is made
    /// inside.
    fn who_asked_for(&mut self, id: i64) -> Option<Wanted> {
        let known = self.asked.remove(&id);
        known.or_else(|| Some(Wanted { order: id, ..self.asked_in_shop.take()? }))
    }

    /// Nothing is believed about money that the gateway's books do not say.
    fn is_true(&self, payment: i64, state: State) -> Result<(), Wrong> {
        let books = self.world.gateway.books();
        match books.accounts.get(&payment) {
            Some(account) if account.state == state => Ok(()),
            account => Err(format!("the gateway says of payment {payment}: {account:?}")),
        }
    }
}

fn number(value: &Value, name: &str) -> Result<i64, Wrong> {
    value[name].as_i64().ok_or_else(|| format!("no {name} in {value}"))
}

fn raw<T: Id + std::str::FromStr>(value: &Value) -> Result<i64, Wrong> {
    let text = value.as_str().ok_or_else(|| format!("{value} is not an id"))?;
    text.parse::<T>().map(Id::raw).map_err(|_| format!("{text} is not an id"))
}
