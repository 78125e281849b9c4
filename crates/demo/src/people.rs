//! Who buys and who works here.
//!
//! Nobody is real. Mainland mobile numbers begin with 154, a series never given to a public
//! network; numbers abroad come from the blocks their authorities keep for fiction (555-01xx, Ofcom's
//! and ACMA's drama numbers); mail goes to `example.com`; districts exist, their streets do not.

use ordermill_base::Random;

use crate::Text;
use crate::sheet;

/// The buyers and the staff of one demo.
#[derive(Debug, Clone)]
pub struct People {
    /// Buyers; about one in fourteen lives abroad.
    pub customers: Vec<Customer>,
    /// At least two of each role, so that a second approver is there.
    pub staff: Vec<Staff>,
}

/// Someone who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// As the customer would write it.
    pub name: String,
    /// International format, fictional.
    pub phone: String,
    /// Unique, at `example.com`.
    pub email: String,
    /// The language of pages and mails.
    pub language: Language,
    /// Where to deliver; the first is the usual one.
    pub addresses: Vec<Address>,
    /// Days since the account was opened, 0 to 700; 0 for those who have never ordered.
    pub joined_days_ago: i64,
    /// Points collected so far.
    pub points: i64,
}

impl Customer {
    /// Whether parcels leave mainland China.
    pub fn is_overseas(&self) -> bool {
        self.addresses.iter().all(|address| address.country != "CN")
    }
}

/// A language of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Simplified Chinese.
    Chinese,
    /// English.
    English,
}

/// Where a parcel goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Who receives.
    pub recipient: String,
    /// Whom the courier calls, international format.
    pub phone: String,
    /// ISO 3166-1, two letters.
    pub country: String,
    /// Province or state.
    pub province: String,
    /// City.
    pub city: String,
    /// District; empty abroad.
    pub district: String,
    /// Street, house, unit and room.
    pub street: String,
    /// Postcode.
    pub postcode: String,
}

/// Someone who works here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// What they log in with.
    pub login: String,
    /// Their name.
    pub name: Text,
    /// What they do.
    pub role: Role,
    /// Code of the location they work at; `None` for the office.
    pub location: Option<String>,
}

/// A job in the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// 客服.
    Service,
    /// 仓储.
    Warehouse,
    /// 物流.
    Logistics,
    /// 运营.
    Operations,
    /// 财务.
    Finance,
    /// 管理员.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Service,
        Self::Warehouse,
        Self::Logistics,
        Self::Operations,
        Self::Finance,
        Self::Admin,
    ];
}

impl People {
    /// As many customers as asked for, and the staff.
    pub fn from_seed(seed: u64, customers: usize) -> Self {
        let mut random = Random::from_seed(seed);
        let names = Names::read();
        Self {
            customers: (0..customers).map(|number| names.customer(number, &mut random)).collect(),
            staff: staff(),
        }
    }
}

fn staff() -> Vec<Staff> {
    let of = |login: &str, zh: &str, en: &str, role, location: Option<&str>| Staff {
        login: login.to_owned(),
        name: Text::new(zh, en),
        role,
        location: location.map(str::to_owned),
    };
    vec![
        of("service", "顾晓晴", "Gu Xiaoqing", Role::Service, None),
        of("service2", "唐悦", "Tang Yue", Role::Service, None),
        of("service3", "Maya Ellison", "Maya Ellison", Role::Service, None),
        of("warehouse", "雷大勇", "Lei Dayong", Role::Warehouse, Some("JX")),
        of("warehouse2", "钱桂芳", "Qian Guifang", Role::Warehouse, Some("JX")),
        of("warehouse3", "麦志豪", "Mai Zhihao", Role::Warehouse, Some("FS")),
        of("warehouse4", "巫小川", "Wu Xiaochuan", Role::Warehouse, Some("CD")),
        of("logistics", "邵远航", "Shao Yuanhang", Role::Logistics, None),
        of("logistics2", "侯捷", "Hou Jie", Role::Logistics, None),
        of("operations", "温以宁", "Wen Yining", Role::Operations, None),
        of("operations2", "季帆", "Ji Fan", Role::Operations, None),
        of("finance", "严慎之", "Yan Shenzhi", Role::Finance, None),
        of("finance2", "计明月", "Ji Mingyue", Role::Finance, None),
        of("admin", "莫守一", "Mo Shouyi", Role::Admin, None),
        of("admin2", "路则安", "Lu Ze'an", Role::Admin, None),
    ]
}

/// The word lists that names and addresses are made of.
struct Names {
    surnames: Vec<Vec<&'static str>>,
    given: Vec<Vec<&'static str>>,
    streets: Vec<Vec<&'static str>>,
    compounds: Vec<Vec<&'static str>>,
    overseas: Vec<Vec<&'static str>>,
    districts: Vec<Vec<&'static str>>,
}

impl Names {
    fn read() -> Self {
        let names = include_str!("../data/names.txt");
        Self {
            surnames: sheet::weighted(sheet::section(names, "surnames"), 2),
            given: sheet::section(names, "given"),
            streets: sheet::section(names, "streets"),
            compounds: sheet::section(names, "compounds"),
            overseas: sheet::section(names, "overseas"),
            districts: sheet::weighted(sheet::rows(include_str!("../data/districts.txt")), 7),
        }
    }

    fn customer(&self, number: usize, random: &mut Random) -> Customer {
        // One in twenty-five has just opened an account and never ordered.
        let joined_days_ago = if random.percent(4) { 0 } else { random.between(1, 700) };
        let points = random.between(0, joined_days_ago * 3);
        if number % 14 == 9 {
            return self.buyer_abroad(number, joined_days_ago, points);
        }
        let (surname, given) = (random.pick(&self.surnames), random.pick(&self.given));
        let name = format!("{}{}", surname[0], given[0]);
        let phone = mainland_phone(number);
        let home = self.address(&name, &phone, random);
        let mut addresses = vec![home];
        if random.percent(30) {
            addresses.push(self.address(&name, &phone, random));
        }
        let language = Language::Chinese;
        let email = format!("{}.{}{number}@example.com", given[1], surname[1]);
        Customer { name, phone, email, language, addresses, joined_days_ago, points }
    }

    fn address(&self, recipient: &str, phone: &str, random: &mut Random) -> Address {
        let district = random.pick(&self.districts);
        let street = format!(
            "{}{}号{}{}栋{}室",
            random.pick(&self.streets)[0],
            random.between(1, 388),
            random.pick(&self.compounds)[0],
            random.between(1, 22),
            random.between(1, 28) * 100 + random.between(1, 4),
        );
        Address {
            recipient: recipient.to_owned(),
            phone: phone.to_owned(),
            country: "CN".to_owned(),
            province: district[0].to_owned(),
            city: district[2].to_owned(),
            district: district[4].to_owned(),
            street,
            postcode: district[6].to_owned(),
        }
    }

    fn buyer_abroad(&self, number: usize, joined_days_ago: i64, points: i64) -> Customer {
        let index = number / 14;
        let row = &self.overseas[index % self.overseas.len()];
        // A second round through the list is another household of the same name.
        let round = index / self.overseas.len();
        let phone = format!("{}{}", row[6], round % 10);
        let mail: String = row[0]
            .to_lowercase()
            .chars()
            .filter(|it| it.is_ascii_lowercase() || *it == ' ')
            .collect();
        let address = Address {
            recipient: row[0].to_owned(),
            phone: phone.clone(),
            country: row[1].to_owned(),
            province: row[2].to_owned(),
            city: row[3].to_owned(),
            district: String::new(),
            street: format!("{} {}", 12 + number % 180, row[4]),
            postcode: row[5].to_owned(),
        };
        Customer {
            name: row[0].to_owned(),
            phone,
            email: format!("{}{number}@example.com", mail.replace(' ', ".")),
            language: Language::English,
            addresses: vec![address],
            joined_days_ago,
            points,
        }
    }
}

/// The number of the nth customer: unique, and scattered so that lists look natural.
fn mainland_phone(number: usize) -> String {
    // 7919 has no factor in common with 10^8, so no two below 10^8 meet.
    format!("+86154{:08}", (number as u64 * 7_919 * 1_009 + 31_415_926) % 100_000_000)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_people_and_another_seed_others() {
        let of = |seed| People::from_seed(seed, 50).customers;
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn nobody_can_be_called_or_written_to() {
        let people = People::from_seed(1, 2_000);
        let mails: HashSet<_> = people.customers.iter().map(|it| &it.email).collect();
        assert_eq!(mails.len(), 2_000);
        for customer in &people.customers {
            assert!(customer.email.ends_with("@example.com"), "{}", customer.email);
            assert!(!customer.addresses.is_empty());
            let is_fiction = if customer.is_overseas() {
                ["5550", "555001", "9460", "4960"].iter().any(|it| customer.phone.contains(it))
            } else {
                customer.phone.len() == 14 && customer.phone.starts_with("+86154")
            };
            assert!(is_fiction, "{}", customer.phone);
        }
        let mainland = people.customers.iter().filter(|it| !it.is_overseas());
        let phones: HashSet<_> = mainland.clone().map(|it| &it.phone).collect();
        assert_eq!(phones.len(), mainland.count());
    }

    #[test]
    fn addresses_are_complete_in_the_form_of_their_country() {
        for customer in People::from_seed(3, 600).customers {
            for address in &customer.addresses {
                assert!(!address.street.is_empty() && !address.postcode.is_empty());
                assert_eq!(address.country == "CN", !address.district.is_empty(), "{address:?}");
            }
        }
    }

    #[test]
    fn every_role_has_a_second_approver() {
        let staff = People::from_seed(1, 1).staff;
        for role in Role::ALL {
            assert!(staff.iter().filter(|it| it.role == role).count() >= 2, "{role:?}");
        }
        let logins: HashSet<_> = staff.iter().map(|it| &it.login).collect();
        assert_eq!(logins.len(), staff.len());
    }
}
