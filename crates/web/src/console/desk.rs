//! Who works here: the member of staff behind a request, and what every page of theirs needs.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::order::sight::Sight;
use ordermill_app::permission::{About, Principal, StaffMember, authorize};
use ordermill_app::session::Door;
use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{EventId, TaskId};
use ordermill_domain::role::Permission;
use ordermill_pages::console::{Frame, Section, approval};
use ordermill_pages::shell::Shell;
use ordermill_pages::ui::Toast;
use ordermill_pages::{Words, states};
use ordermill_storage::journal::Cursor;

use super::admin;
use super::catalog;
use super::promotions;
use super::review;
use super::route::Needs;
use super::told;
use super::trouble::Trouble;
use crate::{Site, Visit};

/// Letters of a reason that are kept where stating one is free.
const REASON_CHARS_MAX: usize = 200;

/// A member of staff who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Who, for the rules.
    pub(super) principal: Principal,
    /// The token of this session.
    pub(super) token: String,
}

impl Member {
    /// Who.
    pub(super) fn staff(&self) -> &StaffMember {
        self.principal.staff().expect("only staff are members")
    }
}

/// The place where someone works: what every handler behind the sign-in begins with.
pub(super) struct Desk {
    pub(super) site: Site,
    pub(super) visit: Visit,
    pub(super) member: Member,
    toast: Option<Toast>,
    /// What the page knows at least: its stream begins behind it.
    knows: Option<Cursor>,
}

impl FromRequestParts<Site> for Desk {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Trouble> {
        let Ok(visit) = Visit::from_request_parts(parts, site).await;
        // The guard of the address has seen to it: an address without one shows nothing.
        let member = parts.extensions.get::<Member>().cloned().ok_or(Trouble::NotFound)?;
        let toast = parts.extensions.get::<Toast>().cloned();
        let knows = site.services().live().told_up_to();
        Ok(Self { site: site.clone(), visit, member, toast, knows })
    }
}

impl Desk {
    /// The moment now.
    pub(super) fn now(&self) -> Timestamp {
        self.site.services().now()
    }

    /// The words of their language.
    pub(super) fn t(&self) -> Words {
        Words::new(self.visit.preferences.language)
    }

    /// An act of theirs, without a stated reason.
    pub(super) fn act(&self) -> Act {
        self.visit.name(self.member.principal.act(self.now()))
    }

    /// An act of theirs with its reason.
    pub(super) fn act_because(&self, reason: impl Into<String>) -> Act {
        Act { reason: Some(reason.into()), ..self.act() }
    }

    /// An act of theirs with its reason, if one was stated.
    pub(super) fn act_for(&self, reason: &str) -> Act {
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        if reason.is_empty() { self.act() } else { self.act_because(reason) }
    }

    /// A key for a form that makes something, so that sending it twice is harmless.
    pub(super) fn key(&self) -> String {
        let id: EventId = self.site.services().database().ids().next(self.now());
        id.to_string()
    }

    /// Whether they have a right over everything, stating a reason where one is asked for.
    pub(super) fn may(&self, permission: Permission) -> bool {
        let about = About { has_reason: true, ..About::default() };
        authorize(&self.member.principal, permission, &about).is_ok()
    }

    /// What surrounds a page of theirs, with what just happened.
    pub(super) fn shell(&self) -> Shell {
        Shell { toast: self.toast.clone(), ..self.site.shell(&self.visit) }
    }

    /// Navigation and header of a page in this section.
    pub(super) fn frame(&self, section: Section) -> Frame {
        let t = self.t();
        let staff = self.member.staff();
        let roles: Vec<&str> =
            staff.roles.iter().map(|role| states::access::role(*role, t)).collect();
        Frame {
            section,
            allowed: allowed(&self.member),
            waiting: Vec::new(),
            search: String::new(),
            user_name: staff.name.clone(),
            user_role: roles.join(t.pick("、", ", ")),
            knows: self.knows.map(|cursor| cursor.to_string()).unwrap_or_default(),
        }
    }

    /// Leads to what now waits for a second person.
    pub(super) fn waits(&self, task: TaskId) -> Response {
        let href = approval::href(&task.to_string());
        self.done(&href, &Toast::new(self.t().approval_waiting_toast()))
    }

    /// The same place, with something that just happened to tell.
    pub(super) fn telling(self, toast: Toast) -> Self {
        Self { toast: Some(toast), ..self }
    }

    /// Leads on after a form, and tells there what happened.
    pub(super) fn done(&self, href: &str, toast: &Toast) -> Response {
        let mut response = Redirect::to(href).into_response();
        told::tell(response.headers_mut(), toast, self.site.is_secure());
        response
    }
}

/// The sections that someone may enter: those with a page, and a right to it.
fn allowed(member: &Member) -> Vec<Section> {
    let mut sections = Vec::new();
    match Sight::of(&member.principal) {
        Ok(Sight::All | Sight::Money) => sections.extend([Section::Dashboard, Section::Orders]),
        Ok(Sight::Site(_)) => sections.push(Section::Orders),
        Err(_) => {}
    }
    if Needs::Role.check(member).is_ok() {
        sections.push(Section::Tasks);
    }
    if review::NEEDS.check(member).is_ok() {
        sections.push(Section::Review);
    }
    if Needs::Parcels.check(member).is_ok() {
        sections.extend([Section::Exceptions, Section::Logistics]);
    }
    if Needs::Floor.check(member).is_ok() {
        sections.push(Section::Warehouse);
    }
    if Needs::Right(Permission::AdjustStock).check(member).is_ok() {
        sections.push(Section::Stock);
    }
    if Needs::Disputes.check(member).is_ok() {
        sections.push(Section::Disputes);
    }
    if catalog::READ.check(member).is_ok() {
        sections.push(Section::Catalog);
    }
    if promotions::CHANGE.check(member).is_ok() {
        sections.push(Section::Promotions);
    }
    if admin::first_part(member).is_some() {
        sections.push(Section::Admin);
    }
    sections
}

/// Looks up who comes, and explains in their language what did not work.
pub(super) async fn around(
    State(site): State<Site>,
    visit: Visit,
    mut request: Request,
    next: Next,
) -> Response {
    let member = match member(&site, &visit).await {
        Ok(member) => member,
        Err(trouble) => return trouble.explain(site.shell(&visit), visit.request_id),
    };
    if let Some(member) = member {
        request.extensions_mut().insert(member);
    }
    let is_page = request.method() == Method::GET && visit.part == ordermill_pages::Part::Page;
    let told = is_page.then(|| told::heard(&visit)).flatten();
    let has_told = told.is_some();
    if let Some(toast) = told {
        request.extensions_mut().insert(toast);
    }
    let mut response = next.run(request).await;
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        response = trouble.explain(site.shell(&visit), visit.request_id);
    } else if has_told && response.status().is_success() {
        told::forget(response.headers_mut(), site.is_secure());
    }
    keep_nowhere(response.headers_mut());
    response
}

async fn member(site: &Site, visit: &Visit) -> Result<Option<Member>, Trouble> {
    let Some(token) = visit.cookie(Door::Console.cookie(site.is_secure())) else {
        return Ok(None);
    };
    let services = site.services();
    let principal = services.access().of_session(token, services.now()).await?;
    Ok(principal
        .filter(|principal| principal.staff().is_some())
        .map(|principal| Member { principal, token: token.to_owned() }))
}

/// Pages of the console are for the one who asked, and for now.
fn keep_nowhere(headers: &mut HeaderMap) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
