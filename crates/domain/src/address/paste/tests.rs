use proptest::prelude::*;

use super::*;

/// Name, phone, region and detail as one line to compare.
fn seen(pasted: &str) -> String {
    let found = read(pasted);
    let division = |level: &Option<Division>| level.as_ref().map_or("-", |d| &d.name).to_owned();
    format!(
        "{}|{}|{}|{}|{}|{}",
        found.name.as_deref().unwrap_or("-"),
        found.phone.as_ref().map_or("-".to_owned(), Phone::national),
        division(&found.province),
        division(&found.city),
        division(&found.district),
        found.detail
    )
}

#[test]
fn the_parts_are_found_in_any_order() {
    let expected = "林小明|13805718021|浙江省|杭州市|西湖区|文三路123号3幢501室";
    for pasted in [
        "林小明 13805718021 浙江省杭州市西湖区文三路123号3幢501室",
        "浙江省杭州市西湖区文三路123号3幢501室 林小明 13805718021",
        "浙江省 杭州市 西湖区 文三路123号3幢501室，林小明，138-0571-8021",
        "13805718021林小明浙江省杭州市西湖区文三路123号3幢501室",
        "林小明13805718021浙江杭州西湖区文三路123号3幢501室",
        "浙江省杭州市西湖区文三路123号3幢501室林小明13805718021",
        "收货人：林小明\n手机号码：１３８０５７１８０２１\n所在地区：浙江省杭州市西湖区\n详细地址：文三路123号3幢501室",
        "收件人: 林小明; 电话: +86 138 0571 8021; 地址: 浙江省杭州市西湖区文三路123号3幢501室",
        "杭州市西湖区文三路123号3幢501室 林小明 13805718021",
        "浙江省/杭州市/西湖区 文三路123号3幢501室 13805718021 林小明",
    ] {
        assert_eq!(seen(pasted), expected, "{pasted}");
        assert!(read(pasted).confidence >= 80, "{pasted}: {}", read(pasted).confidence);
    }
}

#[test]
fn places_with_unusual_levels_are_found() {
    for (pasted, expected) in [
        (
            "上海浦东新区张江路1号 王芳 13805718021",
            "王芳|13805718021|上海市|上海市|浦东新区|张江路1号",
        ),
        ("上海市市辖区浦东新区张江路1号", "-|-|上海市|上海市|浦东新区|张江路1号"),
        ("北京市北京市朝阳区建国路88号", "-|-|北京市|北京市|朝阳区|建国路88号"),
        ("重庆市云阳县双江街道1号", "-|-|重庆市|重庆市|云阳县|双江街道1号"),
        ("河南省济源市沁园路1号", "-|-|河南省|济源市|-|沁园路1号"),
        ("广东省东莞市长安镇德政路8号", "-|-|广东省|东莞市|-|长安镇德政路8号"),
        ("江苏省昆山市玉山镇前进路1号", "-|-|江苏省|苏州市|昆山市|玉山镇前进路1号"),
        ("吉林省吉林市船营区解放路1号", "-|-|吉林省|吉林市|船营区|解放路1号"),
        ("广西桂林市阳朔县西街1号", "-|-|广西壮族自治区|桂林市|阳朔县|西街1号"),
        ("新疆伊犁州伊宁市解放路1号", "-|-|新疆维吾尔自治区|伊犁哈萨克自治州|伊宁市|解放路1号"),
        ("臺灣省臺北市大安區忠孝東路1號", "-|-|台湾省|台北市|大安区|忠孝東路1號"),
        ("香港九龙观塘区观塘道1号", "-|-|香港特别行政区|九龙|观塘区|观塘道1号"),
        ("广东深圳南山科技园1栋", "-|-|广东省|深圳市|南山区|科技园1栋"),
        ("上海市黄浦区北京东路1号", "-|-|上海市|上海市|黄浦区|北京东路1号"),
        ("浙江省杭州市西湖区西湖大道1号", "-|-|浙江省|杭州市|西湖区|西湖大道1号"),
    ] {
        assert_eq!(seen(pasted), expected, "{pasted}");
    }
}

#[test]
fn postal_codes_and_extensions_are_kept() {
    let found = read("林小明 13805718021转4321 浙江省杭州市西湖区文三路123号 310012");
    assert_eq!(found.postal_code.as_deref(), Some("310012"));
    assert_eq!(found.phone.as_ref().and_then(Phone::extension), Some("4321"));
    let recipient = found.to_raw().validate().unwrap();
    assert_eq!(recipient.phone.extension(), Some("4321"));
    assert_eq!(recipient.address.postal_code(), Some("310012"));

    let found = read("邮编：310012 浙江省杭州市西湖区文三路123号 888888");
    assert_eq!(found.postal_code.as_deref(), Some("310012"));
    assert_eq!(found.detail, "文三路123号 888888");
}

#[test]
fn a_text_without_a_region_is_not_trusted() {
    for pasted in ["", "你好，请问什么时候发货？", "13805718021", "文三路123号 林小明"]
    {
        let found = read(pasted);
        assert!(found.province.is_none(), "{pasted}");
        assert!(found.confidence < 60, "{pasted}: {}", found.confidence);
    }
}

#[test]
fn what_fits_no_field_is_kept() {
    let found = read("订单加急 林小明 13805718021 浙江省杭州市西湖区文三路123号");
    assert_eq!(found.name.as_deref(), Some("林小明"));
    assert_eq!(found.leftover, ["订单加急"]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail(pasted in "\\PC{0,60}|[浙江省杭州市西湖区文三路林小明0-9 ：，\n+-]{0,60}") {
        let found = read(&pasted);
        prop_assert!(found.confidence <= 100);
        let _ = found.to_raw().validate();
    }
}
