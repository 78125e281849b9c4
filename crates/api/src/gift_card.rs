//! Gift cards: issuing them, what is on them, and setting them right.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::approval::{Decision, collect, decide_once};
use ordermill_app::gift_card::{
    GiftCardCommandError, IssuedCard, ProposeGiftCardError, TryCodesError, issued, last_four,
    propose_adjustment, propose_card,
};
use ordermill_app::once::OnceError;
use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::gift_card::Origin;
use ordermill_domain::ids::{GiftCardId, TaskId};
use ordermill_storage::gift_card::{self as stored, Line, Stored};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::approval::{self, ApprovalView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, answer, decided};
use crate::gate::Needs;
use crate::idempotency::key_of;
use crate::limits::too_many;
use crate::money::{AmountBody, MoneyView};
use crate::params::{Page, Params, PathId, limit, not_found};
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of gift cards.
pub(crate) fn routes(routes: Routes) -> Routes {
    let write = Needs::WholeKey(Scope::WriteCatalog);
    routes
        .post("/api/v1/gift-cards", write, issue_gift_card)
        .post("/api/v1/gift-cards/find", Needs::Key(Scope::WriteOrders), find_gift_card)
        .get("/api/v1/gift-cards/{gift_card_id}", write, get_gift_card)
        .get("/api/v1/gift-cards/{gift_card_id}/movements", write, list_gift_card_movements)
        .post("/api/v1/gift-cards/{gift_card_id}/adjustments", write, adjust_gift_card)
        .post("/api/v1/approvals/{approval_id}/collect", write, collect_gift_card)
}

/// A gift card. Its code is told once, when it is issued.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = GiftCard)]
pub struct GiftCardView {
    /// Its key.
    #[schema(example = "gft_01k2ey4xh0000")]
    pub id: String,
    /// The last four letters of the code.
    #[schema(example = "4679")]
    pub last_four: String,
    /// What is on it.
    pub balance: MoneyView,
    /// When it was issued.
    #[schema(format = DateTime)]
    pub issued_at: String,
}

/// A gift card that was issued, with its code.
#[derive(Clone, Serialize, ToSchema)]
pub struct IssuedGiftCard {
    /// Its key.
    #[schema(example = "gft_01k2ey4xh0000")]
    pub id: String,
    /// What its owner types. Whoever has it can spend the card.
    #[schema(example = "ACDE-4679-HJKL-MNPQ")]
    pub code: String,
}

/// A gift card to be issued.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGiftCard {
    /// What is on it.
    pub amount: AmountBody,
    /// Where that money comes from.
    pub origin: OriginBody,
}

/// Where the money on a card comes from.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GiftCardOrigin)]
pub enum OriginBody {
    /// A buyer has paid for it.
    Sold,
    /// The shop gives it away.
    Granted,
}

/// The code of a card, as its owner types it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiftCardCode {
    /// The code; blanks, dashes and letter case do not matter.
    #[schema(min_length = 8, max_length = 60)]
    pub code: String,
}

/// A balance to be set right.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiftCardAdjustment {
    /// What comes onto the card, in its currency; with a minus, what goes.
    #[schema(example = "-12.50", max_length = 24)]
    pub amount: String,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Why a balance is what it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = GiftCardMovement)]
pub struct MovementView {
    /// Its number on the card, from 1.
    pub sequence: i64,
    /// `issued`, `spent`, `given_back` or `adjusted`.
    pub kind: String,
    /// What came, or went with a minus.
    pub amount: MoneyView,
    /// For which order.
    pub order_id: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Which page of a list of numbered movements.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MovementsQuery {
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 20)]
    pub cursor: Option<String>,
    /// Movements on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i64>,
}

impl MovementsQuery {
    /// The number behind which the page starts.
    pub(crate) fn number(&self) -> Result<Option<i64>, Problem> {
        let malformed = |_| {
            let detail = "use the cursor of the page before, unchanged";
            Problem::new(StatusCode::BAD_REQUEST, "cursor_malformed", detail)
        };
        self.cursor.as_deref().map(str::parse).transpose().map_err(malformed)
    }
}

fn view(services: &Services, stored: &Stored) -> GiftCardView {
    let facts = stored.card.facts();
    GiftCardView {
        id: facts.id.to_string(),
        last_four: last_four(services.vault(), stored),
        balance: facts.balance.into(),
        issued_at: facts.issued_at.to_string(),
    }
}

impl From<IssuedCard> for IssuedGiftCard {
    fn from(card: IssuedCard) -> Self {
        Self { id: card.id.to_string(), code: card.code.to_string() }
    }
}

/// Issue a gift card.
///
/// The answer has the code, also to a repeat with the same Idempotency-Key; nobody is told of it again.
/// More than the shop's limit waits until somebody else approves it; then whoever asked collects the code.
#[utoipa::path(
    post, path = "/api/v1/gift-cards", tag = "gift cards", operation_id = "issue_gift_card",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = NewGiftCard,
    responses(
        (status = 201, description = "It is there.", body = IssuedGiftCard),
        (status = 202, description = "It is more than one may decide alone and waits for a second one.", body = ApprovalView),
    ),
)]
pub async fn issue_gift_card(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<NewGiftCard>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /gift-cards", body.digest)?;
    let amount = body.value.amount.read("/amount").map_err(|it| Problem::invalid(vec![it]))?;
    if amount.minor <= 0 {
        let wrong = FieldError::new("/amount/amount", "out_of_range", "more than nothing");
        return Err(Problem::invalid(vec![wrong]));
    }
    let origin = match body.value.origin {
        OriginBody::Sold => Origin::Sold,
        OriginBody::Granted => Origin::Granted,
    };
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let vault = services.vault().clone();
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        let made = decide_once(tx, &key, act.at, |tx| {
            propose_card(tx, &vault, &principal, &act, amount, origin)
        })?;
        let card = match made.decision {
            Decision::Done(id) => issued(tx, &vault, id)?,
            Decision::AwaitsApproval(_) => None,
        };
        Ok::<_, OnceError<ProposeGiftCardError>>((made, card))
    };
    let (made, card) = services.database().write(make).await?;
    match (made.decision, card) {
        (Decision::AwaitsApproval(task), _) => {
            Ok(answer(approval::awaited(&services, task).await?, made.is_replay))
        }
        (Decision::Done(id), Some(card)) => {
            let location = [(header::LOCATION, format!("/api/v1/gift-cards/{id}"))];
            let body = Json(IssuedGiftCard::from(card));
            Ok(answer((StatusCode::CREATED, location, body), made.is_replay))
        }
        (Decision::Done(_), None) => Err(not_found("gift card")),
    }
}

/// Collect the code of a gift card that was approved.
///
/// For whoever asked for the card, and for nobody else; each time stands in the journal.
#[utoipa::path(
    post, path = "/api/v1/approvals/{approval_id}/collect", tag = "gift cards", operation_id = "collect_gift_card",
    params(("approval_id" = String, Path, description = "Its id.", example = "tsk_01k2ey4xh0000")),
    responses(
        (status = 200, description = "The card with its code.", body = IssuedGiftCard),
        (status = 404, description = "No such request, not approved, or somebody else's.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn collect_gift_card(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<TaskId>,
) -> Result<Json<IssuedGiftCard>, Problem> {
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let vault = services.vault().clone();
    let work = move |tx: &mut ordermill_storage::Tx<'_>| collect(tx, &vault, &principal, &act, id);
    Ok(Json(services.database().write(work).await?.into()))
}

/// Find a gift card by its code.
///
/// For whoever is to pay with it. A key that tries codes that do not exist has to wait, longer every
/// time.
#[utoipa::path(
    post, path = "/api/v1/gift-cards/find", tag = "gift cards", operation_id = "find_gift_card",
    request_body = GiftCardCode,
    responses(
        (status = 200, description = "It.", body = GiftCardView),
        (status = 404, description = "No card has this code.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn find_gift_card(
    State(services): State<Services>,
    caller: Caller,
    body: JsonBody<GiftCardCode>,
) -> Result<Json<GiftCardView>, Problem> {
    let found = services.gift_card_of(&caller.act(&services), body.value.code).await?;
    let found = found.ok_or_else(|| not_found("gift card"))?;
    Ok(Json(view(&services, &found)))
}

/// Read a gift card.
#[utoipa::path(
    get, path = "/api/v1/gift-cards/{gift_card_id}", tag = "gift cards", operation_id = "get_gift_card",
    params(("gift_card_id" = String, Path, description = "Its id.", example = "gft_01k2ey4xh0000")),
    responses((status = 200, description = "It.", body = GiftCardView)),
)]
pub async fn get_gift_card(
    State(services): State<Services>,
    PathId(id): PathId<GiftCardId>,
) -> Result<Json<GiftCardView>, Problem> {
    let found = services.database().read(move |tx| stored::fetch(tx, id)).await?;
    found.map(|it| Json(view(&services, &it))).ok_or_else(|| not_found("gift card"))
}

/// List the movements of a gift card.
///
/// Oldest first; together they are its balance.
#[utoipa::path(
    get, path = "/api/v1/gift-cards/{gift_card_id}/movements", tag = "gift cards", operation_id = "list_gift_card_movements",
    params(
        ("gift_card_id" = String, Path, description = "Its id.", example = "gft_01k2ey4xh0000"),
        MovementsQuery,
    ),
    responses((status = 200, description = "A page.", body = Page<MovementView>)),
)]
pub async fn list_gift_card_movements(
    State(services): State<Services>,
    PathId(id): PathId<GiftCardId>,
    Params(query): Params<MovementsQuery>,
) -> Result<Json<Page<MovementView>>, Problem> {
    let (limit, after) = (limit(query.limit)?, query.number()?.unwrap_or(0));
    let read = move |tx: &mut ordermill_storage::Tx<'_>| {
        let card = stored::fetch(tx, id)?;
        let lines = stored::movements(tx, id, after, limit + 1)?;
        Ok::<_, ordermill_storage::Error>(card.map(|card| (card, lines)))
    };
    let (card, lines) =
        services.database().snapshot(read).await?.ok_or_else(|| not_found("gift card"))?;
    let currency = card.card.balance().currency;
    let view = |line: Line| MovementView {
        sequence: line.sequence,
        kind: line.movement.code().to_owned(),
        amount: MoneyView::of(line.amount_minor, currency),
        order_id: line.order.map(|order| order.to_string()),
        at: line.at.to_string(),
    };
    Ok(Json(Page::of(lines, limit, |last| last.sequence.to_string(), view)))
}

/// Set the balance of a gift card right.
///
/// By more than the shop's limit it waits until somebody else approves it.
#[utoipa::path(
    post, path = "/api/v1/gift-cards/{gift_card_id}/adjustments", tag = "gift cards", operation_id = "adjust_gift_card",
    params(
        ("gift_card_id" = String, Path, description = "Its id.", example = "gft_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    request_body = GiftCardAdjustment,
    responses(
        (status = 201, description = "It is set right; Location is the card.", body = Created),
        (status = 202, description = "It is more than one may decide alone and waits for a second one.", body = ApprovalView),
        (status = 409, description = "Less is on it than is to go.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn adjust_gift_card(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<GiftCardId>,
    headers: HeaderMap,
    body: JsonBody<GiftCardAdjustment>,
) -> Result<Response, Problem> {
    let place = format!("POST /gift-cards/{id}/adjustments");
    let key = key_of(&headers, &caller, &place, body.digest)?;
    let GiftCardAdjustment { amount, reason } = body.value;
    let reason = crate::body::reason(reason)?;
    let card = services.database().read(move |tx| stored::fetch(tx, id)).await?;
    let card = card.ok_or_else(|| not_found("gift card"))?;
    let delta = signed("/amount", &amount, card.card.balance())?;
    let (principal, vault) = (caller.principal().clone(), services.vault().clone());
    let act = Act { reason: Some(reason), ..caller.act(&services) };
    let work = move |tx: &mut ordermill_storage::Tx<'_>| {
        decide_once(tx, &key, act.at, |tx| {
            propose_adjustment(tx, &vault, &principal, &act, id, delta)
        })
    };
    let made = services.database().write(work).await?;
    decided(&services, "/api/v1/gift-cards", made).await
}

/// An amount that may be negative, and is not nothing.
fn signed(at: &str, text: &str, like: Money) -> Result<Money, Problem> {
    let wrong = |detail: String| Problem::invalid(vec![FieldError::new(at, "invalid", detail)]);
    let amount = Money::parse(text.trim(), like.currency);
    let amount = amount.map_err(|error| wrong(error.to_string()))?;
    if amount.is_zero() {
        Err(wrong("an amount that is not nothing".to_owned()))
    } else {
        Ok(amount)
    }
}

/// Refuses a key that tries codes of gift cards.
pub(crate) async fn check_tries(
    services: &Services,
    caller: &Caller,
    codes: &[String],
) -> Result<(), Problem> {
    Ok(services.try_gift_cards(&caller.act(services), codes).await.map(drop)?)
}

impl From<TryCodesError> for Problem {
    fn from(error: TryCodesError) -> Self {
        match error {
            TryCodesError::Wait(wait) => {
                let seconds = u32::try_from(wait.as_seconds() + 1).unwrap_or(60);
                let detail = "too many codes that are no gift card's";
                too_many("too_many_tries", detail, seconds)
            }
            TryCodesError::Storage(error) => error.into(),
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ProposeGiftCardError> for Problem {
    fn from(error: ProposeGiftCardError) -> Self {
        use ProposeGiftCardError as E;
        match error {
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::AnotherWaits(_) => Self::new(StatusCode::CONFLICT, "approval_awaited", &error),
            E::Command(error) => error.into(),
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<GiftCardCommandError> for Problem {
    fn from(error: GiftCardCommandError) -> Self {
        use GiftCardCommandError as E;
        match error {
            E::NotFound(_) => not_found("gift card"),
            E::CodeTaken | E::Code | E::Books(_) => Self::internal(&error),
            E::Refused(refused) => {
                use ordermill_domain::gift_card::GiftCardError as R;
                match refused {
                    R::NotEnough { .. } => {
                        Self::new(StatusCode::CONFLICT, "balance_too_small", refused)
                    }
                    R::Amount(_) => {
                        let detail = refused.to_string();
                        Self::invalid(vec![FieldError::new("/amount", "out_of_range", detail)])
                    }
                }
            }
            E::Storage(error) => error.into(),
        }
    }
}
