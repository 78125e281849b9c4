//! What service does about pieces of an order that nobody has: ask the buyer, send something else, or give
//! them up.

use axum::extract::{Form, Path};
use axum::response::Response;
use ordermill_app::choice::{AskError, ask};
use ordermill_app::order::file::FileError;
use ordermill_app::order::give_up::{GiveUpError, give_up_by_hand};
use ordermill_app::order::substitute::{SubstituteError, substitute_by_hand};
use ordermill_base::Money;
use ordermill_domain::ids::OrderId;
use ordermill_pages::ui::Toast;
use ordermill_storage::Tx;
use serde::Deserialize;

use super::{REFUND, Shown, address, order_of, refused, show_page, wrong_remark};
use crate::console::desk::Desk;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/console/orders/{number}/missing/{line}/ask", REFUND, ask_buyer)
        .post("/console/orders/{number}/missing/{line}/give-up", REFUND, give_up)
        .post("/console/orders/{number}/missing/{line}/substitute", REFUND, send_something_else)
}

async fn ask_buyer(
    desk: Desk,
    Path((number, line)): Path<(String, u16)>,
) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    show_page(&desk, id, Shown::default()).await?;
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let write = move |tx: &mut Tx<'_>| ask(tx, &principal, &act, id, line);
    let told = match desk.site.services().database().write(write).await {
        Ok(_) => Toast::new(t.order_asked_told()),
        Err(AskError::AskedAlready(_)) => Toast::new(t.order_asked_already()),
        Err(AskError::NotOurs) => Toast::new(t.order_asked_not_ours()),
        Err(AskError::NothingMissing(_)) => return Err(Trouble::Refused(address(id))),
        Err(AskError::Forbidden(forbidden)) => return Err(forbidden.into()),
        Err(AskError::File(error)) => return Err(trouble_of_file(error, id)),
    };
    Ok(desk.done(&address(id), &told))
}

#[derive(Debug, Deserialize)]
struct GiveUpForm {
    #[serde(default)]
    remark: String,
}

async fn give_up(
    desk: Desk,
    Path((number, line)): Path<(String, u16)>,
    Form(form): Form<GiveUpForm>,
) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    let page = show_page(&desk, id, Shown::default()).await?;
    let dialog = format!("give-up-{line}");
    if let Some(wrong) = wrong_remark(&desk, &form.remark) {
        return refused(&desk, id, &dialog, vec![wrong]).await;
    }
    let currency = page.refundable.currency;
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(form.remark.trim()));
    let write = move |tx: &mut Tx<'_>| give_up_by_hand(tx, &principal, &act, id, line);
    match desk.site.services().database().write(write).await {
        Ok(given_up) => {
            Ok(desk.done(&address(id), &Toast::new(t.order_given_up(given_up.refunded))))
        }
        Err(GiveUpError::NothingMissing(_)) => Err(Trouble::Refused(address(id))),
        Err(GiveUpError::AboveLimit { amount_minor }) => {
            let why = t.order_give_up_limit(Money::new(amount_minor, currency));
            refused(&desk, id, &dialog, vec![("remark", why)]).await
        }
        Err(GiveUpError::PaidAtTheDoor) => {
            let why = t.order_give_up_door().to_owned();
            refused(&desk, id, &dialog, vec![("remark", why)]).await
        }
        Err(GiveUpError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(GiveUpError::File(error)) => Err(trouble_of_file(error, id)),
        Err(error @ GiveUpError::Refund(_)) => Err(Trouble::internal(&error)),
    }
}

#[derive(Debug, Deserialize)]
struct SubstituteBody {
    #[serde(default)]
    sku: String,
    #[serde(default)]
    remark: String,
}

async fn send_something_else(
    desk: Desk,
    Path((number, line)): Path<(String, u16)>,
    Form(form): Form<SubstituteBody>,
) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    let page = show_page(&desk, id, Shown::default()).await?;
    let dialog = format!("substitute-{line}");
    if let Some(wrong) = wrong_remark(&desk, &form.remark) {
        return refused(&desk, id, &dialog, vec![wrong]).await;
    }
    let because = |why: String| vec![("remark", why)];
    let gone = || because(t.order_substitute_gone().to_owned());
    let catalog = desk.site.services().catalog();
    let Some(sku) = catalog.by_code(form.sku.trim()).map(|sku| sku.id) else {
        return refused(&desk, id, &dialog, gone()).await;
    };
    let currency = page.refundable.currency;
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(form.remark.trim()));
    let write =
        move |tx: &mut Tx<'_>| substitute_by_hand(tx, &catalog, &principal, &act, id, (line, sku));
    use SubstituteError as E;
    match desk.site.services().database().write(write).await {
        Ok(done) => Ok(desk.done(&address(id), &Toast::new(t.order_substituted(done.refunded)))),
        Err(E::NothingMissing(_) | E::Gift(_)) => Err(Trouble::Refused(address(id))),
        Err(E::NotEnough { .. } | E::NotASubstitute(_) | E::NotSold(_) | E::ToBeReviewed(_)) => {
            refused(&desk, id, &dialog, gone()).await
        }
        Err(E::AboveLimit { amount_minor }) => {
            let why = t.order_give_up_limit(Money::new(amount_minor, currency));
            refused(&desk, id, &dialog, because(why)).await
        }
        Err(E::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(E::File(error)) => Err(trouble_of_file(error, id)),
        Err(error @ E::Refund(_)) => Err(Trouble::internal(&error)),
    }
}

fn trouble_of_file(error: FileError, id: OrderId) -> Trouble {
    match error {
        FileError::NotFound(_) => Trouble::NotFound,
        FileError::Refused(_) => Trouble::Refused(address(id)),
        FileError::Unbalanced(_) => Trouble::internal(&error),
        FileError::Storage(error) => error.into(),
    }
}
