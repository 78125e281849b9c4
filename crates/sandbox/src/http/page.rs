//! The buyer's page: what is paid, to whom, and three buttons. Works without scripts.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State as Axum};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::ApiError;
use super::api::under_faults;
use super::reading::html;
use crate::Sandbox;
use crate::books::{Payment, State};
use crate::fault::Call;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new().route("/pay/{reference}", get(show).post(submit))
}

#[derive(Template)]
#[template(path = "pay.html")]
struct PayPage<'a> {
    lang: Lang,
    words: &'static Words,
    merchant: &'a str,
    order_number: &'a str,
    description: &'a str,
    amount: String,
    is_open: bool,
    outcome: &'static str,
    reason: &'a str,
    return_url: &'a str,
    action: String,
}

/// The two languages of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    Zh,
    En,
}

impl Lang {
    /// What the address says, else the first of the browser's languages that we have.
    pub(super) fn of(asked: Option<&str>, headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
        let mut wishes = asked.into_iter().chain(accepted.unwrap_or_default().split(','));
        wishes.find_map(|wish| Self::parse(wish.trim())).unwrap_or(Self::En)
    }

    fn parse(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    const fn words(self) -> &'static Words {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }
}

struct Words {
    title: &'static str,
    sandbox: &'static str,
    order: &'static str,
    purpose: &'static str,
    pay: &'static str,
    decline: &'static str,
    cancel: &'static str,
    back: &'static str,
    captured: &'static str,
    failed: &'static str,
    expired: &'static str,
    voided: &'static str,
}

const ZH: Words = Words {
    title: "收银台",
    sandbox: "模拟支付，不会扣款",
    order: "订单号",
    purpose: "商品",
    pay: "确认支付",
    decline: "模拟拒付",
    cancel: "取消，返回商店",
    back: "返回商店",
    captured: "支付成功",
    failed: "支付失败",
    expired: "支付已超时",
    voided: "商家已关闭此支付",
};

const EN: Words = Words {
    title: "Checkout",
    sandbox: "Sandbox: no money moves",
    order: "Order",
    purpose: "For",
    pay: "Pay",
    decline: "Decline",
    cancel: "Cancel and return to the shop",
    back: "Return to the shop",
    captured: "Paid",
    failed: "Payment failed",
    expired: "The time to pay is over",
    voided: "The merchant has closed this payment",
};

#[derive(Debug, Deserialize)]
struct PageQuery {
    lang: Option<String>,
}

async fn show(
    Axum(sandbox): Axum<Sandbox>,
    Path(reference): Path<String>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let payment = sandbox.by_reference(&reference)?;
    let lang = Lang::of(query.lang.as_deref(), &headers);
    page(&sandbox, &payment, lang)
}

fn page(sandbox: &Sandbox, payment: &Payment, lang: Lang) -> Result<Response, ApiError> {
    let words = lang.words();
    let (outcome, reason) = match &payment.state {
        State::Open => ("", ""),
        State::Captured { .. } => (words.captured, ""),
        State::Failed { reason } => (words.failed, reason.as_str()),
        State::Expired => (words.expired, ""),
        State::Voided => (words.voided, ""),
    };
    let opening = &payment.opening;
    let page = PayPage {
        lang,
        words,
        merchant: &sandbox.config().merchant,
        order_number: &opening.order_number,
        description: &opening.description,
        amount: opening.amount.to_string(),
        is_open: payment.state == State::Open,
        outcome,
        reason,
        return_url: &opening.return_url,
        action: format!("/pay/{}?lang={}", payment.reference, lang.tag()),
    };
    // The browser checks the redirect after the form against this list, too.
    html(&page, &origin(&opening.return_url))
}

#[derive(Debug, Deserialize)]
struct Choice {
    action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Pay,
    Decline,
    Cancel,
}

async fn submit(
    Axum(sandbox): Axum<Sandbox>,
    Path(reference): Path<String>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Result<Response, ApiError> {
    let payment = sandbox.by_reference(&reference)?;
    let lang = Lang::of(query.lang.as_deref(), &headers);
    let id = &payment.opening.payment_id;
    if choice.action == Action::Cancel {
        return Ok(back_to_shop(&payment, "canceled"));
    }
    if choice.action == Action::Decline {
        return match sandbox.decline(id, "declined by the buyer's bank") {
            Ok(payment) => Ok(back_to_shop(&payment, "failed")),
            // Paid, expired or voided meanwhile: the page says which.
            Err(_) => page(&sandbox, &sandbox.by_reference(&reference)?, lang),
        };
    }
    Ok(under_faults(&sandbox, Call::Pay, id, None, |declined| {
        let done = match declined {
            true => sandbox.decline(id, "declined by the buyer's bank"),
            false => sandbox.pay(id),
        };
        match done {
            Ok(payment) => Ok(back_to_shop(&payment, payment.state.name())),
            Err(_) => page(&sandbox, &sandbox.by_reference(&reference)?, lang),
        }
    })
    .await)
}

/// Sends the browser back. What the address says there is a courtesy; the shop asks or is told.
fn back_to_shop(payment: &Payment, result: &str) -> Response {
    let opening = &payment.opening;
    let location = opening.return_url.parse::<reqwest::Url>().ok().and_then(|mut url| {
        url.query_pairs_mut()
            .append_pair("payment_id", &opening.payment_id)
            .append_pair("result", result);
        HeaderValue::from_str(url.as_str()).ok()
    });
    match location {
        Some(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        None => ApiError::field("return_url").into_response(),
    }
}

fn origin(url: &str) -> String {
    let url = url.parse::<reqwest::Url>().ok();
    url.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}
