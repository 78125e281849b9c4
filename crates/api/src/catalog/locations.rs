//! Locations: places that hold stock.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use ordermill_app::Services;
use ordermill_app::catalog::edit;
use ordermill_app::once::once;
use ordermill_domain::address::Country;
use ordermill_domain::ids::LocationId;
use ordermill_domain::location::Location;
use ordermill_storage::location as stored;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TextView, check_lengths, check_texts, wrong};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, created_once};
use crate::cursor;
use crate::etag::{IfMatch, etag};
use crate::idempotency::key_of;
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::Problem;

/// A location.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Location)]
pub struct LocationView {
    /// Its key.
    #[schema(example = "loc_01k2ey4xh0000")]
    pub id: String,
    /// Its short code.
    #[schema(example = "HGH")]
    pub code: String,
    /// Its name.
    pub name: TextView,
    /// The country it is in, two letters of ISO 3166.
    pub country: String,
    /// Country and province.
    #[schema(example = "CN-33")]
    pub region: String,
    /// Where carriers collect.
    pub address: String,
    /// Degrees north, in millionths.
    pub latitude_micro: i64,
    /// Degrees east, in millionths.
    pub longitude_micro: i64,
    /// The time zone of its clock.
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: String,
    /// Orders from this time of day on are handled as those of the next day.
    #[schema(example = "17:00:00")]
    pub cut_off: String,
    /// Orders it can pack on a working day.
    pub daily_capacity: i64,
    /// Whether orders are sourced from it.
    pub is_active: bool,
    /// Those of the smallest number are asked first.
    pub priority: i64,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
}

impl From<&Location> for LocationView {
    fn from(it: &Location) -> Self {
        Self {
            id: it.id.to_string(),
            code: it.code.clone(),
            name: (&it.name).into(),
            country: it.country.to_string(),
            region: it.region.clone(),
            address: it.address.clone(),
            latitude_micro: it.latitude_micro,
            longitude_micro: it.longitude_micro,
            time_zone: it.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            cut_off: it.cut_off.to_string(),
            daily_capacity: it.daily_capacity,
            is_active: it.is_active,
            priority: it.priority,
            version: it.version,
        }
    }
}

/// The fields that a new location and an edit have in common, beside those in the braces.
macro_rules! location_body {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)+
            /// Where carriers collect.
            #[schema(max_length = 300)]
            pub address: Option<String>,
            /// Degrees north, in millionths.
            #[schema(minimum = -90_000_000, maximum = 90_000_000)]
            pub latitude_micro: Option<i64>,
            /// Degrees east, in millionths.
            #[schema(minimum = -180_000_000, maximum = 180_000_000)]
            pub longitude_micro: Option<i64>,
            /// Orders from this time of day on are handled as those of the next day.
            #[schema(max_length = 8, example = "17:00:00")]
            pub cut_off: Option<String>,
            /// Orders it can pack on a working day.
            #[schema(minimum = 0, maximum = 10_000_000)]
            pub daily_capacity: Option<i64>,
            /// Whether orders are sourced from it.
            pub is_active: Option<bool>,
            /// Those of the smallest number are asked first.
            #[schema(minimum = -1_000_000, maximum = 1_000_000)]
            pub priority: Option<i64>,
        }

        impl $name {
            fn fields(&self) -> LocationFields {
                LocationFields {
                    address: self.address.clone(),
                    latitude_micro: self.latitude_micro,
                    longitude_micro: self.longitude_micro,
                    cut_off: self.cut_off.clone(),
                    daily_capacity: self.daily_capacity,
                    is_active: self.is_active,
                    priority: self.priority,
                }
            }
        }
    };
}

location_body! {
    /// A location to be opened.
    NewLocation {
        /// Its short code, unique.
        #[schema(min_length = 1, max_length = 64)]
        code: String,
        /// Its name.
        name: TextView,
        /// The country it is in, two letters of ISO 3166.
        #[schema(min_length = 2, max_length = 2, example = "CN")]
        country: String,
        /// Country and province.
        #[schema(min_length = 1, max_length = 10, example = "CN-33")]
        region: String,
        /// The time zone of its clock.
        #[schema(min_length = 1, max_length = 60, example = "Asia/Shanghai")]
        time_zone: String,
    }
}

location_body! {
    /// Fields of a location that are to change; others stay.
    LocationEdit {
        /// Its name.
        name: Option<TextView>,
        /// The time zone of its clock.
        #[schema(min_length = 1, max_length = 60, example = "Asia/Shanghai")]
        time_zone: Option<String>,
    }
}

/// What a location may have beside what it must.
struct LocationFields {
    address: Option<String>,
    latitude_micro: Option<i64>,
    longitude_micro: Option<i64>,
    cut_off: Option<String>,
    daily_capacity: Option<i64>,
    is_active: Option<bool>,
    priority: Option<i64>,
}

fn time_zone(text: &str) -> Result<TimeZone, Problem> {
    check_lengths(&[("time_zone", text, 60)])?;
    let zone = TimeZone::get(text).ok().filter(|zone| zone.iana_name().is_some());
    zone.ok_or_else(|| wrong("time_zone", "an IANA time zone, such as Asia/Shanghai"))
}

impl LocationFields {
    fn into_change(self) -> Result<impl Fn(&mut Location) + Clone + Send, Problem> {
        let address = self.address.unwrap_or_default();
        check_lengths(&[("address", &address, 300)])?;
        let cut_off = self.cut_off.as_deref().map(str::parse::<Time>).transpose();
        let cut_off = cut_off.map_err(|_| wrong("cut_off", "a time of day, such as 17:00:00"))?;
        for (field, value, most) in [
            ("latitude_micro", self.latitude_micro, 90_000_000),
            ("longitude_micro", self.longitude_micro, 180_000_000),
            ("daily_capacity", self.daily_capacity, 10_000_000),
            ("priority", self.priority, 1_000_000),
        ] {
            if value.is_some_and(|value| !(-most..=most).contains(&value)) {
                return Err(wrong(field, format!("expected -{most} to {most}")));
            }
        }
        let (north, east) = (self.latitude_micro, self.longitude_micro);
        let (capacity, is_active, priority) = (self.daily_capacity, self.is_active, self.priority);
        Ok(move |it: &mut Location| {
            if !address.is_empty() {
                it.address.clone_from(&address);
            }
            it.latitude_micro = north.unwrap_or(it.latitude_micro);
            it.longitude_micro = east.unwrap_or(it.longitude_micro);
            it.cut_off = cut_off.unwrap_or(it.cut_off);
            it.daily_capacity = capacity.unwrap_or(it.daily_capacity);
            it.is_active = is_active.unwrap_or(it.is_active);
            it.priority = priority.unwrap_or(it.priority);
        })
    }
}

/// List locations.
///
/// In the order in which they were made.
#[utoipa::path(
    get, path = "/api/v1/locations", tag = "catalog", operation_id = "list_locations",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<LocationView>)),
)]
pub async fn list_locations(
    State(services): State<Services>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<LocationView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::read::<LocationId>).transpose()?;
    let found = services.database().read(move |tx| stored::list(tx, after, limit + 1)).await?;
    let cursor = |last: &Location| cursor::write(last.id);
    Ok(Json(Page::of(found, limit, cursor, |it| LocationView::from(&it))))
}

/// Read a location.
#[utoipa::path(
    get, path = "/api/v1/locations/{location_id}", tag = "catalog", operation_id = "get_location",
    params(("location_id" = String, Path, description = "Its id.", example = "loc_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = LocationView)),
)]
pub async fn get_location(
    State(services): State<Services>,
    PathId(id): PathId<LocationId>,
) -> Result<Response, Problem> {
    let found = services.database().read(move |tx| stored::fetch(tx, id)).await?;
    found.map(|it| shown(&it)).ok_or_else(|| not_found("location"))
}

fn shown(it: &Location) -> Response {
    ([etag(it.version)], Json(LocationView::from(it))).into_response()
}

/// Open a location.
#[utoipa::path(
    post, path = "/api/v1/locations", tag = "catalog", operation_id = "create_location",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = NewLocation,
    responses(
        (status = 201, description = "It is there.", body = Created),
        (status = 409, description = "Another one has the code.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn create_location(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<NewLocation>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /locations", body.digest)?;
    let fields = body.value.fields();
    let NewLocation { code, name, country, region, time_zone: zone, .. } = body.value;
    check_lengths(&[("region", &region, 10), ("country", &country, 2)])?;
    check_texts(&[("name", Some(&name))])?;
    let country: Country =
        country.parse().map_err(|_| wrong("country", "two letters of ISO 3166"))?;
    let zone = time_zone(&zone)?;
    let change = fields.into_change()?;
    let act = caller.act(&services);
    let id: LocationId = services.database().ids().next(act.at);
    let mut new = Location {
        id,
        code,
        name: name.into(),
        country,
        region,
        address: String::new(),
        latitude_micro: 0,
        longitude_micro: 0,
        time_zone: zone,
        cut_off: Time::constant(17, 0, 0, 0),
        daily_capacity: 0,
        is_active: true,
        priority: 0,
        version: 1,
    };
    change(&mut new);
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        once(tx, &key, act.at, |tx| edit::create_location(tx, &act, &new).map(|()| (id, ())))
    };
    let made = services.database().write(make).await?;
    services.catalog_changed().await;
    Ok(created_once("/api/v1/locations", &made))
}

/// Edit a location.
#[utoipa::path(
    patch, path = "/api/v1/locations/{location_id}", tag = "catalog", operation_id = "edit_location",
    params(
        ("location_id" = String, Path, description = "Its id.", example = "loc_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = LocationEdit,
    responses((status = 200, description = "As it is now.", body = LocationView)),
)]
pub async fn edit_location(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<LocationId>,
    IfMatch(version): IfMatch,
    body: JsonBody<LocationEdit>,
) -> Result<Response, Problem> {
    let fields = body.value.fields();
    let LocationEdit { name, time_zone: zone, .. } = body.value;
    check_texts(&[("name", name.as_ref())])?;
    let zone = zone.as_deref().map(time_zone).transpose()?;
    let change = fields.into_change()?;
    let act = caller.act(&services);
    let edited = services
        .database()
        .write(move |tx| {
            edit::edit_location(tx, &act, id, version, |it| {
                change(it);
                if let Some(name) = &name {
                    it.name = name.clone().into();
                }
                if let Some(zone) = &zone {
                    it.time_zone = zone.clone();
                }
            })
        })
        .await?;
    services.catalog_changed().await;
    Ok(shown(&edited))
}
