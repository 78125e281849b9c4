//! Decisions that take two people: what is asked, approved, rejected or withdrawn.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::approval::{self, ApprovalError, Asked, Wish, approve, collect, reject};
use ordermill_app::coupon::CouponWish;
use ordermill_app::gift_card::{GiftCardWish, last_four};
use ordermill_app::limits::{Limits, LimitsWish};
use ordermill_app::price::{PriceWish, Prices};
use ordermill_app::stock_desk::{Booking, StockWish};
use ordermill_base::Money;
use ordermill_domain::ids::{LocationId, SkuId, TaskId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::pricing::coupon::Stacking;
use ordermill_domain::role::Permission;
use ordermill_domain::rule_table::Purpose;
use ordermill_domain::stock::MovementKind;
use ordermill_domain::task::TaskState;
use ordermill_pages::console::Section;
use ordermill_pages::console::approval::{ApprovalPage, Rejection, href, state};
use ordermill_pages::console::gift_cards;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::rules;
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, format, states};
use ordermill_storage::{Error, Tx, coupon, gift_card, sku, task};

use super::desk::Desk;
use super::pairs::Pairs;
use super::people::Names;
use super::promotions::{benefit, href_of as coupon_href, scope};
use super::route::{Needs, Routes};
use super::trouble::Trouble;

/// What the page asks for: to have something to decide or to ask for. Which request one sees is
/// asked where it is known.
const NEEDS: Needs = Needs::AnyOf(&[
    Permission::ApproveLargeRefund,
    Permission::ChangeRulesOverLimit,
    Permission::AdjustStockOverLimit,
]);

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/approvals/{task}", NEEDS, show)
        .post("/console/approvals/{task}/approve", NEEDS, do_approve)
        .post("/console/approvals/{task}/reject", NEEDS, do_reject)
        .post("/console/approvals/{task}/collect", NEEDS, do_collect)
}

/// What a request is about, in words.
struct About {
    title: String,
    subject: Option<(String, String)>,
    facts: Vec<(String, String)>,
    changes: Vec<(String, String, String)>,
}

/// What is read for a page.
struct Loaded {
    task: task::Task,
    asked: Asked,
    names: Names,
    /// The coupon, the prices and the gift card as they are now.
    coupon: Option<coupon::Stored>,
    prices: Option<Prices>,
    card: Option<gift_card::Stored>,
}

async fn load(desk: &Desk, id: TaskId) -> Result<Loaded, Trouble> {
    let read = move |tx: &mut Tx<'_>| {
        let found = task::fetch(tx, id)?;
        let found = found.and_then(|task| approval::read(&task).map(|asked| (task, asked)));
        let Some((task, asked)) = found else { return Ok(None) };
        let names = Names::load(tx, [&asked.requested_by])?;
        let coupon = match &asked.wish {
            Wish::Coupon(wish) => coupon::fetch(tx, wish.rule.id)?,
            _ => None,
        };
        let prices = match &asked.wish {
            Wish::Price(wish) => sku::fetch(tx, wish.sku)?.as_ref().map(Prices::of),
            _ => None,
        };
        let card = match &asked.wish {
            Wish::GiftCard(wish) => gift_card::fetch(tx, wish.card())?,
            _ => None,
        };
        Ok::<_, Error>(Some(Loaded { task, asked, names, coupon, prices, card }))
    };
    let loaded = desk.site.services().database().snapshot(read).await?;
    let seen = loaded.filter(|loaded| loaded.asked.is_seen_by(&desk.member.principal));
    seen.ok_or(Trouble::NotFound)
}

fn page(
    desk: &Desk,
    loaded: &Loaded,
    trouble: Option<&str>,
    refused: Option<&str>,
) -> ApprovalPage {
    let is_card = matches!(loaded.asked.wish, Wish::GiftCard(GiftCardWish::Issue { .. }));
    let t = desk.t();
    let Loaded { task, asked, names, .. } = loaded;
    let (is_open, principal) = (task.state.is_open(), &desk.member.principal);
    let is_own = asked.requested_by == principal.actor();
    let about = desk.about_wish(loaded);
    let can_approve = is_open && asked.may_be_decided_by(principal);
    let rejection = (is_open && (is_own || can_approve))
        .then(|| Rejection::new(refused.unwrap_or_default(), refused.is_some(), is_own, t));
    let outcome = task.outcome.clone().filter(|_| task.state == TaskState::Dropped);
    ApprovalPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Tasks),
        id: task.id.to_string(),
        title: about.title,
        state: state(is_open, task.state == TaskState::Done, t),
        subject: about.subject,
        facts: about.facts,
        changes: about.changes,
        requested_by: names.actor(&asked.requested_by, t),
        asked_at: task.created_at,
        reason: asked.reason.clone().unwrap_or_default(),
        outcome: outcome.unwrap_or_default(),
        trouble: trouble.map(str::to_owned),
        rejection,
        can_approve,
        can_collect: is_own && is_card && task.state == TaskState::Done,
        fresh: None,
    }
}

impl Desk {
    /// What a request is called: "Coupon SAVE30".
    pub(super) fn title_of_wish(&self, wish: &Wish) -> String {
        let t = self.t();
        match wish {
            Wish::Refund(wish) => t.approval_of_refund(OrderNumber::from(wish.order)),
            Wish::Coupon(wish) => t.approval_of_coupon(&wish.code),
            Wish::Price(wish) => t.approval_of_price(self.sku_code(wish.sku)),
            Wish::Stock(wish) => t.approval_of_stock(self.sku_code(wish.sku)),
            Wish::GiftCard(GiftCardWish::Issue { amount, .. }) => t.approval_of_new_card(amount),
            Wish::GiftCard(GiftCardWish::Adjust { amount, .. }) => t.approval_of_card(amount),
            Wish::Points(wish) => t.approval_of_points(format!("{:+}", wish.points)),
            Wish::Limits(_) => t.approval_of_limits().to_owned(),
            Wish::Rules(wish) => match wish.purpose {
                Purpose::Review => t.approval_of_rules(wish.number),
                Purpose::Carrier => t.approval_of_carrier_rules(wish.number),
                Purpose::Sourcing => t.approval_of_sourcing_rules(wish.number),
            },
        }
    }

    fn about_wish(&self, loaded: &Loaded) -> About {
        let title = self.title_of_wish(&loaded.asked.wish);
        let t = self.t();
        let plain =
            |facts| About { title: title.clone(), subject: None, facts, changes: Vec::new() };
        match &loaded.asked.wish {
            Wish::Refund(wish) => {
                let number = OrderNumber::from(wish.order).to_string();
                let href = order_href(&number);
                let facts = vec![(t.approval_amount().to_owned(), wish.amount.to_string())];
                About { subject: Some((number, href)), ..plain(facts) }
            }
            Wish::Coupon(wish) => {
                let now = loaded.coupon.as_ref();
                let href = coupon_href(wish.rule.id);
                let subject = now.map(|now| (now.coupon.code.clone(), href));
                let changes = self.coupon_changes(now, wish);
                About { subject, changes, ..plain(Vec::new()) }
            }
            Wish::Price(wish) => {
                let code = self.sku_code(wish.sku);
                let href = super::catalog::href_of(&code);
                let now = loaded.prices.as_ref().filter(|_| loaded.task.state.is_open());
                let changes = self.price_changes(now.unwrap_or(&wish.from), wish);
                About { subject: Some((code, href)), changes, ..plain(Vec::new()) }
            }
            Wish::Stock(wish) => {
                let code = self.sku_code(wish.sku);
                let href = format!("/console/stock/{}", super::catalog::segment(&code));
                About { subject: Some((code, href)), ..plain(self.stock_facts(wish)) }
            }
            Wish::GiftCard(wish) => plain(self.card_facts(wish, loaded.card.as_ref())),
            Wish::Points(wish) => {
                let customer = wish.customer.to_string();
                let href = super::promotions::points_of(wish.customer);
                let points = format!("{:+}", wish.points);
                let facts = vec![(t.points_points().to_owned(), points)];
                About { subject: Some((customer, href)), ..plain(facts) }
            }
            Wish::Limits(wish) => About { changes: self.limit_changes(wish), ..plain(Vec::new()) },
            Wish::Rules(wish) => {
                let version = |number| rules::name(number, t);
                let subject = (version(wish.number), super::admin::rules_href(wish.table));
                let changes = vec![(
                    t.rules_in_force().to_owned(),
                    version(wish.replaces),
                    version(wish.number),
                )];
                About { subject: Some(subject), changes, ..plain(Vec::new()) }
            }
        }
    }

    fn sku_code(&self, id: SkuId) -> String {
        let catalog = self.site.services().catalog();
        catalog.sku(id).map_or_else(|| id.to_string(), |sku| sku.code.clone())
    }

    fn location_code(&self, id: LocationId) -> String {
        let catalog = self.site.services().catalog();
        catalog.location(id).map_or_else(|| id.to_string(), |location| location.code.clone())
    }

    /// What is different, in words; of a new coupon all of it.
    fn coupon_changes(
        &self,
        now: Option<&coupon::Stored>,
        wish: &CouponWish,
    ) -> Vec<(String, String, String)> {
        let t = self.t();
        let yes_or_no = |is: bool| if is { t.approval_yes() } else { t.approval_no() }.to_owned();
        let count =
            |max: Option<u64>| max.map_or_else(|| t.approval_none().to_owned(), format::grouped);
        let words = |code: &str,
                     name: &ordermill_domain::text::Text,
                     rule: &ordermill_domain::pricing::Coupon,
                     is_active| {
            [
                code.to_owned(),
                name.zh.clone(),
                name.en.clone(),
                benefit(&rule.benefit, rule.min_spend, t),
                scope(&rule.scope, t),
                self.period(rule.valid_from, rule.valid_until),
                count(rule.uses_max),
                count(rule.uses_per_customer_max),
                yes_or_no(rule.first_order_only),
                match rule.stacking {
                    Stacking::Exclusive => t.approval_none().to_owned(),
                    Stacking::Group(group) => group.to_string(),
                },
                yes_or_no(is_active),
            ]
        };
        let names = [
            t.coupon_code(),
            t.sku_name_zh(),
            t.sku_name_en(),
            t.coupon_benefit(),
            t.coupon_scope(),
            t.coupons_valid(),
            t.coupon_uses_max(),
            t.coupon_uses_per_customer_max(),
            t.coupon_first_order_only(),
            t.coupon_stacking_group(),
            t.coupon_active(),
        ];
        let then = words(&wish.code, &wish.name, &wish.rule, wish.is_active);
        let now = now.map(|now| {
            let now = &now.coupon;
            words(&now.code, &now.name, &now.rule, now.is_active)
        });
        let changes = names.into_iter().zip(then).enumerate();
        changes
            .map(|(at, (name, then))| {
                let now = now.as_ref().map(|now| now[at].clone()).unwrap_or_default();
                (name.to_owned(), now, then)
            })
            .filter(|(_, now, then)| now != then)
            .collect()
    }

    fn price_changes(&self, now: &Prices, wish: &PriceWish) -> Vec<(String, String, String)> {
        let t = self.t();
        let own = wish.to.price.currency;
        let none = || t.approval_none().to_owned();
        let money = |minor: Option<i64>, currency| {
            minor.map_or_else(none, |minor| Money::new(minor, currency).to_string())
        };
        let mut changes =
            vec![(t.sku_price(own.code()), now.price.to_string(), wish.to.price.to_string())];
        let before = money(now.list_price_minor, own);
        changes.push((t.sku_list_price(own.code()), before, money(wish.to.list_price_minor, own)));
        for currency in ordermill_base::Currency::ALL {
            let of = |prices: &Prices| money(prices.others.get(&currency).copied(), currency);
            changes.push((t.sku_price(currency.code()), of(now), of(&wish.to)));
        }
        changes.retain(|(_, now, then)| now != then);
        changes
    }

    fn card_facts(
        &self,
        wish: &GiftCardWish,
        card: Option<&gift_card::Stored>,
    ) -> Vec<(String, String)> {
        let t = self.t();
        let amount = (t.approval_amount().to_owned(), wish.amount().to_string());
        match (wish, card) {
            (GiftCardWish::Issue { origin, .. }, _) => {
                let origin = gift_cards::origin(*origin, t).to_owned();
                vec![amount, (t.gift_card_origin().to_owned(), origin)]
            }
            (GiftCardWish::Adjust { .. }, None) => vec![amount],
            (GiftCardWish::Adjust { .. }, Some(card)) => {
                let ends = last_four(self.site.services().vault(), card);
                vec![
                    (t.gift_card_ends().to_owned(), format!("…{ends}")),
                    amount,
                    (t.gift_card_balance().to_owned(), card.card.balance().to_string()),
                ]
            }
        }
    }

    fn limit_changes(&self, wish: &LimitsWish) -> Vec<(String, String, String)> {
        let t = self.t();
        let words = |limits: &Limits| {
            let money = |minor| Money::new(minor, limits.currency).to_string();
            [
                money(limits.refund_minor),
                money(limits.coupon_minor),
                format!("{} %", limits.price_change_percent),
                format::grouped(limits.stock_pieces.unsigned_abs()),
                format::grouped(limits.points.unsigned_abs()),
            ]
        };
        let names = [
            t.settings_refund_limit(),
            t.settings_coupon_limit(),
            t.settings_price_limit(),
            t.settings_stock_limit(),
            t.settings_points_limit(),
        ];
        let both = words(&wish.from).into_iter().zip(words(&wish.to));
        names
            .into_iter()
            .zip(both)
            .map(|(name, (now, then))| (name.to_owned(), now, then))
            .filter(|(_, now, then)| now != then)
            .collect()
    }

    fn stock_facts(&self, wish: &StockWish) -> Vec<(String, String)> {
        let t = self.t();
        let mut facts = vec![(t.stock_location(), self.location_code(wish.at))];
        let (kind, quantity) = match &wish.booking {
            Booking::Receive(pieces) => {
                (states::movement(MovementKind::Receive, t), pieces.get().to_string())
            }
            Booking::Adjust(delta) if wish.is_count => {
                (states::movement(MovementKind::Count, t), format!("{delta:+}"))
            }
            Booking::Adjust(delta) => {
                (states::movement(MovementKind::Adjust, t), format!("{delta:+}"))
            }
            Booking::Count(counted) => {
                (states::movement(MovementKind::Count, t), counted.to_string())
            }
            Booking::Transfer(pieces, to, _) => {
                facts.push((t.stock_to(), self.location_code(*to)));
                (t.stock_transfer(), pieces.get().to_string())
            }
        };
        facts.extend([(t.stock_kind(), kind.to_owned()), (t.stock_quantity(), quantity)]);
        if let Some((lot, _)) = &wish.lot {
            facts.push((t.stock_lot(), lot.clone()));
        }
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

async fn show(desk: Desk, Path(id): Path<TaskId>) -> Result<Response, Trouble> {
    let loaded = load(&desk, id).await?;
    Ok(Page(page(&desk, &loaded, None, None)).into_response())
}

async fn do_approve(desk: Desk, Path(id): Path<TaskId>) -> Result<Response, Trouble> {
    let (t, loaded) = (desk.t(), load(&desk, id).await?);
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let vault = desk.site.services().vault().clone();
    let work = move |tx: &mut Tx<'_>| approve(tx, &vault, &principal, &act, id);
    match desk.site.services().database().write(work).await {
        Ok(asked) => {
            desk.site.services().payments().hurry();
            desk.site.services().catalog_changed().await;
            let to = match &asked.wish {
                // The order shows the money on its way.
                Wish::Refund(wish) => order_href(&OrderNumber::from(wish.order).to_string()),
                _ => href(&id.to_string()),
            };
            Ok(desk.done(&to, &Toast::new(t.approval_approved_toast())))
        }
        Err(error) => undecided(&desk, &loaded, error),
    }
}

/// The code of a card that was approved, shown to whoever asked for it.
async fn do_collect(desk: Desk, Path(id): Path<TaskId>) -> Result<Response, Trouble> {
    let loaded = load(&desk, id).await?;
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let vault = desk.site.services().vault().clone();
    let work = move |tx: &mut Tx<'_>| collect(tx, &vault, &principal, &act, id);
    match desk.site.services().database().write(work).await {
        Ok(card) => {
            let mut page = page(&desk, &loaded, None, None);
            page.fresh = Some((card.code.to_string(), card.balance));
            Ok(Page(page).into_response())
        }
        Err(error) => undecided(&desk, &loaded, error),
    }
}

async fn do_reject(
    desk: Desk,
    Path(id): Path<TaskId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, loaded, why) = (desk.t(), load(&desk, id).await?, pairs.one("reason"));
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(why.as_str()));
    let work = move |tx: &mut Tx<'_>| reject(tx, &principal, &act, id);
    match desk.site.services().database().write(work).await {
        Ok(asked) => {
            let is_own = asked.requested_by == desk.member.principal.actor();
            let told =
                if is_own { t.approval_withdrawn_toast() } else { t.approval_rejected_toast() };
            Ok(desk.done(&href(&id.to_string()), &Toast::new(told)))
        }
        Err(ApprovalError::NeedsReason) => {
            let page = page(&desk, &loaded, None, Some(&why));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => undecided(&desk, &loaded, error),
    }
}

/// Why it was not decided, on its page.
fn undecided(desk: &Desk, loaded: &Loaded, error: ApprovalError) -> Result<Response, Trouble> {
    let t = desk.t();
    let told = match error {
        ApprovalError::Forbidden(forbidden) => return Err(forbidden.into()),
        ApprovalError::Storage(error) => return Err(error.into()),
        ApprovalError::NotAwaited(_) => t.approval_decided(),
        ApprovalError::OwnRequest => t.approval_own(),
        ApprovalError::Changed => t.approval_changed(),
        ApprovalError::NeedsReason
        | ApprovalError::Refund(_)
        | ApprovalError::Edit(_)
        | ApprovalError::Stock(_)
        | ApprovalError::GiftCard(_)
        | ApprovalError::Points(_)
        | ApprovalError::NothingToCollect => t.approval_impossible(),
    };
    let page = page(desk, loaded, Some(told), None);
    Ok((StatusCode::CONFLICT, Page(page)).into_response())
}
