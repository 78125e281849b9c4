//! What a shop is told: a fulfillment for each parcel, by the Admin API in GraphQL.
//!
//! Shopify keeps what is still to be sent as *fulfillment orders*, and `fulfillmentCreate` takes pieces
//! of them. It knows no idempotency key, so each telling begins with a question: one that finds the
//! parcel's waybill among the order's fulfillments creates nothing.
//!
//! Pieces are fulfilled once there. A parcel that is sent in the place of a lost one can therefore be no
//! fulfillment of its own: `fulfillmentTrackingInfoUpdate` gives the one that is on record the waybill under
//! which its pieces travel now, and Shopify writes to the buyer again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ordermill_base::{Clock, Random, Span};
use ordermill_ports::Answer;
use ordermill_ports::channel_desk::{Access, ChannelDesk, LeftParcel, TellError, Told};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::{Client, ClientError, Failure, Manners, Reach, Reply};
use crate::{Breaker, Guard};

/// A stable version; each is served for a year at least, and later ones answer the same.
const VERSION: &str = "2026-10";
/// Pages of fulfillment orders that are looked through; a shop splits an order over a few locations.
const PAGES_MAX: usize = 20;

/// Sized so that one question costs less than the thousand points that one may.
const LOOK: &str = "query Parcels($order: ID!, $after: String) {
  order(id: $order) {
    fulfillments(first: 50) { id status trackingInfo(first: 10) { number } }
    fulfillmentOrders(first: 5, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id
        status
        lineItems(first: 50) {
          pageInfo { hasNextPage }
          nodes { id remainingQuantity lineItem { id } }
        }
      }
    }
  }
}";

const TELL: &str = "mutation Tell($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}";

const RENAME: &str = "mutation Rename($id: ID!, $tracking: FulfillmentTrackingInput!) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: true) {
    fulfillment { id }
    userErrors { field message }
  }
}";

/// How a shop is reached.
#[derive(Clone)]
pub struct Config {
    /// `https://tea.myshopify.com`, without a slash at the end.
    pub base_url: String,
    /// The access token of the shop's app, with the scopes `read_orders`,
    /// `read_merchant_managed_fulfillment_orders` and `write_merchant_managed_fulfillment_orders`.
    pub token: String,
    /// How long one try may take.
    pub timeout: Span,
    /// How often a question is tried in all; telling is tried once.
    pub tries: u32,
    /// The wait before the second try, doubled for each further one.
    pub pause: Span,
}

impl Config {
    /// The usual patience with a shop of this access.
    pub fn of(access: &Access) -> Self {
        let url = access.url.clone().unwrap_or_else(|| format!("https://{}", access.account));
        Self {
            base_url: url.trim_end_matches('/').to_owned(),
            token: access.token.clone(),
            timeout: Span::seconds(10),
            tries: 2,
            pause: Span::millis(200),
        }
    }
}

/// One shop that is told of parcels.
pub struct ShopDesk {
    url: String,
    token: String,
    questions: Client,
    changes: Client,
}

impl ShopDesk {
    /// A desk with circuit breakers of its own: ten failures in a row, ten seconds of rest. It goes where the
    /// guard lets it.
    pub fn new(
        config: Config,
        guard: &Guard,
        clock: Arc<dyn Clock>,
        mut jitter: Random,
    ) -> Result<Self, ClientError> {
        let mut client = |tries| {
            let (timeout, pause) = (config.timeout, config.pause);
            let manners = Manners { timeout, tries, pause, body_bytes_max: 1024 * 1024 };
            let breaker = Breaker::new(10, Span::seconds(10));
            let reach = Reach::Guarded(guard.clone());
            Client::new(reach, manners, breaker, Arc::clone(&clock), jitter.split())
        };
        Ok(Self {
            url: format!("{}/admin/api/{VERSION}/graphql.json", config.base_url),
            questions: client(config.tries)?,
            changes: client(1)?,
            token: config.token,
        })
    }

    async fn call(
        &self,
        client: &Client,
        query: &str,
        variables: &Value,
    ) -> Result<Reply, Failure> {
        let body = json!({ "query": query, "variables": variables });
        let sent = client.call(|client| {
            client.post(&self.url).header("x-shopify-access-token", &self.token).json(&body)
        });
        sent.await
    }

    /// What the shop has on record of an order; changes nothing.
    async fn look(&self, order: &str, after: Option<&str>) -> Result<OrderNode, TellError> {
        let variables = json!({ "order": format!("gid://shopify/Order/{order}"), "after": after });
        let reply = self.call(&self.questions, LOOK, &variables).await;
        let reply = reply.map_err(|failure| not_sent(&failure))?;
        let look: Look = data(&reply).map_err(|error| match error {
            // A question without an answer has changed nothing.
            TellError::OutcomeUnknown { reason } => {
                TellError::NotSent { reason, retry_after: None }
            }
            error => error,
        })?;
        look.order.ok_or_else(|| refused("unknown_order", "the shop has no such order"))
    }

    /// Gives what is on record the waybills of what has left in its place.
    async fn rename(&self, parcel: &LeftParcel) -> Result<Told, TellError> {
        let on_record = self.look(&parcel.order, None).await?.fulfillments;
        for replaced in &parcel.in_place_of {
            let known = on_record.iter().find(|it| it.id == replaced.reference && it.is_alive());
            let known = known.ok_or_else(|| {
                refused("unknown_fulfillment", "the shop has the parcel that is sent again no more")
            })?;
            if known.numbers().eq(replaced.waybills.iter().map(String::as_str)) {
                continue;
            }
            let urls = vec![&parcel.tracking_url; replaced.waybills.len()];
            let variables = json!({ "id": replaced.reference, "tracking": {
                "company": parcel.carrier, "numbers": replaced.waybills, "urls": urls,
            } });
            let changed: Renamed = self.change(RENAME, &variables).await?;
            changed.fulfillment_tracking_info_update.told()?;
        }
        let first = parcel.in_place_of.first().map(|it| it.reference.clone());
        Ok(Told { reference: first.unwrap_or_default() })
    }

    /// Changes something in the shop; tried once.
    async fn change<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: &Value,
    ) -> Result<T, TellError> {
        let reply = self.call(&self.changes, query, variables).await;
        let reply = reply.map_err(|failure| match failure {
            Failure::Unknown(reason) => TellError::OutcomeUnknown { reason },
            failure => not_sent(&failure),
        })?;
        data(&reply)
    }

    async fn tell_once(&self, parcel: &LeftParcel) -> Result<Told, TellError> {
        if !parcel.in_place_of.is_empty() {
            let renamed = self.rename(parcel).await?;
            if parcel.lines.is_empty() {
                return Ok(renamed);
            }
        }
        // What has got its waybill is not the parcel of what leaves in it for the first time.
        let is_renamed =
            |it: &FulfillmentNode| parcel.in_place_of.iter().any(|known| known.reference == it.id);
        let mut needed: BTreeMap<String, u32> = BTreeMap::new();
        for line in &parcel.lines {
            *needed.entry(format!("gid://shopify/LineItem/{}", line.line)).or_default() +=
                line.quantity;
        }
        let (mut taken, mut after) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let order = self.look(&parcel.order, after.as_deref()).await?;
            let mut known = order.fulfillments.iter().filter(|it| !is_renamed(it));
            if let Some(known) = known.find(|it| it.is_of(&parcel.waybill)) {
                return Ok(Told { reference: known.id.clone() });
            }
            let page = order.fulfillment_orders;
            for open in &page.nodes {
                taken.extend(open.take(&mut needed)?);
            }
            after = page.page_info.end_cursor;
            if needed.is_empty() || !page.page_info.has_next_page {
                break;
            }
        }
        if !needed.is_empty() {
            let why = "the shop has fewer pieces left to fulfill than are in the parcel";
            return Err(refused("already_fulfilled", why));
        }
        let fulfillment = json!({
            "lineItemsByFulfillmentOrder": taken,
            "notifyCustomer": true,
            "trackingInfo": {
                "company": parcel.carrier, "number": parcel.waybill, "url": parcel.tracking_url,
            },
        });
        let variables = json!({ "fulfillment": fulfillment });
        self.change::<Created>(TELL, &variables).await?.fulfillment_create.told()
    }
}

impl ChannelDesk for ShopDesk {
    fn tell<'a>(&'a self, parcel: &'a LeftParcel) -> Answer<'a, Result<Told, TellError>> {
        Box::pin(self.tell_once(parcel))
    }
}

#[derive(Deserialize)]
struct Look {
    order: Option<OrderNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderNode {
    fulfillments: Vec<FulfillmentNode>,
    fulfillment_orders: Page<FulfillmentOrder>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FulfillmentNode {
    id: String,
    status: String,
    tracking_info: Vec<TrackingInfo>,
}

#[derive(Deserialize)]
struct TrackingInfo {
    number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FulfillmentOrder {
    id: String,
    status: String,
    line_items: Page<OpenLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenLine {
    id: String,
    remaining_quantity: u32,
    line_item: Reference,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    page_info: PageInfo,
    nodes: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    #[serde(default)]
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    fulfillment_create: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Renamed {
    fulfillment_tracking_info_update: Payload,
}

/// What became of a change.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    fulfillment: Option<Reference>,
    user_errors: Vec<UserError>,
}

impl Payload {
    fn told(self) -> Result<Told, TellError> {
        match (self.fulfillment, self.user_errors) {
            (Some(made), errors) if errors.is_empty() => Ok(Told { reference: made.id }),
            (_, errors) if errors.is_empty() => Err(unreadable()),
            (_, errors) => {
                let words: Vec<String> = errors.into_iter().map(|error| error.message).collect();
                Err(refused("user_error", &words.join("; ")))
            }
        }
    }
}

#[derive(Deserialize)]
struct UserError {
    message: String,
}

impl FulfillmentNode {
    /// Whether it is the parcel of this waybill; one that was canceled there is none.
    fn is_of(&self, waybill: &str) -> bool {
        self.is_alive() && self.numbers().any(|number| number == waybill)
    }

    fn is_alive(&self) -> bool {
        !matches!(&*self.status, "CANCELLED" | "ERROR" | "FAILURE")
    }

    /// The waybills that it is known by.
    fn numbers(&self) -> impl Iterator<Item = &str> {
        self.tracking_info.iter().filter_map(|info| info.number.as_deref())
    }
}

impl FulfillmentOrder {
    /// The pieces of it that are needed, in the API's words; what was found is needed no more.
    fn take(&self, needed: &mut BTreeMap<String, u32>) -> Result<Option<Value>, TellError> {
        if matches!(&*self.status, "CLOSED" | "CANCELLED") {
            return Ok(None);
        }
        let mut lines = Vec::new();
        for line in &self.line_items.nodes {
            let Some(left) = needed.get_mut(&line.line_item.id) else { continue };
            let quantity = line.remaining_quantity.min(*left);
            *left -= quantity;
            if *left == 0 {
                needed.remove(&line.line_item.id);
            }
            if quantity > 0 {
                lines.push(json!({ "id": line.id, "quantity": quantity }));
            }
        }
        if !needed.is_empty() && self.line_items.page_info.has_next_page {
            let why = "the order has more lines at one location than one question tells of";
            return Err(refused("too_many_lines", why));
        }
        let part = json!({
            "fulfillmentOrderId": self.id, "fulfillmentOrderLineItems": lines,
        });
        Ok((!lines.is_empty()).then_some(part))
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Value,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    cost: Option<Cost>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    requested_query_cost: f64,
    throttle_status: Throttle,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Throttle {
    currently_available: f64,
    restore_rate: f64,
}

impl Cost {
    /// Until there are points enough for the same again.
    fn wait(&self) -> Option<Span> {
        let Throttle { currently_available, restore_rate } = self.throttle_status;
        let missing = self.requested_query_cost - currently_available;
        let seconds = (missing / restore_rate).clamp(1.0, 60.0).ceil();
        seconds.is_finite().then_some(Span::seconds(seconds as i64))
    }
}

/// What a call has given, or why it gave nothing.
fn data<T: DeserializeOwned>(reply: &Reply) -> Result<T, TellError> {
    if !reply.status.is_success() {
        let code = reply.status.as_u16().to_string();
        let why = match reply.status.as_u16() {
            401 | 403 => "the access token is not taken",
            404 => "there is no such shop",
            _ => "the shop does not take the call",
        };
        return Err(refused(&code, why));
    }
    let envelope: Envelope<Value> =
        serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
    let errors = envelope.errors.as_array().cloned().unwrap_or_default();
    let coded = |error: &Value| error["extensions"]["code"].as_str().unwrap_or("").to_owned();
    let codes: Vec<String> = errors.iter().map(coded).collect();
    if codes.iter().any(|code| code == "THROTTLED") {
        let retry_after = envelope.extensions.cost.as_ref().and_then(Cost::wait);
        return Err(TellError::NotSent { reason: "too many calls".into(), retry_after });
    }
    if codes.iter().any(|code| code == "INTERNAL_SERVER_ERROR" || code == "TIMEOUT") {
        return Err(TellError::OutcomeUnknown { reason: "a failure of the shop".into() });
    }
    if let Some(error) = errors.first() {
        let code = codes.first().filter(|code| !code.is_empty());
        let message = error["message"].as_str().unwrap_or("no readable reason");
        return Err(refused(code.map_or("graphql", String::as_str), message));
    }
    let data = envelope.data.ok_or_else(unreadable)?;
    serde_json::from_value(data).map_err(|_| unreadable())
}

fn not_sent(failure: &Failure) -> TellError {
    let retry_after = match failure {
        Failure::Busy(retry_after) => *retry_after,
        Failure::NotSent(_) | Failure::Forbidden(_) | Failure::Unknown(_) => None,
    };
    TellError::NotSent { reason: failure.reason().to_owned(), retry_after }
}

fn refused(code: &str, message: &str) -> TellError {
    let message = message.chars().take(300).collect();
    TellError::Refused { code: code.to_owned(), message }
}

fn unreadable() -> TellError {
    TellError::OutcomeUnknown { reason: "the answer is unreadable".into() }
}
