//! The hosted page as a browser sees it, and the tester's controls over HTTP.

use ordermill_ports::gateway::{Gateway, GatewayState, PaymentRequest};
use ordermill_sandbox::fault::{Call, Fault};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};

use crate::kit::Kit;

/// A browser that does not follow redirects.
fn browser() -> Client {
    let roots = rustls::RootCertStore::empty();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

async fn json_of(request: RequestBuilder) -> Value {
    serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
}

/// Opens a payment and gives it with its page.
async fn opened(kit: &Kit) -> (PaymentRequest, String) {
    let request = kit.request(1);
    let page = kit.gateway.start(&request).await.unwrap().redirect_url;
    (request, page)
}

fn press(page: &str, button: &str) -> RequestBuilder {
    browser()
        .post(page)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("action={button}"))
}

#[tokio::test]
async fn the_page_speaks_the_buyers_language_and_runs_nothing() {
    let kit = Kit::start().await;
    let (request, page) = opened(&kit).await;
    let english = browser().get(&page).send().await.unwrap();
    let policy = header(&english, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
    assert!(policy.ends_with(&format!("form-action 'self' {}", kit.shop.url)), "{policy}");
    let text = english.text().await.unwrap();
    assert!(text.contains(r#"<html lang="en">"#) && text.contains("Pay ¥12.50"), "{text}");
    assert!(text.contains(&request.order_number));
    assert!(text.contains("Two tins of &#60;tea&#62;") && !text.contains("<tea>"), "{text}");

    let chinese = browser().get(&page).header("accept-language", "zh-CN,en;q=0.5");
    let text = chinese.send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#"<html lang="zh-CN">"#) && text.contains("确认支付"), "{text}");
    let asked = browser().get(format!("{page}?lang=zh")).header("accept-language", "en");
    assert!(asked.send().await.unwrap().text().await.unwrap().contains("确认支付"));
    let unknown = browser().get(format!("{page}0")).send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pressing_pay_twice_charges_once_and_leads_back_to_the_shop() {
    let kit = Kit::start().await;
    let (request, page) = opened(&kit).await;
    for _ in 0..2 {
        let paid = press(&page, "pay").send().await.unwrap();
        assert_eq!(paid.status(), StatusCode::SEE_OTHER);
        let expected = format!(
            "{}/orders/1?from=gateway&payment_id={}&result=captured",
            kit.shop.url, request.payment
        );
        assert_eq!(header(&paid, "location"), expected);
    }
    assert_eq!(kit.sandbox().ledger().len(), 1);
    let after = browser().get(&page).send().await.unwrap().text().await.unwrap();
    assert!(after.contains("Return to the shop") && !after.contains("<form"), "{after}");
}

#[tokio::test]
async fn a_buyer_who_cancels_may_come_back_and_one_who_is_declined_may_not() {
    let kit = Kit::start().await;
    let (request, page) = opened(&kit).await;
    let canceled = press(&page, "cancel").send().await.unwrap();
    assert!(header(&canceled, "location").ends_with("result=canceled"));
    let state = kit.gateway.query(request.payment).await.unwrap();
    assert!(matches!(state, GatewayState::Pending { .. }));
    let declined = press(&page, "decline").send().await.unwrap();
    assert!(header(&declined, "location").ends_with("result=failed"));
    let late = press(&page, "pay").send().await.unwrap();
    assert_eq!(late.status(), StatusCode::OK, "the page says that it failed");
    assert!(late.text().await.unwrap().contains("Payment failed"));
    assert_eq!(kit.sandbox().ledger(), []);
}

#[tokio::test]
async fn a_buyer_may_pay_and_never_come_back() {
    let kit = Kit::start().await;
    let (request, page) = opened(&kit).await;
    kit.break_call(request.payment, Call::Pay, Fault::LoseAnswer, 1);
    assert!(press(&page, "pay").send().await.is_err(), "the connection closes");
    let state = kit.gateway.query(request.payment).await.unwrap();
    assert!(matches!(state, GatewayState::Captured(_)));
}

#[tokio::test]
async fn a_tester_breaks_things_plays_the_buyer_and_reads_the_ledger_over_http() {
    let kit = Kit::start().await;
    let (request, _) = opened(&kit).await;
    let control = |path: &str| format!("{}/control/{path}", kit.running.url);
    let id = request.payment.to_string();
    let rules = json!({"rules": [{"payment_id": id, "fault": {"kind": "lose_notice"}}]});
    let accepted = json_of(browser().post(control("faults")).json(&rules)).await;
    assert_eq!(accepted, json!({"accepted": true}));
    let typo = json!({"rules": [{"payment": id, "fault": {"kind": "lose_notice"}}]});
    let refused = json_of(browser().post(control("faults")).json(&typo)).await;
    assert_eq!(refused["code"], "invalid_request");

    let buyer = browser().post(control(&format!("payments/{id}/buyer")));
    let paid = json_of(buyer.json(&json!({"action": "pay"}))).await;
    assert_eq!(paid["status"], "captured");
    let ledger = json_of(browser().get(control("ledger"))).await;
    assert_eq!(ledger["charged"], json!({"CNY": "12.50"}));
    assert_eq!(ledger["refunded"], json!({}));
    assert_eq!(ledger["entries"][0]["idempotency_key"], json!(request.idempotency_key));
    let notices = json_of(browser().get(control("notices"))).await;
    assert_eq!((&notices[0]["outcome"], &notices[0]["attempts"]), (&json!("lost"), &json!(0)));
    let cleared = browser().delete(control("faults")).send().await.unwrap();
    assert_eq!(cleared.status(), StatusCode::NO_CONTENT);
}
