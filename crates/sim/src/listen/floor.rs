//! What the journal says of work on the floor, of parcels and of what buyers have received.

use ordermill_base::Id;
use ordermill_domain::ids::{
    BinId, CarrierId, FulfillmentId, LocationId, OrderId, PackageId, SkuId, StaffId,
};
use ordermill_storage::journal::Entry;
use serde_json::Value;

use super::{number, raw};
use crate::model::{Asks, Parcel, Stage, Stop, Walk, Where, Wrong, word};
use crate::shop::Shop;

/// Kinds that are told here.
pub(super) fn is_of_it(kind: &str) -> bool {
    let kinds = ["order.shorted", "order.shipped", "order.completed", "order.backorder_filled"];
    let (thing, _) = kind.split_once('.').unwrap_or_default();
    matches!(thing, "fulfillment" | "pick_list" | "shipment")
        || kinds.contains(&kind)
        || kind == "deadline.breached"
}

impl Shop {
    pub(super) fn hear_of_floor(&mut self, entry: &Entry, body: &Value) -> Result<(), Wrong> {
        let (thing, what) = entry.kind.split_once('.').unwrap_or_default();
        match thing {
            "fulfillment" => self.hear_of_work(entry, what, body),
            "pick_list" => self.hear_of_walk(entry.aggregate_id, what, body),
            "shipment" => self.hear_of_parcel(entry, what, body),
            _ => self.hear_of_order(entry, what, body),
        }
    }

    fn hear_of_work(&mut self, entry: &Entry, what: &str, body: &Value) -> Result<(), Wrong> {
        let (id, position) = (entry.aggregate_id, entry.cursor.position.raw());
        let model = &mut self.model;
        match what {
            "released" => model.work_moves(id, &[Stage::Planned], Stage::Released),
            "lines_picked" => {
                model.work_moves(id, &[Stage::Released, Stage::Picking], Stage::Picking)?;
                each_line(body, |line, pieces| model.work_picked(id, line, pieces))
            }
            "lines_put_back" => {
                model.work_moves(id, &[Stage::Picking, Stage::Picked], Stage::Picking)?;
                each_line(body, |line, pieces| model.work_picked(id, line, -pieces))
            }
            "shorted" => {
                let lost = (number(body, "line_no")?, number(body, "missing")?);
                model.work_shorted(id, lost, position)
            }
            "picked" => {
                model.work_moves(id, &[Stage::Picking], Stage::Picked)?;
                let work = &model.works[&id];
                let is_whole = work.lines.iter().all(|share| share.picked == share.count);
                if is_whole { Ok(()) } else { Err(format!("{work:?} is not all picked")) }
            }
            "rechecked" => model.work_moves(id, &[Stage::Picked], Stage::Rechecked),
            "sent_back" => model.work_moves(id, &[Stage::Picked], Stage::Picking),
            "packed" => {
                let packages = body["packages"].as_array().ok_or("no packages")?;
                let packages: Result<_, _> = packages.iter().map(raw::<PackageId>).collect();
                model.work_packed(id, packages?)
            }
            "unpacked" => model.work_unpacked(id),
            "handed_over" => model.work_leaves(id),
            "closed" => model.work_closes(id),
            _ => Err(format!("work {id} is {what}")),
        }
    }

    fn hear_of_walk(&mut self, id: i64, what: &str, body: &Value) -> Result<(), Wrong> {
        let model = &mut self.model;
        match what {
            "released" => {
                let stops = body["lines"].as_array().ok_or("no stops")?;
                let stops: Result<Vec<Stop>, Wrong> = stops.iter().map(stop_of).collect();
                let location = raw::<LocationId>(&body["location"])?;
                model.walk_released(id, Walk { location, picker: None, stops: stops? })
            }
            "taken" => model.walk_taken(id, Some(raw::<StaffId>(&body["by"])?)),
            "handed_back" => model.walk_taken(id, None),
            "stop_added" => model.stop_added(id, stop_of(body)?),
            "dropped" => model.stops_dropped(id, raw::<FulfillmentId>(&body["fulfillment"])?),
            _ => {
                let pieces = body["pieces"].as_i64().unwrap_or_default();
                model.at_stop(id, number(body, "line")?, what, pieces)
            }
        }
    }

    fn hear_of_parcel(&mut self, entry: &Entry, what: &str, body: &Value) -> Result<(), Wrong> {
        let id = entry.aggregate_id;
        let at = (entry.cursor.position.raw(), entry.at.as_micros());
        match what {
            "created" => self.labeled(id, body, at.0),
            "handed_over" => {
                if body["manifest"].is_null() {
                    // Then the carrier's own scan is the proof.
                    self.is_said(id, None)?;
                }
                self.model.parcel_moves(id, Where::Carried, at)?;
                self.model.is_parcel_news(at, id, "handed_over", at.1);
                Ok(())
            }
            "tracked" => {
                let status = body["status"].as_str().unwrap_or_default();
                let status = word(status).ok_or_else(|| format!("no carrier says {status}"))?;
                let said = (micros(&body["scanned_at"])?, status);
                if status != "sign_off_disputed" {
                    self.is_said(id, Some(said))?;
                }
                self.model.parcel_tracked(id, said)?;
                self.model.is_parcel_news(at, id, status, said.0);
                Ok(())
            }
            "delivered" => {
                self.model.parcel_moves(id, Where::Arrived, at)?;
                self.model.is_parcel_news(at, id, "delivered", micros(&body["scanned_at"])?);
                Ok(())
            }
            "voided" => self.model.parcel_moves(id, Where::Void, at),
            "returned_to_sender" => self.model.parcel_moves(id, Where::Back, at),
            "lost" => self.model.parcel_moves(id, Where::Lost, at),
            "planned" => Ok(()),
            _ => Err(format!("parcel {id} is {what}")),
        }
    }

    fn labeled(&mut self, id: i64, body: &Value, position: i64) -> Result<(), Wrong> {
        let package = raw::<PackageId>(&body["package"])?;
        let work = self.model.parcels.work_of.get(&package);
        let work = *work.ok_or_else(|| format!("box {package} was never closed"))?;
        let parcel = Parcel {
            order: raw::<OrderId>(&body["order"])?,
            package,
            work,
            location: self.model.works[&work].location,
            carrier: raw::<CarrierId>(&body["carrier"])?,
            waybill: body["waybill"].as_str().unwrap_or_default().to_owned(),
            at: Where::Here,
            last: None,
        };
        let books = self.world.carriers.books();
        match books.labels.get(&id) {
            Some(made) if made.waybill == parcel.waybill && !made.is_void => {}
            made => return Err(format!("the carrier's books say of label {id}: {made:?}")),
        }
        drop(books);
        self.model.labeled(id, parcel, position)
    }

    /// Nothing is believed about parcels that the books of their carrier do not say.
    fn is_said(&mut self, id: i64, said: Option<(i64, &str)>) -> Result<(), Wrong> {
        let parcel = self.model.parcels.all.get(&id).ok_or_else(|| format!("no parcel {id}"))?;
        let words = self.world.carriers.words_of(&parcel.waybill);
        let is_it = |word: &ordermill_domain::shipment::Scan| {
            said.is_none_or(|said| (word.at.as_micros(), word.status.code()) == said)
        };
        match words.iter().any(is_it) {
            true => Ok(()),
            false => Err(format!("the carrier has not said {said:?} of parcel {id}: {words:?}")),
        }
    }

    fn hear_of_order(&mut self, entry: &Entry, what: &str, body: &Value) -> Result<(), Wrong> {
        let (id, now) = (entry.aggregate_id, entry.at.as_micros());
        let model = &mut self.model;
        match what {
            "shorted" => each_line(body, |line, pieces| {
                model.said_short(id, line, pieces);
                Ok(())
            }),
            "shipped" => each_line(body, |line, pieces| {
                model.said_shipped(id, line, pieces);
                Ok(())
            }),
            "completed" => {
                let by_time = entry.actor == ordermill_domain::actor::Actor::DEADLINE;
                model.completed(id, by_time, now)
            }
            "backorder_filled" => {
                let position = entry.cursor.position.raw();
                model.to_source.orders.insert(id, position);
                Ok(())
            }
            "breached" if body["deadline"] == "sign_off_dispute" => {
                if let Some(order) = model.orders.get_mut(&id) {
                    order.disputed_at = None;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn each_line(body: &Value, mut of: impl FnMut(i64, i64) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let lines = body["lines"].as_array().ok_or("no lines")?;
    lines.iter().try_for_each(|line| of(number(line, "line_no")?, number(line, "quantity")?))
}

fn stop_of(line: &Value) -> Result<Stop, Wrong> {
    let bin = match &line["bin"] {
        Value::Null => None,
        bin => Some(raw::<BinId>(bin)?),
    };
    Ok(Stop {
        no: number(line, "no")?,
        work: raw::<FulfillmentId>(&line["fulfillment"])?,
        line: number(line, "line_no")?,
        sku: raw::<SkuId>(&line["sku"])?,
        bin,
        lot: line["lot"].as_str().unwrap_or_default().to_owned(),
        count: number(line, "quantity")?,
        picked: 0,
        short: 0,
        dropped: 0,
        returned: 0,
        asks: if bin.is_some() { Asks::Bin } else { Asks::Item },
        is_lot_seen: false,
    })
}

fn micros(value: &Value) -> Result<i64, Wrong> {
    let moment = value.as_str().and_then(|text| text.parse::<ordermill_base::Timestamp>().ok());
    moment.map(|at| at.as_micros()).ok_or_else(|| format!("{value} is no moment"))
}
