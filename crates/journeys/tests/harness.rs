//! The harness is tried on small pages of its own: a good page passes, and each kind of defect is
//! found also when the journey does not look for it.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use ordermill_journeys::{
    Browser, Problems, Screen, View, button, css, field, heading, link, role, test, try_visit,
    visit,
};

const GOOD: &str = r#"<main><h1>Cups</h1>
    <form action="/order"><label>Quantity <input name="quantity" value="1"></label>
    <label>Color <select name="color"><option>White<option>Blue</select></label>
    <button>Place order</button></form>
    <p>Total <span data-test="total">¥ 36.00</span></p>
    <p><a href="/order">Old orders</a></p><p hidden>Not for you</p></main>"#;

/// A server of these pages. Each is a path, further headers, and what stands in its body.
struct Pages {
    origin: String,
    languages: Arc<Mutex<Vec<String>>>,
}

fn pages(pages: &[(&'static str, &'static str, String)]) -> Pages {
    let pages: HashMap<_, _> =
        pages.iter().map(|(path, headers, body)| (*path, (*headers, body.clone()))).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let languages = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&languages);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            for line in BufReader::new(&stream).lines() {
                let Ok(line) = line else { break };
                if line.is_empty() {
                    break;
                }
                head.push(line);
            }
            let Some(request) = head.first() else { continue };
            let path = request.split([' ', '?']).nth(1).unwrap_or("/");
            let language = head.iter().find_map(|line| line.strip_prefix("Accept-Language: "));
            seen.lock().unwrap().extend(language.map(str::to_owned));
            let (status, headers, body) = match pages.get(path) {
                Some((headers, body)) => ("200 OK", *headers, body.as_str()),
                None => ("404 Not Found", "", "<main><h1>Nothing here</h1></main>"),
            };
            let page = format!(
                "<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title>\
                 <link rel=icon href=data:,><meta name=viewport content='width=device-width'>\
                 </head><body>{body}</body></html>"
            );
            let length = page.len();
            // A browser that has gone elsewhere meanwhile is no concern of the server's.
            drop(write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
                 {headers}Connection: close\r\n\r\n{page}"
            ));
        }
    });
    Pages { origin, languages }
}

fn one_page(body: &str) -> Pages {
    pages(&[("/", "", body.to_owned())])
}

/// What is found on a page by a journey that just opens it.
fn problems_of(pages: &Pages, view: View) -> String {
    match try_visit(&pages.origin, view, |browser| browser.open("/")) {
        Ok(()) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_visitor_orders_by_what_things_are_called() {
    let shop = pages(&[
        ("/", "", GOOD.into()),
        ("/order", "", "<main><h1>Thank you</h1><p>Two   cups</p></main>".into()),
    ]);
    visit(&shop.origin, View::DESKTOP_ENGLISH, |browser| {
        browser.open("/")?;
        assert_eq!(browser.text(&heading("Cups"))?, "Cups");
        assert_eq!(browser.text(&test("total"))?, "¥ 36.00");
        assert_eq!(browser.count(&css("p"))?, 2, "hidden things are not counted");
        browser.fill(&field("Quantity"), "2")?;
        browser.choose(&field("Color"), "Blue")?;
        assert_eq!(browser.value(&field("Quantity"))?, "2");
        browser.check("cups")?;
        browser.click(&button("Place order"))?;
        browser.arrive("/order?quantity=2&color=Blue")?;
        browser.see("Two cups")?;
        browser.back()?;
        browser.click(&link("Old"))?;
        browser.see("Thank you")?;
        browser.see_no_more("¥ 36.00")
    });
}

#[test]
fn a_scanner_types_into_the_focused_field() {
    let page = r#"<main><h1>Scan</h1><form action="/"><label>Code <input name=code autofocus></label>
        </form></main>"#;
    visit(&one_page(page).origin, View::PHONE_CHINESE, |browser| {
        browser.open("/")?;
        browser.type_keys(&format!("6901{}", Browser::ENTER))?;
        browser.arrive("/?code=6901")
    });
}

#[test]
fn each_view_has_its_screen_and_its_language() {
    for view in View::ALL {
        let shop = one_page(GOOD);
        visit(&shop.origin, view, |browser| {
            browser.open("/")?;
            let width = browser.evaluate("return innerWidth")?;
            assert_eq!(width, if view.screen == Screen::Phone { 390 } else { 1440 }, "{view}");
            let touch = browser.evaluate("return navigator.maxTouchPoints > 0")?;
            assert_eq!(touch, view.screen == Screen::Phone, "{view}");
            Ok(())
        });
        let languages = shop.languages.lock().unwrap();
        let wanted = view.either("en-US", "zh-CN");
        assert!(
            !languages.is_empty() && languages.iter().all(|l| l.starts_with(wanted)),
            "{languages:?}"
        );
    }
}

#[test]
fn an_error_on_the_console_fails_the_journey() {
    let script = format!("{GOOD}<script>throw new Error('price of undefined')</script>");
    let found = problems_of(&one_page(&script), View::DESKTOP_ENGLISH);
    assert!(found.contains("console:") && found.contains("price of undefined"), "{found}");
}

#[test]
fn a_missing_file_fails_the_journey_unless_it_is_expected() {
    let shop = one_page(&GOOD.replace("</main>", "<img src=/cup.png alt=Cup></main>"));
    let found = problems_of(&shop, View::DESKTOP_ENGLISH);
    assert!(found.contains("cup.png") && found.contains("404"), "{found}");

    visit(&shop.origin, View::DESKTOP_ENGLISH, |browser| {
        browser.expect("cup.png");
        browser.open("/")
    });
    let in_vain = try_visit(&shop.origin, View::DESKTOP_ENGLISH, |browser| {
        browser.expect("cup.png");
        browser.expect("status of 500");
        browser.open("/")
    });
    let Problems(found) = in_vain.unwrap_err();
    assert_eq!(found[0], "expected on the console: \"status of 500\"");
}

#[test]
fn a_barrier_fails_the_journey() {
    let found = problems_of(&one_page("<main><h1>Cups</h1><input></main>"), View::PHONE_ENGLISH);
    assert!(found.contains("barrier") && found.contains("label (critical)"), "{found}");

    let pale = "<main><h1>Cups</h1><p style='color:#ccc;background:#fff'>¥36</p></main>";
    let found = problems_of(&one_page(pale), View::PHONE_ENGLISH);
    assert!(found.contains("color-contrast"), "{found}");
}

#[test]
fn a_page_wider_than_the_phone_fails_the_journey() {
    let wide = one_page("<main><h1>Cups</h1><div style='width:900px'>wide</div></main>");
    let found = problems_of(&wide, View::PHONE_ENGLISH);
    assert!(found.contains("wide on a screen of 390"), "{found}");
    assert_eq!(problems_of(&wide, View::DESKTOP_ENGLISH), "");
}

#[test]
fn a_request_to_a_foreign_host_fails_the_journey() {
    let other = one_page(GOOD);
    let page = format!("{GOOD}<iframe src='{}' title=Other></iframe>", other.origin);
    let found = problems_of(&one_page(&page), View::DESKTOP_ENGLISH);
    assert!(found.contains(&format!("foreign host: {}", other.origin)), "{found}");
}

#[test]
fn a_breach_of_the_content_security_policy_fails_the_journey() {
    let policy = "Content-Security-Policy: default-src 'self'; img-src data:\r\n";
    let page = format!("{GOOD}<script>document.title = 'inline'</script>");
    let found = problems_of(&pages(&[("/", policy, page)]), View::DESKTOP_ENGLISH);
    assert!(found.contains("Content Security Policy"), "{found}");
    let clean = pages(&[("/", policy, GOOD.into())]);
    assert_eq!(problems_of(&clean, View::DESKTOP_ENGLISH), "");

    let report_only = "Content-Security-Policy-Report-Only: script-src 'self'\r\n";
    let page = format!("{GOOD}<script>document.title = 'inline'</script>");
    let found = problems_of(&pages(&[("/", report_only, page)]), View::DESKTOP_ENGLISH);
    assert!(found.contains("Content Security Policy"), "{found}");
}

#[test]
fn what_cannot_be_found_is_reported_with_what_is_there() {
    let shop = one_page(
        "<main><h1>Cups</h1><button>Buy</button><button>Buy</button><button>Sell</button></main>",
    );
    let find = |target| {
        let outcome = try_visit(&shop.origin, View::DESKTOP_ENGLISH, |browser| {
            browser.open("/")?;
            browser.click(&target)
        });
        outcome.unwrap_err().to_string()
    };
    let found = find(role("button", "Lend"));
    assert!(
        found.contains(r#"no button "Lend" on the page; there is "Buy", "Buy", "Sell""#),
        "{found}"
    );
    let found = find(button("Buy"));
    assert!(found.contains(r#"2 things on the page are button "Buy""#), "{found}");
}

#[test]
fn a_page_can_be_used_without_its_scripts() {
    let page = "<main><h1>Cups</h1><p data-test=state>plain</p></main>\
        <script>document.querySelector('p').textContent = 'scripted'</script>";
    let shop = one_page(page);
    visit(&shop.origin, View::PHONE_CHINESE, |browser| {
        browser.open("/")?;
        assert_eq!(browser.text(&test("state"))?, "scripted");
        browser.scripts(false)?;
        browser.open("/")?;
        assert_eq!(browser.text(&test("state"))?, "plain");
        Ok(())
    });
}

#[test]
fn a_failed_journey_leaves_a_picture() {
    let shop = one_page(GOOD);
    let outcome = try_visit(&shop.origin, View::PHONE_ENGLISH, |browser| {
        browser.open("/")?;
        browser.see("Sold out")
    });
    let Problems(found) = outcome.unwrap_err();
    assert!(found[0].starts_with(r#"no "Sold out" on the page: Cups"#), "{found:?}");
    let folder = found.last().and_then(|last| last.split_once(": ")).unwrap().1;
    let picture = std::fs::read(format!("{folder}/page.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 1000);
}

#[test]
fn without_the_network_the_page_says_so() {
    let page = "<main><h1>Scan</h1><p>ready</p></main><script>
        addEventListener('offline', () => document.querySelector('p').textContent = 'offline')
        </script>";
    visit(&one_page(page).origin, View::PHONE_CHINESE, |browser| {
        browser.open("/")?;
        browser.offline(true)?;
        browser.see("offline")
    });
}
