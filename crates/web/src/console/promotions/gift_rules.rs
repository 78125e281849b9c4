//! The gift rules: their list, making one, changing it, ending it.

mod form;

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::gift::{self, SaveGiftsError};
use ordermill_domain::pricing::gift::{GiftRule, GiftRules, RULES_MAX};
use ordermill_pages::console::Section;
use ordermill_pages::console::coupons::Standing;
use ordermill_pages::console::gift_rules::form::{GiftRuleEntered, Subject};
use ordermill_pages::console::gift_rules::{self as view, GiftRuleRow, GiftRulesPage};
use ordermill_pages::console::promotions::{Part as PromotionPart, parts};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, format};
use ordermill_storage::channel::{self, Channel};
use ordermill_storage::{Error, Tx};

use self::form::{entered, read, refusals};
use super::CHANGE;
use super::coupon_form::reading::Wrong;
use super::coupons::scope;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

/// The address of the list.
const HERE: &str = "/console/promotions/gifts";

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/promotions/gifts", CHANGE, show)
        .get("/console/promotions/gifts/new", CHANGE, new)
        .post("/console/promotions/gifts/new", CHANGE, create)
        .get("/console/promotions/gifts/{number}", CHANGE, edit)
        .post("/console/promotions/gifts/{number}", CHANGE, change)
        .post("/console/promotions/gifts/{number}/{verb}", CHANGE, end_or_resume)
}

fn href_of(number: u32) -> String {
    format!("{HERE}/{number}")
}

/// The rules with their version, and the channels that they may be for.
struct Loaded {
    rules: GiftRules,
    version: i64,
    channels: Vec<Channel>,
}

impl Loaded {
    async fn load(desk: &Desk) -> Result<Self, Trouble> {
        let load = |tx: &mut Tx<'_>| {
            let (rules, version) = gift::read(tx)?;
            Ok::<_, Error>(Self { rules, version, channels: channel::list(tx)? })
        };
        Ok(desk.site.services().database().read(load).await?)
    }

    fn rule(&self, number: u32) -> Result<&GiftRule, Trouble> {
        self.rules.get(number).ok_or(Trouble::NotFound)
    }
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    let loaded = Loaded::load(&desk).await?;
    let page = GiftRulesPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Promotions),
        parts: parts(PromotionPart::Gifts, desk.t()),
        rows: loaded.rules.0.iter().map(|rule| desk.gift_rule_row(rule)).collect(),
    };
    Ok(Page(page).into_response())
}

impl Desk {
    fn gift_rule_row(&self, rule: &GiftRule) -> GiftRuleRow {
        let (t, now) = (self.t(), self.now());
        let catalog = self.site.services().catalog();
        let sku = catalog.sku(rule.gift);
        let gift = sku.map_or("?", |sku| t.pick(sku.name.zh(), sku.name.en()));
        let standing = if !rule.is_active {
            Standing::Inactive
        } else if rule.valid_until.is_some_and(|until| now >= until) {
            Standing::Ended
        } else if rule.is_on(now) {
            Standing::Active
        } else {
            Standing::Planned
        };
        let least = rule.min_pieces.map(|pieces| pieces.get().unsigned_abs());
        GiftRuleRow {
            href: href_of(rule.number),
            name: t.pick(rule.name.zh(), rule.name.en()).to_owned(),
            gift: t.gift_rule_gives(format::grouped(rule.pieces.get().unsigned_abs()), gift),
            from: view::threshold(rule.min_spend, least, t),
            scope: scope(&rule.scope, t),
            valid: self.period(rule.valid_from, rule.valid_until),
            state: view::standing(standing, t),
        }
    }
}

async fn new(desk: Desk) -> Result<Response, Trouble> {
    let loaded = Loaded::load(&desk).await?;
    let entered = GiftRuleEntered {
        pieces: "1".to_owned(),
        scope: "all".to_owned(),
        currency: desk.site.services().catalog().shop.currency.code().to_owned(),
        ..GiftRuleEntered::default()
    };
    let page = desk.gift_rule_page(&entered, &loaded.channels, Subject::New, loaded.version);
    Ok(Page(page).into_response())
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let (t, version, entered) = (desk.t(), version_of(&pairs)?, entered(&pairs));
    let loaded = Loaded::load(&desk).await?;
    let number = loaded.rules.next_number();
    let refused =
        |wrong: &Wrong| refused(&desk, &entered, &loaded.channels, Subject::New, version, wrong);
    if loaded.rules.0.len() >= RULES_MAX {
        return Ok(refused(&vec![("", t.gift_rule_too_many().to_owned())]));
    }
    let rule = match read(&desk, &entered, &loaded.channels, number, true) {
        Ok(rule) => rule,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let name = t.pick(rule.name.zh(), rule.name.en()).to_owned();
    let mut rules = loaded.rules.clone();
    rules.0.push(rule);
    match desk.keep_gifts(rules, version, HERE).await? {
        None => Ok(desk.done(HERE, &Toast::new(t.gift_rule_created(name)))),
        Some(wrong) => Ok(refused(&wrong)),
    }
}

async fn edit(desk: Desk, Path(number): Path<u32>) -> Result<Response, Trouble> {
    let loaded = Loaded::load(&desk).await?;
    let rule = loaded.rule(number)?;
    let href = href_of(number);
    let subject = Subject::Known { href: &href, is_active: rule.is_active };
    let shown = desk.shown_gift_rule(rule, &loaded.channels);
    let page = desk.gift_rule_page(&shown, &loaded.channels, subject, loaded.version);
    Ok(Page(page).into_response())
}

async fn change(
    desk: Desk,
    Path(number): Path<u32>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, version, entered) = (desk.t(), version_of(&pairs)?, entered(&pairs));
    let loaded = Loaded::load(&desk).await?;
    let is_active = loaded.rule(number)?.is_active;
    let href = href_of(number);
    let subject = Subject::Known { href: &href, is_active };
    let refused =
        |wrong: &Wrong| refused(&desk, &entered, &loaded.channels, subject, version, wrong);
    let changed = match read(&desk, &entered, &loaded.channels, number, is_active) {
        Ok(rule) => rule,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let name = t.pick(changed.name.zh(), changed.name.en()).to_owned();
    let mut rules = loaded.rules.clone();
    put(&mut rules, changed);
    match desk.keep_gifts(rules, version, &href).await? {
        None => Ok(desk.done(HERE, &Toast::new(t.gift_rule_saved(name)))),
        Some(wrong) => Ok(refused(&wrong)),
    }
}

async fn end_or_resume(
    desk: Desk,
    Path((number, verb)): Path<(u32, String)>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let is_active = match verb.as_str() {
        "end" => false,
        "resume" => true,
        _ => return Err(Trouble::NotFound),
    };
    let (t, version) = (desk.t(), version_of(&pairs)?);
    let loaded = Loaded::load(&desk).await?;
    let rule = GiftRule { is_active, ..loaded.rule(number)?.clone() };
    let name = t.pick(rule.name.zh(), rule.name.en()).to_owned();
    let mut rules = loaded.rules.clone();
    put(&mut rules, rule);
    let href = href_of(number);
    match desk.keep_gifts(rules, version, &href).await? {
        None if is_active => Ok(desk.done(HERE, &Toast::new(t.coupon_resumed_toast(name)))),
        None => Ok(desk.done(HERE, &Toast::new(t.coupon_ended_toast(name)))),
        Some(_) => Err(Trouble::Refused(href)),
    }
}

fn put(rules: &mut GiftRules, changed: GiftRule) {
    for rule in rules.0.iter_mut().filter(|rule| rule.number == changed.number) {
        *rule = changed.clone();
    }
}

fn version_of(pairs: &Pairs) -> Result<i64, Trouble> {
    pairs.one("version").parse().map_err(|_| Trouble::NotFound)
}

fn refused(
    desk: &Desk,
    entered: &GiftRuleEntered,
    channels: &[Channel],
    subject: Subject<'_>,
    version: i64,
    wrong: &Wrong,
) -> Response {
    let page = desk.gift_rule_page(entered, channels, subject, version).refused(wrong);
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

impl Desk {
    /// Keeps the rules; gives what is wrong at which field.
    async fn keep_gifts(
        &self,
        rules: GiftRules,
        version: i64,
        href: &str,
    ) -> Result<Option<Wrong>, Trouble> {
        let (principal, act) = (self.member.principal.clone(), self.act());
        let keep = move |tx: &mut Tx<'_>| gift::save(tx, &principal, &act, &rules, version);
        match self.site.services().database().write(keep).await {
            Ok(_) => {
                self.site.services().catalog_changed().await;
                Ok(None)
            }
            Err(SaveGiftsError::Invalid(wrong)) => Ok(Some(refusals(&wrong, self.t()))),
            Err(SaveGiftsError::Stale(_) | SaveGiftsError::Storage(Error::Stale(_))) => {
                Err(Trouble::Stale(href.to_owned()))
            }
            Err(SaveGiftsError::Forbidden(forbidden)) => Err(forbidden.into()),
            Err(SaveGiftsError::Storage(error)) => Err(error.into()),
        }
    }
}
