//! Boxes get labels and leave: on a list that is closed, or with a driver who takes what nobody has scanned.
//! Carriers tell what becomes of them.

use std::collections::BTreeSet;

use ordermill_app::permission::Principal;
use ordermill_app::shipment::ask_again::ask_again;
use ordermill_app::shipment::hand_over::{
    CloseManifestError, Refused, ScanOutError, close, scan_out, take_off,
};
use ordermill_app::shipment::label::Wanted;
use ordermill_app::shipment::push::ReceivePushError;
use ordermill_app::shipment::{leave, packed};
use ordermill_base::Id;
use ordermill_domain::ids::{LocationId, ManifestId, ShipmentId};
use ordermill_ports::Headers;
use ordermill_storage::{Error, Tx, label_request, manifest};

use super::{Shop, all, operator, told};
use crate::bug::Bug;
use crate::carriers;
use crate::ground;
use crate::model::{Stage, Where, Wrong};

/// What a push is answered.
type Pushed = Result<(), ReceivePushError>;

impl Shop {
    /// Packed work wants labels, and carriers are asked for them.
    pub(super) fn labels_are_made(&mut self) -> Result<(), Wrong> {
        let carriers = self.world.services().carriers().clone();
        self.read_on(packed::READER, packed::reader(carriers))?;
        let carriers = self.world.services().carriers().clone();
        let made = self.world.run(async move { carriers.make_labels().await });
        self.settled("labels", made)?;
        self.parcels_are_followed()
    }

    /// What parcels have done is followed by work, stock and orders.
    pub(super) fn parcels_are_followed(&mut self) -> Result<(), Wrong> {
        self.read_on(leave::READER, leave::reader())
    }

    /// Parcels of a warehouse that are labeled and lie there, by the books and really.
    fn parcels_here(&self, location: i64) -> Vec<i64> {
        let is_here = |id: &i64| {
            let parcel = &self.model.parcels.all[id];
            (parcel.location, parcel.at) == (location, Where::Here)
                && !self.world.carriers.has(&parcel.waybill)
        };
        self.model.parcels.all.keys().copied().filter(is_here).collect()
    }

    /// Parcels are scanned onto lists, and lists are closed.
    pub(super) fn parcels_are_handed_over(&mut self) -> Result<(), Wrong> {
        (1..=ground::LOCATIONS).try_for_each(|location| self.some_are_handed_over(location))
    }

    fn some_are_handed_over(&mut self, location: i64) -> Result<(), Wrong> {
        let here = self.parcels_here(location);
        for id in here {
            if self.random.percent(25) {
                continue;
            }
            for _ in 0..1 + u32::from(self.random.percent(10)) {
                self.is_scanned_out(location, id)?;
            }
            if self.random.percent(4) {
                self.is_taken_off(id)?;
            }
        }
        if self.random.percent(5) {
            let answer = self.scan_out(location, "NO-SUCH-PARCEL".to_owned())?;
            if !matches!(answer, None | Some(Err(Refused::Unknown))) {
                return Err(format!("an unknown parcel is scanned: {answer:?}"));
            }
        }
        if self.random.percent(70) {
            for list in self.open_lists(location) {
                self.is_closed(list)?;
            }
        }
        Ok(())
    }

    pub(super) fn open_lists(&mut self, location: i64) -> Vec<ManifestId> {
        let lists = self.world.look(|tx| manifest::list(tx, None, 1_000));
        let is_open = |it: &manifest::Manifest| {
            it.closed_at.is_none() && it.location == LocationId::from_raw(location)
        };
        lists.into_iter().map(|(list, _)| list).filter(is_open).map(|list| list.id).collect()
    }

    fn is_taken_off(&mut self, id: i64) -> Result<(), Wrong> {
        let shipment = ShipmentId::from_raw(id);
        let list = self.world.look(|tx| manifest::of_each(tx, &[shipment])).pop();
        let Some((_, list)) = list else { return Ok(()) };
        let database = self.world.database();
        let off = self.world.run(async move {
            let principal = Principal::system("sim");
            database.write(move |tx: &mut Tx<'_>| take_off(tx, &principal, list, shipment)).await
        });
        match off {
            Some(Err(error)) => Err(format!("parcel {id} is not taken off its list: {error}")),
            _ => Ok(()),
        }
    }

    fn scan_out(
        &mut self,
        location: i64,
        waybill: String,
    ) -> Result<Option<Result<(), Refused>>, Wrong> {
        let (act, database) = (operator(self.world.now()), self.world.database());
        let at = LocationId::from_raw(location);
        let scanned = self.world.run(async move {
            let principal = Principal::system("sim");
            let work =
                move |tx: &mut Tx<'_>| scan_out(tx, &principal, &act, at, &[waybill.as_str()]);
            database.write(work).await
        });
        self.listen()?;
        match scanned {
            None => Ok(None),
            Some(Ok(mut answers)) => Ok(answers.pop().map(|answer| answer.map(drop))),
            Some(Err(error)) => {
                let error: ScanOutError = error;
                Err(format!("nothing is scanned: {error}"))
            }
        }
    }

    /// A parcel is scanned onto its list, unless nobody wants it to leave any more.
    pub(super) fn is_scanned_out(&mut self, location: i64, id: i64) -> Result<(), Wrong> {
        let parcel = self.model.parcels.all[&id].clone();
        let may_leave = self.may_leave(id);
        match self.scan_out(location, parcel.waybill)? {
            None => Ok(()),
            Some(Ok(())) if may_leave => Ok(()),
            Some(Err(Refused::NotWanted)) if !may_leave => Ok(()),
            Some(answer) => {
                Err(format!("parcel {id}, which may leave: {may_leave}, is scanned: {answer:?}"))
            }
        }
    }

    fn may_leave(&self, id: i64) -> bool {
        let parcel = &self.model.parcels.all[&id];
        let work = &self.model.works[&parcel.work];
        work.stage == Stage::Packed && work.packages.contains(&parcel.package)
    }

    /// A list is closed: what may leave is with the carrier, and its work and pieces have left.
    pub(super) fn is_closed(&mut self, list: ManifestId) -> Result<(), Wrong> {
        let on_it = self.world.look(|tx| manifest::parcels(tx, list));
        let on_it: BTreeSet<i64> = on_it.into_iter().map(Id::raw).collect();
        let should: BTreeSet<i64> = on_it
            .iter()
            .copied()
            .filter(|id| self.model.parcels.all[id].at == Where::Here && self.may_leave(*id))
            .collect();
        let stays = |id: &i64| self.model.parcels.all[id].at == Where::Here && !self.may_leave(*id);
        let is_pointless = on_it.iter().all(stays);
        let (act, database) = (operator(self.world.now()), self.world.database());
        let closed = self.world.run(async move {
            let principal = Principal::system("sim");
            database.write(move |tx: &mut Tx<'_>| close(tx, &principal, &act, list)).await
        });
        Bug::after_hand_over(self.bug, &mut self.world);
        self.listen()?;
        match closed {
            None => {}
            Some(Ok(handed)) => {
                let handed = handed.iter().map(|it| it.shipment.facts().id.raw()).collect();
                if should != handed {
                    return Err(format!("list {list} hands over {handed:?}, should {should:?}"));
                }
                for id in &should {
                    let work = self.model.parcels.all[id].work;
                    self.model.has_followed(work)?;
                }
            }
            Some(Err(CloseManifestError::Empty(_))) if is_pointless => {}
            Some(Err(error)) => return Err(format!("list {list} is not closed: {}", told(&error))),
        }
        self.drivers_take_what_is_theirs();
        Ok(())
    }

    /// What stands on closed lists is with the driver really.
    fn drivers_take_what_is_theirs(&mut self) {
        let handed = self.model.parcels.all.values().filter(|parcel| parcel.at == Where::Carried);
        for parcel in handed {
            self.world.carriers.collect(&parcel.waybill);
        }
    }

    /// Drivers come; some take a parcel that nobody has scanned.
    pub(super) fn drivers_come(&mut self) -> Result<(), Wrong> {
        let location = self.random.between(1, ground::LOCATIONS);
        for id in self.parcels_here(location) {
            if self.may_leave(id) && self.random.percent(10) {
                self.world.carriers.collect(&self.model.parcels.all[&id].waybill);
            }
        }
        let carriers = self.world.services().carriers().clone();
        let called = self.world.run(async move { carriers.call_drivers().await });
        self.settled("drivers", called)
    }

    /// Carriers tell what has become of parcels: late, twice, in any order. What is not theirs is not
    /// believed.
    pub(super) fn pushes_come_in(&mut self) -> Result<(), Wrong> {
        let mut bodies = self.world.carriers.arriving();
        if self.random.percent(10) {
            let forged = bodies.first().map(|body| String::from_utf8_lossy(body).into_owned());
            let forged = forged.unwrap_or_else(|| "{}".to_owned());
            let forged = forged.replace(carriers::SECRET, "a guess").into_bytes();
            match self.push(vec![forged])?.map(|mut taken| taken.remove(0)) {
                None | Some(Err(ReceivePushError::NotBelieved(..))) => {}
                Some(taken) => return Err(format!("a forged push is taken: {:?}", taken.is_ok())),
            }
        }
        // A partner that gets no answer sends the same again.
        for _ in 0..3 {
            let Some(taken) = self.push(bodies.clone())? else { continue };
            if let Some(Err(error)) = taken.into_iter().find(Result::is_err) {
                return Err(format!("a push is not taken: {}", told(&error)));
            }
            bodies.clear();
            break;
        }
        if !bodies.is_empty() {
            return Err("pushes find no process that lives".to_owned());
        }
        let carriers = self.world.services().carriers().clone();
        let taken_in = self.world.run(async move {
            while carriers.process_pushes().await? > 0 {}
            Ok::<_, Error>(())
        });
        Bug::after_pushes(self.bug, &mut self.world);
        self.settled("pushes", taken_in)?;
        self.parcels_are_followed()
    }

    fn push(&mut self, bodies: Vec<Vec<u8>>) -> Result<Option<Vec<Pushed>>, Wrong> {
        let carriers = self.world.services().carriers().clone();
        let tracker = self.floor.tracker.ok_or("nobody pushes")?;
        let taken = self.world.run(async move {
            let take = |body: Vec<u8>| {
                let carriers = carriers.clone();
                tokio::spawn(async move {
                    let headers = Headers::default();
                    let taken = carriers.receive_push(carriers::NAME, tracker, &headers, &body);
                    taken.await.map(drop)
                })
            };
            all(bodies.into_iter().map(take)).await
        });
        taken.map(|taken| taken.into_iter().collect()).transpose()
    }

    /// Carriers are asked about parcels of which nobody has heard.
    pub(super) fn silence_is_asked_about(&mut self) -> Result<(), Wrong> {
        let carriers = self.world.services().carriers().clone();
        let asked = self.world.run(async move { carriers.ask_about_silent().await });
        self.settled("silence", asked)?;
        self.parcels_are_followed()
    }

    /// Somebody asks anew for the label of a box that nobody took.
    pub(super) fn label_is_asked_for_again(&mut self, package: i64) -> Result<(), Wrong> {
        let carriers = self.world.services().carriers().clone();
        let (act, database) = (operator(self.world.now()), self.world.database());
        let asked = self.world.run(async move {
            let principal = Principal::system("sim");
            let known = carriers.known().await?;
            let work = move |tx: &mut Tx<'_>| {
                ask_again(tx, &principal, &act, &carriers, &known, Id::from_raw(package))
            };
            database.write(work).await
        });
        match asked {
            None | Some(Ok(Wanted::Asked(_))) => Ok(()),
            Some(other) => Err(format!("the label of box {package} is asked for: {other:?}")),
        }
    }

    /// The label requests of a box that stand: somebody is asked, or has made one.
    pub(super) fn has_request(&mut self, package: i64) -> bool {
        let package = Id::from_raw(package);
        self.world.look(|tx| label_request::standing(tx, package)).is_some()
    }
}
