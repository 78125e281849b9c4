//! The card about pieces that wait for stock.

use ordermill_base::Money;
use ordermill_domain::choice::{Answer, Choice, State};
use ordermill_domain::order::{OrderLine, Status};
use ordermill_domain::role::Permission;
use ordermill_pages::Icon;
use ordermill_pages::console::order::{self as view, MissingRow, SubstituteForm};
use ordermill_pages::ui::{Action, Effect};

use super::Filling;

impl Filling<'_> {
    pub(super) fn missing(&self) -> Vec<MissingRow> {
        let detail = &self.loaded.detail;
        if detail.stored.order.facts().status != Status::Confirmed {
            return Vec::new();
        }
        let waits = |line: &&OrderLine| line.pieces().backordered > 0;
        detail.lines.iter().filter(waits).map(|line| self.missing_row(line)).collect()
    }

    fn missing_row(&self, line: &OrderLine) -> MissingRow {
        let (t, detail) = (self.desk.t(), &self.loaded.detail);
        let (line_no, pieces) = (line.terms.line_no, line.pieces().backordered);
        let href = view::href(&detail.number.to_string());
        let sku = self.desk.site.services().catalog().sku(line.terms.sku).cloned();
        let name = sku.map(|sku| t.pick(sku.name.zh, sku.name.en));
        let asked = self.loaded.choices.iter().find(|it| it.facts().question.line_no == line_no);
        let is_asked = asked.is_some_and(|choice| choice.facts().state == State::Asked);
        let may = self.desk.may(Permission::ApproveRefund);
        let post = Effect::Post(format!("{href}/missing/{line_no}/ask"), Vec::new());
        let nothing = Money::new(0, detail.stored.order.facts().amounts.currency);
        let share = self.loaded.give_ups.get(&line_no).map_or(nothing, |it| it.refund);
        let form =
            || MissingRow::give_up_form(&href, line_no, share, self.wrong("give-up", line_no), t);
        MissingRow {
            name: name.unwrap_or_else(|| line.terms.sku.to_string()),
            pieces: t.order_missing_pieces(pieces.unsigned_abs()),
            asked: asked.map(|choice| self.asked(choice)).unwrap_or_default(),
            ask: (may && !is_asked)
                .then(|| Action::new(Icon::Message, t.order_ask_missing(), post)),
            substitute: if may { self.substitute_form(&href, line_no) } else { None },
            give_up: may.then(form),
        }
    }

    /// What is wrong with what was entered for a line.
    fn wrong(&self, form: &str, line_no: u16) -> Option<String> {
        let is_open = self.shown.open == format!("{form}-{line_no}");
        let mut errors = self.shown.errors.iter().filter(|_| is_open);
        errors.next().map(|(_, why)| why.clone())
    }

    fn substitute_form(&self, href: &str, line_no: u16) -> Option<SubstituteForm> {
        let t = self.desk.t();
        let catalog = self.desk.site.services().catalog();
        let offers = self.loaded.substitutes.get(&line_no)?.iter().filter_map(|offer| {
            let sku = catalog.sku(offer.line.sku)?;
            let name = t.pick(&sku.name.zh, &sku.name.en).clone();
            Some((sku.code.clone(), name, offer.available.unsigned_abs(), offer.refund))
        });
        SubstituteForm::of(href, line_no, offers, self.wrong("substitute", line_no), t)
    }

    fn asked(&self, choice: &Choice) -> String {
        let (t, facts) = (self.desk.t(), choice.facts());
        match (facts.state, facts.answer) {
            (State::Asked, _) => {
                t.order_asked_until(self.desk.shell().moment(&facts.question.answer_by))
            }
            (_, Some(Answer::Refund)) => t.order_asked_refund().to_owned(),
            (_, Some(Answer::Wait)) => t.order_asked_wait().to_owned(),
            (_, Some(Answer::Call)) => t.order_asked_call().to_owned(),
            (_, Some(Answer::Substitute { sku })) => {
                let catalog = self.desk.site.services().catalog();
                let sku = catalog.sku(sku);
                let name = sku.map(|sku| t.pick(sku.name.zh.clone(), sku.name.en.clone()));
                t.order_asked_substitute(name.unwrap_or_default())
            }
            (State::Lapsed, None) => t.order_asked_lapsed().to_owned(),
            (State::Answered | State::Moot, None) => String::new(),
        }
    }
}
