//! Which key may call what: every operation with every scope, really called.

use axum::http::StatusCode;
use ordermill_api::gate::Needs;
use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use serde_json::json;

use crate::kit::{fill, in_each_shop, request};

/// A new operation, or one that needs something else, shows up here as a changed table to read. The
/// last column is what a key that may is answered to an empty body about a thing that is not there.
#[test]
fn every_operation_with_every_scope() {
    in_each_shop(Quotas::default(), async |shop| {
        let channel = shop.channel("market");
        let keys: Vec<(Scope, String)> =
            Scope::ALL.iter().map(|scope| (*scope, shop.key(&[*scope], None))).collect();
        let of_channel = shop.key(&Scope::ALL, Some(channel));
        let mut table = String::new();
        for operation in ordermill_api::operations(shop.services.clone()) {
            let call = async |key: &str| {
                let (method, path) = (operation.method.to_uppercase(), fill(operation.path));
                let headers = [("idempotency-key", "k"), ("if-match", "\"1\"")];
                let body = json!({});
                let body = (method != "GET" && method != "DELETE").then_some(&body);
                shop.send(request(&method, &path, key, &headers, body)).await.status
            };
            let none = call("").await;
            let wrong = call("omk_0123456789012345678901234567890123456789012").await;
            let mut allowed = Vec::new();
            for (scope, key) in &keys {
                match call(key).await {
                    StatusCode::FORBIDDEN => {}
                    status => allowed.push((*scope, status.as_u16())),
                }
            }
            let line = if operation.needs == Needs::Nothing {
                let all_alike = allowed.len() == keys.len() && none == wrong;
                assert!(all_alike, "{operation:?}");
                format!("anybody {}", none.as_u16())
            } else {
                let refused = [none, wrong].map(|status| status.as_u16());
                assert_eq!(refused, [401, 401], "{operation:?}");
                let of_channel = call(&of_channel).await.as_u16();
                let allowed: Vec<String> =
                    allowed.iter().map(|(scope, status)| format!("{scope} {status}")).collect();
                format!("{}; key of a channel {of_channel}", allowed.join(", "))
            };
            table.push_str(&format!("{} {}: {line}\n", operation.method, operation.path));
        }
        insta::assert_snapshot!("scopes", table);
    });
}

#[test]
fn a_key_that_was_revoked_is_worth_nothing() {
    in_each_shop(Quotas::default(), async |shop| {
        let key = shop.key(&[Scope::ReadOrders], None);
        assert_eq!(shop.get(&key, "/api/v1/orders").await.status, 200);
        let access = shop.services.access();
        let act = ordermill_app::permission::Principal::system("test");
        let now = shop.services.now();
        access
            .administer(move |tx| {
                let keys = ordermill_app::api_key::list(tx, &act, None, 1)?;
                ordermill_app::api_key::revoke(tx, &act, &act.act(now), keys[0].id)
            })
            .await
            .unwrap();
        let answer = shop.get(&key, "/api/v1/orders").await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "key_unknown"));
    });
}
