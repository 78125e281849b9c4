//! The settings of shipping.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::carrier::Sender;
use ordermill_app::carrier::settings::{SaveShippingError, Shipping, read, save};
use ordermill_app::message::BuyerMessages;
use ordermill_base::{Currency, Money};
use ordermill_domain::carrier::choice::Policy;
use ordermill_domain::role::Permission;
use ordermill_domain::text::Text;
use ordermill_pages::console::Section;
use ordermill_pages::console::carrier::Wrong;
use ordermill_pages::console::carrier::settings::{self as view, ShippingEntered, ShippingPage};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Words};
use ordermill_storage::{Error, Tx};

use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const HERE: &str = "/console/logistics/settings";
const CHANGE: Needs = Needs::Right(Permission::ChangeRules);

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/logistics/settings", CHANGE, show).post(
        "/console/logistics/settings",
        CHANGE,
        change,
    )
}

fn page(desk: &Desk, version: i64, entered: &ShippingEntered, wrong: Vec<Wrong>) -> ShippingPage {
    let t = desk.t();
    let currency = desk.site.services().catalog().shop.currency;
    ShippingPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        version,
        fields: view::fields(entered, currency.code(), &wrong, t),
        told: view::told(entered, t),
        errors: wrong,
    }
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    let (shipping, version) = desk.site.services().database().read(read).await?;
    let currency = desk.site.services().catalog().shop.currency;
    let entered = entered_of(&shipping, currency);
    Ok(Page(page(&desk, version, &entered, Vec::new())).into_response())
}

fn entered_of(shipping: &Shipping, currency: Currency) -> ShippingEntered {
    let Shipping { sender, policy, messages } = shipping;
    let decimal = |minor| Money::new(minor, currency).to_decimal();
    let is_on = [
        messages.shipped,
        messages.arriving,
        messages.delivered,
        messages.address_problem,
        messages.completed,
    ];
    let told = view::TOLD.into_iter().zip(is_on).filter(|(_, is_on)| *is_on);
    ShippingEntered {
        name_zh: sender.name.zh.clone(),
        name_en: sender.name.en.clone(),
        phone: sender.phone.clone(),
        service_phone: sender.service_phone.clone(),
        late_day: decimal(policy.late_day_minor),
        score_point: decimal(policy.score_point_minor),
        insured_from: decimal(policy.insured_from_minor),
        told: told.map(|(name, _)| name.to_owned()).collect(),
    }
}

async fn change(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let entered = ShippingEntered {
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        phone: pairs.one("phone"),
        service_phone: pairs.one("service_phone"),
        late_day: pairs.one("late_day"),
        score_point: pairs.one("score_point"),
        insured_from: pairs.one("insured_from"),
        told: pairs.all("told", view::TOLD.len()),
    };
    let refused = |wrong| {
        let page = page(&desk, version, &entered, wrong);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let currency = desk.site.services().catalog().shop.currency;
    let wanted = match wanted(&entered, currency, desk.t()) {
        Ok(wanted) => wanted,
        Err(wrong) => return refused(wrong),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let write = move |tx: &mut Tx<'_>| save(tx, &principal, &act, &wanted, version);
    match desk.site.services().database().write(write).await {
        Ok(_) => Ok(desk.done(HERE, &Toast::new(desk.t().carrier_saved()))),
        Err(SaveShippingError::Invalid(flaws)) => {
            let field = |name: &str| match name {
                "name" => "name_zh".to_owned(),
                other => other.trim_end_matches("_minor").to_owned(),
            };
            let t = desk.t();
            let wrong = flaws.iter().map(|it| (field(&it.field), t.carrier_wrong(it.expected)));
            refused(wrong.collect())
        }
        Err(SaveShippingError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(SaveShippingError::Stale(_) | SaveShippingError::Storage(Error::Stale(_))) => {
            Err(Trouble::Stale(HERE.to_owned()))
        }
        Err(SaveShippingError::Storage(error)) => Err(error.into()),
    }
}

fn wanted(entered: &ShippingEntered, currency: Currency, t: Words) -> Result<Shipping, Vec<Wrong>> {
    let mut wrong: Vec<Wrong> = Vec::new();
    let mut minor = |text: &str, field: &str| match Money::parse(text, currency) {
        Ok(money) => money.minor,
        Err(_) => {
            wrong.push((field.to_owned(), t.carrier_wrong_price().to_owned()));
            0
        }
    };
    let policy = Policy {
        late_day_minor: minor(&entered.late_day, "late_day"),
        score_point_minor: minor(&entered.score_point, "score_point"),
        insured_from_minor: minor(&entered.insured_from, "insured_from"),
        ..Policy::default()
    };
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let is_on = |name: &str| entered.told.iter().any(|told| told == name);
    Ok(Shipping {
        sender: Sender {
            name: Text::new(entered.name_zh.clone(), entered.name_en.clone()),
            phone: entered.phone.clone(),
            service_phone: entered.service_phone.clone(),
        },
        policy,
        messages: BuyerMessages {
            shipped: is_on("shipped"),
            arriving: is_on("arriving"),
            delivered: is_on("delivered"),
            address_problem: is_on("address_problem"),
            completed: is_on("completed"),
        },
    })
}
