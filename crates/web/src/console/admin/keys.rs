//! Keys of channels and integrations: made, shown once, revoked.

use axum::extract::{Form, Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::api_key::{self, ChangeApiKeyError, NewApiKey};
use ordermill_domain::api_key::{Facts, Scope};
use ordermill_domain::ids::ApiKeyId;
use ordermill_domain::role::Permission;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::api_keys::{
    self as view, ApiKeyEntered, ApiKeyRow, ApiKeysPage, NewKeyForm,
};
use ordermill_pages::ui::{Choice, Toast};
use ordermill_storage::{Tx, channel};
use serde::Deserialize;

use crate::console::desk::Desk;
use crate::console::orders::{channel_called, channel_name};
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin/keys";
const LISTED_MAX: i64 = 200;

pub(super) fn routes() -> Routes {
    let manage = Needs::Right(Permission::ManageAccess);
    Routes::default()
        .get("/console/admin/keys", manage, show)
        .post("/console/admin/keys", manage, create)
        .post("/console/admin/keys/{id}/revoke", manage, revoke)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    revoke: String,
}

async fn keys_page(
    desk: &Desk,
    entered: &ApiKeyEntered,
    errors: &[(&'static str, String)],
    fresh: Option<(String, String)>,
    revoke: &str,
) -> Result<ApiKeysPage, Trouble> {
    let (t, principal) = (desk.t(), desk.member.principal.clone());
    let load = move |tx: &mut Tx<'_>| {
        let keys = api_key::list(tx, &principal, None, LISTED_MAX)?;
        Ok::<_, ChangeApiKeyError>((keys, channel::list(tx)?))
    };
    let loaded = desk.site.services().database().snapshot(load).await;
    let (keys, channels) = loaded.map_err(trouble_of)?;
    let row = |key: &Facts| ApiKeyRow {
        id: key.id.to_string(),
        name: key.name.clone(),
        hint: format!("{}…", key.hint),
        scopes: key.scopes.iter().map(|it| it.code()).collect::<Vec<_>>().join(" "),
        channel: key.channel.map(|id| channel_called(id, &channels, t)).unwrap_or_default(),
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        is_active: key.revoked_at.is_none(),
    };
    let rows: Vec<ApiKeyRow> = keys.iter().map(row).collect();
    let asked = rows.iter().find(|row| row.id == revoke && row.is_active);
    let choices: Vec<Choice> =
        channels.iter().map(|it| Choice::new(it.id.to_string(), channel_name(it, t))).collect();
    let scopes = Scope::ALL.map(Scope::code);
    Ok(ApiKeysPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::ApiKeys),
        revoke: asked.map(|row| view::revoke_dialog(row, t)),
        form: NewKeyForm::new(entered, &scopes, choices, errors, desk.key(), t),
        rows,
        fresh,
    })
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let page = keys_page(&desk, &ApiKeyEntered::default(), &[], None, &asked.revoke).await?;
    Ok(Page(page).into_response())
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let t = desk.t();
    let entered = ApiKeyEntered {
        name: pairs.one("name"),
        scopes: pairs.all("scopes", Scope::ALL.len()),
        channel: pairs.one("channel"),
    };
    let new = NewApiKey {
        name: entered.name.clone(),
        scopes: entered.scopes.iter().filter_map(|code| code.parse().ok()).collect(),
        channel: entered.channel.parse().ok(),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let vault = desk.site.services().vault().clone();
    let work = move |tx: &mut Tx<'_>| api_key::create(tx, &vault, &principal, &act, &new);
    let error = match desk.site.services().access().administer(work).await {
        Ok(key) => {
            let fresh = Some((entered.name.clone(), key.text.as_str().to_owned()));
            let page = keys_page(&desk, &ApiKeyEntered::default(), &[], fresh, "").await?;
            let mut response = Page(page).into_response();
            let no_store = HeaderValue::from_static("no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, no_store);
            return Ok(response);
        }
        Err(ChangeApiKeyError::Name) => ("name", t.key_name_wrong().to_owned()),
        Err(ChangeApiKeyError::NoScope) => ("scopes", t.key_scopes_wrong().to_owned()),
        Err(error) => return Err(trouble_of(error)),
    };
    let page = keys_page(&desk, &entered, &[error], None, "").await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn revoke(desk: Desk, Path(id): Path<ApiKeyId>) -> Result<Response, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work = move |tx: &mut Tx<'_>| api_key::revoke(tx, &principal, &act, id);
    desk.site.services().access().administer(work).await.map_err(trouble_of)?;
    Ok(desk.done(HERE, &Toast::new(desk.t().key_revoked_toast())))
}

fn trouble_of(error: ChangeApiKeyError) -> Trouble {
    match error {
        ChangeApiKeyError::Forbidden(forbidden) => forbidden.into(),
        ChangeApiKeyError::NotFound(_) => Trouble::NotFound,
        ChangeApiKeyError::Storage(error) => error.into(),
        ChangeApiKeyError::Name | ChangeApiKeyError::NoScope => Trouble::Refused(HERE.to_owned()),
    }
}
