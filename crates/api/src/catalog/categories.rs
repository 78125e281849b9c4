//! Categories: groups of SKUs in the shop.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::catalog::edit;
use ordermill_app::once::once;
use ordermill_domain::category::Category;
use ordermill_domain::ids::CategoryId;
use ordermill_storage::category as stored;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TextView, check_lengths, check_texts};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, created_once};
use crate::cursor;
use crate::etag::{IfMatch, etag};
use crate::idempotency::key_of;
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::Problem;

/// A category.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Category)]
pub struct CategoryView {
    /// Its key.
    #[schema(example = "cat_01k2ey4xh0000")]
    pub id: String,
    /// Its short code.
    #[schema(example = "tableware")]
    pub code: String,
    /// For addresses of pages.
    pub slug: String,
    /// Its name.
    pub name: TextView,
    /// One sentence about it.
    pub about: TextView,
    /// Its place in the menu, from the smallest.
    pub position: i64,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
}

impl From<&Category> for CategoryView {
    fn from(category: &Category) -> Self {
        Self {
            id: category.id.to_string(),
            code: category.code.clone(),
            slug: category.slug.clone(),
            name: (&category.name).into(),
            about: (&category.about).into(),
            position: category.position,
            version: category.version,
        }
    }
}

/// A category to be opened.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// Its short code, unique.
    #[schema(min_length = 1, max_length = 64)]
    pub code: String,
    /// For addresses of pages; the code is used if it is left out.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub slug: String,
    /// Its name.
    pub name: TextView,
    /// One sentence about it.
    #[serde(default)]
    pub about: TextView,
    /// Its place in the menu, from the smallest.
    #[serde(default)]
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub position: i64,
}

/// Fields of a category that are to change; others stay.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryEdit {
    /// Its short code, unique.
    #[schema(min_length = 1, max_length = 64)]
    pub code: Option<String>,
    /// For addresses of pages.
    #[schema(max_length = 64)]
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<TextView>,
    /// One sentence about it.
    pub about: Option<TextView>,
    /// Its place in the menu, from the smallest.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub position: Option<i64>,
}

fn check_position(position: i64) -> Result<(), Problem> {
    let is_fine = (-1_000_000..=1_000_000).contains(&position);
    if is_fine { Ok(()) } else { Err(super::wrong("position", "expected -1000000 to 1000000")) }
}

/// List categories.
///
/// In the order in which they were made.
#[utoipa::path(
    get, path = "/api/v1/categories", tag = "catalog", operation_id = "list_categories",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<CategoryView>)),
)]
pub async fn list_categories(
    State(services): State<Services>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<CategoryView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::read::<CategoryId>).transpose()?;
    let found = services.database().read(move |tx| stored::list(tx, after, limit + 1)).await?;
    let cursor = |last: &Category| cursor::write(last.id);
    Ok(Json(Page::of(found, limit, cursor, |category| CategoryView::from(&category))))
}

/// Read a category.
#[utoipa::path(
    get, path = "/api/v1/categories/{category_id}", tag = "catalog", operation_id = "get_category",
    params(("category_id" = String, Path, description = "Its id.", example = "cat_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = CategoryView)),
)]
pub async fn get_category(
    State(services): State<Services>,
    PathId(id): PathId<CategoryId>,
) -> Result<Response, Problem> {
    let found = services.database().read(move |tx| stored::fetch(tx, id)).await?;
    found.map(|it| shown(&it)).ok_or_else(|| not_found("category"))
}

fn shown(category: &Category) -> Response {
    ([etag(category.version)], Json(CategoryView::from(category))).into_response()
}

/// Open a category.
#[utoipa::path(
    post, path = "/api/v1/categories", tag = "catalog", operation_id = "create_category",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = NewCategory,
    responses(
        (status = 201, description = "It is there.", body = Created),
        (status = 409, description = "Another one has the code.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn create_category(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<NewCategory>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /categories", body.digest)?;
    let NewCategory { code, slug, name, about, position } = body.value;
    check_lengths(&[("code", &code, 64), ("slug", &slug, 64)])?;
    check_texts(&[("name", Some(&name)), ("about", Some(&about))])?;
    check_position(position)?;
    let act = caller.act(&services);
    let new = Category {
        id: services.database().ids().next(act.at),
        slug: if slug.is_empty() { code.clone() } else { slug },
        code,
        name: name.into(),
        about: about.into(),
        position,
        version: 1,
    };
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        once(tx, &key, act.at, |tx| edit::create_category(tx, &act, &new).map(|()| (new.id, ())))
    };
    let made = services.database().write(make).await?;
    services.catalog_changed().await;
    Ok(created_once("/api/v1/categories", &made))
}

/// Edit a category.
#[utoipa::path(
    patch, path = "/api/v1/categories/{category_id}", tag = "catalog", operation_id = "edit_category",
    params(
        ("category_id" = String, Path, description = "Its id.", example = "cat_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = CategoryEdit,
    responses(
        (status = 200, description = "As it is now.", body = CategoryView),
        (status = 409, description = "Another one has the code.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn edit_category(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CategoryId>,
    IfMatch(version): IfMatch,
    body: JsonBody<CategoryEdit>,
) -> Result<Response, Problem> {
    let CategoryEdit { code, slug, name, about, position } = body.value;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    check_lengths(&[("code", &text(&code), 64), ("slug", &text(&slug), 64)])?;
    check_texts(&[("name", name.as_ref()), ("about", about.as_ref())])?;
    position.map_or(Ok(()), check_position)?;
    let act = caller.act(&services);
    let edited = services
        .database()
        .write(move |tx| {
            edit::edit_category(tx, &act, id, version, |category| {
                let change = |field: &mut String, value: &Option<String>| {
                    if let Some(value) = value {
                        field.clone_from(value);
                    }
                };
                change(&mut category.code, &code);
                change(&mut category.slug, &slug);
                if let Some(name) = &name {
                    category.name = name.clone().into();
                }
                if let Some(about) = &about {
                    category.about = about.clone().into();
                }
                category.position = position.unwrap_or(category.position);
            })
        })
        .await?;
    services.catalog_changed().await;
    Ok(shown(&edited))
}
