//! The checkout, `/checkout`: one form, priced anew at every step, placed once.

mod delivery;
mod fields;
mod form;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use ordermill_app::cart::{self, Contents};
use ordermill_app::checkout::{self, Method};
use ordermill_app::order::intake::delivery::FIELD;
use ordermill_app::order::intake::{Agreed, IntakeError, NewLine, NewOrder};
use ordermill_app::order::place::{Key, PlaceOrderError};
use ordermill_app::order::{PlacedFacts, PlacingError};
use ordermill_app::quote::Quoted;
use ordermill_base::Money;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{CartId, OrderId};
use ordermill_domain::order::{OrderNumber, PaymentTerms};
use ordermill_domain::phone::Phone;
use ordermill_domain::pricing::{QuoteProblem, Tender};
use ordermill_pages::shop::cart::CartPage;
use ordermill_pages::shop::checkout::{Changed, CheckoutPage, Offer, Points, SummaryLine};
use ordermill_pages::ui::{FormErrors, TotalLine, Totals};
use ordermill_pages::{Page, Words};
use ordermill_storage::cart::Cart;
use ordermill_vault::Token;
use serde::Deserialize;

use self::form::CheckoutForm;
use super::goods::HOME_REGION;
use super::{Answer, Here, Trouble, goods, guest, price};
use crate::Site;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/checkout", get(show).post(submit)).route("/checkout/part", post(part))
}

async fn show(here: Here) -> Answer {
    let Some(cart) = here.cart.clone().filter(|cart| !cart.lines.is_empty()) else {
        return Ok(Redirect::to("/cart").into_response());
    };
    let mut form = CheckoutForm::fresh(&here).await?;
    form.idempotency_key = Token::generate(here.services().vault().entropy()).as_str().to_owned();
    let asked = Asked::of(&here, &cart, &form).await?;
    if !asked.contents.can_check_out() {
        return Ok(Redirect::to("/cart").into_response());
    }
    Ok(Page(asked.page(&here, &form, Problems::default())).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PartQuery {
    changed: String,
}

/// What a change in the form has changed around it.
async fn part(
    here: Here,
    Query(query): Query<PartQuery>,
    Form(mut form): Form<CheckoutForm>,
) -> Answer {
    let cart = here.cart.clone().ok_or(Trouble::NotFound)?;
    form.tidy();
    let asked = Asked::of(&here, &cart, &form).await?;
    let mut page = asked.page(&here, &form, Problems::default());
    page.changed = Some(match query.changed.as_str() {
        "country" => Changed::Country,
        "region" => Changed::Region,
        _ => Changed::Other,
    });
    Ok(Page(page.as_parts()).into_response())
}

async fn submit(here: Here, Form(mut form): Form<CheckoutForm>) -> Answer {
    if let Some(answer) = placed_before(&here, &form).await? {
        return Ok(answer);
    }
    let Some(cart) = here.cart.clone().filter(|cart| cart.id.to_string() == form.cart) else {
        return Ok(Redirect::to("/cart").into_response());
    };
    let t = here.t();
    let mut problems = Problems::default();
    if form.step == "paste" && !form.read_pasted() {
        problems.of_fields.push(("paste", t.paste_not_found().to_owned()));
    }
    form.tidy();
    let asked = Asked::of(&here, &cart, &form).await?;
    if !asked.contents.can_check_out() {
        return Ok(Redirect::to("/cart").into_response());
    }
    if form.step != "place" {
        return Ok(Page(asked.page(&here, &form, problems)).into_response());
    }
    problems = asked.problems(&here, &form);
    if !problems.is_empty() {
        let page = asked.page(&here, &form, problems);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    place(&here, &cart, &form, &asked).await
}

/// Whoever sends a form whose cart has become an order wants to see that order.
async fn placed_before(
    here: &Here,
    form: &CheckoutForm,
) -> Result<Option<axum::response::Response>, Trouble> {
    let Ok(id) = form.cart.parse::<CartId>() else { return Ok(None) };
    // Only of the cart that this browser has the token of.
    if here.token_of != Some(id) {
        return Ok(None);
    }
    let read = move |tx: &mut ordermill_storage::Tx<'_>| ordermill_storage::cart::fetch(tx, id);
    let stored = here.services().database().read(read).await?;
    let order = stored.and_then(|cart| cart.order);
    Ok(order.map(|order| guest::remembering(here, order, to_order(order))))
}

async fn place(here: &Here, cart: &Cart, form: &CheckoutForm, asked: &Asked) -> Answer {
    let t = here.t();
    let Some(method) = asked.method.clone() else { return Err(Trouble::Failed) };
    let lines = asked.contents.lines.iter();
    let lines = lines.map(|line| NewLine { sku: line.sku.code.clone(), quantity: line.quantity });
    let handed_in = form.handed_in();
    let new = NewOrder {
        customer: here.customer,
        terms: method.terms(),
        email: Some(form.email.clone()).filter(|email| !email.is_empty()),
        note: Some(form.note.clone()).filter(|note| !note.is_empty()),
        service_wish: form.wish(),
        accepts_backorder: true,
        coupons: handed_in.coupons,
        points: handed_in.points,
        gift_cards: handed_in.gift_cards,
        agreed: Agreed {
            total_minor: None,
            to_pay_minor: Some(form.agreed_total),
            arrives_by_on: asked.arrives_by_on(),
        },
        key: Some(Key::new(
            format!("shop:{}", cart.id),
            form.idempotency_key.as_str(),
            form.essence().as_bytes(),
        )),
        cart: Some(cart.id),
        ..NewOrder::new(
            here.services().channels().shop,
            here.catalog.shop.currency,
            lines.collect(),
            form.recipient(),
        )
    };
    match here.services().place_order(here.act(), new).await {
        Ok(PlacedFacts { id, .. }) => {
            form.remember_address(here).await;
            let answer = match &method {
                Method::Gateway(gateway) => super::pay::start(here, id, gateway).await?,
                Method::CashOnDelivery => to_order(id),
            };
            Ok(guest::remembering(here, id, answer))
        }
        Err(PlacingError::Intake(IntakeError::Fields(issues))) => {
            let mut problems = Problems::default();
            for issue in issues {
                match issue.field.as_str() {
                    FIELD => problems.of_fields.push((delivery::NAME, t.delivery_refused().into())),
                    _ => problems.of_form.push(issue.detail),
                }
            }
            let page = asked.page(here, form, problems);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(PlacingError::Intake(IntakeError::Price(problem))) => {
            let of_form = vec![price::problem(&problem, t).to_owned()];
            let page = asked.page(here, form, Problems { of_form, ..Problems::default() });
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        // Prices or benefits changed between the page and the order: the page asks again.
        Err(
            PlacingError::Intake(IntakeError::PriceChanged { .. })
            | PlacingError::Place(PlaceOrderError::BenefitGone(_)),
        ) => {
            let asked = Asked::of(here, cart, form).await?;
            let mut problems = asked.problems(here, form);
            if problems.is_empty() {
                problems.of_form.push(t.coupon_gone().to_owned());
            }
            let page = asked.page(here, form, problems);
            Ok((StatusCode::CONFLICT, Page(page)).into_response())
        }
        // Somebody was faster: the cart says what is left.
        Err(PlacingError::Place(PlaceOrderError::OutOfStock(_))) => {
            Ok(Redirect::to("/cart").into_response())
        }
        // The same page, sent again with other answers after it had ordered.
        Err(PlacingError::Place(PlaceOrderError::KeyReused)) => {
            match placed_before(here, form).await? {
                Some(answer) => Ok(answer),
                None => Ok(Redirect::to("/cart").into_response()),
            }
        }
        Err(PlacingError::Place(error @ PlaceOrderError::Refused(_))) => {
            Err(Trouble::failed(error))
        }
        Err(PlacingError::Storage(error)) => Err(error.into()),
    }
}

fn to_order(order: OrderId) -> axum::response::Response {
    Redirect::to(&format!("/orders/{}", OrderNumber::from(order))).into_response()
}

/// What is wrong with the form.
#[derive(Debug, Default)]
struct Problems {
    of_fields: Vec<(&'static str, String)>,
    of_form: Vec<String>,
}

impl Problems {
    fn is_empty(&self) -> bool {
        self.of_fields.is_empty() && self.of_form.is_empty()
    }
}

/// The answers to everything that the form depends on, as of now.
struct Asked {
    contents: Contents,
    region: String,
    /// By which services somebody brings it there.
    services: Vec<ServiceKind>,
    quote: Result<Quoted, QuoteProblem>,
    methods: Vec<Method>,
    /// The one that is chosen and can be.
    method: Option<Method>,
}

impl Asked {
    async fn of(here: &Here, cart: &Cart, form: &CheckoutForm) -> Result<Self, Trouble> {
        let country = form.country();
        let region = checkout::region(country, &form.province);
        let phone = Phone::parse(&form.phone, country).ok().map(|phone| phone.e164());
        let quote = price::quote(here, cart, form.handed_in(), phone, &region).await?;
        let (catalog, lines, now) = (here.catalog.clone(), cart.lines.clone(), here.now);
        let to = region.clone();
        let read = move |tx: &mut ordermill_storage::Tx<'_>| {
            cart::contents(tx, &catalog, &lines, &to, now)
        };
        let contents = here.services().database().read(read).await?;
        let methods = here.services().payment_methods();
        let chosen = methods.iter().find(|it| it.code() == form.payment);
        let method = chosen.filter(|it| it.serves(country)).cloned();
        let services = delivery::offered(here, form, &region);
        Ok(Self { contents, region, services, quote, methods, method })
    }

    /// What is wrong with the form, or what the page has named and is no longer so.
    fn problems(&self, here: &Here, form: &CheckoutForm) -> Problems {
        let t = here.t();
        let mut problems = Problems { of_fields: form.problems(t), of_form: Vec::new() };
        if self.delivery_is_refused(form) {
            problems.of_fields.push((delivery::NAME, t.delivery_refused().to_owned()));
        }
        problems.of_form.extend(self.refusals(t));
        if self.method.is_none() {
            problems.of_form.push(t.choose_payment().to_owned());
        }
        match &self.quote {
            Ok(quote) if quote.to_pay().minor != form.agreed_total && problems.is_empty() => {
                let before = Money::new(form.agreed_total, quote.to_pay().currency);
                problems.of_form.push(t.total_changed(before, quote.to_pay()));
            }
            Ok(_) => {
                let (now, agreed) = (self.arrives_by_on(), form.agreed_day());
                let later = now.zip(agreed).filter(|(now, agreed)| now > agreed);
                if let Some((now, _)) = later.filter(|_| problems.is_empty()) {
                    problems.of_form.push(t.day_changed(goods::day(here, now)));
                }
            }
            Err(problem) => problems.of_form.push(price::problem(problem, t).to_owned()),
        }
        problems
    }

    fn page(&self, here: &Here, form: &CheckoutForm, problems: Problems) -> CheckoutPage {
        let t = here.t();
        let mut address = form.fields(here);
        let mut delivery_error = None;
        for (name, error) in problems.of_fields {
            if name == delivery::NAME {
                delivery_error = Some(error);
                continue;
            }
            let field =
                if name == "paste" { Some(&mut address.paste) } else { address.named(name) };
            if let Some(field) = field {
                field.error = Some(error);
            }
        }
        let mut errors = FormErrors::of("", address.all());
        let of_delivery = delivery_error.iter().map(|error| (delivery::NAME, error.clone()));
        errors.errors.extend(of_delivery);
        errors.errors.extend(problems.of_form.into_iter().map(|error| ("", error)));
        errors.title = t.check_fields(errors.errors.len() as u64);
        let terms = self.method.as_ref().map_or(PaymentTerms::Prepaid, Method::terms);
        let held_for = here.catalog.shop.pay_within;
        CheckoutPage {
            idempotency_key: form.idempotency_key.clone(),
            cart: here.cart.as_ref().map(|cart| cart.id.to_string()).unwrap_or_default(),
            changed: None,
            pay_within: (terms == PaymentTerms::Prepaid).then_some(held_for),
            errors,
            address,
            deliveries: self.deliveries(here, form),
            delivery_error,
            coupon: Some(
                CartPage::coupon_field(t).value(form.coupon.as_str()).error(self.coupon_refusal(t)),
            ),
            gift_card: Some(
                CheckoutPage::gift_card_field(t)
                    .value(form.gift_card.as_str())
                    .error(self.gift_card_refusal(t)),
            ),
            refusals: self.refusals(t).collect(),
            points: self.points(here, form),
            payments: self.methods.iter().map(|method| self.payment(method, form, t)).collect(),
            lines: self.contents.lines.iter().map(|line| summary_line(here, line)).collect(),
            gifts: self.quote.as_ref().map(|it| price::gifts(here, it)).unwrap_or_default(),
            totals: self.totals(t),
            arrives_by_on: self.arrives_by_on().map(|day| day.to_string()).unwrap_or_default(),
            frame: here.frame(),
            shell: here.shell(),
        }
    }

    fn payment(&self, method: &Method, form: &CheckoutForm, t: Words) -> Offer {
        let is_available = method.serves(form.country());
        let (title, note) = match method {
            Method::Gateway(name) => {
                (super::pay::gateway_name(name, t), t.pay_online_note().to_owned())
            }
            Method::CashOnDelivery if is_available => {
                (t.pay_at_the_door().to_owned(), t.pay_at_the_door_note().to_owned())
            }
            Method::CashOnDelivery => {
                (t.pay_at_the_door().to_owned(), t.pay_at_the_door_no().to_owned())
            }
        };
        Offer {
            value: method.code().to_owned(),
            title,
            note,
            price: None,
            is_chosen: is_available && self.method.as_ref() == Some(method),
            is_available,
        }
    }

    fn totals(&self, t: Words) -> Totals {
        let Some(quote) = self.priced() else {
            return Totals {
                lines: vec![TotalLine::new(t.goods_sum(), self.contents.goods)],
                label: t.before_delivery().to_owned(),
                total: self.contents.goods,
            };
        };
        let quote = &quote.prices;
        let off = |money: Money| Money::new(-money.minor, money.currency);
        let mut lines = vec![TotalLine::new(t.goods_sum(), quote.goods)];
        if !quote.discount.is_zero() {
            lines.push(TotalLine::new(t.discount_sum(), off(quote.discount)));
        }
        let freight = TotalLine::new(t.freight(), quote.freight.gross);
        lines.push(TotalLine { free: t.free().to_owned(), ..freight });
        let on_top = quote.total.minor - quote.goods.minor + quote.discount.minor
            - quote.freight.gross.minor;
        if on_top > 0 {
            lines.push(TotalLine::new(t.tax_on_top(), Money::new(on_top, quote.total.currency)));
        }
        for tender in &quote.tenders {
            let label = match tender {
                Tender::Points { .. } => t.points_sum(),
                Tender::GiftCard { .. } => t.gift_card(),
            };
            lines.push(TotalLine::new(label, off(tender.amount())));
        }
        Totals { lines, label: t.to_pay().to_owned(), total: quote.to_pay }
    }

    /// Whether it is known where the parcel goes, as far as its price depends on it.
    fn has_destination(&self) -> bool {
        self.region.contains('-') || !self.region.starts_with(HOME_REGION)
    }

    /// The price, once it is known where the parcel goes: a guess would only be taken back.
    fn priced(&self) -> Option<&Quoted> {
        self.quote.as_ref().ok().filter(|_| self.has_destination())
    }

    /// Why the coupon is not used.
    fn coupon_refusal(&self, t: Words) -> Option<String> {
        price::coupon_refusal(self.quote.as_ref().ok()?, t)
    }

    /// Why the gift card cannot pay.
    fn gift_card_refusal(&self, t: Words) -> Option<String> {
        price::gift_card_refusal(self.quote.as_ref().ok()?, t)
    }

    /// Everything that is handed in and does nothing.
    fn refusals(&self, t: Words) -> impl Iterator<Item = String> {
        self.coupon_refusal(t).into_iter().chain(self.gift_card_refusal(t))
    }

    /// Points that the customer could spend on this order.
    fn points(&self, here: &Here, form: &CheckoutForm) -> Option<Points> {
        let answer = self.quote.as_ref().ok()?.points;
        let rule = here.catalog.spending.as_ref()?;
        let usable = u64::try_from(answer.spendable).ok().filter(|usable| *usable > 0)?;
        let times = i64::try_from(usable / u64::from(rule.points.get())).ok()?;
        let worth = rule.pay.checked_mul(times).ok()?;
        Some(Points { usable, worth, is_used: form.points > 0 })
    }
}

fn summary_line(here: &Here, line: &cart::Content) -> SummaryLine {
    SummaryLine {
        art: goods::art_of(&line.sku),
        name: goods::name_of(here, &line.sku),
        spec: goods::spec_of(here, &line.sku),
        quantity: line.quantity.unsigned_abs(),
        total: line.total,
    }
}
