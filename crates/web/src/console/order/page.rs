//! The page of one order, filled from everything that hangs on it.

mod lines;
mod missing;
mod rows;
mod work;

use std::collections::BTreeMap;

use ordermill_app::approval::{self, Wish};
use ordermill_app::merge::{self, Candidate};
use ordermill_app::order::detail::OrderDetail;
use ordermill_app::order::give_up::Foreseen;
use ordermill_app::order::note::{self, Note};
use ordermill_app::order::sight::Sight;
use ordermill_app::order::substitute::{Offer, offers_of_each};
use ordermill_app::order::timeline;
use ordermill_app::pack::together;
use ordermill_app::privacy::Revealed;
use ordermill_app::sourcing::explain::{self, Explanation};
use ordermill_app::sourcing::settings::MergeMode;
use ordermill_base::{Money, Timestamp};
use ordermill_domain::choice::Choice;
use ordermill_domain::event::Event;
use ordermill_domain::ids::{FulfillmentId, OrderId};
use ordermill_domain::order::Action as Step;
use ordermill_domain::payment::State as PaymentState;
use ordermill_domain::reveal::Field as Part;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::order::{self as view, OrderForm, OrderPage, Recipient, Situation};
use ordermill_pages::states::{self, history};
use ordermill_pages::ui::{Action, Effect, Field, Moment, Timeline, Tone};
use ordermill_pages::{Icon, format};
use ordermill_storage::channel::Channel;
use ordermill_storage::channel_report::ChannelReport;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, channel, channel_report, choice, order, task};

use self::work::may_decide;
use crate::console::desk::Desk;
use crate::console::orders::channel_called;
use crate::console::people::Names;
use crate::console::trouble::Trouble;

/// Moments of the timeline that are shown at first.
const MOMENTS: usize = 40;
const NOTES_MAX: i64 = 200;

/// In which state the page is shown.
#[derive(Default)]
pub(in crate::console) struct Shown {
    /// The dialog that is open.
    pub(in crate::console) open: String,
    /// What was wrong with it.
    pub(in crate::console) errors: Vec<(&'static str, String)>,
    /// A note that was refused, and why.
    pub(in crate::console) note: Option<(String, String)>,
    /// Only what the buyer sees too.
    pub(in crate::console) only_public: bool,
    /// Older moments as well.
    pub(in crate::console) with_older: bool,
    /// The recipient in full.
    pub(in crate::console) revealed: Option<Revealed>,
}

/// Everything that the page is made of.
struct Loaded {
    detail: OrderDetail,
    /// Where the lines' discounts came from: (line, source, minor units).
    discounts: Vec<(i64, String, i64)>,
    /// What a person has to do about it, newest first.
    tasks: Vec<task::Task>,
    happened: Vec<Entry>,
    notes: Vec<Note>,
    names: Names,
    channels: Vec<Channel>,
    /// What its channel was told of its parcels.
    reports: Vec<ChannelReport>,
    /// Why its locations were chosen, the newest decision first.
    decisions: Vec<(Timestamp, Explanation)>,
    /// The orders that each piece of its work travels with.
    companions: Vec<(FulfillmentId, Vec<OrderId>)>,
    /// What may travel with planned work of it.
    merges: Vec<(FulfillmentId, Candidate)>,
    /// What its buyer was asked about missing pieces, newest first.
    choices: Vec<Choice>,
    /// What giving up the missing pieces of each line would lead to.
    give_ups: BTreeMap<u16, Foreseen>,
    /// What can be sent in place of the missing pieces of each line.
    substitutes: BTreeMap<u16, Vec<Offer>>,
    /// Refunds of its payments that wait for a second person.
    approvals: Vec<task::Task>,
}

/// The page of an order, if this person sees it.
pub(in crate::console) async fn show_page(
    desk: &Desk,
    id: OrderId,
    shown: Shown,
) -> Result<OrderPage, Trouble> {
    let sight = Sight::of(&desk.member.principal)?;
    let vault = desk.site.services().vault().clone();
    let catalog = desk.site.services().catalog();
    // Whoever may not decide about it need not know of others' orders.
    let tells_of_merges = catalog.sourcing.merge.mode != MergeMode::Off && may_decide(desk, None);
    let load = move |tx: &mut Tx<'_>| {
        let Some(detail) = OrderDetail::load(tx, id)? else { return Ok(None) };
        if !sight.sees(&detail.stored, &detail.reservations) {
            return Ok(None);
        }
        let happened = timeline::entries(tx, &detail)?;
        let notes = if sight.shows_recipient() {
            note::notes(tx, &vault, id, None, NOTES_MAX)?
        } else {
            Vec::new()
        };
        let actors = happened.iter().map(|entry| &entry.actor);
        let names = Names::load(tx, actors.chain(notes.iter().map(|note| &note.actor)))?;
        let channels = channel::list(tx)?;
        let reports = channel_report::of(tx, id)?;
        let mut approvals = Vec::new();
        for payment in &detail.payments {
            approvals.extend(task::of(tx, payment.facts().id)?);
        }
        let decisions = explain::decisions(tx, id)?;
        let (mut companions, mut merges) = (Vec::new(), Vec::new());
        for work in &detail.fulfillments {
            if work.facts().merge.is_some() {
                let together = together::read(tx, work.id())?.map(|it| it.orders());
                let others = together.into_iter().flatten().filter(|it| *it != id);
                companions.push((work.id(), others.collect()));
            }
            if tells_of_merges {
                let found = merge::candidates(tx, &catalog, &vault, work)?;
                merges.extend(found.into_iter().map(|it| (work.id(), it)));
            }
        }
        let give_ups = Foreseen::of_each(tx, detail.stored.order.facts(), &detail.lines)?;
        let substitutes = offers_of_each(tx, &catalog, (&detail.stored, &detail.lines))?;
        Ok::<_, Error>(Some(Loaded {
            give_ups,
            substitutes,
            companions,
            merges,
            discounts: order::discounts(tx, id)?,
            tasks: task::of(tx, id)?,
            detail,
            happened,
            notes,
            names,
            channels,
            reports,
            decisions,
            choices: choice::of(tx, id)?,
            approvals,
        }))
    };
    let loaded = desk.site.services().database().snapshot(load).await?;
    let loaded = loaded.ok_or(Trouble::NotFound)?;
    Ok(Filling { desk, sight, loaded: &loaded, shown: &shown }.page())
}

/// The page while it is filled.
struct Filling<'a> {
    desk: &'a Desk,
    sight: Sight,
    loaded: &'a Loaded,
    shown: &'a Shown,
}

impl Filling<'_> {
    fn page(&self) -> OrderPage {
        let (desk, t, detail) = (self.desk, self.desk.t(), &self.loaded.detail);
        let facts = detail.stored.order.facts();
        let number = detail.number.to_string();
        let shell = desk.shell();
        let (note_text, note_error) = self.shown.note.clone().unzip();
        let moments = self.moments();
        let is_cut = !self.shown.with_older && moments.len() > MOMENTS;
        let limit = if self.shown.with_older { usize::MAX } else { MOMENTS };
        let mut tags = Vec::new();
        if facts.backordered {
            tags.push(t.tag_backorder().to_owned());
        }
        if facts.promotion {
            tags.push(t.tag_promotion().to_owned());
        }
        if detail.disputed_minor() > 0 {
            tags.push(t.order_disputed().to_owned());
        }
        OrderPage {
            frame: desk.frame(Section::Orders),
            id: facts.id.to_string(),
            state: states::order(detail.display_status(), t),
            payment: states::payment_status(detail.payment_status(), t),
            tags,
            placed_at: facts.milestones.placed_at,
            channel: channel_called(facts.channel, &self.loaded.channels, t),
            next: view::next_step(&self.situation(), t),
            actions: self.head_actions(),
            steps: view::progress(facts, &shell),
            lines: self.lines(),
            totals: view::totals(facts, &self.discounts(), t),
            timeline: Timeline { moments: moments.into_iter().take(limit).collect() },
            only_public: self.shown.only_public,
            older_href: is_cut.then(|| format!("{}?older=1", view::href(&number))),
            note: Field::new("note", t.order_note())
                .max_length(ordermill_domain::note::CHARS_MAX)
                .value(note_text.unwrap_or_default())
                .error(note_error),
            note_key: desk.key(),
            recipient: self.sight.shows_recipient().then(|| self.recipient()),
            delivery: self.delivery(),
            missing: self.missing(),
            work: self.work(),
            merges: self.merges(),
            work_actions: self.hurry().into_iter().chain(self.put_together()).collect(),
            why: self.why(),
            reservations: self.reservations(),
            deadlines: self.deadlines(),
            payments: self.payments(),
            refunds: self.refunds(),
            disputes: self.disputes(),
            refundable: self.refundable(),
            tasks: self.tasks(),
            dialogs: self.dialogs(),
            number,
            shell,
        }
    }

    /// How it is to be brought and by when.
    fn delivery(&self) -> Vec<(String, String)> {
        let (t, facts) = (self.desk.t(), self.loaded.detail.stored.order.facts());
        let language = t.language;
        let service = facts.service_wish.map(|wish| states::shipment::service(wish, t));
        let service = service.map(|name| (t.order_service().to_owned(), name.to_owned()));
        let day = facts.promised_by_on.map(|on| format::date(on, language));
        let day = day.map(|day| (t.order_promised_by().to_owned(), day));
        service.into_iter().chain(day).collect()
    }

    /// What this person may do with the order now.
    fn steps(&self) -> Vec<Step> {
        if self.desk.may(Permission::ChangeStatus) {
            self.loaded.detail.allowed_actions()
        } else {
            Vec::new()
        }
    }

    fn situation(&self) -> Situation {
        let detail = &self.loaded.detail;
        let facts = detail.stored.order.facts();
        let nearest = detail.deadlines.first();
        let left = nearest
            .map(|(_, due_at, _)| format::span(due_at.since(self.desk.now()), self.desk.t()));
        Situation {
            number: detail.number.to_string(),
            status: facts.status,
            shown: detail.display_status(),
            review: facts.review,
            cancel_reason: facts.cancel_reason,
            is_backordered: facts.backordered,
            is_refunding: detail.refunds.iter().any(|refund| !refund.state().is_over()),
            left,
            steps: self.steps(),
        }
    }

    fn head_actions(&self) -> Vec<Action> {
        let number = self.loaded.detail.number.to_string();
        let can_cancel = self.steps().contains(&Step::Cancel);
        let t = self.desk.t();
        let ask = |id: &'static str, icon, label: &str| {
            let href = format!("{}?ask={id}", view::href(&number));
            Action::new(icon, label, Effect::Ask(id, href))
        };
        let mut actions = Vec::new();
        if self.approval().is_some() {
            actions.push(ask("approve_refund", Icon::Users, t.order_approve_refund()));
        }
        if self.can_refund() {
            actions.push(ask("refund", Icon::ArrowBack, t.order_do_refund()));
        }
        if can_cancel {
            actions.extend(view::action(Step::Cancel, &number, t));
        }
        actions
    }

    fn can_refund(&self) -> bool {
        let may = self.desk.may(Permission::ApproveRefund)
            || self.desk.may(Permission::ApproveLargeRefund);
        may && self.refundable().minor > 0
    }

    /// A refund that waits for this person to approve it: the task, the amount, why, and not asked
    /// for by themselves.
    fn approval(&self) -> Option<(String, Money, String)> {
        if !self.desk.may(Permission::ApproveLargeRefund) {
            return None;
        }
        let waiting = self.loaded.approvals.iter().filter(|task| task.state.is_open());
        waiting.into_iter().find_map(|task| {
            let asked = approval::read(task)?;
            let Wish::Refund(wish) = &asked.wish else { return None };
            let may = asked.may_be_decided_by(&self.desk.member.principal);
            may.then(|| {
                (task.id.to_string(), wish.amount, asked.reason.clone().unwrap_or_default())
            })
        })
    }

    fn dialogs(&self) -> Vec<ordermill_pages::ui::Dialog> {
        let (t, detail) = (self.desk.t(), &self.loaded.detail);
        let facts = detail.stored.order.facts();
        let form = OrderForm {
            number: detail.number.to_string(),
            version: facts.version.unsigned_abs(),
            key: self.desk.key(),
            open: self.shown.open.clone(),
            errors: self.shown.errors.clone(),
        };
        let mut dialogs = Vec::new();
        for step in self.steps() {
            if step == Step::Cancel {
                let here = facts.money.paid_minor - facts.money.refunded_minor;
                let paid = Money::new(here, facts.amounts.currency);
                dialogs.push(view::cancel_dialog(&form, facts.amounts.total(), paid, t));
            } else {
                dialogs.extend(view::step_dialog(&form, step, t));
            }
        }
        if self.can_refund() {
            let captured = detail.payments.iter().rev();
            let method = captured
                .filter(|payment| payment.state() == PaymentState::Captured)
                .map(|payment| payment.facts().gateway.as_str())
                .next();
            let method = method.unwrap_or_default();
            dialogs.push(view::refund_dialog(&form, self.refundable(), method, t));
        }
        if let Some((task, amount, why)) = self.approval() {
            dialogs.push(view::approve_dialog(&form, &task, amount, &why, t));
        }
        if self.can_reveal() {
            dialogs.push(view::reveal_dialog(&form, t));
        }
        dialogs
    }

    fn can_reveal(&self) -> bool {
        self.sight.shows_recipient() && self.desk.may(Permission::RevealContact)
    }

    fn discounts(&self) -> Vec<(String, i64)> {
        let mut sums: Vec<(String, i64)> = Vec::new();
        for (_, source, minor) in &self.loaded.discounts {
            match sums.iter_mut().find(|(known, _)| known == source) {
                Some((_, sum)) => *sum += minor,
                None => sums.push((source.clone(), *minor)),
            }
        }
        sums
    }

    fn recipient(&self) -> Recipient {
        let (t, stored) = (self.desk.t(), &self.loaded.detail.stored);
        let vault = self.desk.site.services().vault();
        if let Some(revealed) = &self.shown.revealed {
            let value = |field: Part| {
                let found = revealed.values.iter().find(|(known, _)| *known == field);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            return Recipient {
                name: value(Part::Name),
                phone: value(Part::Phone),
                address: value(Part::Address),
                wish: value(Part::Note),
                is_revealed: true,
                can_reveal: true,
            };
        }
        match vault.mask_recipient(stored.order.id(), &stored.recipient) {
            Ok(masked) => Recipient {
                name: masked.name,
                phone: masked.phone,
                address: masked.address,
                wish: if masked.has_note { t.order_has_wish().to_owned() } else { String::new() },
                is_revealed: false,
                can_reveal: self.can_reveal(),
            },
            Err(_) => Recipient {
                name: t.order_erased().to_owned(),
                phone: "—".to_owned(),
                address: "—".to_owned(),
                wish: String::new(),
                is_revealed: false,
                can_reveal: false,
            },
        }
    }

    /// The journal, the notes and the looks at the recipient, newest first.
    fn moments(&self) -> Vec<Moment> {
        let (desk, t, names) = (self.desk, self.desk.t(), &self.loaded.names);
        let shell = desk.shell();
        let currency = self.loaded.detail.stored.order.facts().amounts.currency;
        let mut moments: Vec<(Timestamp, Moment)> = Vec::new();
        for entry in &self.loaded.happened {
            let (at, who) = (shell.moment(&entry.at), names.actor(&entry.actor, t));
            let why = entry.reason.as_deref();
            let said = match why {
                Some(why) => {
                    let why = states::because(why, &shell.site.zone, t);
                    t.order_revealed_by(at, who, why)
                }
                None => format!("{at} · {who}"),
            };
            let moment =
                match (entry.aggregate.as_str(), Event::from_json(&entry.kind, &entry.body)) {
                    ("reveal", _) => Moment {
                        tone: Tone::Violet,
                        icon: Icon::Eye,
                        text: t.order_revealed().to_owned(),
                        note: said,
                        is_public: false,
                    },
                    (_, Ok(event)) => history::moment(&event, currency, said, t),
                    (_, Err(_)) => Moment {
                        tone: Tone::Grey,
                        icon: Icon::Info,
                        text: entry.kind.clone(),
                        note: said,
                        is_public: false,
                    },
                };
            moments.push((entry.at, moment));
        }
        for told_at in self.loaded.reports.iter().filter_map(|report| report.told_at) {
            let moment = Moment {
                tone: Tone::Green,
                icon: Icon::CircleCheck,
                text: t.order_channel_told().to_owned(),
                note: shell.moment(&told_at),
                is_public: false,
            };
            moments.push((told_at, moment));
        }
        for note in &self.loaded.notes {
            let (at, who) = (shell.moment(&note.at), names.actor(&note.actor, t));
            let text = note.text.clone().unwrap_or_else(|| t.order_note_erased().to_owned());
            let moment = Moment {
                tone: Tone::Grey,
                icon: Icon::Message,
                text,
                note: t.order_note_by(at, who),
                is_public: false,
            };
            moments.push((note.at, moment));
        }
        // Of two at one moment the later one in its list is the newer.
        moments.reverse();
        moments.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let shown = moments.into_iter().map(|(_, moment)| moment);
        shown.filter(|moment| moment.is_public || !self.shown.only_public).collect()
    }
}
