//! People in the shop, and those who serve them in the console.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ordermill_app::permission::Principal;
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::IdGenerator;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::role::Role;
use ordermill_storage::{Address, Connection};
use ordermill_testkit::TestClock;
use ordermill_vault::{OsEntropy, password};

use crate::client::Answer;
use crate::partners::Sandbox;
use crate::person::Person;
use crate::visitor::{Recipient, Visitor, borrowed, encoded, hidden};

const PASSWORD: &str = "the heron stands on one leg";
const STAFF: [(&str, &[Role]); 3] = [
    ("clerk", &[Role::Service, Role::Operations]),
    ("cashier", &[Role::Finance]),
    ("keeper", &[Role::Admin]),
];
/// A network address asks for so many codes and orders before it has to wait, and a member of staff
/// reveals so many recipients: these do it for all.
const WITH_LIMITS: u32 = 100;

/// Lets those work here who serve the people.
pub(crate) fn hire(data: &Path, database: Option<&str>) {
    let address: Address = match database {
        Some(url) => url.parse().unwrap(),
        None => Address::sqlite(data.join("ordermill.db")),
    };
    let mut connection = Connection::open(&address, Arc::new(IdGenerator::new(1))).unwrap();
    // Ids go on behind those that are there.
    connection.migrate().unwrap();
    let act = Act::new(Actor::system("test"), TestClock::START);
    let hash = password::hash(PASSWORD, &OsEntropy).unwrap();
    for (login, roles) in STAFF {
        let new = NewStaff {
            login: login.parse().unwrap(),
            name: login.to_owned(),
            roles: roles.to_vec(),
            location: None,
            password: hash.clone(),
        };
        let principal = Principal::system("test");
        connection.transact(|tx| staff::create(tx, &principal, &act, &new)).unwrap();
    }
}

/// The shop's doors, and who stands behind the counter.
pub(crate) struct House<'s> {
    address: SocketAddr,
    sandbox: &'s Sandbox,
    clerk: Visitor,
    cashier: Visitor,
    keeper: Visitor,
}

fn seen(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}\n{}", answer.head, answer.body);
    &answer.body
}

impl<'s> House<'s> {
    /// Everybody signs in.
    pub(crate) fn open(address: SocketAddr, sandbox: &'s Sandbox) -> Self {
        let [clerk, cashier, keeper] = STAFF.map(|(login, _)| {
            let mut visitor = Visitor::new(address);
            // First as someone who mistypes.
            let wrong = [("login", login), ("password", "not this"), ("next", "/console")];
            assert_eq!(visitor.post("/console/sign-in", &wrong).status, 422);
            let right = [("login", login), ("password", PASSWORD), ("next", "/console")];
            seen(&visitor.submit("/console/sign-in", &right));
            visitor
        });
        Self { address, sandbox, clerk, cashier, keeper }
    }

    /// Somebody buys in the shop, mistypes what can be mistyped, pays or not, and is served.
    pub(crate) fn serve(&mut self, person: &Person) {
        let mut visitor = Visitor::new(self.address);
        self.look_around(&mut visitor, person);
        let is_limited = person.number < WITH_LIMITS && person.number.is_multiple_of(20);
        if is_limited {
            self.sign_in(&mut visitor, person);
        }
        let order = self.buy(&mut visitor, person);
        self.pay(&mut visitor, &order, person);
        if is_limited {
            self.find_again(person, &order);
        }
        self.at_the_counter(person, &order, is_limited);
        if person.number.is_multiple_of(8) {
            let page = visitor.open(&format!("/orders/{order}"));
            let version = hidden(&page, "version");
            let form = [("version", version.as_str()), ("reason", person.note.as_str())];
            seen(&visitor.submit(&format!("/orders/{order}/cancel"), &form));
        }
    }

    /// Personal data where none belongs: in the search, in the cart, in a language that is none.
    fn look_around(&self, visitor: &mut Visitor, person: &Person) {
        seen(&visitor.open("/"));
        seen(&visitor.open(&format!("/search?q={}", encoded(&person.name))));
        visitor.open(&format!("/products/{}", encoded(&person.phone)));
        visitor.post("/cart/lines", &[("sku", &person.phone), ("quantity", "1")]);
        seen(&visitor.submit("/cart/lines", &[("sku", "S2"), ("quantity", "2")]));
        for code in [&person.phone, &person.email, &person.name] {
            let refused = visitor.post("/cart/coupon", &[("coupon", code)]);
            assert_eq!(refused.status, 422, "{refused:?}");
        }
        seen(&visitor.open("/cart"));
    }

    fn sign_in(&self, visitor: &mut Visitor, person: &Person) {
        // As a name, which is neither a phone nor a mailbox.
        let wrong = [("contact", person.name.as_str()), ("then", "/cart")];
        assert_eq!(visitor.post("/sign-in/code", &wrong).status, 422);
        let contact = ("contact", person.phone.as_str());
        seen(&visitor.submit("/sign-in/code", &[contact, ("then", "/cart")]));
        let code = self.wait_for_code(person);
        let wrong = [contact, ("code", person.email.as_str()), ("then", "/cart")];
        assert_eq!(visitor.post("/sign-in", &wrong).status, 422);
        seen(&visitor.submit("/sign-in", &[contact, ("code", &code), ("then", "/cart")]));
    }

    fn wait_for_code(&self, person: &Person) -> String {
        let start = Instant::now();
        loop {
            let mut messages = self.sandbox.messages("sms").into_iter();
            let to_them = |it: &serde_json::Value| {
                it["to"].as_str().is_some_and(|to| to.ends_with(&person.phone))
            };
            let text = messages.find(to_them).map(|it| it["text"].as_str().unwrap().to_owned());
            let is_code = |run: &&str| run.len() == 6;
            let code = text
                .as_deref()
                .and_then(|text| text.split(|letter: char| !letter.is_ascii_digit()).find(is_code));
            if let Some(code) = code {
                return code.to_owned();
            }
            assert!(start.elapsed() < Duration::from_secs(20), "no code for {}", person.number);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fills in the checkout, first wrong; gives the order's number.
    fn buy(&self, visitor: &mut Visitor, person: &Person) -> String {
        let recipient = Recipient {
            name: &person.name,
            phone: &person.phone,
            email: &person.email,
            street: &person.street,
            note: &person.note,
        };
        let form = visitor.check_out("S1", "sandbox", &recipient);
        let swap = |name: &str, value: &str| {
            let mut form = form.clone();
            form.retain(|(field, _)| field != name);
            form.push((name.to_owned(), value.to_owned()));
            form
        };
        let pasted = format!("{} {} 上海市浦东新区{}", person.name, person.phone, person.street);
        let mut paste = swap("step", "paste");
        paste.push(("paste".to_owned(), pasted));
        seen(&visitor.post("/checkout", &borrowed(&paste)));
        seen(&visitor.post("/checkout/part?changed=region", &borrowed(&form)));
        for (name, wrong) in [
            ("phone", &person.name),
            ("email", &person.street),
            ("district", &person.note),
            ("coupon", &person.email),
            ("gift_card", &person.phone),
            ("payment", &person.phone),
        ] {
            let refused = visitor.post("/checkout", &borrowed(&swap(name, wrong)));
            assert_eq!(refused.status, 422, "{name}: {}", refused.head);
        }
        let placed = visitor.post("/checkout", &borrowed(&form));
        assert_eq!(placed.status, 303, "{placed:?}");
        let to = placed.header("location").unwrap();
        let number = to.trim_start_matches("/orders/").trim_end_matches("/pay").to_owned();
        // The same form again leads to the same order.
        let again = visitor.post("/checkout", &borrowed(&form));
        assert!(again.header("location").unwrap().contains(&number), "{again:?}");
        number
    }

    /// Declined, then paid; every fourth leaves it open.
    fn pay(&self, visitor: &mut Visitor, order: &str, person: &Person) {
        let leaving = visitor.open(&format!("/orders/{order}/pay"));
        self.sandbox.decide(seen(&leaving), "decline");
        seen(&visitor.open(&format!("/orders/{order}/payment")));
        let again = visitor.submit(&format!("/orders/{order}/pay"), &[]);
        if person.number.is_multiple_of(4) {
            self.sandbox.decide(seen(&again), "pay");
            let paid = visitor.open(&format!("/orders/{order}/payment"));
            assert!(seen(&paid).contains("Payment received"), "{}", paid.body);
        }
        let page = visitor.open(&format!("/orders/{order}"));
        assert!(!seen(&page).contains(&person.name), "the page shows a name in full");
        seen(&visitor.open("/orders"));
    }

    /// From another machine, first with a name for a number.
    fn find_again(&self, person: &Person, order: &str) {
        let mut visitor = Visitor::new(self.address);
        let end = &person.phone[person.phone.len() - 4..];
        for (number, phone_end) in [(person.name.as_str(), end), (order, person.name.as_str())] {
            let form = [("number", number), ("phone_end", phone_end)];
            assert_eq!(visitor.post("/orders/find", &form).status, 422);
        }
        let form = [("number", order), ("phone_end", end)];
        seen(&visitor.submit("/orders/find", &form));
    }

    /// The order is looked for by all that is known of the person, looked at, noted at, refunded.
    fn at_the_counter(&mut self, person: &Person, order: &str, is_limited: bool) {
        let clerk = &mut self.clerk;
        for known in [&person.phone, &person.email, &person.name] {
            seen(&clerk.open(&format!("/console/orders?q={}", encoded(known))));
            seen(&clerk.open(&format!("/console/search?q={}", encoded(known))));
        }
        let href = format!("/console/orders/{order}");
        let page = clerk.open(&href);
        assert!(!seen(&page).contains(&person.street), "the page shows a street in full");
        let note = format!("{} {} called: {}", person.name, person.phone, person.note);
        let key = hidden(&page, "key");
        let form = [("note", note.as_str()), ("key", key.as_str())];
        assert!(seen(&clerk.submit(&format!("{href}/notes"), &form)).contains(&person.note));
        if is_limited {
            let purpose = [("purpose", person.name.as_str())];
            assert_eq!(clerk.post(&format!("{href}/reveal"), &purpose).status, 422);
            let purpose = [("purpose", "delivery_contact")];
            let revealed = clerk.post(&format!("{href}/reveal"), &purpose);
            assert!(seen(&revealed).contains(&person.name), "what is revealed can be read");
            seen(&clerk.open("/console/dashboard"));
            seen(&clerk.open("/console/tasks"));
            seen(&self.cashier.open("/console/admin/audit"));
            for asked in [format!("?subject={order}"), format!("?actor={}", encoded(&person.email))]
            {
                seen(&self.keeper.open(&format!("/console/admin/audit{asked}")));
            }
        }
        if person.number.is_multiple_of(4) && !person.number.is_multiple_of(8) {
            let key = person.number.to_string();
            let form = [("amount", "10.00"), ("cause", "damaged"), ("key", key.as_str())];
            seen(&self.clerk.submit(&format!("{href}/refunds"), &form));
        }
    }
}
