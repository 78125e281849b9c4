//! The cart, `/cart`.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use ordermill_app::benefit::HandedIn;
use ordermill_app::cart::{self, CartError, Change, Content, Contents, LineProblem, PIECES_MAX};
use ordermill_app::quote::Quoted;
use ordermill_base::Money;
use ordermill_domain::coupon::normalized;
use ordermill_pages::shop::added::Added;
use ordermill_pages::shop::cart::{CartLine, CartPage};
use ordermill_pages::ui::{Toast, TotalLine, Totals};
use ordermill_pages::{Page, Part};
use ordermill_storage::cart::Cart;
use serde::Deserialize;

use super::goods::{self, HOME_REGION};
use super::{Answer, Here, Trouble, price};
use crate::Site;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/cart", get(show))
        .route("/cart/lines", post(add))
        .route("/cart/lines/{sku}", post(change))
        .route("/cart/coupon", post(enter_coupon))
}

async fn show(here: Here) -> Answer {
    let page = page(&here, here.cart.as_ref()).await?;
    Ok(match here.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_cart()).into_response(),
    })
}

#[derive(Debug, Deserialize)]
struct AddForm {
    sku: String,
    quantity: i64,
}

async fn add(here: Here, Form(form): Form<AddForm>) -> Answer {
    let changed = change_line(&here, form.sku.clone(), Change::Add(form.quantity)).await;
    let t = here.t();
    let (cart, notice) = match changed {
        Ok(cart) => {
            let sku = here.catalog.by_code(&form.sku);
            let name = sku.map(|sku| here.text(&sku.name).to_owned()).unwrap_or_default();
            (Some(cart), t.added_to_cart(name))
        }
        Err(CartError::Full) => (None, t.cart_is_full().to_owned()),
        Err(CartError::UnknownSku(_)) => return Err(Trouble::NotFound),
        Err(CartError::Storage(error)) => return Err(error.into()),
    };
    let id = cart.as_ref().map(|cart| cart.id);
    let answer = match here.visit.part {
        Part::Page => Redirect::to("/cart").into_response(),
        Part::Fragment => {
            let (shell, frame) = (here.shell(), here.with_cart(cart).frame());
            Page(Added { shell, frame, toast: Toast::new(notice) }).into_response()
        }
    };
    Ok(match id {
        Some(id) => here.keeping_cart(id, answer),
        None => answer,
    })
}

#[derive(Debug, Deserialize)]
struct ChangeForm {
    quantity: i64,
}

async fn change(here: Here, Path(sku): Path<String>, Form(form): Form<ChangeForm>) -> Answer {
    let cart = match change_line(&here, sku, Change::Set(form.quantity)).await {
        Ok(cart) => cart,
        // What is no longer on sale stays as it is until it is taken out.
        Err(CartError::UnknownSku(_) | CartError::Full) => {
            return Ok(Redirect::to("/cart").into_response());
        }
        Err(CartError::Storage(error)) => return Err(error.into()),
    };
    let id = cart.id;
    let answer = match here.visit.part {
        Part::Page => Redirect::to("/cart").into_response(),
        Part::Fragment => {
            let mut page = page(&here.with_cart(Some(cart.clone())), Some(&cart)).await?;
            page.is_change = true;
            Page(page.as_cart()).into_response()
        }
    };
    Ok(here.keeping_cart(id, answer))
}

async fn change_line(here: &Here, sku: String, change: Change) -> Result<Cart, CartError> {
    let (catalog, holder, now) = (here.catalog.clone(), here.holder(), here.now);
    let write = move |tx: &mut ordermill_storage::Tx<'_>| {
        cart::change_line(tx, &catalog, holder, &sku, change, now)
    };
    here.services().database().write(write).await
}

#[derive(Debug, Deserialize)]
struct CouponForm {
    #[serde(default)]
    coupon: String,
}

/// Keeps a code with the cart if it takes something off; an empty one takes the code out.
async fn enter_coupon(here: Here, Form(form): Form<CouponForm>) -> Answer {
    let Some(cart) = here.cart.clone() else { return Ok(Redirect::to("/cart").into_response()) };
    let typed = form.coupon.trim();
    let refusal = if typed.is_empty() {
        None
    } else {
        let quoted = quote_with(&here, &cart, Some(typed)).await?;
        match quoted.map(|quoted| Coupon::of(&here, &quoted, typed)) {
            Some(Coupon { takes: Some(_), .. }) => None,
            Some(coupon) => coupon.refusal,
            None => Some(here.t().not_priced().to_owned()),
        }
    };
    if let Some(refusal) = refusal {
        let mut page = page(&here, Some(&cart)).await?;
        let field = CartPage::coupon_field(here.t()).value(typed).error(Some(refusal));
        (page.coupon, page.coupon_applied) = (Some(field), None);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(match here.visit.part {
            Part::Page => (status, Page(page)).into_response(),
            Part::Fragment => (status, Page(page.as_cart())).into_response(),
        });
    }
    let (codes, holder, now) = (normalized(typed).into_iter().collect(), here.holder(), here.now);
    let write = move |tx: &mut ordermill_storage::Tx<'_>| {
        cart::set_coupons(tx, holder, Vec::clone(&codes), now)
    };
    let changed = here.services().database().write(write).await?;
    Ok(match here.visit.part {
        Part::Page => Redirect::to("/cart").into_response(),
        Part::Fragment => Page(page(&here, changed.as_ref()).await?.as_cart()).into_response(),
    })
}

/// A code that was typed in, and what it does to this cart.
struct Coupon {
    code: String,
    /// What it takes off the goods and, once it is known where to, off the delivery.
    takes: Option<Money>,
    /// Why it does nothing.
    refusal: Option<String>,
}

impl Coupon {
    fn of(here: &Here, quoted: &Quoted, code: &str) -> Self {
        Self {
            code: code.to_owned(),
            takes: quoted.coupons.iter().find_map(|it| Some(it.outcome.as_ref().ok()?.goods)),
            refusal: price::coupon_refusal(quoted, here.t()),
        }
    }
}

/// What the cart costs with a code; none while it has no price: what is not known to be a code is not
/// kept.
async fn quote_with(
    here: &Here,
    cart: &Cart,
    code: Option<&str>,
) -> Result<Option<Quoted>, Trouble> {
    let coupons = code.map(str::to_owned).into_iter().collect();
    let handed_in = HandedIn { coupons, ..HandedIn::default() };
    Ok(price::quote(here, cart, handed_in, None, HOME_REGION).await?.ok())
}

async fn page(here: &Here, cart: Option<&Cart>) -> Result<CartPage, Trouble> {
    let catalog = here.catalog.clone();
    let lines = cart.map(|cart| cart.lines.clone()).unwrap_or_default();
    let now = here.now;
    let read = move |tx: &mut ordermill_storage::Tx<'_>| {
        cart::contents(tx, &catalog, &lines, HOME_REGION, now)
    };
    let contents = here.services().database().read(read).await?;
    let code = cart.and_then(|cart| cart.coupons.first());
    // A cart without a code needs no price of its own, unless a gift may come along with it.
    let may_give = here.catalog.gift_rules.0.iter().any(|rule| rule.is_on(now));
    let quoted = match cart.filter(|_| code.is_some() || may_give) {
        Some(cart) => quote_with(here, cart, code.map(String::as_str)).await?,
        None => None,
    };
    let coupon = quoted.as_ref().zip(code).map(|(quoted, code)| Coupon::of(here, quoted, code));
    let t = here.t();
    let field = CartPage::coupon_field(t)
        .value(code.map_or("", String::as_str))
        .error(coupon.as_ref().and_then(|coupon| coupon.refusal.clone()));
    let takes = coupon.as_ref().and_then(|coupon| coupon.takes);
    Ok(CartPage {
        lines: contents.lines.iter().map(|content| line(here, content)).collect(),
        gifts: quoted.as_ref().map(|quoted| price::gifts(here, quoted)).unwrap_or_default(),
        coupon: Some(field),
        coupon_applied: coupon.filter(|coupon| coupon.takes.is_some()).map(|coupon| coupon.code),
        totals: totals(t, &contents, takes),
        can_check_out: contents.can_check_out(),
        is_change: false,
        frame: here.frame(),
        shell: here.shell(),
    })
}

fn totals(t: ordermill_pages::Words, contents: &Contents, takes: Option<Money>) -> Totals {
    let mut lines = vec![TotalLine::new(t.goods_sum(), contents.goods)];
    let mut total = contents.goods;
    // A code for the delivery shows in the checkout, where the delivery has its price.
    if let Some(takes) = takes.filter(|takes| !takes.is_zero()) {
        lines.push(TotalLine::new(t.discount_sum(), Money::new(-takes.minor, takes.currency)));
        total.minor -= takes.minor;
    }
    Totals { lines, label: t.before_delivery().to_owned(), total }
}

fn line(here: &Here, content: &Content) -> CartLine {
    let (sku, t) = (&content.sku, here.t());
    let available = content.promised.availability;
    let most = if available.can_backorder { PIECES_MAX } else { available.available };
    let problem = content.problem.map(|problem| match problem {
        LineProblem::NotOnSale => t.line_not_on_sale().to_owned(),
        LineProblem::SoldOut => t.line_sold_out().to_owned(),
        LineProblem::OnlyLeft(left) => {
            t.line_only_left(left.unsigned_abs(), content.quantity.unsigned_abs())
        }
        LineProblem::NotPriced => t.line_not_priced().to_owned(),
    });
    CartLine {
        sku: sku.code.clone(),
        art: goods::art_of(sku),
        name: goods::name_of(here, sku),
        spec: goods::spec_of(here, sku),
        price: sku.price,
        price_before: content.price_before,
        quantity: content.quantity.unsigned_abs(),
        quantity_max: most.clamp(1, PIECES_MAX).unsigned_abs(),
        total: content.total,
        promise: goods::availability(here, &content.promised, content.quantity).words(&t),
        problem,
    }
}
