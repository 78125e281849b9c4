//! The fulfillments of an order, what can be done with them, and why their locations were chosen.

use ordermill_app::merge::Candidate;
use ordermill_app::permission::{About, Aspect, authorize};
use ordermill_app::rule_table::Name;
use ordermill_app::sourcing::explain::{Cost, Explanation, Parcel};
use ordermill_base::{Money, Timestamp};
use ordermill_domain::apart::Pair;
use ordermill_domain::fulfillment::{Facts, Fulfillment, State};
use ordermill_domain::ids::{FulfillmentId, LocationId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Permission;
use ordermill_pages::Icon;
use ordermill_pages::console::merge::{MergeOffer, obstacle};
use ordermill_pages::console::order::{self as view, WorkItem};
use ordermill_pages::console::sourcing::{self as words, Why};
use ordermill_pages::states;
use ordermill_pages::ui::{Action, Effect, Remaining};

use super::Filling;
use crate::console::desk::Desk;
use crate::console::merge::merge_href;
use crate::console::paper::note_href;
use crate::console::sourcing::href_of;

impl Filling<'_> {
    pub(super) fn work(&self) -> Vec<WorkItem> {
        self.loaded.detail.fulfillments.iter().rev().map(|work| self.work_item(work)).collect()
    }

    fn work_item(&self, work: &Fulfillment) -> WorkItem {
        let (t, facts, now) = (self.desk.t(), work.facts(), self.desk.now());
        let mut notes = vec![self.pieces(facts)];
        let companions = self.companions(work);
        if !companions.is_empty() {
            notes.push(t.merge_with(companions.join(" + ")));
        }
        notes.extend(facts.wave.map(|wave| t.order_work_wave(wave)));
        let waits = facts.not_before.filter(|at| facts.state == State::Planned && *at > now);
        notes.extend(waits.map(|at| t.order_work_not_before(self.desk.shell().moment(&at))));
        notes.extend(facts.reject_reason.map(|it| words::reject_reason(it, t).to_owned()));
        let ship_by = facts.ship_by.filter(|_| facts.state.is_open());
        WorkItem {
            place: self.desk.place_code(facts.location),
            notes: notes.join(" · "),
            is_urgent: facts.is_urgent && facts.state.is_open(),
            state: states::work(facts.state, t),
            ship_by: ship_by.map(|at| {
                let left = Remaining::new(at, now, ordermill_base::Span::hours(2), t);
                (t.order_work_ship_by(self.desk.shell().moment(&at)), left)
            }),
            actions: self.work_actions(work),
        }
    }

    fn work_actions(&self, work: &Fulfillment) -> Vec<Action> {
        let (t, facts) = (self.desk.t(), work.facts());
        let is_packed = matches!(facts.state, State::Packed | State::HandedOver | State::Closed);
        if is_packed && !self.sight.shows_recipient() {
            return Vec::new();
        }
        if is_packed {
            let open = Effect::Open(note_href(facts.id));
            return vec![Action::new(Icon::Printer, t.paper_shipping_note(), open)];
        }
        let can_move = matches!(facts.state, State::Planned | State::Released | State::Picking);
        if !can_move || work.has_picked() {
            return Vec::new();
        }
        let open = |step| Effect::Open(href_of(facts.id, step));
        let mut actions = Vec::new();
        if self.may_decide(None) {
            actions.push(Action::new(Icon::Send, t.sourcing_send_to(), open("send-to")));
            let pieces: i64 = facts.lines.iter().map(|line| line.quantity).sum();
            if facts.state == State::Planned && pieces > 1 && self.is_passed() {
                actions.push(Action::new(Icon::Split, t.sourcing_do_cut(), open("split")));
            }
            if facts.state == State::Planned && facts.merge.is_some() {
                actions.push(Action::new(Icon::X, t.merge_out(), open("take-out")));
            }
        }
        if self.may_decide(Some(facts.location)) {
            actions.push(Action::new(Icon::ArrowBack, t.sourcing_give_back(), open("give-back")));
        }
        actions
    }

    /// Making the order urgent, if anything of it is planned and not urgent yet, or nobody could ship it.
    pub(super) fn hurry(&self) -> Option<Action> {
        let is_planned =
            |work: &Fulfillment| work.state() == State::Planned && !work.facts().is_urgent;
        let has_planned = self.loaded.detail.fulfillments.iter().any(is_planned);
        let newest = self.loaded.decisions.first();
        let is_stuck = newest.is_some_and(|(_, why)| why.impossible.is_some());
        let can = (has_planned || is_stuck) && self.may_decide(None);
        let href = format!("{}/hurry", view::href(&self.loaded.detail.number.to_string()));
        can.then(|| Action::new(Icon::Flag, self.desk.t().sourcing_hurry(), Effect::Open(href)))
    }

    /// Putting planned work together again, if there are two.
    pub(super) fn put_together(&self) -> Option<Action> {
        let planned = self.loaded.detail.fulfillments.iter();
        let planned = planned.filter(|work| work.state() == State::Planned).count();
        let can = planned > 1 && self.is_passed() && self.may_decide(None);
        let href = format!("{}/put-together", view::href(&self.loaded.detail.number.to_string()));
        let label = self.desk.t().sourcing_together();
        can.then(|| Action::new(Icon::Package, label, Effect::Open(href)))
    }

    /// Whether no review holds the order.
    fn is_passed(&self) -> bool {
        self.loaded.detail.stored.order.facts().review.is_passed()
    }

    fn may_decide(&self, location: Option<LocationId>) -> bool {
        may_decide(self.desk, location)
    }

    /// Work of other orders that may travel with planned work of this one.
    pub(super) fn merges(&self) -> Vec<MergeOffer> {
        let t = self.desk.t();
        let offer = |(own, candidate): &(FulfillmentId, Candidate)| {
            let facts = candidate.work.facts();
            let number = OrderNumber::from(facts.order).to_string();
            let mut notes = vec![self.desk.place_code(facts.location), self.pieces(facts)];
            notes.extend(candidate.obstacles.iter().map(|it| obstacle(*it, t).to_owned()));
            let href = merge_href(*own, candidate.work.id());
            MergeOffer {
                order: (number.clone(), view::href(&number)),
                notes: notes.join(" · "),
                action: Action::new(Icon::Package, t.merge_do(), Effect::Open(href)),
            }
        };
        self.loaded.merges.iter().map(offer).collect()
    }

    /// The numbers of the orders that work travels with.
    fn companions(&self, work: &Fulfillment) -> Vec<String> {
        let found = self.loaded.companions.iter().find(|(id, _)| *id == work.id());
        let others = found.map(|(_, others)| others.as_slice()).unwrap_or_default();
        others.iter().map(|order| OrderNumber::from(*order).to_string()).collect()
    }

    /// `BOWL × 2, CUP × 1`.
    fn pieces(&self, facts: &Facts) -> String {
        let catalog = self.desk.site.services().catalog();
        let line = |line: &ordermill_domain::fulfillment::Line| {
            let sku = catalog.sku(line.sku);
            let code = sku.map_or_else(|| line.sku.to_string(), |sku| sku.code.clone());
            format!("{code} × {}", line.quantity)
        };
        let lines: Vec<String> = facts.lines.iter().map(line).collect();
        lines.join(self.desk.t().pick("，", ", "))
    }

    pub(super) fn why(&self) -> Vec<Why> {
        self.loaded.decisions.iter().map(|(at, why)| self.in_words(*at, why)).collect()
    }

    fn in_words(&self, at: Timestamp, why: &Explanation) -> Why {
        let t = self.desk.t();
        let sent_to = self.places(why.sent_to.iter().copied());
        let chosen = self.places(why.chosen.iter().map(|parcel| parcel.location));
        let mut text = Vec::new();
        let title = match &why.impossible {
            Some(code) => {
                let (title, what_to_do) = words::impossible(code, t);
                text.push(what_to_do.to_owned());
                title.to_owned()
            }
            None if chosen == sent_to => {
                t.why_sent(&sent_to, self.cost_of(&why.chosen, why.split_minor))
            }
            None => {
                text.push(t.why_best_alone(&chosen));
                t.why_sent_by_hand(&sent_to)
            }
        };
        if why.split_minor > 0 && chosen == sent_to {
            text.push(t.why_split(self.money(why.split_minor)));
        }
        let total = |parcels: &[Parcel], split: u64| {
            parcels.iter().map(|parcel| parcel.cost.total_minor()).sum::<u64>() + split
        };
        if !why.second.is_empty() {
            let places = self.places(why.second.iter().map(|parcel| parcel.location));
            let more = total(&why.second, why.second_split_minor)
                .saturating_sub(total(&why.chosen, why.split_minor));
            text.push(match more {
                0 => t.why_second_equal(places),
                more => t.why_second(places, self.money(more)),
            });
        } else if why.impossible.is_none() {
            text.push(t.why_no_second().to_owned());
        }
        if let Some(wave) = why.wave {
            let (cost, one) = (self.money(wave.cost_minor), self.money(wave.one_by_one_minor));
            text.push(t.why_wave(wave.orders, cost, one));
        }
        if !why.kept_apart.is_empty() {
            let pair =
                |it: &Pair| format!("{} / {}", words::kind(&it.one, t), words::kind(&it.other, t));
            let pairs: Vec<String> = why.kept_apart.iter().map(pair).collect();
            text.push(t.why_kept_apart(pairs.join(t.pick("，", ", "))));
        }
        if let Some(ruled) = &why.ruled {
            let name = |it: &Name| t.pick(it.zh.as_ref(), it.en.as_ref()).to_owned();
            let names: Vec<String> = ruled.matched.iter().map(name).collect();
            text.push(t.why_ruled(names.join(t.pick("、", ", ")), ruled.version));
        }
        if !why.asked_again.is_empty() {
            text.push(t.why_asked_again(self.places(why.asked_again.iter().copied())));
        }
        if why.is_over_capacity {
            text.push(t.why_over_capacity().to_owned());
        }
        let candidates = why.candidates.iter().map(|it| {
            let refused: Vec<String> =
                it.refused_because.iter().map(|code| words::refused(code, t)).collect();
            let cost = self.cost(&it.cost).words(t);
            (self.desk.place_code(it.location), cost, refused.join(t.pick("，", ", ")))
        });
        Why { at, title, text, candidates: candidates.collect() }
    }

    fn places(&self, locations: impl Iterator<Item = LocationId>) -> String {
        let codes: Vec<String> = locations.map(|id| self.desk.place_code(id)).collect();
        codes.join(" + ")
    }

    fn money(&self, minor: u64) -> Money {
        let currency = self.desk.site.services().catalog().shop.currency;
        Money::new(i64::try_from(minor).unwrap_or(i64::MAX), currency)
    }

    fn cost(&self, cost: &Cost) -> words::Cost {
        words::Cost {
            total: self.money(cost.total_minor()),
            parcel: self.money(cost.parcel_minor + cost.freight_minor),
            distance: self.money(cost.distance_minor),
            load: self.money(cost.load_minor),
            lateness: self.money(cost.lateness_minor),
        }
    }

    fn cost_of(&self, parcels: &[Parcel], split_minor: u64) -> String {
        let mut sum = Cost::default();
        for Parcel { cost, .. } in parcels {
            sum.parcel_minor += cost.parcel_minor;
            sum.freight_minor += cost.freight_minor;
            sum.distance_minor += cost.distance_minor;
            sum.load_minor += cost.load_minor;
            sum.lateness_minor += cost.lateness_minor;
        }
        let total = self.money(sum.total_minor() + split_minor);
        words::Cost { total, ..self.cost(&sum) }.words(self.desk.t())
    }
}

/// Whether they decide by whom and how work is done: at all locations, or at this one.
pub(super) fn may_decide(desk: &Desk, location: Option<LocationId>) -> bool {
    let about =
        About { has_reason: true, location, aspect: Aspect::PickAndPack, ..About::default() };
    authorize(&desk.member.principal, Permission::ChangeStatus, &about).is_ok()
}
