//! Pieces of an order that nobody has: the buyer is asked, or they are given up.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::choice::{AskError, ask};
use ordermill_app::order::give_up::{GiveUpError, give_up_by_hand};
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::choice::{Answer, Choice};
use ordermill_storage::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::own;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::money::MoneyView;
use crate::params::{PathText, PathTexts, not_found};
use crate::problem::Problem;

/// A question to a buyer about missing pieces of a line, and what came of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Choice)]
pub struct ChoiceView {
    /// Its key.
    #[schema(example = "chc_01k2ey4xh0000")]
    pub id: String,
    /// Which line of the order.
    pub line_no: u16,
    /// How many pieces are missing.
    #[schema(minimum = 1)]
    pub pieces: i64,
    /// The day on which more is expected; null if nobody knows.
    #[schema(format = Date)]
    pub expected_on: Option<String>,
    /// Until when an answer counts.
    #[schema(format = DateTime)]
    pub answer_by: String,
    /// `asked`, `answered`, `lapsed` or `moot`.
    pub state: &'static str,
    /// `refund`, `wait`, `call` or `substitute`; null unless they have answered.
    pub answer: Option<&'static str>,
    /// The SKU that they took in place of the pieces; null unless they did.
    pub substitute_sku_id: Option<String>,
    /// When it was asked.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// When it was over.
    #[schema(format = DateTime)]
    pub closed_at: Option<String>,
}

impl From<Choice> for ChoiceView {
    fn from(choice: Choice) -> Self {
        let facts = choice.facts();
        Self {
            id: facts.id.to_string(),
            line_no: facts.question.line_no,
            pieces: facts.question.pieces.get(),
            expected_on: facts.question.expected_on.map(|day| day.to_string()),
            answer_by: facts.question.answer_by.to_string(),
            state: facts.state.code(),
            answer: facts.answer.map(|answer| answer.kind().code()),
            substitute_sku_id: facts.answer.and_then(Answer::substitute).map(|sku| sku.to_string()),
            asked_at: facts.asked_at.to_string(),
            closed_at: facts.closed_at.map(|at| at.to_string()),
        }
    }
}

/// All questions about one order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Choices {
    /// The newest first, at most 100.
    pub choices: Vec<ChoiceView>,
}

/// List what the buyer of an order was asked about missing pieces.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/choices", tag = "orders", operation_id = "list_choices",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses((status = 200, description = "The questions.", body = Choices)),
)]
pub async fn list_choices(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<Choices>, Problem> {
    let order = own(&services, &caller, &order_id).await?;
    let read = move |tx: &mut Tx<'_>| ordermill_storage::choice::of(tx, order);
    let found = services.database().read(read).await?;
    Ok(Json(Choices { choices: found.into_iter().map(ChoiceView::from).collect() }))
}

/// Ask the buyer about missing pieces.
///
/// They get a message with a link, where they take their money back or something else that is there, wait, or
/// ask for a call. The first answer is carried out at once. Without one in time, service gets a task.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/lines/{line_no}/ask-buyer", tag = "orders", operation_id = "ask_buyer",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("line_no" = u16, Path, description = "Which line of the order, from 1.", example = 1),
    ),
    responses(
        (status = 201, description = "The buyer is asked.", body = ChoiceView),
        (status = 409, description = "No piece of the line waits for stock, the buyer is asked already, or the channel talks to its buyers itself.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn ask_buyer(
    State(services): State<Services>,
    caller: Caller,
    PathTexts(order_id, line_no): PathTexts,
) -> Result<Response, Problem> {
    caller.require(Scope::WritePayments)?;
    let line_no: u16 = line_no.parse().map_err(|_| not_found("line"))?;
    let order = own(&services, &caller, &order_id).await?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let write = move |tx: &mut Tx<'_>| ask(tx, &principal, &act, order, line_no);
    let choice = services.database().write(write).await?;
    Ok((StatusCode::CREATED, Json(ChoiceView::from(choice))).into_response())
}

/// Why pieces are given up.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveUpBody {
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// What giving up has led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GivenUp {
    /// What goes back to the buyer.
    pub refunded: MoneyView,
    /// Nothing else was in the order: it is canceled.
    pub is_canceled: bool,
}

/// Give up the pieces of a line that wait for stock.
///
/// They are not sent, their share of the money goes back, and everything else goes on. An order of nothing
/// else is canceled.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/lines/{line_no}/give-up", tag = "orders", operation_id = "give_up_pieces",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("line_no" = u16, Path, description = "Which line of the order, from 1.", example = 1),
    ),
    request_body = GiveUpBody,
    responses(
        (status = 200, description = "They are given up.", body = GivenUp),
        (status = 409, description = "No piece of the line waits for stock, it is more than one may send back alone, or the order is paid at the door.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn give_up_pieces(
    State(services): State<Services>,
    caller: Caller,
    PathTexts(order_id, line_no): PathTexts,
    body: JsonBody<GiveUpBody>,
) -> Result<Json<GivenUp>, Problem> {
    caller.require(Scope::WritePayments)?;
    let line_no: u16 = line_no.parse().map_err(|_| not_found("line"))?;
    let reason = crate::body::reason(body.value.reason)?;
    let order = own(&services, &caller, &order_id).await?;
    let act = Act { reason: Some(reason), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let write = move |tx: &mut Tx<'_>| give_up_by_hand(tx, &principal, &act, order, line_no);
    let given_up = services.database().write(write).await?;
    services.payments().hurry();
    let refunded = MoneyView::from(given_up.refunded);
    Ok(Json(GivenUp { refunded, is_canceled: given_up.is_canceled }))
}

// No `_` arm: a new kind of failure is given its status here.
impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            AskError::NothingMissing(_) => {
                Self::new(StatusCode::CONFLICT, "nothing_missing", &error)
            }
            AskError::AskedAlready(_) => Self::new(StatusCode::CONFLICT, "asked_already", &error),
            AskError::NotOurs => Self::new(StatusCode::CONFLICT, "buyer_of_channel", &error),
            AskError::File(error) => error.into(),
        }
    }
}

impl From<GiveUpError> for Problem {
    fn from(error: GiveUpError) -> Self {
        match error {
            GiveUpError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            GiveUpError::AboveLimit { .. } => {
                Self::new(StatusCode::CONFLICT, "above_limit", &error)
            }
            GiveUpError::NothingMissing(_) => {
                Self::new(StatusCode::CONFLICT, "nothing_missing", &error)
            }
            GiveUpError::PaidAtTheDoor => {
                Self::new(StatusCode::CONFLICT, "paid_at_the_door", &error)
            }
            GiveUpError::File(error) => error.into(),
            GiveUpError::Refund(error) => Self::internal(&error),
        }
    }
}
