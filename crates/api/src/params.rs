//! What stands in an address: ids in the path, parameters behind the question mark.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{FieldError, Problem};

/// Things on one page at most.
pub const LIMIT_MAX: i64 = 200;

/// The id in the path. What is no id of this kind is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathId<T>(pub T);

/// The text in the path, for whoever tells what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathText(pub String);

/// Two texts in the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTexts(pub String, pub String);

/// Two ids in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathIds<A, B>(pub A, pub B);

/// No such thing, or not the caller's to know of.
pub fn not_found(what: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
}

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(|| not_found("resource"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(text)| Self(text)).map_err(|_| not_found("resource"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathTexts {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        path.map(|Path((a, b))| Self(a, b)).map_err(|_| not_found("resource"))
    }
}

impl<S: Send + Sync, A: FromStr, B: FromStr> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let ids = path.ok().and_then(|Path((a, b))| Some((a.parse().ok()?, b.parse().ok()?)));
        ids.map(|(a, b)| Self(a, b)).ok_or_else(|| not_found("resource"))
    }
}

/// The parameters of a call; unknown ones are refused, so that a misspelled filter is not ignored.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let detail = rejection.body_text();
                Err(Problem::new(StatusCode::BAD_REQUEST, "parameters_unreadable", detail))
            }
        }
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    pub cursor: Option<String>,
    /// Things on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i64>,
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The things.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The number of things on the page.
pub fn limit(asked: Option<i64>) -> Result<i64, Problem> {
    let limit = asked.unwrap_or(50);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    let error = FieldError::new("limit", "out_of_range", format!("expected 1 to {LIMIT_MAX}"));
    Err(Problem::invalid(vec![error]))
}

impl<T> Page<T> {
    /// From one more thing than the page has, if there are more; `cursor` writes where it ended.
    pub fn of<S>(
        mut found: Vec<S>,
        limit: i64,
        cursor: impl Fn(&S) -> String,
        view: impl FnMut(S) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(cursor);
        Self { items: found.into_iter().map(view).collect(), next }
    }
}
