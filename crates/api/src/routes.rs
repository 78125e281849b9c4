//! The router that remembers what it routes: the document, the tests and the gate see the same list.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use ordermill_app::Services;

use crate::gate::{self, Gate, Needs};
use crate::limits::Limits;

/// One operation that the API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// `get`, `post`, …
    pub method: &'static str,
    /// With the names of its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub needs: Needs,
}

/// All operations with what answers them.
pub(crate) struct Routes {
    services: Services,
    limits: Arc<Limits>,
    router: Router<Services>,
    operations: Vec<Operation>,
}

impl Routes {
    pub(crate) fn new(services: Services, limits: Arc<Limits>) -> Self {
        Self { services, limits, router: Router::new(), operations: Vec::new() }
    }

    pub(crate) fn get<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Services>,
        T: 'static,
    {
        self.add("get", path, needs, on(MethodFilter::GET, handler))
    }

    pub(crate) fn post<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Services>,
        T: 'static,
    {
        self.add("post", path, needs, on(MethodFilter::POST, handler))
    }

    pub(crate) fn patch<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Services>,
        T: 'static,
    {
        self.add("patch", path, needs, on(MethodFilter::PATCH, handler))
    }

    pub(crate) fn put<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Services>,
        T: 'static,
    {
        self.add("put", path, needs, on(MethodFilter::PUT, handler))
    }

    pub(crate) fn delete<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Services>,
        T: 'static,
    {
        self.add("delete", path, needs, on(MethodFilter::DELETE, handler))
    }

    /// An operation with layers of its own.
    pub(crate) fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        needs: Needs,
        route: MethodRouter<Services>,
    ) -> Self {
        let (services, limits) = (self.services.clone(), Arc::clone(&self.limits));
        let gate = Gate { services, limits, needs };
        let route = route.route_layer(from_fn_with_state(gate, gate::check));
        self.router = self.router.route(path, route);
        self.operations.push(Operation { method, path, needs });
        self
    }

    pub(crate) fn into_parts(self) -> (Router<Services>, Vec<Operation>) {
        (self.router, self.operations)
    }
}
