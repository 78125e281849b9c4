//! Work that travels together, in words.
//!
//! The forms are pages of their own: `/console/fulfillments/{id}/merge?with={id}` posts `remark`, `version`
//! and `their_version`; `…/take-out` posts `remark` and `version`.

use ordermill_domain::merge::Obstacle;

use crate::ui::Action;
use crate::words::Words;

/// Work of another order that may travel with work of this one.
#[derive(Debug, Clone)]
pub struct MergeOffer {
    /// The other order's number and address.
    pub order: (String, String),
    /// Where it lies, what it is, and why a person must decide.
    pub notes: String,
    /// Lets them travel together.
    pub action: Action,
}

/// Why two pieces of work do not travel together.
pub fn obstacle(obstacle: Obstacle, t: Words) -> &'static str {
    match obstacle {
        Obstacle::SameOrder => t.merge_same_order(),
        Obstacle::NotPlanned => t.merge_not_planned(),
        Obstacle::Held => t.merge_held(),
        Obstacle::Promotion => t.merge_promotion(),
        Obstacle::Backordered => t.merge_backordered(),
        Obstacle::OtherShop => t.merge_other_shop(),
        Obstacle::ToldChannel => t.merge_told_channel(),
        Obstacle::OtherTerms => t.merge_other_terms(),
        Obstacle::OtherCurrency => t.merge_other_currency(),
        Obstacle::OtherBuyer => t.merge_other_buyer(),
        Obstacle::OtherAddress => t.merge_other_address(),
        Obstacle::OtherService => t.merge_other_service(),
        Obstacle::OtherTime => t.merge_other_time(),
        Obstacle::Apart => t.merge_apart(),
        Obstacle::OtherLocation => t.merge_other_location(),
        Obstacle::TooFarApart => t.merge_too_far_apart(),
        Obstacle::TooHeavy => t.merge_too_heavy(),
    }
}

crate::words! {
    merge_title = "合单", "Merging";
    merge_mode = "同一买家、同一地址的订单", "Orders of one buyer to one address";
    merge_off = "不提示", "Do not mention them";
    merge_suggest = "提示客服合单", "Suggest to merge them";
    merge_automatic = "自动合单", "Merge them automatically";
    merge_window = "自动合单：下单相隔不超过（分钟）", "Automatically: placed within (minutes)";
    merge_window_hint = "相隔更久的只提示，由人决定", "What is further apart is suggested, and a person decides";
    merge_grams = "自动合单：合计不超过（克）", "Automatically: together at most (grams)";
    merge_do = "合单", "Merge";
    merge_offers(count) = "同一买家还有 {count} 个订单寄往此地址", "{count} more order of this buyer to this address" | "{count} more orders of this buyer to this address";
    merge_page_title(number, other) = "合单：{number} 与 {other}", "Merge {number} and {other}";
    merge_lead(place) = "两单由 {place} 一起拣货、打包，用一张面单发出；订单号、付款、退款各归各单。合单后两单都重新审核。", "Both are picked, packed and sent by {place} as one parcel. Each order keeps its number, its payments and its refunds, and is reviewed again.";
    merge_done = "已合单，订单重新审核", "They travel together, and the orders were reviewed again";
    merge_with(numbers) = "与 {numbers} 合单", "travels with {numbers}";
    merge_out = "取消合单", "Take out";
    merge_out_title(number) = "取消合单：{number}", "Let {number} travel by itself";
    merge_out_lead = "该作业单独发货；只剩一个的也单独发货。之后订单重新审核。", "It is sent by itself, and so is what it leaves alone. The orders are then reviewed again.";
    merge_out_done = "已取消合单，订单重新审核", "It travels by itself, and the orders were reviewed again";
    merge_same_order = "是同一个订单", "they are of one order";
    merge_not_planned = "已下到现场或已结束", "one is on a floor already, or over";
    merge_held = "有订单待审核", "a review holds one of the orders";
    merge_promotion = "活动订单单独发货", "one was sold under a promotion";
    merge_backordered = "有商品缺货待发", "pieces of one of them wait for stock";
    merge_other_shop = "不是同一个店铺", "they came from different shops";
    merge_told_channel = "平台按单跟踪包裹", "their channel follows the parcel of each order";
    merge_other_terms = "一单货到付款，一单已付", "one is paid at the door and the other is not";
    merge_other_currency = "币种不同", "they are in different currencies";
    merge_other_buyer = "不是同一个买家", "it is not the same buyer";
    merge_other_address = "不是同一个地址", "it is not the same address";
    merge_other_service = "配送服务不同", "to be brought by different services";
    merge_other_time = "一单加急或定时发货", "one is urgent, or for later";
    merge_apart = "有不得同包的商品", "goods of theirs may not travel together";
    merge_other_location = "在另一个仓，会改由此仓发货", "it lies at another location and would be sent from here";
    merge_too_far_apart = "下单相隔较久", "they were placed far apart";
    merge_too_heavy = "合计较重", "together they are heavy";
    review_others = "未发的同址订单", "To this address, not sent yet";
}
