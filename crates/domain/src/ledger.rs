//! The ledger: double-entry postings for every movement of an order's money.
//!
//! Each rule below turns one business fact into a [`Posting`]. Debits are positive, credits
//! negative. A posting is built from pairs that cancel out, so it is balanced by construction.
//!
//! What the buyer hands over before the goods leave is a liability ([`Account::CustomerDeposits`]);
//! it becomes a sale when they leave. The money accounts of an order hold captured − refunded.

use ordermill_base::{Currency, Money};

use crate::code::coded;

coded! {
    /// An account of the ledger.
    enum Account {
        /// Asset: money that a gateway holds for us.
        GatewayClearing = "gateway_clearing",
        /// Asset: cash that a carrier collected for us.
        CodClearing = "cod_clearing",
        /// Asset: money that a sales channel collected for us.
        ChannelClearing = "channel_clearing",
        /// Asset: money that a gateway keeps from us until a dispute is decided.
        DisputedFunds = "disputed_funds",
        /// Asset: our bank account.
        Bank = "bank",
        /// Liability: what buyers gave for goods that have not left yet (contract liability).
        CustomerDeposits = "customer_deposits",
        /// Liability: refunds that are granted and not yet sent.
        RefundsPayable = "refunds_payable",
        /// Liability: gift cards that are sold and not yet spent.
        GiftCardLiability = "gift_card_liability",
        /// Liability: points that buyers hold.
        PointsLiability = "points_liability",
        /// Liability: tax that is owed to the state.
        TaxPayable = "tax_payable",
        /// Income: goods, after discounts and without tax.
        Sales = "sales",
        /// Income: transport, without tax.
        FreightIncome = "freight_income",
        /// Income, reversed: what was refunded after its goods had left.
        SalesReturns = "sales_returns",
        /// Expense: gift cards that the shop gave away, and balances that were set right.
        PromotionExpense = "promotion_expense",
        /// Expense: coupons that were taken as a tender.
        CouponExpense = "coupon_expense",
        /// Expense: what buyers' banks took back.
        ChargebackLosses = "chargeback_losses",
        /// Expense: what gateways and carriers keep for collecting.
        GatewayFees = "gateway_fees",
    }
}

impl Account {
    /// Whether it holds real money of orders.
    pub const fn is_money(self) -> bool {
        matches!(self, Self::GatewayClearing | Self::ChannelClearing | Self::CodClearing)
    }

    /// Whether it is where an order's payments come from: the sum of the order's entries in these is
    /// what was captured, collected or tendered, less what was refunded.
    pub const fn pays_orders(self) -> bool {
        self.is_money() || matches!(self, Self::GiftCardLiability | Self::PointsLiability)
    }
}

coded! {
    /// Something of the shop's own that a buyer pays with. The code is also the name of the gateway
    /// of its payments.
    enum Tender {
        /// A gift card with a balance.
        GiftCard = "gift_card",
        /// Points at their value.
        Points = "points",
        /// A coupon that counts as money instead of lowering the price.
        Coupon = "coupon",
    }
}

/// One side of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which account.
    pub account: Account,
    /// Minor units: a debit is positive, a credit negative.
    pub amount_minor: i64,
    /// The currency of the amount.
    pub currency: Currency,
}

/// Entries that balance, for one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    entries: Vec<Entry>,
}

/// An amount that cannot be posted: negative, or its sum is beyond 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} minor units cannot be posted")]
pub struct NotPostable(pub i64);

/// What a sale consists of, minor units; the shares of a shipment or the whole order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    /// Goods after discounts, without tax.
    pub goods_minor: i64,
    /// Transport, without tax.
    pub freight_minor: i64,
    /// Tax, whether it was part of the price or came on top.
    pub tax_minor: i64,
    /// The currency of all of them.
    pub currency: Currency,
}

/// Whether the goods of refunded money had left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundOf {
    /// Nothing has left: the deposit goes back.
    Deposit,
    /// The sale has been posted: it is reversed as a return.
    Sale,
}

impl Posting {
    /// A gateway captured a buyer's money.
    pub fn captured(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::GatewayClearing, Account::CustomerDeposits, amount)
    }

    /// A sales channel collected a buyer's money.
    pub fn collected_by_channel(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::ChannelClearing, Account::CustomerDeposits, amount)
    }

    /// A refund succeeded: the sales channel that held the money sent it.
    pub fn refunded_by_channel(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::RefundsPayable, Account::ChannelClearing, amount)
    }

    /// A carrier collected cash at the door.
    pub fn cod_collected(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::CodClearing, Account::CustomerDeposits, amount)
    }

    /// A buyer paid with something of the shop's own.
    pub fn tendered(tender: Tender, amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(tender_account(tender), Account::CustomerDeposits, amount)
    }

    /// Goods left, so that the deposit is earned.
    pub fn sold(sale: Sale) -> Result<Self, NotPostable> {
        let credits = [
            (Account::Sales, sale.goods_minor),
            (Account::FreightIncome, sale.freight_minor),
            (Account::TaxPayable, sale.tax_minor),
        ];
        Self::spread(Account::CustomerDeposits, &credits, sale.currency)
    }

    /// A refund was granted: we owe it to the buyer.
    pub fn refund_granted(of: RefundOf, amount: Money) -> Result<Self, NotPostable> {
        let debit = match of {
            RefundOf::Deposit => Account::CustomerDeposits,
            RefundOf::Sale => Account::SalesReturns,
        };
        Self::transfer(debit, Account::RefundsPayable, amount)
    }

    /// A refund succeeded: the gateway sent the money.
    pub fn refund_succeeded(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::RefundsPayable, Account::GatewayClearing, amount)
    }

    /// A refund is owed no more: the buyer's bank took its money back.
    pub fn refund_withdrawn(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::RefundsPayable, Account::CustomerDeposits, amount)
    }

    /// A dispute was opened: the gateway keeps the money from us.
    pub fn dispute_opened(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::DisputedFunds, Account::GatewayClearing, amount)
    }

    /// A gateway takes a fee for a dispute.
    pub fn dispute_fee(fee: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::GatewayFees, Account::GatewayClearing, fee)
    }

    /// A dispute was won: the money is ours again.
    pub fn dispute_won(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::GatewayClearing, Account::DisputedFunds, amount)
    }

    /// A dispute was lost or accepted: the money is gone.
    pub fn dispute_lost(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::ChargebackLosses, Account::DisputedFunds, amount)
    }

    /// A refund went back to the shop's own means that had paid, as after a cancel.
    pub fn tender_refunded(tender: Tender, amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::RefundsPayable, tender_account(tender), amount)
    }

    /// A gift card was sold: we owe its buyer goods for the money.
    pub fn gift_card_sold(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::Bank, Account::GiftCardLiability, amount)
    }

    /// A gift card was given away, or its balance raised.
    pub fn gift_card_granted(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::PromotionExpense, Account::GiftCardLiability, amount)
    }

    /// The balance of a gift card was lowered by a person.
    pub fn gift_card_lowered(amount: Money) -> Result<Self, NotPostable> {
        Self::transfer(Account::GiftCardLiability, Account::PromotionExpense, amount)
    }

    /// A gateway paid out what it held and kept its fee.
    pub fn settled(paid_out: Money, fee_minor: i64) -> Result<Self, NotPostable> {
        let debits = [(Account::Bank, paid_out.minor), (Account::GatewayFees, fee_minor)];
        let mut posting = Self::spread(Account::GatewayClearing, &debits, paid_out.currency)?;
        posting.entries.iter_mut().for_each(|entry| entry.amount_minor = -entry.amount_minor);
        Ok(posting)
    }

    /// The entries, none of them zero.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How much real money of the order it adds or takes, minor units.
    pub fn money_minor(&self) -> i64 {
        let money = self.entries.iter().filter(|entry| entry.account.is_money());
        money.map(|entry| entry.amount_minor).sum()
    }

    fn transfer(debit: Account, credit: Account, amount: Money) -> Result<Self, NotPostable> {
        Self::spread(debit, &[(credit, amount.minor)], amount.currency)
    }

    /// One debit for many credits.
    fn spread(
        debit: Account,
        credits: &[(Account, i64)],
        currency: Currency,
    ) -> Result<Self, NotPostable> {
        let mut sum = 0_i64;
        for &(_, minor) in credits {
            if minor < 0 {
                return Err(NotPostable(minor));
            }
            sum = sum.checked_add(minor).ok_or(NotPostable(minor))?;
        }
        let credits = credits.iter().map(|&(account, minor)| (account, -minor));
        let entries = std::iter::once((debit, sum))
            .chain(credits)
            .filter(|&(_, amount_minor)| amount_minor != 0)
            .map(|(account, amount_minor)| Entry { account, amount_minor, currency })
            .collect();
        Ok(Self { entries })
    }
}

const fn tender_account(tender: Tender) -> Account {
    match tender {
        Tender::GiftCard => Account::GiftCardLiability,
        Tender::Points => Account::PointsLiability,
        Tender::Coupon => Account::CouponExpense,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(posting: Posting) -> String {
        let entry = |entry: &Entry| format!("{} {:+}", entry.account, entry.amount_minor);
        posting.entries.iter().map(entry).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_fact_has_its_accounts() {
        let amount = Money::new(100, Currency::Cny);
        let sale =
            Sale { goods_minor: 80, freight_minor: 10, tax_minor: 10, currency: Currency::Cny };
        let postings = [
            Posting::captured(amount),
            Posting::cod_collected(amount),
            Posting::tendered(Tender::GiftCard, amount),
            Posting::tendered(Tender::Points, amount),
            Posting::tendered(Tender::Coupon, amount),
            Posting::tender_refunded(Tender::GiftCard, amount),
            Posting::tender_refunded(Tender::Points, amount),
            Posting::gift_card_sold(amount),
            Posting::gift_card_granted(amount),
            Posting::gift_card_lowered(amount),
            Posting::sold(sale),
            Posting::refund_granted(RefundOf::Deposit, amount),
            Posting::refund_granted(RefundOf::Sale, amount),
            Posting::refund_succeeded(amount),
            Posting::refund_withdrawn(amount),
            Posting::dispute_opened(amount),
            Posting::dispute_fee(amount),
            Posting::dispute_won(amount),
            Posting::dispute_lost(amount),
            Posting::settled(Money::new(98, Currency::Cny), 2),
        ];
        let table: Vec<String> =
            postings.into_iter().map(|posting| written(posting.unwrap())).collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        gateway_clearing +100, customer_deposits -100
        cod_clearing +100, customer_deposits -100
        gift_card_liability +100, customer_deposits -100
        points_liability +100, customer_deposits -100
        coupon_expense +100, customer_deposits -100
        refunds_payable +100, gift_card_liability -100
        refunds_payable +100, points_liability -100
        bank +100, gift_card_liability -100
        promotion_expense +100, gift_card_liability -100
        gift_card_liability +100, promotion_expense -100
        customer_deposits +100, sales -80, freight_income -10, tax_payable -10
        customer_deposits +100, refunds_payable -100
        sales_returns +100, refunds_payable -100
        refunds_payable +100, gateway_clearing -100
        refunds_payable +100, customer_deposits -100
        disputed_funds +100, gateway_clearing -100
        gateway_fees +100, gateway_clearing -100
        gateway_clearing +100, disputed_funds -100
        chargeback_losses +100, disputed_funds -100
        gateway_clearing -100, bank +98, gateway_fees +2
        ");
    }

    #[test]
    fn what_is_negative_or_too_large_is_not_posted() {
        assert_eq!(Posting::captured(Money::new(-1, Currency::Cny)), Err(NotPostable(-1)));
        let payout = Money::new(i64::MAX, Currency::Cny);
        assert_eq!(Posting::settled(payout, 1), Err(NotPostable(1)));
    }

    proptest! {
        #[test]
        fn debits_equal_credits(
            minor in 0_i64..1_000_000_000_000,
            freight in 0_i64..1_000_000,
            tax in 0_i64..1_000_000,
            which in 0..Currency::ALL.len(),
        ) {
            let currency = Currency::ALL[which];
            let amount = Money::new(minor, currency);
            let sale =
                Sale { goods_minor: minor, freight_minor: freight, tax_minor: tax, currency };
            let mut postings = vec![
                Posting::captured(amount),
                Posting::cod_collected(amount),
                Posting::sold(sale),
                Posting::refund_granted(RefundOf::Deposit, amount),
                Posting::refund_granted(RefundOf::Sale, amount),
                Posting::refund_succeeded(amount),
                Posting::refund_withdrawn(amount),
                Posting::dispute_opened(amount),
                Posting::dispute_fee(amount),
                Posting::dispute_won(amount),
                Posting::dispute_lost(amount),
                Posting::settled(amount, freight),
            ];
            for tender in Tender::ALL {
                postings.extend([
                    Posting::tendered(tender, amount),
                    Posting::tender_refunded(tender, amount),
                ]);
            }
            for posting in postings {
                let posting = posting.unwrap();
                prop_assert_eq!(posting.entries().iter().map(|e| e.amount_minor).sum::<i64>(), 0);
                prop_assert!(posting.entries().iter().all(|e| e.currency == currency));
                prop_assert!(posting.entries().iter().all(|e| e.amount_minor != 0));
            }
        }

        /// I3: the ledger of an order says what its payments and refunds say.
        #[test]
        fn the_money_of_an_order_is_what_was_captured_less_what_was_refunded(
            captured in proptest::collection::vec(1_i64..1_000, 0..6),
            refunded in proptest::collection::vec(1_i64..1_000, 0..6),
        ) {
            let yuan = |minor: i64| Money::new(minor, Currency::Cny);
            let mut balance = 0;
            for &minor in &captured {
                balance += Posting::captured(yuan(minor)).unwrap().money_minor();
            }
            for &minor in &refunded {
                balance += Posting::refund_granted(RefundOf::Deposit, yuan(minor)).unwrap().money_minor();
                balance += Posting::refund_succeeded(yuan(minor)).unwrap().money_minor();
            }
            prop_assert_eq!(balance, captured.iter().sum::<i64>() - refunded.iter().sum::<i64>());
        }
    }
}
