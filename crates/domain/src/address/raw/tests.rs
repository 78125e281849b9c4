use proptest::prelude::*;

use super::*;
use crate::address::division::provinces;

fn raw(country: &str, levels: [&str; 3], street: &str, postal_code: &str) -> RawAddress {
    let [province, city, district] = levels.map(str::to_owned);
    let (country, postal_code) = (country.to_owned(), postal_code.to_owned());
    RawAddress { country, province, city, district, street: vec![street.to_owned()], postal_code }
}

fn chinese(province: &str, city: &str, district: &str) -> RawAddress {
    raw("CN", [province, city, district], "文三路123号", "")
}

/// Region with the code of its finest division, or the problems in short.
fn seen(address: &RawAddress) -> String {
    match address.validate() {
        Ok(address) => {
            let code = address.division_code().map(|code| code.to_string()).unwrap_or_default();
            format!("{} {code}", address.region())
        }
        Err(problems) => {
            let short = |problem: &FieldProblem| {
                let right = match &problem.expected {
                    Expected::OneOf(names) => names.join(" "),
                    Expected::Pattern(pattern) => pattern.clone(),
                    _ => String::new(),
                };
                format!("{} {}: {right}", problem.field.name(), problem.code.as_str())
            };
            problems.iter().map(short).collect::<Vec<_>>().join("; ")
        }
    }
}

#[test]
fn every_division_is_accepted_by_its_official_names() {
    let mut accepted = 0;
    for province in provinces() {
        for city in &province.cities {
            for district in &city.districts {
                let official = if province.is_municipality() { "市辖区" } else { city.name };
                let address = chinese(province.name, official, district.name).validate().unwrap();
                assert_eq!(address.city(), Some(&city.division()));
                assert_eq!(address.district(), Some(&district.division()));
                assert_eq!(address.province(), Some(&province.division()));
                accepted += 1;
            }
            if city.districts.is_empty() {
                for given in [
                    [city.name, ""],
                    [city.name, city.name],
                    ["省直辖县级行政区划", city.name],
                    ["", city.name],
                ] {
                    let address = chinese(province.name, given[0], given[1]).validate().unwrap();
                    assert_eq!(address.city(), Some(&city.division()), "{given:?}");
                    assert_eq!(address.district(), None);
                }
                accepted += 1;
            }
        }
    }
    assert!(accepted > 3_300, "{accepted}");
}

#[test]
fn a_division_moved_under_a_wrong_parent_is_refused_at_its_field() {
    let mainland: Vec<_> = provinces().iter().filter(|p| p.code.get() < 710_000).collect();
    let cities: Vec<_> = mainland
        .iter()
        .flat_map(|province| province.cities.iter().map(move |city| (*province, city)))
        .collect();
    let (mut districts, mut moved_cities) = (0, 0);
    for (at, (province, city)) in cities.iter().enumerate() {
        let (other_province, other) = cities[(at + 7) % cities.len()];
        let foreign = other.districts.iter().find(|district| {
            let stem = |name| crate::address::division::stem(name);
            !city.districts.iter().any(|d| stem(d.name) == stem(district.name))
        });
        if let Some(foreign) = foreign {
            let problems = chinese(province.name, city.name, foreign.name).validate().unwrap_err();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].field, Field::District, "{} {}", city.name, foreign.name);
            assert_eq!(problems[0].code, ProblemCode::Mismatch, "{} {}", city.name, foreign.name);
            let Expected::OneOf(paths) = &problems[0].expected else { panic!("{problems:?}") };
            assert!(paths.iter().any(|path| path.ends_with(foreign.name)), "{paths:?}");
            districts += 1;
        }
        if other_province.code != province.code && !other_province.is_municipality() {
            let district = other.districts.first().map_or("", |district| district.name);
            let problems = chinese(province.name, other.name, district).validate().unwrap_err();
            let fields: Vec<_> = problems.iter().map(|problem| problem.field).collect();
            assert_eq!(fields, [Field::City], "{} {}", province.name, other.name);
            moved_cities += 1;
        }
    }
    assert!(districts > 300 && moved_cities > 100, "{districts} {moved_cities}");
}

#[test]
fn names_that_exist_nowhere_are_refused_at_their_field() {
    for (levels, problem) in [
        (["浙江", "杭州", "幻想区"], "district unknown"),
        (["浙江", "幻想市", "西湖区"], "city unknown"),
        (["幻想省", "杭州", "西湖区"], "province unknown"),
        (["浙江", "杭州", ""], "district required"),
        (["浙江", "", ""], "city required"),
        (["", "", ""], "province required"),
    ] {
        let address = chinese(levels[0], levels[1], levels[2]);
        assert!(seen(&address).starts_with(problem), "{levels:?}: {}", seen(&address));
    }
}

#[test]
fn a_refusal_says_what_would_be_right() {
    for (levels, problem) in [
        (["浙江", "宁波", "西湖区"], "district mismatch: 浙江省杭州市西湖区 江西省南昌市西湖区"),
        (["广东", "杭州市", "西湖区"], "city mismatch: 浙江省杭州市"),
        (["深圳市", "深圳市", "南山区"], "province unknown: 广东省"),
        (["上海", "上海", "闸北区"], "district merged: 静安区"),
        (["杭州", "", ""], "province unknown: 浙江省"),
        (["新疆", "伊犁", "伊宁"], "district ambiguous: 伊宁市 伊宁县"),
        (["浙江", "杭州", "西胡区"], "district unknown: 西湖区"),
        (["上海", "朝阳区", "浦东新区"], "city mismatch: 北京市朝阳区 吉林省长春市朝阳区"),
    ] {
        let address = chinese(levels[0], levels[1], levels[2]);
        assert_eq!(seen(&address), problem, "{levels:?}");
    }
}

#[test]
fn levels_are_understood_as_channels_send_them() {
    for (levels, expected) in [
        (["浙江省", "杭州市", "西湖区"], "浙江省杭州市西湖区 330106"),
        (["浙江", "杭州", "西湖"], "浙江省杭州市西湖区 330106"),
        (["", "杭州市", "西湖区"], "浙江省杭州市西湖区 330106"),
        (["Zhejiang", "杭州", "西湖"], "浙江省杭州市西湖区 330106"),
        (["CN-ZJ", "杭州", "西湖"], "浙江省杭州市西湖区 330106"),
        (["浙江省", "", "义乌市"], "浙江省金华市义乌市 330782"),
        (["浙江省", "义乌市", ""], "浙江省金华市义乌市 330782"),
        (["江苏省", "昆山市", "玉山镇"], "江苏省苏州市昆山市 320583"),
        (["上海", "上海", "浦东"], "上海市浦东新区 310115"),
        (["上海", "", "浦东新区"], "上海市浦东新区 310115"),
        (["上海", "浦东新区", ""], "上海市浦东新区 310115"),
        (["", "上海市", "浦东新区"], "上海市浦东新区 310115"),
        (["北京", "朝阳区", "三环以内"], "北京市朝阳区 110105"),
        (["重庆", "县", "云阳县"], "重庆市云阳县 500235"),
        (["广西", "南宁", "青秀"], "广西壮族自治区南宁市青秀区 450103"),
        (["吉林", "吉林", "船营"], "吉林省吉林市船营区 220204"),
        (["上海", "上海", "崇明县"], "上海市崇明区 310151"),
        (["河南", "济源", ""], "河南省济源市 419001"),
        (["广东", "东莞", "长安镇"], "广东省东莞市长安镇 441900"),
        (["甘肃", "嘉峪关", ""], "甘肃省嘉峪关市 620200"),
        (["廣東省", "廣州市", "荔灣區"], "广东省广州市荔湾区 440103"),
        (["新疆", "伊犁", "伊宁县"], "新疆维吾尔自治区伊犁哈萨克自治州伊宁县 654021"),
        (["香港", "九龙", "观塘区"], "香港特别行政区九龙观塘区 810000"),
        (["香港特别行政区", "", "观塘区"], "香港特别行政区九龙观塘区 810000"),
        (["澳门", "", ""], "澳门特别行政区 820000"),
        (["台湾", "台北市", "大安区"], "台湾省台北市大安区 710000"),
    ] {
        let address = chinese(levels[0], levels[1], levels[2]);
        assert_eq!(seen(&address), expected, "{levels:?}");
    }
}

#[test]
fn a_level_that_is_no_division_moves_into_the_street() {
    let address = chinese("江苏省", "昆山市", "玉山镇").validate().unwrap();
    assert_eq!(address.one_line(), "江苏省苏州市昆山市玉山镇文三路123号");
    assert_eq!(address.masked(), "江苏省苏州市昆山市玉山镇文三路****");
}

#[test]
fn a_region_repeated_in_the_street_is_taken_off() {
    let address = raw("CN", ["浙江", "杭州", "西湖"], "浙江省杭州市西湖区文三路123号", "");
    assert_eq!(address.validate().unwrap().street(), ["文三路123号"]);
    let address = raw("CN", ["浙江", "杭州", "西湖"], "浙江省杭州市西湖区", "");
    assert_eq!(address.validate().unwrap().street(), ["西湖区"]);
}

#[test]
fn territories_keep_their_country_and_accept_their_own_forms() {
    for (country, levels, postal_code, expected) in [
        ("HK", ["Kowloon", "Mong Kok", ""], "", "Mong Kok, Kowloon"),
        ("HK", ["", "Central", ""], "", "Central"),
        ("HK", ["香港岛", "", "湾仔区"], "999077", "香港岛湾仔区"),
        ("HK", ["九龍", "觀塘區", ""], "", "九龙观塘区"),
        ("HK", ["", "", "屯门区"], "", "新界屯门区"),
        ("TW", ["臺北市", "大安區", ""], "106", "台北市大安区"),
        ("TW", ["Taiwan", "Taipei City", "Da'an"], "106", "Taipei City"),
        ("MO", ["", "", ""], "999078", "澳门"),
    ] {
        let address = raw(country, levels, "1 Main Road", postal_code).validate();
        let address = address.unwrap_or_else(|problems| panic!("{levels:?}: {problems:?}"));
        assert_eq!(address.country().code(), country);
        assert!(address.region().contains(expected), "{}", address.region());
        assert!(address.province().is_some());
    }
    let address = chinese("香港", "九龙", "观塘区").validate().unwrap();
    assert_eq!(address.country(), Country::HONG_KONG);
    let refused = raw("HK", ["九龙", "朝阳区", ""], "1", "");
    assert!(seen(&refused).starts_with("district mismatch"), "{}", seen(&refused));
}

#[test]
fn other_countries_ask_for_their_own_fields() {
    for (country, levels, postal_code, expected) in [
        ("US", ["CA", "San Francisco", ""], "94103", "San Francisco, CA "),
        ("US", ["CA", "San Francisco", ""], "9410", "postal_code format: 99999|99999-9999"),
        ("US", ["", "San Francisco", ""], "94103", "province required: "),
        ("DE", ["", "Berlin", ""], "", "postal_code required: 99999"),
        ("DE", ["", "Berlin", ""], "10115", "Berlin "),
        ("AE", ["", "Dubai", ""], "00000", "Dubai "),
        ("SG", ["", "", ""], "018956", " "),
        ("JP", ["東京都", "千代田区", ""], "100-0001", "東京都千代田区 "),
        ("XX", ["", "", ""], "", "country unknown: "),
        ("", ["", "", ""], "", "country required: "),
    ] {
        assert_eq!(seen(&raw(country, levels, "1 Main Road", postal_code)), expected, "{country}");
    }
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    let recipient = RawRecipient {
        name: "\u{0}".into(),
        phone: "123".into(),
        address: raw("CN", ["浙江", "宁波", "西湖区"], " ", "31"),
    };
    let fields: Vec<_> =
        recipient.validate().unwrap_err().iter().map(|problem| problem.field.name()).collect();
    assert_eq!(fields, ["name", "phone", "district", "street", "postal_code"]);
}

#[test]
fn a_stored_address_is_read_back_unchanged_and_logs_stay_clean() {
    let recipient = RawRecipient {
        name: "林小明".into(),
        phone: "13805718021".into(),
        address: raw("CN", ["浙江", "杭州", "西湖"], "文三路123号3幢501室", "310012"),
    };
    let recipient = recipient.validate().unwrap();
    let json = serde_json::to_string(&recipient).unwrap();
    assert_eq!(serde_json::from_str::<Recipient>(&json).unwrap(), recipient);
    insta::assert_snapshot!(json, @r#"{"name":"林小明","phone":"+8613805718021","address":{"country":"CN","province":{"code":330000,"name":"浙江省"},"city":{"code":330100,"name":"杭州市"},"district":{"code":330106,"name":"西湖区"},"street":["文三路123号3幢501室"],"postal_code":"310012"}}"#);
    let log = format!("{recipient:?}");
    for secret in ["小明", "138057", "501", "3幢"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn lines_are_split_counted_and_measured() {
    let street = |lines: &str| raw("CN", ["浙江", "杭州", "西湖"], lines, "");
    assert_eq!(street("文三路1号\n\n 3幢 ").validate().unwrap().street(), ["文三路1号", "3幢"]);
    assert_eq!(seen(&street("1\n2\n3\n4\n5")), "street too_long: ");
    assert_eq!(seen(&street(&"路".repeat(201))), "street too_long: ");
    assert_eq!(seen(&street("文三路\u{7}1号")), "street control_character: ");
}

proptest! {
    /// No text makes validation panic, and what it accepts is complete.
    #[test]
    fn validation_never_fails_on_any_text(
        country in "CN|HK|TW|US|\\PC{0,4}",
        texts in prop::collection::vec("\\PC{0,12}|[浙江省杭州市西湖区上海北京县香港九龙]{0,6}", 4),
    ) {
        let levels = [&*texts[0], &*texts[1], &*texts[2]];
        if let Ok(address) = raw(&country, levels, &texts[3], "").validate() {
            prop_assert!(!address.street().is_empty());
            let masked = address.masked();
            prop_assert!(masked.contains(crate::address::mask::HIDDEN));
        }
    }
}
