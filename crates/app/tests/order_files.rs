//! Orders from files: each comes in once, what is wrong is told by line, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use jiff::civil::Time;
use ordermill_app::carrier::setup::keep_carrier;
use ordermill_app::exchange::orders::{Format, OrderFile, Taken, import_orders};
use ordermill_app::exchange::{Counts, ImportError, Limits, Problem, Report};
use ordermill_app::privacy::{RootKeySource, Vault};
use ordermill_app::{Partners, Services};
use ordermill_base::{Currency, Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::carrier::{Carrier, Service, ServiceKind, Terms, Zone};
use ordermill_domain::category::Category;
use ordermill_domain::ids::{CarrierId, ChannelId};
use ordermill_domain::pricing::{ProvinceCode, RegionPattern};
use ordermill_domain::sku::Sku;
use ordermill_domain::text::Text;
use ordermill_storage::{
    Error, Tx, category, channel, import as runs, location as places, sku as goods,
};
use ordermill_testkit::catalog as sample;
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase, each_database};
use ordermill_vault::{RootKey, SeededEntropy};

const NOW: Timestamp = TestClock::START;

fn act() -> Act {
    Act::new(Actor::system("import"), NOW)
}

/// A shop that sells mugs (many) and cups (three), and a channel `market`.
fn a_shop(test: &TestDatabase) -> (Services, ChannelId) {
    let mut connection = test.connection();
    let market = connection
        .transact(|tx| {
            let group = Category {
                id: sample::category(1),
                code: "CER".to_owned(),
                slug: String::new(),
                name: Text::new("陶瓷", "Ceramics"),
                about: Text::default(),
                position: 1,
                version: 1,
            };
            category::insert(tx, &act(), &group)?;
            places::insert(tx, &act(), &sample::location(location(1), "JX", 31, 121))?;
            goods::insert(tx, &act(), &sample::sku(sku(1), "MUG"))?;
            goods::insert(tx, &act(), &sample::sku(sku(2), "CUP"))?;
            channel::ensure(tx, "market", "file", "Market", NOW)
        })
        .unwrap();
    receive(&mut connection, sku(1), location(1), 1_000_000, NOW);
    receive(&mut connection, sku(2), location(1), 3, NOW);
    let root = RootKey::generate(&SeededEntropy::from_seed(1)).to_base64();
    let entropy = Arc::new(SeededEntropy::from_seed(7));
    let vault = connection
        .transact(|tx| Vault::open(tx, &RootKeySource::Base64(root), entropy, NOW))
        .unwrap();
    let clock = Arc::new(TestClock::default());
    let services = Services::new(test.open(), clock, vault, Partners::default()).unwrap();
    (services, market)
}

fn json(id: &str, sku: &str, pieces: i64) -> String {
    format!(
        r#"{{"channel_order_id":"{id}","lines":[{{"sku":"{sku}","quantity":{pieces}}}],"recipient":{{"name":"林小满","phone":"13817260921","country":"CN","province":"上海市","city":"上海市","district":"浦东新区","street":["张江路88弄3号502"]}}}}"#
    ) + "\n"
}

fn file<R>(channel: ChannelId, format: Format, input: R) -> OrderFile<R> {
    OrderFile { channel, format, name: "orders".to_owned(), input, limits: Limits::default() }
}

fn take(services: &Services, channel: ChannelId, format: Format, text: impl AsRef<[u8]>) -> Report {
    let input = Cursor::new(text.as_ref().to_vec());
    import_orders(services, &act(), file(channel, format, input), &mut |_| ()).unwrap()
}

fn counts(created: i64, unchanged: i64, refused: i64) -> Counts {
    Counts { created, unchanged, refused, changed: 0 }
}

fn told(problems: &[Problem]) -> Vec<(i64, &str, &str, &str)> {
    problems
        .iter()
        .map(|it| (it.line_no, it.code.as_str(), it.field.as_str(), it.reason.as_str()))
        .collect()
}

#[test]
fn a_second_import_of_the_same_file_changes_nothing() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        let lines: String = (0..600).map(|n| json(&format!("T-{n}"), "MUG", 1 + n % 3)).collect();
        let first = take(&services, market, Format::JsonLines, &lines);
        assert_eq!((first.counts, first.resumed_behind), (counts(600, 0, 0), 0));
        let second = take(&services, market, Format::JsonLines, &lines);
        assert_eq!((second.counts, second.resumed_behind), (counts(0, 600, 0), 0));
        assert_ne!(first.id, second.id);
        // Another channel has its own order T-0.
        let other = take(&services, services.channels().api, Format::JsonLines, &lines);
        assert_eq!(other.counts, counts(600, 0, 0));
        services.database().close();
    }
}

#[test]
fn a_delivery_service_that_is_unknown_or_not_offered_is_told_at_its_field() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        let wish = |id, code: &str| {
            let field = format!("{{\"delivery_service\":\"{code}\",");
            json(id, "MUG", 1).replacen('{', &field, 1)
        };
        let lines = [wish("T-1", "drone"), wish("T-2", "next_day"), json("T-3", "MUG", 1)];
        let report = take(&services, market, Format::JsonLines, lines.concat());
        assert_eq!(report.counts, counts(1, 0, 2));
        let unknown = "must be one of: standard, next_day, timed, pickup_point";
        let not_offered = "no carrier of the shop offers next_day there; offered: none";
        assert_eq!(
            told(&report.problems),
            [(1, "T-1", "delivery_service", unknown), (2, "T-2", "delivery_service", not_offered),]
        );
        let rows = "channel_order_id,sku,quantity,name,phone,country,province,city,district,street,\
            配送服务\nS-1,MUG,1,林小满,13817260921,CN,上海市,上海市,浦东新区,张江路88弄3号502,timed\n";
        let report = take(&services, market, Format::Csv, rows);
        assert_eq!(report.problems[0].field, "delivery_service", "{report:?}");
        services.database().close();
    }
}

#[test]
fn bad_orders_are_told_by_line_and_field_and_the_good_ones_are_in() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        let no_phone = json("T-3", "MUG", 1).replace("13817260921", "12");
        let typed_phone = json("T-4", "MUG", 1).replace("\"13817260921\"", "13817260921");
        let lines = [
            json("T-1", "MUG", 1),
            json("T-2", "VASE", 1),
            no_phone,
            typed_phone,
            "\n".to_owned(),
            json("T-5", "CUP", 4),
            json("T-1", "MUG", 1),
            "no JSON\n".to_owned(),
            json("T-6", "MUG", 1),
        ];
        let report = take(&services, market, Format::JsonLines, lines.concat());
        assert_eq!(report.counts, counts(2, 0, 6));
        assert_eq!(
            told(&report.problems),
            [
                (2, "T-2", "lines.0.sku", "no SKU with this code is on sale"),
                (3, "T-3", "recipient.phone", "expected Phone"),
                (4, "T-4", "recipient.phone", "expected a string"),
                (6, "T-5", "lines", "too few in stock (there/wanted): 3/4 CUP"),
                (
                    7,
                    "T-1",
                    "channel_order_id",
                    "stands in line 1, too; all of an order stands together"
                ),
                (8, "", "order", "not a JSON object on one line"),
            ]
        );
        services.database().close();
    }
}

const NAMES: &str = "渠道订单号,商品编码,数量,收件人,电话,国家,省,市,区县,地址,付款方式\n";
const TO: &str = "林小满,13817260921,CN,上海市,上海市,浦东新区,张江路88弄3号502,";

#[test]
fn a_sheet_has_a_row_for_each_line_of_an_order_whatever_its_encoding() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        let sheet = format!(
            "{NAMES}T-1,MUG,2,{TO}\nT-1,CUP,1,,,,,,,,\nT-2,MUG,1,{TO}cash_on_delivery\n\
             T-3,MUG,1,{TO}\nT-3,VASE,x,,,,,,,,\nT-4,MUG,1,{TO}\nT-4,VASE,1,,,,,,,,\n"
        );
        let (sheet, _, _) = encoding_rs::GB18030.encode(&sheet);
        let report = take(&services, market, Format::Csv, sheet);
        assert_eq!(report.counts, counts(2, 0, 2));
        assert_eq!(
            told(&report.problems),
            [
                (6, "T-3", "quantity", "must be a whole number"),
                (8, "T-4", "sku", "no SKU with this code is on sale"),
            ]
        );
        let stored = services
            .database()
            .write_blocking(move |tx| {
                let id = ordermill_storage::order::find_by_channel(tx, market, "T-1")?.unwrap();
                ordermill_storage::order::lines(tx, id)
            })
            .map_err(|error: Error| error)
            .unwrap();
        assert_eq!(stored.len(), 2);
        services.database().close();
    }
}

/// Brings to the door in Shanghai, by the next day.
fn next_day(is_active: bool) -> Carrier {
    let zone = Zone {
        region: RegionPattern::provinces([ProvinceCode::of(310_000).unwrap()]),
        cities: BTreeSet::new(),
        first_grams: 1_000,
        first_minor: 800,
        step_grams: 500.try_into().unwrap(),
        step_minor: 100,
        days_min: 1,
        days_max: 1,
    };
    Carrier {
        id: CarrierId::from_raw(1),
        code: "swift".into(),
        name: Text::new("云雀速运", "Swift"),
        terms: Terms {
            services: vec![Service { kind: ServiceKind::NextDay, zones: vec![zone] }],
            refuses: BTreeSet::new(),
            volumetric_divisor: 6_000.try_into().unwrap(),
            weight_grams_max: 30_000,
            side_mm_max: 1_500,
            cut_off: Time::constant(18, 0, 0, 0),
            insurance_basis_points: 50,
            currency: Currency::Cny,
        },
        is_active,
        version: 1,
    }
}

/// Changes what the shop offers.
fn change<W>(services: &Services, work: W)
where
    W: FnMut(&mut Tx<'_>) -> Result<(), Error> + Send + 'static,
{
    services.database().write_blocking(work).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(services.catalog_changed());
}

/// Keeps a carrier in the shop.
fn keep(services: &Services, carrier: Carrier) {
    let vault = services.vault().clone();
    change(services, move |tx| {
        keep_carrier(tx, &act(), &vault, &carrier, None).map_err(Error::defect)
    });
}

/// What the shop offers changes while nobody looks; what has come in stands.
#[test]
fn orders_that_came_in_before_are_unchanged_although_what_they_wish_is_offered_no_more() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        keep(&services, next_day(true));
        let by_next_day = r#"{"delivery_service":"next_day","#;
        let wish = |id| json(id, "MUG", 1).replacen('{', by_next_day, 1);
        let lines = [wish("T-1"), json("T-2", "CUP", 1), json("T-3", "MUG", 1)].concat();
        let first = take(&services, market, Format::JsonLines, &lines);
        assert_eq!(first.counts, counts(3, 0, 0), "{first:?}");

        keep(&services, next_day(false));
        change(&services, |tx| {
            let cup = sample::sku(sku(2), "CUP");
            let gone = Sku { is_active: false, ..cup.clone() };
            goods::update(tx, &act(), &cup, &gone).map(drop)
        });
        let second = take(&services, market, Format::JsonLines, &lines);
        assert_eq!(second.counts, counts(0, 3, 0), "{second:?}");
        assert_eq!(told(&second.problems), []);

        // An order that is new is told what is wrong with it, and so is one that stands there twice.
        let more = [wish("T-1"), wish("T-4"), json("T-5", "CUP", 1), wish("T-1")].concat();
        let third = take(&services, market, Format::JsonLines, more);
        assert_eq!(third.counts, counts(0, 1, 3), "{third:?}");
        let fields: Vec<_> = third.problems.iter().map(|it| (&*it.code, &*it.field)).collect();
        let expected =
            [("T-4", "delivery_service"), ("T-5", "lines.0.sku"), ("T-1", "channel_order_id")];
        assert_eq!(fields, expected);
        services.database().close();
    }
}

/// Breaks off in the middle of the second reading, as a process that is killed.
struct Interrupted {
    file: Cursor<Vec<u8>>,
    starts: u32,
}

impl Read for Interrupted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let half = self.file.get_ref().len() as u64 / 2;
        if self.starts == 2 && self.file.position() > half {
            return Err(std::io::Error::other("the process was killed"));
        }
        self.file.read(out)
    }
}

impl Seek for Interrupted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.starts += 1;
        self.file.seek(to)
    }
}

#[test]
fn an_interrupted_import_goes_on_where_it_was() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        let lines: String = (0..2_000).map(|n| json(&format!("T-{n}"), "MUG", 1)).collect();
        let lines = lines.replace("\"T-1999\"", "\"T-0\"");
        let broken = Interrupted { file: Cursor::new(lines.clone().into_bytes()), starts: 0 };
        let mut steps = Vec::new();
        let first = import_orders(
            &services,
            &act(),
            file(market, Format::JsonLines, broken),
            &mut |taken: Taken| steps.push(taken.orders),
        );
        assert!(matches!(first, Err(ImportError::Io(_))), "{first:?}");
        let durable = *steps.last().unwrap();
        assert!((512..2_000).contains(&durable), "{steps:?}");
        let second = take(&services, market, Format::JsonLines, &lines);
        assert_eq!(second.resumed_behind, durable);
        let Counts { created, unchanged, refused, .. } = second.counts;
        // What was placed and not noted before the kill is known now.
        assert_eq!((created + unchanged, refused), (1_999, 1), "{second:?}");
        let run = services
            .database()
            .write_blocking(move |tx| runs::newest(tx, Some(market), None, 10))
            .unwrap();
        assert_eq!((run.len(), run[0].is_done, run[0].steps_done), (1, true, 2_000));
        services.database().close();
    }
}

#[test]
fn a_file_that_is_no_good_as_a_whole_is_refused() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        let refused = |format, text: &str, limits: Limits| {
            let input = Cursor::new(text.as_bytes().to_vec());
            let file = OrderFile { limits, ..file(market, format, input) };
            import_orders(&services, &act(), file, &mut |_| ()).unwrap_err().to_string()
        };
        let normal = Limits::default();
        assert_eq!(refused(Format::Csv, "", normal), "the file is empty");
        assert_eq!(refused(Format::JsonLines, "\n\n", normal), "the file is empty");
        let unnamed = refused(Format::Csv, "sku,quantity,price\n", normal);
        assert!(unnamed.contains("price is unknown"), "{unnamed}");
        assert!(unnamed.contains("channel_order_id is missing"), "{unnamed}");
        let two = json("T-1", "MUG", 1) + &json("T-2", "MUG", 1);
        let one_row = Limits { rows: 1, ..normal };
        assert_eq!(refused(Format::JsonLines, &two, one_row), "the file has more than 1 rows");
        services.database().close();
    }
}

#[test]
fn a_line_beyond_the_limit_costs_itself_and_not_its_neighbors() {
    for test in each_database() {
        let (services, market) = a_shop(&test);
        let long = json("T-2", "MUG", 1).replace("张江路", &"路".repeat(200_000));
        let lines = json("T-1", "MUG", 1) + &long + &json("T-3", "MUG", 1);
        let report = take(&services, market, Format::JsonLines, lines);
        assert_eq!(report.counts, counts(2, 0, 1));
        assert_eq!(told(&report.problems), [(2, "", "order", "the line is too long")]);
        services.database().close();
    }
}
