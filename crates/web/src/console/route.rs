//! Addresses with what they ask of whoever comes. Deny by default: an address cannot be added
//! without saying it, and it is asked before the handler runs.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use ordermill_app::dispute::may_see;
use ordermill_app::pick_list::may_pick;
use ordermill_app::shipment::{may_look, may_ship};
use ordermill_base::Id as _;
use ordermill_domain::ids::LocationId;
use ordermill_domain::role::Permission;

use super::desk::Member;
use super::sign_in;
use super::trouble::Trouble;
use crate::Site;

/// What an address asks of whoever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: signing in.
    Nothing,
    /// To be signed in.
    SignIn,
    /// To work here as anything: what one sees is what belongs to one's roles.
    Role,
    /// A right over something: how far it goes is checked where the thing is known.
    Right(Permission),
    /// To look at parcels: whoever ships, and whoever reads all orders.
    Parcels,
    /// To see disputes: whoever sees the money of all orders.
    Disputes,
    /// To take steps of shipping.
    Shipping,
    /// One of several rights.
    AnyOf(&'static [Permission]),
    /// To pick and pack somewhere: at the own location, or at any.
    Floor,
}

/// One address.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its path, with names of its parameters in braces.
    pub path: &'static str,
    /// What it asks of whoever comes.
    pub needs: Needs,
}

/// Addresses with their handlers.
#[derive(Default)]
pub(super) struct Routes {
    router: Router<Site>,
    known: Vec<Known>,
}

impl Routes {
    /// A page.
    pub(super) fn get<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.add("GET", path, needs, routing::get(handler))
    }

    /// A form.
    pub(super) fn post<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.add("POST", path, needs, routing::post(handler))
    }

    /// A form with a file: as large as `limit` says.
    pub(super) fn post_with<H, T>(
        self,
        path: &'static str,
        needs: Needs,
        limit: DefaultBodyLimit,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Site>,
        T: 'static,
    {
        self.add("POST", path, needs, routing::post(handler).layer(limit))
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        needs: Needs,
        handler: MethodRouter<Site>,
    ) -> Self {
        let guard = middleware::from_fn(move |request, next| guard(needs, request, next));
        self.router = self.router.route(path, handler.route_layer(guard));
        self.known.push(Known { method, path, needs });
        self
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.known.extend(other.known);
        self
    }

    pub(super) fn into_router(self) -> Router<Site> {
        self.router
    }

    pub(super) fn into_known(self) -> Vec<Known> {
        self.known
    }
}

impl Needs {
    /// Whether someone who is signed in has what is asked, and what they lack.
    pub(super) fn check(self, member: &Member) -> Result<(), Permission> {
        let may = |permission: &Permission| member.principal.may_enter(*permission);
        match self {
            Self::Nothing | Self::SignIn => Ok(()),
            Self::Role if !member.staff().roles.is_empty() => Ok(()),
            Self::Role => Err(Permission::ManageAccess),
            Self::Floor => {
                let at = member.staff().location.unwrap_or(LocationId::from_raw(0));
                may_pick(&member.principal, at).map_err(|forbidden| forbidden.0)
            }
            Self::Right(permission) if may(&permission) => Ok(()),
            Self::Disputes => may_see(&member.principal).map_err(|forbidden| forbidden.0),
            Self::Parcels => may_look(&member.principal).map_err(|forbidden| forbidden.0),
            Self::Shipping => {
                let site = member.staff().location;
                may_ship(&member.principal, site, true).map_err(|forbidden| forbidden.0)
            }
            Self::AnyOf(permissions) if permissions.iter().any(may) => Ok(()),
            Self::Right(permission) => Err(permission),
            Self::AnyOf(permissions) => {
                Err(permissions.first().copied().unwrap_or(Permission::ManageAccess))
            }
        }
    }
}

async fn guard(needs: Needs, request: Request, next: Next) -> Response {
    if needs == Needs::Nothing {
        return next.run(request).await;
    }
    let Some(member) = request.extensions().get::<Member>() else {
        return sign_in::asked_for(&request);
    };
    match needs.check(member) {
        Ok(()) => next.run(request).await,
        Err(permission) => Trouble::Forbidden(permission).into_response(),
    }
}
