//! What one caller may ask for, and what every answer says about itself.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;

use crate::kit::{in_each_shop, request};

#[test]
fn a_key_that_asks_too_much_is_told_to_wait_and_others_are_not() {
    let quotas = Quotas { requests_per_minute: 30, ..Quotas::default() };
    in_each_shop(quotas, async |shop| {
        let (greedy, modest) =
            (shop.key(&[Scope::ReadOrders], None), shop.key(&[Scope::ReadOrders], None));
        for number in 0..30 {
            let answer = shop.get(&greedy, "/api/v1/orders").await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("ratelimit-policy"), "\"key\";q=30;w=60");
            let left = format!("\"key\";r={};", 29 - number);
            assert!(answer.header("ratelimit").starts_with(&left), "{answer:?}");
        }
        let refused = shop.get(&greedy, "/api/v1/orders").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
        assert_eq!(refused.header("retry-after"), "2");
        assert_eq!(shop.get(&modest, "/api/v1/orders").await.status, 200);
    });
}

#[test]
fn every_answer_closes_the_side_doors() {
    in_each_shop(Quotas::default(), async |shop| {
        for path in
            ["/api/v1/orders", "/api/v1/nowhere", "/health/live", "/api/v1/openapi.json", "/api"]
        {
            let headers = [("origin", "https://elsewhere.example")];
            let answer = shop.send(request("GET", path, &shop.key, &headers, None)).await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
            assert!(answer.header("access-control-allow-origin").is_empty(), "{path}");
            assert!(answer.header("server").is_empty(), "{path}");
        }
        let private = shop.get(&shop.key, "/api/v1/orders").await;
        assert_eq!(private.header("cache-control"), "no-store");
        let preflight = shop.send(request("OPTIONS", "/api/v1/orders", "", &[], None)).await;
        assert_eq!(preflight.status, 405);
        assert!(preflight.header("access-control-allow-methods").is_empty());
    });
}

#[test]
fn every_refusal_is_a_problem() {
    in_each_shop(Quotas::default(), async |shop| {
        for (method, path, status) in [
            ("GET", "/api/v1/nowhere", 404),
            ("PUT", "/api/v1/orders", 405),
            ("GET", "/api/v1/orders/%FF", 404),
            ("GET", "/api/v1/skus/%FF", 404),
            ("GET", "/api/v1/skus/ord_0000000000001", 404),
            ("GET", "/api/v1/webhooks/a/deliveries?state=%FF", 404),
        ] {
            let answer = shop.send(request(method, path, &shop.key, &[], None)).await;
            assert_eq!(answer.status, status, "{method} {path}");
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
            assert_eq!(answer.body["status"], status);
        }
    });
}
