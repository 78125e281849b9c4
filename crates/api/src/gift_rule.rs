//! Gift rules: who gets which goods for nothing.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::catalog::Catalog;
use ordermill_app::gift::{self, ABOVE_LIMIT, SaveGiftsError};
use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::api_key::Scope as KeyScope;
use ordermill_domain::pricing::coupon::Scope;
use ordermill_domain::pricing::gift::{GiftRule, GiftRules};
use ordermill_domain::sku::Invalid;
use ordermill_storage::channel::{self, Channel};
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::TextView;
use crate::etag::{self, IfMatch, etag};
use crate::gate::Needs;
use crate::money::{AmountBody, MoneyView};
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of gift rules.
pub(crate) fn routes(routes: Routes) -> Routes {
    let rules = Needs::WholeKey(KeyScope::WriteRules);
    routes.get("/api/v1/gift-rules", rules, get_gift_rules).put(
        "/api/v1/gift-rules",
        rules,
        edit_gift_rules,
    )
}

/// Every gift rule.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = GiftRules)]
pub struct GiftRulesView {
    /// Each gives its gift at most once to an order, while stock lasts.
    pub rules: Vec<GiftRuleView>,
    /// Grows with every change; the value of `ETag`. 0: nobody has made one.
    pub version: i64,
}

/// Who gets which goods for nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = GiftRule)]
pub struct GiftRuleView {
    /// What lines of orders name it by.
    pub number: u32,
    /// What buyers read.
    pub name: TextView,
    /// The code of the SKU that is given.
    pub gift: String,
    /// How many pieces of it.
    pub pieces: i64,
    /// Codes of the categories whose goods count; all goods count if neither these nor SKUs are named.
    pub categories: Vec<String>,
    /// Codes of the SKUs that count.
    pub skus: Vec<String>,
    /// The least amount of goods that count, after discounts.
    pub min_spend: Option<MoneyView>,
    /// The least number of pieces that count.
    pub min_pieces: Option<i64>,
    /// From this moment on.
    #[schema(format = DateTime)]
    pub valid_from: Option<String>,
    /// Until just before this moment.
    #[schema(format = DateTime)]
    pub valid_until: Option<String>,
    /// Codes of the channels whose orders get it; of none: all.
    pub channels: Vec<String>,
    /// Whether it is in use.
    pub is_active: bool,
}

/// All gift rules as they are to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GiftRulesEdit)]
pub struct GiftRulesBody {
    /// Those that are not named are gone.
    #[schema(max_items = 50)]
    pub rules: Vec<GiftRuleBody>,
}

/// Who is to get which goods for nothing.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GiftRuleEdit)]
pub struct GiftRuleBody {
    /// What lines of orders name it by; it stays with the rule.
    #[schema(minimum = 1)]
    pub number: u32,
    /// What buyers read.
    pub name: TextView,
    /// The code of the SKU that is given.
    #[schema(max_length = 64, example = "TOTE-CANVAS")]
    pub gift: String,
    /// How many pieces of it.
    #[schema(minimum = 1, maximum = 100, example = 1)]
    pub pieces: i64,
    /// Codes of the categories whose goods count; all goods count if neither these nor SKUs are named.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub categories: Vec<String>,
    /// Codes of the SKUs that count; either these or categories.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub skus: Vec<String>,
    /// The least amount of goods that count, after discounts.
    pub min_spend: Option<AmountBody>,
    /// The least number of pieces that count.
    #[schema(minimum = 1)]
    pub min_pieces: Option<i64>,
    /// From this moment on.
    #[schema(format = DateTime, max_length = 40, example = "2026-11-01T00:00:00+08:00")]
    pub valid_from: Option<String>,
    /// Until just before this moment.
    #[schema(format = DateTime, max_length = 40, example = "2026-12-01T00:00:00+08:00")]
    pub valid_until: Option<String>,
    /// Codes of the channels whose orders get it; of none: all.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub channels: Vec<String>,
    /// Whether it is in use.
    pub is_active: bool,
}

impl GiftRulesView {
    fn of(rules: &GiftRules, version: i64, catalog: &Catalog, channels: &[Channel]) -> Self {
        let rules = rules.0.iter().map(|rule| GiftRuleView::of(rule, catalog, channels));
        Self { rules: rules.collect(), version }
    }
}

impl GiftRuleView {
    fn of(rule: &GiftRule, catalog: &Catalog, channels: &[Channel]) -> Self {
        let sku = |id| catalog.sku(id).map(|sku| sku.code.clone());
        let category = |id| catalog.category(id).map(|category| category.code.clone());
        let (categories, skus): (Vec<String>, Vec<String>) = match &rule.scope {
            Scope::All => (Vec::new(), Vec::new()),
            Scope::Categories(ids) => {
                (ids.iter().filter_map(|id| category(*id)).collect(), Vec::new())
            }
            Scope::Skus(ids) => (Vec::new(), ids.iter().filter_map(|id| sku(*id)).collect()),
        };
        let of_channels = channels.iter().filter(|it| rule.channels.contains(&it.id));
        Self {
            number: rule.number,
            name: TextView::from(&rule.name),
            gift: sku(rule.gift).unwrap_or_default(),
            pieces: rule.pieces.get(),
            categories,
            skus,
            min_spend: rule.min_spend.map(MoneyView::from),
            min_pieces: rule.min_pieces.map(Quantity::get),
            valid_from: rule.valid_from.map(|at| at.to_string()),
            valid_until: rule.valid_until.map(|at| at.to_string()),
            channels: of_channels.map(|channel| channel.code.clone()).collect(),
            is_active: rule.is_active,
        }
    }
}

/// Codes that one rule names at most.
const CODES_MAX: usize = 200;

/// Reads rules field by field, and keeps what is wrong with them.
struct Reading<'a> {
    catalog: &'a Catalog,
    channels: &'a [Channel],
    errors: Vec<FieldError>,
}

impl Reading<'_> {
    fn wrong(&mut self, field: String, code: &str, detail: &str) {
        self.errors.push(FieldError::new(field, code, detail));
    }

    /// What codes name; those that name nothing are wrong.
    fn named<I: Ord>(
        &mut self,
        codes: &[String],
        at: &str,
        find: impl Fn(&Self, &str) -> Option<I>,
    ) -> BTreeSet<I> {
        if codes.len() > CODES_MAX {
            self.wrong(at.to_owned(), "out_of_range", "at most 200");
            return BTreeSet::new();
        }
        let mut named = BTreeSet::new();
        for (number, code) in codes.iter().enumerate() {
            match find(self, code) {
                Some(id) => drop(named.insert(id)),
                None => self.wrong(format!("{at}/{number}"), "unknown", "nothing has this code"),
            }
        }
        named
    }

    fn quantity(&mut self, pieces: i64, at: String) -> Option<Quantity> {
        let quantity = Quantity::new(pieces).ok();
        if quantity.is_none() {
            self.wrong(at, "out_of_range", "a whole number from 1");
        }
        quantity
    }

    fn moment(&mut self, text: Option<&str>, at: String) -> Option<Timestamp> {
        let moment = text.map(str::parse::<Timestamp>)?.ok();
        if moment.is_none() {
            self.wrong(at, "format", "expected a moment of RFC 3339");
        }
        moment
    }

    fn scope(&mut self, body: &GiftRuleBody, at: &str) -> Scope {
        let categories = self.named(&body.categories, &format!("{at}/categories"), |it, code| {
            it.catalog.category_by_code(code).map(|category| category.id)
        });
        let skus = self.named(&body.skus, &format!("{at}/skus"), |it, code| {
            it.catalog.by_code(code).map(|sku| sku.id)
        });
        match (body.categories.is_empty(), body.skus.is_empty()) {
            (true, true) => Scope::All,
            (false, true) => Scope::Categories(categories),
            (true, false) => Scope::Skus(skus),
            (false, false) => {
                self.wrong(format!("{at}/skus"), "mismatch", "either categories or SKUs");
                Scope::Skus(skus)
            }
        }
    }

    /// None if something is wrong that leaves no rule.
    fn rule(&mut self, body: &GiftRuleBody, at: &str) -> Option<GiftRule> {
        let scope = self.scope(body, at);
        let gift = self.catalog.by_code(&body.gift).map(|sku| sku.id);
        if gift.is_none() {
            self.wrong(format!("{at}/gift"), "unknown", "no SKU has this code");
        }
        let pieces = self.quantity(body.pieces, format!("{at}/pieces"));
        let least = body.min_pieces;
        let min_pieces = least.and_then(|it| self.quantity(it, format!("{at}/min_pieces")));
        let spend = body.min_spend.as_ref().map(|it| it.read(&format!("{at}/min_spend")));
        let min_spend = spend.transpose().unwrap_or_else(|error| {
            self.errors.push(error);
            None
        });
        let channels = self.named(&body.channels, &format!("{at}/channels"), |it, code| {
            it.channels.iter().find(|channel| channel.code == code).map(|channel| channel.id)
        });
        let from = self.moment(body.valid_from.as_deref(), format!("{at}/valid_from"));
        let until = self.moment(body.valid_until.as_deref(), format!("{at}/valid_until"));
        Some(GiftRule {
            number: body.number,
            name: body.name.clone().into(),
            gift: gift?,
            pieces: pieces?,
            scope,
            min_spend,
            min_pieces,
            valid_from: from,
            valid_until: until,
            channels,
            is_active: body.is_active,
        })
    }
}

fn wanted(
    body: &GiftRulesBody,
    catalog: &Catalog,
    channels: &[Channel],
) -> Result<GiftRules, Vec<FieldError>> {
    let mut reading = Reading { catalog, channels, errors: Vec::new() };
    let rules = body.rules.iter().enumerate();
    let rules: Vec<GiftRule> = rules
        .filter_map(|(number, rule)| reading.rule(rule, &format!("/rules/{number}")))
        .collect();
    if reading.errors.is_empty() { Ok(GiftRules(rules)) } else { Err(reading.errors) }
}

/// Read the gift rules.
#[utoipa::path(
    get, path = "/api/v1/gift-rules", tag = "rules", operation_id = "get_gift_rules",
    responses((status = 200, description = "They; their version is in ETag.", body = GiftRulesView)),
)]
pub async fn get_gift_rules(State(services): State<Services>) -> Result<Response, Problem> {
    let read = |tx: &mut Tx<'_>| Ok::<_, Error>((gift::read(tx)?, channel::list(tx)?));
    let ((rules, version), channels) = services.database().read(read).await?;
    Ok(shown(&services, &rules, version, &channels))
}

fn shown(services: &Services, rules: &GiftRules, version: i64, channels: &[Channel]) -> Response {
    let view = GiftRulesView::of(rules, version, &services.catalog(), channels);
    ([etag(version)], Json(view)).into_response()
}

/// Change the gift rules.
///
/// All of them at once. Orders that come in from now on go by them; orders that have a gift keep it.
#[utoipa::path(
    put, path = "/api/v1/gift-rules", tag = "rules", operation_id = "edit_gift_rules",
    params(("If-Match" = String, Header, description = "The ETag that was read.", example = "\"0\"")),
    request_body = GiftRulesBody,
    responses((status = 200, description = "As they are now.", body = GiftRulesView)),
)]
pub async fn edit_gift_rules(
    State(services): State<Services>,
    caller: Caller,
    IfMatch(version): IfMatch,
    body: JsonBody<GiftRulesBody>,
) -> Result<Response, Problem> {
    let channels = services.database().read(|tx: &mut Tx<'_>| channel::list(tx)).await?;
    let wanted = wanted(&body.value, &services.catalog(), &channels).map_err(Problem::invalid)?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let change = move |tx: &mut Tx<'_>| {
        let version = gift::save(tx, &principal, &act, &wanted, version)?;
        Ok::<_, SaveGiftsError>((gift::read(tx)?.0, version))
    };
    let (rules, version) = services.database().write(change).await.map_err(refused)?;
    services.catalog_changed().await;
    Ok(shown(&services, &rules, version, &channels))
}

// No `_` arm: a new kind of failure is given its status here.
fn refused(error: SaveGiftsError) -> Problem {
    match error {
        SaveGiftsError::Forbidden(_) => Problem::new(StatusCode::FORBIDDEN, "forbidden", &error),
        SaveGiftsError::Invalid(wrong) => {
            Problem::invalid(wrong.into_iter().map(|(at, it)| field_error(at, it)).collect())
        }
        SaveGiftsError::Stale(_) | SaveGiftsError::Storage(Error::Stale(_)) => etag::changed(error),
        SaveGiftsError::Storage(error) => error.into(),
    }
}

/// What the rules say about a rule, at the field of the body.
fn field_error(at: Option<usize>, Invalid { field, expected }: Invalid) -> FieldError {
    let field = match field {
        "scope_codes" => "skus",
        "min_spend" => "min_spend/amount",
        same => same,
    };
    let field = at.map_or_else(|| format!("/{field}"), |at| format!("/rules/{at}/{field}"));
    let code = if expected == ABOVE_LIMIT { "above_limit" } else { "out_of_range" };
    FieldError::new(field, code, format!("expected {expected}"))
}
