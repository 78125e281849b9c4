//! The settings of the shop: its names, its currency, how long buyers have to pay, promotion mode.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::catalog::{ShopSettings, settings};
use ordermill_app::limits::{SaveSettingsError, save_by_hand};
use ordermill_app::points::POINTS_AT_ONCE_MAX;
use ordermill_base::{Currency, Money, Span};
use ordermill_domain::order::review::Pace;
use ordermill_domain::payment::LatePolicy;
use ordermill_domain::role::Permission;
use ordermill_domain::text::Text;
use ordermill_pages::Page;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::settings::{self as view, SettingsEntered, SettingsPage};
use ordermill_pages::console::{Section, approval};
use ordermill_pages::ui::{Choice, Toast};
use ordermill_storage::{Error, Tx};

use super::{ANY_PART, SETTINGS};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin";

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/admin", ANY_PART, show).post(
        "/console/admin",
        Needs::Right(Permission::ChangeRules),
        save,
    )
}

fn entered(shop: &ShopSettings) -> SettingsEntered {
    SettingsEntered {
        name_zh: shop.name.zh.clone(),
        name_en: shop.name.en.clone(),
        currency: shop.currency.code().to_owned(),
        pay_within_hours: (shop.pay_within.as_seconds() / 3_600).to_string(),
        hold_for_minutes: (shop.hold_for.as_seconds() / 60).to_string(),
        late_policy: shop.late_policy.code().to_owned(),
        is_promotion: if shop.is_promotion { "1".to_owned() } else { String::new() },
        refund_limit: Money::new(shop.refund_limit_minor, shop.currency).to_decimal(),
        coupon_limit: Money::new(shop.coupon_limit_minor, shop.currency).to_decimal(),
        price_change_limit_percent: shop.price_change_limit_percent.to_string(),
        stock_limit_pieces: shop.stock_limit_pieces.to_string(),
        points_limit: shop.points_limit.to_string(),
        review_per_hour: shop.review_pace.per_hour.to_string(),
        review_stretch_percent: shop.review_pace.stretch_max_percent.to_string(),
        reason: String::new(),
    }
}

fn page(
    desk: &Desk,
    entered: &SettingsEntered,
    version: i64,
    errors: &[(&'static str, String)],
) -> SettingsPage {
    let t = desk.t();
    let currencies = Currency::ALL.map(|it| Choice::new(it.code(), it.code())).into();
    let (groups, errors) = view::groups(entered, currencies, view::late_policies(t), errors, t);
    let engine = desk.site.services().database().address().engine();
    SettingsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Settings),
        errors,
        groups,
        version: version.unsigned_abs(),
        can_change: desk.may(Permission::ChangeRules),
        system: vec![
            (t.settings_program().to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            (t.settings_database().to_owned(), engine.to_owned()),
            (t.settings_address().to_owned(), desk.site.public_url().to_owned()),
        ],
    }
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    if SETTINGS.check(&desk.member).is_err() {
        // Whoever reads the audit log and nothing else of the administration.
        return Ok(Redirect::to("/console/admin/audit").into_response());
    }
    let read = |tx: &mut Tx<'_>| settings::read::<ShopSettings>(tx);
    let (shop, version) = desk.site.services().database().read(read).await?;
    Ok(Page(page(&desk, &entered(&shop), version, &[])).into_response())
}

async fn save(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let entered = SettingsEntered {
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        currency: pairs.one("currency"),
        pay_within_hours: pairs.one("pay_within_hours"),
        hold_for_minutes: pairs.one("hold_for_minutes"),
        late_policy: pairs.one("late_policy"),
        is_promotion: pairs.one("is_promotion"),
        refund_limit: pairs.one("refund_limit"),
        coupon_limit: pairs.one("coupon_limit"),
        price_change_limit_percent: pairs.one("price_change_limit_percent"),
        stock_limit_pieces: pairs.one("stock_limit_pieces"),
        points_limit: pairs.one("points_limit"),
        review_per_hour: pairs.one("review_per_hour"),
        review_stretch_percent: pairs.one("review_stretch_percent"),
        reason: pairs.one("reason"),
    };
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let shop = match read(&entered, desk.t()) {
        Ok(shop) => shop,
        Err(errors) => {
            let page = page(&desk, &entered, version, &errors);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
        }
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_for(&entered.reason));
    let write = move |tx: &mut Tx<'_>| save_by_hand(tx, &principal, &act, shop.clone(), version);
    match desk.site.services().database().write(write).await {
        Ok(None) => Ok(desk.done(HERE, &Toast::new(desk.t().settings_saved()))),
        Ok(Some(task)) => {
            let toast = Toast::new(desk.t().settings_saved_but_limits());
            Ok(desk.done(&approval::href(&task.to_string()), &toast))
        }
        Err(SaveSettingsError::AnotherWaits(_)) => {
            let wrong = [("", desk.t().approval_another().to_owned())];
            let page = page(&desk, &entered, version, &wrong);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(SaveSettingsError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(SaveSettingsError::Storage(Error::Stale(_))) => Err(Trouble::Stale(HERE.to_owned())),
        Err(SaveSettingsError::Storage(error)) => Err(error.into()),
    }
}

/// What was entered as settings, or what is wrong with it.
fn read(
    entered: &SettingsEntered,
    t: ordermill_pages::Words,
) -> Result<ShopSettings, Vec<(&'static str, String)>> {
    let mut errors = Vec::new();
    let name = |name: &'static str, text: &String, errors: &mut Vec<_>| {
        if text.is_empty() || text.chars().count() > 60 {
            errors.push((name, t.settings_name_wrong().to_owned()));
        }
        text.clone()
    };
    let names = Text::new(
        name("name_zh", &entered.name_zh, &mut errors),
        name("name_en", &entered.name_en, &mut errors),
    );
    let number = |name: &'static str, text: &String, max: i64, errors: &mut Vec<_>| {
        let number = text.parse::<i64>().ok().filter(|number| (1..=max).contains(number));
        if number.is_none() {
            errors.push((name, t.settings_number_wrong(max)));
        }
        number.unwrap_or(1)
    };
    let hours = number("pay_within_hours", &entered.pay_within_hours, 720, &mut errors);
    let minutes = number("hold_for_minutes", &entered.hold_for_minutes, 1_440, &mut errors);
    let per_hour = number("review_per_hour", &entered.review_per_hour, 100_000, &mut errors);
    let stretch = entered.review_stretch_percent.parse::<i64>().ok();
    let stretch = stretch.filter(|percent| (100..=1_000).contains(percent));
    if stretch.is_none() {
        errors.push(("review_stretch_percent", t.settings_stretch_wrong().to_owned()));
    }
    let review_pace = Pace { per_hour, stretch_max_percent: stretch.unwrap_or(100) };
    let currency = entered.currency.parse::<Currency>();
    if currency.is_err() {
        errors.push(("currency", t.settings_choose().to_owned()));
    }
    let late_policy = LatePolicy::from_code(&entered.late_policy);
    if late_policy.is_err() {
        errors.push(("late_policy", t.settings_choose().to_owned()));
    }
    let limit = |name: &'static str, text: &str, errors: &mut Vec<_>| {
        let amount = currency.as_ref().ok().and_then(|it| Money::parse(text, *it).ok());
        let amount = amount.map(|amount| amount.minor).filter(|minor| *minor >= 0);
        if amount.is_none() {
            errors.push((name, t.settings_limit_wrong().to_owned()));
        }
        amount.unwrap_or(0)
    };
    let refund_limit_minor = limit("refund_limit", &entered.refund_limit, &mut errors);
    let coupon_limit_minor = limit("coupon_limit", &entered.coupon_limit, &mut errors);
    let up_to = |name: &'static str, text: &str, max: i64, errors: &mut Vec<_>| {
        let number = text.parse::<i64>().ok().filter(|number| (0..=max).contains(number));
        if number.is_none() {
            errors.push((name, t.settings_limit_number_wrong(max)));
        }
        number.unwrap_or(0)
    };
    let (percent, pieces) = (&entered.price_change_limit_percent, &entered.stock_limit_pieces);
    let price_change_limit_percent =
        up_to("price_change_limit_percent", percent, 1_000, &mut errors);
    let stock_limit_pieces = up_to("stock_limit_pieces", pieces, 1_000_000, &mut errors);
    let points_limit =
        up_to("points_limit", &entered.points_limit, POINTS_AT_ONCE_MAX, &mut errors);
    match (currency, late_policy) {
        (Ok(currency), Ok(late_policy)) if errors.is_empty() => Ok(ShopSettings {
            name: names,
            currency,
            is_promotion: entered.is_promotion == "1",
            pay_within: Span::hours(hours),
            hold_for: Span::minutes(minutes),
            late_policy,
            refund_limit_minor,
            coupon_limit_minor,
            price_change_limit_percent,
            stock_limit_pieces,
            points_limit,
            review_pace,
        }),
        _ => Err(errors),
    }
}
