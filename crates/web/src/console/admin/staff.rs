//! Who works here, and who may do what.

use axum::extract::{Form, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::staff::{self, ChangeStaffError, NewStaff};
use ordermill_domain::ids::{LocationId, StaffId};
use ordermill_domain::role::{Permission, Role};
use ordermill_domain::staff::{Login, Staff, StaffError};
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::staff::{
    self as view, RolesPage, StaffEntered, StaffPage, StaffRow, Subject,
};
use ordermill_pages::ui::{Choice, Toast, Undo};
use ordermill_storage::session::{self, Holder};
use ordermill_storage::{Error, Tx, staff as stored};

use crate::console::account::trouble_of;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin/staff";
/// A shop with more staff pages through them once there are pages for it.
const LISTED_MAX: i64 = 500;
/// Characters of a first password that the program makes.
const PASSWORD_CHARS: usize = 16;

pub(super) fn routes() -> Routes {
    let manage = Needs::Right(Permission::ManageAccess);
    Routes::default()
        .get("/console/admin/staff", manage, list)
        .get("/console/admin/roles", manage, roles)
        .get("/console/admin/staff/new", manage, new)
        .post("/console/admin/staff/new", manage, create)
        .get("/console/admin/staff/{id}", manage, edit)
        .post("/console/admin/staff/{id}", manage, change)
        .post("/console/admin/staff/{id}/{verb}", manage, act_on)
}

async fn staff_page(
    desk: &Desk,
    fresh_password: Option<(String, String)>,
) -> Result<StaffPage, Trouble> {
    let load = |tx: &mut Tx<'_>| {
        let people = stored::list(tx, None, LISTED_MAX)?;
        let mut seen = Vec::with_capacity(people.len());
        for person in &people {
            seen.push(stored::signed_in_at(tx, person.facts().id)?);
        }
        Ok::<_, Error>(people.into_iter().zip(seen).collect::<Vec<_>>())
    };
    let people = desk.site.services().database().snapshot(load).await?;
    let catalog = desk.site.services().catalog();
    let row = |(person, signed_in_at): &(Staff, _)| {
        let facts = person.facts();
        let location = facts.location.and_then(|id| catalog.location(id));
        StaffRow {
            id: facts.id.to_string(),
            name: facts.name.clone(),
            login: facts.login.to_string(),
            roles: facts.roles.clone(),
            location: location.map(|it| it.code.clone()).unwrap_or_default(),
            is_active: facts.is_active,
            has_totp: facts.has_totp,
            signed_in_at: *signed_in_at,
        }
    };
    Ok(StaffPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Staff),
        rows: people.iter().map(row).collect(),
        fresh_password,
    })
}

async fn list(desk: Desk) -> Result<Response, Trouble> {
    Ok(Page(staff_page(&desk, None).await?).into_response())
}

async fn roles(desk: Desk) -> Response {
    Page(RolesPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Roles),
    })
    .into_response()
}

impl Desk {
    fn location_choices(&self) -> Vec<Choice> {
        let (catalog, t) = (self.site.services().catalog(), self.t());
        let choice = |location: &std::sync::Arc<ordermill_domain::location::Location>| {
            let name = t.pick(&location.name.zh, &location.name.en);
            Choice::new(location.code.clone(), format!("{} · {name}", location.code))
        };
        catalog.locations().iter().map(choice).collect()
    }

    fn location_of(&self, code: &str) -> Option<LocationId> {
        self.site.services().catalog().location_by_code(code).map(|location| location.id)
    }
}

fn entered(pairs: &Pairs) -> StaffEntered {
    StaffEntered {
        name: pairs.one("name"),
        login: pairs.one("login"),
        roles: pairs.all("roles", Role::ALL.len()),
        location: pairs.one("location"),
    }
}

fn roles_of(entered: &StaffEntered) -> Vec<Role> {
    entered.roles.iter().filter_map(|code| code.parse().ok()).collect()
}

async fn new(desk: Desk) -> Response {
    let (shell, frame) = (desk.shell(), desk.frame(Section::Admin));
    let (locations, key) = (desk.location_choices(), desk.key());
    let subject = Subject::New { key: &key };
    Page(view::form(shell, frame, &StaffEntered::default(), locations, subject)).into_response()
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let (entered, t) = (entered(&pairs), desk.t());
    let key = pairs.one("key");
    let refused = |field: &'static str, why: &str| {
        let (shell, frame) = (desk.shell(), desk.frame(Section::Admin));
        let (locations, subject) = (desk.location_choices(), Subject::New { key: &key });
        let page = view::form(shell, frame, &entered, locations, subject);
        let page = page.refused(&[(field, why.to_owned())]);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let Ok(login) = entered.login.parse::<Login>() else {
        return refused("login", t.staff_login_hint());
    };
    let secret = fresh_password(&desk);
    let access = desk.site.services().access();
    let hashed = access.hash_password(secret.clone().into()).await;
    let new = NewStaff {
        login,
        name: entered.name.clone(),
        roles: roles_of(&entered),
        location: desk.location_of(&entered.location),
        password: hashed.map_err(|error| trouble_of(error.into()))?,
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let made = access.administer(move |tx| staff::create(tx, &principal, &act, &new)).await;
    match made {
        Ok(_) => Ok(with_secret(&desk, entered.name.clone(), secret).await?),
        // Sent twice, or somebody has this login: the list shows which.
        Err(ChangeStaffError::LoginTaken(_)) => refused("login", t.staff_login_taken()),
        Err(ChangeStaffError::Refused(StaffError::Name)) => refused("name", t.staff_name_wrong()),
        Err(error) => Err(trouble_of(error)),
    }
}

/// A password that nobody chose; it is shown once and kept nowhere.
fn fresh_password(desk: &Desk) -> String {
    desk.site.services().vault().fresh_secret(PASSWORD_CHARS)
}

/// The list with a fresh password on it.
async fn with_secret(desk: &Desk, name: String, secret: String) -> Result<Response, Trouble> {
    let page = staff_page(desk, Some((name, secret))).await?;
    let mut response = Page(page).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}

async fn person(desk: &Desk, id: StaffId) -> Result<Staff, Trouble> {
    let found = desk.site.services().database().read(move |tx| stored::fetch(tx, id)).await?;
    found.ok_or(Trouble::NotFound)
}

async fn edit(desk: Desk, Path(id): Path<StaffId>) -> Result<Response, Trouble> {
    let person = person(&desk, id).await?;
    let facts = person.facts();
    let catalog = desk.site.services().catalog();
    let location = facts.location.and_then(|id| catalog.location(id));
    let entered = StaffEntered {
        name: facts.name.clone(),
        login: facts.login.to_string(),
        roles: facts.roles.iter().map(|role| role.code().to_owned()).collect(),
        location: location.map(|it| it.code.clone()).unwrap_or_default(),
    };
    let text = id.to_string();
    let subject = Subject::Known {
        id: &text,
        version: facts.version.unsigned_abs(),
        is_active: facts.is_active,
        has_totp: facts.has_totp,
    };
    let (shell, frame) = (desk.shell(), desk.frame(Section::Admin));
    let page = view::form(shell, frame, &entered, desk.location_choices(), subject);
    Ok(Page(page).into_response())
}

/// Whether someone is as the form saw them; asked again in the transaction.
fn check_version(tx: &mut Tx<'_>, id: StaffId, version: i64) -> Result<(), ChangeStaffError> {
    let found = stored::fetch_for_update(tx, id)?.ok_or(ChangeStaffError::NotFound(id))?;
    if found.facts().version == version {
        Ok(())
    } else {
        Err(Error::Stale("a member of staff").into())
    }
}

async fn change(
    desk: Desk,
    Path(id): Path<StaffId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let entered = entered(&pairs);
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let (roles, location) = (roles_of(&entered), desk.location_of(&entered.location));
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work = move |tx: &mut Tx<'_>| {
        check_version(tx, id, version)?;
        staff::change_rights(tx, &principal, &act, id, &roles, location)
    };
    match desk.site.services().access().administer(work).await {
        Ok(()) | Err(ChangeStaffError::Refused(StaffError::Unchanged)) => {
            Ok(desk.done(HERE, &Toast::new(desk.t().staff_changed())))
        }
        Err(error) => Err(about(error, id)),
    }
}

async fn act_on(
    desk: Desk,
    Path((id, verb)): Path<(StaffId, String)>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let person = person(&desk, id).await?;
    let name = person.facts().name.clone();
    // An undo comes without the version: it takes back what was done a moment ago.
    let version: i64 = pairs.one("version").parse().unwrap_or(person.facts().version);
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let access = desk.site.services().access();
    if verb == "reset_password" {
        let secret = fresh_password(&desk);
        let hashed = access.hash_password(secret.clone().into()).await;
        let hash = hashed.map_err(|error| trouble_of(error.into()))?;
        let work = move |tx: &mut Tx<'_>| {
            check_version(tx, id, version)?;
            staff::reset_password(tx, &principal, &act, id, &hash)
        };
        access.administer(work).await.map_err(|error| about(error, id))?;
        return with_secret(&desk, name, secret).await;
    }
    let (told, undo) = match verb.as_str() {
        "disable" => (t.staff_disabled_toast(&name), Some("enable")),
        "enable" => (t.staff_enabled_toast(&name), Some("disable")),
        "remove_totp" => (t.staff_totp_removed_toast(&name), None),
        "sign_out" => (t.staff_signed_out_toast(&name), None),
        _ => return Err(Trouble::NotFound),
    };
    let work = move |tx: &mut Tx<'_>| {
        check_version(tx, id, version)?;
        match verb.as_str() {
            "disable" => staff::disable(tx, &principal, &act, id),
            "enable" => staff::enable(tx, &principal, &act, id),
            "remove_totp" => staff::remove_totp(tx, &principal, &act, id),
            _ => {
                session::delete_of(tx, Holder::Staff(id), None)?;
                Ok(())
            }
        }
    };
    access.administer(work).await.map_err(|error| about(error, id))?;
    let undo = undo.map(|verb| Undo {
        action: format!("{HERE}/{id}/{verb}"),
        values: Vec::new(),
        label: t.undo().to_owned(),
    });
    Ok(desk.done(HERE, &Toast { text: told, undo }))
}

fn about(error: ChangeStaffError, id: StaffId) -> Trouble {
    let href = format!("{HERE}/{id}");
    match error {
        ChangeStaffError::Storage(Error::Stale(_)) => Trouble::Stale(href),
        ChangeStaffError::Refused(_) => Trouble::Refused(href),
        error => trouble_of(error),
    }
}
