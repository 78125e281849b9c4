//! Files in and out: what a merchant hands in comes in once, and what is wrong is told by line.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Cursor, Read, Seek, SeekFrom};

use ordermill_app::catalog::edit;
use ordermill_app::exchange::{
    self, Counts, Format, ImportError, Kind, Limits, Report, export, import,
};
use ordermill_base::{Id as _, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::category::Category;
use ordermill_domain::ids::BinId;
use ordermill_domain::location::Bin;
use ordermill_domain::sku::Sku;
use ordermill_domain::task::TaskKind;
use ordermill_domain::text::Text;
use ordermill_storage::{
    Database, Error, Tx, category, journal, location as places, sku as goods, stock, task,
};
use ordermill_testkit::catalog as sample;
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, TestDatabase, each_database};

const NOW: Timestamp = TestClock::START;

fn act(minute: i64) -> Act {
    Act::new(Actor::system("import"), NOW + ordermill_base::Span::minutes(minute))
}

/// A category CER, a location JX with bin A-1, and nothing on sale.
fn a_shop(database: &TestDatabase) -> Database {
    let database = database.open();
    database
        .write_blocking(|tx| {
            let group = Category {
                id: sample::category(1),
                code: "CER".to_owned(),
                slug: String::new(),
                name: Text::new("陶瓷", "Ceramics"),
                about: Text::default(),
                position: 1,
                version: 1,
            };
            category::insert(tx, &act(0), &group)?;
            places::insert(tx, &act(0), &sample::location(location(1), "JX", 31, 121))?;
            let bin = Bin {
                id: ordermill_base::Id::from_raw(1),
                location: location(1),
                zone: "A".to_owned(),
                code: "A-1".to_owned(),
                position: 1,
                place: None,
            };
            places::insert_bin(tx, &bin)
        })
        .unwrap();
    database
}

fn take(database: &Database, kind: Kind, minute: i64, file: impl AsRef<[u8]>) -> Report {
    let file = Cursor::new(file.as_ref().to_vec());
    import(database, &act(minute), kind, "file", file, Limits::default()).unwrap()
}

fn written(database: &Database, kind: Kind, format: Format) -> Vec<u8> {
    runtime()
        .block_on(database.snapshot(move |tx| {
            let mut out = Cursor::new(Vec::new());
            export(tx, kind, format, &mut out).unwrap();
            Ok::<_, Error>(out.into_inner())
        }))
        .unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn find(database: &Database, code: &'static str) -> Option<Sku> {
    database.write_blocking(move |tx| goods::find_by_code(tx, code)).unwrap()
}

fn counts(created: i64, changed: i64, unchanged: i64, refused: i64) -> Counts {
    Counts { created, changed, unchanged, refused }
}

const GOODS: &str = "\
code,name_zh,name_en,category,price,weight_grams,gtin,substitutes,is_fragile
MUG-1,马克杯,Mug,CER,59.90,380,4006381333931,MUG-2,是
MUG-2,大马克杯,\"Mug, large\",CER,69,420,,MUG-1,0
";

#[test]
fn a_file_that_comes_twice_changes_nothing_the_second_time() {
    for test in each_database() {
        let database = a_shop(&test);
        let first = take(&database, Kind::Catalog, 1, GOODS);
        assert_eq!((first.counts, first.problems.len()), (counts(2, 0, 0, 0), 0));
        let mug = find(&database, "MUG-1").unwrap();
        assert_eq!((mug.price.minor, mug.weight_grams), (5_990, 380));
        assert!(mug.handling.is_fragile);
        assert_eq!(mug.substitutes, [find(&database, "MUG-2").unwrap().id], "also of a later line");
        let newest = || database.write_blocking(|tx| journal::newest(tx, None, 1)).unwrap();
        let last = newest();
        let second = take(&database, Kind::Catalog, 2, GOODS);
        assert_eq!(second.counts, counts(0, 0, 2, 0));
        assert_eq!(newest(), last);
        assert_eq!(find(&database, "MUG-1"), Some(mug));
        let third = take(&database, Kind::Catalog, 3, GOODS.replace("59.90", "49.90"));
        assert_eq!(third.counts, counts(0, 1, 1, 0));
        database.close();
    }
}

#[test]
fn every_wrong_field_is_told_with_its_line_and_the_others_go_on() {
    for test in each_database() {
        let database = a_shop(&test);
        let file = "\
编码,中文名称,类目,售价,重量克,条码
A,一,CER,1.00,10,
B,二,XXX,many,-5,
\"C C\",三,CER,1.00,10,123

D,四,CER,2.00,10,
A,又一,CER,1.00,10,
";
        let report = take(&database, Kind::Catalog, 1, file);
        assert_eq!(report.counts, counts(2, 1, 0, 2));
        let told: Vec<String> = report
            .problems
            .iter()
            .map(|it| format!("{} {} {}: {}", it.line_no, it.code, it.field, it.reason))
            .collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(told.join("\n"), @r"
            3 B category: no category has the code XXX
            3 B price: must be an amount such as 59.00
            3 B weight_grams: must be a whole number
            4 C C code: must be 1 to 64 bytes without spaces
            4 C C gtin: must be 8, 12, 13 or 14 digits with the right check digit
            ");
        }
        let chinese: Vec<String> = report
            .problems
            .iter()
            .map(|it| format!("{} {}", it.reason_code, exchange::told(it).zh))
            .collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(chinese.join("\n"), @r"
            unknown_category 没有编码为 XXX 的类目
            amount 必须是金额，如 59.00
            whole_number 必须是整数
            sku_code 1 到 64 字节，不含空格
            sku_gtin 必须是校验位正确的 8、12、13 或 14 位数字
            ");
        }
        assert!(find(&database, "D").is_some());
        database.close();
    }
}

#[test]
fn sheets_of_old_excel_in_gb18030_are_understood() {
    for test in each_database() {
        let database = a_shop(&test);
        let (file, _, _) = encoding_rs::GB18030.encode(GOODS);
        assert_eq!(take(&database, Kind::Catalog, 1, file).counts, counts(2, 0, 0, 0));
        assert_eq!(find(&database, "MUG-1").unwrap().name.zh, "马克杯");
        database.close();
    }
}

#[test]
fn what_is_written_reads_back_as_no_change() {
    for test in each_database() {
        let database = a_shop(&test);
        take(&database, Kind::Catalog, 1, GOODS);
        let tricky = "code,name_en,category,price\nEVIL,\"=HYPERLINK(\"\"x\"\")\",CER,1\n";
        take(&database, Kind::Catalog, 2, tricky);
        let csv = written(&database, Kind::Catalog, Format::Csv);
        assert!(String::from_utf8_lossy(&csv).contains("'=HYPERLINK"));
        for file in [csv, written(&database, Kind::Catalog, Format::Xlsx)] {
            let report = take(&database, Kind::Catalog, 3, file);
            assert_eq!((report.problems, report.counts), (vec![], counts(0, 0, 3, 0)));
        }
        database.close();
    }
}

#[test]
fn prices_in_other_currencies_come_in_and_go_out_with_the_digits_of_each() {
    use ordermill_base::Currency::{Eur, Jpy, Kwd, Usd};
    let file = "\
code,name_zh,category,price,weight_grams,prices
MUG-1,马克杯,CER,59.90,380,\"USD 8.99; JPY 1280; KWD 2.750\"
MUG-2,大马克杯,CER,69,420,USD 9.999
";
    for test in each_database() {
        let database = a_shop(&test);
        let report = take(&database, Kind::Catalog, 1, file);
        assert_eq!(report.counts, counts(1, 0, 0, 1));
        assert_eq!(report.problems[0].field, "prices", "a cent has no tenths");
        let mug = find(&database, "MUG-1").unwrap();
        assert_eq!(mug.prices, [(Usd, 899), (Jpy, 1_280), (Kwd, 2_750)].into());
        for format in [Format::Csv, Format::Xlsx] {
            let sheet = written(&database, Kind::Catalog, format);
            let again = take(&database, Kind::Catalog, 2, &sheet);
            assert_eq!((again.counts, again.problems.len()), (counts(0, 0, 1, 0), 0), "{format:?}");
        }
        let other = file.replace("USD 8.99; JPY 1280; KWD 2.750", "EUR 7.90");
        assert_eq!(take(&database, Kind::Catalog, 3, other).counts, counts(0, 1, 0, 1));
        assert_eq!(find(&database, "MUG-1").unwrap().prices, [(Eur, 790)].into());
        database.close();
    }
}

#[test]
fn counted_stock_comes_in_by_bin_and_lot() {
    for test in each_database() {
        let database = a_shop(&test);
        take(&database, Kind::Catalog, 1, GOODS);
        let file = "\
sku,location,bin,lot,expires_on,quantity,safety_stock,backorder
MUG-1,JX,,,,4,2,allow
MUG-1,JX,A-1,,,10,,
MUG-2,JX,A-1,L7,2027-03-01,6,,
MUG-2,JX,A-9,,,6,,
MUG-9,JX,,,,6,,
MUG-2,JX,,,,some,,
";
        let report = take(&database, Kind::Stock, 2, file);
        let told: Vec<_> =
            report.problems.iter().map(|it| (it.line_no, it.field.as_str())).collect();
        assert_eq!(told, [(5, "bin"), (6, "sku"), (7, "quantity")]);
        assert_eq!(report.counts, counts(2, 1, 0, 3));
        let id = find(&database, "MUG-1").unwrap().id;
        let level = database.write_blocking(move |tx| stock::levels(tx, [id])).unwrap()[0];
        assert_eq!((level.on_hand, level.safety_stock, level.available()), (14, 2, 12));
        for format in [Format::Csv, Format::Xlsx] {
            let again = take(&database, Kind::Stock, 3, written(&database, Kind::Stock, format));
            assert_eq!((again.problems, again.counts), (vec![], counts(0, 0, 4, 0)));
        }
        database.close();
    }
}

#[test]
fn a_counted_file_that_agrees_with_the_books_ends_what_a_picker_asked_to_count() {
    for test in each_database() {
        let database = a_shop(&test);
        take(&database, Kind::Catalog, 1, GOODS);
        let file = "sku,location,bin,quantity\nMUG-1,JX,A-1,10\n";
        assert_eq!(take(&database, Kind::Stock, 2, file).counts, counts(1, 0, 0, 0));
        let (mug, bin) = (find(&database, "MUG-1").unwrap().id, BinId::from_raw(1));
        let missed = serde_json::json!({ "matters": [{ "sku": mug, "lot": "", "missing": 1 }] });
        let ask = move |tx: &mut Tx<'_>| {
            task::open(tx, TaskKind::CountBin, bin, &missed.to_string(), None, NOW)
        };
        database.write_blocking(ask).unwrap();
        assert_eq!(take(&database, Kind::Stock, 3, file).counts, counts(0, 1, 0, 0), "counted");
        let open = |tx: &mut Tx<'_>| task::find_open(tx, TaskKind::CountBin, 1);
        assert_eq!(database.write_blocking(open).unwrap(), None);
        assert_eq!(take(&database, Kind::Stock, 4, file).counts, counts(0, 0, 1, 0));
        database.close();
    }
}

/// A file whose second reading breaks off.
struct Interrupted {
    file: Cursor<Vec<u8>>,
    starts: u32,
}

impl Read for Interrupted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.starts > 1 && self.file.position() > 16_000 {
            return Err(std::io::Error::other("the cable was pulled"));
        }
        let count = out.len().min(4_000);
        self.file.read(&mut out[..count])
    }
}

impl Seek for Interrupted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.starts += u32::from(to == SeekFrom::Start(0));
        self.file.seek(to)
    }
}

#[test]
fn an_interrupted_import_goes_on_where_it_was() {
    for test in each_database() {
        let database = a_shop(&test);
        let lines =
            (1..=1_000).map(|number| format!("S-{number:04},Item {number},CER,{number}.00\n"));
        let file = format!("code,name_en,category,price\n{}", lines.collect::<String>());
        let broken = Interrupted { file: Cursor::new(file.clone().into_bytes()), starts: 0 };
        let first = import(&database, &act(1), Kind::Catalog, "file", broken, Limits::default());
        assert!(matches!(first, Err(ImportError::Io(_))), "{first:?}");
        assert!(find(&database, "S-0200").is_some() && find(&database, "S-1000").is_none());
        let report = take(&database, Kind::Catalog, 2, file);
        assert!(report.resumed_behind >= 200, "{report:?}");
        assert_eq!(report.counts, counts(1_000, 0, 0, 0), "no line twice");
        assert!(find(&database, "S-1000").is_some());
        database.close();
    }
}

#[test]
fn a_file_that_is_no_good_as_a_whole_is_refused_before_anything_is_written() {
    for test in each_database() {
        let database = a_shop(&test);
        let refused = |file: &[u8], limits: Limits| {
            let file = Cursor::new(file.to_vec());
            import(&database, &act(1), Kind::Catalog, "file", file, limits).unwrap_err().to_string()
        };
        let normal = Limits::default();
        assert_eq!(refused(b"", normal), "the file is empty");
        assert_eq!(
            refused(b"colour,price,price\n", normal),
            "column names: colour is unknown; price stands there twice; code is missing"
        );
        let small = Limits { rows: 1, ..normal };
        assert_eq!(refused(GOODS.as_bytes(), small), "the file has more than 1 rows");
        let short = Limits { bytes: 20, ..normal };
        assert_eq!(refused(GOODS.as_bytes(), short), "the file has more than 20 bytes");
        assert!(refused(b"PK\x03\x04rubbish", normal).starts_with("the file cannot be read"));
        take(&database, Kind::Catalog, 1, GOODS);
        let book = written(&database, Kind::Catalog, Format::Xlsx);
        let tight = Limits { unpacked_bytes: 1_000, ..normal };
        assert_eq!(refused(&book, tight), "the file has more than 1000 unpacked bytes");
        database.close();
    }
}

#[test]
fn a_new_sku_is_not_made_from_a_line_that_is_missing_what_it_needs() {
    for test in each_database() {
        let database = a_shop(&test);
        let report = take(&database, Kind::Catalog, 1, "code,name_en,category\nX,Thing,CER\n");
        assert_eq!((report.counts.refused, report.problems[0].field.as_str()), (1, "price"));
        let made = database.write_blocking(|tx| {
            let mut new = sample::sku(sku(9), "X");
            new.category = sample::category(1);
            edit::create_sku(tx, &act(1), &new)
        });
        made.unwrap();
        let report = take(&database, Kind::Catalog, 2, "code,name_en\nX,Thing\n");
        assert_eq!(report.counts, counts(0, 1, 0, 0));
        let stored = find(&database, "X").unwrap();
        assert_eq!(stored.name, Text::new("商品 X", "Thing"), "columns that are not there stay");
        database.close();
    }
}
