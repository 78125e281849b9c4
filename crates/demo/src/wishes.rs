//! What buyers wish beside the goods: how they are brought, and a word to the shop and the courier.

use ordermill_base::Random;

use crate::basket::Line;
use crate::catalog::Catalog;
use crate::people::{Customer, Language};

/// The wishes that come with an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// How it is to be brought; none: as the shop sees fit. Where nobody offers that, the buyer does without.
    pub service: Option<Service>,
    /// What the buyer writes.
    pub note: Option<String>,
}

/// How an order is to be brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// On the next day.
    NextDay,
    /// At hours that the buyer chose.
    Timed,
    /// To a point where the buyer collects it.
    PickupPoint,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 3] = [Self::NextDay, Self::Timed, Self::PickupPoint];
}

/// What is heavier is not carried to a pick-up point, nor in a hurry.
const GRAMS_MAX: i64 = 8_000;

/// Words for the courier, in Chinese and English.
const TO_COURIER: [(&str, &str); 6] = [
    ("不在家的话请放门卫，谢谢", "Please leave it with the porter if nobody is in"),
    ("到了请先打电话", "Please call before you come up"),
    ("请放家门口，不用敲门，孩子在睡觉", "Leave it at the door and do not knock: the baby sleeps"),
    ("工作日白天家里没人，请晚上送", "Nobody is in on working days, evenings please"),
    ("电梯坏了，辛苦放一楼信报箱旁边", "The lift is out of order: beside the mail boxes is fine"),
    ("请轻拿轻放，里面有易碎品", "Handle with care, please: it may break"),
];

/// Words for a gift.
const FOR_GIFT: [(&str, &str); 5] = [
    ("送人的，请附卡片：生日快乐，天天开心！", "It is a present. The card: Happy birthday!"),
    ("送给爸妈的，包装请结实一点", "For my parents: pack it well, please"),
    ("礼物，请不要放价格单", "A present: please leave out anything with prices"),
    ("请附卡片：新婚快乐，百年好合", "The card: All the best for the two of you"),
    ("请附卡片：谢谢老师一直以来的照顾", "The card: With thanks for everything"),
];

/// Words of who is to be met at certain hours.
const AT_HOURS: [(&str, &str); 3] = [
    ("请在晚上 7 点到 9 点之间送", "Between 7 and 9 in the evening, please"),
    ("周末上午都在家", "In on weekend mornings"),
    ("请下午 2 点以后送", "After 2 in the afternoon, please"),
];

/// What this buyer wishes with these goods; `is_usual` unless they go to somebody else's place, as presents do.
pub(crate) fn wishes(
    catalog: &Catalog,
    lines: &[Line],
    (buyer, is_usual): (&Customer, bool),
    random: &mut Random,
) -> Wishes {
    let service = match random.below(100) {
        0..6 => Some(Service::NextDay),
        6..9 => Some(Service::Timed),
        9..16 => Some(Service::PickupPoint),
        _ => None,
    };
    let service = service.filter(|_| !buyer.is_overseas() && is_light(catalog, lines));
    let words: &[(&str, &str)] = match service {
        Some(Service::Timed) => &AT_HOURS,
        _ if random.percent(if is_usual { 2 } else { 30 }) => &FOR_GIFT,
        None | Some(Service::NextDay) if random.percent(9) => &TO_COURIER,
        _ => &[],
    };
    let note = (!words.is_empty()).then(|| {
        let (zh, en) = random.pick(words);
        let words = if buyer.language == Language::Chinese { zh } else { en };
        (*words).to_owned()
    });
    Wishes { service, note }
}

/// Whether every carrier takes it.
fn is_light(catalog: &Catalog, lines: &[Line]) -> bool {
    let products =
        || lines.iter().filter_map(|line| Some((catalog.product(&line.sku)?, line.quantity)));
    let grams: i64 = products().map(|(product, pieces)| product.weight_grams * pieces).sum();
    grams <= GRAMS_MAX && products().all(|(it, _)| !it.handling.oversized && !it.handling.hazardous)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Merchant;

    /// What all buyers of a merchant wish with one piece of something.
    fn many(is_usual: bool) -> Vec<(Wishes, bool)> {
        let merchant = Merchant::from_seed(1);
        let mut random = Random::from_seed(5);
        let of = |buyer: &Customer| {
            let sku = merchant.catalog.pick(None, &mut random).sku.clone();
            let line = [Line { sku, quantity: 1 }];
            let wishes = wishes(&merchant.catalog, &line, (buyer, is_usual), &mut random);
            (wishes, buyer.is_overseas())
        };
        merchant.people.customers.iter().map(of).collect()
    }

    fn percent<T>(all: &[T], is_it: impl Fn(&T) -> bool) -> usize {
        all.iter().filter(|it| is_it(it)).count() * 100 / all.len()
    }

    #[test]
    fn some_buyers_choose_how_it_is_brought_and_most_do_not_care() {
        let all = many(true);
        assert!((8..20).contains(&percent(&all, |(it, _)| it.service.is_some())));
        for service in Service::ALL {
            assert!(all.iter().any(|(it, _)| it.service == Some(service)), "{service:?}");
        }
        assert!(all.iter().all(|(it, is_overseas)| it.service.is_none() || !is_overseas));
    }

    #[test]
    fn whoever_wants_it_at_certain_hours_says_at_which() {
        let timed = |it: &Wishes| it.service == Some(Service::Timed);
        assert!(many(true).iter().filter(|(it, _)| timed(it)).all(|(it, _)| it.note.is_some()));
    }

    #[test]
    fn presents_go_to_other_places_more_often_than_home() {
        let of_gifts = |all: &[(Wishes, bool)]| {
            percent(all, |(it, _)| {
                let note = it.note.as_deref().unwrap_or_default();
                FOR_GIFT.iter().any(|(zh, en)| *zh == note || *en == note)
            })
        };
        let (home, elsewhere) = (of_gifts(&many(true)), of_gifts(&many(false)));
        assert!(home < 6 && elsewhere > 20, "{home} % home, {elsewhere} % elsewhere");
    }

    #[test]
    fn heavy_goods_are_not_hurried() {
        let merchant = Merchant::from_seed(1);
        let heavy = merchant.catalog.products.iter().max_by_key(|it| it.weight_grams).unwrap();
        let line = [Line { sku: heavy.sku.clone(), quantity: 20 }];
        let mut random = Random::from_seed(5);
        for buyer in &merchant.people.customers {
            let wishes = wishes(&merchant.catalog, &line, (buyer, true), &mut random);
            assert_eq!(wishes.service, None, "{} g", 20 * heavy.weight_grams);
        }
    }
}
