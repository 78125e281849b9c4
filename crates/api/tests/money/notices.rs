//! What gateways may tell us, and what is not believed.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use ordermill_sandbox::fault::{Call, Fault};

use crate::kit::on_each_database;

#[test]
fn forged_foreign_and_endless_notices_are_refused() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (payment, _) = shop.start(&order).await;
        let forged = format!(r#"{{"type":"payment.captured","payment_id":"{payment}"}}"#);
        let send = async |path: &str, body: String, signature: Option<&str>| {
            let mut request = Request::post(path);
            if let Some(signature) = signature {
                request = request
                    .header("webhook-id", "ntc_1")
                    .header("webhook-timestamp", "1795334400")
                    .header("webhook-signature", signature);
            }
            shop.send(request.body(Body::from(body)).unwrap()).await.status
        };
        let path = "/gateways/sandbox/notices";
        assert_eq!(send(path, forged.clone(), None).await, StatusCode::BAD_REQUEST);
        assert_eq!(send(path, forged.clone(), Some("v1,AAAA")).await, StatusCode::UNAUTHORIZED);
        assert_eq!(send("/gateways/x/notices", forged, None).await, StatusCode::NOT_FOUND);
        let endless = "x".repeat(70_000);
        assert_eq!(send(path, endless, None).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(shop.order(&order).await["payment_status"], "unpaid");
    });
}

#[test]
fn a_notice_of_a_wrong_amount_pays_nothing_until_the_gateway_is_asked() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (payment, _) = shop.start(&order).await;
        shop.break_next(Call::Notice, Fault::WrongAmount);
        shop.sandbox().pay(&payment).unwrap();
        let view = shop.until(&order, "status", "confirmed").await;
        assert_eq!(view["amounts"]["paid"], view["total"]);
    });
}
