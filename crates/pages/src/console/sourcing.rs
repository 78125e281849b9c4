//! Which location ships an order: the explanation in words, and what is asked before a person decides.
//!
//! The forms are pages of their own: `/console/fulfillments/{id}/send-to` posts `location` and `remark`,
//! `…/give-back` posts `cause` and `remark`, both with `version`; `/console/orders/{number}/hurry` and
//! `/console/catalog/locations/of/{code}/pool` post `remark`.

use ordermill_base::{Money, Timestamp};
use ordermill_domain::apart::Kind;
use ordermill_domain::fulfillment::RejectReason;
use ordermill_domain::sku::HandlingFlag;

use crate::console::form::FormGroup;
use crate::ui::{Choice, Field};
use crate::words::Words;

/// A choice of locations, in words.
#[derive(Debug, Clone)]
pub struct Why {
    /// When it was made.
    pub at: Timestamp,
    /// Who ships it, or why nobody can.
    pub title: String,
    /// What was second best, and what else led to it; a sentence each.
    pub text: Vec<String>,
    /// What it costs from each location that was looked at: name, cost with its parts, and why it was
    /// refused; the last is empty for those that were not.
    pub candidates: Vec<(String, String, String)>,
}

/// What a location's share costs, with its parts that are not nothing.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// All of it.
    pub total: Money,
    /// The parcel by itself and its weight.
    pub parcel: Money,
    /// By distance.
    pub distance: Money,
    /// By the load of the location.
    pub load: Money,
    /// By days behind the promised one.
    pub lateness: Money,
}

impl Cost {
    /// `¥6.09 (parcel ¥6.00, distance ¥0.09)`.
    pub fn words(&self, t: Words) -> String {
        let parts = [
            (t.sourcing_parcel(), self.parcel),
            (t.sourcing_distance(), self.distance),
            (t.sourcing_load(), self.load),
            (t.sourcing_lateness(), self.lateness),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(name, amount)| format!("{name} {amount}"))
            .collect();
        if parts.is_empty() {
            return self.total.to_string();
        }
        t.sourcing_cost(self.total, parts.join(t.pick("，", ", ")))
    }
}

/// Why a location was refused, by the code of the explanation; the code itself if it is none of ours.
pub fn refused(code: &str, t: Words) -> String {
    match code {
        "out_of_coverage" => t.sourcing_out_of_coverage(),
        "too_late" => t.sourcing_too_late(),
        "no_capacity" => t.sourcing_no_capacity(),
        "category_not_allowed" => t.sourcing_category(),
        "too_few" => t.sourcing_too_few(),
        other => return other.to_owned(),
    }
    .to_owned()
}

/// Why nobody can ship an order, and what can be done about it.
pub fn impossible(code: &str, t: Words) -> (&'static str, &'static str) {
    match code {
        "split_not_allowed" => (t.sourcing_none_whole(), t.sourcing_do_split()),
        "too_large" => (t.sourcing_none_too_large(), t.sourcing_do_by_hand()),
        "by_rules" => (t.sourcing_none_by_rules(), t.sourcing_do_rules()),
        _ => (t.sourcing_none_has_it(), t.sourcing_do_stock()),
    }
}

/// A kind of goods that is kept apart from others.
pub fn kind(kind: &Kind, t: Words) -> String {
    match kind {
        Kind::Flag(HandlingFlag::Fragile) => t.kind_fragile().to_owned(),
        Kind::Flag(HandlingFlag::HighValue) => t.kind_high_value().to_owned(),
        Kind::Flag(HandlingFlag::Perishable) => t.kind_perishable().to_owned(),
        Kind::Flag(HandlingFlag::Hazardous) => t.kind_hazardous().to_owned(),
        Kind::Flag(HandlingFlag::Oversized) => t.kind_oversized().to_owned(),
        Kind::Category(code) => t.kind_category(code),
        Kind::Others => t.kind_others().to_owned(),
    }
}

/// Why a location gives work back.
pub fn reject_reason(reason: RejectReason, t: Words) -> &'static str {
    match reason {
        RejectReason::NoStock => t.reject_no_stock(),
        RejectReason::Damaged => t.reject_damaged(),
        RejectReason::NoCapacity => t.reject_no_capacity(),
        RejectReason::LocationDown => t.reject_location_down(),
        RejectReason::ByHand => t.reject_by_hand(),
        RejectReason::Regrouped => t.reject_regrouped(),
    }
}

fn remark(value: &str, t: Words) -> Field {
    Field::new("remark", t.orders_remark()).max_length(200).value(value)
}

/// What is asked before work goes to another location.
pub fn send_to(locations: Vec<Choice>, location: &str, why: &str, t: Words) -> Vec<FormGroup> {
    let fields =
        vec![Field::select("location", t.sourcing_to(), locations).value(location), remark(why, t)];
    vec![FormGroup::new(t.sourcing_send_to(), fields)]
}

/// What was entered to split work.
#[derive(Debug, Clone, Default)]
pub struct SplitEntered {
    /// Pieces that are taken out, row by row.
    pub pieces: Vec<String>,
    /// The code of the location that ships them; empty: the one that they are at.
    pub location: String,
    /// A local time before which they are not given to the floor; empty: at once.
    pub not_before: String,
    /// Why.
    pub remark: String,
}

/// What is asked before work is split. `rows` says of each line what it is, with its pieces.
pub fn split(
    rows: &[String],
    locations: Vec<Choice>,
    entered: &SplitEntered,
    t: Words,
) -> Vec<FormGroup> {
    let pieces = rows.iter().zip(1..).map(|(label, row)| {
        let value = entered.pieces.get(row - 1).map_or("", String::as_str);
        Field::new("pieces", label).optional().digits(6).row(row).value(value)
    });
    let how = vec![
        Field::select("location", t.sourcing_split_to(), locations)
            .optional()
            .hint(t.sourcing_split_to_hint())
            .value(&entered.location),
        Field::new("not_before", t.sourcing_not_before())
            .kind("datetime-local")
            .optional()
            .hint(t.sourcing_not_before_hint())
            .value(&entered.not_before),
        remark(&entered.remark, t),
    ];
    vec![
        FormGroup::new(t.sourcing_split_pieces_title(), pieces.collect()),
        FormGroup::new(t.sourcing_split_how(), how),
    ]
}

/// What is asked before work is given back.
pub fn give_back(cause: &str, why: &str, t: Words) -> Vec<FormGroup> {
    // What a person decides about the plan has steps of its own.
    let causes = RejectReason::ALL.into_iter().filter(|it| !it.is_decision());
    let causes = causes.map(|it| Choice::new(it.code(), reject_reason(it, t))).collect();
    let fields =
        vec![Field::select("cause", t.order_reason(), causes).value(cause), remark(why, t)];
    vec![FormGroup::new(t.sourcing_give_back(), fields)]
}

/// What is asked before something for which the reason alone is needed.
pub fn only_reason(title: &str, why: &str, t: Words) -> Vec<FormGroup> {
    vec![FormGroup::new(title, vec![remark(why, t)])]
}

/// What was entered for how locations are chosen; amounts are decimals in the shop's currency.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct SourcingEntered {
    /// `never`, `lines` or `pieces`.
    pub split: String,
    pub parcels_max: String,
    pub split_cost: String,
    pub per_100_km: String,
    pub full_load: String,
    pub late_day: String,
    pub first_grams: String,
    pub first_price: String,
    pub step_grams: String,
    pub step_price: String,
    pub backlog_days: String,
    /// A pair a line: `hazardous perishable`.
    pub apart: String,
    /// `off`, `suggest` or `automatic`.
    pub merge_mode: String,
    pub merge_window: String,
    pub merge_grams: String,
}

/// The form of how locations are chosen.
pub fn settings(entered: &SourcingEntered, t: Words) -> Vec<FormGroup> {
    let amount = |name, label: &str, value: &str| {
        Field::new(name, label).decimal().max_length(12).value(value)
    };
    let splits = vec![
        Choice::new("never", t.sourcing_split_never()),
        Choice::new("lines", t.sourcing_split_lines()),
        Choice::new("pieces", t.sourcing_split_pieces()),
    ];
    let split = vec![
        Field::select("split", t.sourcing_split(), splits).value(&entered.split),
        Field::new("parcels_max", t.sourcing_parcels_max()).digits(2).value(&entered.parcels_max),
        amount("split_cost", t.sourcing_split_cost(), &entered.split_cost)
            .hint(t.sourcing_split_cost_hint()),
        Field::new("apart", t.sourcing_apart())
            .kind("textarea")
            .optional()
            .max_length(4_000)
            .hint(t.sourcing_apart_hint())
            .value(&entered.apart),
    ];
    let weights = vec![
        amount("per_100_km", t.sourcing_per_100_km(), &entered.per_100_km),
        amount("full_load", t.sourcing_full_load(), &entered.full_load)
            .hint(t.sourcing_full_load_hint()),
        amount("late_day", t.sourcing_late_day(), &entered.late_day),
        Field::new("backlog_days", t.sourcing_backlog())
            .digits(2)
            .hint(t.sourcing_backlog_hint())
            .value(&entered.backlog_days),
    ];
    let freight = vec![
        Field::new("first_grams", t.sourcing_first_grams()).digits(7).value(&entered.first_grams),
        amount("first_price", t.sourcing_first_price(), &entered.first_price),
        Field::new("step_grams", t.sourcing_step_grams())
            .digits(7)
            .hint(t.sourcing_step_grams_hint())
            .value(&entered.step_grams),
        amount("step_price", t.sourcing_step_price(), &entered.step_price),
    ];
    let modes = vec![
        Choice::new("off", t.merge_off()),
        Choice::new("suggest", t.merge_suggest()),
        Choice::new("automatic", t.merge_automatic()),
    ];
    let merge = vec![
        Field::select("merge_mode", t.merge_mode(), modes).value(&entered.merge_mode),
        Field::new("merge_window", t.merge_window())
            .digits(5)
            .hint(t.merge_window_hint())
            .value(&entered.merge_window),
        Field::new("merge_grams", t.merge_grams()).digits(7).value(&entered.merge_grams),
    ];
    vec![
        FormGroup::new(t.sourcing_split_title(), split),
        FormGroup::new(t.merge_title(), merge),
        FormGroup::new(t.sourcing_weights_title(), weights),
        FormGroup::new(t.sourcing_freight_title(), freight),
    ]
}

/// What was entered for one location.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct LocationRuleEntered {
    /// `CN-31 CN-33`, with blanks or commas between.
    pub regions: String,
    /// Codes with blanks or commas between.
    pub excluded_categories: String,
    pub parcel_cost: String,
}

/// The form of what holds for one location.
pub fn location_rule(entered: &LocationRuleEntered, t: Words) -> Vec<FormGroup> {
    let fields = vec![
        Field::new("regions", t.sourcing_regions())
            .optional()
            .max_length(2_000)
            .hint(t.sourcing_regions_hint())
            .value(&entered.regions),
        Field::new("excluded_categories", t.sourcing_excluded())
            .optional()
            .max_length(4_000)
            .hint(t.sourcing_excluded_hint())
            .value(&entered.excluded_categories),
        Field::new("parcel_cost", t.sourcing_parcel_cost())
            .decimal()
            .max_length(12)
            .hint(t.sourcing_parcel_cost_hint())
            .value(&entered.parcel_cost),
    ];
    vec![FormGroup::new(t.sourcing_location_title(), fields)]
}

crate::words! {
    order_work = "发货作业", "Fulfillment";
    order_work_none = "还没有安排发货仓。", "No location ships it yet.";
    order_work_pieces(count) = "{count} 件", "{count} piece" | "{count} pieces";
    order_work_wave(wave) = "波次 {wave}", "wave {wave}";
    order_work_ship_by(at) = "须在 {at} 前出库", "to leave by {at}";
    order_work_urgent = "加急", "Urgent";
    order_work_why = "为什么在这里发货", "Why from here";
    sourcing_send_to = "改由他仓发货", "Send elsewhere";
    sourcing_give_back = "退回重新安排", "Give back";
    sourcing_hurry = "加急", "Make urgent";
    sourcing_do_cut = "拆单", "Split";
    sourcing_split_page_title(place, number) = "{place} 的作业拆开：{number}", "Split the work of {place}: {number}";
    sourcing_split_lead = "填的件数另成一个作业，可以晚些发或由他仓发；其余的照旧。拆单后订单重新审核。", "The pieces named here become work of their own, later or elsewhere; the rest stays as it is. The order is then reviewed again.";
    sourcing_split_pieces_title = "拆出哪些", "What is taken out";
    sourcing_split_row(line_no, sku, count) = "第 {line_no} 行 {sku}（共 {count} 件）", "Line {line_no} {sku} (of {count})";
    sourcing_split_how = "怎么发", "How it is shipped";
    sourcing_split_to = "发货仓", "From";
    sourcing_split_to_hint = "不选则留在原仓", "Where it is, if nothing is chosen";
    sourcing_not_before = "最早下发时间", "Not before";
    sourcing_not_before_hint = "到时才下到现场；不填则随下一波次", "It is given to the floor then; with the next wave if empty";
    sourcing_split_wrong = "件数要填，不能超过现有，也不能全部拆出", "Some of the pieces, no more than there are, and not all of them";
    sourcing_past = "请填将来的时间", "A moment that is still to come";
    sourcing_held = "订单待审核，请先审核", "The order is held by its review: decide that first";
    sourcing_split_toast = "已拆单，订单重新审核", "It is split, and the order was reviewed again";
    sourcing_together = "合并作业", "Put together";
    sourcing_together_title(number) = "合并作业：{number}", "Put the work together: {number}";
    sourcing_together_lead = "还没有下到现场的作业退回，由规则重新安排，能合则合。之后订单重新审核。", "Work that is not on a floor yet is given back and planned anew by the rules, as one where they can. The order is then reviewed again.";
    sourcing_together_toast = "已合并，订单重新审核", "It is put together, and the order was reviewed again";
    sourcing_nothing_together = "没有两个等待下发的作业", "There are not two pieces of work that wait for a wave";
    order_work_not_before(at) = "{at} 前不下发", "not before {at}";
    sourcing_to = "发货仓", "Location";
    sourcing_send_to_title(place, number) = "{place} 的作业改由他仓发货：{number}", "Send work of {place} elsewhere: {number}";
    sourcing_send_to_lead = "规则不再过问，只要该仓有货。原作业退回，新仓另行安排。", "The rules are not asked, as long as the location has it. The work is given back and planned there anew.";
    sourcing_give_back_title(place, number) = "{place} 退回作业：{number}", "{place} gives work back: {number}";
    sourcing_give_back_lead = "规则另选一个仓；没有仓能发时，运营会收到待办。", "The rules find another location; if none can ship it, operations are asked.";
    sourcing_hurry_title(number) = "加急发货：{number}", "Make urgent: {number}";
    sourcing_hurry_lead = "由最近有货的仓优先发货；已下到现场的作业不动。", "The nearest location that has it ships it before others. What is on a floor stays there.";
    sourcing_sent_toast(place) = "已改由 {place} 发货", "{place} ships it now";
    sourcing_given_back_toast = "已退回，重新安排", "Given back and planned anew";
    sourcing_hurried_toast = "已加急", "It is urgent now";
    sourcing_not_there = "该仓没有这些货", "That location does not have what the order wants";
    sourcing_nothing_planned = "没有等待下发的作业，也没有仓能发余下的货", "Nothing of it is planned and not on a floor yet, and no location can ship what is left";
    sourcing_pool = "停工：重新安排全部作业", "Out of work: source all planned work again";
    sourcing_pool_title(place) = "{place} 停工？", "{place} is out of work?";
    sourcing_pool_lead(count) = "有 {count} 个等待下发的作业会退回并由他仓发货，没有仓能发的会生成待办。已下到现场的不动。此操作不能撤销。", "{count} planned fulfillment is given back and sourced from other locations; what nobody can ship becomes a task. What is on its floor stays. This cannot be undone." | "{count} planned fulfillments are given back and sourced from other locations; what nobody can ship becomes a task. What is on its floor stays. This cannot be undone.";
    sourcing_pool_active = "该仓仍在启用：停用它，新订单才不再来。", "It is still in service: take it out of service, or new orders go on coming.";
    sourcing_pool_button(count) = "重新安排 {count} 个作业", "Source {count} again" | "Source {count} again";
    sourcing_pooled_toast(count) = "已退回 {count} 个作业并重新安排", "{count} given back and sourced again" | "{count} given back and sourced again";
    sourcing_cost(total, parts) = "共 {total}（{parts}）", "{total} ({parts})";
    sourcing_parcel = "包裹", "parcel";
    sourcing_distance = "距离", "distance";
    sourcing_load = "负载", "load";
    sourcing_lateness = "晚到", "lateness";
    why_sent(places, cost) = "{places} 发货，成本 {cost}", "{places} ships it at a cost of {cost}";
    why_sent_by_hand(places) = "{places} 发货", "{places} ships it";
    why_second(places, more) = "次选 {places}，贵 {more}。", "Second best is {places}, which costs {more} more.";
    why_second_equal(places) = "次选 {places}，成本相同。", "Second best is {places}, which costs the same.";
    why_no_second = "没有别的仓能发。", "No other location can ship it.";
    why_split(cost) = "分仓多花 {cost}。", "The split costs {cost} of it.";
    why_kept_apart(pairs) = "不得同包，分开作业：{pairs}。", "Kept apart, as they may not travel together: {pairs}.";
    kind_fragile = "易碎品", "fragile";
    kind_high_value = "贵重品", "high value";
    kind_perishable = "易腐品", "perishable";
    kind_hazardous = "危险品", "hazardous";
    kind_oversized = "超大件", "oversized";
    kind_category(code) = "品类 {code}", "category {code}";
    kind_others = "其余商品", "other goods";
    why_best_alone(places) = "只看这一单，{places} 最合适；那里的货留给了更需要的订单。", "For this order alone {places} would be best; others needed those pieces more.";
    why_wave(orders, cost, one) = "与 {orders} 单一起安排：合计 {cost}，逐单安排为 {one}。", "Planned with {orders} orders: {cost} together, {one} one by one.";
    why_ruled(names, version) = "按分仓规则第 {version} 版：{names}", "By version {version} of the sourcing rules: {names}";
    why_asked_again(places) = "{places} 曾回报没有货，之后有货进来，因此再次参与选择。", "{places} had said that the pieces are not there; some have come in since, so it was asked again.";
    why_over_capacity = "各仓的产能都已排满，仍安排最合适的一个。", "Every location is booked out on its days; the best one takes it all the same.";
    sourcing_none_has_it = "没有仓有足够的货", "No location has enough";
    sourcing_none_whole = "没有一个仓有全部的货，规则不允许分仓", "No location has all of it, and the rules allow no split";
    sourcing_none_too_large = "订单太大，无法自动安排", "The order is too large to be planned by itself";
    sourcing_do_stock = "补货或调拨后会自动重试；也可取消订单。", "Receive or transfer stock, and it is tried again by itself; or cancel it.";
    sourcing_do_split = "在寻源设置中允许分仓，或调拨到一个仓。", "Allow a split in the sourcing settings, or transfer the stock to one place.";
    sourcing_none_by_rules = "分仓规则不许任何仓库发货", "The sourcing rules let no location ship it";
    sourcing_do_rules = "请改规则，或手动选择仓库", "Change the rules, or choose a location by hand";
    sourcing_do_by_hand = "请人工拆单或取消。", "Split it by hand, or cancel it.";
    sourcing_out_of_coverage = "不配送到该地区", "does not ship there";
    sourcing_too_late = "来不及", "too late";
    sourcing_no_capacity = "产能已满", "booked out";
    sourcing_category = "不发该类商品", "does not ship that category";
    sourcing_too_few = "货不够", "not enough there";
    reject_no_stock = "没有货", "Not there";
    reject_damaged = "损坏", "Damaged";
    reject_no_capacity = "人手不足", "More work than hands";
    reject_location_down = "停工（停电、水淹、关闭）", "Out of work (no power, flood, closed)";
    reject_by_hand = "改由他仓发货", "Sent elsewhere";
    reject_regrouped = "拆分或合并", "Split or put together";
    sourcing_title = "寻源", "Sourcing";
    sourcing_lead = "金额表示店铺愿意花多少钱来避免，使用店铺币种。修改立即对新订单生效，已安排的不变。", "An amount says how much the shop would pay to avoid a thing, in its currency. Changes count for new orders at once; what is planned stays.";
    sourcing_split_title = "分仓", "Splitting";
    sourcing_split = "一单多仓", "One order from several locations";
    sourcing_split_never = "不允许", "Never";
    sourcing_split_lines = "按 SKU 分", "Each SKU from one location";
    sourcing_split_pieces = "同一 SKU 也可分", "Pieces of one SKU may be split";
    sourcing_parcels_max = "一单最多包裹", "Parcels of one order at most";
    sourcing_split_cost = "每多一个包裹", "Each further parcel";
    sourcing_split_cost_hint = "越大越少分仓", "The larger, the fewer splits";
    sourcing_apart = "不得同包的商品", "Goods that may not travel together";
    sourcing_apart_hint = "每行一对，如 hazardous perishable：fragile 易碎、high_value 贵重、perishable 易腐、hazardous 危险、oversized 超大，category:编码 为品类，* 为其余商品", "A pair a line, such as hazardous perishable: fragile, high_value, perishable, hazardous, oversized, category:CODE, or * for all other goods";
    sourcing_apart_wrong = "每行写两种不同的商品，中间空格，如 hazardous perishable", "Write two different kinds a line with a blank between, such as hazardous perishable";
    sourcing_apart_unknown = "有不认识的品类编码", "There is a category here that nobody knows";
    sourcing_weights_title = "权重", "Weights";
    sourcing_per_100_km = "每 100 公里", "Each 100 km";
    sourcing_full_load = "满负荷的仓", "A location at full load";
    sourcing_full_load_hint = "在制作业等于一天产能时；较少时按比例", "Open work equal to a day's capacity; less in proportion";
    sourcing_late_day = "比承诺晚一天", "Each day behind the promise";
    sourcing_backlog = "最多积压（天）", "Backlog at most (days)";
    sourcing_backlog_hint = "积压超过这么多天的产能时，先问别的仓", "A location with more days of work than this is asked last";
    sourcing_freight_title = "按重量计的运费", "Freight by weight";
    sourcing_first_grams = "首重（克）", "First weight (grams)";
    sourcing_first_price = "首重价格", "First price";
    sourcing_step_grams = "续重（克）", "Further step (grams)";
    sourcing_step_grams_hint = "0 表示不按续重加价", "0 if no weight costs more";
    sourcing_step_price = "续重价格", "Price of a step";
    sourcing_saved = "寻源设置已保存", "Sourcing settings saved";
    sourcing_number_wrong(least, most) = "{least} 到 {most} 的整数", "A whole number from {least} to {most}";
    sourcing_amount_wrong = "请填不小于 0 的金额，如 6.00", "An amount such as 6.00, not negative";
    sourcing_location_rule(place) = "{place} 的寻源规则", "Sourcing rule of {place}";
    sourcing_location_link = "寻源规则", "Sourcing rule";
    sourcing_location_title = "发货范围", "What it ships";
    sourcing_location_lead = "没有规则的仓发往各地、不限品类。", "A location without a rule ships everything everywhere.";
    sourcing_regions = "发往地区", "Ships to";
    sourcing_regions_hint = "国家或省，如 CN-31 CN-33；空为各地", "Countries or provinces such as CN-31 CN-33; everywhere if empty";
    sourcing_excluded = "不发的品类", "Categories it does not ship";
    sourcing_excluded_hint = "品类编码，以空格分开", "Codes, with blanks between";
    sourcing_parcel_cost = "每个包裹另加", "On top for each parcel";
    sourcing_parcel_cost_hint = "如包材、人工", "Material and hands, for example";
    sourcing_location_gone(place) = "{place} 的规则已不适用，请先修改该仓的寻源规则", "The rule of {place} does not fit any more; change it on the page of the location";
    sourcing_too_many(most) = "最多 {most} 项", "{most} at most";
    sourcing_regions_wrong(text) = "看不懂「{text}」，应为 CN 或 CN-31", "“{text}” is no region such as CN or CN-31";
    sourcing_excluded_wrong(text) = "没有品类「{text}」", "There is no category “{text}”";
}

#[cfg(test)]
mod tests {
    use ordermill_base::Currency;

    use super::*;
    use crate::Language;

    #[test]
    fn a_cost_names_the_parts_that_are_not_nothing() {
        let yuan = |minor| Money::new(minor, Currency::Cny);
        let cost = Cost {
            total: yuan(609),
            parcel: yuan(600),
            distance: yuan(9),
            load: yuan(0),
            lateness: yuan(0),
        };
        let words = cost.words(Words::new(Language::En));
        assert_eq!(words, "¥6.09 (parcel ¥6.00, distance ¥0.09)");
    }

    #[test]
    fn whoever_gives_work_back_is_not_offered_to_want_another_location() {
        let groups = give_back("", "", Words::new(Language::En));
        let html = groups[0].fields[0].to_string();
        assert!(html.contains("no_capacity") && !html.contains("by_hand"), "{html}");
    }
}
