use super::*;

fn goods(text: &str) -> Goods {
    match Scan::read(text) {
        Ok(Scan::Goods(goods)) => goods,
        other => panic!("{text}: {other:?}"),
    }
}

fn day(text: &str) -> Option<Date> {
    Some(text.parse().unwrap())
}

#[test]
fn one_thing_is_read_the_same_however_its_barcode_is_written() {
    let spellings = [
        "^011231231231231910LOT-7\u{1d}17271231",
        "(01)12312312312319(10)LOT-7(17)271231",
        "]Q3011231231231231910LOT-7\u{1d}17271231",
        "]d201123123123123191727123110LOT-7",
        "01123123123123191727123110LOT-7",
        "https://id.gs1.org/01/12312312312319/10/LOT-7?17=271231",
    ];
    for text in spellings {
        let read = goods(text);
        assert_eq!(read.gtin.as_str(), "12312312312319", "{text}");
        assert_eq!(read.lot.as_deref(), Some("LOT-7"), "{text}");
        assert_eq!(read.expires_on, day("2027-12-31"), "{text}");
    }
    assert_eq!(goods("]C1^0112312312312319").lot, None);
}

#[test]
fn a_barcode_of_a_shop_is_the_same_thing_as_the_carton_code_with_zeros() {
    let short = goods("4006381333931\r\n");
    assert_eq!(short.gtin, goods("]E04006381333931").gtin);
    assert_eq!(short.gtin, goods("(01)04006381333931(21)S1").gtin);
    assert!(Scan::Goods(short.clone()).is_of(Some("4006381333931"), "BOWL"));
    assert!(!Scan::Goods(short.clone()).is_of(Some("4006381333948"), "BOWL"));
    assert_eq!(short.gtin.spellings().collect::<Vec<_>>(), ["04006381333931", "4006381333931"]);
}

#[test]
fn what_says_to_be_of_gs1_and_is_not_is_refused_with_the_reason() {
    for (text, why) in [
        ("^0112345678901283", ElementError::CheckDigit),
        ("^02123123123123193712", ElementError::NoGoods),
        ("(01)12312312312319(17)271331", ElementError::Date),
        ("(01)12312312312319(17)2712", ElementError::Field),
        ("(01)12312312312319(05)1", ElementError::Unknown),
        ("(01)12312312312319(10)LOT WITH BLANKS", ElementError::Field),
        ("^01123", ElementError::Field),
        (" \n", ElementError::Nothing),
    ] {
        assert_eq!(Scan::read(text), Err(why), "{text}");
    }
}

#[test]
fn a_day_of_zero_is_the_last_of_its_month() {
    assert_eq!(goods("(01)12312312312319(17)280200").expires_on, day("2028-02-29"));
    assert_eq!(goods("(01)12312312312319(15)260430").expires_on, day("2026-04-30"));
    let both = goods("(01)12312312312319(17)270131(15)261231");
    assert_eq!(both.expires_on, day("2027-01-31"));
}

#[test]
fn anything_else_is_a_label_of_the_house_in_capitals() {
    for (text, label) in
        [("a-03-12-2\n", "A-03-12-2"), ("1234567890129", "1234567890129"), ("茶01", "茶01")]
    {
        assert_eq!(Scan::read(text), Ok(Scan::Label(label.to_owned())));
        assert!(Scan::read(text).unwrap().is_label(label));
    }
    assert!(Scan::read("ls-2210-m").unwrap().is_of(None, "LS-2210-M"));
}

proptest::proptest! {
    /// Whatever a symbol says, it is read or refused.
    #[test]
    fn nothing_that_is_scanned_stops_the_line(text in "\\PC{0,60}", digits in "[0-9()^\u{1d}]{0,40}") {
        let _ = Scan::read(&text);
        let _ = Scan::read(&digits);
        let _ = Scan::read(&format!("]d2{digits}{text}"));
    }
}
