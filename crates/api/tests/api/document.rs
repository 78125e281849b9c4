//! The document says what the router does, and the router does what the document says.

use std::collections::BTreeSet;

use ordermill_api::gate::Needs;
use ordermill_api::limits::Quotas;
use serde_json::Value;

use crate::kit::in_each_shop;

#[test]
fn every_operation_is_in_the_document_and_the_reverse() {
    in_each_shop(Quotas::default(), async |shop| {
        let document = shop.get("", "/api/v1/openapi.json").await.body;
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                described.insert(format!("{method} {path}"));
            }
        }
        let routed: BTreeSet<String> = ordermill_api::operations(shop.services.clone())
            .iter()
            .map(|it| format!("{} {}", it.method, it.path))
            .collect();
        let difference: Vec<_> = described.symmetric_difference(&routed).collect();
        assert!(difference.is_empty(), "only one of the two has {difference:?}");
    });
}

#[test]
fn every_operation_says_what_it_may_be_answered() {
    in_each_shop(Quotas::default(), async |shop| {
        let document = shop.get("", "/api/v1/openapi.json").await.body;
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        for operation in ordermill_api::operations(shop.services.clone()) {
            let described = &document["paths"][operation.path][operation.method];
            let name = format!("{} {}", operation.method, operation.path);
            for text in ["summary", "operationId"] {
                assert!(described[text].is_string(), "{name} has no {text}");
            }
            let has = |status: &str| !described["responses"][status].is_null();
            if operation.needs != Needs::Nothing {
                assert!(["401", "403", "429", "503"].into_iter().all(has), "{name}");
                let scope = operation.needs.scope().unwrap();
                assert_eq!(described["security"][0]["api_key"][0], scope.code(), "{name}");
            }
            if described["requestBody"].is_object() {
                assert!(
                    ["400", "413", "415", "422"].into_iter().all(has)
                        || operation.path.starts_with("/gateways/")
                        || operation.path.starts_with("/channels/")
                        || operation.path.starts_with("/hooks/"),
                    "{name}"
                );
            }
            for (status, response) in described["responses"].as_object().unwrap() {
                let is_problem = status.starts_with('4') || status.starts_with('5');
                let content = &response["content"]["application/problem+json"];
                assert_eq!(is_problem, !content.is_null(), "{name} {status}");
            }
        }
    });
}

/// Nothing that a client sends is without a bound.
#[test]
fn every_text_and_list_of_a_request_has_a_limit() {
    in_each_shop(Quotas::default(), async |shop| {
        let document = shop.get("", "/api/v1/openapi.json").await.body;
        let mut unbounded = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let body = &operation["requestBody"]["content"]["application/json"]["schema"];
                check(&document, body, &format!("{method} {path}"), &mut unbounded);
            }
        }
        assert!(unbounded.is_empty(), "{unbounded:#?}");
    });
}

fn check(document: &Value, schema: &Value, at: &str, unbounded: &mut Vec<String>) {
    let reference = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    let schema = reference.and_then(|it| document.pointer(it)).unwrap_or(schema);
    for name in ["oneOf", "anyOf", "allOf"] {
        for part in schema[name].as_array().into_iter().flatten() {
            check(document, part, at, unbounded);
        }
    }
    let is = |kind: &str| match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(many) => many.iter().any(|it| it == kind),
        _ => false,
    };
    let is_closed = schema["enum"].is_array() || schema["format"].is_string();
    if is("string") && schema["maxLength"].is_null() && !is_closed {
        unbounded.push(at.to_owned());
    }
    if is("array") && schema["maxItems"].is_null() {
        unbounded.push(at.to_owned());
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        check(document, field, &format!("{at} {name}"), unbounded);
    }
}

#[test]
fn the_reference_is_readable_without_a_network() {
    in_each_shop(Quotas::default(), async |shop| {
        use http_body_util::BodyExt as _;
        use tower::ServiceExt as _;
        for path in ["/api", "/api/problems", "/api/reference.css"] {
            let request = crate::kit::request("GET", path, "", &[], None);
            let response = shop.router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let text = String::from_utf8(body.to_vec()).unwrap();
            assert!(!text.contains("http://") && !text.contains("<script"), "{path}");
            if path == "/api" {
                for operation in ordermill_api::operations(shop.services.clone()) {
                    assert!(text.contains(operation.path), "{operation:?}");
                }
            }
        }
    });
}
