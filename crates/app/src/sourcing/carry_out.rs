//! Carrying plans out: claims move, fulfillments are planned, and the reason is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ordermill_base::{Id as _, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Planned, PlannedLine};
use ordermill_domain::ids::{DecisionId, FulfillmentId, LocationId, OrderId};
use ordermill_domain::order::{Progress, Status};
use ordermill_domain::sourcing::Ruling;
use ordermill_domain::task::TaskKind;
use ordermill_rules::Prepared;
use ordermill_storage::{Error, Tx, fulfillment, task};

use super::explain::Explanation;
use super::gifts::{self, Joining};
use super::given_back::{GivenBack, Locations};
use super::place::Places;
use super::plan::{Chosen, Want};
use super::rules::Asking;
use super::turns::choose;
use crate::catalog::Catalog;
use crate::fulfillment::FulfillmentFile;
use crate::fulfillment::progress::roll_up;
use crate::order::claims::Assignment;
use crate::order::file::{FileError, OrderFile};
use crate::order::give_up::go_on;
use crate::rule_table::tried;

/// What a person wants of the choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// This location ships it, whatever it costs.
    pub only: Option<LocationId>,
    /// The nearest location that has it ships it, before others.
    pub is_urgent: bool,
}

/// Plans fulfillments for the pieces of these orders that nobody ships yet. Orders that are not confirmed,
/// or of which everything is planned, are left alone: it may run twice.
pub fn source_each(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    act: &Act,
    orders: &BTreeSet<OrderId>,
    wish: &Wish,
) -> Result<(), Error> {
    if orders.is_empty() {
        return Ok(());
    }
    let open_work = open_work(tx, act.at)?;
    let given_back = GivenBack::load(tx, orders)?;
    let places = Places::new(catalog, open_work);
    let files = OrderFile::load_each(tx, orders.iter().copied())?;
    let files: Vec<OrderFile> = files.into_iter().filter(OrderFile::has_unsourced).collect();
    let mut wants: Vec<Want> =
        files.iter().map(|file| want(file, &given_back, act.at, wish)).collect();
    let gifts: Vec<Vec<PlannedLine>> =
        files.iter().zip(&mut wants).map(|(file, want)| gifts::set_apart(file, want)).collect();
    let asking = Asking::new(tx, catalog, &catalog.sourcing_rules)?;
    let ruled = files.iter().zip(&mut wants);
    let documents: Vec<Option<Prepared>> =
        ruled.map(|(file, want)| asking.rule(&file.stored, want)).collect();
    let (chosen, left_out) = {
        let levels = files.first().map(|file| file.levels());
        let available = |location, sku| {
            let level = levels.as_ref().and_then(|levels| levels.find(sku, location).copied());
            level.map_or(0, |level| level.available())
        };
        let mut chosen = choose(&places, &catalog.sourcing, &wants, &available);
        if let Some(trial) = asking.on_trial() {
            for ((want, document), chosen) in wants.iter().zip(&documents).zip(&mut chosen) {
                let sides = document.as_ref().map(|it| asking.sides(&places, want, it, &available));
                chosen.tried = sides.map(|sides| (trial.id, sides));
            }
        }
        let mut joining = Joining::new(&places, &available, &wants, &chosen);
        let orders = wants.iter().zip(gifts).zip(&mut chosen);
        let left_out: Vec<BTreeSet<u16>> =
            orders.map(|((want, gifts), chosen)| joining.join(want, gifts, chosen)).collect();
        (chosen, left_out)
    };
    let (mut all, mut end) = (Vec::with_capacity(files.len()), Vec::new());
    for ((mut file, chosen), mut left_out) in files.into_iter().zip(chosen).zip(left_out) {
        let are_gifts = file.unsourced().iter().all(|piece| file.is_gift(piece.line_no));
        if are_gifts && wish.only.is_none() {
            left_out = file.gifts();
        }
        file.drop_gifts(act, &left_out).map_err(FileError::into_storage)?;
        if file.unsourced().is_empty() { end.push(file) } else { all.push((file, chosen)) }
    }
    // Nobody looks for a location for gifts alone: the order goes on without them.
    OrderFile::save_each(tx, &end.iter().collect::<Vec<_>>())?;
    let ids: Vec<OrderId> = end.iter().map(|file| file.order().id()).collect();
    task::close_each(tx, TaskKind::Sourcing, &ids, "nothing is left to send", act.at)?;
    end.iter().try_for_each(|file| go_on(tx, act, file))?;
    let (files, chosen): (Vec<OrderFile>, Vec<Chosen>) = all.into_iter().unzip();
    carry_out(tx, act, files, &chosen)
}

fn carry_out(
    tx: &mut Tx<'_>,
    act: &Act,
    mut files: Vec<OrderFile>,
    chosen: &[Chosen],
) -> Result<(), Error> {
    let mut planned = Vec::new();
    let mut moves = Vec::with_capacity(files.len());
    for (file, chosen) in files.iter_mut().zip(chosen) {
        let mut assignments = Vec::new();
        for share in &chosen.shares {
            let id: FulfillmentId = tx.next_id(act.at);
            let work = Planned {
                order: file.order().id(),
                location: share.location,
                is_urgent: chosen.is_urgent,
                ship_by: share.ship_by,
                not_before: None,
                lines: share.lines.clone(),
            };
            let lines = share.lines.clone();
            assignments.push(Assignment { fulfillment: id, location: share.location, lines });
            planned.push(FulfillmentFile::plan(id, act, work).map_err(Error::defect)?);
        }
        moves.push(file.loosen(&assignments).map_err(FileError::into_storage)?);
    }
    for (file, moves) in files.iter_mut().zip(moves) {
        file.settle(moves).map_err(FileError::into_storage)?;
    }
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    FulfillmentFile::save_each(tx, &planned.iter().collect::<Vec<_>>())?;
    let (mut decisions, mut sourced) = (Vec::with_capacity(files.len()), Vec::new());
    for (file, chosen) in files.iter().zip(chosen) {
        let (order, explained) = (file.order().id(), Explanation::of(chosen));
        let why = serde_json::to_string(&explained).map_err(Error::defect)?;
        let id: DecisionId = tx.next_id(act.at);
        if let Some((trial, sides)) = &chosen.tried {
            tried::record(tx, *trial, (order, id.raw()), sides.clone(), act.at)?;
        }
        decisions.push((order, id, why));
        if chosen.shares.is_empty() {
            // A person looks at what no location can ship.
            let detail = serde_json::json!({ "reason": explained.impossible }).to_string();
            task::open(tx, TaskKind::Sourcing, order, &detail, None, act.at)?;
        } else {
            sourced.push(order);
        }
    }
    // Who looks already need not when a location can.
    task::close_each(tx, TaskKind::Sourcing, &sourced, "sourced", act.at)?;
    let decisions = decisions.iter().map(|(order, id, why)| (*order, *id, why.as_str()));
    fulfillment::insert_decisions(tx, decisions, act.at)?;
    // What is freshly planned is not packed: nothing changes for an order that said so before.
    let with_progress = files.iter().filter(|file| file.stored.progress != Progress::NotPacked);
    let again: Vec<OrderId> = with_progress.map(|file| file.order().id()).collect();
    roll_up(tx, &again, &HashSet::new())
}

fn want(file: &OrderFile, given_back: &GivenBack, now: Timestamp, wish: &Wish) -> Want {
    // A person may choose any location.
    let Locations { excluded, restocked } = match wish.only {
        Some(_) => Locations::default(),
        None => given_back.of(file.order().id()),
    };
    let (mut lines, mut claimed) = (BTreeMap::new(), BTreeMap::new());
    for piece in file.unsourced() {
        let pieces = piece.quantity.get();
        lines.entry(piece.line_no).or_insert((piece.sku, 0)).1 += pieces;
        *claimed.entry((piece.location, piece.sku)).or_default() += pieces;
    }
    Want {
        region: file.stored.region.clone(),
        ready_at: file.ready_at().unwrap_or(now),
        lines: lines.into_iter().map(|(line_no, (sku, pieces))| (line_no, sku, pieces)).collect(),
        claimed,
        excluded,
        restocked,
        only: wish.only,
        is_urgent: wish.is_urgent,
        ruling: Ruling::default(),
        ruled: None,
    }
}

pub(super) fn open_work(
    tx: &mut Tx<'_>,
    now: Timestamp,
) -> Result<HashMap<LocationId, i64>, Error> {
    let mut open: HashMap<LocationId, i64> = HashMap::new();
    for work in fulfillment::open_work(tx, now)? {
        *open.entry(work.location).or_default() += work.count;
    }
    Ok(open)
}

impl OrderFile {
    /// Whether there is something to ship. Gifts do not leave alone while goods of the order are to come.
    fn has_unsourced(&self) -> bool {
        let unsourced = self.unsourced();
        let are_gifts = unsourced.iter().all(|piece| self.is_gift(piece.line_no));
        self.order().status() == Status::Confirmed
            && !unsourced.is_empty()
            && !(are_gifts && self.has_goods_to_come())
    }
}
