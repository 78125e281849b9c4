//! What delivery costs and how long it takes, by region.

use crate::Text;

/// The rate of one region. A parcel costs the first weight plus each begun step beyond it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// Its name.
    pub name: Text,
    /// Provinces as addresses write them; empty for all of `countries`.
    pub provinces: Vec<String>,
    /// ISO 3166-1 codes; empty for every country no other rate names.
    pub countries: Vec<String>,
    /// Weight that the first price covers.
    pub first_grams: i64,
    /// Its price in fen.
    pub first_fen: i64,
    /// Size of a further step.
    pub step_grams: i64,
    /// Its price in fen.
    pub step_fen: i64,
    /// Goods worth this much, in fen, are delivered free; `None` for never.
    pub free_from_fen: Option<i64>,
    /// Days from handover to delivery, usually.
    pub days_min: i64,
    /// Days from handover to delivery, at worst.
    pub days_max: i64,
}

/// The table of the shop. Every province stands in exactly one row.
pub fn rates() -> Vec<Rate> {
    vec![
        mainland(
            "江浙沪皖",
            "Yangtze Delta",
            "上海市 江苏省 浙江省 安徽省",
            [600, 100, 5_900],
            [1, 2],
        ),
        mainland(
            "华中华南华北",
            "Central, South and North",
            "北京市 天津市 河北省 山东省 河南省 湖北省 湖南省 江西省 福建省 广东省 重庆市 四川省",
            [800, 200, 7_900],
            [2, 3],
        ),
        mainland(
            "西南西北东北",
            "Southwest, Northwest and Northeast",
            "广西壮族自治区 海南省 贵州省 云南省 陕西省 山西省 辽宁省 吉林省 黑龙江省",
            [1_000, 400, 9_900],
            [3, 5],
        ),
        mainland(
            "偏远地区",
            "Remote areas",
            "内蒙古自治区 甘肃省 宁夏回族自治区 青海省 新疆维吾尔自治区 西藏自治区",
            [1_800, 1_200, 29_900],
            [5, 9],
        ),
        abroad("港澳台", "Hong Kong, Macao and Taiwan", "HK MO TW", [3_000, 1_200], [3, 6]),
        abroad("北美澳英", "North America, Australia, UK", "US CA AU GB", [9_800, 4_200], [6, 12]),
        abroad("其他国家和地区", "Rest of the world", "", [12_800, 5_600], [8, 18]),
    ]
}

fn mainland(zh: &str, en: &str, provinces: &str, prices: [i64; 3], days: [i64; 2]) -> Rate {
    Rate {
        name: Text::new(zh, en),
        provinces: words(provinces),
        countries: words("CN"),
        first_grams: 1_000,
        first_fen: prices[0],
        step_grams: 1_000,
        step_fen: prices[1],
        free_from_fen: Some(prices[2]),
        days_min: days[0],
        days_max: days[1],
    }
}

fn abroad(zh: &str, en: &str, countries: &str, prices: [i64; 2], days: [i64; 2]) -> Rate {
    Rate {
        name: Text::new(zh, en),
        provinces: Vec::new(),
        countries: words(countries),
        first_grams: 500,
        first_fen: prices[0],
        step_grams: 500,
        step_fen: prices[1],
        free_from_fen: None,
        days_min: days[0],
        days_max: days[1],
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::People;

    #[test]
    fn every_province_of_the_mainland_has_one_rate() {
        let mut provinces: Vec<String> = rates().into_iter().flat_map(|it| it.provinces).collect();
        assert_eq!(provinces.len(), 31);
        provinces.sort();
        provinces.dedup();
        assert_eq!(provinces.len(), 31);
    }

    #[test]
    fn every_buyer_is_delivered_to_at_one_rate() {
        let rates = rates();
        for customer in People::from_seed(2, 800).customers {
            for address in &customer.addresses {
                let count = rates
                    .iter()
                    .filter(|it| it.countries.contains(&address.country))
                    .filter(|it| {
                        it.provinces.is_empty() || it.provinces.contains(&address.province)
                    })
                    .count();
                assert_eq!(count, 1, "{address:?}");
            }
        }
    }
}
