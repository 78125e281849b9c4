//! What can be done with an order, and what is asked before: its buttons and dialogs.

use ordermill_base::Money;
use ordermill_domain::order::{Action as Step, CancelReason};

use super::href;
use crate::console::form;
use crate::icon::Icon;
use crate::states;
use crate::ui::{Action, Choice, Dialog, Effect, Field};
use crate::words::Words;

/// The button of a step that the order allows; each asks for the reason first. Paying is the
/// buyer's, so it has none.
pub fn action(step: Step, number: &str, t: Words) -> Option<Action> {
    let (icon, verb) = verb(step, t)?;
    Some(Action::new(icon, verb, Effect::Ask(step.code(), format!("{}?ask={step}", href(number)))))
}

fn verb(step: Step, t: Words) -> Option<(Icon, &'static str)> {
    Some(match step {
        Step::Pay => return None,
        Step::Cancel => (Icon::Ban, t.order_do_cancel()),
        Step::Approve => (Icon::Check, t.order_do_approve()),
        Step::Refuse => (Icon::X, t.order_do_refuse()),
        Step::AskBuyer => (Icon::Message, t.order_do_ask_buyer()),
        Step::ResumeReview => (Icon::Refresh, t.order_do_resume()),
        Step::ReleaseInterception => (Icon::Shield, t.order_do_release()),
        Step::Confirm => (Icon::CircleCheck, t.order_do_confirm()),
        Step::Complete => (Icon::Home, t.order_do_complete()),
        Step::Archive => (Icon::Lock, t.order_do_archive()),
    })
}

/// What is told once a step was taken.
pub fn stepped(step: Step, number: &str, t: Words) -> String {
    t.order_stepped(verb(step, t).map_or("", |(_, verb)| verb), number)
}

/// The dialog before a step: it is journaled with its reason.
pub fn step_dialog(form: &OrderForm, step: Step, t: Words) -> Option<Dialog> {
    let (_, verb) = verb(step, t)?;
    let asks = Dialog {
        title: t.order_step_title(verb, &form.number),
        text: vec![t.order_step_effect().into()],
        action: format!("{}/steps", href(&form.number)),
        values: vec![("step", step.code().to_owned())],
        fields: vec![Field::new("remark", t.orders_remark()).max_length(200)],
        button: verb.into(),
        ..Dialog::default()
    };
    Some(form.dialog(step.code(), t, asks))
}

/// The dialog before canceling: names order, amount and effect. `paid` is what goes back.
pub fn cancel_dialog(form: &OrderForm, total: Money, paid: Money, t: Words) -> Dialog {
    let effect = if paid.is_zero() {
        t.order_cancel_unpaid(total)
    } else {
        t.order_cancel_paid(total, paid)
    };
    let reasons = CancelReason::ALL
        .into_iter()
        // These are found by the program, not chosen by a person.
        .filter(|reason| !matches!(reason, CancelReason::Unpaid | CancelReason::Channel))
        .map(|reason| Choice::new(reason.code(), states::cancel_reason(reason, t)))
        .collect();
    let asks = Dialog {
        title: t.order_cancel_title(&form.number),
        text: vec![effect, t.order_cancel_stock().into()],
        action: format!("{}/cancel", href(&form.number)),
        fields: vec![
            Field::select("reason", t.order_reason(), reasons),
            Field::new("remark", t.orders_remark()).max_length(200),
        ],
        button: t.order_do_cancel().into(),
        ..Dialog::default()
    };
    form.dialog("cancel", t, asks)
}

/// The dialog before money goes back: names the order, the most that may go, and where to.
pub fn refund_dialog(form: &OrderForm, refundable: Money, method: &str, t: Words) -> Dialog {
    let asks = Dialog {
        title: t.order_refund_title(&form.number),
        text: vec![t.order_refund_effect(refundable, method)],
        action: format!("{}/refunds", href(&form.number)),
        fields: vec![
            Field::new("amount", t.order_refund_amount())
                .decimal()
                .value(refundable.to_decimal())
                .max_length(20),
            Field::new("cause", t.order_refund_cause()).max_length(200),
        ],
        button: t.order_do_refund().into(),
        ..Dialog::default()
    };
    form.dialog("refund", t, asks)
}

/// The dialog before a refund is approved that a colleague asked for: names amount and reason.
pub fn approve_dialog(form: &OrderForm, task: &str, amount: Money, why: &str, t: Words) -> Dialog {
    let asks = Dialog {
        title: t.order_approve_title(amount),
        text: vec![t.order_approve_why(why), t.order_approve_effect().into()],
        action: crate::console::approval::approve_href(task),
        button: t.order_approve_button(amount),
        ..Dialog::default()
    };
    form.dialog("approve_refund", t, asks)
}

/// Why someone may look at a recipient: what stands in the journal.
pub const PURPOSES: [&str; 4] = ["delivery_contact", "address_check", "after_sale", "complaint"];

/// Why someone looked, in words; the journal's own text if it is none of [`PURPOSES`].
pub fn purpose(code: &str, t: Words) -> String {
    match PURPOSES.iter().position(|known| *known == code) {
        Some(0) => t.reveal_delivery().into(),
        Some(1) => t.reveal_address().into(),
        Some(2) => t.reveal_after_sale().into(),
        Some(_) => t.reveal_complaint().into(),
        None => code.to_owned(),
    }
}

/// The dialog before a recipient is shown in full: asks why. Its answer is the recipient's card.
pub fn reveal_dialog(form: &OrderForm, t: Words) -> Dialog {
    let purposes = vec![
        Choice::new(PURPOSES[0], t.reveal_delivery()),
        Choice::new(PURPOSES[1], t.reveal_address()),
        Choice::new(PURPOSES[2], t.reveal_after_sale()),
        Choice::new(PURPOSES[3], t.reveal_complaint()),
    ];
    let asks = Dialog {
        title: t.reveal_title().into(),
        text: vec![t.reveal_effect().into()],
        action: format!("{}/reveal", href(&form.number)),
        fields: vec![Field::select("purpose", t.order_reason(), purposes)],
        button: t.reveal_button().into(),
        region: "recipient",
        ..Dialog::default()
    };
    form.dialog("reveal", t, asks)
}

/// What the dialogs of one order have in common.
#[derive(Debug, Clone)]
pub struct OrderForm {
    /// The order's number.
    pub number: String,
    /// The version they were made for.
    pub version: u64,
    /// The key of this page's forms.
    pub key: String,
    /// The dialog that is open: `?ask=cancel`, or the one that was refused.
    pub open: String,
    /// What was refused in it.
    pub errors: Vec<(&'static str, String)>,
}

impl OrderForm {
    /// The dialog with what all of them send, open and with its refusals if it is the one.
    fn dialog(&self, id: &'static str, t: Words, asks: Dialog) -> Dialog {
        let values = vec![("version", self.version.to_string()), ("key", self.key.clone())];
        let values = values.into_iter().chain(asks.values.clone()).collect();
        let mut dialog = Dialog { t, id, values, back: href(&self.number), ..asks };
        if self.open == id {
            dialog.is_open = true;
            dialog.errors = form::refuse(&mut dialog.fields, &self.errors, t);
        }
        dialog
    }
}
