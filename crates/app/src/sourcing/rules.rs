//! Rules about which location ships an order: a table of rules like any other, over the document of what is
//! to be shipped.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use ordermill_domain::ids::{ChannelId, LocationId, SkuId};
use ordermill_domain::rule_table::Purpose;
use ordermill_domain::sku::{Handling, Sku};
use ordermill_domain::sourcing::{Ruling, SourcingRule};
use ordermill_rules::sourcing::{GoodsFacts, RegionFacts, SourcedOrderFacts, SourcingDocument};
use ordermill_rules::{Definition, Facts as _, HitPolicy, Prepared, Table};
use ordermill_storage::{Error, Tx, channel, order};

use super::place::Places;
use super::plan::{Want, alone};
use crate::catalog::Catalog;
use crate::rule_table::tried::Side;
use crate::rule_table::{Decides, InForce, OnTrial, Ruled};

impl Decides for SourcingRule {
    const PURPOSE: Purpose = Purpose::Sourcing;
    type Document = SourcingDocument;

    /// No rule: costs decide.
    fn built_in() -> Arc<Table<Self>> {
        static TABLE: LazyLock<Arc<Table<SourcingRule>>> = LazyLock::new(|| {
            let (hit, rules, otherwise) = (HitPolicy::All, Vec::new(), SourcingRule::Compare);
            let definition = Definition { hit, rules, otherwise };
            let table = Table::compile::<SourcingDocument>(definition, 0);
            Arc::new(table.expect("a table without rules compiles"))
        });
        Arc::clone(&TABLE)
    }
}

/// What rules are asked with, for many orders at once.
pub(super) struct Asking<'c> {
    catalog: &'c Catalog,
    rules: &'c InForce<SourcingRule>,
    /// The codes of channels, if any rule asks for them.
    channels: HashMap<ChannelId, String>,
}

impl<'c> Asking<'c> {
    pub(super) fn new(
        tx: &mut Tx<'_>,
        catalog: &'c Catalog,
        rules: &'c InForce<SourcingRule>,
    ) -> Result<Self, Error> {
        let of_channels = rules.reads("order.channel");
        let channels = if of_channels { channel::list(tx)? } else { Vec::new() };
        let channels = channels.into_iter().map(|channel| (channel.id, channel.code)).collect();
        Ok(Self { catalog, rules, channels })
    }

    /// Lets the rules in force say what they have to, unless a person has chosen. Gives what they read.
    pub(super) fn rule(&self, order: &order::Stored, want: &mut Want) -> Option<Prepared> {
        if want.only.is_some() {
            return None;
        }
        let document = self.document(order, &want.lines);
        want.ruled_by(self.ask(self.rules.live(), &document));
        Some(document)
    }

    /// The version that decides beside them.
    pub(super) const fn on_trial(&self) -> Option<&OnTrial<SourcingRule>> {
        self.rules.on_trial()
    }

    /// Where an order goes by the rules in force, and by those on trial, if nobody is in its way. `available`
    /// says what may be sold of a SKU at a location beside what is claimed.
    pub(super) fn sides(
        &self,
        places: &Places<'_>,
        want: &Want,
        document: &Prepared,
        available: &dyn Fn(LocationId, SkuId) -> i64,
    ) -> (Side, Side) {
        let there_is = |place: (LocationId, SkuId)| {
            available(place.0, place.1) + want.claimed.get(&place).copied().unwrap_or_default()
        };
        let live = self.side(places, want, (self.rules.live(), document), &there_is);
        let other = self.on_trial().map(|it| &*it.table).unwrap_or(self.rules.live());
        (live, self.side(places, want, (other, document), &there_is))
    }

    /// Where a version of the rules sends an order that nobody is in the way of. `there_is` says what may be
    /// taken of a SKU at a location.
    fn side(
        &self,
        places: &Places<'_>,
        want: &Want,
        (table, document): (&Table<SourcingRule>, &Prepared),
        there_is: &dyn Fn((LocationId, SkuId)) -> i64,
    ) -> Side {
        let mut want = want.clone();
        want.ruled_by(self.ask(table, document));
        let chosen = alone(places, &self.catalog.sourcing, &want, there_is);
        let code = |id: &LocationId| self.catalog.location(*id).map(|it| it.code.clone());
        let mut codes: Vec<String> = chosen.iter().filter_map(code).collect();
        codes.sort_unstable();
        Side::of(table.version(), codes, want.ruled.as_ref())
    }

    /// What is to be shipped of an order, as rules read it.
    pub(super) fn document(&self, order: &order::Stored, goods: &[(u16, SkuId, i64)]) -> Prepared {
        let facts = order.order.facts();
        let skus: BTreeSet<SkuId> = goods.iter().map(|(_, sku, _)| *sku).collect();
        let known: Vec<&Sku> = skus.iter().filter_map(|sku| self.catalog.sku(*sku)).collect();
        let handling = known.iter().fold(Handling::default(), |all, sku| all.or(sku.handling));
        let grams = |(_, sku, pieces): &(u16, SkuId, i64)| {
            self.catalog.sku(*sku).map_or(0, |sku| i64::from(sku.weight_grams) * pieces)
        };
        let categories = known.iter().filter_map(|sku| self.catalog.category(sku.category));
        let categories: BTreeSet<String> = categories.map(|it| it.code.clone()).collect();
        let channel = self.channels.get(&facts.channel).cloned();
        let country = order.region.split('-').next().unwrap_or_default();
        SourcingDocument {
            order: SourcedOrderFacts {
                channel: channel.unwrap_or_default(),
                terms: facts.terms.code().to_owned(),
                currency: facts.amounts.currency.code().to_owned(),
                total_minor: facts.amounts.total_minor,
                is_promotion: facts.promotion,
                has_account: facts.customer.is_some(),
            },
            goods: GoodsFacts {
                pieces: goods.iter().map(|(_, _, pieces)| pieces).sum(),
                skus: i64::try_from(skus.len()).unwrap_or(i64::MAX),
                weight_grams: goods.iter().map(grams).sum(),
                categories: categories.into_iter().collect(),
                is_fragile: handling.is_fragile,
                is_high_value: handling.is_high_value,
                is_perishable: handling.is_perishable,
                is_hazardous: handling.is_hazardous,
                is_oversized: handling.is_oversized,
            },
            to: RegionFacts { country: country.to_owned(), region: order.region.clone() },
        }
        .prepare()
    }

    /// What the rules of a table say.
    fn ask(&self, table: &Table<SourcingRule>, document: &Prepared) -> (Ruling, Option<Ruled>) {
        let decision = table.decide(document);
        let find = |code: &str| self.catalog.location_by_code(code).map(|location| location.id);
        (Ruling::of(&decision.actions, find), Ruled::of(&decision))
    }
}
